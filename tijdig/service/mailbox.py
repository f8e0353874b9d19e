"""The outbox as people see it, and what they settle in it (ux.md, Postvak uit)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal, get_args

from sqlmodel import Session, col, func, select

from models.case import Case, Log
from models.message import UNSENT, Mail, MailNotice, Notice
from models.operation import Event
from models.restore import Gap, Restore
from tijdig.engine.acts import MIN_REASON
from tijdig.engine.errors import Refused
from tijdig.engine.snapshot import canonical
from tijdig.service.clock import installation
from tijdig.service.compose import POST
from tijdig.service.deliver import UNCERTAIN_ONCE
from tijdig.service.hold import GOES, HELD_BY_RESTORE, MAYBE_SENT, hold_repeated, set_mails
from tijdig.service.incidents import passed
from tijdig.service.mails import AT_ONCE

Settle = Literal["resend", "arrived", "drop", "release"]

_FROM: dict[Settle, tuple[str, ...]] = {
    "resend": ("onzeker", "mislukt"),
    "arrived": ("onzeker",),
    "drop": ("klaar", "wacht", "aangehouden", "onzeker", "mislukt"),
    "release": ("aangehouden",),
}
"""In which states of a mail each way of settling makes sense."""


def outbox(session: Session, state: str = "") -> list[dict[str, Any]]:
    """The mails, the oldest first: to whom, about which cases, and which effects they tell."""
    wanted, told = select(Mail).order_by(col(Mail.id)), _TOLD
    if state:
        wanted = wanted.where(Mail.state == state)
        told = told.join(Mail, col(Mail.id) == col(MailNotice.mail_id)).where(Mail.state == state)
    return _all_shown(session, session.exec(wanted).all(), told)


def leaf(session: Session, states: Collection[str], *, skip: int, most: int) -> list[dict[str, Any]]:
    """A page of the same list, the newest first: of the mails in these states, or without any of all."""
    wanted = select(Mail).order_by(col(Mail.id).desc()).offset(skip).limit(most)
    return _these(session, wanted.where(col(Mail.state).in_(states)) if states else wanted)


def picked(session: Session, ids: Collection[int]) -> list[dict[str, Any]]:
    """These mails as they stand in the list, the oldest first."""
    return _these(session, select(Mail).where(col(Mail.id).in_(ids)).order_by(col(Mail.id)))


def rows(session: Session, ids: Collection[int]) -> Sequence[Mail]:
    """These mails as rows."""
    return session.exec(select(Mail).where(col(Mail.id).in_(ids))).all()


def counts(session: Session) -> dict[str, int]:
    """How many mails there are in each state."""
    return dict(session.exec(select(Mail.state, func.count()).group_by(Mail.state)).all())


def ids_in(session: Session, states: Collection[str]) -> list[int]:
    """The mails in these states, the oldest first."""
    return [i for i in session.exec(select(Mail.id).where(col(Mail.state).in_(states)).order_by(col(Mail.id))) if i]


_TOLD = (
    select(MailNotice.mail_id, Case.code, Log.key)
    .join(Notice, col(Notice.id) == col(MailNotice.notice_id))
    .join(Case, col(Case.id) == col(Notice.case_id))
    .join(Log, col(Log.id) == col(Notice.log_id))
    .order_by(col(Notice.id))
)


def _these(session: Session, wanted: Any) -> list[dict[str, Any]]:
    mails = session.exec(wanted).all()
    return _all_shown(session, mails, _TOLD.where(col(MailNotice.mail_id).in_([mail.id for mail in mails])))


def _all_shown(session: Session, mails: Sequence[Mail], told: Any) -> list[dict[str, Any]]:
    about: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for mail, case, key in session.exec(told):
        about[mail].append((case, key))
    return [_shown(mail, about[mail.id or 0]) for mail in mails]


def _shown(mail: Mail, about: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {
        "mail": mail.id, "person": mail.person_id, "address": mail.address, "kind": mail.kind, "subject": mail.subject,
        "cases": list(dict.fromkeys(case for case, _ in about)), "effects": [key for _, key in about],
        "state": mail.state, "why": mail.why,
    }  # fmt: skip


def settle(session: Session, mail_id: int, how: str, *, by: str, reason: str, now: datetime) -> Mail:
    """A person says what becomes of a mail: `resend`, `arrived`, `drop` or `release`.

    Raises Refused without a reason, for an unknown mail, or when its state does not allow it.
    """
    mail = session.get(Mail, mail_id, with_for_update=True)
    if mail is None:
        raise Refused(f"Bericht {mail_id} bestaat niet. Bekijk ze met: tijdig outbox.")
    if len(reason.strip()) < MIN_REASON:
        raise Refused(f"Schrijf een reden van minimaal {MIN_REASON} tekens.")
    chosen = next((way for way in get_args(Settle) if way == how), None)
    if chosen is None:
        raise Refused(f"'{how}' kan niet. Kies uit: {', '.join(get_args(Settle))}.")
    if mail.state not in _allowed(mail, chosen):
        raise Refused(f"Bericht {mail_id} is {mail.state}; '{how}' past daar niet bij. Bekijk het met: tijdig outbox.")
    was, mail.state = mail.state, _becomes(chosen)
    mail.why = UNCERTAIN_ONCE if chosen == "resend" and was == "onzeker" else reason.strip()
    mail.next_try_at, mail.sent_at = AT_ONCE, now if chosen == "arrived" else mail.sent_at
    session.add(mail)
    if repeated := session.get(Gap, mail.key):  # a person knows what became of it: it is a mail like any other
        session.delete(repeated)
    detail = {"mail": mail_id, "from": was, "how": how, "reason": reason.strip()}
    session.add(Event(at=now, kind="settle_mail", actor=by, detail=canonical(detail)))
    passed(session, [f"mail/{mail_id}", f"print/{mail_id}"], by=by, now=now)
    return mail


def settle_all(session: Session, mails: Sequence[int], how: str, *, by: str, reason: str, now: datetime) -> int:
    """The same for several mails at once, all or none; gives how many. Raises Refused as `settle`."""
    for mail in mails:
        settle(session, mail, how, by=by, reason=reason, now=now)
    return len(mails)


def ways(mail: Mail) -> tuple[Settle, ...]:
    """In which ways a mail can be settled as it stands."""
    return tuple(how for how in get_args(Settle) if mail.state in _allowed(mail, how))


def _allowed(mail: Mail, how: Settle) -> tuple[str, ...]:
    """A letter by post is printed and sent by hand: it arrives or is dropped, and no server gets it."""
    if mail.state == "aangehouden" and mail.why == POST:
        return ("aangehouden",) if how in ("arrived", "drop") else ()
    if mail.state == "aangehouden" and mail.why == MAYBE_SENT and how == "arrived":
        return ("aangehouden",)
    return _FROM[how]


def _becomes(how: Settle) -> str:
    match how:
        case "resend":
            return "wacht"
        case "arrived":
            return "verzonden"
        case "drop":
            return "vervallen"
        case "release":
            return "klaar"


def release(session: Session, *, by: str, reason: str, now: datetime) -> dict[str, int]:
    """A person lets mail go again after a restore: how many were `released`, and how many stay `held` one by one.

    Raises Refused when no restore waits for it, and in a live installation without a reason.
    """
    waiting = session.exec(select(Restore).where(col(Restore.released_at).is_(None)).with_for_update()).all()
    if not waiting:
        raise Refused("Er wordt niets vastgehouden door een teruggezette back-up. Bekijk de mail met: tijdig outbox.")
    if len(reason.strip()) < MIN_REASON and installation(session).mode == "live":
        raise Refused(f"Schrijf een reden van minimaal {MIN_REASON} tekens.")
    hold_repeated(session)
    told = {"released": release_all(session), "held": _held(session)}
    for restore in waiting:
        restore.released_at, restore.released_by, restore.reason = now, by, reason.strip()
        session.add(restore)
    detail = {"epochs": [restore.epoch for restore in waiting], "reason": reason.strip(), **told}
    session.add(Event(at=now, kind="release", actor=by, detail=canonical(detail)))
    passed(session, [f"restore/{restore.epoch}" for restore in waiting], by=by, now=now)
    return told


def hold_all(session: Session) -> None:
    """After a restore: nothing goes out before it is released, and what was going out is uncertain."""
    hold_repeated(session)
    set_mails(session, col(Mail.state).in_(GOES), state="aangehouden", why=HELD_BY_RESTORE)
    set_mails(session, Mail.state == "bezig", state="onzeker", why=HELD_BY_RESTORE, leased_until=None)


def release_all(session: Session) -> int:
    """What a restore held may go out; gives how many. What may have been sent already stays."""
    return set_mails(
        session, (col(Mail.state) == "aangehouden") & (col(Mail.why) == HELD_BY_RESTORE), state="klaar", why=""
    )


def _held(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Mail).where(UNSENT, Mail.state == "aangehouden")).one()
