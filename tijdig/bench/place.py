"""Where a contender keeps its cases: a file in a folder of its own, or an empty database on a server.

The driver of a server takes 10 MB; it is imported only where there is one.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL


@dataclass(frozen=True, slots=True)
class Place:
    """`dsn` is how libpq names the database on a server; None: a file."""

    folder: Path
    dsn: str | None

    @property
    def path(self) -> Path:
        return self.folder.absolute() / "bench.db"

    @property
    def url(self) -> str:
        """As SQLAlchemy names it."""
        if self.dsn is None:
            return f"sqlite:///{self.path}"
        from psycopg.conninfo import conninfo_to_dict

        query = {key: str(value) for key, value in conninfo_to_dict(self.dsn).items()}
        return URL.create("postgresql", query=query).render_as_string(hide_password=False)

    @property
    def told(self) -> dict[str, Any]:
        """As the protocol names it."""
        return {"kind": "postgres", "dsn": self.dsn} if self.dsn else {"kind": "sqlite", "path": str(self.path)}

    def bytes(self) -> int:
        """What it takes on disk, the write-ahead log of a file folded in."""
        if self.dsn:
            import psycopg

            with psycopg.connect(self.dsn) as connection:
                size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
                return int(size[0]) if size else 0
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return self.path.stat().st_size

    def tidy(self) -> None:
        """Leave it as it is after a quiet night: a server has its statistics, a file no log beside it."""
        if self.dsn is None:
            self.bytes()
            return
        import psycopg

        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
