"""A power cut (SQLite): acts and deliveries are never lost; a sweep that is lost is done again, before anything of it
could have been mailed.

What is imitated: after a power cut a file holds what was synced to it and, of what was written since, some beginning.
In WAL mode a commit only appends to the write-ahead log. The log is synced at a commit of a connection with
synchronous=FULL, and before a checkpoint copies it into the database, which is then synced too. So a story is played,
and after each commit that left something unsynced the files are copied, the log cut back to the length that it had at
its last sync, or in the midst of what came after. How long the log is, and how far it was checkpointed, its index
(-shm) tells. The copy is opened, compared with what was there, and played on.
Not imitated: a disk that says synced and is not; pages of the database torn while a checkpoint copies them (SQLite
keeps their frames in the synced log until the database is synced); frames that reached the disk out of order (their
checksums end the log before them, which is a shorter beginning).
"""

from __future__ import annotations

import shutil
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, make_url
from sqlmodel import Session

from tests.databases import Databases
from tests.real.test_crash import SHORT, Play, Theatre, as_undisturbed

pytestmark = [
    pytest.mark.real,
    pytest.mark.only_on("sqlite", reason="its files are cut"),
    pytest.mark.filterwarnings("ignore:.*imghdr.*:DeprecationWarning"),
]

FULL = 2  # of pragma synchronous
WAL_HEADER, FRAME_HEADER = 32, 24


@dataclass(frozen=True)
class Index:
    """What the index of the log (-shm) says: which log it is, how many frames are valid, how many were checkpointed."""

    salt: bytes
    frames: int
    checkpointed: int
    page_size: int

    @classmethod
    def of(cls, path: Path) -> Index:
        data = Path(f"{path}-shm").read_bytes()
        (page_size, frames), (checkpointed,) = struct.unpack_from("<HI", data, 14), struct.unpack_from("<I", data, 96)
        return cls(data[32:40], frames, checkpointed, page_size)

    def length(self, frames: int) -> int:
        """How long the log is with so many frames."""
        return WAL_HEADER + frames * (FRAME_HEADER + self.page_size)


@dataclass(frozen=True)
class Cut:
    """A moment at which the power fails: the files as they were, what had been mailed, and the page being played."""

    folder: Path
    synced: int
    written: int
    caught: list[bytes]

    def files(self, survives: float, folder: Path) -> Path:
        """The database as it comes back when this part of what was not synced reached the disk."""
        shutil.copytree(self.folder, folder)
        with Path(folder, "tijdig.db-wal").open("r+b") as log:
            log.truncate(self.synced + int((self.written - self.synced) * survives))
        return folder / "tijdig.db"


@dataclass
class Mains:
    """Watches each commit of a play, and keeps a cut after each one that left something unsynced."""

    play: Play
    folder: Path
    cuts: list[Cut] = field(default_factory=list)
    _durable: bool = False
    _seen: Index | None = None
    _synced: int = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        event.listen(Engine, "commit", self._begins)
        event.listen(Session, "after_commit", self._ended)
        yield
        event.remove(Engine, "commit", self._begins)
        event.remove(Session, "after_commit", self._ended)

    def _begins(self, connection: Connection) -> None:
        self._durable = connection.exec_driver_sql("pragma synchronous").scalar() == FULL

    def _ended(self, _: Session) -> None:
        path = Path(make_url(self.play.stage.address).database or "")
        index, seen = Index.of(path), self._seen
        if seen and (index.salt, index.frames) == (seen.salt, seen.frames):
            return  # nothing was written, so nothing was synced
        synced = self._synced if seen and index.salt == seen.salt else 0  # a new log: the database has all of the old
        self._seen, self._synced = index, index.frames if self._durable else max(synced, index.checkpointed)
        if self._synced < index.frames:
            self._keep(path, index)

    def _keep(self, path: Path, index: Index) -> None:
        folder, notebook = self.folder / str(len(self.cuts)), self.play.stage.folder / "page"
        folder.mkdir()
        for name in (path, path.with_name("tijdig.db-wal"), notebook, notebook.with_name("link-secret")):
            if name.exists():
                shutil.copy(name, folder)
        caught = list(self.play.catcher.caught)
        self.cuts.append(Cut(folder, index.length(self._synced), index.length(index.frames), caught))


@pytest.fixture(scope="module")
def theatre(shared_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    with ExitStack() as stack:
        yield Theatre(shared_databases, tmp_path_factory.mktemp("theatre"), stack)


@pytest.fixture(scope="module")
def undisturbed(theatre: Theatre) -> Play:
    return theatre.open(SHORT)


@pytest.fixture(scope="module")
def cuts(undisturbed: Play, tmp_path_factory: pytest.TempPathFactory) -> list[Cut]:
    """The cuts of a play that otherwise was undisturbed."""
    mains = Mains(undisturbed, tmp_path_factory.mktemp("cuts"))
    with mains.watched():
        undisturbed.stage.play()
    return mains.cuts


def rows(path: Path, query: str) -> set[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return set(database.execute(query).fetchall())


ACTS = "select case_id, key, hash from log where key like 'act/%'"
EFFECTS = "select case_id, key, hash from log where key not like 'act/%'"
MAILS = "select key, state, text from mail where state <> 'klaar'"
UNFOUNDED = "select * from mail_notice join notice n on n.id = notice_id where log_id not in (select id from log)"


def lost(cut: Cut, survives: float, folder: Path, query: str) -> set[tuple[Any, ...]]:
    """What the database held and no longer holds."""
    return rows(cut.files(1, folder / "held"), query) - rows(cut.files(survives, folder / "left"), query)


@pytest.mark.parametrize("survives", [0, 0.8], ids=["nothing-since-the-sync", "a-torn-part-of-it"])
def test_a_power_cut_takes_a_sweep_and_nothing_else(cuts: list[Cut], survives: float, tmp_path: Path) -> None:
    effects = set()
    for number, cut in enumerate(cuts):
        held, left = cut.files(1, tmp_path / f"{number}"), cut.files(survives, tmp_path / f"{number}-cut")

        assert rows(left, "pragma integrity_check") == {("ok",)}
        assert rows(left, ACTS) == rows(held, ACTS)
        assert rows(left, MAILS) == rows(held, MAILS)
        assert rows(left, UNFOUNDED) == set()
        effects |= rows(held, EFFECTS) - rows(left, EFFECTS)
    assert effects  # else nothing was cut


def test_a_sweep_that_a_power_cut_took_is_done_again_and_the_story_ends_the_same(
    theatre: Theatre, undisturbed: Play, cuts: list[Cut], tmp_path: Path
) -> None:
    painful = [cut for n, cut in enumerate(cuts) if lost(cut, 0, tmp_path / str(n), EFFECTS)]

    for cut in (painful[0], painful[-1]):
        play = theatre.open(SHORT)
        path = cut.files(0, tmp_path / f"{cut.folder.name}-on")
        play.stage = replace(play.stage, address=f"sqlite:///{path}", folder=path.parent)
        play.catcher.caught += cut.caught
        play.stage.play()

        as_undisturbed(play, undisturbed)
