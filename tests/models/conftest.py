"""A migrated store for each test: SQLite in a file, and the same on PostgreSQL."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from sqlalchemy import create_engine, make_url, text

from models import schema
from models.session import Store


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def new_address(
    request: pytest.FixtureRequest, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], str]:
    """Gives a new place for a database each time: a file that is not there yet, or an empty PostgreSQL database."""
    if kind == "sqlite":
        return lambda: f"sqlite:///{tmp_path_factory.mktemp('store') / 'tijdig.db'}"
    server = make_url(request.getfixturevalue("postgres_url"))
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    names = (f"test_{number}" for number in count())

    def create() -> str:
        name = next(names)
        with admin.connect() as connection:
            connection.execute(text(f"create database {name}"))
        return server.set(database=name).render_as_string(hide_password=False)

    return create


@pytest.fixture
def address(new_address: Callable[[], str]) -> str:
    return new_address()


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    store = Store.at(address)
    schema.upgrade(store)
    yield store
    store.close()
