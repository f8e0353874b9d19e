"""Looking ahead: what would happen if nobody acted, or as a script says."""

from pathlib import Path

from tijdig.cli.acts import KINDS
from tijdig.cli.command import AS_JSON, SET, command, from_option, option, until_option
from tijdig.cli.screen import day, progress, say, show_json, table
from tijdig.cli.words import _


@command(
    "simulate", _("Wat er zou gebeuren, zonder iets te schrijven."),
    option("procedure", nargs="?", default="", metavar=_("PROCEDURE"),
           help=_("alleen deze; anders alle open dossiers")),
    option("--subject", default="", metavar=_("ONDERWERP"), help=_("een verzonnen dossier over dit onderwerp")), SET,
    from_option(required=True), until_option(required=True),
    option("--script", metavar=_("BESTAND"),
           help=_("CSV: at, step, outcome, by, reason, en één kolom per gegeven")), AS_JSON,
)  # fmt: skip
def simulate(
    procedure: str, subject: str, given: list[str], since: str, until: str, script: str | None, as_json: bool
) -> int:
    """The open cases, or with `--subject` or `--set` a case that does not exist."""
    from tijdig.cli import edge
    from tijdig.service import foretell

    supposed = bool(subject or given)
    if (supposed or script) and not procedure:
        say(_("Geef ook de PROCEDURE waarvan het dossier is. Zie: tijdig simulate --help"))
        return 2
    period = foretell.period(since, until)
    values = edge.pairs(given)
    acts = edge.read_file(Path(script)) if script else None
    with edge.store() as store, progress(_("Vooruitkijken")) as told:
        if supposed or acts:
            with store.read() as session:
                rows = foretell.supposed(session, procedure, subject, values, period, acts)
        else:
            rows = foretell.open_cases(store, procedure, period, progress=told)
    if as_json:
        show_json(rows)
        return 0
    table(
        (_("dag"), _("dossier"), _("stap"), _("wat"), _("regel"), _("aan")),
        [(day(r["at"]), r["case"], r["step"], KINDS[r["kind"]], r["rule"], r["to"]) for r in rows],
    )
    return 0
