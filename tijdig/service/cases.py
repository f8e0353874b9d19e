"""What people do to cases: open, decide, record, correct and the other acts. One transaction each.

Every use case catches the case up first and asks in the same transaction whether this person may (law 7 and 8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from sqlmodel import Session, select

from models.case import Case as CaseRow
from models.organisation import Subject
from tijdig.engine.acts import roles_for
from tijdig.engine.advance import Advance
from tijdig.engine.calendar import local_day
from tijdig.engine.case import Record
from tijdig.engine.errors import Refused, StaleVersion
from tijdig.engine.language import Act, Procedure
from tijdig.engine.terms import parse
from tijdig.service.forms import read_day, read_values
from tijdig.service.people import Directory
from tijdig.service.pins import newest, procedure_of
from tijdig.service.work import Held, Work

OTHER_ACTS = (
    "take", "remind", "extend", "suspend", "resume", "cancel", "withdraw", "reopen", "take-back", "hand-over", "merge",
    "not-applicable",
)  # fmt: skip
"""The acts beside opening, deciding, recording and correcting (cli.md, `act`)."""


@dataclass(frozen=True, slots=True)
class Doing:
    """Who does something, when, and how it came in. `behalf`: for whom it is entered, or whose deputy acts."""

    by: str
    at: datetime
    behalf: str = ""
    reason: str = ""
    via: str = ""


def open_case(
    work: Work, people: Directory, procedure: str, subject: str, values: Mapping[str, str], doing: Doing,
    *, request_id: str | None = None, at_step: str = "",
) -> Held:  # fmt: skip
    """Open a case for a subject; the same request id opens once. `at_step` takes running work over half-way.

    Raises Refused for an unknown procedure, subject or fact, a bad value, or a person who may not.
    """
    definition = procedure_of(newest(work.session, procedure))
    key = f"request/{request_id}" if request_id else None
    if key and (known := work.session.exec(select(CaseRow).where(CaseRow.key == key)).first()):
        return work.hold([known])[0]
    _subject(work.session, definition, subject)
    if at_step and not definition.step(at_step):
        names = ", ".join(step.step for step in definition.steps)
        raise Refused(f"{procedure} has no step '{at_step}' to be taken over at. Its steps are: {names}.")
    facts = read_values(definition, values, store=work.keep)
    record = Record(doing.at, "open", doing.by, facts, step=at_step, behalf=doing.behalf, reason=doing.reason)
    held = work.open(procedure, subject, record, key=key)
    _authorise(held, people, record, roles_for(held.case.terms, "open"))
    return held


def _subject(session: Session, procedure: Procedure, subject: str) -> None:
    if procedure.subject == "lid" and session.get(Subject, subject) is None:
        raise Refused(f"There is no member '{subject}'. Import it first: tijdig import members FILE.csv.")


def decide(
    work: Work, people: Directory, case: str, step: str, outcome: str, values: Mapping[str, str], doing: Doing,
    *, version: int | None = None,
) -> Advance:  # fmt: skip
    """Finish a task with an outcome. Raises Refused, FourEyes, or StaleVersion when the case changed meanwhile."""
    held = _current(work, case, version)
    facts = read_values(held.case.terms.procedure, values, store=work.keep)
    record = Record(doing.at, "decide", doing.by, facts, step, outcome, doing.behalf, reason=doing.reason)
    return _act(work, held, people, record)


def record_facts(work: Work, people: Directory, case: str, values: Mapping[str, str], doing: Doing) -> Advance:
    """Record new facts, or attach documents."""
    held = work.find(case)
    facts = read_values(held.case.terms.procedure, values, store=work.keep)
    return _act(
        work, held, people, Record(doing.at, "record", doing.by, facts, behalf=doing.behalf, reason=doing.reason)
    )


def correct(work: Work, people: Directory, case: str, values: Mapping[str, str], doing: Doing) -> Advance:
    """Correct facts: from then on the case is as if they had been right at once. Gives what moved."""
    held = work.find(case)
    facts = read_values(held.case.terms.procedure, values, store=work.keep)
    return _act(
        work, held, people, Record(doing.at, "correct", doing.by, facts, behalf=doing.behalf, reason=doing.reason)
    )


def act(work: Work, people: Directory, case: str, name: str, given: Mapping[str, str], doing: Doing) -> Advance:
    """Any other act of the closed list; `given` holds step, person, by (a term), until (a date) as it needs them."""
    held = work.find(case)
    parts = dict(given)
    step = parts.pop("step", "") or parts.pop("of", "")
    if name not in OTHER_ACTS:
        raise Refused(f"There is no act '{name}'. The acts are: {', '.join(OTHER_ACTS)}.")
    record = Record(
        doing.at, cast(Act, name), doing.by, {}, step, behalf=doing.behalf, person=parts.pop("person", ""),
        reason=doing.reason,
    )  # fmt: skip
    if "by" in parts:
        record = replace(record, by_term=parse(parts.pop("by")))
    if "until" in parts:
        record = replace(record, until=read_day("until", parts.pop("until")))
    if parts:
        raise Refused(f"'{name}' takes no '{min(parts)}'. It takes step, person, by (a term) or until (a date).")
    return _act(work, held, people, record)


def _current(work: Work, case: str, version: int | None) -> Held:
    held = work.find(case)
    if version is not None and version != held.row.version:
        raise StaleVersion(
            f"{held.row.code} was changed meanwhile (you saw version {version}, it is now {held.row.version}). "
            f"Look at it again and decide on version {held.row.version}."
        )
    return held


def _act(work: Work, held: Held, people: Directory, record: Record) -> Advance:
    terms = held.case.terms
    record = _authorise(held, people, record, roles_for(terms, record.act, record.step))
    if record.person and record.person not in {person.id for person in people.people()}:
        raise Refused(f"There is no person '{record.person}'. Name somebody of `tijdig export people`.")
    return work.apply(held, record)


def _authorise(held: Held, people: Directory, record: Record, roles: tuple[str, ...]) -> Record:
    """The record as this person may make it: in their own right, or as the deputy of somebody absent."""
    owner = held.case.terms.role(held.case.terms.procedure.owner)
    right = people.may_act(
        record.by, roles, subject=held.row.subject, case=held.row.code, on=local_day(record.at), behalf=record.behalf,
        enters=(owner,),
    )  # fmt: skip
    return replace(record, behalf=right.behalf)
