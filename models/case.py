"""A case and its log. The log is the truth; the case row is its index, open_obligation its read model."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from models.base import Table


class Case(Table, table=True):
    """One run of a procedure on one subject.

    `key` is what opened it (a request id, a parent's effect key, a period); `open_key` keeps a subject to one open
    case of a procedure. `version` counts facts and acts, `seq` log entries; `head` is the hash of the last entry.
    """

    __tablename__ = "case_"
    __table_args__ = (
        Index("ix_case__due", "next_check_at", sqlite_where=text("next_check_at IS NOT NULL"),
              postgresql_where=text("next_check_at IS NOT NULL")),
        Index("ix_case__procedure_subject", "procedure", "subject"),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    procedure: str
    subject: str
    key: str | None = Field(default=None, unique=True)
    open_key: str | None = Field(default=None, unique=True)
    parent_id: int | None = Field(default=None, foreign_key="case_.id")
    parent_step: str = ""
    definition_id: int = Field(foreign_key="definition.id")
    settings_id: int = Field(foreign_key="settings_version.id")
    calendar_id: int = Field(foreign_key="calendar_version.id")
    opened_on: date
    state: str = "open"
    closed_on: date | None = None
    version: int = 0
    seq: int = 0
    head: str = ""
    next_check_at: datetime | None = None


class Log(Table, table=True):
    """One fact, act or effect of a case, chained by hash. Append-only: the database refuses anything else.

    `key` is `act/VERSION` for a record and the effect key for an effect: unique in its case, which is what makes
    an effect happen once. `nominal` and `overtaken` belong to effects.
    """

    __tablename__ = "log"
    __table_args__ = (UniqueConstraint("case_id", "key"), UniqueConstraint("case_id", "seq"))

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case_.id")
    seq: int
    at: datetime
    kind: str
    key: str
    actor: str = ""
    nominal: date | None = None
    overtaken: str | None = None
    commitment: str = ""
    hash: str


class Payload(Table, table=True):
    """What a log entry commits to, with its salt: kept apart, so that retention may erase it and the chain holds."""

    __tablename__ = "payload"

    case_id: int = Field(foreign_key="case_.id", primary_key=True)
    seq: int = Field(primary_key=True)
    salt: str
    body: str


class OpenObligation(Table, table=True):
    """Read model: what stands open in a case now. Written in every case transaction; can be rebuilt."""

    __tablename__ = "open_obligation"
    __table_args__ = (Index("ix_open_obligation_role_due", "role", "due"),)

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
    late_from: datetime | None = None
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
    at: datetime
