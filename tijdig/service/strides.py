"""What an advance comes to, worked out once for all cases that stand alike.

Two cases of equal pins and equal course (`models.case.Case`) have the same records and effects behind them, but for who
did what. The core is pure, so the same moment and the same record bring both the same: a stride. Whoever may have to
be kept apart from an earlier actor (law 7) is part of what must be equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from models.bulk import Row, stored_day, stored_instant
from tijdig.engine.advance import Advance, Move, Opening
from tijdig.engine.calendar import local_day
from tijdig.engine.case import Effect, Record, Terms
from tijdig.engine.plan import Obligation, obligations, pick_up_on
from tijdig.service.chain import Entry, entry_of_effect, follow
from tijdig.service.notices import Telling, tellings

Line = tuple[bytes, Row]
"""A log entry of any case of a course: what is hashed of it, and its columns from `at` to `commitment` as stored."""


def line(entry: Entry, instant: Callable[[datetime], Any], day: Callable[[date], Any]) -> Line:
    """The line of an entry."""
    nominal = day(entry.nominal) if entry.nominal else None
    return entry.said, (
        instant(entry.at), entry.kind, entry.key, entry.actor, nominal, entry.overtaken, entry.commitment
    )  # fmt: skip


KEPT = 5000
"""So many strides are remembered, some 3 kB each."""


class Step(NamedTuple):
    """Where a case stands, and what comes to it: what a stride is found by."""

    terms: Terms
    course: bytes
    at: datetime
    act: str = ""
    body: str = ""
    by: str = ""

    @classmethod
    def of(cls, terms: Terms, course: bytes, record: Record, body: str) -> Step:
        """The step that a record takes; `body` is its canonical JSON."""
        by = record.by if terms.keeps_apart or record.act == "take" else ""
        return cls(terms, course, record.at, record.act, body, by)


@dataclass(frozen=True, slots=True)
class Stride:
    """What comes of one step, in the form in which it is stored; all that differs from case to case is left out.

    The entry of the record, where there is one, stands between the first `caught_up` effects and the rest.
    `next_check` and `closed` are as stored; `standing` holds the rows of the read model after it, None where they stay
    as they are.
    """

    effects: tuple[Effect, ...]
    caught_up: int
    entries: tuple[Line, ...]
    moves: tuple[Move, ...]
    openings: tuple[Opening, ...]
    tellings: tuple[Telling, ...]
    standing: tuple[Row, ...] | None
    next_check: Any
    state: str
    closed: Any
    course: bytes


class Strides:
    """The strides that this process remembers; the oldest makes room."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept, self._strides = kept, dict[Step, Stride]()

    def get(self, step: Step) -> Stride | None:
        return self._strides.get(step)

    def keep(self, step: Step, stride: Stride) -> None:
        if len(self._strides) >= self._kept:
            self._strides.pop(next(iter(self._strides), step), None)
        self._strides[step] = stride


def stride(session: Session, step: Step, result: Advance, record: Record | None) -> Stride:
    """The stride of an advance that was worked out."""
    at, state, instant, day = step.at, result.state, stored_instant(session), stored_day(session)
    entries = [entry_of_effect(effect, at) for effect in result.effects]
    said = [entry.said for entry in entries]
    if record is not None:
        said.insert(result.caught_up, Entry(at, step.act, step.body, step.by).said)
    course = step.course
    for each in said:
        course = follow(course, each)
    return Stride(
        result.effects, result.caught_up, tuple(line(entry, instant, day) for entry in entries), result.moves,
        result.openings, tuple(tellings(result, at, record)),
        None if result.stands else tuple(standing_rows(result, instant, day)), _maybe(instant, result.next_check_at),
        state.result or "open", _maybe(day, local_day(state.closed)) if state.closed else None, course,
    )  # fmt: skip


def _maybe(stored: Callable[[Any], Any], value: date | None) -> Any:
    return None if value is None else stored(value)


STANDING = (
    "case_id", "step", "round", "kind", "label", "role", "assignee", "opened_on", "start_on", "nominal", "due",
    "due_time", "late_from", "safe", "basis", "fatal", "uncertain",
)  # fmt: skip
"""The columns of the read model; a stride holds all but the first."""


def standing_rows(result: Advance, instant: Callable[[datetime], Any], day: Callable[[date], Any]) -> list[Row]:
    """What stands open after it."""
    if result.state.closed:
        return []
    return [_row(asked, result, instant, day) for asked in obligations(result.state) if asked.stands]


def _row(asked: Obligation, result: Advance, instant: Callable[[datetime], Any], day: Callable[[date], Any]) -> Row:
    due, start = asked.due, pick_up_on(asked, result.case.terms)
    what = (asked.step, asked.round, asked.kind, asked.label, asked.role, asked.assignee,
            day(asked.opened_on) if asked.opened_on else None, day(start) if start else None)  # fmt: skip
    if due is None:
        return *what, None, None, "", None, None, "", asked.fatal, False
    at = due.due_time.isoformat("minutes") if due.due_time else ""
    return (*what, day(due.nominal), day(due.due), at, instant(due.late_from), day(due.safe), due.basis, asked.fatal,
            due.uncertain)  # fmt: skip
