"""The outbox as people see it, and what they settle in it (ux.md, Postvak uit)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, get_args

from sqlmodel import Session, col, select, update

from models.case import Case, Log
from models.message import Mail, MailNotice, Notice
from models.operation import Event
from tijdig.engine.acts import MIN_REASON
from tijdig.engine.errors import Refused
from tijdig.engine.snapshot import canonical
from tijdig.service.compose import AT_ONCE, POST
from tijdig.service.deliver import UNCERTAIN_ONCE
from tijdig.service.incidents import passed

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
    wanted = select(Mail).order_by(col(Mail.id))
    mails = session.exec(wanted.where(Mail.state == state) if state else wanted).all()
    told = (
        select(MailNotice.mail_id, Case.code, Log.key)
        .join(Notice, col(Notice.id) == col(MailNotice.notice_id))
        .join(Case, col(Case.id) == col(Notice.case_id))
        .join(Log, col(Log.id) == col(Notice.log_id))
        .order_by(col(Notice.id))
    )
    if state:
        told = told.join(Mail, col(Mail.id) == col(MailNotice.mail_id)).where(Mail.state == state)
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
    detail = {"mail": mail_id, "from": was, "how": how, "reason": reason.strip()}
    session.add(Event(at=now, kind="settle_mail", actor=by, detail=canonical(detail)))
    passed(session, [f"mail/{mail_id}", f"print/{mail_id}"], by=by, now=now)
    return mail


def _allowed(mail: Mail, how: Settle) -> tuple[str, ...]:
    """A letter by post is printed and sent by hand: it arrives or is dropped, and no server gets it."""
    if mail.state == "aangehouden" and mail.why == POST:
        return ("aangehouden",) if how in ("arrived", "drop") else ()
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


HELD_BY_RESTORE = "teruggezet uit een back-up: wacht op vrijgave"


def hold_all(session: Session) -> None:
    """After a restore: nothing goes out before it is released, and what was going out is uncertain."""
    _set(session, ("klaar", "wacht"), state="aangehouden", why=HELD_BY_RESTORE)
    _set(session, ("bezig",), state="onzeker", why=HELD_BY_RESTORE, leased_until=None)


def release_all(session: Session) -> None:
    """What a restore held may go out."""
    released = (col(Mail.state) == "aangehouden") & (col(Mail.why) == HELD_BY_RESTORE)
    session.execute(
        update(Mail).where(released).values(state="klaar", why=""), execution_options={"synchronize_session": False}
    )


def _set(session: Session, states: Sequence[str], **values: Any) -> None:
    changed = update(Mail).where(col(Mail.state).in_(states)).values(**values)
    session.execute(changed, execution_options={"synchronize_session": False})
