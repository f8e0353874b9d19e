"""The story of the demo: one orange file through twelve weeks that end today, and others beside it.

It is played with the use cases that users run, day by day on the trial clock: people act, the sweep catches up,
mails are composed and captured.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlmodel import Session, col, select

from models.message import Mail
from models.operation import Installation
from models.session import Store
from tijdig.engine.calendar import Calendar, instant, local_day
from tijdig.service.cases import Doing, correct, decide, open_case
from tijdig.service.people import Directory
from tijdig.service.rounds import deliver_round, sweep_round
from tijdig.service.work import Work
from tijdig.settings import Settings

WEEKS = 12
MORNING, EVENING = time(7, 45), time(16, 0)
CLOSING = time(9, 0)
"""The story ends at nine o'clock of the last office day that is not after today."""

PROCEDURE, MAIN = "orange-status", "lid-003"
MAIN_SUBJECT = MAIN.replace("-", " ")
ADVISER_ROLE, DIRECTOR = "kwaliteitsadviseur", "director1"

_WORDS = {"remind": "herinnering", "escalate": "termijn verlopen"}

Act = Callable[[Work, Directory, datetime], Any]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody does on a day of the story (counted from its first; on a closed day the office day after)."""

    day: int
    at: time
    told: str
    act: Act


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
    deeds: dict[date, list[Deed]] = defaultdict(list)
    for deed in sorted(_deeds(first), key=lambda deed: (deed.day, deed.at)):
        deeds[Calendar().next_workday(first + timedelta(days=deed.day), "kantoor")].append(deed)
    for passed in range(WEEKS * 7 + 1):
        day = first + timedelta(days=passed)
        _system(store, settings, story, instant(day, MORNING), wall)
        for deed in deeds[day]:
            _person(store, story, deed, instant(day, deed.at))
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


def _person(store: Store, story: Story, deed: Deed, at: datetime) -> None:
    with store.write() as session:
        _move_clock(session, at)
        work = Work(session)
        deed.act(work, Directory.load(session), at)
        work.flush()
    story.lines.append(Told(at, "mens", deed.told, MAIN in deed.told))


def _move_clock(session: Session, now: datetime) -> None:
    row = session.get_one(Installation, 1)
    row.trial_now = max(row.trial_now or now, now)
    session.add(row)


def _deeds(first: date) -> Iterator[Deed]:
    def started(member: str, on: date) -> Act:
        return lambda work, people, at: open_case(
            work, people, PROCEDURE, member, {"orange_on": on.isoformat()}, Doing(_adviser(people, member, at), at)
        )

    def decided(member: str, step: str, outcome: str, *, by: str = "", reason: str = "", **values: str) -> Act:
        return lambda work, people, at: decide(
            work, people, f"{PROCEDURE}/{member}", step, outcome, values,
            Doing(by or _adviser(people, member, at), at, reason=reason),
        )  # fmt: skip

    def taken_over(member: str, on: date) -> Act:
        return lambda work, people, at: open_case(
            work, people, PROCEDURE, member, {"orange_on": on.isoformat()}, Doing(_adviser(people, member, at), at),
            at_step="improve",
        )  # fmt: skip

    def corrected(member: str, on: date, reason: str) -> Act:
        return lambda work, people, at: correct(
            work, people, f"{PROCEDURE}/{member}", {"orange_on": on.isoformat()},
            Doing(_adviser(people, member, at), at, reason=reason),
        )  # fmt: skip

    nine, eleven, three = time(9, 0), time(11, 0), time(15, 0)
    points = "Zorgplannen bijwerken; doelen in de rapportage noemen; afspraken over medicatie vastleggen."
    yield Deed(0, nine, f"De adviseur start een oranje dossier voor {MAIN}", started(MAIN, first))
    yield Deed(2, eleven, f"De adviseur stuurt {MAIN} de verbeterpunten",
               decided(MAIN, "send_actions", "sent", actions=points))  # fmt: skip
    yield Deed(3, nine, "De adviseur start een oranje dossier voor lid-007; daarna doet niemand iets",
               started("lid-007", first))  # fmt: skip
    yield Deed(4, nine, "De adviseur start een oranje dossier voor lid-011", started("lid-011", first))
    yield Deed(8, three, "Oranje van lid-011 blijkt een week later vastgesteld; de adviseur corrigeert de datum",
               corrected("lid-011", first + timedelta(weeks=1), "datum van het verslag genomen"))  # fmt: skip
    yield Deed(30, nine, "Een lopend dossier uit de spreadsheet wordt in week 7 overgenomen: lid-020",
               taken_over("lid-020", first + timedelta(days=30) - timedelta(weeks=7)))  # fmt: skip
    yield Deed(40, three, f"{MAIN} levert aan via de link in de mail",
               decided(MAIN, "improve", "handed_in", by=MAIN, explanation="Alle plannen zijn bijgewerkt."))  # fmt: skip
    yield Deed(47, eleven, "De adviseur controleert opnieuw: er ontbreekt nog iets",
               decided(MAIN, "recheck", "not_in_order", missing="Bij twee dossiers ontbreken de doelen."))  # fmt: skip
    yield Deed(56, three, f"{MAIN} vult aan",
               decided(MAIN, "supplement", "handed_in", by=MAIN, explanation="De doelen staan er nu in."))  # fmt: skip
    yield Deed(58, nine, "De adviseur stelt voor lid-011 rood voor",
               decided("lid-011", "judge", "red", reason="geen voortgang na twee gesprekken"))  # fmt: skip
    yield Deed(60, eleven, "De directeur bevestigt rood; het vervolgdossier begint",
               decided("lid-011", "confirm_red", "red", by=DIRECTOR, reason="eens met het voorstel"))  # fmt: skip
    yield Deed(63, nine, "De adviseur controleert opnieuw: in orde", decided(MAIN, "recheck", "in_order"))
    yield Deed(
        70, nine, "De adviseur start een oranje dossier voor lid-028", started("lid-028", first + timedelta(days=69))
    )
    yield Deed(WEEKS * 7, CLOSING, f"De adviseur oordeelt op de laatste dag: {MAIN} is groen",
               decided(MAIN, "judge", "green"))  # fmt: skip


def _adviser(people: Directory, member: str, at: datetime) -> str:
    """The adviser of a member, the first where several share it."""
    holders: Sequence[str] = people.holders(ADVISER_ROLE, subject=member, case="", on=local_day(at))
    return holders[0]
