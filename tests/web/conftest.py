"""A town for each test, live or in a trial."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.databases import Databases
from tests.web.stage import Again, Staged, at, prepare
from tests.web.table import Stop
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


# --- of all routes


@pytest.fixture(scope="module")
def prepared(
    shared_databases: Databases, founded: str, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Settings]:
    """A filled town, live and in a trial, that nobody is connected to."""
    made = {}
    for mode in ("live", "trial"):
        address, data = shared_databases.copy(founded), str(tmp_path_factory.mktemp(mode))
        made[mode] = Settings.read({"TIJDIG_DATA": data, "TIJDIG_DATABASE_URL": address, "TIJDIG_URL": URL})
        prepare(made[mode], mode)
    return made


@pytest.fixture(scope="module")
def shared(prepared: Mapping[str, Settings], shared_databases: Databases) -> Iterator[Mapping[str, Town]]:
    """The towns of the tests that change nothing."""
    towns = {mode: Staged(at(known, shared_databases.copy(known.database_url)), mode)
             for mode, known in prepared.items()}  # fmt: skip
    yield towns
    for town in towns.values():
        town.close()


@pytest.fixture
def again(prepared: Mapping[str, Settings], databases: Databases) -> Iterator[Again]:
    """A town of one's own for a route, to change."""
    made: list[Staged] = []

    def town(stop: Stop) -> Staged:
        mode = "trial" if stop.line.trial else "live"
        made.append(Staged(at(prepared[mode], databases.copy(prepared[mode].database_url)), mode))
        return made[-1]

    yield town
    for each in made:
        each.close()
