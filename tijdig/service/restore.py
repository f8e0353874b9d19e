"""Back from a backup, on a machine without a database: a new epoch, and no mail before a person released it.

What the sent-journal of this machine names and the backup does not know to be sent may have gone out since: it is
listed, and a mail with the same key, made anew or not, goes out only when a person says so (design, Trial and live).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import BadZipFile, ZipFile

from sqlalchemy import inspect, text
from sqlmodel import Session, select

from models import schema
from models.message import Mail
from models.operation import Event
from models.organisation import Person
from models.restore import Gap, Restore
from models.session import Store
from tijdig.engine.calendar import short_moment
from tijdig.engine.errors import Misconfigured, Refused
from tijdig.engine.snapshot import canonical
from tijdig.service import heads, postgresql
from tijdig.service.backup import DATABASE, Manifest, read_manifest, sync, take_out
from tijdig.service.clock import installation
from tijdig.service.documents import folder_of, path_of
from tijdig.service.incidents import raise_incident
from tijdig.service.journal import HandedOver, handed_over, is_kept, last_epoch, note_epoch
from tijdig.service.mailbox import hold_all
from tijdig.service.people import TRIAL_USER
from tijdig.service.wording import count

LEFTOVERS = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back: its epoch and mode, the moment of the backup, and what may have been sent since.

    `journal` says whether that is known: a live installation without a journal sent what nobody can tell.
    """

    epoch: int
    mode: str
    backup_at: datetime
    gap: tuple[HandedOver, ...]
    journal: bool
    missing: tuple[str, ...]


def restore(address: str, data: Path, file: Path, *, wall: datetime, account: str, as_trial: bool = False) -> Restored:
    """Put a backup back: all of it or nothing. Nothing is there before everything was found to be as it was put in.

    Raises Refused when a database is here, or the file is no whole backup for this kind of database; Misconfigured when
    it is of a newer Tijdig.
    """
    store = Store.at(address)
    _refuse_where_something_is(store)
    try:
        with ZipFile(file) as archive:
            manifest = read_manifest(archive)
            _refuse_what_does_not_fit(manifest, store)
            _put_files(archive, manifest, folder_of(data))
            return _put_database(archive, manifest, store, _Settling(manifest, data, wall, account, as_trial))
    except FileNotFoundError:
        raise Refused(f"{file} is er niet. Noem een back-up die er is.") from None
    except BadZipFile:
        raise Refused(f"{file} is geen back-up van Tijdig, of is beschadigd. Neem een andere.") from None
    finally:
        store.close()


def _refuse_where_something_is(store: Store) -> None:
    if store.path:
        for left in ("", *LEFTOVERS):
            if (there := Path(f"{store.path}{left}")).exists():
                raise Refused(f"{there} is er al. Zet het weg, of kies met TIJDIG_DATA een andere map.")
        return
    with store.read() as session:
        if inspect(session.connection()).get_table_names():
            raise Refused(f"De database {store.url!r} is niet leeg. Maak een nieuwe; daar kan de back-up in.")


def _refuse_what_does_not_fit(manifest: Manifest, store: Store) -> None:
    kind = "sqlite" if store.path else "postgresql"
    if manifest.store != kind:
        raise Refused(
            f"Deze back-up is van {manifest.store}, en TIJDIG_DATABASE_URL wijst naar {kind}. "
            f"Wijs naar een lege database van {manifest.store}."
        )
    if manifest.migration > schema.newest():
        raise Misconfigured(
            f"De back-up is van een nieuwere Tijdig (migratie {manifest.migration}, hier {schema.newest()}). "
            f"Installeer die."
        )


def _put_files(archive: ZipFile, manifest: Manifest, folder: Path) -> None:
    """Documents go first: one without a row in the database was never handed in."""
    for name in manifest.parts:
        kind, _, sha256 = name.partition("/")
        if kind == "files":
            with _appearing(path_of(folder, sha256)) as made:
                take_out(archive, manifest, name, made)


def _put_database(archive: ZipFile, manifest: Manifest, store: Store, settling: _Settling) -> Restored:
    if store.path is None:
        with TemporaryDirectory(prefix="tijdig-restore-") as folder:
            dump = Path(folder) / "database"
            take_out(archive, manifest, DATABASE["postgresql"], dump)
            postgresql.load(store.url, dump)
        return settling.settle(store)  # without that, nothing opens this database
    with _appearing(store.path) as made:
        take_out(archive, manifest, DATABASE["sqlite"], made)
        copied = Store.at(f"sqlite:///{made}")
        try:
            return settling.settle(copied)
        finally:
            copied.close()  # the last one to close takes in the write-ahead log


@contextmanager
def _appearing(path: Path) -> Iterator[Path]:
    """A file that is there as a whole, on disk, when the block ends; or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix=".incoming-") as folder:
        made = Path(folder) / path.name
        made.touch(mode=0o600)
        yield made
        sync(made)
        made.replace(path)
    sync(path.parent)


@dataclass(frozen=True, slots=True)
class _Settling:
    """What makes a database that was put back one that may be opened, in one transaction."""

    manifest: Manifest
    data: Path
    wall: datetime
    account: str
    as_trial: bool

    def settle(self, store: Store) -> Restored:
        with store.write() as session:
            if not store.path:
                session.execute(text("insert into alembic_version values (:at)"), {"at": self.manifest.migration})
            schema.migrate(session)
            self._check(session)
            return self._begin_epoch(session)

    def _check(self, session: Session) -> None:
        number, head = heads.head(session)
        if (number, head.hex()) != (self.manifest.seal, self.manifest.head):
            raise Refused("De database in de back-up eindigt niet bij het zegel dat erbij staat. Neem een andere.")

    def _begin_epoch(self, session: Session) -> Restored:
        home, backup_at = installation(session), datetime.fromisoformat(self.manifest.wall)
        home.epoch = 1 + max(home.epoch, last_epoch(self.data))
        if self.as_trial:
            home.mode, home.trial_now = "trial", datetime.fromisoformat(self.manifest.at)
            session.add_all([] if session.get(Person, TRIAL_USER) else [Person(id=TRIAL_USER, name="Beheer (proef)")])
        now = home.trial_now or self.wall
        gap, journal = self._gap(session, backup_at), is_kept(self.data) or self.manifest.mode == "trial"
        session.add(Restore(epoch=home.epoch, at=now, backup_at=backup_at))
        for each in gap:
            session.merge(Gap(key=each.key, message_id=each.message_id, at=each.at, epoch=home.epoch))
        session.flush()
        hold_all(session)
        restored = Restored(home.epoch, home.mode, backup_at, gap, journal, tuple(self.manifest.missing))
        self._tell(session, restored, now)
        self.data.mkdir(parents=True, exist_ok=True)
        note_epoch(self.data, self.wall, home.epoch)
        return restored

    def _gap(self, session: Session, backup_at: datetime) -> tuple[HandedOver, ...]:
        """What was handed over since the backup, and what this database never heard of: each mail once, its last time.

        The mails of an earlier epoch that was lost are among the latter.
        """
        states = dict(session.exec(select(Mail.key, Mail.state)).all())
        found = {
            each.key: each for each in handed_over(self.data)
            if each.key not in states or (each.at >= backup_at and states[each.key] != "verzonden")
        }  # fmt: skip
        return tuple(found.values())

    def _tell(self, session: Session, restored: Restored, now: datetime) -> None:
        known = f"Misschien daarna al verzonden: {count(len(restored.gap), 'bericht', 'berichten')}."
        unknown = "Wat daarna verzonden is, weet niemand: er was geen sent.journal."
        raise_incident(
            session, "restore", f"restore/{restored.epoch}", now=now,
            cause=f"Teruggezet naar {short_moment(restored.backup_at)}. Alle mail wacht. "
            + (known if restored.journal else unknown),
            mend="Bekijk wat klaarstaat (tijdig outbox) en geef het vrij: tijdig release. Wat al verzonden kan zijn, "
            "handelt u per bericht af: tijdig settle.",
        )  # fmt: skip
        said = {"epoch": restored.epoch, "backup_at": self.manifest.wall, "gap": len(restored.gap),
                "as_trial": self.as_trial}  # fmt: skip
        session.add(Event(at=now, kind="restore", actor=self.account, detail=canonical(said)))
