"""PostgreSQL's own programs, for what only they do well: a whole database to a file and back."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import URL, text
from sqlmodel import Session

from tijdig.engine.errors import Misconfigured, Refused

UNMARKED = "--exclude-table-data=alembic_version"
"""So that a restore that was broken off leaves a database that nothing opens: it says of itself that it is empty."""


def dump(url: URL, session: Session, file: Path) -> None:
    """Write the database as this session sees it. Raises Misconfigured without pg_dump, Refused when it fails."""
    moment = session.execute(text("select pg_export_snapshot()")).scalar_one()
    _run("pg_dump", url, f"--snapshot={moment}", "--format=custom", UNMARKED, f"--file={file}")


def load(url: URL, file: Path) -> None:
    """Put a dump into an empty database: all of it or nothing. Raises as `dump`."""
    _run("pg_restore", url, "--single-transaction", "--exit-on-error", str(file))


def _run(program: str, url: URL, *arguments: str) -> None:
    path = shutil.which(program)
    if path is None:
        raise Misconfigured(f"{program} is hier niet. Installeer de programma's van PostgreSQL (postgresql-client).")
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    ran = subprocess.run(
        [path, "--no-owner", "--no-privileges", "--no-password", f"--dbname={address}", *arguments],
        env={**os.environ, **secret}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode:
        raise Refused(
            f"{program} lukte niet: {' '.join(ran.stderr.split()) or ran.returncode}. Er is niets half gedaan."
        )
