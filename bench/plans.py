"""How many plans a second the pure core makes, of cases that opened on each day of a year."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from time import perf_counter

from sqlalchemy import create_engine
from sqlmodel import Session

from tijdig.bench.definition import ORANGE_12W
from tijdig.engine.advance import advance, open_case
from tijdig.engine.calendar import Calendar, instant
from tijdig.engine.case import Case, Record, Terms
from tijdig.service.strides import Step, Strides, stride

FIRST = date(2026, 1, 5)
ALIKE = 100
"""So many cases of each day, where a sweep works a plan out once for all that stand alike."""


def per_second(seconds: float) -> dict[str, float]:
    """Plans worked out one by one (`anew`), and as a sweep makes them, ALIKE of each kind at a time (`swept`)."""
    standing = [(case, case.records[0].at + timedelta(days=60)) for case in _cases()]
    return {
        "anew": _rate(lambda: [advance(case, at) for case, at in standing], len(standing), seconds),
        "swept": _rate(lambda: _swept(standing), len(standing) * ALIKE, seconds),
    }


def _cases() -> list[Case]:
    terms = Terms(ORANGE_12W, {}, Calendar(open_days="all"))
    opened = []
    for day in (FIRST + timedelta(days=n) for n in range(365)):
        record = Record(instant(day, time(9)), "open", "adviseur0", {"orange_on": day.isoformat()})
        opened.append(open_case(Case(terms, (record,), {})).case)
    return opened


def _swept(standing: list[tuple[Case, datetime]]) -> None:
    known = Strides()
    with Session(create_engine("sqlite://")) as session:
        for _ in range(ALIKE):
            for case, at in standing:
                step = Step(case.terms, at.isoformat().encode(), at)
                if known.get(step) is None:
                    known.keep(step, stride(session, step, advance(case, at), None))


def _rate(deed: Callable[[], object], plans: int, seconds: float) -> float:
    done, began = 0, perf_counter()
    while perf_counter() - began < seconds or not done:
        deed()
        done += plans
    return done / (perf_counter() - began)
