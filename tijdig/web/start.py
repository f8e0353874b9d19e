"""A new dossier by hand: which procedure and about whom, the fields that it opens with, what would follow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tijdig.engine.calendar import local_day
from tijdig.engine.errors import Refused
from tijdig.engine.plan import obligations
from tijdig.service import documents, starting
from tijdig.service.handin import Answer, note
from tijdig.service.people import Directory
from tijdig.service.starting import RULE, SUBJECT, Foreseen, Start, may_start
from tijdig.service.wording import basis_words, due_words, sentence, subject_name
from tijdig.web.cases import MESSAGES
from tijdig.web.deeds import BEGUN, SURE, ahead_words, effects_words, told_words
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.link import from_our_page
from tijdig.web.task import Place, answered
from tijdig.web.uploads import Given, given_of
from tijdig.web.view import FORM, Field, fact_field, field_of
from tijdig.web.visit import TheVisitor, Visitor, page_for

router = APIRouter(default_response_class=HTMLResponse)

HERE = "/dossiers/nieuw"
PROCEDURE, ABOUT = "procedure", "onderwerp"


@router.get(HERE)
def ask(house: TheHouse, visitor: TheVisitor, procedure: str = "", onderwerp: str = "") -> HTMLResponse:
    """First which procedure and about whom; once both are known, the fields that it opens with."""
    subject = reference(onderwerp)
    if not procedure or not subject:
        return _choose(house, visitor, procedure, subject, {})
    wanted, names = _wanted(house, visitor, procedure, subject)
    if SUBJECT in wanted.problems:
        return _choose(house, visitor, procedure, subject, wanted.problems)
    return _form(house, visitor, wanted, Answer("", 0), wanted.problems, names, 409 if wanted.problems else 200)


@router.post(HERE, dependencies=[Depends(from_our_page)])
def begin(visitor: TheVisitor, given: Annotated[Given, Depends(given_of)], house: TheHouse) -> Response:
    """Show what would follow; when they saw that, open it."""
    procedure, subject = given.text(PROCEDURE), reference(given.text(ABOUT))
    answer = answered(house, _place(visitor, procedure, subject), given)
    wanted, names = _wanted(house, visitor, procedure, subject)
    with house.store.write() as session:
        now, files = house.now(session), documents.folder_of(house.settings.data)
        sure = given.text(SURE) == "1"
        result = starting.start(session, wanted, visitor.person, answer, sure=sure, now=now, files=files)
    match result:
        case str():
            return RedirectResponse(f"/dossier/{result}?gedaan={BEGUN}", 303)
        case Foreseen():
            return _preview(house, visitor, wanted, answer, result)
    return _form(house, visitor, wanted, answer, result, names, 409 if RULE in result else 422)


def reference(text: str) -> str:
    """A subject as it was typed: "Lid 014" is lid-014."""
    member = re.fullmatch(r"lid[ -]?(\w+)", text.strip(), re.I)
    return f"lid-{member[1]}" if member else text.strip()


def _wanted(house: House, visitor: Visitor, procedure: str, subject: str) -> tuple[Start, tuple[str, ...]]:
    """What would be started, and the names of timetables. Raises Instead for who may not, which is written down."""
    with house.store.read() as session:
        now = house.now(session)
        try:
            wanted = starting.look(session, procedure, subject, visitor.person, now=now)
        except Refused:
            raise Instead("not_found", 404) from None
        names = starting.timetables(session) if wanted.terms.procedure.timetable else ()
    if wanted.refusal and SUBJECT not in wanted.problems:
        with house.store.write() as session:
            note(session, "denied", visitor.person, now, procedure=procedure, why=wanted.refusal)
        raise Instead("not_yours", 403, why=wanted.refusal)
    return wanted, names


def _place(visitor: Visitor, procedure: str, subject: str) -> Place:
    """Where the page stands; its forms are for this procedure and subject only."""
    asked = urlencode({PROCEDURE: procedure, ABOUT: subject})
    return Place(HERE, f"{visitor.person}{HERE}?{asked}", visitor)


def _place_of(visitor: Visitor, wanted: Start) -> Place:
    return _place(visitor, wanted.terms.procedure.id, wanted.subject)


def _choose(
    house: House, visitor: Visitor, procedure: str, subject: str, problems: Mapping[str, str]
) -> HTMLResponse:  # fmt: skip
    with house.store.read() as session:
        today = local_day(house.now(session))
        found = may_start(session, Directory.load(session), visitor.person, today)
    choices = tuple((terms.procedure.id, terms.procedure.title) for terms in found)
    fields = [
        Field(PROCEDURE, "choice", "Welke procedure?", "", "", procedure, choices, ""),
        Field(ABOUT, "ref", "Over wie of wat gaat het?", "", "Een lid als lid-001; anders de naam van de ronde of "
              "periode. Nooit de naam van een cliënt.", subject, (), problems.get(SUBJECT, "")),
    ]  # fmt: skip
    wrong = [field for field in fields if field.error]
    return page_for(
        house, visitor, "start", 422 if wrong else 200, fields=fields if choices else [], wrong=wrong, general=[],
        here="/dossiers",
    )  # fmt: skip


def _head(visitor: Visitor, wanted: Start) -> dict[str, Any]:
    return {
        "title": wanted.terms.procedure.title, "subject": sentence(subject_name(wanted.subject)).rstrip("."),
        "action": HERE, "back": f"{HERE}?{urlencode(dict(_about(wanted)))}", "about": _about(wanted),
        "here": "/dossiers",
    }  # fmt: skip


def _about(wanted: Start) -> list[tuple[str, str]]:
    """What each form of it says of which start it is."""
    return [(PROCEDURE, wanted.terms.procedure.id), (ABOUT, wanted.subject)]


def _form(
    house: House, visitor: Visitor, wanted: Start, answer: Answer, problems: Mapping[str, str], names: tuple[str, ...],
    status: int,
) -> HTMLResponse:  # fmt: skip
    place = _place_of(visitor, wanted)
    fields = list(_fields(house, place, wanted, answer, problems, names))
    return page_for(
        house, visitor, "start_form", status, **_head(visitor, wanted), fields=fields,
        wrong=[field for field in fields if field.error], general=[problems[RULE]] if RULE in problems else [],
        can_begin=not wanted.problems, form=house.seal.form(place.sealed_for, 0),
    )  # fmt: skip


def _fields(
    house: House, place: Place, wanted: Start, answer: Answer, problems: Mapping[str, str], names: tuple[str, ...]
) -> Iterator[Field]:
    timetable = wanted.terms.procedure.timetable
    for fact in wanted.fields:
        if timetable and fact.fact == timetable.timetable:
            name, chosen = fact_field(fact.fact), answer.texts.get(fact.fact, "")
            yield Field(name, "pick", fact.label, "", "", chosen, tuple((n, n) for n in names),
                        problems.get(fact.fact, ""))  # fmt: skip
        else:
            note = "" if fact.required else "mag leeg blijven"
            yield field_of(fact, note, house.seal, place.sealed_for, answer, problems)


def _preview(house: House, visitor: Visitor, wanted: Start, answer: Answer, seen: Foreseen) -> HTMLResponse:
    place, terms = _place_of(visitor, wanted), seen.result.case.terms
    texts = [(fact_field(name), text) for name, text in answer.texts.items()]
    inputs = [(FORM, house.seal.form(place.sealed_for, 0)), *_about(wanted), *texts, (SURE, "1")]
    return page_for(
        house, visitor, "start_plan", **_head(visitor, wanted), asks=list(_asks(seen)), kinds=MESSAGES, inputs=inputs,
        effects=effects_words(seen.effects, terms), told=told_words(seen.told, terms), ahead=ahead_words(seen.result),
    )  # fmt: skip


def _asks(seen: Foreseen) -> Iterator[dict[str, str]]:
    for asked in obligations(seen.result.state):
        if asked.stands:
            due = asked.due
            at = due.due_time.isoformat("minutes") if due and due.due_time else ""
            yield {
                "asks": sentence(asked.label).rstrip("."), "role": asked.role,
                "due": due_words(due.due, at) if due else "geen datum", "why": "; ".join(s.text for s in due.steps)
                if due else asked.undated, "basis": due.basis if due else "",
                "badge": basis_words(due.basis, asked.fatal) if due else "",
            }  # fmt: skip
