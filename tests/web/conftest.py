"""A town for each test, live or in a trial."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.databases import Databases
from tests.web.town import URL, Town, found
from tijdig.settings import Settings


@pytest.fixture(scope="session")
def founded(shared_databases: Databases) -> str:
    """The address of the database that towns begin with, made once; each test gets a copy."""
    address = shared_databases.new()
    found(address)
    return address


@pytest.fixture
def settings(databases: Databases, founded: str, tmp_path: Path) -> Settings:
    address = databases.copy(founded)
    return Settings.read({"TIJDIG_DATA": str(tmp_path), "TIJDIG_DATABASE_URL": address, "TIJDIG_URL": URL})


@pytest.fixture
def make(settings: Settings) -> Iterator[Callable[[str], Town]]:
    made: list[Town] = []

    def begun(mode: str) -> Town:
        made.append(Town(settings, mode))
        return made[-1]

    yield begun
    for town in made:
        town.close()


@pytest.fixture
def town(make: Callable[[str], Town]) -> Town:
    return make("live")


@pytest.fixture
def trial(make: Callable[[str], Town]) -> Town:
    return make("trial")
