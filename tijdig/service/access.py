"""How colleagues get in: by a password of their own, or in a trial by choosing whom to look as.

A visit is a row: signing out ends it everywhere at once. All of it counts in wall-clock time, in a trial too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cache
from secrets import choice, token_urlsafe
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Session, col, delete, func, select

from models.access import Attempt, Password, Visit
from models.operation import Event
from models.session import Store
from tijdig.engine.errors import Busy, Refused
from tijdig.engine.snapshot import canonical
from tijdig.service.clock import home
from tijdig.service.links import hashed
from tijdig.service.people import Directory

SHORTEST = 12
"""Characters of a password. Longer is safer than odd."""

LASTS = timedelta(days=30)
RESTS = timedelta(hours=12)
"""A visit ends after so long in all, and after so long without a look."""

A_DAY = timedelta(hours=12)
"""Instead of the former where an identity provider let somebody in: who may no longer, is out by the next day."""

NOTED = timedelta(minutes=5)
"""So precisely it is known when somebody last looked."""

MOST_FAILURES, WITHIN = 10, timedelta(minutes=15)

BY_PASSWORD = "password"
PROVIDED = "oidc"
"""How a visit began that an identity provider let in."""

LONGEST_NAME = 100
"""Characters of a name under which a failed attempt is kept: what strangers type must not fill the database."""

WRONG = (
    "Deze naam en dit wachtwoord horen niet bij elkaar. Probeer het opnieuw, of vraag de beheerder om een nieuw "
    "wachtwoord."
)
TOO_OFTEN = "Er is te vaak een verkeerd wachtwoord gegeven. Wacht een kwartier en probeer het dan opnieuw."

AT_ONCE = 8
"""So many passwords are weighed at once in a process: each takes 64 MB, and anybody may ask for it."""

_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what looks like something else: l and 1, o and 0."""

_HASHER = PasswordHasher()
_SCALES = BoundedSemaphore(AT_ONCE)


def choose_password(session: Session, person: str, password: str, *, by: str, wall: datetime) -> None:
    """Give a colleague a password; what was begun with an earlier one ends. Raises Refused for one that is too easy."""
    people = Directory.load(session)
    if not people.has_digest(person):
        raise Refused(f"'{person}' is geen collega. Een wachtwoord is er voor medewerkers; leden krijgen een link.")
    if len(password) < SHORTEST:
        raise Refused(f"Dit wachtwoord is te kort. Kies er een van minstens {SHORTEST} tekens.")
    if len(set(password)) < SHORTEST // 2 or person.lower() in password.lower():
        raise Refused("Dit wachtwoord is te makkelijk te raden. Kies een andere zin.")
    session.merge(Password(person_id=person, hash=_HASHER.hash(password), chosen_at=wall))
    session.execute(delete(Visit).where(col(Visit.person_id) == person))
    session.execute(delete(Attempt).where(
        (col(Attempt.name) == person) | col(Attempt.name).startswith(f"{person} ", autoescape=True)
    ))  # fmt: skip
    session.add(Event(at=wall, kind="password", actor=by, detail=canonical({"person": person})))


def made_up_password() -> str:
    """A password to hand over once: hard to guess, easy to read aloud."""
    return "-".join("".join(choice(_READABLE) for _ in range(4)) for _ in range(4))


def sign_in(store: Store, name: str, password: str, *, wall: datetime, browser: str = "") -> str:
    """Begin a visit; gives its token. Raises Refused, in the same words whoever does not exist or was mistaken.

    `browser` is one in which this person signed in before: mistakes there are counted apart from those of strangers,
    so that nobody is kept out by who guesses elsewhere.
    Checking takes a noticeable time, on purpose, and holds no lock meanwhile; Busy when too many do so at once.
    """
    name = name.strip()
    if len(name) > LONGEST_NAME:
        raise Refused(WRONG, code="NOT_IN")
    counted = f"{name} {hashed(browser)}" if browser else name
    with store.read() as session:
        known, failures = session.get(Password, name), _failures(session, counted, wall)
    if failures >= MOST_FAILURES:
        raise Refused(TOO_OFTEN, code="TOO_OFTEN")
    with weighing():
        is_right = _is(known.hash if known else _nobodys(), password) and known is not None
    with store.write() as session:
        if not is_right:
            session.execute(delete(Attempt).where(col(Attempt.at) <= wall - WITHIN))
            session.add(Attempt(name=counted, at=wall))
            if known and failures + 1 == MOST_FAILURES:
                said = {"times": MOST_FAILURES, "in_a_known_browser": bool(browser)}
                session.add(Event(at=wall, kind="guessed", actor=name, detail=canonical(said)))
        elif known and Directory.load(session).has_digest(name):
            session.execute(delete(Attempt).where(col(Attempt.name) == counted))
            if _HASHER.check_needs_rehash(known.hash):
                session.get_one(Password, name).hash = _HASHER.hash(password)
            return begin(session, name, how=BY_PASSWORD, wall=wall)
    raise Refused(WRONG, code="NOT_IN")


def has_password(session: Session, person: str) -> bool:
    """Whether somebody has a password of this house."""
    return session.get(Password, person) is not None


def change_password(store: Store, person: str, old: str, new: str, *, wall: datetime, browser: str = "") -> str:
    """Choose a password of one's own; all visits end and another begins, of which it gives the token.

    Raises Refused as `sign_in` does for the old one, and as `choose_password` for the new one.
    """
    token = sign_in(store, person, old, wall=wall, browser=browser)
    try:
        with store.write() as session:
            choose_password(session, person, new, by=person, wall=wall)
            return begin(session, person, how=BY_PASSWORD, wall=wall)
    except Refused:
        with store.write() as session:
            sign_out(session, token, wall=wall)
        raise


def look_as(session: Session, person: str, *, wall: datetime) -> str:
    """Begin a visit as somebody, without a password: in a trial only. Raises Refused anywhere else."""
    if home(session).mode != "trial":
        raise Refused("Dit is geen proefomgeving. Meld u aan met uw eigen naam.", code="NO_RIGHT")
    if not Directory.load(session).has_digest(person):
        raise Refused(f"'{person}' is geen collega. Kies iemand uit de lijst.")
    return begin(session, person, how="trial", wall=wall)


def visitor(store: Store, token: str, *, wall: datetime) -> str:
    """Whose visit this token is; empty when it is over or never was. Notes, now and then, that they looked."""
    with store.read() as session:
        visit = session.get(Visit, hashed(token))
        over = visit is None or wall >= min(visit.began_at + _lasts(visit), visit.seen_at + RESTS)
        person = (
            "" if visit is None or over or not Directory.load(session).has_digest(visit.person_id) else visit.person_id
        )
    if person and visit and wall - visit.seen_at >= NOTED:
        with suppress(Busy), store.write(durable=False) as session:  # a later look notes it as well
            if seen := session.get(Visit, visit.token_sha256):
                seen.seen_at = wall
    return person


def sign_out(session: Session, token: str, *, wall: datetime) -> None:
    """End a visit, and throw away those that are over."""
    session.execute(delete(Visit).where(col(Visit.token_sha256) == hashed(token)))
    _throw_away(session, wall)


def _throw_away(session: Session, wall: datetime) -> None:
    over = (col(Visit.seen_at) < wall - RESTS) | (col(Visit.began_at) < wall - LASTS)
    session.execute(delete(Visit).where(over))


def visit_of(session: Session, token: str) -> Visit | None:
    """The visit as it was begun, if it stands; whether it is over, `visitor` says."""
    return session.get(Visit, hashed(token))


def begin(session: Session, person: str, *, how: str, wall: datetime, administers: bool = True) -> str:
    """Begin a visit of somebody of whom it is certain who they are; gives its token.

    With `administers` it may open the pages of administrators, if the person has that role: it gives no role itself.
    """
    _throw_away(session, wall)
    token = token_urlsafe(32)
    session.add(Visit(
        token_sha256=hashed(token), person_id=person, began_at=wall, seen_at=wall, how=how, administers=administers
    ))  # fmt: skip
    session.add(Event(at=wall, kind="sign_in", actor=person, detail=canonical({"how": how})))
    return token


def _lasts(visit: Visit) -> timedelta:
    return A_DAY if visit.how == PROVIDED else LASTS


@contextmanager
def weighing() -> Iterator[None]:
    """Room to weigh one password. Raises Busy when there is none: whoever waited would keep a thread from others."""
    if not _SCALES.acquire(blocking=False):
        raise Busy("Er melden zich nu te veel mensen tegelijk aan. Probeer het zo nog eens.")
    try:
        yield
    finally:
        _SCALES.release()


def _failures(session: Session, name: str, wall: datetime) -> int:
    lately = select(func.count()).select_from(Attempt).where(Attempt.name == name, Attempt.at > wall - WITHIN)
    return session.exec(lately).one()


def _is(hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    """What a password of somebody unknown is held against, so that it takes as long."""
    return _HASHER.hash(token_urlsafe(16))
