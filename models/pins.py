"""What a case is pinned to: definition, settings and calendar. Each version is written once and never changed."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Table


class Definition(Table, table=True):
    """A published revision of a procedure: its snapshot is canonical JSON, named by its SHA-256."""

    __tablename__ = "definition"
    __table_args__ = (UniqueConstraint("procedure", "revision"),)

    id: int | None = Field(default=None, primary_key=True)
    procedure: str = Field(index=True)
    revision: int
    language: int
    sha256: str = Field(unique=True)
    snapshot: str
    published_at: datetime = Field(sa_type=Instant)


class SettingsVersion(Table, table=True):
    """All values that the house chose, as canonical JSON, from one change on."""

    __tablename__ = "settings_version"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    by: str
    reason: str
    values: str


class CalendarVersion(Table, table=True):
    """The calendar with the company's choices, as canonical JSON."""

    __tablename__ = "calendar_version"

    id: int | None = Field(default=None, primary_key=True)
    version: str
    body: str
    at: datetime = Field(sa_type=Instant)
