"""Dossiers: the list, and one dossier with its timeline, why each date is what it is, its messages and its log."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from sqlmodel import Session
from starlette.responses import HTMLResponse, Response

from tijdig.engine.advance import Advance, advance
from tijdig.engine.calendar import local_day
from tijdig.engine.errors import Refused
from tijdig.engine.plan import obligations
from tijdig.service import documents, reading, views
from tijdig.service.colours import Decided, colours
from tijdig.service.dossier import dossier
from tijdig.service.handin import hand_in
from tijdig.service.held import Held, find
from tijdig.service.offers import Offering
from tijdig.service.people import Directory
from tijdig.service.reading import Reader
from tijdig.service.search import cases_wanted
from tijdig.service.sheet import OwnWay, open_or_finished
from tijdig.service.timeline import Moment, timeline
from tijdig.service.wording import basis_words, days_left, due_words, sentence, subject_name
from tijdig.web import deeds
from tijdig.web.house import Instead, TheHouse
from tijdig.web.link import attached, from_our_page
from tijdig.web.task import Place, answered, shown, taken
from tijdig.web.uploads import Given, given_of
from tijdig.web.view import STATUS, colour_words, exports_of, fact_words
from tijdig.web.visit import TheVisitor, Visitor, page_for

router = APIRouter(prefix="", default_response_class=HTMLResponse)

ON_A_PAGE = 100
SHAPES = {"done": "●", "now": "▲", "ahead": "○"}
MESSAGES = {
    "A": "opdracht", "B": "dagoverzicht", "C": "goedkeuring", "D": "escalatie", "E": "herinnering", "F": "gewijzigd",
    "G": "besluit",
}  # fmt: skip


@router.get("/dossiers")
def every(house: TheHouse, visitor: TheVisitor, zoek: str = "", staat: str = "open", blad: int = 1) -> HTMLResponse:
    """The dossiers that this visitor may read: by number, subject or procedure, running or ended."""
    with house.store.read() as session:
        now = house.now(session)
        reader = Reader(session, Directory.load(session), visitor.person, local_day(now))
        found = list(reader.theirs(session.exec(cases_wanted(session, zoek.strip(), staat))))
        pages = max(1, -(-len(found) // ON_A_PAGE))
        page = min(max(blad, 1), pages)
        shown = found[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
        rows = [_row(row) for row in views.case_rows(session, shown, now)]
        titles = {row["id"]: row["title"] for row in views.procedures(session)}
    links = {number: "/dossiers?" + urlencode({"zoek": zoek, "staat": staat, "blad": number})
             for number in (page - 1, page + 1) if 1 <= number <= pages}  # fmt: skip
    return page_for(
        house, visitor, "cases", rows=rows, titles=titles, search=zoek, state=staat, total=len(found), page=page,
        pages=pages, links=links, here="/dossiers", exports=exports_of("dossiers", zoek=zoek, staat=staat),
    )  # fmt: skip


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    day, _, at = (row["due"] or "").partition("T")
    due = date.fromisoformat(day) if day else None
    return {
        **row, "subject": _subject(row["subject"]), "due": due_words(due, at), "due_iso": row["due"] or "",
        "state": row["state_words"], "status": row["term_status"],
        "status_words": STATUS[row["term_status"]] if row["state"] == "open" else "",
    }  # fmt: skip


def _subject(ref: str) -> str:
    return sentence(subject_name(ref)).rstrip(".")


# --- one dossier


@dataclass(frozen=True, slots=True)
class Seen:
    """A dossier that the visitor may read, as it stands now; `head` is how it stands in a list.

    It keeps no connection: nobody knows how long a form takes to come in, or a page to go out.
    """

    visitor: Visitor
    held: Held
    result: Advance
    now: datetime
    head: Mapping[str, Any]
    colour: Decided | None
    """The lidstatus of whom it is about, where somebody decided one."""


def opened(case: str, house: TheHouse, visitor: TheVisitor) -> Seen:
    """The dossier of an address, for who may read it; that they did, or tried, is written down (a dependency)."""
    with house.store.read() as session:
        now = house.now(session)
        try:
            held = find(session, case)
        except Refused:
            raise Instead("not_found", 404) from None
        reader = Reader(session, Directory.load(session), visitor.person, local_day(now))
        seen = _seen(session, reader, visitor, held, now) if reader.may_read(held) else None
    if seen is None:
        refusal = reading.refuse(house.store, visitor.person, held.code, wall=house.wall())
        raise Instead("not_yours", 403, why=str(refusal))
    reading.note_reading(house.store, visitor.person, held.code, wall=house.wall())
    return seen


def _seen(session: Session, reader: Reader, visitor: Visitor, held: Held, now: datetime) -> Seen:
    head = views.case_row(session, held, views.first_date(session, held.id, now), now)
    colour = colours(session, reader, [held.subject]).get(held.subject)
    return Seen(visitor, held, advance(held.case, now), now, head, colour)


TheCase = Annotated[Seen, Depends(opened)]


@router.get("/dossier/{case}")
def overview(seen: TheCase, house: TheHouse, gedaan: str = "") -> HTMLResponse:
    """What it is about, what happened, what is asked now and what is still to come; and why each date is what it is."""
    state = seen.result.state
    moments = [_moment(each, seen) for each in timeline(seen.result, seen.now)]
    reasons = [_why(asked, seen) for asked in obligations(state) if asked.due or asked.undated]
    with house.store.read() as session:
        offers = Offering(Directory.load(session), seen.held, seen.result, seen.visitor.person, seen.now).all()
    may_correct = {fact.fact for offer in offers if offer.deed == "correct" for fact in offer.facts}
    return tab(
        house, seen, "dossier", moments=moments, reasons=reasons, facts=list(_facts(seen, may_correct)),
        acts=deeds.links(offers, seen.held.code), done=deeds.said_done(gedaan),
    )  # fmt: skip


@router.get("/dossier/{case}/berichten")
def messages(seen: TheCase, house: TheHouse) -> HTMLResponse:
    """What was told to whom, and what became of it."""
    with house.store.read() as session:
        told = dossier(session, seen.held.code, seen.now)["messages"]
    return tab(house, seen, "messages", told=told, kinds=MESSAGES)


@router.get("/dossier/{case}/logboek")
def log(seen: TheCase, house: TheHouse) -> HTMLResponse:
    """Every entry of its log, with its hash."""
    with house.store.read() as session:
        entries = dossier(session, seen.held.code, seen.now)["log"]
    return tab(house, seen, "log", entries=entries)


@router.get("/dossier/{case}/taak/{step}")
def task(step: str, seen: TheCase, house: TheHouse) -> HTMLResponse:
    """The form of a task, for who may finish it; for others what it is, and why not."""
    with house.store.read() as session:
        _, sheet = open_or_finished(session, _way(seen, step), seen.now)
    return shown(house, _place(seen, step), sheet, seen.now)


@router.post("/dossier/{case}/taak/{step}", dependencies=[Depends(from_our_page)])
def decide(step: str, seen: TheCase, given: Annotated[Given, Depends(given_of)], house: TheHouse) -> HTMLResponse:
    """Hand in what was filled in."""
    place, way = _place(seen, step), _way(seen, step)
    answer = answered(house, place, given)
    with house.store.write() as session:
        now = house.now(session)
        files = documents.folder_of(house.settings.data)
        result = hand_in(session, way, answer, via="web", now=now, files=files)
    if result is None:
        raise Instead("not_found", 404)
    return taken(house, place, answer, result, now)


@router.get("/dossier/{case}/taak/{step}/stuk/{sha256}")
def document(step: str, sha256: str, seen: TheCase, house: TheHouse) -> Response:
    """A file of the dossier. Never shown in the page: it may hold anything."""
    return attached(house, seen.result.state.facts, sha256)


def _way(seen: Seen, step: str) -> OwnWay:
    """The way to a step as it is asked now; to one that is not, there is nothing but its end."""
    known = next((asked for asked in obligations(seen.result.state) if asked.step == step), None)
    if known is None:
        raise Instead("not_found", 404)
    return OwnWay(seen.held.id, step, known.round, seen.visitor.person)


def _place(seen: Seen, step: str) -> Place:
    path = f"/dossier/{seen.held.code}/taak/{step}"
    return Place(path, f"{seen.visitor.person}{path}", seen.visitor)  # a form outlives the visit that it was made in


def tab(house: TheHouse, seen: Seen, name: str, **words: Any) -> HTMLResponse:
    """A page of a dossier, with its head and its tabs."""
    terms, held = seen.result.case.terms, seen.held
    return page_for(
        house, seen.visitor, name, case=_row(seen.head), title=terms.procedure.title, revision=terms.procedure.revision,
        is_open=held.is_open, version=held.version, colour=colour_words(seen.colour), here="/dossiers", **words,
    )  # fmt: skip


def _facts(seen: Seen, may_correct: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """What is known: how it is called, its words, and its name where this visitor may correct it."""
    state = seen.result.state
    for fact in state.terms.procedure.facts:
        value = state.fact(fact.fact)
        if value is not None and fact.kind not in ("row", "settlement"):
            yield fact.label, fact_words(fact, value), fact.fact if fact.fact in may_correct else ""


def _moment(moment: Moment, seen: Seen) -> dict[str, Any]:
    asked = moment.asked
    status = asked.status(seen.now, seen.result.case.terms) if asked else ""
    at = asked.due.due_time.isoformat("minutes") if asked and asked.due and asked.due.due_time else ""
    return {
        "when": moment.when, "shape": STATUS[status][0] if status else SHAPES[moment.when], "status": status,
        "day": moment.day, "words": due_words(moment.day, at) if moment.day else "geen datum", "what": moment.what,
        "note": moment.note, "step": moment.step, "is_task": bool(asked and asked.kind == "step"),
        "basis": asked.due.basis if asked and asked.due else "",
        "badge": basis_words(asked.due.basis, asked.fatal) if asked and asked.due else "",
        "left": days_left(moment.day, local_day(seen.now)) if asked and moment.day else "",
    }  # fmt: skip


def _why(asked: Any, seen: Seen) -> dict[str, Any]:
    due = asked.due
    at = due.due_time.isoformat("minutes") if due and due.due_time else ""
    return {
        "step": asked.step, "asks": sentence(asked.label).rstrip("."), "due": due_words(due.due, at) if due else "",
        "steps": [step.text for step in due.steps] if due else [asked.undated], "source": due.source if due else "",
        "calendar": due.calendar_version if due else "", "basis": due.basis if due else "",
        "badge": basis_words(due.basis, asked.fatal) if due else "", "stands": asked.stands,
    }  # fmt: skip
