"""Where tests keep their databases: SQLite in files, or PostgreSQL on a server of their own (`pytest --store`).

Either gives `new` places and, much faster than making one anew, a `copy` of a database that nobody is connected to.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from shutil import copy

from sqlalchemy import NullPool, create_engine, make_url

_numbers = count(1)


class Files:
    """SQLite: each database is a file in a new folder. pytest takes the folders away."""

    def __init__(self, new_folder: Callable[[], Path]) -> None:
        self._new_folder = new_folder

    def new(self) -> str:
        """The address of a database that is not there yet."""
        return f"sqlite:///{self._new_folder() / 'tijdig.db'}"

    def copy(self, address: str) -> str:
        """The address of a copy of this database."""
        return f"sqlite:///{copy(make_url(address).database or '', self._new_folder())}"

    def close(self) -> None:
        pass


class Server:
    """PostgreSQL: each database is one of this server, gone when it is closed."""

    def __init__(self, address: str) -> None:
        self._url = make_url(address)
        self._admin = create_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._made: list[str] = []

    def new(self) -> str:
        """The address of an empty database."""
        return self._create("template1")

    def copy(self, address: str) -> str:
        """The address of a copy of this database."""
        return self._create(make_url(address).database or "")

    def close(self) -> None:
        self._do(*(f"drop database {name} with (force)" for name in self._made))

    def _create(self, template: str) -> str:
        name = f"test_{next(_numbers)}"
        self._do(f"create database {name} template {template}")
        self._made.append(name)
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _do(self, *commands: str) -> None:
        with self._admin.connect() as connection:
            for command in commands:
                connection.exec_driver_sql(command)


Databases = Files | Server
