"""Who there is: people with dated addresses, members, roles with a scope and a period, absences."""

from datetime import date

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from models.base import Table


class Person(Table, table=True):
    """Somebody with a role. A member has no account and no digest: it acts by link, in the role `lid` over itself."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("channel in ('mail', 'post')", name="channel"),
        Index("ix_person_colleague", "id", sqlite_where=text("digest = 1"), postgresql_where=text("digest")),
        {"sqlite_with_rowid": False},
    )

    id: str = Field(primary_key=True)
    name: str
    channel: str = "mail"
    digest: bool = True
    account: str | None = Field(default=None, unique=True)
    """Operating-system account, for the command line in a live installation."""


class Address(Table, table=True):
    """Where somebody is reached from a day on; open notices follow the newest one."""

    __tablename__ = "address"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy asks for this form

    person_id: str = Field(foreign_key="person.id", primary_key=True)
    since: date = Field(primary_key=True)
    email: str = ""
    phone: str = ""


class Subject(Table, table=True):
    """What cases are about: a member, by reference only."""

    __tablename__ = "subject"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    ref: str = Field(primary_key=True)
    region: str = ""
    profile: str = ""
    since: date | None = None
    until: date | None = None


class Assignment(Table, table=True):
    """A person holds a role over a scope in a period; empty bounds are open."""

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint("scope in ('all', 'region', 'subject', 'case')", name="scope"),
        UniqueConstraint("person_id", "role", "scope", "scope_value", "since"),
        Index("ix_assignment_scope_value", "scope", "scope_value"),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    role: str = Field(index=True)
    scope: str = "all"
    scope_value: str = ""
    since: date = date.min
    until: date = date.max


class Absence(Table, table=True):
    """Somebody is away; a deputy, where named, acts for them in this period (one hop, "namens")."""

    __tablename__ = "absence"
    __table_args__ = (UniqueConstraint("person_id", "since"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    since: date
    until: date
    deputy_id: str | None = Field(default=None, foreign_key="person.id")
