"""A new link for somebody whose link no longer works: by mail, to the address that is known, never on the page.

Whoever holds an old link learns nothing from asking.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from models.case import Case, OpenObligation
from models.message import Link, Mail
from models.operation import Installation
from tijdig.engine.calendar import ZONE, local_day
from tijdig.service.drafts import is_usable
from tijdig.service.envelope import message_id, number_of
from tijdig.service.held import LOADER
from tijdig.service.letters import Reader, notice_letter
from tijdig.service.links import hashed
from tijdig.service.mails import AT_ONCE
from tijdig.service.matters import Matter, Pending
from tijdig.service.people import Directory
from tijdig.service.pins import pins_of

_SHOWN = ("kind", "role", "assignee", "due", "due_time", "late_from", "safe", "basis", "fatal", "uncertain", "start_on")


def send_new_link(session: Session, token: str, *, now: datetime, url: str) -> None:
    """Put a mail with a new link ready, if the task of this one is open and still its person's; at most one an hour."""
    link = session.get(Link, hashed(token))
    stands = link and session.get(OpenObligation, (link.case_id, link.step, link.round))
    if not link or not stands:
        return
    people, row, today = Directory.load(session), session.get_one(Case, link.case_id), local_day(now)
    recipients = people.recipients(stands.role, subject=row.subject, case=row.code, on=today)
    recipient = next((r for r in recipients if r.person == link.person_id), None)
    address = people.address(link.person_id, today)
    if recipient is None or people.channel(link.person_id) == "post" or not is_usable(address):
        return
    key = f"link/{row.code}/{link.step}/{link.round}/{link.person_id}/{now.astimezone(ZONE):%Y-%m-%dT%H}"
    if session.exec(select(Mail.id).where(Mail.key == key)).first():
        return
    id = message_id(session.exec(select(Installation.uuid)).one(), key)
    behalf = people.name(recipient.behalf) if recipient.behalf else ""
    letter = notice_letter(
        _asking(session, row, stands, now),
        Reader(link.person_id, today, url, number_of(id), behalf=behalf),
    )
    session.add(Mail(
        key=key, person_id=link.person_id, address=address, kind="A", day=today, thread=row.code,
        next_try_at=AT_ONCE, created_at=now, subject=letter.subject, text=letter.text, html=letter.html,
    ))  # fmt: skip


def _asking(session: Session, row: Case, stands: OpenObligation, now: datetime) -> Pending:
    """The task as a mail tells it."""
    terms = LOADER.load(session, pins_of(row))
    shown = {name: getattr(stands, name) for name in _SHOWN}
    matter = Matter(
        stands.case_id, row.code, row.subject, row.state != "open", stands.step, stands.round, True,
        asks=stands.label, **shown,
    )  # fmt: skip
    said = {"title": terms.procedure.title, "asks": stands.label}
    return Pending(0, "", "A", stands.role, said, stands.fatal, False, now, matter)
