"""What the floor keeps, as rows, and the body of its mails in SQL."""

from __future__ import annotations

from typing import Any

from bench.expected import HEAD, SUBJECTS, TAILS, TIMERS
from tijdig.bench import workload as w

Row = tuple[Any, ...]

BODY = "'{}' || c.provider || '{}' || c.opened || '{}' || c.deadline || '{}'".format(*HEAD)


def opened(case_no: int, day: int) -> Row:
    """A new case: number, provider, address, owner, opened, deadline, and the day of its first timer."""
    first, last = w.day_of(day + TIMERS[0].days), w.day_of(day + w.DEADLINE_DAYS)
    return case_no, w.name(case_no), w.address(case_no), w.adviser(case_no), str(w.day_of(day)), str(last), str(first)


def steps() -> list[Row]:
    """The timers as rows: number, days, event, state, director, subject, tail, days of the next one."""
    following = [*(timer.days for timer in TIMERS[1:]), None]
    return [
        (no, t.days, t.event, t.state, w.DIRECTOR_ADDRESS if t.event == "escalated" else None, SUBJECTS[t.event],
         TAILS[t.event], after) for no, (t, after) in enumerate(zip(TIMERS, following, strict=True))
    ]  # fmt: skip
