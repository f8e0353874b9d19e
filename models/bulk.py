"""Rows in bulk: values as the database stores them, in statements that are made once.

Ten times as fast as rows through the ORM, and the only place besides `session` that knows which database it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import count
from typing import Any, cast

from sqlalchemy import Connection, Dialect
from sqlmodel import Session

from models.base import Table, instant, microseconds

Row = tuple[Any, ...]

LARGEST_BLOCK = 256


def insert_rows(session: Session, table: type[Table], columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert rows of stored values, in one statement for all of them."""
    if rows:
        connection = session.connection()
        connection.exec_driver_sql(_insert(_is_postgresql(connection), table.__tablename__, columns), list(rows))


def insert_new_rows(session: Session, table: type[Table], columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert rows of stored values, but for those that are there already by a unique key; whoever wrote them."""
    if rows:
        connection = session.connection()
        statement = _insert(_is_postgresql(connection), table.__tablename__, columns)
        connection.exec_driver_sql(f"{statement} on conflict do nothing", list(rows))


def update_rows(
    session: Session, table: type[Table], columns: tuple[str, ...], by: tuple[str, ...], rows: Sequence[Row]
) -> int:
    """Update rows of stored values, each found by the columns `by` that come last; how many were found."""
    if not rows:
        return 0
    connection = session.connection()
    statement = _update(_is_postgresql(connection), table.__tablename__, columns, by)
    return connection.exec_driver_sql(statement, list(rows)).rowcount


def delete_rows(session: Session, table: type[Table], by: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Delete the rows in which the columns `by` have these stored values."""
    if rows:
        connection = session.connection()
        place = "%s" if _is_postgresql(connection) else "?"
        found = " and ".join(f"{c} = {place}" for c in by)
        connection.exec_driver_sql(f"delete from {table.__tablename__} where {found}", list(rows))


def is_postgresql(session: Session) -> bool:
    """Whether the store is PostgreSQL; else it is SQLite."""
    return session.get_bind().dialect.name == "postgresql"


def ask(session: Session, sql: str, *values: Any) -> Sequence[Row]:
    """The rows of a question that every act asks: plain SQL, with ? for each stored value and (?*) for a list of them.

    Building it from parts and reading its rows through the ORM takes ten times as long as the database does.
    """
    session.flush()
    connection = session.connection()
    many = next((value for value in values if isinstance(value, list)), None)
    statement = sql if many is None else sql.replace("(?*)", f"({', '.join('?' * len(many))})")
    plain = [each for value in values for each in (value if isinstance(value, list) else (value,))]
    found = connection.exec_driver_sql(_placed(statement) if _is_postgresql(connection) else statement, tuple(plain))
    return cast("Sequence[Row]", found.all())


def _placed(statement: str) -> str:
    return statement.replace("?", "%s")


def next_ids(session: Session, table: type[Table], many: int) -> Sequence[int]:
    """Ids for so many new rows. In SQLite the caller holds the only write lock, so that nobody else takes them."""
    connection, name = session.connection(), table.__tablename__
    if _is_postgresql(connection):
        sequence = f"select nextval(pg_get_serial_sequence('{name}', 'id')) from generate_series(1, {many})"
        return connection.exec_driver_sql(sequence).scalars().all()
    last = cast(int, connection.exec_driver_sql(f"select coalesce(max(id), 0) from {name}").scalar())
    return range(last + 1, last + 1 + many)


def ids_one_by_one(session: Session, table: type[Table]) -> Iterator[int]:
    """Ids for new rows that are made one by one and written later: taken in blocks, twice as many each time."""
    if not _is_postgresql(session.connection()):
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


def _is_postgresql(connection: Connection) -> bool:
    dialect: Dialect = connection.dialect
    return dialect.name == "postgresql"


@lru_cache
def _insert(postgresql: bool, table: str, columns: tuple[str, ...]) -> str:
    places = ", ".join(["%s" if postgresql else "?"] * len(columns))
    return f"insert into {table} ({', '.join(columns)}) values ({places})"


@lru_cache
def _update(postgresql: bool, table: str, columns: tuple[str, ...], by: tuple[str, ...]) -> str:
    place = "%s" if postgresql else "?"
    changes, found = (", ".join(f"{c} = {place}" for c in columns), " and ".join(f"{c} = {place}" for c in by))
    return f"update {table} set {changes} where {found}"
