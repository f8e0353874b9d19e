"""A PostgreSQL server of the benchmark's own: stock settings, every commit synced, reached by a socket only."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    folder: Path
    version: str

    def fresh(self) -> str:
        """The libpq name of an empty database."""
        name = f"bench_{next(_numbers)}"
        self._do(f"CREATE DATABASE {name}", "CHECKPOINT")
        return self._dsn(name)

    def drop(self, dsn: str) -> None:
        self._do(f"DROP DATABASE {dsn.rpartition('=')[2]} WITH (FORCE)")

    def _dsn(self, database: str) -> str:
        return f"host={self.folder} user=bench dbname={database}"

    def _do(self, *commands: str) -> None:
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            for command in commands:
                connection.execute(command.encode())


@contextmanager
def server(folder: Path) -> Iterator[Server | None]:
    """A server below this folder; None where PostgreSQL is not installed."""
    binaries = _binaries()
    if binaries is None:
        yield None
        return
    with TemporaryDirectory(prefix="pg-", dir=folder, ignore_cleanup_errors=True) as made:
        home, data = Path(made), Path(made) / "data"
        if os.geteuid() == 0:  # it refuses to run as root; in a container it gets the account that its package made
            account = pwd.getpwnam("postgres")
            os.chown(home, account.pw_uid, account.pw_gid)
        _run(binaries / "initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--no-locale")
        options = f"-c listen_addresses='' -c unix_socket_directories='{home}'"
        _run(binaries / "pg_ctl", "start", "-w", "-D", data, "-l", home / "log", "-o", options)
        try:
            yield Server(home, _run(binaries / "postgres", "--version").strip())
        finally:
            _run(binaries / "pg_ctl", "stop", "-w", "-m", "fast", "-D", data)


def _binaries() -> Path | None:
    """Debian keeps the server's programs out of PATH, in a folder for each version; the newest one counts."""
    debian = [p for p in Path("/usr/lib/postgresql").glob("*/bin") if (p / "initdb").exists()]
    found = shutil.which("initdb")
    return max(debian, key=lambda p: float(p.parent.name)) if debian else Path(found).parent if found else None


def _run(*command: str | Path) -> str:
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*as_postgres, *map(str, command)], capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr}")
    return done.stdout
