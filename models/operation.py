"""The installation itself: its mode and clock, what it ran, what stands apart, what was done outside cases."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Table


class Installation(Table, table=True):
    """One row: trial or live, for good. `trial_now` is the clock of a trial; wall time where it is empty."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("mode in ('trial', 'live')", name="mode"),)

    id: int = Field(default=1, primary_key=True)
    uuid: str
    mode: str
    epoch: int = 1
    trial_now: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    people_version: int | None = Field(default=None, sa_type=BigInteger)
    """Another number at each change of persons, addresses, subjects, assignments or absences: triggers see to it."""


class Run(Table, table=True):
    """A sweep or a delivery that ran (wall clock): what the guard, the footer and `doctor` look at."""

    __tablename__ = "run"

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(index=True)
    by: str
    started_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    counts: str = "{}"


class Incident(Table, table=True):
    """What stands apart until it is mended, so that it stops nothing else. `key` is open at most once."""

    __tablename__ = "incident"

    id: int | None = Field(default=None, primary_key=True)
    key: str | None = Field(default=None, unique=True)
    kind: str
    case_id: int | None = Field(default=None, foreign_key="case_.id", index=True)
    cause: str
    mend: str
    first_at: datetime = Field(sa_type=Instant)
    last_at: datetime = Field(sa_type=Instant)
    count: int = 1
    retry_at: datetime | None = Field(default=None, sa_type=Instant)
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
    settled_by: str = ""
    reason: str = ""


class Event(Table, table=True):
    """Outside the case chains: settings, roles, denials, imports, readings. Append-only."""

    __tablename__ = "event"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    kind: str = Field(index=True)
    actor: str
    detail: str


class Programme(Table, table=True):
    """What opens cases by the calendar: its definition, and the day up to which its periods were opened."""

    __tablename__ = "programme"

    id: str = Field(primary_key=True)
    body: str
    done_until: date
    next_check_at: datetime | None = Field(default=None, index=True, sa_type=Instant)


class Cohort(Table, table=True):
    """Which subjects belong to a named cohort, and when."""

    __tablename__ = "cohort"

    name: str = Field(primary_key=True)
    subject: str = Field(foreign_key="subject.ref", primary_key=True)
    since: date = Field(default=date.min, primary_key=True)
    until: date = date.max


class TimetableRow(Table, table=True):
    """A row of an imported timetable (design: facts of kind `row`)."""

    __tablename__ = "timetable_row"
    __table_args__ = (UniqueConstraint("name", "step_id"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)
    step_id: str
    body: str


class Kpi(Table, table=True):
    """A KPI of the year plan: its id, and its cells as canonical JSON. No member: only KPI reports are about it."""

    __tablename__ = "kpi"

    id: str = Field(primary_key=True)
    body: str


class Amendment(Table, table=True):
    """An amended timetable on its way to the cases that run on it: which of these it reached.

    `facts` are the dates that changed and `targets` to which definition the cases of another one go, both JSON. It is
    for cases up to `until_case`, a later one opened on the new dates; those up to `last_case` were told.
    """

    __tablename__ = "amendment"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    at: datetime = Field(sa_type=Instant)
    by: str
    reason: str
    facts: str
    targets: str
    until_case: int
    last_case: int = 0
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
