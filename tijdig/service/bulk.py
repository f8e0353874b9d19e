"""One act on many tasks at once: first what it does to each, then with a reason all of them or none (ux.md, Forms).

Each task is one act of its dossier, with a log entry of its own there. Decisions are never made in bulk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session, select

from models.operation import Event
from tijdig.engine.acts import MIN_REASON, roles_for
from tijdig.engine.calendar import local_day
from tijdig.engine.errors import Refused, TijdigError
from tijdig.engine.snapshot import canonical
from tijdig.service import cases
from tijdig.service.cases import Doing
from tijdig.service.handin import REASON, note, text_problem
from tijdig.service.held import Held, held, read_all
from tijdig.service.links import hashed
from tijdig.service.notices import IN_BULK
from tijdig.service.people import NO_RIGHT, Directory
from tijdig.service.refusals import in_dutch
from tijdig.service.work import Work

BulkDeed = Literal["hand-over", "remind"]

MOST = 500
"""So many tasks at once: all of them are written in one transaction, for which others wait."""

NOT_YOURS = "Dit is geen taak waarbij u dit mag."
CHANGED = "Het dossier is intussen gewijzigd (versie {seen}, nu {now}). Kies de taak opnieuw."


@dataclass(frozen=True, slots=True, order=True)
class Chosen:
    """A task that somebody chose, and the version of its dossier that they saw."""

    case: str
    step: str
    version: int


@dataclass(frozen=True, slots=True)
class Bulk:
    """What is to be done to which tasks, by whom; `key` is that of the form, `to` who receives the tasks."""

    deed: BulkDeed
    chosen: tuple[Chosen, ...]
    person: str
    key: str
    to: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What the act does to one task: that it is done, or why it cannot be. What one may not see has no words."""

    chosen: Chosen
    asks: str = ""
    subject: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What it does to each task; nothing was done. `problem` is what is wrong with the reason."""

    lines: tuple[Line, ...]
    problem: str = ""
    failed: bool = False
    """They were sure, and one of the tasks cannot be done after all."""

    @property
    def is_denied(self) -> bool:
        """Whether none of it is theirs to do."""
        return all(line.refusal == NOT_YOURS for line in self.lines)

    @property
    def doable(self) -> tuple[Chosen, ...]:
        return tuple(line.chosen for line in self.lines if not line.refusal)


def receivers(session: Session, chosen: Sequence[Chosen], person: str, *, now: datetime) -> tuple[tuple[str, str], ...]:
    """The colleagues who can finish one of these tasks, of dossiers in which this person may hand over: id and name."""
    people, on, codes = Directory.load(session), local_day(now), sorted({each.case for each in chosen})
    found = {one.code: one for one in held(session, "code in (?*)", codes)}
    people.prefetch(one.subject for one in found.values())
    able: set[str] = set()
    for each in chosen:
        one = found.get(each.case)
        if one is None or each.step not in one.terms.steps:
            continue
        mine, theirs = roles_for(one.terms, "hand-over", each.step), roles_for(one.terms, "decide", each.step)
        if people.can_act(person, mine, subject=one.subject, case=one.code, on=on):
            for role in theirs:
                told = people.recipients(role, subject=one.subject, case=one.code, on=on)
                able |= {each.person for each in told if people.has_digest(each.person)}
    return tuple(sorted(((who, people.name(who)) for who in able), key=lambda each: each[1]))


def run(session: Session, bulk: Bulk, *, sure: bool, now: datetime) -> int | Preview:
    """Do it to all, in this transaction, and give to how many; the same form twice is done once.

    Gives what it does to each, and does nothing, while they are not `sure`, have no reason, or one cannot be done.
    """
    if sure and _was_used(session, bulk):
        return len(bulk.chosen)
    problem = _problem(bulk.reason) if sure else ""
    with session.begin_nested() as attempt:
        work = Work(session)
        lines = tuple(_lines(work, Directory.load(session), bulk, now, sure=sure and not problem))
        fails = any(line.refusal for line in lines)
        is_done = sure and not problem and not fails
        if is_done:
            work.flush()
        else:
            attempt.rollback()
    if not is_done:
        _note_denials(session, bulk, lines, now)
        return Preview(lines, problem, sure and fails)
    note(session, "form", bulk.person, now, **_form(bulk))
    return len(lines)


def _problem(reason: str) -> str:
    return REASON if len(reason.strip()) < MIN_REASON else text_problem(reason)


def _lines(work: Work, people: Directory, bulk: Bulk, now: datetime, *, sure: bool) -> Iterator[Line]:
    """Do it to each task, in this work, and tell what came of it."""
    found = _held(work, bulk.chosen, people)
    seen = {code: one.version for code, one in found.items()}  # of one dossier more than one task may be chosen
    reason = bulk.reason.strip() if sure else "?" * MIN_REASON
    doing = Doing(bulk.person, now, reason=reason, via=IN_BULK)
    for chosen in bulk.chosen:
        one = found.get(chosen.case)
        if one is None or chosen.step not in one.terms.steps:
            yield Line(chosen, refusal=NOT_YOURS)
            continue
        given = {"step": chosen.step} | ({"person": bulk.to} if bulk.deed == "hand-over" else {})
        refusal = ""
        try:
            if seen[chosen.case] != chosen.version:
                _look(people, one, chosen.step, bulk, now)
                raise Refused(CHANGED.format(seen=chosen.version, now=seen[chosen.case]))
            cases.act(work, people, chosen.case, bulk.deed, given, doing)
        except TijdigError as error:
            if error.code == NO_RIGHT:
                yield Line(chosen, refusal=NOT_YOURS)
                continue
            refusal = in_dutch(error)
        yield Line(chosen, one.terms.steps[chosen.step].asks, one.subject, refusal)


def _look(people: Directory, one: Held, step: str, bulk: Bulk, now: datetime) -> None:
    """Raise Refused for who may not do this here, before they are told anything of the dossier."""
    roles = roles_for(one.terms, bulk.deed, step)
    people.may_act(bulk.person, roles, subject=one.subject, case=one.code, on=local_day(now))


def _held(work: Work, chosen: Sequence[Chosen], people: Directory) -> dict[str, Held]:
    """The dossiers of these tasks, taken in hand and read: a few statements, however many."""
    codes = sorted({each.case for each in chosen})
    found = work.claim("code in (?*) order by id", codes) if codes else []
    read_all(work.session, found)
    people.prefetch(one.subject for one in found)
    return {one.code: one for one in found}


def _note_denials(session: Session, bulk: Bulk, lines: Sequence[Line], now: datetime) -> None:
    for line in lines:
        if line.refusal == NOT_YOURS:
            note(session, "denied", bulk.person, now, case=line.chosen.case, act=bulk.deed, why=NOT_YOURS)


def _form(bulk: Bulk) -> dict[str, str]:
    return {"bulk": bulk.deed, "form": hashed(bulk.key)}


def _was_used(session: Session, bulk: Bulk) -> bool:
    used = select(Event.id).where(Event.kind == "form", Event.detail == canonical(_form(bulk)))
    return session.exec(used).first() is not None
