"""The story of the demo: one orange file through twelve weeks that end today, and all that goes on beside it.

It is played with the use cases that users run, day by day on the trial clock: people act, the sweep catches up,
mails are composed and captured.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlmodel import Session, col, select

from models.message import Mail
from models.operation import Installation
from models.session import Store
from tijdig.engine.calendar import Calendar, instant
from tijdig.service.deeds import CLOSING, MAIN, WEEKS, Deed, deeds
from tijdig.service.documents import folder_of, keeper
from tijdig.service.people import Directory
from tijdig.service.rounds import deliver_round, sweep_round
from tijdig.service.work import Work
from tijdig.settings import Settings

MORNING, EVENING = time(7, 45), time(16, 0)
MAIN_SUBJECT = MAIN.replace("-", " ")

_WORDS = {"remind": "herinnering", "escalate": "termijn verlopen"}

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Told:
    """One line of the story: what people did and what the system did because of it."""

    at: datetime
    who: str
    what: str
    main: bool
    """It is about the file that the story follows."""


@dataclass(slots=True)
class Story:
    """The story as data."""

    ends: datetime
    lines: list[Told] = field(default_factory=list)


def last_office_day(today: date) -> date:
    """The last office day that is not after today."""
    return Calendar().prev_workday(today, "kantoor")


def play(store: Store, settings: Settings, *, today: date, wall: datetime, progress: Progress | None = None) -> Story:
    """Play the story up to nine o'clock of the last office day not after `today`; the trial clock stands there then."""
    last = last_office_day(today)
    first = last - timedelta(weeks=WEEKS)
    story = Story(instant(last, CLOSING))
    todo: dict[date, list[Deed]] = defaultdict(list)
    for deed in sorted(deeds(first), key=lambda deed: (deed.day, deed.at)):
        todo[Calendar().next_workday(first + timedelta(days=deed.day), "kantoor")].append(deed)
    for passed in range(WEEKS * 7 + 1):
        day = first + timedelta(days=passed)
        _system(store, settings, story, instant(day, MORNING), wall)
        for deed in todo[day]:
            _person(store, settings, story, deed, instant(day, deed.at))
        _system(store, settings, story, min(instant(day, EVENING), story.ends), wall)
        if progress:
            progress(passed, WEEKS * 7)
    return story


def _system(store: Store, settings: Settings, story: Story, now: datetime, wall: datetime) -> None:
    """The clock moves, the sweep runs, mails are composed and captured; the mails are told."""
    with store.write() as session:
        _move_clock(session, now)
    swept = sweep_round(store, now=now, wall=wall, by="demo")
    for done in swept.effects:
        what = _WORDS.get(done.effect.kind)
        if what and not done.effect.overtaken:
            told = f"{done.case}, {done.subject}: {what} ({', '.join(done.effect.to)})"
            story.lines.append(Told(now, "Tijdig", told, done.subject == MAIN))
    with store.read() as session:
        newest = session.exec(select(Mail.id).order_by(col(Mail.id).desc()).limit(1)).first() or 0
    deliver_round(store, now=now, wall=wall, settings=settings, by="demo")
    with store.read() as session:
        for mail in session.exec(select(Mail).where(col(Mail.id) > newest).order_by(col(Mail.id))):
            story.lines.append(Told(now, "mail", f"aan {mail.person_id}: {mail.subject}", MAIN_SUBJECT in mail.subject))


def _person(store: Store, settings: Settings, story: Story, deed: Deed, at: datetime) -> None:
    with store.write() as session:
        _move_clock(session, at)
        work = Work(session, keep=keeper(session, folder_of(settings.data), now=at))
        deed.act(work, Directory.load(session), at)
        work.flush()
    story.lines.append(Told(at, "mens", deed.told, MAIN in deed.told))


def _move_clock(session: Session, now: datetime) -> None:
    row = session.get_one(Installation, 1)
    row.trial_now = max(row.trial_now or now, now)
    session.add(row)
