"""Files that are handed in: kept under the hash of their content, in the folder `files` of the installation.

Content goes to disk first and durably, the row follows in the transaction of the act. A file without a row was never
handed in: it is thrown away with the act that was refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import IO, Any

from sqlalchemy import event
from sqlalchemy.orm import SessionTransaction
from sqlmodel import Session

from models.case import Document
from tijdig.engine.errors import Damaged, Refused
from tijdig.service.forms import clean_text

MOST_BYTES = 10 * 1024 * 1024
"""The largest file that is taken (ux.md, Ledenlink: max. 10 MB)."""

LONGEST_NAME = 150
TOO_LARGE = "Dit bestand is te groot. Kies een bestand van hoogstens 10 MB."
EMPTY = "Dit bestand is leeg. Kies een ander bestand."

_CHUNK = 1024 * 1024


def folder_of(data: Path) -> Path:
    """Where an installation keeps its files."""
    return data / "files"


def path_of(folder: Path, sha256: str) -> Path:
    """Where a file with this content stands."""
    return folder / sha256[:2] / sha256


def clean_name(name: str) -> str:
    """A file's own name, without folders. Raises Refused when it holds what looks like a BSN."""
    last = PurePosixPath(name.replace("\\", "/")).name
    said = clean_text("".join(c for c in last if c.isprintable()))
    stem, dot, ending = said.rpartition(".")
    return said if len(said) <= LONGEST_NAME else stem[: LONGEST_NAME - len(ending) - 1] + dot + ending


def save(folder: Path, name: str, source: IO[bytes]) -> dict[str, Any]:
    """Put a file's content on disk; gives what a document fact holds: name, sha256 and size (bytes).

    Raises Refused for a name with a BSN, an empty file, and one of more than MOST_BYTES.
    """
    return _save(folder, name, source)[0]


def _save(folder: Path, name: str, source: IO[bytes]) -> tuple[dict[str, Any], bool]:
    """The same, and whether no file with this content stood there before."""
    name = clean_name(name)
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, prefix="incoming-") as incoming:
        digest, size = sha256(), 0
        for chunk in _chunks(source):
            digest.update(chunk)
            size += len(chunk)
            if size > MOST_BYTES:
                raise Refused(TOO_LARGE)
            incoming.write(chunk)
        if not size:
            raise Refused(EMPTY)
        incoming.flush()
        os.fsync(incoming.fileno())
        is_new = _place(Path(incoming.name), path_of(folder, digest.hexdigest()))
    return {"name": name, "sha256": digest.hexdigest(), "size": size}, is_new


def _place(incoming: Path, path: Path) -> bool:
    """Let it stand under its hash; gives whether nothing stood there."""
    path.parent.mkdir(exist_ok=True)
    try:
        os.link(incoming, path)
    except FileExistsError:
        return False
    _sync_folder(path.parent)
    return True


def note(session: Session, kept: dict[str, Any], *, now: datetime) -> None:
    """Write down that this file was handed in; a second time changes nothing."""
    if session.get(Document, kept["sha256"]) is None:
        session.add(Document(**kept, at=now))
        session.flush()


def discard(session: Session, folder: Path, kept: Mapping[str, Any]) -> None:
    """Throw away a file that came in with a form, and was refused, unless it was handed in at another time."""
    if session.get(Document, kept["sha256"]) is None:
        path_of(folder, kept["sha256"]).unlink(missing_ok=True)


def is_there(folder: Path, kept: Mapping[str, Any]) -> bool:
    """Whether a file that came in before still is."""
    return path_of(folder, kept["sha256"]).is_file()


def content(folder: Path, kept: Mapping[str, Any]) -> bytes:
    """The content of a file that was handed in. Raises Damaged when it is gone, or is not what was handed in."""
    with suppress(OSError):
        found = path_of(folder, kept["sha256"]).read_bytes()
        if sha256(found).hexdigest() == kept["sha256"]:
            return found
    raise Damaged(f"The file '{kept['name']}' is not what was handed in, or gone. Put it back from a backup.")


@dataclass(frozen=True, slots=True)
class Keeper:
    """What keeps files, for `Work.keep`: those of this machine by their path, and what we write ourselves.

    What it put on disk is gone again when the transaction is rolled back: it was never handed in.
    """

    session: Session
    folder: Path
    now: datetime
    _new: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        event.listen(self.session, "after_soft_rollback", self._undo)

    def __call__(self, path: str) -> dict[str, Any]:
        """Keep a file of this machine. Raises Refused as `save`, and for a path that is no file."""
        try:
            with Path(path).open("rb") as source:
                return self._keep(Path(path).name, source)
        except OSError as error:
            raise Refused(f"{path} cannot be read ({error.strerror}). Name a file that is there.") from None

    def keep(self, name: str, written: bytes) -> dict[str, Any]:
        """Keep what was made here; gives what a document fact holds."""
        return self._keep(name, BytesIO(written))

    def content(self, kept: Mapping[str, Any]) -> bytes:
        """The content of a file that was handed in."""
        return content(self.folder, kept)

    def _keep(self, name: str, source: IO[bytes]) -> dict[str, Any]:
        kept, is_new = _save(self.folder, name, source)
        if is_new:
            self._new.append(path_of(self.folder, kept["sha256"]))
        note(self.session, kept, now=self.now)
        return kept

    def _undo(self, _: Session, ended: SessionTransaction) -> None:
        if not ended.nested:
            for path in self._new:
                path.unlink(missing_ok=True)


def keeper(session: Session, folder: Path, *, now: datetime) -> Keeper:
    """What keeps files in this transaction."""
    return Keeper(session, folder, now)


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while chunk := source.read(_CHUNK):
        yield chunk


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
