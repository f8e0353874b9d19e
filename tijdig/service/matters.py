"""What mails are about, read from the database in a few statements: notices that wait, and what stands open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy import select as columns
from sqlmodel import Session, and_, col, select

from models.case import Case, Log, OpenObligation
from models.message import Mail, MailNotice, Notice
from tijdig.engine.calendar import Calendar, local_day
from tijdig.engine.plan import CLOSE_DAYS
from tijdig.service.links import Task

ASKING = ("A", "C", "E")
"""The kinds of notice that ask the reader to do a task."""

STATUTORY = "wettelijk"
ORDER = ("contract", STATUTORY, "norm", "intern")
"""Of two dates on one day the one with the stronger basis comes first (ux.md, Mijn werk)."""


@dataclass(frozen=True, slots=True)
class Matter:
    """An obligation of a case, as it stands now; `stands` is false when it is met or withdrawn."""

    case_id: int
    code: str
    subject: str
    closed: bool
    step: str
    round: int
    stands: bool
    kind: str = ""
    asks: str = ""
    role: str = ""
    assignee: str = ""
    due: date | None = None
    due_time: str = ""
    late_from: datetime | None = None
    safe: date | None = None
    basis: str = ""
    fatal: bool = False
    uncertain: bool = False
    start_on: date | None = None

    @property
    def task(self) -> Task:
        return Task(self.case_id, self.step, self.round)

    @property
    def urgency(self) -> tuple[date, bool, int, str]:
        """What to do first: by due day, fatal before others, then by basis (ux.md, Mijn werk)."""
        basis = ORDER.index(self.basis) if self.basis in ORDER else len(ORDER)
        return self.due or date.max, not self.fatal, basis, self.code

    def is_late(self, now: datetime) -> bool:
        return self.late_from is not None and self.late_from <= now

    def is_close(self, now: datetime, calendar: Calendar) -> bool:
        """Whether it is nearly due (*bijna*)."""
        near = self.safe and calendar.add_workdays(self.safe, -CLOSE_DAYS, "kantoor")
        return near is not None and local_day(now) >= near


@dataclass(frozen=True, slots=True)
class Pending:
    """A notice that waits to be told, and what it is about."""

    id: int
    key: str
    kind: str
    role: str
    said: Mapping[str, Any]
    fatal: bool
    summary: bool
    created_at: datetime
    matter: Matter

    @property
    def is_fatal(self) -> bool:
        return self.fatal or self.matter.fatal

    def day(self, name: str) -> date | None:
        """A day among what the notice says."""
        return date.fromisoformat(self.said[name]) if self.said.get(name) else None


_STANDING = tuple(
    OpenObligation.__table__.c[name]  # type: ignore[attr-defined]  # SQLModel makes it
    for name in ("kind", "label", "role", "assignee", "due", "due_time", "late_from", "safe", "basis", "fatal",
                 "uncertain", "start_on")
)  # fmt: skip


def pending_notices(session: Session, now: datetime) -> tuple[Pending, ...]:
    """The notices that may be told now, in the order in which they came."""
    stands = and_(
        col(OpenObligation.case_id) == col(Notice.case_id),
        col(OpenObligation.step) == col(Notice.step),
        col(OpenObligation.round) == col(Notice.round),
    )
    wanted = (
        columns(
            col(Notice.id), col(Notice.key), col(Notice.kind), col(Notice.role), col(Notice.variables),
            col(Notice.fatal), col(Notice.summary), col(Notice.created_at), col(Notice.case_id), col(Case.code),
            col(Case.subject), col(Case.state), col(Notice.step), col(Notice.round), *_STANDING,
        )
        .join(Case, col(Case.id) == col(Notice.case_id))
        .join(OpenObligation, stands, isouter=True)
        .where(col(Notice.state) == "gepland", col(Notice.not_before) <= now)
        .order_by(col(Notice.created_at), col(Notice.id))
    )  # fmt: skip
    return tuple(_pending(row) for row in session.execute(wanted))


def _pending(row: Row[Any]) -> Pending:
    id, key, kind, role, variables, fatal, summary, created_at, *about = row
    return Pending(id, key, kind, role, json.loads(variables), fatal, summary, created_at, _matter(about))


def _matter(about: list[Any]) -> Matter:
    case_id, code, subject, state, step, nth, *standing = about
    stands = standing[0] is not None
    return Matter(case_id, code, subject, state != "open", step, nth, stands, *(standing if stands else ()))


def asked_until(session: Session, day: date) -> tuple[Matter, ...]:
    """All that is asked with a due day up to and including `day`, the most urgent first."""
    wanted = (
        columns(col(OpenObligation.case_id), col(Case.code), col(Case.subject), col(Case.state),
                col(OpenObligation.step), col(OpenObligation.round), *_STANDING)
        .join(Case, col(Case.id) == col(OpenObligation.case_id))
        .where(col(OpenObligation.due) <= day)
    )  # fmt: skip
    return tuple(sorted((_matter(list(row)) for row in session.execute(wanted)), key=lambda matter: matter.urgency))


def told_already(session: Session) -> frozenset[tuple[int, str]]:
    """Of the notices that wait: whom they reached in a mail that stands (notice id, person)."""
    wanted = (
        select(MailNotice.notice_id, Mail.person_id)
        .join(Mail, col(Mail.id) == col(MailNotice.mail_id))
        .join(Notice, col(Notice.id) == col(MailNotice.notice_id))
        .where(Notice.state == "gepland", Mail.state != "vervallen")
    )
    return frozenset((notice, person) for notice, person in session.exec(wanted))


def taken_back(session: Session, case_ids: set[int], since: datetime) -> Mapping[int, datetime]:
    """When a decision was last taken back in these cases, from an instant on."""
    wanted = select(Log.case_id, Log.at).where(
        Log.kind == "take-back", col(Log.case_id).in_(case_ids), col(Log.at) >= since
    )
    return dict(session.exec(wanted.order_by(col(Log.seq))).all())
