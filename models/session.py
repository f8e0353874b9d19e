"""The store: one database, shared by many processes, and the transactions on it.

SQLite lets one writer in at a time. Writers queue for the lock when they begin: half-way, with something already read,
waiting would not help. Readers see the database as it was when they began; they wait for no writer and hold none up.
PostgreSQL gives the same promises to many writers.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlmodel import Session

from models.bulk import attach, driver_of
from tijdig.engine.errors import Busy, Misconfigured, TijdigError, Unavailable

_SCHEMES = "Give it as sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE."
_BUSY = ("SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED", "55P03", "40001", "40P01")
"""SQLite's names; PostgreSQL's lock_timeout, failed serialisation and deadlock."""

_FULL = ("SQLITE_FULL", "53100")
_GONE = ("08", "53", "57P")
"""How the states of a PostgreSQL begin that broke a connection, has none left, or is going down or coming up."""


@dataclass(frozen=True)
class Store:
    """One database. Make it with `at`, once in each process, after any fork; it connects when it is first used."""

    url: URL
    _acts: Engine = field(repr=False)
    _sweeps: Engine = field(repr=False)
    _reads: Engine = field(repr=False)

    @classmethod
    def at(cls, address: str, *, wait_seconds: float = 10, sync: Literal["full", "normal"] | None = None) -> "Store":
        """The store at a SQLAlchemy address of SQLite or PostgreSQL. Who meets a lock waits `wait_seconds` for it.

        `sync` is for measuring: every transaction is treated as a durable one (`full`), or as a sweep (`normal`).
        Raises Misconfigured for any other address, and for SQLite in memory, which processes cannot share.
        """
        _collect_less()
        url = _url(address)
        engines = _postgresql if url.get_backend_name() == "postgresql" else _sqlite
        acts, sweeps, reads = engines(url, max(1, round(wait_seconds * 1000)))
        return cls(url, sweeps if sync == "normal" else acts, acts if sync == "full" else sweeps, reads)

    @property
    def path(self) -> Path | None:
        """The file of a SQLite database; None on PostgreSQL."""
        return None if self._is_postgresql else Path(str(self.url.database))

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Session]:
        """One transaction: what it wrote is there as a whole when the block ends, or not at all when it raises.

        A durable one (acts, delivery) is on disk by then. A sweep need not be: after a power cut it gives the same
        effects again, and what was built on them (a mail) is durable and took them along.
        Raises Busy when others held the lock for too long, Unavailable when the database cannot do it (full, gone),
        Misconfigured when there is none.
        """
        with self._transaction(self._acts if durable else self._sweeps) as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One transaction that sees one moment of the database throughout; the database refuses to write in it."""
        with self._transaction(self._reads) as session:
            yield session

    def close(self) -> None:
        """Let go of all connections; a later transaction makes new ones."""
        for engine in (self._acts, self._sweeps, self._reads):
            engine.dispose()

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Session]:
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                attach(session)  # begins now: a writer gets the lock before it reads anything
                yield session
        except OperationalError as error:
            if explained := self._explained(error):
                raise explained from error
            raise

    def _explained(self, error: OperationalError) -> TijdigError | None:
        """The error in our words, where a person can mend it."""
        code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
        if code in _BUSY:
            return Busy("Another process kept the database locked for too long. Try again in a moment.")
        if code in _FULL:
            return Unavailable(f"There is no room to write to {self.path or repr(self.url)}. Make room, then go on.")
        if self._is_postgresql and (code is None or code.startswith(_GONE)):
            return Unavailable(f"{self.url!r} does not answer. Start PostgreSQL or mend TIJDIG_DATABASE_URL.")
        if code and code.startswith("SQLITE_IOERR"):
            return Unavailable(f"{self.path} cannot be read or written ({code}). Look at its disk.")
        if code == "SQLITE_CANTOPEN":
            return Misconfigured(f"There is no database {self.path}. Run `tijdig init` or mend TIJDIG_DATA.")
        return None

    @property
    def _is_postgresql(self) -> bool:
        return self.url.get_backend_name() == "postgresql"


@cache
def _collect_less() -> None:
    """Look for garbage less often: a batch makes tens of thousands of rows, none of which is any before it is written.

    What is in memory by now (modules, mostly) stays, and is not looked through again. At the usual thresholds a
    sweep of 1,000 cases spends a third of its time on this.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _url(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise Misconfigured(f"TIJDIG_DATABASE_URL is not an address. {_SCHEMES}") from error
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:":
            return url.set(drivername="sqlite", database=str(Path(url.database).absolute()))
        case "postgresql" | "postgres":
            return url.set(drivername="postgresql+psycopg")
    raise Misconfigured(f"TIJDIG_DATABASE_URL names a database that cannot be used ({url.drivername}). {_SCHEMES}")


def _sqlite(url: URL, wait_ms: int) -> tuple[Engine, Engine, Engine]:
    # mode=rw: only `upgrade` makes a file; a mistaken address must not leave an empty database behind.
    existing = url.set(database=Path(str(url.database)).as_uri(), query={"mode": "rw", "uri": "true"})
    # recursive_triggers: without it INSERT OR REPLACE deletes rows past the triggers that guard the log.
    common = [
        f"busy_timeout={wait_ms}",
        "journal_mode=wal",
        "foreign_keys=on",
        "recursive_triggers=on",
        "wal_autocheckpoint=10000",
    ]  # in pages of 4 kB: at the usual 1,000 hot pages are written time and again

    def engine(begin: str, pragma: str) -> Engine:
        made = create_engine(existing, hide_parameters=True)

        @event.listens_for(made, "connect")
        def _set(connection: DBAPIConnection, _: object) -> None:
            connection.isolation_level = None  # else the driver begins by itself, and never IMMEDIATE
            for setting in [*common, pragma]:
                connection.cursor().execute(f"pragma {setting}")

        @event.listens_for(made, "begin")
        def _begin(connection: Connection) -> None:
            driver_of(connection).run(begin)

        return made

    writers = engine("BEGIN IMMEDIATE", "synchronous=full"), engine("BEGIN IMMEDIATE", "synchronous=normal")
    return *writers, engine("BEGIN", "query_only=on")


def _postgresql(url: URL, wait_ms: int) -> tuple[Engine, Engine, Engine]:
    acts = create_engine(url, hide_parameters=True, pool_pre_ping=True)

    @event.listens_for(acts, "connect")
    def _set(connection: DBAPIConnection, _: object) -> None:
        connection.cursor().execute(f"set lock_timeout = {wait_ms}")
        connection.commit()

    sweeps = acts.execution_options()

    @event.listens_for(sweeps, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("set local synchronous_commit = off")

    return acts, sweeps, acts.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
