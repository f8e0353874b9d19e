"""What people do in the soak, as values that can be done again in another play of the same year."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from sqlmodel import Session, col, select

from flows.orange_status import ORANGE_STATUS
from models.organisation import Absence, Address, Assignment, Person
from models.session import Store
from tijdig.engine import Remind, weeks
from tijdig.engine.errors import Refused
from tijdig.service import announce, cases, moving, pins
from tijdig.service.cases import Doing
from tijdig.service.moving import To
from tijdig.service.people import Directory
from tijdig.service.post import Post
from tijdig.service.work import Work

REASON = "met elkaar besproken"
URL = "https://tijdig.zorg.example"

Deed = Callable[[Store, Doing], None]
"""A `partial` of what stands below, so that it can be read and done again."""


def do(store: Store, deed: Deed, doing: Doing) -> str:
    """Do it; gives what was refused, empty when nothing was."""
    try:
        deed(store, doing)
    except Refused as refusal:
        return f"{refusal.code}: {refusal}"
    return ""


def _writing(what: Callable[..., object], *given: object) -> Deed:
    """A deed in one transaction."""
    return partial(_write, what, given)


def _write(what: Callable[..., object], given: tuple[Any, ...], store: Store, doing: Doing) -> None:
    with store.write() as session:
        what(session, doing, *given)


# --- in cases


def case(deed: Callable[..., object], *given: object, **more: object) -> Deed:
    """One of the use cases of `cases`."""
    return _writing(_in_case, deed, given, more)


def _in_case(
    session: Session, doing: Doing, deed: Callable[..., object], given: tuple[Any, ...], more: dict[str, Any]
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
    return case(_announce, member, day)


def _announce(work: Work, _: Directory, member: str, day: str | None, doing: Doing) -> None:
    announce.announce(work, member, "left_on", day, doing)


# --- in the house


def choose(setting: str, value: str) -> Deed:
    return _writing(_choose, setting, value)


def _choose(session: Session, doing: Doing, setting: str, value: str) -> None:
    pins.choose(session, setting, value, by=doing.by, reason=doing.reason, now=doing.at)


def revise() -> Deed:
    """From now on the norm is reminded of a week earlier."""
    return _writing(_revise)


def _revise(session: Session, doing: Doing) -> None:
    norm, *goals = ORANGE_STATUS.goals
    norm = replace(norm, remind=(Remind("week_10", before=weeks(2)),))
    pins.publish(session, [replace(ORANGE_STATUS, revision=2, goals=(norm, *goals))], now=doing.at, by=doing.by)


def move(to: To | None) -> Deed:
    """All that runs goes to the newest versions, as the preview said."""
    return partial(_move, to)


def _move(to: To | None, store: Store, doing: Doing) -> None:
    with store.write() as session:
        moving.begin_move(session, [], to, doing)
    planned = moving.move(store, [], to, doing, plan=True)
    moved = moving.move(store, [], to, doing)
    assert (planned.cases, planned.refused) == (moved.cases, moved.refused)
    assert moved.incidents == []


def be_away(person: str, since: date, until: date, deputy: str | None) -> Deed:
    """Somebody is away, if that one is not already."""
    return _writing(_be_away, person, since, until, deputy)


def _be_away(session: Session, _: Doing, person: str, since: date, until: date, deputy: str | None) -> None:
    overlaps = col(Absence.until) >= since, col(Absence.since) <= until
    if session.exec(select(Absence).where(Absence.person_id == person, *overlaps)).first() is None:
        session.add(Absence(person_id=person, since=since, until=until, deputy_id=deputy))


def leave_house(person: str, last: date) -> Deed:
    """A colleague leaves; what was in hand stays behind."""
    return _writing(_leave_house, person, last)


def _leave_house(session: Session, _: Doing, person: str, last: date) -> None:
    for held in session.exec(select(Assignment).where(Assignment.person_id == person)).all():
        held.until = last
        session.add(held)


def begin(person: str, role: str, since: date) -> Deed:
    """A new colleague."""
    return _writing(_begin, person, role, since)


def _begin(session: Session, _: Doing, person: str, role: str, since: date) -> None:
    session.add(Person(id=person, name=person.title()))
    session.flush()
    session.add(Assignment(person_id=person, role=role, since=since))
    session.add(Address(person_id=person, since=since, email=f"{person}@zorg.example"))


def change_address(person: str, since: date) -> Deed:
    return _writing(_change_address, person, since)


def _change_address(session: Session, _: Doing, person: str, since: date) -> None:
    session.merge(Address(person_id=person, since=since, email=f"{person}.{since:%m%d}@zorg.example"))
