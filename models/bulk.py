"""Rows in bulk: values as the database stores them, in statements that are made once.

Ten times as fast as rows through the ORM, and the only place besides `session` that knows which database it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import count
from typing import Any, cast

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from models.base import Table, instant, microseconds

Row = tuple[Any, ...]

LARGEST_BLOCK = 256

COPIED = 20
"""From so many rows on PostgreSQL gets them as one stream: per row it asks half of what a statement does."""


@dataclass(frozen=True, slots=True)
class Driver:
    """The connection of a transaction, without the layers above it: they take longer than the database does."""

    connection: Any
    dialect: Dialect
    is_postgresql: bool

    def run(self, statement: str, values: Row = (), *, rows: Sequence[Row] | None = None) -> Any:
        """Execute a statement, with `rows` once for each of them; gives the cursor. Raises what SQLAlchemy raises."""
        cursor = self.connection.cursor()
        try:
            if rows is None:
                cursor.execute(statement, values)
            elif statement.startswith("copy"):
                with cursor.copy(statement) as copy:
                    for row in rows:
                        copy.write_row(row)
            else:
                cursor.executemany(statement, rows)
        except Exception as error:
            base = cast("type[Exception]", cast(Any, self.dialect.dbapi).Error)
            raise DBAPIError.instance(statement, None, error, base, True, dialect=self.dialect) from error
        return cursor


def driver(session: Session) -> Driver:
    """The connection of a session's transaction. Raises what SQLAlchemy raises once that is rolled back."""
    found: Driver | None = session.info.get("driver")
    return found if found and session.in_transaction() else driver_of(session.connection())


def attach(session: Session) -> None:
    """Begin the transaction of a session that has no other, and keep its connection at hand."""
    session.info["driver"] = driver_of(session.connection())


def driver_of(connection: Connection) -> Driver:
    """What is below a connection."""
    return Driver(connection.connection.dbapi_connection, connection.dialect, connection.dialect.name == "postgresql")


def insert_rows(session: Session, table: type[Table], columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert rows of stored values, in one statement for all of them."""
    if rows:
        using, name = driver(session), table.__tablename__
        copied = using.is_postgresql and len(rows) >= COPIED
        using.run(_copy(name, columns) if copied else _insert(using.is_postgresql, name, columns), rows=rows)


def insert_new_rows(session: Session, table: type[Table], columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert rows of stored values, but for those that are there already by a unique key; whoever wrote them."""
    if rows:
        using = driver(session)
        statement = _insert(using.is_postgresql, table.__tablename__, columns)
        using.run(f"{statement} on conflict do nothing", rows=rows)


def update_rows(
    session: Session, table: type[Table], columns: tuple[str, ...], by: tuple[str, ...], rows: Sequence[Row]
) -> int:
    """Update rows of stored values, each found by the columns `by` that come last; how many were found."""
    if not rows:
        return 0
    using = driver(session)
    return int(using.run(_update(using.is_postgresql, table.__tablename__, columns, by), rows=rows).rowcount)


def delete_rows(session: Session, table: type[Table], by: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Delete the rows in which the columns `by` have these stored values."""
    if rows:
        using = driver(session)
        using.run(_delete(using.is_postgresql, table.__tablename__, by), rows=rows)


def is_postgresql(session: Session) -> bool:
    """Whether the store is PostgreSQL; else it is SQLite."""
    return driver(session).is_postgresql


def ask(session: Session, sql: str, *values: Any) -> Sequence[Row]:
    """The rows of a question that every act asks: plain SQL, with ? for each stored value and (?*) for a list of them.

    Building it from parts and reading its rows through the ORM takes ten times as long as the database does.
    """
    session.flush()
    using = driver(session)
    plain = values
    for many in values:
        if type(many) is list:
            if not many:
                raise ValueError("An empty list: ask nothing, for no database takes one.")
            sql = sql.replace("(?*)", f"({', '.join('?' * len(many))})", 1)
            plain = tuple(each for value in values for each in (value if type(value) is list else (value,)))
    return cast("Sequence[Row]", using.run(_placed(sql) if using.is_postgresql else sql, plain).fetchall())


@lru_cache
def _placed(statement: str) -> str:
    return statement.replace("?", "%s")


def next_ids(session: Session, table: type[Table], many: int) -> Sequence[int]:
    """Ids for so many new rows. In SQLite the caller holds the only write lock, so that nobody else takes them."""
    using, name = driver(session), table.__tablename__
    if using.is_postgresql:
        sequence = f"select nextval(pg_get_serial_sequence('{name}', 'id')) from generate_series(1, {many})"
        return [id for (id,) in using.run(sequence).fetchall()]
    last = int(using.run(f"select coalesce(max(id), 0) from {name}").fetchone()[0])
    return range(last + 1, last + 1 + many)


def ids_one_by_one(session: Session, table: type[Table]) -> Iterator[int]:
    """Ids for new rows that are made one by one and written later: taken in blocks, twice as many each time."""
    if not is_postgresql(session):
        yield from count(next_ids(session, table, 1)[0])
    many = 1
    while True:
        yield from next_ids(session, table, many)
        many = min(2 * many, LARGEST_BLOCK)


def stored_instant(session: Session) -> Callable[[datetime], Any]:
    """How an instant is stored here."""
    return _same if is_postgresql(session) else microseconds


def stored_day(session: Session) -> Callable[[date], Any]:
    """How a local day is stored here."""
    return _same if is_postgresql(session) else date.isoformat


def instant_of(stored: Any) -> datetime:
    """The instant of a stored value."""
    return stored.astimezone(UTC) if isinstance(stored, datetime) else instant(stored)


def day_of(stored: Any) -> date:
    """The local day of a stored value."""
    return stored if isinstance(stored, date) else date.fromisoformat(stored)


def _same(value: Any) -> Any:
    return value


@lru_cache
def _insert(postgresql: bool, table: str, columns: tuple[str, ...]) -> str:
    places = ", ".join(["%s" if postgresql else "?"] * len(columns))
    return f"insert into {table} ({', '.join(columns)}) values ({places})"


@lru_cache
def _copy(table: str, columns: tuple[str, ...]) -> str:
    return f"copy {table} ({', '.join(columns)}) from stdin"


@lru_cache
def _update(postgresql: bool, table: str, columns: tuple[str, ...], by: tuple[str, ...]) -> str:
    place = "%s" if postgresql else "?"
    changes, found = (", ".join(f"{c} = {place}" for c in columns), " and ".join(f"{c} = {place}" for c in by))
    return f"update {table} set {changes} where {found}"


@lru_cache
def _delete(postgresql: bool, table: str, by: tuple[str, ...]) -> str:
    place = "%s" if postgresql else "?"
    return f"delete from {table} where {' and '.join(f'{c} = {place}' for c in by)}"
