"""The child side of the benchmark's protocol: what every contender goes through, and what it says meanwhile.

JSON lines on standard output: `start` when it is ready for the first case, `day` when all of a day is committed, and
`result` in the end. Whoever started it does the timing and reads its store afterwards.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, Protocol

from tijdig.bench import workload as w

Phase = Literal["workload", "sweep"]

_AT_ONCE = 5_000
"""So many cases are opened in one transaction where nothing is timed."""


class Contender(Protocol):
    """Opens, decides and sweeps on a virtual day; all of it is committed when `sweep` is done."""

    def open(self, day: int, cases: Sequence[int]) -> None: ...

    def decide(self, day: int, decisions: Sequence[w.Decision]) -> None: ...

    def sweep(self, day: int) -> None: ...


def workload(contender: Contender, cases: int, spread: int) -> Mapping[str, Any]:
    """Work through all virtual days; gives the seconds that each kind of work took."""
    plan = w.plan(cases, spread)
    seconds = {"open": 0.0, "decide": 0.0, "sweep": 0.0}
    for day in range(plan.last_day + 1):
        seconds["open"] += _timed(contender.open, day, plan.opens.get(day, ()))
        seconds["decide"] += _timed(contender.decide, day, plan.decisions.get(day, ()))
        seconds["sweep"] += _timed(contender.sweep, day)
        say("day", day=day)
    return {"seconds": seconds}


def sweeps(contender: Contender, in_database: Callable[[], float] = lambda: 0.0) -> Mapping[str, Any]:
    """Sweep where nothing is due, and where something is; gives the seconds of each sweep, and those in the database.

    `in_database` tells how many seconds statements have taken so far.
    """
    took: dict[str, list[float]] = {"idle": [], "due": [], "idle_in_database": [], "due_in_database": []}
    for what, days in (("idle", w.IDLE_DAYS), ("due", w.DUE_DAYS)):
        for day in days:
            before = in_database()
            took[what].append(_timed(contender.sweep, day))
            took[f"{what}_in_database"].append(in_database() - before)
            say("day", day=day)
    return took


def to_fill(cases: int, due: int) -> Iterator[tuple[int, Sequence[int]]]:
    """The openings that precede the sweep phase: days, and cases in handfuls."""
    by_day = groupby(range(cases), key=lambda no: w.sweep_opened_day(no, due))
    for day, same in by_day:
        numbers = list(same)
        for first in range(0, len(numbers), _AT_ONCE):
            yield day, numbers[first : first + _AT_ONCE]


def say(event: str, **said: Any) -> None:
    """A line of the protocol."""
    sys.stdout.write(json.dumps({"ev": event, **said}) + "\n")
    sys.stdout.flush()


def peak_bytes() -> int:
    """The most memory that this process ever had in hand (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _timed(deed: Callable[..., None], *given: object) -> float:
    began = perf_counter()
    deed(*given)
    return perf_counter() - began
