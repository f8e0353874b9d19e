"""Mails as rows: composed once, frozen, and written in bulk with the notices that they tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlmodel import Session

from models.bulk import Row, insert_rows, next_ids, stored_day, stored_instant
from models.message import Mail, MailNotice
from tijdig.service.letters import Letter

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""When a new mail may be tried: delivery counts in wall-clock time, and a trial's `now` may lie beyond it."""

_MAIL = ("id", "key", "person_id", "kind", "address", "day", "subject", "text", "html", "thread", "fatal", "state",
         "why", "attempts", "next_try_at", "created_at")  # fmt: skip


@dataclass(slots=True)
class Mails:
    """Mails that wait to be written, in order; each tells some notices (by id)."""

    session: Session
    rows: list[Row] = field(default_factory=list)
    tells: list[tuple[int, ...]] = field(default_factory=list)
    _instant: Callable[[datetime], Any] = field(init=False)
    _day: Callable[[date], Any] = field(init=False)
    _at_once: Any = field(init=False)

    def __post_init__(self) -> None:
        self._instant, self._day = stored_instant(self.session), stored_day(self.session)
        self._at_once = self._instant(AT_ONCE)

    def add(
        self, key: str, person: str, kind: str, letter: Letter, *, address: str, at: datetime, day: date,
        notices: tuple[int, ...], thread: str = "", fatal: bool = False, why: str = "",
    ) -> None:  # fmt: skip
        """A mail that was composed at an instant, on a local day; held when there is a `why`."""
        self.rows.append(
            (key, person, kind, address, self._day(day), letter.subject, letter.text, letter.html, thread, fatal,
             "aangehouden" if why else "klaar", why, 0, self._at_once, self._instant(at))
        )  # fmt: skip
        self.tells.append(notices)

    def write(self) -> list[int]:
        """Write them; gives their ids."""
        ids = list(next_ids(self.session, Mail, len(self.rows))) if self.rows else []
        insert_rows(self.session, Mail, _MAIL, [(id, *row) for id, row in zip(ids, self.rows, strict=True)])
        told = [(id, notice) for id, notices in zip(ids, self.tells, strict=True) for notice in notices]
        insert_rows(self.session, MailNotice, ("mail_id", "notice_id"), told)
        self.rows, self.tells = [], []
        return ids
