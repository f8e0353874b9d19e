"""The office of tests/service/office.py, in a database of its own."""

from collections.abc import Iterator

import pytest

from models.session import Store
from tests.databases import Databases
from tests.service.office import Office, found


@pytest.fixture(scope="session")
def founded(shared_databases: Databases) -> str:
    """The address of a database with the installation, made once; each test gets a copy."""
    address = shared_databases.new()
    found(address).close()
    return address


@pytest.fixture
def office(databases: Databases, founded: str) -> Iterator[Office]:
    store = Store.at(databases.copy(founded))
    yield Office(store)
    store.close()
