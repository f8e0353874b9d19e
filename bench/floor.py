"""The floor: the workload in hand-written SQL, a statement per table and day, with nothing between program and store.

It knows one procedure, keeps no keys, no chain and no versions, and renders its mails in SQL: what a product can come
close to, and what the same machine gives at that moment.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from bench.expected import SUBJECTS, TAILS
from bench.floor_postgresql import Postgresql
from bench.floor_rows import Row, opened
from bench.floor_sqlite import Sqlite
from tijdig.bench import workload as w
from tijdig.bench.place import Place
from tijdig.bench.protocol import peak_bytes, say, sweeps, to_fill, workload

QUERIES = {
    "cases": "SELECT case_no, state FROM cases",
    "audit": "SELECT case_no, at, event, actor FROM audit",
    "outbox": "SELECT case_no, at, kind, recipient, subject, body FROM outbox",
}


class Sql(Protocol):
    """The three kinds of work in one dialect, and its transactions."""

    def open(self, rows: Sequence[Row]) -> None: ...

    def decide(self, rows: Sequence[Row], at: str) -> None: ...

    def sweep(self, at: str) -> None: ...

    def begin(self) -> None: ...

    def commit(self) -> None: ...

    def close(self) -> None: ...


class Floor:
    """A contender: with `each` every opening, decision and sweep is a transaction, else each day is one."""

    def __init__(self, sql: Sql, *, each: bool) -> None:
        self.sql, self.each, self.in_day = sql, each, False

    def open(self, day: int, cases: Sequence[int]) -> None:
        for rows in self._batches([opened(no, day) for no in cases]):
            with self._transaction():
                self.sql.open(rows)

    def decide(self, day: int, decisions: Sequence[w.Decision]) -> None:
        said = [(d.case_no, d.verdict, w.adviser(d.case_no), SUBJECTS[d.verdict], TAILS[d.verdict]) for d in decisions]
        for rows in self._batches(said):
            with self._transaction():
                self.sql.decide(rows, str(w.day_of(day)))

    def sweep(self, day: int) -> None:
        with self._transaction():
            self.sql.sweep(str(w.day_of(day)))
        if self.in_day:
            self.sql.commit()
            self.in_day = False

    def _batches(self, rows: list[Row]) -> Iterator[list[Row]]:
        if self.each:
            yield from ([row] for row in rows)
        elif rows:
            yield rows

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if not self.in_day:
            self.sql.begin()
            self.in_day = not self.each
        yield
        if self.each:
            self.sql.commit()


def main() -> None:
    """The child side of the protocol: `python -m bench.floor PHASE …`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("phase", choices=("workload", "sweep"))
    for option, default in (("--n", 1000), ("--spread", 28), ("--due", 1000)):
        parser.add_argument(option, type=int, default=default)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--pg")
    parser.add_argument("--commit", choices=("day", "request"), default="day")
    parser.add_argument("--sync", choices=("normal", "full"), default="normal")
    run(parser.parse_args())


def run(asked: argparse.Namespace) -> None:
    """Set up, and run a phase."""
    place = Place(asked.dir, asked.pg)
    sql = (Postgresql if asked.pg else Sqlite)(place, asked.sync)
    sql.make()
    empty = place.bytes() if asked.pg else 0
    floor = Floor(sql, each=asked.commit == "request")
    if asked.phase == "sweep":
        for day, cases in to_fill(asked.n, asked.due):
            sql.begin()
            sql.open([opened(no, day) for no in cases])
            sql.commit()
        place.tidy()
    known = {"store": place.told, "queries": QUERIES}
    say("start", **known)
    took = workload(floor, asked.n, asked.spread) if asked.phase == "workload" else sweeps(floor)
    peak = peak_bytes()
    sql.close()
    name = f"floor-{place.told['kind']}-{asked.commit}-{asked.sync}"
    say("result", contender=name, db_bytes=place.bytes() - empty, peak_bytes=peak, **known, **took)


if __name__ == "__main__":
    main()
