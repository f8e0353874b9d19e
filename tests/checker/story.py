"""Half a year in an office, played through the use cases: what the checker must find nothing wrong with.

As a program it plays the story in a database that stands ready, with whatever copy of Tijdig stands first on the path.
What went out lands in FOLDER/mail, the moments of its rounds in FOLDER/rounds, what was refused in FOLDER/refused.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select, update

from models.case import Case
from models.message import Mail
from models.operation import Incident
from models.organisation import Absence
from models.pins import SettingsVersion
from models.session import Store
from tijdig.engine.calendar import instant
from tijdig.engine.errors import Refused
from tijdig.service import announce, cases, compose, pins
from tijdig.service.cases import Doing
from tijdig.service.channel import Outcome, Unreachable
from tijdig.service.deliver import deliver
from tijdig.service.incidents import retry
from tijdig.service.mailbox import settle
from tijdig.service.people import Directory
from tijdig.service.rounds import sweep_round
from tijdig.service.work import Work
from tijdig.settings import Settings

BEGINS, ENDS = date(2026, 1, 5), date(2026, 6, 1)
OUTAGE = (date(2026, 4, 1), date(2026, 5, 3))
"""Nothing runs; people go on."""
MORNING = time(9)
MORE_ROUNDS = ("2026-01-07", "2026-01-09", "2026-01-14", "2026-02-06", "2026-03-03", "2026-03-06", "2026-03-27")
REASON = "met elkaar besproken"
MEMBERS = tuple(f"lid-{n:03d}" for n in range(1, 13))


@dataclass
class Server:
    """A mail server that keeps what it took, and has its bad days."""

    folder: Path
    day: date = BEGINS
    taken: int = 0
    batch: int = 10
    repeatable: bool = False

    def send(self, mail: EmailMessage) -> Outcome:
        answer = BAD_DAYS.get((self.day.isoformat(), mail["To"].partition("@")[0]), 250)
        if isinstance(answer, Exception):
            raise answer
        if answer is None or answer < 400:
            self.taken += 1
            (self.folder / f"{self.taken:04d}.eml").write_bytes(mail.as_bytes())
        return Outcome(answer, mail["Message-ID"], temporary=answer is not None and 400 <= answer < 500)

    def close(self) -> None:
        pass


BAD_DAYS: Mapping[tuple[str, str], int | Exception | None] = {
    ("2026-01-07", "lid-001"): 451,
    ("2026-01-09", "adviser1"): Unreachable(),
    ("2026-02-06", "lid-008"): None,  # taken, and the line went dead
    ("2026-03-03", "lid-006"): 550,
}


Deed = Callable[["Play"], object]


@dataclass
class Play:
    """The office on one of its days."""

    store: Store
    folder: Path
    server: Server
    now: datetime = field(default=instant(BEGINS, MORNING))
    rounds: list[datetime] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def do(self, deed: Deed) -> None:
        try:
            deed(self)
        except Refused as refusal:
            self.refused.append(str(refusal))

    def round(self) -> None:
        """A sweep, and then the mail."""
        settings = Settings.read({"TIJDIG_DATA": str(self.folder)})
        sweep_round(self.store, now=self.now, wall=self.now)
        with self.store.write() as session:
            compose.compose(session, now=self.now, url=settings.url)
        deliver(self.store, now=self.now, wall=self.now, settings=settings, channel=self.server)
        self.rounds.append(self.now)

    def act(self, deed: Callable[..., object], *given: object, by: str, reason: str = REASON, **more: Any) -> None:
        with self.store.write() as session:
            work = Work(session, keep=lambda path: {"name": path, "sha256": "0" * 64, "size": 1})
            deed(work, Directory.load(session), *given, Doing(by, self.now, reason=reason), **more)
            work.flush()

    def write(self, deed: Callable[[Session], object]) -> None:
        with self.store.write() as session:
            deed(session)


# --- deeds


def opens(number: int, orange_on: str, by: str = "adviser1", **more: str) -> Deed:
    member = MEMBERS[number - 1]
    return lambda play: play.act(cases.open_case, "orange-status", member, {"orange_on": orange_on}, by=by, **more)


def decides(number: int, step: str, outcome: str, by: str = "", procedure: str = "orange-status", **form: str) -> Deed:
    case = f"{procedure}/{MEMBERS[number - 1]}"
    return lambda play: play.act(cases.decide, case, step, outcome, form, by=by or MEMBERS[number - 1])


def does(number: int, act: str, by: str = "adviser1", /, **given: str) -> Deed:
    return lambda play: play.act(cases.act, f"orange-status/{MEMBERS[number - 1]}", act, given, by=by)


def records(number: int, **facts: str) -> Deed:
    return lambda play: play.act(cases.record_facts, f"orange-status/{MEMBERS[number - 1]}", facts, by="adviser1")


def corrects(number: int, **facts: str) -> Deed:
    return lambda play: play.act(cases.correct, f"orange-status/{MEMBERS[number - 1]}", facts, by="adviser1")


def leaves(number: int, day: str) -> Deed:
    def announced(work: Work, _: Directory, doing: Doing) -> None:
        announce.announce(work, MEMBERS[number - 1], "left_on", day, doing)

    return lambda play: play.act(announced, by="adviser1")


def is_away(person: str, since: str, until: str, deputy: str) -> Deed:
    first, last = date.fromisoformat(since), date.fromisoformat(until)
    return lambda play: play.write(
        lambda session: session.add(Absence(person_id=person, since=first, until=last, deputy_id=deputy))
    )


def chooses(setting: str, value: str) -> Deed:
    return lambda play: play.write(
        lambda session: pins.choose(session, setting, value, by="admin1", reason=REASON, now=play.now)
    )


def breaks(number: int) -> Deed:
    """The case stands on settings that make no sense: a bad day for one, and for nobody else."""

    def deed(session: Session, now: datetime) -> None:
        session.add(SettingsVersion(id=0, at=now, by="", reason="", values='{"orange_term": "kapot"}'))
        session.flush()
        _stand_on(session, number, 0)

    return lambda play: play.write(lambda session: deed(session, play.now))


def mends(number: int) -> Deed:
    def deed(session: Session, now: datetime) -> None:
        _stand_on(session, number, session.exec(select(Case.settings_id).where(Case.subject == MEMBERS[0])).one())
        for incident in session.exec(select(Incident).where(Incident.kind == "case")).all():
            retry(session, incident.id or 0, now=now)

    return lambda play: play.write(lambda session: deed(session, play.now))


def _stand_on(session: Session, number: int, settings: int) -> None:
    session.execute(update(Case).where(col(Case.subject) == MEMBERS[number - 1]).values(settings_id=settings))


def settles(state: str, how: str) -> Deed:
    """Somebody settles the mails that stand so."""

    def deed(session: Session, now: datetime) -> None:
        for mail in session.exec(select(Mail).where(Mail.state == state)).all():
            settle(session, mail.id or 0, how, by="admin1", reason=REASON, now=now)

    return lambda play: play.write(lambda session: deed(session, play.now))


ACTIONS = {"actions": "Zorgplan bijwerken"}

# What people do, by day and hour; two of it is refused, since it is not theirs to do.
STORY: tuple[tuple[str, Deed], ...] = (
    ("2026-01-05 08:00", opens(1, "2026-01-05")),
    ("2026-01-05 08:00", opens(2, "2026-01-05")),
    ("2026-01-05 08:30", opens(3, "2026-01-05")),
    ("2026-01-05 20:00", opens(4, "2026-01-03")),
    ("2026-01-06 10:00", opens(5, "2026-01-05")),
    ("2026-01-06 10:00", opens(6, "2026-01-06")),
    ("2026-01-07 10:00", decides(1, "send_actions", "sent", "adviser1", **ACTIONS)),
    ("2026-01-07 10:00", decides(4, "send_actions", "sent", "adviser1", **ACTIONS)),
    ("2026-01-08 10:00", opens(7, "2026-01-08")),
    ("2026-01-12 10:00", opens(8, "2026-01-10")),
    ("2026-01-12 10:00", opens(12, "2026-01-10")),
    ("2026-01-12 10:00", opens(9, "2025-10-06")),
    ("2026-01-14 10:00", does(5, "cancel")),
    ("2026-01-14 10:00", corrects(3, orange_on="2026-01-02")),
    ("2026-01-20 10:00", does(3, "take", "adviser2", step="judge")),
    ("2026-01-21 10:00", is_away("adviser1", "2026-02-02", "2026-02-13", "adviser2")),
    ("2026-01-21 10:00", does(3, "remind", step="improve")),
    ("2026-02-03 15:00", decides(1, "improve", "handed_in")),
    ("2026-02-09 11:00", settles("onzeker", "resend")),
    ("2026-02-10 15:00", decides(1, "recheck", "not_in_order", "adviser2", missing="Handtekening")),
    ("2026-02-14 11:00", decides(1, "supplement", "handed_in")),
    ("2026-02-17 15:00", decides(1, "recheck", "in_order", "adviser1")),
    ("2026-02-18 15:00", decides(1, "judge", "green", "adviser1")),
    ("2026-02-19 15:00", decides(4, "judge", "red", "adviser2")),
    ("2026-02-24 15:00", decides(4, "confirm_red", "refused", "director1")),
    ("2026-03-05 10:00", settles("mislukt", "resend")),
    ("2026-03-05 10:00", chooses("extra_closed", "2026-03-06")),
    ("2026-03-05 10:00", opens(10, "2026-03-05", "quality1")),
    ("2026-03-09 10:00", does(2, "extend", "adviser1", step="norm", by="1 dag")),
    ("2026-03-10 10:00", opens(11, "2026-03-09", at_step="recheck")),
    ("2026-03-13 10:00", does(6, "extend", "director1", step="norm", by="2 dagen")),
    ("2026-03-16 10:00", decides(4, "judge", "red", "adviser2")),
    ("2026-03-16 11:00", is_away("director1", "2026-03-16", "2026-03-16", "adviser2")),
    ("2026-03-16 12:00", decides(4, "confirm_red", "red", "adviser2")),
    ("2026-03-17 10:00", decides(4, "confirm_red", "red", "director1")),
    ("2026-03-18 10:00", records(2, audit="DC-7")),
    ("2026-03-19 10:00", breaks(8)),
    ("2026-03-23 10:00", does(6, "hand-over", step="judge", person="adviser2")),
    ("2026-03-24 10:00", decides(4, "choose", "support", "director1", "red-follow-up")),
    ("2026-03-25 10:00", decides(6, "judge", "green", "adviser2")),
    ("2026-03-27 10:00", does(6, "take-back", step="judge")),
    ("2026-03-31 10:00", mends(8)),
    ("2026-04-28 10:00", decides(6, "judge", "green", "adviser2")),
    ("2026-04-29 10:00", leaves(7, "2026-05-09")),
    ("2026-05-01 10:00", decides(4, "arrange", "arranged", procedure="red-follow-up", support="Bureau")),
    ("2026-05-18 10:00", decides(3, "judge", "green", "adviser2")),
    ("2026-05-19 10:00", does(9, "withdraw")),
    ("2026-05-20 10:00", corrects(10, orange_on="2026-03-16")),
)  # fmt: skip


def rounds() -> Iterator[datetime]:
    """Each Monday at nine, also on holidays, and on a few days more; not in the outage."""
    for day in (BEGINS + timedelta(days=n) for n in range((ENDS - BEGINS).days + 1)):
        if (day.weekday() == 0 or day.isoformat() in MORE_ROUNDS) and not OUTAGE[0] <= day <= OUTAGE[1]:
            yield instant(day, MORNING)


def play(address: str, folder: Path) -> None:
    (folder / "mail").mkdir()
    office = Play(Store.at(address), folder, Server(folder / "mail"))
    deeds = [(instant(date.fromisoformat(at[:10]), time.fromisoformat(at[11:])), deed) for at, deed in STORY]
    for office.now, deed in sorted([*deeds, *((at, Play.round) for at in rounds())], key=lambda d: d[0]):
        office.server.day = office.now.date()
        office.do(deed)
    (folder / "refused").write_text(json.dumps(office.refused))
    (folder / "rounds").write_text(json.dumps([at.isoformat() for at in office.rounds]))
    office.store.close()


if __name__ == "__main__":
    play(sys.argv[1], Path(sys.argv[2]))
