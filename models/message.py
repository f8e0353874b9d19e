"""What must be told (notice), what one person is sent (mail), and the links in it."""

from datetime import date, datetime

from sqlalchemy import Boolean, ColumnElement, Index, literal_column, text
from sqlmodel import Field

from models.base import Instant, Table

# Conditions in the words of the partial indexes below: with a bound value in them no database would use the index.
WAITS: ColumnElement[bool] = literal_column("notice.state = 'gepland'", Boolean())
UNSENT: ColumnElement[bool] = literal_column("mail.state != 'verzonden'", Boolean())
IS_DIGEST: ColumnElement[bool] = literal_column("mail.kind = 'B'", Boolean())


class Notice(Table, table=True):
    """What a log entry (an effect, or an act that moved a date) wants told to a role: written with that entry.

    `kind` is the letter of ux.md section 6: A task, C approval, D escalation, E reminder, F changed, G decision.
    `state` is `gepland`, `klaar` (it is in a mail), `samengevoegd` (told in a digest) or `vervallen`, with why.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_waits", "case_id", sqlite_where=text("state = 'gepland'"),
              postgresql_where=text("state = 'gepland'")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    log_id: int = Field(foreign_key="log.id")
    case_id: int = Field(foreign_key="case_.id")
    kind: str
    role: str
    step: str
    round: int
    variables: str
    fatal: bool = False
    summary: bool = False
    not_before: datetime | None = Field(default=None, sa_type=Instant)
    state: str = "gepland"
    why: str = ""


class Mail(Table, table=True):
    """What one person is sent: composed, frozen, and followed until somebody knows what became of it.

    `key` is what makes it one mail (`digest/PERSON/DAY`, `notice/CASE/EFFECT/KIND/PERSON`); the Message-ID derives
    from it.
    """

    __tablename__ = "mail"
    __table_args__ = (
        Index("ix_mail_goes", "state", "next_try_at", sqlite_where=text("state != 'verzonden'"),
              postgresql_where=text("state != 'verzonden'")),
        Index("ix_mail_digest", "day", sqlite_where=text("kind = 'B'"), postgresql_where=text("kind = 'B'")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    person_id: str = Field(foreign_key="person.id")
    address: str
    kind: str
    day: date
    subject: str
    text: str
    html: str
    thread: str = ""
    """The case that the mail is about, for References; empty for a digest."""
    fatal: bool = False
    state: str = "klaar"
    why: str = ""
    attempts: int = 0
    next_try_at: datetime = Field(sa_type=Instant)
    leased_until: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(index=True, sa_type=Instant)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    code: int | None = None


class MailNotice(Table, table=True):
    """Which notices a mail tells."""

    __tablename__ = "mail_notice"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy asks for this form

    mail_id: int = Field(foreign_key="mail.id", primary_key=True)
    notice_id: int = Field(foreign_key="notice.id", primary_key=True, index=True)


class Link(Table, table=True):
    """A way in for one person to one task, by an unguessable token of which only the hash is stored."""

    __tablename__ = "link"

    token_sha256: str = Field(primary_key=True)
    mail_id: int = Field(foreign_key="mail.id", index=True)
    person_id: str = Field(foreign_key="person.id")
    case_id: int = Field(foreign_key="case_.id", index=True)
    step: str
    round: int
    version: int
    expires_on: date
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
