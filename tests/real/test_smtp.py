"""Delivery to a real mail server that accepts, refuses, falls silent, hangs up or outlives the one who sends."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Connection
from sqlmodel import col, select

from models.message import Mail
from models.operation import Incident, Installation
from models.organisation import Address, Person
from models.session import Store
from tests.databases import Databases
from tests.real.moody_server import CLOSES, RESETS, SILENT, Mood, Stage, moody_server
from tijdig.service import pins
from tijdig.service.deliver import LEASE, deliver
from tijdig.service.envelope import message_id
from tijdig.service.mailserver import Server
from tijdig.settings import Settings

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("ignore:.*imghdr.*:DeprecationWarning")]

NOW = datetime(2021, 10, 11, 8, 0, tzinfo=UTC)  # Monday, 10:00 in Amsterdam
WALL = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
WORDS = {"subject": "Te doen: één oordeel", "text": "Doe dit.\n.\n.. en dit.\n", "html": "<p>Doe dit.</p>\n"}


@dataclass
class Catcher:
    """What a mail server does with whom: the local part of an address says how it is answered."""

    caught: list[EmailMessage] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)
    busy: set[str] = field(default_factory=lambda: {"later"})
    has_data: threading.Event = field(default_factory=threading.Event)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd names it
        self, server: SMTP, connection: Connection, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.connections.add(connection.peer)
        name = address.partition("@")[0]
        if name in self.busy:
            return "451 4.7.1 try again later"
        if name == "gone":
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, connection: Connection, envelope: Envelope) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.original_content or b"", policy=default)
        assert isinstance(mail, EmailMessage)
        self.caught.append(mail)
        name = envelope.rcpt_tos[0].partition("@")[0]
        if name == "silent":
            self.has_data.set()
            await _never(server)
        return "250 OK"

    def to(self) -> list[str]:
        return [str(mail["To"]).partition("@")[0] for mail in self.caught]


async def _never(server: SMTP) -> None:
    while server.transport and not server.transport.is_closing():
        await asyncio.sleep(0.05)


@pytest.fixture
def catcher() -> Catcher:
    return Catcher()


@pytest.fixture
def url(catcher: Catcher) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(catcher, hostname="127.0.0.1", port=port)
    controller.start()
    yield f"smtp://127.0.0.1:{port}"
    controller.stop()


@dataclass
class PostOffice:
    store: Store
    address: str
    data: Path
    url: str

    def mails(self, *people: str, **more: str) -> None:
        with self.store.write() as session:
            for person in people:
                session.add(Person(id=person, name=person))
                session.flush()
                session.add(Address(person_id=person, since=date(2021, 1, 1), email=f"{person}@zorg.nl"))
                mail = Mail(
                    key=f"k/{person}", person_id=person, address=f"{person}@zorg.nl", kind="A", day=NOW.date(),
                    next_try_at=datetime(1970, 1, 1, tzinfo=UTC),
                    created_at=NOW, thread="ORA-2021-007", **(WORDS | more),
                )  # fmt: skip
                session.add(mail)

    def deliver(self, minutes: float = 0, timeout_seconds: float = 1) -> dict[str, int]:
        channel = Server(self.url, timeout_seconds=timeout_seconds)
        wall = WALL + timedelta(minutes=minutes)
        return deliver(self.store, now=NOW, wall=wall, settings=settings(self.data, self.url), channel=channel)

    def states(self) -> dict[str, tuple[str, int | None]]:
        with self.store.read() as session:
            rows = session.exec(select(Mail.person_id, Mail.state, Mail.code).order_by(col(Mail.id)))
            return {person: (state, code) for person, state, code in rows}

    def apart(self) -> set[str]:
        """What stands apart: the person of a mail, or the key of another incident."""
        with self.store.read() as session:
            people = {f"mail/{id}": person for id, person in session.exec(select(Mail.id, Mail.person_id))}
            return {people.get(key, key) for key in session.exec(select(Incident.key)) if key}


def settings(data: Path, url: str) -> Settings:
    return Settings.read(
        {
            "TIJDIG_DATA": str(data),
            "TIJDIG_MAIL": "aan",
            "TIJDIG_SMTP_URL": url,
            "TIJDIG_MAIL_FROM": "Tijdig <k@zorg.nl>",
        }
    )


@pytest.fixture
def post(databases: Databases, migrated: str, tmp_path: Path, url: str) -> Iterator[PostOffice]:
    address = databases.copy(migrated)
    store = Store.at(address)
    with store.write() as session:
        session.add(Installation(uuid="uuid", mode="live", created_at=NOW))
        pins.first_versions(session, now=NOW, by="test")
    yield PostOffice(store, address, tmp_path, url)
    store.close()


def test_the_server_gets_one_message_id_of_ours_both_parts_and_the_words_unharmed(post: PostOffice, catcher: Catcher):
    post.mails("ann")

    assert post.deliver()["sent"] == 1

    (mail,) = catcher.caught
    assert mail.get_all("Message-ID") == [message_id("uuid", "k/ann")]
    assert mail["Subject"] == "Te doen: één oordeel"
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", "nl")
    assert mail["Reply-To"] == "Tijdig <k@zorg.nl>"
    assert mail["References"]
    parts: list[Message] = list(mail.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert _content(parts[0]) == "Doe dit.\n.\n.. en dit.\n"


def _content(part: Message) -> str:
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


WAITS, FAILED, UNKNOWN = "wacht", "mislukt", "onzeker"
MAILS = {
    "mail-451": (Mood("mail", "451 later"), WAITS, 451),
    "mail-550": (Mood("mail", "550 no"), FAILED, 550),
    "mail-closes": (Mood("mail", CLOSES), WAITS, None),
    "mail-resets": (Mood("mail", RESETS), WAITS, None),
    "mail-silent": (Mood("mail", SILENT), WAITS, None),
    "rcpt-421": (Mood("rcpt", "421 closing"), WAITS, 421),
    "rcpt-451": (Mood("rcpt", "451 later"), WAITS, 451),
    "rcpt-550": (Mood("rcpt", "550 no such mailbox"), FAILED, 550),
    "rcpt-closes": (Mood("rcpt", CLOSES), WAITS, None),
    "rcpt-resets": (Mood("rcpt", RESETS), WAITS, None),
    "rcpt-silent": (Mood("rcpt", SILENT), WAITS, None),
    "data-451": (Mood("data", "451 later"), WAITS, 451),
    "data-554": (Mood("data", "554 no"), FAILED, 554),
    "data-closes": (Mood("data", CLOSES), WAITS, None),
    "data-resets": (Mood("data", RESETS), WAITS, None),
    "data-silent": (Mood("data", SILENT), WAITS, None),
    "body-closes": (Mood("body", CLOSES), UNKNOWN, None),
    "body-resets": (Mood("body", RESETS), UNKNOWN, None),
    "body-silent": (Mood("body", SILENT), UNKNOWN, None),
    "dot-451": (Mood("dot", "451 later"), WAITS, 451),
    "dot-554": (Mood("dot", "554 refused"), FAILED, 554),
    "dot-closes": (Mood("dot", CLOSES), UNKNOWN, None),
    "dot-resets": (Mood("dot", RESETS), UNKNOWN, None),
    "dot-silent": (Mood("dot", SILENT), UNKNOWN, None),
    "dot-no-code": (Mood("dot", "thank you"), UNKNOWN, None),
    "dot-354": (Mood("dot", "354 go on"), UNKNOWN, None),
    "well": (Mood("dot", "250 OK"), "verzonden", 250),
}
"""What the server does with a mail, and how the mail then stands. Until the data goes out it is known not to be there;
from the first byte of it until the answer nobody knows. `dot` is the line that ends the data."""


def test_whatever_the_server_does_at_a_stage_the_outbox_tells_and_nobody_is_held_up(post: PostOffice):
    post.mails(*MAILS)
    with moody_server() as server:
        post.url = server.url
        server.moods(mood for mood, _, _ in MAILS.values())

        post.deliver(timeout_seconds=0.2)
        assert post.states() == {name: (state, code) for name, (_, state, code) in MAILS.items()}
        assert post.apart() == {name for name, (_, state, _) in MAILS.items() if state in (FAILED, UNKNOWN)}

        for minutes in (2, 60):
            post.deliver(minutes)
        well = {name: ("verzonden", 250) for name, (_, state, _) in MAILS.items() if state == WAITS}
        assert post.states() == {name: (state, code) for name, (_, state, code) in MAILS.items()} | well
        had = [name for name in MAILS if name.startswith("dot-") and name not in ("dot-451", "dot-554")]
        assert sorted(server.caught) == sorted([*well, *had, "well"])


@pytest.mark.parametrize("stage", ["connect", "ehlo"])
@pytest.mark.parametrize("does", [CLOSES, RESETS, SILENT, "421 too busy", "554 no service", "hello"])
def test_a_server_that_cannot_be_reached_is_the_trouble_and_no_mail_is(post: PostOffice, stage: Stage, does: str):
    post.mails("ann", "bob")
    with moody_server() as server:
        post.url = server.url
        server.moods([Mood(stage, does)])

        post.deliver(timeout_seconds=0.2)
        assert set(post.states().values()) == {(WAITS, None), ("klaar", None)}
        assert post.apart() == {"mail-server"}

        server.moods([])
        post.deliver(2)
        assert (server.caught, post.apart()) == (["ann", "bob"], set())


def test_a_refusal_for_now_is_sent_later(post: PostOffice, catcher: Catcher):
    post.mails("later")
    post.deliver()
    catcher.busy.clear()

    assert post.deliver(minutes=0.5)["sent"] == 0
    assert post.deliver(minutes=2)["sent"] == 1
    assert catcher.to() == ["later"]


def test_one_connection_carries_the_whole_run(post: PostOffice, catcher: Catcher):
    post.mails("ann", "gone", "later", "bob", "cor")

    post.deliver()

    assert catcher.to() == ["ann", "bob", "cor"]
    assert len(catcher.connections) == 1


def test_a_line_break_in_a_subject_never_reaches_the_server(post: PostOffice, catcher: Catcher):
    post.mails("ann", subject="Te doen\r\nBcc: alle@zorg.nl")
    post.mails("bob")

    post.deliver()

    assert post.states()["ann"] == ("mislukt", None)
    assert catcher.to() == ["bob"]


def test_a_server_that_is_away_loses_nothing(post: PostOffice, catcher: Catcher):
    post.mails("ann", "bob")
    up, post.url = post.url, "smtp://127.0.0.1:9"

    assert post.deliver() == {"sent": 0, "waiting": 2, "failed": 0, "uncertain": 0, "held": 0}
    with post.store.read() as session:
        assert [key for key in session.exec(select(Incident.key)) if key] == ["mail-server"]

    post.url = up
    assert post.deliver(minutes=2)["sent"] == 2


CHILD = """
    import sys
    from datetime import datetime
    from models.session import Store
    from tijdig.service.deliver import deliver
    from tijdig.settings import Settings

    address, data, url, now, wall = sys.argv[1:]
    settings = Settings.read({"TIJDIG_DATA": data, "TIJDIG_MAIL": "aan", "TIJDIG_SMTP_URL": url,
                              "TIJDIG_MAIL_FROM": "k@zorg.nl"})
    deliver(Store.at(address), now=datetime.fromisoformat(now), wall=datetime.fromisoformat(wall), settings=settings)
"""


def test_a_process_killed_between_the_two_commits_leaves_the_mail_uncertain_and_never_doubles_it(
    post: PostOffice, catcher: Catcher
):
    post.mails("ann", "silent", "bob")
    given = [post.address, str(post.data), post.url, NOW.isoformat(), WALL.isoformat()]
    child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(CHILD), *given])
    assert catcher.has_data.wait(60)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert post.states() == {"ann": ("verzonden", 250), "silent": ("bezig", None), "bob": ("klaar", None)}

    post.deliver(minutes=LEASE.total_seconds() / 60 + 1)

    assert post.states() == {"ann": ("verzonden", 250), "silent": ("onzeker", None), "bob": ("verzonden", 250)}
    assert catcher.to() == ["ann", "silent", "bob"]


def test_two_deliveries_at_once_send_each_mail_once(post: PostOffice, catcher: Catcher):
    people = [f"p{n:02d}" for n in range(20)]
    post.mails(*people)
    runs = [threading.Thread(target=post.deliver) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()

    assert sorted(catcher.to()) == people
    assert set(post.states().values()) == {("verzonden", 250)}


def test_a_line_from_apprise_names_nobody(post: PostOffice, caplog: pytest.LogCaptureFixture):
    post.mails("ann", "gone")

    with caplog.at_level("DEBUG"):
        start = time.monotonic()
        post.deliver()

    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("apprise", "tijdig"))]
    assert not [line for line in ours if "zorg.nl" in line or "oordeel" in line]
    assert time.monotonic() - start < 5  # no throttle: Apprise waits 5.5 s a mail with its own plugin
