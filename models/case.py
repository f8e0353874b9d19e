"""A case and its log. The log is the truth; the case row is its index, open_obligation its read model."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from models.base import Instant, Table


class Case(Table, table=True):
    """One run of a procedure on one subject.

    `key` is what opened it (a request id, a parent's effect key, a period); `alone` keeps a subject to one open case
    of a procedure, or of one that runs on a `timetable` to one for each. `version` counts facts and acts, the last of
    them at `changed_at`; `seq` counts log entries, and `head` is the hash of the last. `course` is a digest of what the
    log says without who did it: cases of equal pins and course stand alike.
    """

    __tablename__ = "case_"
    __table_args__ = (
        Index("ix_case__due", "next_check_at", sqlite_where=text("next_check_at IS NOT NULL"),
              postgresql_where=text("next_check_at IS NOT NULL")),
        Index("ix_case__procedure_subject", "procedure", "subject"),
        Index("uq_case__alone", "procedure", "subject", "timetable", unique=True, sqlite_where=text("alone"),
              postgresql_where=text("alone")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    procedure: str
    subject: str
    key: str | None = Field(default=None, unique=True)
    alone: bool = False
    timetable: str = Field(default="", sa_column_kwargs={"server_default": ""})
    parent_id: int | None = Field(default=None, foreign_key="case_.id")
    parent_step: str = ""
    definition_id: int = Field(foreign_key="definition.id")
    settings_id: int = Field(foreign_key="settings_version.id")
    calendar_id: int = Field(foreign_key="calendar_version.id")
    opened_on: date
    state: str = "open"
    closed_on: date | None = None
    changed_at: datetime = Field(sa_type=Instant)
    version: int = 0
    seq: int = 0
    head: bytes = b""
    course: bytes = b""
    next_check_at: datetime | None = Field(default=None, sa_type=Instant)


class Log(Table, table=True):
    """One fact, act or effect of a case, chained by hash. Append-only: the database refuses anything else.

    `key` is `act/VERSION` for a record and the effect key for an effect: unique in its case, which is what makes
    an effect happen once. `nominal` and `overtaken` belong to effects.
    """

    __tablename__ = "log"
    __table_args__ = (UniqueConstraint("case_id", "key"),)  # also the way to the entries of a case

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case_.id")
    seq: int
    at: datetime = Field(sa_type=Instant)
    kind: str
    key: str
    actor: str = ""
    nominal: date | None = None
    overtaken: str | None = None
    commitment: bytes | None = None
    hash: bytes


class Payload(Table, table=True):
    """What a log entry commits to, with its salt: kept apart, so that retention may erase it and the chain holds."""

    __tablename__ = "payload"

    log_id: int = Field(foreign_key="log.id", primary_key=True)
    salt: bytes
    body: str


class OpenObligation(Table, table=True):
    """Read model: what stands open in a case now. Written in every case transaction; can be rebuilt."""

    __tablename__ = "open_obligation"
    __table_args__ = (Index("ix_open_obligation_role_due", "role", "due"), {"sqlite_with_rowid": False})

    case_id: int = Field(foreign_key="case_.id", primary_key=True)
    step: str = Field(primary_key=True)
    round: int = Field(primary_key=True)
    kind: str
    label: str
    role: str
    assignee: str = ""
    opened_on: date
    start_on: date | None = None
    """*Oppakken vanaf*: the later of open and due minus lead time in office days."""
    nominal: date | None = None
    due: date | None = Field(default=None, index=True)
    due_time: str = ""
    late_from: datetime | None = Field(default=None, sa_type=Instant)
    safe: date | None = None
    basis: str = ""
    fatal: bool = False
    uncertain: bool = False


class Document(Table, table=True):
    """A file that was handed in, named by its content."""

    __tablename__ = "document"

    sha256: str = Field(primary_key=True)
    size: int
    name: str
    at: datetime = Field(sa_type=Instant)
