"""How colleagues get in: passwords, the visits that they begin, and calendars by secret addresses.

A member has none of these; it acts by link.
"""

from datetime import datetime

from sqlmodel import Field

from models.base import Instant, Table


class Password(Table, table=True):
    """The password of a local account, as argon2id hashed it."""

    __tablename__ = "password"

    person_id: str = Field(foreign_key="person.id", primary_key=True)
    hash: str
    chosen_at: datetime = Field(sa_type=Instant)


class Visit(Table, table=True):
    """A colleague who signed in, by an unguessable token of which only the hash is stored."""

    __tablename__ = "visit"

    token_sha256: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    began_at: datetime = Field(sa_type=Instant)
    seen_at: datetime = Field(sa_type=Instant)
    how: str = "password"
    """By a password, by choosing in a trial, or by the identity provider (oidc)."""
    administers: bool = True
    """Whether the pages of administrators may be opened in it, by who has that role."""


class Attempt(Table, table=True):
    """A sign-in that failed, under the name that was given; kept as long as it counts."""

    __tablename__ = "attempt"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)
    at: datetime = Field(sa_type=Instant)


class Feed(Table, table=True):
    """A calendar of what a colleague must do, or of one case as they may read it; lives until it is revoked."""

    __tablename__ = "feed"

    id: int | None = Field(default=None, primary_key=True)
    token_sha256: str = Field(unique=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    case_id: int | None = Field(default=None, foreign_key="case_.id")
    made_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
