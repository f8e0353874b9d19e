"""An amended timetable moves every case that runs on it: one announcement, copied into each (design, Programmes).

Each case is caught up on the old dates first. What was sent stays; who was told an old date is told the new one. Where
the timetable has other rows than before, its cases go over to what is woven with these, in the same move.

The timetable and the amendment are written together; the cases follow in batches, each a transaction that also notes
how far it came. Broken off between two, the next sweep goes on from there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from models.case import Case as CaseRow
from models.operation import Amendment
from models.pins import Definition
from models.session import Store
from tijdig.engine.advance import Move, advance, move
from tijdig.engine.case import Record, Terms
from tijdig.engine.errors import Busy, Problem, Refused, TijdigError, Unavailable
from tijdig.engine.language import Procedure
from tijdig.engine.snapshot import canonical
from tijdig.service.cases import Doing
from tijdig.service.explain import problems_of
from tijdig.service.held import Held, held, read_all
from tijdig.service.incidents import cause_of, passed, raise_incident
from tijdig.service.openings import UNDONE
from tijdig.service.pins import BETWEEN, current, procedure_of
from tijdig.service.sweep import BATCH
from tijdig.service.weaving import facts_of, publish_woven, timetable
from tijdig.service.work import Work


@dataclass(frozen=True, slots=True)
class Amended:
    """What an amendment did, or would do: the running cases with the dates that moved, and whom it could not move.

    `closed` are cases that ended on the old dates: a person looks at these.
    """

    cases: tuple[tuple[str, tuple[Move, ...]], ...] = ()
    refused: tuple[tuple[str, Problem], ...] = ()
    closed: tuple[str, ...] = ()

    def __add__(self, more: Amended) -> Amended:
        return Amended(self.cases + more.cases, self.refused + more.refused, self.closed + more.closed)


NOTHING = Amended()


@dataclass(frozen=True, slots=True)
class Pending:
    """What cases are going to be told: the dates that changed, and for each definition to which one its cases go."""

    name: str
    facts: Mapping[str, Any]
    targets: Mapping[int, int]
    woven: Mapping[int, Procedure]
    """What the targets are: a preview must know them when nothing of it is stored any more."""
    record: Record
    until_case: int
    closed: tuple[str, ...]

    def target(self, one: Held) -> int:
        """The definition that a case goes to."""
        return self.targets.get(one.pins.definition, one.pins.definition)

    def concerns(self, one: Held) -> bool:
        return one.is_open and (bool(self.facts) or self.target(one) != one.pins.definition)


def dates_of(session: Session, name: str) -> dict[str, Any]:
    """What a case that opened now would know of this timetable; nothing when there is none yet."""
    return facts_of(timetable(session, name, needed=False))


def amend(session: Session, name: str, before: Mapping[str, Any], doing: Doing) -> Pending | None:
    """Note what differs between `before` and the timetable as it is now stored; nothing when nobody runs on it.

    From here on cases open on the new dates; `spread` brings them to those that run.
    """
    definitions = _woven(session, name)
    for procedure in sorted({procedure_of(definition).id for definition in definitions}):
        current(session, procedure, alone=True)  # who opens a case meanwhile waits, and then opens on the new dates
    rows = timetable(session, name, needed=False)
    changed = {row: value for row, value in facts_of(rows).items() if before.get(row) != value}
    targets, woven = dict[int, int](), dict[int, Procedure]()
    for definition in definitions:
        newest = publish_woven(session, _plain(session, definition), name, rows, at=doing.at)
        targets[definition.id or 0] = newest
        woven[newest] = procedure_of(session.get_one(Definition, newest))
    if not changed and all(old == new for old, new in targets.items()):
        return None
    until = session.exec(select(func.max(CaseRow.id)).where(CaseRow.state == "open")).one()
    row = Amendment(
        name=name, at=doing.at, by=doing.by, reason=doing.reason, facts=canonical(changed),
        targets=canonical({str(old): new for old, new in targets.items()}), until_case=until or 0,
    )  # fmt: skip
    session.add(row)
    session.flush()
    closed = tuple(_closed(session, definitions)) if changed else ()
    return Pending(name, changed, targets, woven, _record(row, doing.at), until or 0, closed)


def spread(store: Store, *, now: datetime, closed: tuple[str, ...] = ()) -> Amended:
    """Bring every amendment that is on its way to all its cases: what a sweep begins with, and an import ends with."""
    return sum(batches(store, now=now), Amended(closed=closed))


def batches(store: Store, *, now: datetime, size: int = BATCH) -> Iterator[Amended]:
    """The same, batch by batch: each has been written when it is given. Those of an earlier amendment come first."""
    while number := _first(store):
        yield _batch(store, number, now, size)


def preview(store: Store, pending: Pending, *, size: int = BATCH) -> Amended:
    """What an amendment would do, by the same core (design, law 2). It writes nothing, and holds nobody up."""
    shown, last = _Preview(pending), 0
    while True:
        with store.read() as session:
            which = f"{_RUNNING} order by id limit {size}"
            cases = held(session, which, last, pending.until_case, _ids(session, pending.name))
            shown.add(cases)
        if len(cases) < size:
            return Amended(tuple(shown.cases), tuple(shown.refused), pending.closed)
        last = cases[-1].id


_RUNNING = "state = 'open' and id > ? and id <= ? and definition_id in (?*)"


# --- one batch


def _first(store: Store) -> int:
    with store.read() as session:
        waiting = select(Amendment.id).where(col(Amendment.ended_at).is_(None)).order_by(col(Amendment.id)).limit(1)
        return session.exec(waiting).first() or 0


def _batch(store: Store, number: int, now: datetime, size: int) -> Amended:
    """One transaction over the next cases; when it fails, each of them in its own."""
    try:
        return _together(store, number, now, size)
    except (Busy, Unavailable):  # no case is to blame; the next sweep goes on
        raise
    except Exception as error:
        if size > 1:
            parts = (_batch(store, number, now, 1) for _ in range(size))
            return sum(parts, NOTHING)
        return _apart(store, number, now, error)


def _together(store: Store, number: int, now: datetime, size: int) -> Amended:
    with store.write() as session:
        row = session.get_one(Amendment, number, with_for_update=True)
        if row.ended_at:
            return NOTHING
        pending, work = _read(session, row, now), Work(session)
        batch = _next(work, pending, row, size)
        cases = [one for one in batch if pending.concerns(one)]
        read_all(session, {one.course: one for one in cases}.values())  # of those that stand alike only one is read
        telling = _Telling(work, pending)
        for one in cases:
            telling.tell(one)
        work.flush()
        passed(session, [_key(code) for code, _ in telling.moved], by="amend", now=now)
        _note(row, batch, size, now)
        return Amended(tuple(telling.moved), tuple(telling.refused))


def _next(work: Work, pending: Pending, row: Amendment, size: int) -> list[Held]:
    which = f"{_RUNNING} order by id limit {size}"
    return work.claim(which, row.last_case, pending.until_case, _ids(work.session, pending.name))


def _note(row: Amendment, batch: Sequence[Held], size: int, now: datetime) -> None:
    row.last_case = max((one.id for one in batch), default=row.last_case)
    row.ended_at = now if len(batch) < size else None


def _apart(store: Store, number: int, now: datetime, error: Exception) -> Amended:
    """A case that cannot be told stays on its dates, and somebody looks at it; the others go on (design, law 5)."""
    with store.write() as session:
        row = session.get_one(Amendment, number, with_for_update=True)
        pending, work = _read(session, row, now), Work(session)
        batch = _next(work, pending, row, 1)
        refused = [(one.code, problem) for one in batch for problem in _refusal(session, one, error, now)]
        _note(row, batch, 1, now)
        return Amended(refused=tuple(refused))


@dataclass(frozen=True, slots=True)
class _Telling:
    """The cases of one batch, as they are told."""

    work: Work
    pending: Pending
    moved: list[tuple[str, tuple[Move, ...]]] = field(default_factory=list)
    refused: list[tuple[str, Problem]] = field(default_factory=list)

    def tell(self, one: Held) -> None:
        """By an announcement, or where the rows are others by a move that brings them."""
        target, record = self.pending.target(one), _for(self.pending, one)
        try:
            if record.act == "move":
                taken = self.work.move(one, one.pins._replace(definition=target), record)
            else:
                taken = self.work.apply(one, record)
        except TijdigError as error:  # nothing was changed then
            found = _refusal(self.work.session, one, error, self.pending.record.at)
            self.refused.extend((one.code, problem) for problem in found)
        else:
            self.moved.append((one.code, taken.moves))


def _for(pending: Pending, one: Held) -> Record:
    """The record that tells a case."""
    said = pending.record
    told = Record(max(said.at, one.changed_at), "announce", said.by, pending.facts, reason=said.reason)
    return replace(told, act="move") if pending.target(one) != one.pins.definition else told


def _refusal(session: Session, one: Held, error: Exception, now: datetime) -> list[Problem]:
    """What keeps a case on the old dates, as an incident."""
    raise_incident(
        session, "amend", _key(one.code), cause=f"{one.code}: {cause_of(error)}", now=now,
        mend=f"Mend what it names, then correct its dates: tijdig correct {one.code} …", case_id=one.id,
    )  # fmt: skip
    return _problems(error)


def _problems(error: Exception) -> list[Problem]:
    if isinstance(error, Refused):
        return list(problems_of(error))
    return [Problem("case", getattr(error, "code", "FAILED"), cause_of(error), "")]


def _key(code: str) -> str:
    return f"amend/{code}"


# --- a preview


@dataclass(frozen=True, slots=True)
class _Preview:
    """What cases would be told; those that stand alike are worked out once."""

    pending: Pending
    cases: list[tuple[str, tuple[Move, ...]]] = field(default_factory=list)
    refused: list[tuple[str, Problem]] = field(default_factory=list)
    _known: dict[tuple[Any, bytes], tuple[Move, ...] | list[Problem]] = field(default_factory=dict)

    def add(self, cases: Iterable[Held]) -> None:
        cases = [one for one in cases if self.pending.concerns(one)]
        new = {(one.pins, one.course): one for one in cases if (one.pins, one.course) not in self._known}
        if new:
            read_all(next(iter(new.values())).session, new.values())
        self._known.update((key, self._moves(one)) for key, one in new.items())
        for one in cases:
            found = self._known[one.pins, one.course]
            if isinstance(found, tuple):
                self.cases.append((one.code, found))
            else:
                self.refused.extend((one.code, problem) for problem in found)

    def _moves(self, one: Held) -> tuple[Move, ...] | list[Problem]:
        record, terms = _for(self.pending, one), one.terms
        try:
            if record.act == "announce":
                return advance(one.case, record.at, record).moves
            woven = self.pending.woven[self.pending.target(one)]
            return move(one.case, Terms(woven, terms.settings, terms.calendar), record).moves
        except TijdigError as error:
            return _problems(error)


# --- what is stored


def _read(session: Session, row: Amendment, now: datetime) -> Pending:
    targets = {int(old): new for old, new in json.loads(row.targets).items()}
    return Pending(row.name, json.loads(row.facts), targets, {}, _record(row, now), row.until_case, ())


def _record(row: Amendment, now: datetime) -> Record:
    return Record(max(now, row.at), "announce", row.by, reason=row.reason)


def _woven(session: Session, name: str) -> Sequence[Definition]:
    """All that is woven with this timetable, as it was at any time."""
    woven = col(Definition.procedure).endswith(f"{BETWEEN}{name}", autoescape=True)
    return session.exec(select(Definition).where(woven).order_by(col(Definition.id))).all()


def _ids(session: Session, name: str) -> list[int]:
    return [definition.id or 0 for definition in _woven(session, name)] or [0]


def _plain(session: Session, woven: Definition) -> Procedure:
    """The revision of which this one was woven: an amended date moves no case to another revision."""
    procedure = procedure_of(woven)
    plain = (Definition.procedure == procedure.id, Definition.revision == procedure.revision)
    return procedure_of(session.exec(select(Definition).where(*plain)).one())


def _closed(session: Session, woven: Iterable[Definition]) -> Iterator[str]:
    ids = [definition.id for definition in woven]
    ended = col(CaseRow.state).not_in(("open", *UNDONE))
    which = select(CaseRow.code).where(col(CaseRow.definition_id).in_(ids), ended)
    yield from session.exec(which.order_by(col(CaseRow.code)))
