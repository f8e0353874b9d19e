"""Killed at any instant and at every commit, the story ends as the undisturbed one does; no mail twice unseen.

The worker (crash_worker.py) is killed with -9 and started again until its story is told. A kill leaves at most the mail
in hand behind, whose data may have gone out: *onzeker*, for a person to settle.
"""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import count
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Connection
from sqlalchemy import NullPool, create_engine, text

from models.operation import Installation
from models.organisation import Address, Assignment, Person, Subject
from models.session import Store
from tests.checker.judge import judge
from tests.databases import Databases
from tests.real.crash_worker import Stage, Story, again, name
from tests.service.office import MEMBERS, Office, found
from tijdig.service.envelope import message_id

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("ignore:.*imghdr.*:DeprecationWarning")]

TINY, SHORT = Story(members=3, every=10), Story(members=6, every=10)
MIDDLE, LONG = Story(members=18, every=4), Story(members=60, every=3)
KILLED, TOLD = -signal.SIGKILL, 0
TABLES = (
    "select code, procedure, subject, key, state, version, seq, opened_on, closed_on, next_check_at from case_",
    "select code, l.seq, l.kind, l.key, at, actor, nominal, overtaken from log l join case_ c on c.id = case_id",
    "select code, l.key, n.kind, role, step, round, variables, n.state, why from notice n join log l on l.id = log_id "
    "join case_ c on c.id = l.case_id",
    "select code, step, round, kind, role, due, late_from, basis from open_obligation join case_ c on c.id = case_id",
)
"""What must be as in the undisturbed play: all but ids, salts and hashes."""


@dataclass
class Catcher:
    """A mail server that takes everything, and keeps it."""

    caught: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, connection: Connection, envelope: Envelope) -> str:  # noqa: N802
        self.caught.append(envelope.original_content or b"")
        return "250 OK"

    def by_id(self) -> Counter[str]:
        """How often each Message-ID came."""
        ids = (re.search(rb"^Message-ID: (\S+)\r", mail, re.MULTILINE) for mail in self.caught)
        return Counter(id[1].decode() for id in ids if id)


class Parent:
    """The process from which those who play are forked, so that each begins at once."""

    def __init__(self) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "tests.real.crash_worker"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def live(self, play: Play, part: str = "play", boundary: int = 0, seconds: float = 0) -> int:
        """One life, as `crash_worker.live` has it, and how it ended."""
        assert self._process.stdin
        assert self._process.stdout
        stage = play.stage
        order = stage.address, stage.folder, stage.smtp, stage.story.members, stage.story.every, part, boundary, seconds
        print(*order, file=self._process.stdin, flush=True)
        ended = int(self._process.stdout.readline())
        assert ended in (KILLED, TOLD)
        play.kills += ended == KILLED
        if part == "play":
            again(play.see_what_is_in_hand)
        return ended

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


@dataclass
class Play:
    """A story on a database of its own, with a mail server of its own."""

    stage: Stage
    catcher: Catcher
    kills: int = 0
    in_hand: set[str] = field(default_factory=set)

    def see_what_is_in_hand(self) -> None:
        with self.reading() as rows:
            self.in_hand |= {key for (key,) in rows("select key from mail where state = 'bezig'")}

    @contextmanager
    def reading(self) -> Iterator[Callable[[str], Any]]:
        engine = create_engine(self.stage.address)
        with engine.connect() as connection:
            yield lambda query: connection.execute(text(query)).all()
        engine.dispose()

    def told(self) -> dict[str, list[str]]:
        with self.reading() as rows:
            return {query: sorted(map(repr, rows(query))) for query in TABLES}

    def mails(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """State and contents by key; the ids of cases in links are left out."""
        with self.reading() as rows:
            found = rows("select key, state, person_id, kind, day, subject, text from mail")
        return {key: (state, (*said, re.sub(r"•\d+/", "•", words))) for key, state, *said, words in found}

    def uncertain(self) -> set[str]:
        return {key for key, (state, _) in self.mails().items() if state == "onzeker"}

    def arrived(self) -> dict[str, int]:
        """How often each mail came to the mail server, by key."""
        with self.reading() as rows:
            ((uuid,),), by_id = rows("select uuid from installation"), self.catcher.by_id()
        return {key: by_id[message_id(uuid, key)] for key in self.mails()}


def as_undisturbed(play: Play, undisturbed: Play) -> None:
    """The same end but for the mails that were in hand at a kill; each other mail came once; and the checker agrees."""
    expected = {
        key: ("onzeker" if key in play.in_hand else state, said) for key, (state, said) in undisturbed.mails().items()
    }
    assert len(play.in_hand) <= play.kills
    assert play.told() == undisturbed.told()
    assert play.mails() == expected
    came = play.arrived()
    assert {key for key, n in came.items() if n != (expected[key][0] == "verzonden")} <= play.in_hand
    assert max(came.values()) == 1
    assert len(play.catcher.caught) == sum(came.values())
    *earlier, last = map(play.stage.story.moment, range(play.stage.story.pages))
    assert judge(play.stage.address, play.catcher.caught, last, rounds=earlier) == []


# --- where it is played


def begin(address: str, story: Story) -> None:
    """An installation with the members of the story, whose mail goes to a server on this machine."""
    store = found(address)
    Office(store).choose("red_decider", "directeur")
    with store.write() as session:
        session.get_one(Installation, 1).mode = "trial"
    enrol(store, story.members)
    store.close()


def enrol(store: Store, members: int) -> None:
    """Let there be so many members."""
    with store.write() as session:
        for member in map(name, range(len(MEMBERS), members)):
            session.add_all((Person(id=member, name=member.title(), digest=False), Subject(ref=member)))
            session.flush()
            session.add(Assignment(person_id=member, role="lid", scope="subject", scope_value=member))
            session.add(Address(person_id=member, since=date(2020, 1, 1), email=f"{member}@zorg.example"))


@dataclass
class Theatre:
    """Opens plays, those of one story on copies of one beginning."""

    databases: Databases
    folder: Path
    closing: ExitStack
    _beginnings: dict[Story, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def open(self, story: Story) -> Play:
        if story not in self._beginnings:
            self._beginnings[story] = self.databases.new()
            begin(self._beginnings[story], story)
        folder = self.folder / str(next(self._numbers))
        folder.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        catcher = Catcher()
        mail_server = Controller(catcher, hostname="127.0.0.1", port=port)
        mail_server.start()
        self.closing.callback(mail_server.stop)
        address = self.databases.copy(self._beginnings[story])
        return Play(Stage(address, folder, f"smtp://127.0.0.1:{port}", story), catcher)


@pytest.fixture
def theatre(databases: Databases, tmp_path: Path) -> Iterator[Theatre]:
    with ExitStack() as closing:
        yield Theatre(databases, tmp_path, closing)


@pytest.fixture
def parent() -> Iterator[Parent]:
    parent = Parent()
    yield parent
    parent.end()


@pytest.fixture
def chance() -> random.Random:
    """The same chances in every run; another seed is another story to tell about a failure."""
    return random.Random(20260105)


# --- the tests


def lives(chance: random.Random) -> Iterator[dict[str, float]]:
    """How long each one may play: by turns up to a commit and for a while."""
    while True:
        yield {"boundary": chance.randint(1, 50)}
        yield {"seconds": chance.uniform(0.02, 0.15)}


def test_killed_twenty_times_the_story_ends_the_same(theatre: Theatre, parent: Parent, chance: random.Random) -> None:
    undisturbed, ends, kills = theatre.open(SHORT), lives(chance), 0
    assert parent.live(undisturbed) == TOLD

    while kills < 20:  # where all goes fast the first story may end before
        play = theatre.open(SHORT)
        while play.kills + kills < 20 and parent.live(play, **next(ends)) == KILLED:
            pass
        parent.live(play)
        as_undisturbed(play, undisturbed)
        kills += play.kills


@pytest.mark.long
@pytest.mark.timeout(600)
def test_killed_at_every_commit_the_story_ends_the_same(theatre: Theatre, parent: Parent) -> None:
    undisturbed, play = theatre.open(TINY), theatre.open(TINY)
    assert parent.live(undisturbed) == TOLD

    page, boundary = 0, 1
    while parent.live(play, boundary=boundary) == KILLED:  # the page's first, its second, until one gets through it
        page, boundary = play.stage.page, boundary + 1 if page == play.stage.page else 1

    assert play.kills >= 100
    as_undisturbed(play, undisturbed)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_killed_at_random_with_a_second_sweep_beside_it_the_story_ends_the_same(
    theatre: Theatre, parent: Parent, chance: random.Random
) -> None:
    undisturbed, kills = theatre.open(LONG), 0
    assert parent.live(undisturbed) == TOLD

    while kills < 150:
        play = theatre.open(LONG)
        with ThreadPoolExecutor() as pool:
            racing = pool.submit(race, play)
            while play.kills + kills < 150 and parent.live(play, seconds=chance.uniform(0.02, 0.3)) == KILLED:
                pass
            parent.live(play)
            racing.result()
        as_undisturbed(play, undisturbed)
        kills += play.kills


def race(play: Play) -> None:
    """Sweep beside those who play, killed again and again too."""
    other, chance = Parent(), random.Random(1)
    while other.live(play, "race", seconds=chance.uniform(0.05, 1)) == KILLED:
        pass
    other.end()


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.only_on("postgresql", reason="its server is a process of its own")
def test_with_a_server_that_crashes_under_it_the_story_ends_the_same(
    theatre: Theatre, parent: Parent, chance: random.Random
) -> None:
    undisturbed, play = theatre.open(MIDDLE), theatre.open(MIDDLE)
    assert parent.live(undisturbed) == TOLD

    with ThreadPoolExecutor() as pool:
        playing = pool.submit(parent.live, play)
        while not playing.done():
            sleep(chance.uniform(0.2, 1))
            again(partial(chance.choice((kill_a_backend, restart_at_once)), play.stage.address))
            play.kills += 1
        assert playing.result() == TOLD

    again(partial(asked, play.stage.address, "select 1"))  # the last blow may have come after the last act
    play.in_hand = play.uncertain()
    assert play.kills >= 10
    as_undisturbed(play, undisturbed)


def kill_a_backend(address: str) -> None:
    """Kill the process of the server that serves somebody; the server ends all others and recovers."""
    (pid,) = asked(address, "select pid from pg_stat_activity where datname = current_database() order by pid limit 1")
    os.kill(pid, signal.SIGKILL)


def restart_at_once(address: str) -> None:
    """Stop the server as a power cut would, and start it."""
    (folder,) = asked(address, "show data_directory")
    program = Path(Path(folder, "postmaster.opts").read_text().split()[0]).with_name("pg_ctl")
    command = [program, "restart", "--wait", "--mode=immediate", "-D", folder, "-l", f"{folder}/restarted.log"]
    if os.geteuid() == 0:  # the server refuses to run as root
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def asked(address: str, query: str) -> Any:
    """What the server answers, in one row."""
    engine = create_engine(address, poolclass=NullPool)
    with engine.connect() as connection:
        return connection.execute(text(query)).one()
