"""What all tables share: names for constraints, so that migrations can name them, and how an instant is stored."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, TypeDecorator
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@lru_cache(maxsize=4096)
def microseconds(moment: datetime) -> int:
    """An instant as SQLite stores it."""
    return (moment - _EPOCH) // _MICROSECOND


def instant(stored: int) -> datetime:
    """The instant that SQLite stored."""
    return _EPOCH + timedelta(microseconds=stored)


class Table(SQLModel):
    """Base of the tables. Rows are rows, not the domain: `models` turns them into engine values and back."""


class Instant(TypeDecorator[datetime]):
    """An instant in UTC: microseconds since 1970 in SQLite, where text takes three times the room."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=True) if dialect.name == "postgresql" else BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no timezone. Give an instant in UTC.")
        return value if dialect.name == "postgresql" else microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value.astimezone(UTC) if dialect.name == "postgresql" else instant(value)
        return moment
