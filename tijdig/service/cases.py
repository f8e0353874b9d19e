"""What people do to cases: open, decide, record, correct and the other acts. One transaction each.

Every use case catches the case up first and asks in the same transaction whether this person may (law 7 and 8).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from tijdig.engine.acts import roles_for
from tijdig.engine.calendar import local_day
from tijdig.engine.case import Record, Terms
from tijdig.engine.errors import Refused, StaleVersion
from tijdig.engine.fold import fold
from tijdig.engine.language import Act, Procedure, Repeat
from tijdig.engine.terms import parse
from tijdig.service.comparing import settlement, with_counts
from tijdig.service.documents import Keeper
from tijdig.service.forms import clean_text, read_day, read_values
from tijdig.service.held import Held
from tijdig.service.people import MEMBER, Directory
from tijdig.service.strides import Stride
from tijdig.service.sums import with_sums
from tijdig.service.work import Work

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

    def record(self, act: Act, **parts: Any) -> Record:
        """What is done, as a record. Raises Refused for a reason with what looks like a BSN."""
        reason = clean_text(self.reason)
        return Record(self.at, act, self.by, behalf=self.behalf, reason=reason, via=self.via, **parts)


def open_case(
    work: Work, people: Directory, procedure: str, subject: str, values: Mapping[str, str], doing: Doing,
    *, request_id: str | None = None, at_step: str = "",
) -> Held:  # fmt: skip
    """Open a case for a subject; the same request id opens once. `at_step` takes running work over half-way.

    Raises Refused for an unknown procedure, subject or fact, a bad value, or a person who may not.
    """
    terms = work.terms(procedure)
    key = f"request/{request_id}" if request_id else None
    if key and (known := work.claim("key = ?", key)):
        return known[0]
    _subject(people, terms.procedure, subject)
    _named(terms.procedure, at_step, terms.steps)
    facts = read_values(terms.procedure, values, store=work.keep)
    record = doing.record("open", values=facts, step=at_step)
    record = _authorised(people, terms, record, roles_for(terms, "open", at_step), subject=subject)
    return work.open(procedure, subject, record, key=key)


def _subject(people: Directory, procedure: Procedure, subject: str) -> None:
    if procedure.subject == MEMBER and not people.is_subject(subject):
        raise Refused(
            f"There is no member '{subject}'. Import it first: tijdig import members FILE.csv.",
            code="NO_SUBJECT", subject=subject,
        )  # fmt: skip


def _named(procedure: Procedure, name: str, known: Collection[str]) -> None:
    """Refuse the name of a step that is not there, before anybody is told that they may not act in it."""
    if name and name not in known:
        names = ", ".join(step.step for step in procedure.steps)
        raise Refused(f"{procedure.id} has no step '{name}'. Its steps are: {names}.")


def decide(
    work: Work, people: Directory, case: str, step: str, outcome: str, values: Mapping[str, str], doing: Doing,
    *, version: int | None = None,
) -> Stride:  # fmt: skip
    """Finish a task with an outcome. Raises Refused, FourEyes, or StaleVersion when the case changed meanwhile."""
    held = _current(work, case, version)
    return _act(
        work, held, people, doing.record("decide", values=_read(work, held, values), step=step, outcome=outcome)
    )


def record_facts(
    work: Work, people: Directory, case: str, values: Mapping[str, Any], doing: Doing, *, version: int | None = None
) -> Stride:
    """Record new facts, or attach documents."""
    held = _current(work, case, version)
    return _act(work, held, people, doing.record("record", values=_read(work, held, values)))


def settle(work: Work, people: Directory, case: str, difference: str, holds: str, doing: Doing) -> Stride:
    """Settle a difference between two registers: which of the two holds there, with the reason.

    Whoever does the step in which it is settled may do so; settling again changes one's mind.
    Raises Refused for a difference or register that is not there, and without a reason.
    """
    held = work.find(case)
    work.flush()
    step, values = settlement(work.keep, held, difference, holds)
    return _act(work, held, people, doing.record("record", values=values, step=step), as_act="decide")


def correct(
    work: Work, people: Directory, case: str, values: Mapping[str, Any], doing: Doing, *, version: int | None = None
) -> Stride:
    """Correct facts: from then on the case is as if they had been right at once. Gives what moved."""
    held = _current(work, case, version)
    return _act(work, held, people, doing.record("correct", values=_read(work, held, values)))


def act(
    work: Work, people: Directory, case: str, name: str, given: Mapping[str, str], doing: Doing,
    *, version: int | None = None,
) -> Stride:  # fmt: skip
    """Any other act of the closed list; `given` holds step, person, by (a term), until (a date) as it needs them."""
    if name not in OTHER_ACTS:
        raise Refused(f"There is no act '{name}'. The acts are: {', '.join(OTHER_ACTS)}.")
    stray = sorted(set(given) - {"step", "person", "by", "until"})
    if stray:
        raise Refused(f"'{name}' takes no '{stray[0]}'. It takes step, person, by (a term) or until (a date).")
    record = doing.record(
        cast(Act, name),
        step=given.get("step", ""),
        person=given.get("person", ""),
        by_term=parse(given["by"]) if "by" in given else None,
        until=read_day("until", given["until"]) if "until" in given else None,
    )
    return _act(work, _current(work, case, version), people, record)


def _receives(people: Directory, held: Held, record: Record) -> None:
    """Refuse to hand a task to somebody who could not finish it: nobody would be reminded who can."""
    if record.step not in held.terms.steps or not record.person:
        return  # the engine says so
    roles = roles_for(held.terms, "decide", record.step)
    at: dict[str, Any] = {"subject": held.subject, "case": held.code, "on": local_day(record.at)}
    if not people.can_act(record.person, roles, **at):
        able = sorted({who for role in roles for who in people.holders(role, **at)})
        raise Refused(
            f"{record.person} heeft de rol {' of '.join(roles)} niet voor {held.code} en kan "
            f"‘{held.terms.steps[record.step].asks}’ niet afronden. Kies iemand die haar wel heeft "
            f"({', '.join(able) or 'nu niemand'}), of geef de rol eerst (Beheer, Rollen).",
            code="NO_ROLE",
        )


def _read(work: Work, held: Held, values: Mapping[str, str]) -> dict[str, Any]:
    """Values as a record holds them; of a timetable's row what is not said stays as it was."""
    found = read_values(held.terms.procedure, values, store=work.keep)
    rows = [name for name in found if held.terms.facts[name].kind == "row"]
    known = fold(held.case).facts if rows else {}
    return found | {name: {**(known.get(name) or {}), **found[name]} for name in rows}


def _current(work: Work, case: str, version: int | None) -> Held:
    held = work.find(case)
    if version is not None and version != held.version:
        raise StaleVersion(
            f"{held.code} was changed meanwhile (you saw version {version}, it is now {held.version}). "
            f"Look at it again and decide on version {held.version}."
        )
    return held


def _act(work: Work, held: Held, people: Directory, record: Record, *, as_act: str = "") -> Stride:
    """Apply what somebody does who may do this act, or the act `as_act`."""
    if record.person and not people.knows(record.person):
        raise Refused(f"There is no person '{record.person}'. Name somebody of `tijdig export people`.", code="NO_ROLE")
    terms = held.terms
    _named(terms.procedure, record.step, terms.names)
    roles = roles_for(terms, as_act or record.act, record.step)
    record = _authorised(people, terms, record, roles, subject=held.subject, case=held.code)
    if record.act == "hand-over":
        _receives(people, held, record)
    if terms.procedure.comparisons:
        work.flush()  # what is counted is read from the log
        record = with_counts(work.keep, held, record)
    if record.act == "decide" and terms.steps[record.step].sums:
        work.flush()
        record = with_sums(held, record)
    if record.act == "decide" and terms.steps[record.step].draws:
        record = _with_drawn(work, held, record)
    return work.apply(held, record)


def _with_drawn(work: Work, held: Held, record: Record) -> Record:
    """The record with the documents that its step draws up, unless it is done all over."""
    from tijdig.service.papers import drawn  # takes Word, Excel and PDF along

    step = held.terms.steps[record.step]
    if isinstance(step.outcome(record.outcome), Repeat):
        return record
    if not isinstance(work.keep, Keeper):
        raise Refused(f"'{record.step}' draws up {step.draws[0]}, and this way in keeps no files. Use: tijdig decide.")
    work.flush()
    return replace(record, values={**record.values, **drawn(work.session, held, work.keep, record.step)})


def _authorised(
    people: Directory, terms: Terms, record: Record, roles: tuple[str, ...], *, subject: str, case: str = ""
) -> Record:
    """The record as this person may make it: in their own right, or as the deputy of somebody absent."""
    right = people.may_act(
        record.by,
        roles,
        subject=subject,
        case=case,
        on=local_day(record.at),
        behalf=record.behalf,
        enters=(terms.role(terms.procedure.owner),),
    )
    return record if right.behalf == record.behalf else replace(record, behalf=right.behalf)
