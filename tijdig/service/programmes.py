"""Programmes: open the cases of each period that is over, each missed one too, once.

A case that cannot be opened becomes an incident and is tried again each hour; the programme comes no further until
then, and opens all the others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
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
from tijdig.service.held import LOADER
from tijdig.service.incidents import cause_of, passed, raise_incident
from tijdig.service.pins import current
from tijdig.service.spans import is_taken
from tijdig.service.sweep import RETRY_AFTER
from tijdig.service.work import Work


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
    opened: list[str] = []
    tried = _Tried(session, now)
    for period in periods(programme, terms, after=row.done_until, until=local_day(now)):
        record = Record(midnight(period.day), "open", "", facts_of(programme, terms, period))
        subjects: Sequence[str] = ()
        with tried.apart(f"{programme.programme}/{period.day}"):
            subjects = _subjects(session, programme, period)
        for subject in subjects:
            key = f"{programme.programme}/{subject}/{period.day}"
            if session.exec(select(CaseRow.id).where(CaseRow.key == key)).first() is not None:
                continue
            with tried.apart(key):
                if not is_taken(session, terms, record.values):
                    opened.append(_open_one(session, programme.opens, subject, record, key, now))
        if not tried.failed:
            row.done_until = period.day
    tried.settle()
    _plan(session, row)
    if tried.failed:
        row.next_check_at = now + RETRY_AFTER
    session.add(row)
    return opened


def _open_one(session: Session, procedure: str, subject: str, record: Record, key: str, now: datetime) -> str:
    work = Work(session)
    held = work.open(procedure, subject, record, key=key)
    work.sweep([held], now)
    work.flush()
    return held.code


@dataclass(slots=True)
class _Tried:
    """What a programme tried. What failed is undone and stands apart; the others go on (design, law 5)."""

    session: Session
    now: datetime
    keys: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @contextmanager
    def apart(self, key: str) -> Iterator[None]:
        self.keys.append(f"programme/{key}")
        try:
            with self.session.begin_nested():
                yield
        except Exception as error:
            self.failed.append(f"programme/{key}")
            raise_incident(
                self.session, "programme", f"programme/{key}", cause=f"{key}: {cause_of(error)}", now=self.now,
                mend="Mend what it names; a later round tries it again.",
            )  # fmt: skip

    def settle(self) -> None:
        """What failed before and does no longer is over."""
        passed(self.session, set(self.keys) - set(self.failed), by="sweep", now=self.now)


def _subjects(session: Session, programme: Programme, period: Period) -> Sequence[str]:
    if programme.among and not any(cohort(session, name, period.day) for name in programme.among):
        return []
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
