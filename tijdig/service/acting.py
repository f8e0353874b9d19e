"""Somebody acts: who that is, what time it is, and everything they change in one transaction; a denial is logged.

In a live installation the account of the operating system says who acts; both are logged (design, Trust).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from models.bulk import insert_rows, stored_instant
from models.operation import Event
from models.session import Store
from tijdig.engine.calendar import local_day
from tijdig.engine.errors import FourEyes, Refused
from tijdig.engine.snapshot import canonical
from tijdig.service.cases import Doing
from tijdig.service.clock import home, set_clock
from tijdig.service.documents import keeper
from tijdig.service.forms import clean_text
from tijdig.service.people import ADMINISTRATOR, NO_RIGHT, TRIAL_USER, Directory
from tijdig.service.post import Post
from tijdig.service.tables import read_table
from tijdig.service.work import Work


@dataclass(frozen=True, slots=True)
class Caller:
    """Who says to act, from which account; what for is a word for the log (the command)."""

    by: str
    account: str
    command: str
    behalf: str = ""
    reason: str = ""
    via: str = ""


@dataclass(frozen=True, slots=True)
class Acting:
    """What an act needs, within its transaction."""

    session: Session
    people: Directory
    work: Work
    doing: Doing


@contextmanager
def acting(
    store: Store, caller: Caller, *, at: str | None, wall: datetime, files: Path, plan: bool = False, url: str = ""
) -> Iterator[Acting]:
    """One act: clock, people and work in one transaction. With `plan` nothing of it stays.

    With `url`, the base of links, mails that need not wait are composed at once.
    Raises Refused as the act does, and in a live installation for an account that belongs to nobody; a denial is
    logged in a transaction of its own.
    """
    with denials_logged(store, caller, wall=wall), store.write() as session:
        now = set_clock(session, at, wall=wall)
        people = Directory.load(session)
        doing = as_whom(session, people, caller, now)
        post = Post(session, people, url) if url and not plan else None
        work = Work(session, keep=keeper(session, files, now=now), post=post)
        yield Acting(session, people, work, doing)
        if plan:
            session.rollback()
        else:
            work.flush()


def may_administer(session: Session, account: str, *, now: datetime) -> None:
    """Only an administrator changes the house, as soon as a live installation has one.

    Raises Refused, naming who may, for an account that is nobody's or of somebody without that role.
    """
    people = Directory.load(session)
    holders = people.recipients(ADMINISTRATOR, subject="", case="", on=local_day(now))
    mapped = people.of_account(account)
    if home(session).mode == "live" and holders and mapped not in {each.person for each in holders}:
        names = ", ".join(each.person for each in holders)
        raise Refused(
            f"Account '{account}' mag dit niet: het is werk van de rol {ADMINISTRATOR} ({names}). Vraag het daar.",
            code=NO_RIGHT,
        )


@contextmanager
def denials_logged(store: Store, caller: Caller, *, wall: datetime) -> Iterator[None]:
    """Write down what was refused because of who asked; the refusal itself goes on."""
    try:
        yield
    except Refused as refusal:
        if isinstance(refusal, FourEyes) or refusal.code == NO_RIGHT:
            _log_denial(store, caller, refusal, wall)
        raise


def as_whom(session: Session, people: Directory, caller: Caller, now: datetime) -> Doing:
    """As whom the caller acts.

    Raises Refused for somebody unknown, or whom this account may not act for, and for a reason with a BSN in it.
    """
    doing = Doing(caller.by, now, caller.behalf, clean_text(caller.reason), caller.via)
    if home(session).mode == "trial":
        if caller.by != TRIAL_USER and not people.knows(caller.by):
            raise Refused(
                f"'{caller.by}' is hier niet bekend. Gebruik een persoon uit Beheer, Personen.", code=NO_RIGHT
            )
        return doing
    mapped = people.of_account(caller.account)
    if not mapped:
        raise Refused(
            f"Account '{caller.account}' of this machine belongs to no person. Give somebody this account, in the "
            f"column `account` of: tijdig import people FILE.csv.", code=NO_RIGHT
        )  # fmt: skip
    if caller.by != mapped:
        stands_in = caller.by in people.stands_in_for(mapped, local_day(now))
        if caller.behalf or not (stands_in or not people.has_digest(caller.by)):
            raise Refused(
                f"Account '{caller.account}' is {mapped}, who may not act as {caller.by}. Say --by {mapped}.",
                code=NO_RIGHT,
            )
        doing = Doing(mapped, now, caller.by, caller.reason, caller.via)
    said = {"account": caller.account, "command": caller.command, "behalf": doing.behalf}
    event = stored_instant(session)(now), "act", mapped, canonical(said)
    insert_rows(session, Event, ("at", "kind", "actor", "detail"), [event])
    return doing


def _log_denial(store: Store, caller: Caller, refusal: Refused, wall: datetime) -> None:
    said = {"account": caller.account, "command": caller.command, "behalf": caller.behalf, "code": refusal.code}
    with store.write() as session:
        now = set_clock(session, None, wall=wall)
        session.add(Event(at=now, kind="denied", actor=caller.by, detail=canonical({**said, "why": str(refusal)})))


def check_speakers(session: Session, data: bytes, caller: Caller, *, wall: datetime) -> None:
    """In a live installation a file may only hold acts of whom this account may act as. Raises Refused otherwise."""
    if home(session).mode == "trial":
        return
    people = Directory.load(session)
    for by in sorted({row.cells["by"] for row in read_table(data, needed=("by",), also=None).rows if row.has("by")}):
        if as_whom(session, people, replace(caller, by=by), wall).by != by:
            raise Refused(f"A file of account '{caller.account}' may not name {by} in the column `by`.", code=NO_RIGHT)
