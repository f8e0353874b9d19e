"""What mails are about, read from the database in a few statements: notices that wait, and what stands open."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row
from sqlalchemy import select as columns
from sqlmodel import Session, and_, col, or_, select

from models.case import Case, Log, OpenObligation
from models.message import WAITS, Mail, MailNotice, Notice
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
    procedure: str = ""

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

    @property
    def is_statutory(self) -> bool:
        return STATUTORY in (self.matter.basis, self.said.get("basis"))

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
    by_now = or_(col(Notice.not_before).is_(None), col(Notice.not_before) <= now)
    return _notices(session, WAITS, by_now)


def notices_of_mails(session: Session, mails: Sequence[int]) -> Mapping[int, tuple[Pending, ...]]:
    """The notices that these mails tell, as their matters stand now."""
    told = defaultdict(list)
    pairs = select(MailNotice.mail_id, MailNotice.notice_id).where(col(MailNotice.mail_id).in_(mails))
    for mail, number in session.exec(pairs):
        told[number].append(mail)
    found: dict[int, tuple[Pending, ...]] = {}
    for notice in _notices(session, col(Notice.id).in_(told)) if told else ():
        for mail in told[notice.id]:
            found[mail] = (*found.get(mail, ()), notice)
    return found


def _notices(session: Session, *which: ColumnElement[bool]) -> tuple[Pending, ...]:
    stands = and_(
        col(OpenObligation.case_id) == col(Notice.case_id),
        col(OpenObligation.step) == col(Notice.step),
        col(OpenObligation.round) == col(Notice.round),
    )
    wanted = (
        columns(
            col(Notice.id), col(Log.key), col(Notice.kind), col(Notice.role), col(Notice.variables),
            col(Notice.fatal), col(Notice.summary), col(Log.at), col(Notice.case_id), col(Case.code),
            col(Case.subject), col(Case.state), col(Case.procedure), col(Notice.step), col(Notice.round), *_STANDING,
        )
        .join(Log, col(Log.id) == col(Notice.log_id))
        .join(Case, col(Case.id) == col(Notice.case_id))
        .join(OpenObligation, stands, isouter=True)
        .where(*which)
        .order_by(col(Log.at), col(Notice.id))
    )  # fmt: skip
    return tuple(_pending(row) for row in session.execute(wanted))


def _pending(row: Row[Any]) -> Pending:
    id, key, kind, role, variables, fatal, summary, created_at, *about = row
    return Pending(id, key, kind, role, json.loads(variables), fatal, summary, created_at, _matter(about))


def _matter(about: list[Any]) -> Matter:
    case_id, code, subject, state, procedure, step, nth, *standing = about
    stands = standing[0] is not None
    head = (case_id, code, subject, state != "open", step, nth, stands)
    told = standing if stands else ()
    return Matter(*head, *told, procedure=procedure)  # type: ignore[misc]  # mypy cannot count them


def asked_until(session: Session, day: date) -> tuple[Matter, ...]:
    """All that is asked with a due day up to and including `day`, the most urgent first."""
    wanted = (
        columns(col(OpenObligation.case_id), col(Case.code), col(Case.subject), col(Case.state),
                col(Case.procedure), col(OpenObligation.step), col(OpenObligation.round), *_STANDING)
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
        .where(WAITS, Mail.state != "vervallen")
    )
    return frozenset((notice, person) for notice, person in session.exec(wanted))


def taken_back(session: Session, notices: Iterable[Pending]) -> Mapping[int, datetime]:
    """When a decision was last taken back in the cases of these notices, since the first of them."""
    decisions = [notice for notice in notices if notice.kind == "G"]
    if not decisions:
        return {}
    cases, since = {n.matter.case_id for n in decisions}, min(n.created_at for n in decisions)
    wanted = select(Log.case_id, Log.at).where(
        Log.kind == "take-back", col(Log.case_id).in_(cases), col(Log.at) >= since
    )
    return dict(session.exec(wanted.order_by(col(Log.seq))).all())


def why_lapsed(notice: Pending, now: datetime, back: Mapping[int, datetime]) -> str:
    """Why there is nothing left to tell; empty while there is. `back` is what `taken_back` gave."""
    matter = notice.matter
    if notice.kind == "G":
        at = back.get(matter.case_id)
        return "het besluit is teruggenomen" if at and at >= notice.created_at else ""
    if not matter.stands:
        return "niet meer nodig: de taak is klaar of vervallen"
    if notice.kind in ("D", "E") and matter.late_from is None and notice.said.get("due"):
        return "de termijn is opgeschort"
    if notice.kind == "D" and matter.late_from and matter.late_from > now:
        return "de termijn is verlengd"
    return ""
