"""Running cases to newer versions of what they run on: definition, settings, calendar."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tijdig.cli.command import AS_JSON, AT, BY, PLAN, command, option
from tijdig.cli.screen import day, progress, say, show_json, table
from tijdig.cli.words import _

if TYPE_CHECKING:
    from tijdig.service.amend import Amended


@command(
    "move", _("Zet lopende dossiers op de nieuwste versies; datums schuiven mee."),
    option("cases", nargs="*", metavar=_("DOSSIER"), help=_("deze dossiers; zonder namen alle lopende")),
    option("--to", choices=("definition", "settings", "calendar"), help=_("alleen dit; zonder dit alle drie")),
    PLAN, BY, option("--reason", required=True, metavar=_("TEKST"), help=_("waarom")), AT, AS_JSON,
)  # fmt: skip
def move(cases: list[str], to: Any, plan: bool, by: str, reason: str, at: str | None, as_json: bool) -> int:
    """What moves by it, case by case; exit status 1 when nothing could be moved."""
    from tijdig.cli import edge
    from tijdig.service import moving, views
    from tijdig.service.acting import may_administer

    with edge.acting("move", by, reason=reason, at=at, plan=plan) as doing:
        may_administer(doing.session, edge.account(), now=doing.doing.at)
        named = moving.begin_move(doing.session, cases, to, doing.doing)
    with edge.store() as store, progress(_("Verzetten")) as told:
        done = moving.move(store, named, to, doing.doing, plan=plan, progress=told)
    moves = [{"case": case, **each} for case, found in done.cases for each in views.moves(found)]
    refused = [{"case": case, **asdict(problem)} for case, problem in done.refused]
    if as_json:
        show_json({"moves": moves, "moved": len(done.cases), "refused": refused, "incidents": done.incidents})
    else:
        _table(len(done.cases), moves, plan=plan)
    _refused(refused)
    for incident in done.incidents:
        say(f"{incident['cause']} {incident['mend']}")
    return 1 if not done.cases and (refused or done.incidents) else 0


def amended(done: "Amended") -> dict[str, Any]:
    """What an amended timetable moves, as `import --json` gives it; each date with the roles that are told."""
    from tijdig.service import views

    moves = [
        {"case": case, **said, "told": list(move.told)}
        for case, found in done.cases
        for move, said in zip(found, views.moves(found), strict=True)
    ]
    refused = [{"case": case, **asdict(problem)} for case, problem in done.refused]
    return {"moves": moves, "moved": len(done.cases), "refused": refused, "closed": list(done.closed)}


def show_moves(done: dict[str, Any], *, plan: bool) -> None:
    """The same for people."""
    _table(done["moved"], done["moves"], plan=plan)
    _refused(done["refused"])
    if done["closed"]:
        say(_("Afgesloten op de oude datums, kijk zelf: {cases}").format(cases=", ".join(done["closed"])))


def _table(cases: int, moves: list[dict[str, Any]], *, plan: bool) -> None:
    title = _("{cases} dossiers, {dates} datums schuiven").format(cases=cases, dates=len(moves))
    table(
        (_("dossier"), _("stap"), _("soort"), _("regel"), _("was"), _("wordt")),
        [(m["case"], m["step"], m["kind"], m["rule"], day(m["from"]), day(m["to"])) for m in moves],
        title=title + (_("; er is niets veranderd") if plan else ""),
    )


def _refused(refused: list[dict[str, Any]]) -> None:
    for each in refused:
        say("{case}, {place}: {problem}. {mend}".format(**each))
