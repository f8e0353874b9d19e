"""What people do in the soak, as values that can be done again in another play of the same year."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from sqlmodel import Session, col, select

from models.organisation import Absence, Address, Assignment, Person
from models.session import Store
from tijdig.engine.errors import Refused
from tijdig.service import announce, cases, pins
from tijdig.service.cases import Doing
from tijdig.service.people import Directory
from tijdig.service.post import Post
from tijdig.service.work import Work

REASON = "met elkaar besproken"
URL = "https://tijdig.zorg.example"

Deed = Callable[[Session, Doing], object]
"""Done in a transaction of its own. A `partial` of what stands below, so that it can be read and done again."""


def do(store: Store, deed: Deed, doing: Doing) -> str:
    """Do it; gives what was refused, empty when nothing was."""
    try:
        with store.write() as session:
            deed(session, doing)
    except Refused as refusal:
        return f"{refusal.code}: {refusal}"
    return ""


# --- in cases


def case(deed: Callable[..., object], *given: object, **more: object) -> Deed:
    """One of the use cases of `cases`."""
    return partial(_in_case, deed, given, more)


def _in_case(
    deed: Callable[..., object], given: tuple[Any, ...], more: dict[str, Any], session: Session, doing: Doing
) -> None:
    people = Directory.load(session)
    work = Work(session, post=Post(session, people, URL))
    deed(work, people, *given, doing, **more)
    work.flush()


def open_case(member: str, orange_on: date, at_step: str = "") -> Deed:
    return case(cases.open_case, "orange-status", member, {"orange_on": orange_on.isoformat()}, at_step=at_step)


def act(code: str, name: str, **given: str) -> Deed:
    return case(cases.act, code, name, given)


def announce_leaving(member: str, day: str | None) -> Deed:
    """A member leaves on a day; None: not after all."""
    return case(_announced, member, day)


def _announced(work: Work, _: Directory, member: str, day: str | None, doing: Doing) -> None:
    announce.announce(work, member, "left_on", day, doing)


# --- in the house


def choose(setting: str, value: str) -> Deed:
    return partial(_chosen, setting, value)


def _chosen(setting: str, value: str, session: Session, doing: Doing) -> None:
    pins.choose(session, setting, value, by=doing.by, reason=doing.reason, now=doing.at)


def be_away(person: str, since: date, until: date, deputy: str | None) -> Deed:
    """Somebody is away, if that one is not already."""
    return partial(_away, person, since, until, deputy)


def _away(person: str, since: date, until: date, deputy: str | None, session: Session, _: Doing) -> None:
    overlaps = col(Absence.until) >= since, col(Absence.since) <= until
    if session.exec(select(Absence).where(Absence.person_id == person, *overlaps)).first() is None:
        session.add(Absence(person_id=person, since=since, until=until, deputy_id=deputy))


def leave_house(person: str, last: date) -> Deed:
    """A colleague leaves; what was in hand stays behind."""
    return partial(_left, person, last)


def _left(person: str, last: date, session: Session, _: Doing) -> None:
    for held in session.exec(select(Assignment).where(Assignment.person_id == person)).all():
        held.until = last
        session.add(held)


def begin(person: str, role: str, since: date) -> Deed:
    """A new colleague."""
    return partial(_began, person, role, since)


def _began(person: str, role: str, since: date, session: Session, _: Doing) -> None:
    session.add(Person(id=person, name=person.title()))
    session.flush()
    session.add(Assignment(person_id=person, role=role, since=since))
    session.add(Address(person_id=person, since=since, email=f"{person}@zorg.example"))


def change_address(person: str, since: date) -> Deed:
    return partial(_changed_address, person, since)


def _changed_address(person: str, since: date, session: Session, _: Doing) -> None:
    session.merge(Address(person_id=person, since=since, email=f"{person}.{since:%m%d}@zorg.example"))
