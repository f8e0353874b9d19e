"""Moving running cases to newer versions of definition, settings and calendar (design, law 4): in bulk, previewed.

A batch is one transaction, and what was moved is not moved again: a move that was broken off is just done anew. What
does not fit is refused case by case; a case that fails is an incident and stops no other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, func, select

from models.case import Case as CaseRow
from models.operation import Event
from models.session import Store
from tijdig.engine.advance import Move
from tijdig.engine.case import Record
from tijdig.engine.errors import Problem, Refused, Unfit
from tijdig.engine.snapshot import canonical
from tijdig.service.cases import Doing
from tijdig.service.explain import problems_of
from tijdig.service.held import Held, find, read_all
from tijdig.service.incidents import cause_of, passed, raise_incident
from tijdig.service.pins import CALENDAR_SETTINGS, Pins, definitions, newest_pins, procedure_of, successors
from tijdig.service.sweep import BATCH, Progress
from tijdig.service.work import Work

To = Literal["definition", "settings", "calendar"]


@dataclass(slots=True)
class Moved:
    """What a move did, or with `plan` would do: the cases with the dates that moved, what was refused, incidents."""

    cases: list[tuple[str, tuple[Move, ...]]] = field(default_factory=list)
    refused: list[tuple[str, Problem]] = field(default_factory=list)
    incidents: list[dict[str, Any]] = field(default_factory=list)

    def add(self, more: Moved) -> None:
        self.cases += more.cases
        self.refused += more.refused
        self.incidents += more.incidents


@dataclass(frozen=True, slots=True)
class _Bulk:
    """What was asked: which cases (empty: all that run), to which versions, by whom.

    `newest` says for each definition on what a case of it would open now.
    """

    store: Store
    ids: Collection[int]
    newest: Mapping[int, Pins]
    to: To | None
    record: Record
    plan: bool
    moved: Moved

    def target(self, one: Held) -> Pins:
        """The versions that a case goes to."""
        newest = self.newest[one.pins.definition]
        return newest if self.to is None else one.pins._replace(**{self.to: getattr(newest, self.to)})

    def behind(self) -> ColumnElement[bool]:
        """Running cases that are not on these versions, of those that were asked for."""
        pins = {"definition": CaseRow.definition_id, "settings": CaseRow.settings_id, "calendar": CaseRow.calendar_id}
        behind = or_(*(
            and_(col(CaseRow.definition_id) == definition, or_(*(
                col(column) != getattr(newest, name) for name, column in pins.items() if self.to in (None, name)
            )))
            for definition, newest in self.newest.items()
        ))  # fmt: skip
        chosen = col(CaseRow.id).in_(self.ids) if self.ids else col(CaseRow.id) > 0
        return and_(col(CaseRow.state) == "open", chosen, behind)


def begin_move(session: Session, names: Sequence[str], to: To | None, doing: Doing) -> list[Held]:
    """Note in the log of the house who moves what and why; gives the cases that were named.

    Raises Refused for a name that no case has.
    """
    named = [find(session, name) for name in names]
    said = {"to": to, "cases": [one.code for one in named], "reason": doing.reason}
    session.add(Event(at=doing.at, kind="move", actor=doing.by, detail=canonical(said)))
    return named


def move(
    store: Store, named: Sequence[Held], to: To | None, doing: Doing, *, plan: bool = False,
    progress: Progress | None = None,
) -> Moved:  # fmt: skip
    """Move these cases, or without any all that run, to the newest versions; with `to` of only one kind.

    With `plan` it tells what would happen and nothing of it stays.
    """
    record = Record(doing.at, "move", doing.by, behalf=doing.behalf, reason=doing.reason, via=doing.via)
    moved = Moved()
    for one in named:
        if not one.is_open:
            mend = "Only running cases move; reopen it first."
            moved.refused.append((one.code, Problem("case", "CLOSED", f"It is closed ({one.state})", mend)))
    with store.read() as session:
        bulk = _Bulk(store, {one.id for one in named}, successors(session), to, record, plan, moved)
        total = session.exec(select(func.count()).select_from(CaseRow).where(bulk.behind())).one()
    done, last = 0, 0
    while ids := _behind(bulk, last):
        _move_all(bulk, ids)
        done, last = done + len(ids), ids[-1]
        if progress:
            progress(done, max(total, done))
    return moved


def _behind(bulk: _Bulk, last: int) -> Sequence[int]:
    with bulk.store.read() as session:
        return session.exec(
            select(CaseRow.id).where(bulk.behind(), col(CaseRow.id) > last).order_by(col(CaseRow.id)).limit(BATCH)
        ).all()  # type: ignore[return-value]


def _move_all(bulk: _Bulk, ids: Sequence[int]) -> None:
    """Move cases in one transaction; if that fails, each in its own."""
    try:
        found = _together(bulk, ids)
    except Exception as error:
        if len(ids) > 1:
            for case_id in ids:
                _move_all(bulk, [case_id])
            return
        found = _apart(bulk, ids[0], error)
    bulk.moved.add(found)


class _Planned(Exception):  # noqa: N818 - no error: it rolls a preview back
    pass


def _together(bulk: _Bulk, ids: Sequence[int]) -> Moved:
    found = Moved()
    with suppress(_Planned), bulk.store.write() as session:
        work = Work(session)
        claimed = work.claim("id in (?*) order by id", list(ids))  # somebody may have ended or moved one meanwhile
        cases = [one for one in claimed if one.is_open and bulk.target(one) != one.pins]
        read_all(session, cases)
        for one in cases:
            try:
                found.cases.append((one.code, work.move(one, bulk.target(one), bulk.record).moves))
            except Unfit as refusal:  # nothing was changed then
                found.refused += [(one.code, problem) for problem in refusal.problems]
        work.flush()
        if bulk.plan:
            raise _Planned
        passed(session, [_key(code) for code, _ in found.cases], by="move", now=bulk.record.at)
    return found


def _apart(bulk: _Bulk, case_id: int, error: Exception) -> Moved:
    """It stays where it is: the rules say no, or something is wrong with it. A preview only says so."""
    with bulk.store.read() as session:
        code = session.exec(select(CaseRow.code).where(CaseRow.id == case_id)).one()
    if isinstance(error, Refused):
        return Moved(refused=[(code, problem) for problem in problems_of(error)])
    cause, mend = f"{code}: {cause_of(error)}", f"Mend what it names, then: tijdig move {code} --by U --reason TEXT."
    said: dict[str, Any] = {"incident": None, "case": code, "cause": cause, "mend": mend}
    if not bulk.plan:
        with bulk.store.write() as session:
            now = bulk.record.at
            said["incident"] = raise_incident(
                session, "move", _key(code), cause=cause, mend=mend, now=now, case_id=case_id
            ).id
    return Moved(incidents=[said])


def _key(code: str) -> str:
    return f"move/{code}"


def staying(session: Session, setting: str) -> int:
    """How many running cases use a setting and keep the version of it that they have."""
    using = [d.procedure for d in definitions(session)
             if setting in CALENDAR_SETTINGS or setting in {s.id for s in procedure_of(d).settings}]  # fmt: skip
    column = CaseRow.calendar_id if setting in CALENDAR_SETTINGS else CaseRow.settings_id
    newest = newest_pins(session)
    number = {pins.calendar if setting in CALENDAR_SETTINGS else pins.settings for pins in newest.values()}
    behind = (CaseRow.state == "open", col(CaseRow.procedure).in_(using), col(column).not_in(number))
    return session.exec(select(func.count()).select_from(CaseRow).where(*behind)).one()
