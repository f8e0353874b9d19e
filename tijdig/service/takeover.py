"""Taking over a running administration: people, members, roles and running files, all of it in one go or nothing.

Each table goes through the use case that takes it in by itself. A row that is wrong is told and left out while the
tables after it are looked at, so that every row of every table is looked at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from models.operation import Event
from tijdig.engine.snapshot import canonical
from tijdig.service.batch import START, Batched, start_batch
from tijdig.service.exports import COLUMNS
from tijdig.service.imports import OPTIONAL, import_table
from tijdig.service.tables import RowProblem, mended, read_table, with_columns
from tijdig.service.work import Done

CASES = "cases"
KINDS = ("people", "members", "assignments", CASES)
"""In this order: later tables name what earlier ones bring."""

HEADER = 1
"""The row with the names of the columns."""

VIA = "takeover"
"""How the running files came in, as their logs have it."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken in: its cells in order, and what is wrong with each; `whole` is about all of it."""

    number: int
    columns: tuple[str, ...]
    cells: tuple[str, ...]
    problems: Mapping[str, str]
    whole: str

    @property
    def wrong(self) -> tuple[int, ...]:
        """The places that are to be mended: those that something is wrong with, or all of them."""
        found = tuple(place for place, column in enumerate(self.columns) if column in self.problems)
        return found if found and not self.whole else tuple(range(len(self.columns)))


@dataclass(frozen=True, slots=True)
class Part:
    """What came of one table: how many rows it has, were new and changed; or what is wrong with it and its rows."""

    kind: str
    rows: int
    added: int
    changed: int
    faults: tuple[str, ...]
    bad: tuple[BadRow, ...]
    waiting: int = 0
    """How many rows are wrong only because a row of an earlier table is, which they name."""

    @property
    def is_sound(self) -> bool:
        return not (self.faults or self.bad or self.waiting)


@dataclass(frozen=True, slots=True)
class TakenOver:
    """What taking over did, or would do: each table, the cases that open, and all that happens by it."""

    parts: tuple[Part, ...]
    cases: tuple[str, ...]
    effects: tuple[Done, ...]

    @property
    def is_sound(self) -> bool:
        return all(part.is_sound for part in self.parts)


def take_over(
    session: Session, tables: Mapping[str, bytes], *, by: str, reason: str, now: datetime, wall: datetime,
    url: str = "",
) -> TakenOver:  # fmt: skip
    """Take these tables in, in this transaction: roll it back when the result is not sound, or only to be looked at.

    A running file names who opens it in `by`, who must hold the role for it; without that column it is the
    administrator. With `url`, the base of links, mails that need not wait are composed at once.
    """
    opened, parts = Batched(), list[Part]()
    for kind in KINDS:
        if kind == CASES and kind in tables:
            data = with_columns(tables[kind], {"by": by, "at": ""})
            opened = start_batch(session, data, wall=wall, url=url, via=VIA)
            parts.append(_part(kind, data, len(opened.cases), 0, opened.problems))
        elif kind in tables:
            parts.append(_import(session, kind, tables[kind], by, now))
    counts = {part.kind: part.rows for part in parts}
    parts = list(_apart(parts))
    session.add(Event(at=now, kind="takeover", actor=by, detail=canonical({"rows": counts, "reason": reason})))
    return TakenOver(tuple(parts), opened.cases, opened.effects)


def columns_of(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns that a table of this kind must have, and those that it may have."""
    if kind == CASES:
        return tuple(name for name in START if name not in ("by", "at")), ("by", "at", "step")
    also = OPTIONAL[kind]
    return tuple(name for name in COLUMNS[kind] if name not in also), also


def _import(session: Session, kind: str, data: bytes, by: str, now: datetime) -> Part:
    """Take a table in; when rows of it are wrong, the others, so that the next tables find what these bring."""
    done = import_table(session, kind, data, by=by, now=now)
    bad = {problem.row for problem in done.problems}
    if bad and HEADER not in bad:
        import_table(session, kind, mended(data, {}, bad), by=by, now=now)
    return _part(kind, data, done.added, done.changed, done.problems)


def _apart(parts: Sequence[Part]) -> Iterator[Part]:
    """The same, without the rows that name a bad row of an earlier table: they are right once that one is."""
    named = set[str]()
    for part in parts:
        waits = [row for row in part.bad if any(ref in named for cell in row.cells for ref in (cell, _value(cell)))]
        own = tuple(row for row in part.bad if row not in waits)
        named |= {row.cells[0] for row in own if row.cells and row.cells[0]}
        yield replace(part, bad=own, waiting=len(waits))


def _value(scope: str) -> str:
    """What a scope is about: `lid-014` of `subject:lid-014`."""
    return scope.partition(":")[2]


def _part(kind: str, data: bytes, added: int, changed: int, problems: Sequence[RowProblem]) -> Part:
    table = read_table(data, needed=(), also=None)
    by_row: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for problem in problems:
        by_row[problem.row][problem.column].append(problem.problem)
    rows = {row.number: row for row in table.rows}
    bad = []
    for number in sorted(rows.keys() & by_row.keys()):
        said = {column: " ".join(each) for column, each in by_row[number].items()}
        cells = tuple(rows[number].cells.get(column, "") for column in table.columns)
        whole = " ".join(text for column, text in said.items() if column not in table.columns)
        bad.append(BadRow(number, table.columns, cells, said, whole))
    faults = tuple(problem.problem for problem in problems if problem.row not in rows)
    return Part(kind, len(table.rows), added, changed, faults, tuple(bad))
