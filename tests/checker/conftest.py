"""A story for the checker: an office in which nothing happened yet, and how to tell what happened there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest

from models.operation import Installation
from models.organisation import Address, Assignment, Person, Subject
from models.session import Store
from tests.checker.finding import Finding
from tests.checker.judge import judge
from tests.checker.story import MEMBERS
from tests.databases import Databases
from tests.service.office import Office, found

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Told:
    """A story that was told: its database, what went out, and when its rounds were."""

    address: str
    mail: Path
    rounds: tuple[datetime, ...]
    refused: tuple[str, ...]

    def judge(self) -> list[Finding]:
        return judge(self.address, self.mail, self.rounds[-1], rounds=self.rounds)


Tell = Callable[[Path, Path], Told]


@pytest.fixture(scope="session")
def empty_office(shared_databases: Databases) -> str:
    """A database with people and members, in which nothing happened yet."""
    address = shared_databases.new()
    store = found(address)
    Office(store).choose("red_decider", "directeur")
    _more_people(store)
    store.close()
    return address


def _more_people(store: Store) -> None:
    with store.write() as session:
        session.get_one(Installation, 1).mode = "trial"
        fresh = [member for member in MEMBERS if session.get(Person, member) is None]
        session.add_all(Subject(ref=member) for member in fresh)
        session.add_all(Person(id=member, name=member.title(), digest=False) for member in fresh)
        session.add(Person(id="boss1", name="Boss1"))
        session.flush()
        session.add(Assignment(person_id="boss1", role="beheerder"))
        for person in (*fresh, "boss1"):
            session.add(Address(person_id=person, since=date(2020, 1, 1), email=f"{person}@zorg.example"))


@pytest.fixture(scope="session")
def tell(empty_office: str, shared_databases: Databases) -> Tell:
    """Play the story with the Tijdig that stands in a folder, and keep what came of it in another."""

    def told(code: Path, folder: Path) -> Told:
        address = shared_databases.copy(empty_office)
        story = ROOT / "tests/checker/story.py"
        command = [sys.executable, "-W", "ignore", str(story), address, str(folder)]
        environment = {**os.environ, "PYTHONPATH": str(code)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        rounds = tuple(map(datetime.fromisoformat, json.loads((folder / "rounds").read_text())))
        return Told(address, folder / "mail", rounds, tuple(json.loads((folder / "refused").read_text())))

    return told


@pytest.fixture(scope="session")
def told(tell: Tell, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The story as Tijdig itself tells it."""
    return tell(ROOT, tmp_path_factory.mktemp("story"))
