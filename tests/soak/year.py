"""A year in trial time: deeds, rounds and a mail server by chance; and all is mended on its last day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from random import Random

from sqlmodel import Session, col, exists, select

from models.message import Mail
from models.operation import Incident
from models.organisation import Address, Person
from models.session import Store
from tests.soak import deeds
from tests.soak.deeds import REASON, URL
from tests.soak.invented import ADMINISTRATOR, Done, People, plans
from tests.soak.mailserver import MailServer
from tijdig.engine.calendar import instant
from tijdig.service.compose import compose
from tijdig.service.deliver import deliver
from tijdig.service.mailbox import settle
from tijdig.service.rounds import sweep_round
from tijdig.settings import Settings

BEGINS, ENDS = date(2026, 1, 5), date(2027, 1, 5)
"""The clock goes forward and back in it."""
CLOCK_CHANGES = (date(2026, 3, 29), date(2026, 10, 25))
DAYS = [BEGINS + timedelta(days=n) for n in range((ENDS - BEGINS).days)]
THREE_WEEKS = 21

WAYS = {"onzeker": ("resend", "arrived", "drop"), "mislukt": ("resend", "drop"), "aangehouden": ("arrived", "drop")}
"""How people settle a mail that waits for them."""

ODD_HOURS = ("00:00", "03:00", "05:00", "13:00", "16:59", "20:00", "23:00")


@dataclass(frozen=True)
class Rhythm:
    """When there are rounds: in the morning of some weekdays, and by chance at other hours."""

    mornings: Sequence[int]
    more: float

    def hours(self, chance: Random, day: date) -> Sequence[str]:
        if self.mornings and day in CLOCK_CHANGES:
            return ("00:00", "01:30", "03:00", "03:30", "09:00")
        morning = ("09:00",) if day.weekday() in self.mornings else ()
        return (*morning, *(hour for hour in ODD_HOURS if chance.random() < self.more))


DAILY = Rhythm(range(5), 0.02)
WEEKLY = Rhythm((0,), 0.02)
NOW_AND_THEN = Rhythm((), 0.01)


@dataclass(frozen=True)
class Fate:
    """What befalls the house: the first days of times of which nothing works for long."""

    everything: date
    """Nothing and nobody works."""
    rounds: date
    """Nothing is swept and nothing goes out; people go on."""
    mail: date
    """The mail server is dead for four days."""

    @classmethod
    def by(cls, chance: Random) -> Fate:
        return cls(*(DAYS[first + chance.randrange(40)] for first in (60, 180, 290)))

    def stops_everything(self, day: date) -> bool:
        return 0 <= (day - self.everything).days < THREE_WEEKS

    def stops_rounds(self, day: date) -> bool:
        return self.stops_everything(day) or 0 <= (day - self.rounds).days < THREE_WEEKS

    def stops_mail(self, day: date) -> bool:
        return 0 <= (day - self.mail).days < 4


@dataclass
class Year:
    """One year of a house, lived in one database. `script` is what people did, and `answers` what was refused of it."""

    store: Store
    folder: Path
    fate: Fate
    chance: Random
    server: MailServer
    rhythm: Rhythm
    script: dict[date, list[Done]] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    rounds: list[datetime] = field(default_factory=list)

    @classmethod
    def of(cls, seed: int, address: str, folder: Path, rhythm: Rhythm) -> Year:
        """The house of a seed: what befalls it is the same whatever the rhythm."""
        own = Random(f"{seed} {rhythm}")
        store = Store.at(address, sync="normal")  # no power fails here
        return cls(store, folder, Fate.by(Random(seed)), own, MailServer(own), rhythm)

    def invent(self, seed: int, members: int) -> Iterator[date]:
        """Live it, with new deeds each day; gives each day that is over."""
        chance, days = Random(f"{seed} people"), [day for day in DAYS if not self.fate.stops_everything(day)]
        people = People(chance, plans(chance, days, members))
        for day in DAYS:
            self.script[day] = [] if self.fate.stops_everything(day) else people.on(day, self.store)
            self._live(day)
            yield day

    def repeat(self, script: Mapping[date, list[Done]]) -> None:
        """Live it with the deeds of another one."""
        for day in DAYS:
            self.script[day] = script[day]
            self._live(day)

    def _live(self, day: date) -> None:
        self.server.is_dead = self.fate.stops_mail(day)
        hours = () if self.fate.stops_rounds(day) else self.rhythm.hours(self.chance, day)
        rounds = [instant(day, time.fromisoformat(hour)) for hour in hours]
        happens: list[tuple[datetime, float, Callable[[], None]]] = []  # at one moment by chance before or after deeds
        happens += ((done.doing.at, 0.5, partial(self._do, done)) for done in self.script[day])
        happens += ((at, self.chance.random(), partial(self.round, at)) for at in rounds)
        happens += ((at, 2, partial(self._settle_some, at)) for at in rounds if self.chance.random() < 0.2)
        for _, _, what in sorted(happens, key=lambda each: each[:2]):
            what()

    def _do(self, done: Done) -> None:
        self.answers.append(deeds.do(self.store, done.deed, done.doing))

    def round(self, now: datetime) -> None:
        """A sweep, and then the mail."""
        settings = Settings.read({"TIJDIG_DATA": str(self.folder)})
        sweep_round(self.store, now=now, wall=now, url=URL)
        with self.store.write() as session:
            compose(session, now=now, url=URL)
        deliver(self.store, now=now, wall=now, settings=settings, channel=self.server)
        self.rounds.append(now)

    def done(self) -> list[Done]:
        """All that people did, in order."""
        return [done for day in self.script.values() for done in day]

    def __str__(self) -> str:
        refused = sum(map(bool, self.answers))
        return (f"{len(self.rounds)} rounds, {len(self.answers)} deeds ({refused} refused), "
                f"{len(self.server.caught)} mails out")  # fmt: skip

    # --- mending

    def mend(self) -> None:
        """The last day: the mail server is well, everybody has an address, and somebody settles all that waits."""
        self.server.is_dead, self.server.is_well = False, True
        with self.store.write() as session:
            _give_addresses(session)
        for hour in (9, 11, 13):
            self._settle_all(instant(ENDS, time(hour)))
            self.round(instant(ENDS, time(hour + 1)))

    def _settle_some(self, now: datetime) -> None:
        with self.store.write() as session:
            for mail in _waiting(session):
                if self.chance.random() < 0.3:
                    _settle(session, mail, self.chance.choice(WAYS[mail.state]), now)

    def _settle_all(self, now: datetime) -> None:
        with self.store.write() as session:
            for mail in _waiting(session):
                _settle(session, mail, "resend" if mail.state == "mislukt" else "arrived", now)

    def unmended(self) -> list[str]:
        """The incidents that stand open."""
        with self.store.read() as session:
            return [i.cause for i in session.exec(select(Incident).where(col(Incident.key).is_not(None)))]


def _waiting(session: Session) -> Sequence[Mail]:
    return session.exec(select(Mail).where(col(Mail.state).in_(WAYS)).order_by(col(Mail.id))).all()


def _settle(session: Session, mail: Mail, how: str, now: datetime) -> None:
    if mail.state == "aangehouden":  # a letter that is printed, or what was held in a storm
        how = how if how == "drop" else "release" if mail.address else "arrived"
    settle(session, mail.id or 0, how, by=ADMINISTRATOR, reason=REASON, now=now)


def _give_addresses(session: Session) -> None:
    for person in session.exec(select(Person).where(~exists().where(col(Address.person_id) == Person.id))).all():
        session.add(Address(person_id=person.id, since=ENDS, email=f"{person.id}@zorg.example"))
