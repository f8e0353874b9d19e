"""Starting a case by hand, from a page: which procedures somebody may start, what would follow, and then the case.

It is opened by the use case that the command and Prefect's form call, with the fields that the procedure declares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlmodel import Session, select

from models.operation import TimetableRow
from tijdig.engine.acts import roles_for
from tijdig.engine.advance import Advance, advance
from tijdig.engine.calendar import local_day
from tijdig.engine.case import Terms
from tijdig.engine.errors import Misconfigured, Refused, TijdigError
from tijdig.engine.language import Fact, Setting
from tijdig.service import cases, documents
from tijdig.service.cases import Doing
from tijdig.service.forms import opening_facts
from tijdig.service.handin import Answer, note, read_fields, text_problem
from tijdig.service.held import LOADER
from tijdig.service.links import hashed
from tijdig.service.notices import Telling
from tijdig.service.people import MEMBER, NO_RIGHT, Directory
from tijdig.service.pins import current, definitions
from tijdig.service.refusals import in_dutch
from tijdig.service.work import Done, Work

SUBJECT, RULE = ":subject", ":rule"
"""Where no field is wrong but whom it is about, or what the rules say of it."""

NEEDED = "Vul dit in."


@dataclass(frozen=True, slots=True)
class Start:
    """A procedure that somebody would start about a subject."""

    terms: Terms
    subject: str
    problems: Mapping[str, str]
    """Why it cannot be started about this subject, whatever is filled in."""
    refusal: str = ""
    """Why this person may not start it."""

    @property
    def fields(self) -> tuple[Fact, ...]:
        return opening_facts(self.terms.procedure)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would be opened, and was not: the case as it would stand, what happens at once, and who would be told."""

    result: Advance
    effects: tuple[Done, ...]
    told: tuple[tuple[str, Telling], ...]


def may_start(session: Session, people: Directory, person: str, on: date) -> list[Terms]:
    """The procedures of which this person, or somebody whose deputy they are, holds a role that may start one."""
    held = {role for who in (person, *people.stands_in_for(person, on)) for role in people.roles_of(who, on)}
    every = (LOADER.load(session, current(session, row.procedure)) for row in definitions(session))
    return [terms for terms in every if held & {*roles_for(terms, "open")}]


def look(session: Session, procedure: str, subject: str, person: str, *, now: datetime) -> Start:
    """The start of a procedure about a subject, before anything was filled in.

    Raises Refused when there is no such procedure.
    """
    terms, people = LOADER.load(session, current(session, procedure)), Directory.load(session)
    problems: dict[str, str] = {}
    if terms.procedure.subject == MEMBER and not people.is_subject(subject):
        problems[SUBJECT] = in_dutch(Refused("", code="NO_SUBJECT", subject=subject))
    elif problem := text_problem(subject):
        problems[SUBJECT] = problem
    if terms.missing:
        problems[RULE] = in_dutch(_missing(terms.missing[0]))
    roles = roles_for(terms, "open")
    may = people.can_act(person, roles, subject=subject, case="", on=local_day(now))
    refusal = "" if may else f"U mag dit niet starten. De rol {' of '.join(roles) or 'van niemand'} wel."
    return Start(terms, subject, problems, refusal)


def _missing(setting: Setting) -> TijdigError:
    return Misconfigured("", code="SETTING_MISSING", setting=setting.id, label=setting.label)


def start(
    session: Session, wanted: Start, person: str, answer: Answer, *, sure: bool, now: datetime, files: Path
) -> str | Foreseen | Mapping[str, str]:
    """Open it, in this transaction, and give its code; the same form opens once.

    Gives what would follow while they are not `sure`, and what is wrong, by field, when it cannot be opened so.
    """
    if wanted.refusal:
        note(session, "denied", person, now, procedure=wanted.terms.procedure.id, why=wanted.refusal)
        return {RULE: wanted.refusal}
    if problems := {**dict(_problems(wanted, answer)), **wanted.problems}:
        return problems
    work = Work(session, keep=documents.keeper(session, files, now=now))
    with session.begin_nested() as attempt:
        try:
            held = cases.open_case(
                work, Directory.load(session), wanted.terms.procedure.id, wanted.subject,
                {fact.fact: given for fact in wanted.fields if (given := answer.given(fact.fact))},
                Doing(person, now, via="web"), request_id=hashed(answer.key),
            )  # fmt: skip
        except TijdigError as refusal:
            attempt.rollback()
            return {RULE: str(refusal) if refusal.code == NO_RIGHT else in_dutch(refusal)}
        told = tuple(work.writing.told())
        work.flush()
        if sure:
            return held.code
        foreseen = Foreseen(advance(held.case, now), tuple(work.done), told)
        attempt.rollback()
    return foreseen


def _problems(wanted: Start, answer: Answer) -> Iterator[tuple[str, str]]:
    values, wrong = read_fields(wanted.fields, answer)
    yield from wrong.items()
    for fact in wanted.fields:
        if fact.required is True and fact.fact not in values and fact.fact not in wrong:
            yield fact.fact, NEEDED


def timetables(session: Session) -> tuple[str, ...]:
    """The names of the timetables that were imported."""
    return tuple(session.exec(select(TimetableRow.name).distinct().order_by(TimetableRow.name)))
