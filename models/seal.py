"""The installation chain: what proves the rest of the database, and is itself proved by heads that went out by mail."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from models.base import Instant, Table


class Seal(Table, table=True):
    """A link of the installation chain: rows of one kind, each with its mark. Append-only.

    `kind` is a table, `case` (the heads of case chains) or `sent` (what became of mails). `upto` is the highest row
    number that was looked at. `body` is zlib-compressed text, a row a line; `hash` takes in the seal before this one.
    """

    __tablename__ = "seal"
    __table_args__ = (Index("ix_seal_kind_id", "kind", "id"),)

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Instant)
    kind: str
    upto: int
    body: bytes
    hash: bytes
