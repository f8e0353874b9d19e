"""The office of tests/service/office.py, on SQLite in a file of its own."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copy

import pytest

from models.session import Store
from tests.service.office import Office, found


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the installation, made once; each test gets a copy."""
    path = tmp_path_factory.mktemp("office") / "tijdig.db"
    found(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def office(founded: Path, tmp_path: Path) -> Iterator[Office]:
    copy(founded, tmp_path / "tijdig.db")
    store = Store.at(f"sqlite:///{tmp_path / 'tijdig.db'}")
    yield Office(store)
    store.close()
