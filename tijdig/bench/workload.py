"""The workload orange-12w: what comes in from outside, by virtual day, exact to the row.

A file that is opened on a day must be judged within 84 days. On each virtual day, in this order: files are opened,
people record their decisions, then whatever is due happens. Nothing here touches a database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

EPOCH = date(2026, 1, 5)
"""Virtual day 0."""

DEADLINE_DAYS = 84
BLOCK = 20
"""So many cases hold the full mix of outcomes: 12 green in week 6, 5 green in week 10, 2 red in week 12, 1 none."""

ADVISERS = 8
DIRECTOR_ADDRESS = "directeur@cooperatie.example"

IDLE_DAYS = range(23, 28)
DUE_DAYS = range(28, 31)
"""Sweep phase: the days that are swept; nothing is due on the idle ones."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict that an adviser records."""

    case_no: int
    verdict: str


def day_of(number: int) -> date:
    """The date of a virtual day."""
    return EPOCH + timedelta(days=number)


def member(case_no: int) -> str:
    """The reference of the member that a case is about."""
    return f"lid-{case_no:07d}"


def name(case_no: int) -> str:
    """What that member is called."""
    return f"Zorgaanbieder {case_no:07d}"


def address(case_no: int) -> str:
    """Where that member is reached."""
    return f"bestuur{case_no:07d}@zorg.example"


def adviser(case_no: int) -> str:
    """Who opens and decides a case."""
    return f"adviseur{case_no % ADVISERS}"


def decision(case_no: int) -> tuple[int, str] | None:
    """How many days after its opening a case is decided, and how; None: nobody decides it."""
    place = case_no % BLOCK
    if place < 12:
        return 42, "green"
    if place < 17:
        return 70, "green"
    return (84, "red") if place < 19 else None


def opened_day(case_no: int, spread: int) -> int:
    """Blocks of cases are dealt over the first `spread` days."""
    return case_no // BLOCK % spread


def sweep_opened_day(case_no: int, due: int) -> int:
    """Sweep phase: `due` cases fall due on each of the due days, the others on day 48."""
    opened = case_no // due
    return opened if opened < len(DUE_DAYS) else 20


@dataclass(frozen=True, slots=True)
class Plan:
    """Openings (case numbers) and decisions by virtual day."""

    opens: Mapping[int, Sequence[int]]
    decisions: Mapping[int, Sequence[Decision]]
    last_day: int


def plan(cases: int, spread: int) -> Plan:
    """The workload of so many cases; a multiple of BLOCK."""
    opens: dict[int, list[int]] = defaultdict(list)
    decisions: dict[int, list[Decision]] = defaultdict(list)
    for no in range(cases):
        day = opened_day(no, spread)
        opens[day].append(no)
        if decided := decision(no):
            after, verdict = decided
            decisions[day + after].append(Decision(no, verdict))
    return Plan(opens, decisions, spread - 1 + DEADLINE_DAYS)
