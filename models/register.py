"""The register of what providers hand in for a tender: a line for each piece, whenever it came (P-03)."""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Table


class Register(Table, table=True):
    """The hand-ins of one tender. It closes as the row `row` of its timetable says; `opened_at` is the opening.

    `procedure` says who may read it. `vog_from` is the first date that a VOG may have.
    """

    __tablename__ = "register"

    name: str = Field(primary_key=True)
    procedure: str
    timetable: str
    row: str
    vog_from: date
    opened_at: datetime | None = Field(default=None, sa_type=Instant)
    opened_by: str = ""


class HandIn(Table, table=True):
    """One piece as it came in, in time or not. Append-only, and sealed like the log: nothing is lost or made up.

    `closes_at` is the closing as it stood when this was entered: evidence, no more. The same piece twice, received at
    the same instant, is one; entered again with another `dated` (its own date; `date.min` for none) it is corrected.
    """

    __tablename__ = "hand_in"
    __table_args__ = (UniqueConstraint("tender", "provider", "piece", "received_at", "sha256", "dated"),)

    id: int | None = Field(default=None, primary_key=True)
    tender: str = Field(foreign_key="register.name")
    provider: str
    piece: str
    dated: date = date.min
    channel: str
    name: str
    sha256: str
    received_at: datetime = Field(sa_type=Instant)
    closes_at: datetime = Field(sa_type=Instant)
    entered_at: datetime = Field(sa_type=Instant)
    actor: str
