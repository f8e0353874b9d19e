"""The benchmark's child side: a runner starts it, reads what it says, and verifies what it left."""

from typing import Literal

from tijdig.cli.command import command, option
from tijdig.cli.words import _


@command(
    "bench", _("Voer een snelheidsproef uit, voor wie haar start en van buiten nakijkt."),
    option("phase", choices=("workload", "sweep"), metavar=_("PROEF"), help="workload, sweep"),
    option("--n", dest="cases", type=int, default=1000, metavar=_("AANTAL"), help=_("dossiers, een veelvoud van 20")),
    option("--spread", type=int, default=28, metavar=_("DAGEN"), help=_("over zo veel dagen worden zij geopend")),
    option("--due", type=int, default=1000, metavar=_("AANTAL"),
           help=_("sweep: zo veel dossiers per dag aan de beurt")),
    option("--dir", dest="folder", required=True, metavar=_("MAP"), help=_("een lege map voor de database")),
    option("--pg", dest="dsn", metavar="DSN", help=_("een lege database van PostgreSQL, zoals libpq haar noemt")),
    option("--commit", choices=("day", "request"), default="day",
           help=_("een transactie voor alles van een dag, of voor elke handeling")),
    option("--sync", choices=("normal", "full"), type=str.lower,
           help=_("wacht nooit of altijd op de schijf; anders zoals het programma het zelf doet")),
)  # fmt: skip
def bench(
    phase: Literal["workload", "sweep"],
    cases: int,
    spread: int,
    due: int,
    folder: str,
    dsn: str | None,
    commit: Literal["day", "request"],
    sync: Literal["normal", "full"] | None,
) -> None:
    """Prints the lines of the protocol and nothing else."""
    from pathlib import Path

    from tijdig.bench.run import Options, run

    run(phase, Options(cases, spread, due, Path(folder), dsn, commit, sync))
