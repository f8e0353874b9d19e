"""What people do to a case: decide, record, correct and the other acts."""

from typing import TYPE_CHECKING, Any

from tijdig.cli.command import AS_JSON, AT, BEHALF, BY, CASE, PLAN, REASON, SET, command, option
from tijdig.cli.screen import day, say, show_json, table
from tijdig.cli.words import _

if TYPE_CHECKING:
    from tijdig.service.acting import Acting
    from tijdig.service.held import Held

ACTS = (
    "take", "remind", "extend", "suspend", "resume", "cancel", "withdraw", "reopen", "take-back", "hand-over", "merge",
    "not-applicable",
)  # fmt: skip

BATCH = option(
    "--batch", metavar=_("BESTAND"), help=_("CSV, één besluit per rij: case, step, outcome, by, for, reason, at")
)


@command(
    "decide", _("Rond een taak af met een uitkomst."),
    option("case", nargs="?", metavar=_("DOSSIER"), help=_("ORA-2026-001, of procedure/onderwerp")),
    option("step", nargs="?", metavar=_("STAP"), help=_("de stap, bijvoorbeeld judge")),
    option("outcome", nargs="?", metavar=_("UITKOMST"), help=_("de uitkomst, bijvoorbeeld green")),
    option("--by", default="", metavar=_("PERSOON"), help=_("wie het doet")),
    BEHALF, REASON, SET,
    option("--version", type=int, metavar="N",
           help=_("de versie die u zag; is het dossier veranderd, dan gebeurt er niets")),
    AT, BATCH, AS_JSON,
)  # fmt: skip
def decide(
    case: str | None, step: str | None, outcome: str | None, by: str, behalf: str, reason: str, given: list[str],
    version: int | None, at: str | None, batch: str | None, as_json: bool,
) -> int:  # fmt: skip
    """One decision, or a file full."""
    alone = (case, step, outcome, by)
    if batch and not any((*alone, behalf, reason, given, version, at)):
        from tijdig.cli.batches import decide_batch

        return decide_batch(batch, as_json=as_json)
    if batch or not (case and step and outcome and by):
        say(_("Geef DOSSIER STAP UITKOMST --by PERSOON, of alleen --batch BESTAND. Zie: tijdig decide --help"))
        return 2
    from tijdig.cli import edge
    from tijdig.service import cases

    with edge.acting("decide", by, behalf=behalf, reason=reason, at=at) as doing:
        held = doing.work.find(case)
        cases.decide(doing.work, doing.people, case, step, outcome, edge.pairs(given), doing.doing, version=version)
        answer = _answer(doing, held)
    return _show(answer, as_json=as_json)


@command(
    "record", _("Leg een nieuw gegeven of document vast."), CASE,
    option("facts", nargs="+", metavar=_("NAAM=WAARDE"), help=_("gegevens; een bestand als NAAM=@BESTAND")),
    BY, BEHALF, REASON, AT, AS_JSON,
)  # fmt: skip
def record(case: str, facts: list[str], by: str, behalf: str, reason: str, at: str | None, as_json: bool) -> int:
    """New facts."""
    from tijdig.cli import edge
    from tijdig.service import cases

    with edge.acting("record", by, behalf=behalf, reason=reason, at=at) as doing:
        held = doing.work.find(case)
        cases.record_facts(doing.work, doing.people, case, edge.pairs(facts), doing.doing)
        answer = _answer(doing, held)
    return _show(answer, as_json=as_json)


@command(
    "correct", _("Verbeter een gegeven; datums schuiven mee."), CASE,
    option("facts", nargs="+", metavar=_("NAAM=WAARDE"), help=_("het gegeven zoals het had moeten zijn")),
    BY, REASON, PLAN, AT, AS_JSON,
)  # fmt: skip
def correct(case: str, facts: list[str], by: str, reason: str, plan: bool, at: str | None, as_json: bool) -> int:
    """A corrected fact, and what moves by it."""
    from tijdig.cli import edge
    from tijdig.service import cases, views

    with edge.acting("correct", by, reason=reason, at=at, plan=plan) as doing:
        held = doing.work.find(case)
        done = cases.correct(doing.work, doing.people, case, edge.pairs(facts), doing.doing)
        moved = views.moves(done.moves)
        answer = {"case": held.code, "moves": moved, "effects": [views.effect(each) for each in doing.work.done]}
    if as_json:
        show_json(answer)
        return 0
    table(
        (_("stap"), _("soort"), _("regel"), _("was"), _("wordt")),
        [(m["step"], m["kind"], m["rule"], day(m["from"]), day(m["to"])) for m in moved],
        title=_("Gevolgen (er is niets veranderd)") if plan else _("Gevolgen"),
    )
    return 0


@command(
    "act", _("Doe iets anders met een dossier: verlengen, overdragen, heropenen …"), CASE,
    option("act", choices=ACTS, metavar=_("HANDELING"), help=", ".join(ACTS)),
    SET, BY, BEHALF, REASON, AT, AS_JSON,
)  # fmt: skip
def act(case: str, act: str, given: list[str], by: str, behalf: str, reason: str, at: str | None, as_json: bool) -> int:
    """Any other act; `--set` gives step, person, by (a term) or until (a day) as it needs them."""
    from tijdig.cli import edge
    from tijdig.service import cases

    with edge.acting(f"act {act}", by, behalf=behalf, reason=reason, at=at) as doing:
        held = doing.work.find(case)
        cases.act(doing.work, doing.people, case, act, edge.pairs(given), doing.doing)
        answer = _answer(doing, held)
    return _show(answer, as_json=as_json)


def _answer(doing: "Acting", held: "Held") -> dict[str, Any]:
    from tijdig.service import views

    effects = [views.effect(done) for done in doing.work.done]
    apart = {"apart": doing.work.apart} if doing.work.apart else {}
    return {"case": held.code, "state": held.state, "version": held.version, "effects": effects, **apart}


def _show(answer: dict[str, Any], *, as_json: bool) -> int:
    if as_json:
        show_json(answer)
        return 0
    title = _("{case}: vastgelegd, versie {version}, {state}").format(**answer)
    show_effects(answer["effects"], title=title)
    for each in answer.get("apart", ()):
        say(_("Overgeslagen: {why}").format(why=each))
    return 0


def show_effects(effects: list[dict[str, Any]], *, title: str) -> None:
    """What happened, for people."""
    table(
        (_("dag"), _("dossier"), _("onderwerp"), _("stap"), _("wat"), _("regel"), _("aan"), _("stil")),
        [(day(e["nominal"]), e["case"], e["subject"], e["step"], KINDS[e["kind"]], e["rule"], e.get("to", ()),
          SILENT[e["overtaken"]]) for e in effects],
        title=title,
    )  # fmt: skip


KINDS = {
    "open": _("geopend"), "task": _("taak"), "remind": _("herinnering"), "escalate": _("escalatie"),
    "produce": _("gemaakt"), "decide": _("besluit"), "close": _("gesloten"),
}  # fmt: skip
SILENT = {None: "", "overtaken": _("ingehaald"), "before_opening": _("voor opening")}
