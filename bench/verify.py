"""Reads what a contender left, after it has ended, and compares every row with what must be there."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from typing import Any

import psycopg

from bench.expected import Row, Rows, of_sweeps, of_workload
from tijdig.bench import workload as w

Store = Mapping[str, str]
Queries = Mapping[str, str]


def workload(store: Store, queries: Queries, cases: int, spread: int) -> list[str]:
    """What is wrong after the workload; empty when every row is equal."""
    want = of_workload(cases, spread)
    return [fault for name in queries for fault in _differ(name, _read(store, queries[name]), _wanted(want, name))]


def sweeps(store: Store, queries: Queries, cases: int, due: int) -> list[str]:
    """What is wrong after the sweep phase: all counts, and every row of the cases that fell due."""
    want, fell_due = of_sweeps(due), due * len(w.DUE_DAYS)
    faults = []
    for name, query in queries.items():
        count = _read(store, f"SELECT count(*) FROM ({query}) AS every")[0][0]
        right = cases if name == "cases" else cases + fell_due
        faults += [] if count == right else [f"{name}: {count} rows, {right} expected"]
        some = _read(store, f"SELECT * FROM ({query}) AS every WHERE case_no < {fell_due}")
        faults += _differ(name, some, _wanted(want, name))
    return faults


def _wanted(rows: Rows, name: str) -> frozenset[Row]:
    wanted: frozenset[Row] = getattr(rows, name)
    return wanted


def _read(store: Store, sql: str) -> list[Row]:
    if store["kind"] == "sqlite":
        with closing(sqlite3.connect(f"file:{store['path']}?mode=ro", uri=True)) as connection:
            return [_plain(row) for row in connection.execute(sql)]
    with psycopg.connect(store["dsn"]) as connection:
        return [_plain(row) for row in connection.execute(sql.encode())]


def _plain(row: Sequence[Any]) -> Row:
    """Days as numbers; they stand second in longer rows, as integers, dates or ISO text."""
    if len(row) < 4 or isinstance(row[1], int):
        return tuple(row)
    return row[0], (date.fromisoformat(str(row[1])[:10]) - w.EPOCH).days, *row[2:]


def _differ(name: str, got: Sequence[Row], want: frozenset[Row]) -> list[str]:
    rows = frozenset(got)
    missing, extra = want - rows, rows - want
    faults = [f"{name}: {len(got) - len(rows)} rows stand twice"] if len(rows) != len(got) else []
    faults += [f"{name}: {len(missing)} missing, e.g. {min(missing)}"] if missing else []
    return faults + ([f"{name}: {len(extra)} unexpected, e.g. {min(extra, key=str)}"] if extra else [])
