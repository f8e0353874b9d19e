"""What a restore keeps from going out: all mail until it is released, and for good what may have been sent before."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, select, update

from models.message import Mail
from models.restore import Gap, Restore

HELD_BY_RESTORE = "teruggezet uit een back-up: wacht op vrijgave"
MAYBE_SENT = "kan al verzonden zijn: het verzendjournaal noemt het na de back-up"
UNSYNCED = {"synchronize_session": False}

GOES = ("klaar", "wacht")
IN_GAP = col(Mail.key).in_(select(Gap.key))


def is_held(session: Session) -> bool:
    """Whether a restore was not released yet: then no mail goes out."""
    return session.exec(select(Restore.epoch).where(col(Restore.released_at).is_(None))).first() is not None


def hold_repeated(session: Session) -> None:
    """What may have gone out before the restore waits for a person, also when it was made anew since."""
    set_mails(session, col(Mail.state).in_((*GOES, "aangehouden")) & IN_GAP, state="aangehouden", why=MAYBE_SENT)


def set_mails(session: Session, which: Any, **values: Any) -> int:
    """Give these mails these values; gives how many there were."""
    changed = session.execute(update(Mail).where(which).values(**values), execution_options=UNSYNCED)
    return int(changed.rowcount)  # type: ignore[attr-defined]
