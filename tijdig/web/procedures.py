"""Procedures: what the house has agreed, in words that can be read aloud, drawn, and on trial (ux.md, Procedures)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Any, cast, get_args

from fastapi import APIRouter, Depends
from sqlmodel import Session
from starlette.responses import HTMLResponse, Response

from tijdig.engine.calendar import local_day, short_date
from tijdig.engine.case import Terms
from tijdig.engine.errors import Refused
from tijdig.service import diagram, handbook, revisions, tryout, views
from tijdig.service.forms import read_day
from tijdig.service.held import LOADER
from tijdig.service.people import Directory, Recipient
from tijdig.service.pins import current
from tijdig.service.tryout import Addressee, Asked, Dated, Future, Line
from tijdig.service.wording import basis_words, count, due_words, sentence
from tijdig.service.world import Scenario
from tijdig.web.house import Instead, TheHouse
from tijdig.web.view import fact_words
from tijdig.web.visit import TheVisitor, page_for

router = APIRouter(default_response_class=HTMLResponse)

HERE = "/procedures"
SCENARIOS: Mapping[Scenario, str] = {"nobody": "niemand doet iets", "on-time": "iedereen is op tijd"}
WRONG_DAY = "Vul een datum in, bijvoorbeeld 15-10-2021."
FIELDS = {"since": "start", "until": "tot", "subject": "over"}
NAMED = 4
"""So many people of a role are named; more are counted."""


@router.get(HERE)
def every(house: TheHouse, visitor: TheVisitor) -> HTMLResponse:
    """Those that are published."""
    with house.store.read() as session:
        found = views.procedures(session)
    return page_for(house, visitor, "procedures", procedures=found, here=HERE)


@router.get("/procedures/{procedure}")
def one(procedure: str, house: TheHouse, visitor: TheVisitor) -> HTMLResponse:
    """One of them: its goals, its steps, who hears what, its settings; drawn too, and with what changed in it."""
    with house.store.read() as session:
        terms = _terms(session, procedure)
        known = revisions.revisions(session, procedure)
    title, *lines = handbook.page(terms)
    return page_for(
        house, visitor, "procedure", title=title, lines=lines, id=procedure, drawn=list(diagram.words(terms)),
        revisions=known, here=HERE,
    )  # fmt: skip


@router.get("/procedures/{procedure}/schema.svg")
def drawing(procedure: str, house: TheHouse, visitor: TheVisitor) -> Response:
    """The drawing of it: a file of its own, for the pages allow no styles in them."""
    with house.store.read() as session:
        terms = _terms(session, procedure)
    return Response(diagram.svg(terms), media_type="image/svg+xml")


def _terms(session: Session, procedure: str) -> Terms:
    try:
        return LOADER.load(session, current(session, procedure))
    except Refused:
        raise Instead("not_found", 404) from None


# --- on trial


@dataclass(frozen=True, slots=True)
class Trial:
    """What was filled in, and what is wrong with it, by field."""

    texts: Mapping[str, str]
    asked: Asked | None = None
    problems: dict[str, str] = field(default_factory=dict)


def tried(start: str = "", tot: str = "", scenario: str = "nobody", over: str = "") -> dict[str, str]:
    """The fields of the form (a dependency)."""
    given = {"start": start, "tot": tot, "scenario": scenario, "over": over}
    return {name: text.replace("\x00", "").strip() for name, text in given.items()}


@router.get("/procedures/{procedure}/proefdraaien")
def trial(
    procedure: str, house: TheHouse, visitor: TheVisitor, given: Annotated[dict[str, str], Depends(tried)]
) -> HTMLResponse:
    """The whole future of a case that nobody opened: each date with its reasons, and who would get mail."""
    with house.store.read() as session:
        terms, today = _terms(session, procedure), local_day(house.now(session))
        trial = _read(procedure, given, today)
        found = None
        if trial.asked:
            try:
                found = tryout.future(session, trial.asked)
            except Refused as refusal:
                trial.problems[FIELDS.get(getattr(refusal, "fact", ""), "start")] = str(refusal)
        people = Directory.load(session)
        words = _future(found, people) if found else None
    title = f"{terms.procedure.title} proefdraaien"
    return page_for(
        house, visitor, "trial", 422 if trial.problems else 200, title=title, id=procedure, given=trial.texts,
        problems=trial.problems, scenarios=SCENARIOS, future=words, here=HERE,
    )  # fmt: skip


def _read(procedure: str, given: Mapping[str, str], today: date) -> Trial:
    """What is to be run. Before anything was filled in: a form for the year from today on."""
    if not given["start"]:
        days = {"start": f"{today:%d-%m-%Y}", "tot": f"{today + timedelta(days=365):%d-%m-%Y}"}
        return Trial({**given, **{name: given[name] or text for name, text in days.items()}})
    found, problems = dict[str, date](), dict[str, str]()
    for name in ("start", "tot"):
        try:
            found[name] = read_day("", given[name])
        except Refused:
            problems[name] = WRONG_DAY
        else:
            if not 1950 <= found[name].year <= 2150:
                problems[name] = WRONG_DAY
    scenario = given["scenario"] if given["scenario"] in get_args(Scenario) else "nobody"
    if problems:
        return Trial(given, problems=problems)
    asked = Asked(procedure, found["start"], found["tot"], cast(Scenario, scenario), given["over"])
    return Trial(given, asked)


def _future(found: Future, people: Directory) -> dict[str, Any]:
    main = found.lines[0].case if found.lines else ""
    known: dict[tuple[str, str], str] = {}
    for number, each in enumerate(found.dates, start=1):
        known.setdefault((each.case, each.asked.step), f"waarom-{number}")
    return {
        "lines": [_line(line, people, main, known) for line in found.lines], "more": found.more,
        "dates": [_why(each, number, main) for number, each in enumerate(found.dates, start=1)],
        "gaps": [f"{short_date(gap.day)}: de rol {gap.role} is door niemand bezet" for gap in found.gaps],
        "apart": [f"{each.cause}" for each in found.apart],
        "supposed": [(fact.label, fact_words(fact, value)) for fact, value in found.supposed if fact.kind != "row"],
        "rows": sum(fact.kind == "row" for fact, _ in found.supposed),
    }  # fmt: skip


def _line(line: Line, people: Directory, main: str, known: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    other = "" if line.case == main else line.case
    return {
        "day": line.day, "kind": line.kind, "what": line.what, "note": line.note,
        "to": [_addressee(each, people) for each in line.to],
        "about": f"{other}, {count(line.cases, 'dossier', 'dossiers')}" if line.cases > 1 else other,
        "why": known.get((line.case, line.step), ""), "due": line.due, "basis": line.basis if line.due else "",
    }  # fmt: skip


def _addressee(to: Addressee, people: Directory) -> str:
    """The role, and by name who holds it."""
    named = [_named(each, people) for each in to.people[:NAMED]]
    if len(to.people) > NAMED:
        named.append(f"en nog {len(to.people) - NAMED}")
    return f"{to.role} ({', '.join(named)})" if named else to.role


def _named(who: Recipient, people: Directory) -> str:
    name = people.name(who.person)
    return f"{name}, namens {people.name(who.behalf)}" if who.behalf else name


def _why(each: Dated, number: int, main: str) -> dict[str, Any]:
    asked, due = each.asked, each.asked.due
    at = due.due_time.isoformat("minutes") if due and due.due_time else ""
    round_ = f", ronde {asked.round}" if asked.round > 1 else ""
    other = "" if each.case == main else f" ({each.case})"
    return {
        "id": f"waarom-{number}",
        "asks": f"{sentence(asked.label).rstrip('.')}{round_}{other}", "due": due_words(due.due, at) if due else "",
        "basis": due.basis if due else "", "badge": basis_words(due.basis, asked.fatal) if due else "",
        "steps": [step.text for step in due.steps] if due else [], "source": due.source if due else "",
        "calendar": due.calendar_version if due else "",
    }  # fmt: skip
