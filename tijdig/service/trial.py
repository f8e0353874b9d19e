"""What only a trial has: its next day, and the mails that it wrote to files instead of sending them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

from models.session import Store
from tijdig.engine.calendar import instant, local_day, short_moment
from tijdig.service.clock import set_clock
from tijdig.service.rounds import deliver_round, sweep_round
from tijdig.settings import Settings

MORNING = time(9)
SHOWN = 50
"""So many captured mails are listed, the newest."""


@dataclass(frozen=True, slots=True)
class Captured:
    """A mail that was written to a file."""

    name: str
    subject: str
    to: str
    date: str
    text: str


def next_day(store: Store, settings: Settings, *, wall: datetime) -> datetime:
    """Move a trial's clock to nine o'clock on the next day and do its rounds. Raises Refused in a live installation."""
    with store.write() as session:
        tomorrow = local_day(set_clock(session, None, wall=wall)) + timedelta(days=1)
        now = set_clock(session, instant(tomorrow, MORNING).isoformat(), wall=wall)
    sweep_round(store, now=now, wall=wall)
    deliver_round(store, now=now, wall=wall, settings=settings)
    return now


def captured(data: Path) -> list[Captured]:
    """The mails of a trial, the newest first."""
    files = sorted((data / "mail").glob("*.eml"), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
    return [_read(path) for path in files[:SHOWN]]


def captured_mail(data: Path, name: str) -> Captured | None:
    """One of them by the name of its file; None when there is none."""
    path = data / "mail" / f"{name}.eml"
    return _read(path) if re.fullmatch(r"\w{1,200}", name, re.ASCII) and path.is_file() else None


def _read(path: Path) -> Captured:
    with path.open("rb") as file:
        mail = BytesParser(EmailMessage, policy=default).parse(file)
    body = mail.get_body(("plain",))
    text = str(body.get_content()) if body else ""
    return Captured(path.stem, str(mail["Subject"]), str(mail["To"]), short_moment(mail["Date"].datetime), text)
