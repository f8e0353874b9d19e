"""Programmes: which periods have come for which a case must be opened.

A programme counts from its first day, never from when somebody did something: a recurrence does not hang on a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tijdig.engine.case import Terms, shift
from tijdig.engine.language import Programme


@dataclass(frozen=True, slots=True)
class Period:
    """A period, from `since` up to and including `until`; its cases open on `day`, the day after."""

    day: date
    since: date
    until: date

    @property
    def facts(self) -> dict[str, Any]:
        """What every case of the period knows."""
        return {"period_from": self.since.isoformat(), "period_until": self.until.isoformat()}


def periods(programme: Programme, terms: Terms, *, after: date, until: date) -> Iterator[Period]:
    """The periods that end after one day and up to and including another, in order: each missed one too.

    The k-th day is first + k times every, never the previous one plus one step (deadlines.md, 3.3).
    """
    k, since = 1, programme.first
    last = min(until, programme.until or until)
    while (day := shift(terms, programme.first, programme.every, back=False, times=k)) <= last:
        if day > after:
            yield Period(day, since, day - timedelta(days=1))
        k, since = k + 1, day


def facts_of(programme: Programme, terms: Terms, period: Period) -> dict[str, Any]:
    """The facts of a case of this period: its bounds, and the days that the programme counts from its opening day."""
    facts = dict(period.facts)
    for name, counted in programme.facts:
        day = period.day
        for term in counted:
            day = shift(terms, day, term, back=False)
        facts[name] = day.isoformat()
    return {name: value for name, value in facts.items() if terms.procedure.fact(name)}
