"""A day without mail server, a week without anything: afterwards nothing is lost and nothing comes double.

Orange files of three members run through a real SMTP server (a trial sends to a loopback server by the rules of `aan`).
What colleagues get afterwards is one digest (B) and what cannot wait (C, D); members get their own reminders.
"""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Connection
from sqlmodel import col, select

from models.message import Mail, Notice
from models.operation import Installation
from tests.service.office import MEMBERS, Office
from tijdig.engine.calendar import instant
from tijdig.service.rounds import deliver_round, sweep_round
from tijdig.settings import Settings

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("ignore:.*imghdr.*:DeprecationWarning")]

COLLEAGUES = ("adviser1", "adviser2", "director1", "quality1", "admin1")
BEFORE_THE_WEEK = ("2026-03-02", "2026-03-17", "2026-03-23", "2026-03-27")  # week 8, improve late, week 11
WALL = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass
class Catcher:
    caught: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, connection: Connection, envelope: Envelope) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.original_content or b"", policy=default)
        assert isinstance(mail, EmailMessage)
        self.caught.append(mail)
        return "250 OK"


@dataclass
class Service:
    """An office whose rounds can be let run, with a mail server that can be away."""

    office: Office
    settings: Settings
    port: int
    catcher: Catcher = field(default_factory=Catcher)
    rounds: int = 0
    _server: Controller | None = None

    def up(self) -> None:
        self._server = Controller(self.catcher, hostname="127.0.0.1", port=self.port)
        self._server.start()

    def down(self) -> None:
        if self._server:
            self._server.stop()
        self._server = None

    def round(self, day: date, hour: time) -> None:
        """A sweep and a delivery; back-off runs on the wall clock, an hour further each time."""
        self.rounds += 1
        now, wall = instant(day, hour), WALL + timedelta(hours=self.rounds)
        sweep_round(self.office.store, now=now, wall=wall)
        deliver_round(self.office.store, now=now, wall=wall, settings=self.settings)

    def run(self, *days: str) -> None:
        """On each of these days at eight, at noon and at four, as `tijdig serve` would, only less often."""
        for day in days:
            for hour in (time(8), time(12), time(16)):
                self.round(date.fromisoformat(day), hour)

    def got(self, since: int = 0) -> Counter[tuple[str, str]]:
        """How many mails each person got, by the first word or two of the subject."""
        kinds = {"Uw werk": "B", "Te doen": "A", "Termijn verlopen": "D", "Herinnering": "E"}
        found: Counter[tuple[str, str]] = Counter()
        for mail in self.catcher.caught[since:]:
            subject = str(mail["Subject"]).strip()
            kind = next((letter for words, letter in kinds.items() if subject.startswith(words)), subject)
            found[str(mail["To"]).partition("@")[0], kind] += 1
        return found


@pytest.fixture
def service(office: Office, tmp_path: Path) -> Iterator[Service]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with office.store.write() as session:
        session.get_one(Installation, 1).mode = "trial"
    settings = Settings.read({"TIJDIG_DATA": str(tmp_path), "TIJDIG_SMTP_URL": f"smtp://127.0.0.1:{port}"})
    office.on("2026-01-05").choose("red_decider", "directeur")
    for member in MEMBERS:
        office.open("orange-status", member, orange_on="2026-01-05")
    made = Service(office, settings, port)
    made.up()
    made.run("2026-01-05", "2026-01-13", "2026-02-02", "2026-02-27")  # opened, actions late, week 4
    yield made
    made.down()


def nothing_lost_nothing_double(service: Service) -> None:
    """Every Message-ID was caught once; every notice is told, or says why it was not; every mail left."""
    ids = Counter(str(mail["Message-ID"]) for mail in service.catcher.caught)
    assert [n for n in ids.values() if n > 1] == []
    with service.office.reading() as session:
        waiting = session.exec(select(Notice).where(Notice.state == "gepland")).all()
        unsent = session.exec(select(Mail).where(col(Mail.state).not_in(("verzonden", "vervallen")))).all()
        silent = session.exec(select(Notice).where(Notice.state == "vervallen", Notice.why == "")).all()
    assert (waiting, unsent, silent) == ([], [], [])


def test_after_a_day_without_mail_server_everybody_gets_it_once(service):
    # ma 2 mrt 2026: week 8, a reminder for each member and its adviser
    before = len(service.catcher.caught)
    service.down()
    service.run("2026-03-02")
    assert len(service.catcher.caught) == before

    service.up()
    service.run("2026-03-03")

    got = service.got(before)
    assert {member: got[member, "E"] for member in MEMBERS} == dict.fromkeys(MEMBERS, 1)
    assert {p: got[p, "B"] for p in COLLEAGUES if got[p, "B"]} == {"adviser1": 1, "adviser2": 1}
    nothing_lost_nothing_double(service)


def test_after_a_week_without_anything_each_colleague_has_one_digest_and_what_cannot_wait(service):
    service.run(*BEFORE_THE_WEEK)
    before = len(service.catcher.caught)

    # di 31 mrt: the norm of twelve weeks is over; nothing runs from 30 mrt to 7 apr (2e paasdag is 6 apr)
    service.run("2026-04-07")

    got = service.got(before)
    assert {p: got[p, "B"] for p in COLLEAGUES if got[p, "B"]} == {"adviser1": 1, "adviser2": 1}
    late = sorted(s for m in service.catcher.caught[before:] if (s := str(m["Subject"]).strip()).startswith("Termijn"))
    assert [s.partition(" (")[0] for s in late] == [
        f"Termijn verlopen: {goal}, {member.replace('-', ' ')}"
        for goal in ("einde van oranje", "groen of rood")
        for member in MEMBERS
    ]
    nothing_lost_nothing_double(service)


def test_a_later_day_repeats_nothing_of_what_was_told_after_the_outage(service):
    service.run(*BEFORE_THE_WEEK)
    service.run("2026-04-07")
    before = len(service.catcher.caught)

    service.run("2026-04-08")

    assert {kind for _, kind in service.got(before)} == {"B"}
    nothing_lost_nothing_double(service)
