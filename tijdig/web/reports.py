"""Rapportages: what is in and what lacks, where registers differ, and what was fixed (ux.md, Rapportages)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlmodel import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tijdig.engine.acts import MIN_REASON, roles_for
from tijdig.engine.calendar import local_day
from tijdig.engine.errors import Refused
from tijdig.service import cases, documents, reports
from tijdig.service.acting import Caller, denials_logged
from tijdig.service.cases import Doing
from tijdig.service.forms import clean_text
from tijdig.service.held import read_all
from tijdig.service.listings import MEDIA, Kind, Listing, file_name, written
from tijdig.service.nudges import Nudge, nudge, nudges
from tijdig.service.people import NO_RIGHT, Directory
from tijdig.service.reading import Reader
from tijdig.service.refusals import in_dutch
from tijdig.service.reports import Difference, Fixed, Overview, Report, Sheet
from tijdig.service.wording import sentence, subject_name
from tijdig.service.work import Work
from tijdig.web.cases import Seen, TheCase
from tijdig.web.evidence import download, papers
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.link import from_our_page
from tijdig.web.uploads import Given, given_of
from tijdig.web.view import FORM, REASON
from tijdig.web.visit import TheVisitor, page_for

router = APIRouter(default_response_class=HTMLResponse)

HERE = "/rapportages"
HOLDS, SHOWN = "geldt", "gezien"
NO_REASON = f"Schrijf een reden van minimaal {MIN_REASON} tekens."
CHOOSE = "Maak een keuze."
CHANGED = "Dit is intussen gewijzigd. Kijk of uw keuze nog klopt en verstuur opnieuw."

TheForm = Annotated[Given, Depends(given_of)]


@router.get(HERE)
def every(house: TheHouse, visitor: TheVisitor) -> HTMLResponse:
    """The reports that this visitor may read, the newest first."""
    with house.store.read() as session:
        reader = Reader(session, Directory.load(session), visitor.person, local_day(house.now(session)))
        rows = [_overview(each) for each in reports.reports(session) if reader.may_read(each.case)]
    return page_for(house, visitor, "reports", rows=rows, here=HERE)


# --- one report


def reported(seen: TheCase) -> Seen:
    """A dossier that is a report (a dependency)."""
    if not reports.is_report(seen.held.terms.procedure):
        raise Instead("not_found", 404)
    return seen


TheReport = Annotated[Seen, Depends(reported)]


@router.get("/rapportages/{case}")
def one(seen: TheReport, house: TheHouse, herinnerd: int = 0) -> HTMLResponse:
    """How far it is, and its tables as they were fixed or as they are now."""
    with house.store.read() as session:
        people = Directory.load(session)
        found = _report(session, seen, house)
        may = _may_decide(people, seen, found.step)
        words = _words(found, people)
    return _page(
        house, seen, "report", **words, report=_overview(found.overview), may_settle=may and found.is_open,
        papers=papers(seen), form=seen.visitor.form(house), now=seen.now, reminded=max(0, herinnerd),
    )  # fmt: skip


@router.get("/rapportages/{case}/tabel/{table}.{form}")
def table(table: str, form: Kind, seen: TheReport, house: TheHouse) -> Response:
    """One of its tables, for a spreadsheet."""
    with house.store.read() as session:
        found = next((each for each in _report(session, seen, house).sheets if each.name == table), None)
    if found is None:
        raise Instead("not_found", 404)
    listing = Listing(f"{seen.held.code}-{found.name}", found.title, found.heads, found.rows)
    return download(written(listing, form, seen.now), file_name(listing, form, seen.now), MEDIA[form])


def _report(session: Session, seen: Seen, house: House) -> Report:
    return reports.report(session, seen.held, seen.result, documents.folder_of(house.settings.data), now=seen.now)


def _page(house: House, seen: Seen, name: str, status: int = 200, **words: Any) -> HTMLResponse:
    return page_for(house, seen.visitor, name, status, code=seen.held.code, here=HERE, **words)


def _may_decide(people: Directory, seen: Seen, step: str) -> bool:
    """Whether this visitor may do the step in which it is fixed."""
    held, roles = seen.held, roles_for(seen.held.terms, "decide", step)
    return people.can_act(
        seen.visitor.person, roles, subject=held.subject, case=held.code, on=local_day(seen.now)
    )  # fmt: skip


def _words(found: Report, people: Directory) -> dict[str, Any]:
    step = found.overview.case.terms.steps[found.step]
    settled = any(each.settled for each in found.differences)
    return {
        "missing": [(_subject(one.subject), one.code) for one in found.missing],
        "differences": [each for each in found.differences if not each.settled],
        "registers": [label for _, label in found.registers],
        "fixes": [_fixed(each, people) for each in found.fixes], "later": found.later,
        "step": found.step, "is_open": found.is_open, "asks": sentence(step.asks).rstrip("."),
        "role": found.overview.case.terms.role(step.role),
        "sheets": [_sheet(each) for each in found.sheets if each.name != "differences" or settled],
    }  # fmt: skip


def _overview(each: Overview) -> dict[str, Any]:
    return {
        "case": each.case.code, "words": each.words, "asked": each.asked, "delivered": each.delivered,
        "fixed_at": each.fixed.at if each.fixed else None, "version": each.fixed.version if each.fixed else 0,
        "lacks": each.asked - each.delivered,
    }  # fmt: skip


def _fixed(each: Fixed, people: Directory) -> dict[str, Any]:
    return {"version": each.version, "at": each.at, "by": people.name(each.by), "role": each.role, "files": each.files,
            "stands": each.stands}  # fmt: skip


def _sheet(each: Sheet) -> dict[str, Any]:
    return {"name": each.name, "title": each.title, "heads": each.heads, "rows": [_cells(row) for row in each.rows]}


def _cells(row: Sequence[Any]) -> list[str]:
    return ["" if cell is None else str(cell) for cell in row]


def _subject(ref: str) -> str:
    return sentence(subject_name(ref)).rstrip(".")


# --- reminding all who lack


@router.get("/rapportages/{case}/herinner")
def preview(seen: TheReport, house: TheHouse) -> HTMLResponse:
    """Who would be reminded, and who cannot be."""
    with house.store.read() as session:
        found = _nudges(session, seen, house, seen.now)
    return _nudge_page(house, seen, found)


@router.post("/rapportages/{case}/herinner", dependencies=[Depends(from_our_page)])
def remind(seen: TheReport, given: TheForm, house: TheHouse) -> Response:
    """Remind them all, or nobody; when others are meant by now, show that first."""
    _ours(seen, given, house)
    reason, count = given.text(REASON), 0
    problem = _reason_problem(reason)
    with house.store.write() as session:
        now = house.now(session)
        found = _nudges(session, seen, house, now)
        can = [each for each in found if not each.refusal]
        is_as_seen = _named(can) == given.text(SHOWN)
        if can and is_as_seen and not problem:
            work = Work(session)
            doing = Doing(seen.visitor.person, now, reason=reason.strip(), via="web")
            count = nudge(work, Directory.load(session), can, doing)
            work.flush()
    if count:
        return RedirectResponse(f"{HERE}/{seen.held.code}?herinnerd={count}", 303)
    problems = {REASON: problem} if problem else {} if is_as_seen else {"dossiers": CHANGED}
    return _nudge_page(house, seen, found, reason, problems, 409 if not problem and not is_as_seen else 422)


def _nudges(session: Session, seen: Seen, house: House, now: datetime) -> list[Nudge]:
    missing = _report(session, seen, house).missing
    read_all(session, missing)
    people = Directory.load(session)
    people.prefetch(one.subject for one in missing)
    return list(nudges(people, missing, seen.visitor.person, now=now))


def _named(wanted: Sequence[Nudge]) -> str:
    return " ".join(each.case for each in wanted)


def _nudge_page(
    house: House, seen: Seen, found: Sequence[Nudge], reason: str = "", problems: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:  # fmt: skip
    can = [each for each in found if not each.refusal]
    rows = [(_subject(each.subject), each.case, sentence(each.asks).rstrip("."), each.refusal) for each in found]
    return _page(
        house, seen, "nudge", status, rows=rows, count=len(can), shown=_named(can), given={REASON: reason},
        problems=problems or {}, form=seen.visitor.form(house),
    )  # fmt: skip


# --- settling a difference


@dataclass(frozen=True, slots=True)
class Choice:
    """A difference before a visitor: its words, and the registers of which one holds."""

    difference: Difference
    registers: tuple[tuple[str, str], ...]
    state: str
    """How it was settled when the form was made."""


@router.get("/rapportages/{case}/verschil/{difference}")
def ask_which(difference: str, seen: TheReport, house: TheHouse) -> HTMLResponse:
    """Where two registers differ, and the question which of them holds."""
    with house.store.read() as session:
        choice = _choice(session, seen, house, difference)
    return _choice_page(house, seen, choice, {}, {})


@router.post("/rapportages/{case}/verschil/{difference}", dependencies=[Depends(from_our_page)])
def settle(difference: str, seen: TheReport, given: TheForm, house: TheHouse) -> Response:
    """Record which register holds, and why; as `tijdig reconcile` does."""
    _ours(seen, given, house)
    filled = {HOLDS: given.text(HOLDS), REASON: given.text(REASON)}
    caller = Caller(seen.visitor.person, "web", "reconcile")
    try:
        with denials_logged(house.store, caller, wall=house.wall()), house.store.write() as session:
            choice = _choice(session, seen, house, difference)
            problems = _settle_problems(choice, filled, given.text(SHOWN))
            if not problems:
                keep = documents.keeper(session, documents.folder_of(house.settings.data), now=house.now(session))
                work = Work(session, keep=keep)
                doing = Doing(seen.visitor.person, house.now(session), reason=filled[REASON].strip(), via="web")
                cases.settle(work, Directory.load(session), seen.held.code, difference, filled[HOLDS], doing)
                work.flush()
    except Refused as refusal:
        status = 403 if refusal.code == NO_RIGHT else 409
        raise Instead("not_yours", status, heading="Dit kunt u niet afdoen", why=in_dutch(refusal)) from None
    if problems:
        return _choice_page(house, seen, choice, filled, problems)
    return RedirectResponse(f"{HERE}/{seen.held.code}#verschillen", 303)


def _choice(session: Session, seen: Seen, house: House, difference: str) -> Choice:
    whole = _report(session, seen, house)
    found = next((each for each in whole.differences if each.id == difference), None)
    if found is None:
        raise Instead("not_found", 404)
    return Choice(found, whole.registers, " ".join(found.words[4:]))


def _settle_problems(choice: Choice, filled: dict[str, str], shown: str) -> dict[str, str]:
    found = {}
    if filled[HOLDS] not in dict(choice.registers):
        found[HOLDS] = CHOOSE
    if problem := _reason_problem(filled[REASON]):
        found[REASON] = problem
    if shown != choice.state:
        found["verschil"] = CHANGED
    return found


def _choice_page(
    house: House, seen: Seen, choice: Choice, filled: dict[str, str], problems: dict[str, str]
) -> HTMLResponse:
    status = 409 if problems.get("verschil") else 422 if problems else 200
    heads = ("Regel", "Wat verschilt", *(label for _, label in choice.registers), "Wat geldt", "Reden", "Door")
    facts = [each for each in zip(heads, choice.difference.words, strict=True) if each[1]]
    return _page(
        house, seen, "settle", status, facts=facts, registers=choice.registers,
        given={HOLDS: filled.get(HOLDS, ""), REASON: filled.get(REASON, "")},
        problems=problems, id=choice.difference.id, shown=choice.state, form=seen.visitor.form(house),
    )  # fmt: skip


# --- in common


def _ours(seen: Seen, given: Given, house: House) -> None:
    if seen.visitor.opened(house, given.text(FORM)) is None:
        raise Instead("not_ours", 403)


def _reason_problem(reason: str) -> str:
    """What is wrong with a reason that must be given; empty when nothing is."""
    if len(reason.strip()) < MIN_REASON:
        return NO_REASON
    try:
        clean_text(reason)
    except Refused as refusal:
        return str(refusal)
    return ""
