"""Setting up, and looking whether all is well."""

from tijdig.cli.command import AS_JSON, command, option
from tijdig.cli.screen import line, show_json
from tijdig.cli.words import _


@command(
    "init", _("Maak de database en publiceer alle procedures."),
    option("--trial", action="store_true",
           help=_("een proefomgeving: niets verlaat deze machine, de klok loopt met --at")),
    option("--sample", action="store_true", help=_("neem de voorbeeldcoöperatie in")), AS_JSON,
)  # fmt: skip
def init(trial: bool, sample: bool, as_json: bool) -> None:
    """Make the database, or bring it up to date: all of it or nothing."""
    from flows import PROCEDURES, PROGRAMMES
    from tijdig.cli import edge
    from tijdig.service.setup import init as make

    address = edge.settings().database_url
    home = make(address, PROCEDURES, PROGRAMMES, trial=trial, sample=sample, wall=edge.wall())
    shown = edge.shown(address)
    if as_json:
        show_json({"database": shown, "mode": home.mode})
    else:
        mode = _("proef") if home.mode == "trial" else _("echt")
        line(_("● De database staat klaar ({mode}): {database}").format(mode=mode, database=shown))


@command("doctor", _("Laat zien wat er staat, ontbreekt of te laat is."), AS_JSON)
def doctor(as_json: bool) -> int:
    """Exit status 1 when something needs a person."""
    from dataclasses import asdict

    from tijdig.cli import edge
    from tijdig.service.doctor import examine

    checks = examine(edge.settings(), wall=edge.wall())
    if as_json:
        show_json({"checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            line(f"{'●' if check.ok else '■'} {check.name}: {check.detail}")
    return 0 if all(check.ok for check in checks) else 1
