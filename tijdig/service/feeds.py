"""Calendars that a colleague subscribes to: what they must do, or the dates of one dossier (ux.md, Termijnkalender).

The address is the key: it is told once, only its hash is stored, and it can be revoked. What one may see is asked
again each time. The entries are those of the year plan (yearplan.py), with the same UID for the same thing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from uuid import UUID

from icalendar import Event as Entry
from sqlmodel import Session, col, or_, select

from models.access import Feed
from models.case import Case, OpenObligation
from models.operation import Event
from tijdig.engine.advance import advance
from tijdig.engine.calendar import local_day, short_date, short_moment
from tijdig.engine.errors import Refused
from tijdig.engine.plan import obligations
from tijdig.engine.snapshot import canonical
from tijdig.service.clock import installation
from tijdig.service.held import LOADER, held
from tijdig.service.links import hashed
from tijdig.service.people import Directory
from tijdig.service.pins import pins_of
from tijdig.service.reading import Reader
from tijdig.service.views import is_theirs
from tijdig.service.wording import basis_words, due_words, sentence, subject_name
from tijdig.service.yearplan import CLIENT, all_day, calendar, headline, uid_of

MOST = 20
"""So many calendars somebody may have at once: each of them is a key that may get lost."""
TOO_MANY = f"U hebt al {MOST} agenda-adressen. Trek eerst een adres in dat u niet meer gebruikt."


@dataclass(frozen=True, slots=True)
class Known:
    """A calendar that lives: which, of which dossier (empty: of one's own work), and since when."""

    id: int
    case: str
    made_at: datetime


def make_feed(session: Session, person: str, case_id: int | None, *, now: datetime) -> str:
    """A new calendar of a colleague's work, or of a dossier; gives its token, which is stored nowhere.

    Raises Refused for somebody who has too many.
    """
    if len(feeds_of(session, person)) >= MOST:
        raise Refused(TOO_MANY)
    token = token_urlsafe(32)
    made = Feed(token_sha256=hashed(token), person_id=person, case_id=case_id, made_at=now)
    session.add(made)
    session.flush()
    session.add(Event(at=now, kind="feed", actor=person, detail=canonical({"made": made.id, "case": case_id})))
    return token


def feeds_of(session: Session, person: str) -> list[Known]:
    """The calendars of a colleague that live, the newest first."""
    wanted = select(Feed, Case.code).join(Case, col(Case.id) == col(Feed.case_id), isouter=True)
    living = wanted.where(Feed.person_id == person, col(Feed.revoked_at).is_(None)).order_by(col(Feed.id).desc())
    return [Known(feed.id or 0, code or "", feed.made_at) for feed, code in session.exec(living)]


def revoke_feed(session: Session, person: str, id: int, *, now: datetime) -> bool:
    """End a calendar of this colleague; whether it was one of theirs that lived."""
    feed = session.get(Feed, id)
    if feed is None or feed.person_id != person or feed.revoked_at:
        return False
    feed.revoked_at = now
    session.add(Event(at=now, kind="feed", actor=person, detail=canonical({"revoked": id})))
    return True


def feed(session: Session, token: str, *, now: datetime, url: str) -> bytes | None:
    """The calendar file of an address; None for one that is unknown or revoked, or whose owner may see it no more.

    `url` is the base of links.
    """
    known = session.exec(select(Feed).where(Feed.token_sha256 == hashed(token))).first()
    people = Directory.load(session)
    if known is None or known.revoked_at or not people.has_digest(known.person_id):
        return None
    reader = Reader(session, people, known.person_id, local_day(now))
    if known.case_id is None:
        name, dates = people.name(known.person_id), list(_of_person(session, reader))
    else:
        [one] = held(session, "id = ?", known.case_id)
        if not reader.may_read(one):
            return None
        case = session.get_one(Case, known.case_id)
        name, dates = case.code, list(_of_case(session, case, now)) if one.is_open else []
    uuid = UUID(installation(session).uuid)
    return calendar(f"Tijdig: {name}", (_entry(each, uuid, now, url) for each in dates))


# --- what stands in it


@dataclass(frozen=True, slots=True)
class _Date:
    """A date of a dossier."""

    case: Case
    asked: OpenObligation
    title: str
    subject: str


def _of_person(session: Session, reader: Reader) -> Iterator[_Date]:
    """What stands open for somebody: steps, and dates of whole dossiers of which no step of theirs ends that day."""
    mine = or_(col(OpenObligation.role).in_(reader.roles()), OpenObligation.assignee == reader.person)
    wanted = select(OpenObligation, Case).join(Case, col(Case.id) == col(OpenObligation.case_id))
    rows = session.exec(wanted.where(mine, col(OpenObligation.due).is_not(None))).all()
    reader.people.prefetch(case.subject for _, case in rows)
    found = [(a, c) for a, c in rows if is_theirs(reader.people, a, c, reader.person, reader.today)]
    yield from _without_doubles(session, found)


def _of_case(session: Session, case: Case, now: datetime) -> Iterator[_Date]:
    """What a dossier asks now, and later as far as its dates are known."""
    [one] = held(session, "id = ?", case.id)
    state = advance(one.case, now).state
    asked = (each for each in obligations(state) if each.due and each.state in ("open", "waiting"))
    rows = [
        OpenObligation(
            case_id=case.id or 0, step=each.step, round=each.round, kind=each.kind, label=each.label, role=each.role,
            opened_on=each.opened_on or local_day(now), due=each.due.due, fatal=each.fatal, basis=each.due.basis,
            due_time=each.due.due_time.isoformat("minutes") if each.due.due_time else "",
        )
        for each in asked
        if each.due
    ]  # fmt: skip
    yield from _without_doubles(session, [(row, case) for row in rows])


def _without_doubles(session: Session, rows: list[tuple[OpenObligation, Case]]) -> Iterator[_Date]:
    steps = {(asked.case_id, asked.due) for asked, _ in rows if asked.kind == "step"}
    for asked, case in rows:
        if asked.kind == "step" or (asked.case_id, asked.due) not in steps:
            procedure = LOADER.load(session, pins_of(case)).procedure
            subject = "" if procedure.subject == CLIENT else subject_name(case.subject)
            yield _Date(case, asked, procedure.title, subject)


def _entry(each: _Date, uuid: UUID, now: datetime, url: str) -> Entry:
    asked, case = each.asked, each.case
    day = asked.due or local_day(now)
    about = ", ".join(filter(None, (each.subject, case.code)))
    return all_day(
        uid_of(uuid, case.code, asked.step, asked.round), day, now=now, sequence=case.version,
        summary=headline(asked.label, asked.due_time, fatal=asked.fatal, about=about),
        description="\n".join(_description(each, now, url)), fatal=asked.fatal, basis=asked.basis,
    )  # fmt: skip


def _description(each: _Date, now: datetime, url: str) -> Iterator[str]:
    asked = each.asked
    yield sentence(asked.label)
    yield f"{each.title}: {each.case.code}."
    start = f" Oppakken vanaf: {short_date(asked.start_on)}." if asked.start_on else ""
    yield f"Uiterlijk: {due_words(asked.due, asked.due_time)} ({basis_words(asked.basis, asked.fatal)}).{start}"
    yield f"Waarom deze datum? {url}/dossier/{each.case.code}#waarom-{asked.step}"
    yield f"Stand van {short_moment(now)}. Deze agenda kan een dag achterlopen; wat nu geldt, staat in Tijdig."
