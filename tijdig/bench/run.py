"""One run of the benchmark, as the child of a runner that times it and reads its store afterwards.

It sets up, works through the virtual days, and says on standard output, as JSON lines, when it starts (`start`), when
a day is done (`day`) and what came of it (`result`).
"""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

from sqlalchemy import URL

from models.session import Store
from tijdig.bench import workload as w
from tijdig.bench.days import Days
from tijdig.bench.house import found, take_in
from tijdig.bench.queries import queries

Phase = Literal["workload", "sweep"]

_AT_ONCE = 5_000
"""So many cases are opened in one transaction where nothing is timed."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the runner asks. `commit`: one transaction for a day's openings and one for its decisions, or for each."""

    cases: int
    spread: int
    folder: Path
    dsn: str | None
    commit: Literal["day", "request"]
    sync: Literal["full", "normal"] | None

    @property
    def path(self) -> Path:
        return self.folder.absolute() / "tijdig.db"

    @property
    def url(self) -> str:
        """The database: a file in the folder, or the one that the libpq connection string names."""
        if self.dsn is None:
            return f"sqlite:///{self.path}"
        from psycopg.conninfo import conninfo_to_dict

        query = {key: str(value) for key, value in conninfo_to_dict(self.dsn).items()}
        return URL.create("postgresql+psycopg", query=query).render_as_string(hide_password=False)


def run(phase: Phase, options: Options) -> None:
    """Set up, and run a phase."""
    found(options.url)
    empty = _bytes(options)
    store = Store.at(options.url, sync=options.sync)
    take_in(store, options.cases)
    if phase == "sweep":
        store.close()  # no connection may live on in both processes
        _apart(_fill, options)
    place = {"kind": "postgres", "dsn": options.dsn} if options.dsn else {"kind": "sqlite", "path": str(options.path)}
    known = {"store": place, "queries": queries(postgresql=bool(options.dsn))}
    _say("start", **known)
    took = (_workload if phase == "workload" else _sweeps)(Days(store, each=options.commit == "request"), options)
    store.close()
    size = _bytes(options) - (empty if options.dsn else 0)
    name = f"tijdig-{place['kind']}-{options.commit}-{options.sync or 'own'}"
    _say("result", contender=name, phase=phase, n=options.cases, db_bytes=size, **known, **took)


# --- the two phases


def _workload(days: Days, options: Options) -> dict[str, Any]:
    plan = w.plan(options.cases, options.spread)
    seconds = {"open": 0.0, "decide": 0.0, "sweep": 0.0}
    for day in range(plan.last_day + 1):
        seconds["open"] += _timed(days.open, day, plan.opens.get(day, ()))
        seconds["decide"] += _timed(days.decide, day, plan.decisions.get(day, ()))
        seconds["sweep"] += _timed(days.sweep, day)
        _say("day", day=day)
    return {"seconds": seconds}


def _sweeps(days: Days, options: Options) -> dict[str, Any]:
    took: dict[str, list[float]] = {"idle": [], "due": []}
    for what, numbers in (("idle", w.SWEEP_IDLE_DAYS), ("due", w.SWEEP_DUE_DAYS)):
        for day in numbers:
            took[what].append(_timed(days.sweep, day))
            _say("day", day=day)
    return took


def _fill(options: Options) -> None:
    """Open the cases of the sweep phase."""
    store = Store.at(options.url, sync="normal")
    days = Days(store, each=options.commit == "request")
    for day, same in groupby(sorted(range(options.cases), key=w.sweep_opened_day), key=w.sweep_opened_day):
        numbers = list(same)
        for first in range(0, len(numbers), _AT_ONCE):
            days.open_together(day, numbers[first : first + _AT_ONCE])
    store.close()
    _tidy(options)


def _apart(deed: Callable[[Options], None], options: Options) -> None:
    """Do it in a process of its own, so that its memory does not count as that of what follows."""
    process = multiprocessing.get_context("fork").Process(target=deed, args=(options,))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{deed.__name__} failed: see what it said on standard error.")


def _timed(deed: Callable[..., None], *given: object) -> float:
    began = perf_counter()
    deed(*given)
    return perf_counter() - began


def _say(event: str, **said: Any) -> None:
    sys.stdout.write(json.dumps({"ev": event, **said}) + "\n")
    sys.stdout.flush()


# --- the database as a file or on a server


def _bytes(options: Options) -> int:
    """What it takes on disk, the write-ahead log folded in."""
    if options.dsn:
        import psycopg

        with psycopg.connect(options.dsn) as connection:
            found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
            return int(found[0]) if found else 0
    with closing(sqlite3.connect(options.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return options.path.stat().st_size


def _tidy(options: Options) -> None:
    """As a server is after a night: statistics are there and the log is folded in."""
    if options.dsn:
        import psycopg

        with psycopg.connect(options.dsn, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
    else:
        _bytes(options)
