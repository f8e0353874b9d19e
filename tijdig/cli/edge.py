"""Where the command meets the world: settings, database, wall clock, the account that runs it, and files.

Imported when a command runs, not before: it takes the database along.
"""

import getpass
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import make_url
from sqlmodel import Session

from models.schema import open_store
from models.session import Store
from tijdig.engine.errors import Refused
from tijdig.service import acting as acting_service
from tijdig.service import reading
from tijdig.service.acting import Acting, Caller
from tijdig.service.clock import set_clock
from tijdig.service.documents import folder_of
from tijdig.service.forms import read_day
from tijdig.settings import Settings


def settings() -> Settings:
    """What the environment sets."""
    return Settings.read(os.environ)


def wall() -> datetime:
    """The wall clock (UTC); it is read once, here at the edge."""
    return datetime.now(UTC)


def account() -> str:
    """The account of the operating system that runs this command."""
    return getpass.getuser()


@contextmanager
def store() -> Iterator[Store]:
    """The database. Raises Misconfigured when there is none."""
    opened = open_store(settings().database_url)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def acting(
    command: str, by: str, *, behalf: str = "", reason: str = "", at: str | None = None, plan: bool = False
) -> Iterator[Acting]:
    """One act of a person, in one transaction."""
    caller = Caller(by, account(), command, behalf, reason, via="cli")
    files, url = folder_of(settings().data), settings().url
    with (
        store() as opened,
        acting_service.acting(opened, caller, at=at, wall=wall(), files=files, plan=plan, url=url) as doing,
    ):
        yield doing


def note_reading(case: str) -> None:
    """Write down, in a live installation, that this account looked into a dossier."""
    with store() as opened:
        reading.note_reading(opened, "", case, wall=wall(), account=account())


def now_in(session: Session, at: str | None = None) -> datetime:
    """Now, within a transaction; a trial's `--at` moves its clock with it."""
    return set_clock(session, at, wall=wall())


def clock(opened: Store, at: str | None = None, *, plan: bool = False) -> datetime:
    """Now. A trial's `--at` moves its clock, unless this is only a plan."""
    with opened.write() as session:
        now = now_in(session, at)
        if plan:
            session.rollback()
    return now


def pairs(given: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE words as a dictionary. Raises Refused for anything else, and for a name that stands twice."""
    found: dict[str, str] = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals or not name.strip():
            raise Refused(f"'{word}' is no NAME=VALUE. Write for example orange_on=2026-01-05.")
        if name.strip() in found:
            raise Refused(f"'{name.strip()}' is given twice. Give it once.")
        found[name.strip()] = value
    return found


def read_file(path: Path) -> bytes:
    """The content of a file that a command names."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror}). Name a file that is there.") from None


def write_file(path: Path, content: bytes) -> None:
    """A file that a command makes."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Refused(f"{path} cannot be written ({error.strerror}). Name a place that can be written to.") from None


def day(name: str, text: str | None) -> date | None:
    """A day as people write it, or None."""
    return read_day(name, text) if text else None


def shown(address: str) -> str:
    """A database's address without its password."""
    return make_url(address).render_as_string(hide_password=True)
