"""A town for each test, live or in a trial."""

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy

import pytest

from tests.web.town import URL, Town, found
from tijdig.settings import Settings


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database that towns begin with, made once; each test gets a copy."""
    path = tmp_path_factory.mktemp("town") / "tijdig.db"
    found(f"sqlite:///{path}")
    return path


@pytest.fixture
def settings(founded: Path, tmp_path: Path) -> Settings:
    (tmp_path / "data").mkdir()
    copy(founded, tmp_path / "data")
    return Settings.read({"TIJDIG_DATA": str(tmp_path / "data"), "TIJDIG_URL": URL})


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
