"""Links in mails: a way in for one person to one task, by a token that is stored nowhere.

A mail is stored with a mark where the token belongs. The token is derived from the installation's secret and the
mail's key when the mail goes out, so that a second try carries the same one; the database holds its hash.
"""

from __future__ import annotations

import hmac
import os
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes, token_hex
from typing import Any, NamedTuple

from sqlalchemy import insert
from sqlmodel import Session, col, select, update

from models.case import Case
from models.message import Link, Mail
from tijdig.engine.calendar import local_day

LIVES = timedelta(days=366)
"""A link ends when its task closes, and in any case after this long."""

_MARK = re.compile(r"/t/•(\d+)/([^•/]+)/(\d+)•")


class Task(NamedTuple):
    """What a link leads to."""

    case_id: int
    step: str
    round: int


def mark(task: Task) -> str:
    """The path of a link as it stands in a stored mail, without its token."""
    return f"/t/•{task.case_id}/{task.step}/{task.round}•"


def tasks_in(text: str) -> tuple[Task, ...]:
    """The tasks that the marks in a stored mail lead to, each once."""
    return tuple(dict.fromkeys(Task(int(case), step, int(nth)) for case, step, nth in _MARK.findall(text)))


def secret_of(folder: Path) -> bytes:
    """The installation's secret: made at its first use, readable by its owner only."""
    path = folder / "link-secret"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = path.with_suffix(f".{token_hex(8)}")
        made.touch(mode=0o600)
        made.write_bytes(token_bytes(32))
        try:
            os.link(made, path)  # who comes second keeps the first one's secret
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_bytes()


def token(secret: bytes, mail_key: str, task: Task) -> str:
    """The token of a task's link in one mail."""
    said = "\n".join((mail_key, str(task.case_id), task.step, str(task.round)))
    return urlsafe_b64encode(hmac.digest(secret, said.encode(), "sha256")).decode().rstrip("=")


def revealer(secret: bytes, mail_key: str) -> Callable[[str], str]:
    """What puts the tokens into a stored text of this mail."""

    def reveal(text: str) -> str:
        return _MARK.sub(lambda m: f"/t/{token(secret, mail_key, Task(int(m[1]), m[2], int(m[3])))}", text)

    return reveal


def open_links(session: Session, mails: Iterable[Mail], secret: bytes, now: datetime) -> None:
    """Make the links of mails that go out live. A second try finds its links there already."""
    rows: dict[str, dict[str, Any]] = {}
    for mail in mails:
        for task in tasks_in(mail.text):
            rows[hashed(token(secret, mail.key, task))] = {
                "mail_id": mail.id, "person_id": mail.person_id, **task._asdict(), "expires_on": local_day(now + LIVES),
            }  # fmt: skip
    if not rows:
        return
    known = set(session.exec(select(Link.token_sha256).where(col(Link.token_sha256).in_(rows))))
    cases = {row["case_id"] for row in rows.values()}
    versions = dict(session.exec(select(Case.id, Case.version).where(col(Case.id).in_(cases))).all())
    new = [
        {"token_sha256": key, **row, "version": versions[row["case_id"]]}
        for key, row in rows.items()
        if key not in known
    ]
    if new:
        session.execute(insert(Link), new)


def hashed(token: str) -> str:
    """What of a token is stored."""
    return sha256(token.encode()).hexdigest()


def live_link(session: Session, token: str, *, now: datetime) -> Link | None:
    """The link of a token, whatever became of its task; None when it is unknown, revoked or over."""
    link = session.get(Link, hashed(token))
    return None if link is None or link.revoked_at or link.expires_on < local_day(now) else link


def revoke(session: Session, person: str, *, now: datetime) -> int:
    """End every link of a person; gives how many lived."""
    ended = update(Link).where(col(Link.person_id) == person, col(Link.revoked_at).is_(None)).values(revoked_at=now)
    return int(session.execute(ended).rowcount)  # type: ignore[attr-defined]
