"""Who looks after the installation, in the browser: whether somebody may, and that a form of theirs counts once."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session, select

from models.operation import Event, Installation
from models.session import Store
from tijdig.engine.acts import MIN_REASON
from tijdig.engine.errors import Refused
from tijdig.engine.snapshot import canonical
from tijdig.service.forms import clean_text
from tijdig.service.people import ADMINISTRATOR, NO_RIGHT, Directory

NOT_FOR_YOU = f"Deze pagina is er voor de rol {ADMINISTRATOR}. Vraag het aan wie die rol heeft."


def is_administrator(people: Directory, person: str, today: date) -> bool:
    """Whether somebody holds the role today, or stands in for who does."""
    if person in people.holders(ADMINISTRATOR, subject="", case="", on=today):
        return True
    told = people.recipients(ADMINISTRATOR, subject="", case="", on=today)
    return any(each.person == person for each in told)


def refuse(store: Store, person: str, path: str, *, wall: datetime) -> Refused:
    """Write down that somebody asked for a page of administrators; gives what they are told."""
    with store.write() as session:
        detail = canonical({"page": path, "via": "web", "code": NO_RIGHT, "why": NOT_FOR_YOU})
        session.add(Event(at=wall, kind="denied", actor=person, detail=detail))
    return Refused(NOT_FOR_YOU, code=NO_RIGHT)


def comes_first(session: Session, person: str, key: str, *, now: datetime) -> bool:
    """Whether a form, by its one-time key, comes in for the first time; that it did is written down.

    Two clicks at once wait for each other here, so that a form counts once.
    """
    session.exec(select(Installation).with_for_update()).one()
    detail = canonical({"form": key})
    seen = select(Event.id).where(Event.kind == "form", Event.actor == person, Event.detail == detail)
    if session.exec(seen).first() is not None:
        return False
    session.add(Event(at=now, kind="form", actor=person, detail=detail))
    return True


def reason_of(text: str) -> str:
    """A reason as it is kept. Raises Refused when it is too short, or holds what looks like a BSN."""
    said = clean_text(text)
    if len(said) < MIN_REASON:
        raise Refused(f"Schrijf een reden van minimaal {MIN_REASON} tekens.")
    return said
