"""A backup: one file with the whole installation, made while the work goes on.

It is a zip of `database.sqlite` or `database.pgdump`, the documents that were handed in, each named by its hash, and
`manifest.json`: which installation, epoch and moment, the head of the installation chain, and the SHA-256 of each part.

Not in it: the secret that links are derived from (with it, who finds a backup could act as any member) and whatever the
environment sets. A restore makes a new secret; links that were sent keep working, their hashes are in the database.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from sqlmodel import Session, col, select

from models.case import Document
from models.operation import Event
from models.schema import revision_of
from models.session import Store
from tijdig.engine.errors import Refused
from tijdig.engine.snapshot import canonical
from tijdig.service import heads, postgresql
from tijdig.service.clock import installation, set_clock
from tijdig.service.documents import folder_of, path_of

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `at` is the installation's clock, `wall` the real one: the backup holds all before.

    `parts` is the SHA-256 of each part; `missing` are documents that were handed in and whose file was not there.
    """

    format: int
    installation: str
    mode: str
    epoch: int
    migration: str
    store: str
    at: str
    wall: str
    seal: int
    head: str
    parts: dict[str, str]
    missing: list[str]


def back_up(
    store: Store, data: Path, file: Path, *, wall: datetime, account: str, overwrite: bool = False
) -> tuple[str, Manifest]:
    """Write the backup: all of it or nothing. Gives the SHA-256 of the file, and what it holds.

    Raises Refused when the file is there and is not to be overwritten, or when PostgreSQL's programs are not.
    """
    if file.exists() and not overwrite:
        raise Refused(f"{file} is er al. Kies een andere naam, of zeg --overwrite.")
    if not file.absolute().parent.is_dir():
        raise Refused(f"De map {file.parent} is er niet. Maak haar, of kies een andere.")
    with TemporaryDirectory(dir=file.absolute().parent, prefix=".tijdig-backup-") as folder:
        made = Path(folder) / "whole"
        manifest = _write(store, folder_of(data), made, wall=wall)
        _put_in_place(made, file.absolute(), overwrite)
    digest = sha256_of(file)
    with store.write() as session:
        now = set_clock(session, None, wall=wall)
        said = {"sha256": digest, "epoch": manifest.epoch, "seal": manifest.seal}
        session.add(Event(at=now, kind="backup", actor=account, detail=canonical(said)))
    return digest, manifest


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's content."""
    with file.open("rb") as source:
        digest = sha256()
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _write(store: Store, files: Path, made: Path, *, wall: datetime) -> Manifest:
    kind = "sqlite" if store.path else "postgresql"
    parts, missing = dict[str, str](), list[str]()
    with _snapshot(store, made.with_name("database")) as (session, database), ZipFile(made, "w") as archive:
        made.chmod(0o600)
        parts[DATABASE[kind]] = _put(archive, DATABASE[kind], database)
        for name in session.exec(select(Document.sha256).order_by(col(Document.sha256))):
            if (path := path_of(files, name)).is_file():
                parts[f"files/{name}"] = _put(archive, f"files/{name}", path)
            else:
                missing.append(name)
        manifest = _manifest(session, kind, wall, parts, missing)
        archive.writestr(_entry(MANIFEST), json.dumps(asdict(manifest), indent=1))
    sync(made)
    return manifest


def _manifest(session: Session, kind: str, wall: datetime, parts: dict[str, str], missing: list[str]) -> Manifest:
    home, (seal, head) = installation(session), heads.head(session)
    at = set_clock(session, None, wall=wall)
    return Manifest(
        FORMAT, home.uuid, home.mode, home.epoch, revision_of(session) or "", kind, at.astimezone(UTC).isoformat(),
        wall.astimezone(UTC).isoformat(), seal, head.hex(), parts, missing,
    )  # fmt: skip


@contextmanager
def _snapshot(store: Store, copy: Path) -> Iterator[tuple[Session, Path]]:
    """The database as it was at one moment, in a file, and a session that sees that same moment."""
    if store.path is None:
        with store.read() as session:
            postgresql.dump(store.url, session, copy)
            yield session, copy
        return
    with closing(sqlite3.connect(f"{store.path.as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute("vacuum into ?", (str(copy),))
    copied = Store.at(f"sqlite:///{copy}")
    try:
        with copied.read() as session:
            yield session, copy
    finally:
        copied.close()


def _put(archive: ZipFile, name: str, source: Path) -> str:
    """Add a file; gives the SHA-256 of what was added. Documents and dumps are compressed already."""
    entry, digest = _entry(name), sha256()
    entry.compress_type = ZIP_DEFLATED if name == DATABASE["sqlite"] else ZIP_STORED
    with source.open("rb") as file, archive.open(entry, "w", force_zip64=True) as into:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            into.write(chunk)
    return digest.hexdigest()


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name)
    entry.external_attr = 0o600 << 16
    return entry


def _put_in_place(made: Path, file: Path, overwrite: bool) -> None:
    try:
        os.replace(made, file) if overwrite else os.link(made, file)
    except FileExistsError:
        raise Refused(f"{file} is er intussen al. Kies een andere naam, of zeg --overwrite.") from None
    sync(file.parent)


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_manifest(archive: ZipFile) -> Manifest:
    """What a backup says of itself. Raises Refused for a file that is none, or one of a newer Tijdig."""
    try:
        said: dict[str, Any] = json.loads(archive.read(MANIFEST))
        if said["format"] > FORMAT:
            raise Refused("Deze back-up is van een nieuwere Tijdig. Installeer die.")
        return Manifest(**said)
    except (KeyError, TypeError, ValueError):
        raise Refused("Dit bestand is geen back-up van Tijdig, of het is beschadigd. Neem een andere.") from None


def take_out(archive: ZipFile, manifest: Manifest, name: str, into: Path) -> None:
    """Copy a part out of a backup. Raises Refused when it is not what the manifest says."""
    try:
        with archive.open(name) as source, into.open("wb") as file:
            shutil.copyfileobj(source, file, _CHUNK)
    except (BadZipFile, EOFError, KeyError, zlib.error) as error:
        raise Refused(f"In de back-up is {name} beschadigd. Neem een andere.") from error
    if sha256_of(into) != manifest.parts.get(name):
        raise Refused(f"In de back-up is {name} niet wat er in gedaan is. Neem een andere.")
