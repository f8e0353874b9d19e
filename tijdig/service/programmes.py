"""Programmes: open the cases of each period that is over, each missed one too, once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlmodel import Session, col, select

from models.case import Case as CaseRow
from models.operation import Programme as ProgrammeRow
from models.session import Store
from tijdig.engine.calendar import local_day, midnight
from tijdig.engine.case import Record, Terms
from tijdig.engine.language import Programme
from tijdig.engine.programme import Period, facts_of, periods
from tijdig.engine.snapshot import canonical, programme_from_json, to_json
from tijdig.service.cohorts import cohort
from tijdig.service.pins import current
from tijdig.service.work import LOADER, Work


def install(session: Session, programmes: Iterable[Programme], *, now: datetime) -> None:
    """Store programmes; a new one opens the periods that end from today on, a changed one goes on where it was."""
    for programme in programmes:
        body = canonical(to_json(programme))
        row = session.get(ProgrammeRow, programme.programme)
        if row is None:
            row = ProgrammeRow(id=programme.programme, body=body, done_until=local_day(now))
        row.body = body
        _plan(session, row)
        session.add(row)


def open_periods(store: Store, *, now: datetime) -> list[str]:
    """Open the cases of all periods that are over at `now`; gives their codes. One transaction for each programme."""
    with store.read() as session:
        due = session.exec(select(ProgrammeRow.id).where(col(ProgrammeRow.next_check_at) <= now)).all()
    opened: list[str] = []
    for name in due:
        with store.write() as session:
            opened += _open(session, session.get_one(ProgrammeRow, name, with_for_update=True), now)
    return opened


def _open(session: Session, row: ProgrammeRow, now: datetime) -> list[str]:
    programme, terms = _loaded(session, row)
    work, opened = Work(session), []
    for period in periods(programme, terms, after=row.done_until, until=local_day(now)):
        at = midnight(period.day)
        record = Record(at, "open", "", facts_of(programme, terms, period))
        for subject in _subjects(session, programme, period):
            key = f"{programme.programme}/{subject}/{period.day}"
            if session.exec(select(CaseRow.id).where(CaseRow.key == key)).first() is None:
                held = work.open(programme.opens, subject, record, key=key)
                work.sweep(held, now)
                opened.append(held.row.code)
        row.done_until = period.day
    work.flush()
    _plan(session, row)
    session.add(row)
    return opened


def _subjects(session: Session, programme: Programme, period: Period) -> Sequence[str]:
    if not programme.over:
        return [f"{period.since:%Y-%m}..{period.until:%Y-%m}"]
    return cohort(session, programme.over, period.day)


def _plan(session: Session, row: ProgrammeRow) -> None:
    programme, terms = _loaded(session, row)
    ahead = periods(programme, terms, after=row.done_until, until=date(2199, 1, 1))
    following = next(ahead, None)
    row.next_check_at = midnight(following.day) if following else None


def _loaded(session: Session, row: ProgrammeRow) -> tuple[Programme, Terms]:
    programme = programme_from_json(json.loads(row.body))
    return programme, LOADER.load(session, current(session, programme.opens))
