"""Rehearsing definitions: the two runs of the checker from every start day of the next five years (design, law 9).

A day takes some ten milliseconds, so the days are shared out over the processors of the machine.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from typing import Any

from sqlmodel import Session, col, select

from models.pins import CalendarVersion, SettingsVersion
from models.schema import open_store
from tijdig.engine.calendar import Calendar
from tijdig.engine.errors import Misconfigured, Problem
from tijdig.engine.language import Procedure
from tijdig.engine.simulate import rehearse, stand_ins
from tijdig.engine.snapshot import value_from_json

DAYS = 5 * 365 + 2
SHARE = 61
"""So many start days are given to a processor at a time."""

SPARSE = 11
"""A definition whose dates stand in a timetable is rehearsed on one that is made up: of so many start days one, which
come on each day of the week and each part of the month in turn. Real dates are another's."""

Progress = Callable[[int, int], None]
House = tuple[Mapping[str, Any], Calendar]


def house_of(address: str) -> House:
    """The settings and calendar of the installation; before there is one, the defaults."""
    try:
        store = open_store(address)
    except Misconfigured:
        return {}, Calendar()
    with store.read() as session:
        found = _house(session)
    store.close()
    return found


def _house(session: Session) -> House:
    settings = session.exec(select(SettingsVersion).order_by(col(SettingsVersion.id).desc()).limit(1)).one()
    calendar = session.exec(select(CalendarVersion).order_by(col(CalendarVersion.id).desc()).limit(1)).one()
    values = {name: value_from_json(value) for name, value in json.loads(settings.values).items()}
    return values, Calendar.from_dict(json.loads(calendar.body))


def rehearsals(
    procedures: Iterable[Procedure], house: House, *, today: date, days: int = DAYS, progress: Progress | None = None
) -> Iterator[tuple[str, Problem]]:
    """Each contradiction once for each procedure, with the first day that shows it."""
    shares = [share for procedure in procedures for share in _shares(procedure, today, days)]
    if not shares:
        return
    told: set[tuple[str, str, str]] = set()
    workers = min(os.cpu_count() or 1, len(shares))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_settle_in, initargs=house) as pool:
        for done, (share, problems) in enumerate(
            zip(shares, pool.map(_rehearse, *zip(*shares, strict=True)), strict=True)
        ):
            for problem in problems:
                if (key := (share[0].id, problem.place, problem.code)) not in told:
                    told.add(key)
                    yield share[0].id, problem
            if progress:
                progress(done + 1, len(shares))


def _shares(procedure: Procedure, today: date, days: int) -> Iterator[tuple[Procedure, tuple[date, ...], bool]]:
    """The start days of a procedure, shared out; on the first of them each outcome is tried too."""
    starts = [today + timedelta(days=i) for i in range(0, days, SPARSE if procedure.timetable else 1)]
    each = SHARE // SPARSE if procedure.timetable else SHARE
    for i in range(0, len(starts), each):
        yield procedure, tuple(starts[i : i + each]), i == 0


_HOUSE: list[House] = []
"""The house of a process that rehearses."""


def _settle_in(settings: Mapping[str, Any], calendar: Calendar) -> None:
    _HOUSE[:] = [(settings, calendar)]


def _rehearse(procedure: Procedure, days: tuple[date, ...], outcomes: bool) -> list[Problem]:
    settings, calendar = _HOUSE[0]
    ways = stand_ins(procedure, settings, calendar)
    return [problem for terms in ways for problem in rehearse(terms, days, outcomes=outcomes)]
