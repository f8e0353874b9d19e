"""A backup is whole, and what comes back from one sends nothing twice unseen (design: Trial and live; law 3)."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from sqlmodel import Session, col, select

from models.message import Mail
from models.operation import Event, Incident, Installation
from models.organisation import Address, Person
from models.schema import open_store
from models.session import Store
from tests.databases import Databases
from tests.service.office import found
from tijdig.engine.errors import Misconfigured, Refused
from tijdig.service.backup import MANIFEST, back_up
from tijdig.service.channel import Outcome
from tijdig.service.deliver import deliver
from tijdig.service.documents import folder_of, note, save
from tijdig.service.envelope import message_id
from tijdig.service.hold import HELD_BY_RESTORE, MAYBE_SENT
from tijdig.service.journal import JOURNAL
from tijdig.service.mailbox import release, settle
from tijdig.service.mails import AT_ONCE
from tijdig.service.restore import Restored, restore
from tijdig.service.rounds import deliver_round
from tijdig.service.verify import verify
from tijdig.settings import Settings

UUID = "00000000-0000-0000-0000-000000000000"
NOW = datetime(2021, 10, 11, 8, 0, tzinfo=UTC)  # Monday, 10:00 in Amsterdam
LATER = NOW + timedelta(minutes=10)
REASON = "nagekeken met de beheerder"
ON = {"TIJDIG_MAIL": "aan", "TIJDIG_SMTP_URL": "smtp://127.0.0.1:1", "TIJDIG_MAIL_FROM": "Tijdig <kwaliteit@zorg.nl>"}


@dataclass
class Carrier:
    """Takes every mail."""

    sent: list[EmailMessage] = field(default_factory=list)
    batch: int = 1
    repeatable: bool = False

    def send(self, mail: EmailMessage) -> Outcome:
        self.sent.append(mail)
        return Outcome(250, mail["Message-ID"])

    def close(self) -> None:
        pass


@dataclass
class House:
    """An installation, where its files are, and what it sent."""

    store: Store
    data: Path
    carrier: Carrier = field(default_factory=Carrier)

    def mail(self, key: str, **more: Any) -> int:
        """A mail that stands ready; its number."""
        row: dict[str, Any] = {
            "key": key, "person_id": "ann", "address": "ann@zorg.nl", "kind": "A", "day": NOW.date(),
            "subject": key, "text": "Doe dit.\n", "html": "", "next_try_at": AT_ONCE, "created_at": NOW,
        }  # fmt: skip
        with self.store.write() as session:
            mail = Mail(**row | more)
            session.add(mail)
            session.flush()
            return mail.id or 0

    def deliver(self, at: datetime = NOW) -> list[str]:
        """The subjects of what went out."""
        before = len(self.carrier.sent)
        settings = Settings.read({"TIJDIG_DATA": str(self.data), **ON})
        deliver(self.store, now=at, wall=at, settings=settings, channel=self.carrier)
        return [mail["Subject"] for mail in self.carrier.sent[before:]]

    def backup(self, file: Path, at: datetime = NOW) -> Path:
        back_up(self.store, self.data, file, wall=at, account="root")
        return file

    def states(self) -> dict[str, tuple[str, str]]:
        with self.store.read() as session:
            return {mail.key: (mail.state, mail.why) for mail in session.exec(select(Mail))}

    def settle(self, key: str, how: str) -> None:
        with self.store.write() as session:
            mail = session.exec(select(Mail).where(Mail.key == key)).one()
            settle(session, mail.id or 0, how, by="ann", reason=REASON, now=LATER)

    def release(self, reason: str = REASON) -> dict[str, int]:
        with self.store.write() as session:
            return release(session, by="ann", reason=reason, now=LATER)

    def ask(self, wanted: Callable[[Session], Any]) -> Any:
        with self.store.read() as session:
            return wanted(session)


@pytest.fixture
def house(databases: Databases, tmp_path: Path) -> Iterator[House]:
    """A live installation in which Ann has an address."""
    (tmp_path / "data").mkdir()
    store = found(databases.new())
    with store.write() as session:
        session.add(Person(id="ann", name="Ann"))
        session.flush()
        session.add(Address(person_id="ann", since=date(2021, 1, 1), email="ann@zorg.nl"))
    yield House(store, tmp_path / "data")
    store.close()


Again = Callable[..., tuple[House, Restored]]


@pytest.fixture
def put_back(databases: Databases, tmp_path: Path) -> Iterator[Again]:
    """Restores a backup on another machine, to which the journal of an old one may have been brought."""
    made: list[House] = []

    def again(file: Path, *, journal_of: House | None = None, as_trial: bool = False) -> tuple[House, Restored]:
        data, address = tmp_path / f"again-{len(made)}", databases.new()
        if journal_of:
            data.mkdir()
            shutil.copy(journal_of.data / JOURNAL, data)
        done = restore(address, data, file, wall=LATER, account="root", as_trial=as_trial)
        made.append(House(open_store(address), data))
        return made[-1], done

    yield again
    for house in made:
        house.store.close()


# --- whole


def test_all_of_an_installation_comes_back(house: House, put_back: Again, tmp_path: Path) -> None:
    (tmp_path / "plan.pdf").write_bytes(b"%PDF een plan")
    with (tmp_path / "plan.pdf").open("rb") as source, house.store.write() as session:
        kept = save(folder_of(house.data), "plan.pdf", source)
        note(session, kept, now=NOW)
    house.mail("digest/ann/2021-10-11")
    deliver_round(house.store, now=NOW, wall=NOW, settings=Settings.read({"TIJDIG_DATA": str(house.data)}))

    again, done = put_back(house.backup(tmp_path / "b"))

    assert (done.epoch, done.mode, done.backup_at, done.missing) == (2, "live", NOW, ())
    assert {p.name: p.read_bytes() for p in again.data.rglob("*") if p.is_file() and p.name != JOURNAL} == {
        kept["sha256"]: b"%PDF een plan"
    }
    assert again.ask(verify)[2] == []
    home = again.ask(lambda session: session.get(Installation, 1))
    assert (home.uuid, home.epoch) == (UUID, 2)
    assert again.ask(lambda s: s.exec(select(Event.kind).order_by(col(Event.id).desc())).first()) == "restore"
    assert house.ask(lambda s: s.exec(select(Event.kind).order_by(col(Event.id).desc())).first()) == "backup"


def test_the_secret_behind_the_links_stays_where_it_is(house: House, tmp_path: Path) -> None:
    (house.data / "link-secret").write_bytes(b"geheim" * 6)

    file = house.backup(tmp_path / "b")

    with ZipFile(file) as archive:
        assert len(archive.namelist()) == 2  # the database and the manifest
        assert all(b"geheim" not in archive.read(name) for name in archive.namelist())
    assert file.stat().st_mode & 0o077 == 0


def test_a_document_whose_file_is_gone_is_named_and_stops_nothing(
    house: House, put_back: Again, tmp_path: Path
) -> None:
    with house.store.write() as session:
        note(session, {"name": "weg.pdf", "sha256": "ab" * 32, "size": 1}, now=NOW)

    _, done = put_back(house.backup(tmp_path / "b"))

    assert done.missing == ("ab" * 32,)


def test_a_backup_is_made_while_the_work_goes_on(house: House, put_back: Again, tmp_path: Path) -> None:
    done, made = threading.Event(), list[int]()

    def work() -> None:
        while not done.is_set():
            number = len(made)
            with house.store.write() as session:  # two rows that belong together
                session.add(Event(at=NOW, kind="a", actor=str(number), detail="{}"))
                session.flush()
                session.add(Event(at=NOW, kind="b", actor=str(number), detail="{}"))
            made.append(number)

    worker = threading.Thread(target=work)
    worker.start()
    while not made:
        pass
    file = house.backup(tmp_path / "b")
    before, _ = len(made), done.set()
    worker.join()
    again, _ = put_back(file)

    pairs = again.ask(lambda s: s.exec(select(Event.kind).where(col(Event.kind).in_(("a", "b")))).all())
    assert pairs.count("a") == pairs.count("b") > 0
    assert len(made) >= before


def test_a_backup_overwrites_nothing_unless_that_is_asked(house: House, tmp_path: Path) -> None:
    file = house.backup(tmp_path / "b")
    first = file.read_bytes()

    with pytest.raises(Refused, match="is er al"):
        house.backup(file)
    assert file.read_bytes() == first
    back_up(house.store, house.data, file, wall=LATER, account="root", overwrite=True)

    assert file.read_bytes() != first
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


# --- refused


def rewritten(file: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """The same backup with its parts changed."""
    other = file.with_name("changed")
    with ZipFile(file) as old, ZipFile(other, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return other


def in_manifest(**said: Any) -> Callable[[str, bytes], bytes]:
    return lambda name, content: json.dumps(json.loads(content) | said).encode() if name == MANIFEST else content


def flipped(name: str, content: bytes) -> bytes:
    return content if name == MANIFEST else content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]


WRONG = {
    "a-byte-is-another": (flipped, Refused, "niet wat er in gedaan is"),
    "a-part-is-cut": (lambda n, c: c if n == MANIFEST else c[:-10], Refused, "niet wat er in gedaan is"),
    "it-ends-at-another-seal": (in_manifest(head="00" * 32), Refused, "eindigt niet bij het zegel"),
    "it-is-of-the-other-store": (in_manifest(store="oracle"), Refused, "Deze back-up is van oracle"),
    "it-is-of-a-newer-tijdig": (in_manifest(migration="9999"), Misconfigured, "nieuwere Tijdig"),
    "its-form-is-newer": (in_manifest(format=2), Refused, "nieuwere Tijdig"),
    "it-says-nothing-of-itself": (lambda n, c: b"{}" if n == MANIFEST else c, Refused, "geen back-up van Tijdig"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_not_whole_is_refused_and_nothing_opens(
    house: House, databases: Databases, tmp_path: Path, wrong: str
) -> None:
    change, error, said = WRONG[wrong]
    file, address = rewritten(house.backup(tmp_path / "b"), change), databases.new()

    with pytest.raises(error, match=said):
        restore(address, tmp_path / "again", file, wall=LATER, account="root")

    with pytest.raises(Misconfigured):
        open_store(address)
    assert not list(tmp_path.rglob(".incoming-*"))


def test_a_file_that_is_no_backup_is_refused(databases: Databases, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("hallo", encoding="utf-8")

    for file, said in ((tmp_path / "b", "geen back-up van Tijdig"), (tmp_path / "weg", "is er niet")):
        with pytest.raises(Refused, match=said):
            restore(databases.new(), tmp_path, file, wall=LATER, account="root")


def test_where_a_database_is_nothing_is_put_back(house: House, tmp_path: Path) -> None:
    file = house.backup(tmp_path / "b")
    address = house.store.url.render_as_string(hide_password=False)

    with pytest.raises(Refused, match=r"is er al|is niet leeg"):
        restore(address, house.data, file, wall=LATER, account="root")

    assert house.ask(lambda session: session.get(Installation, 1)).epoch == 1


@pytest.mark.only_on("postgresql")
def test_without_the_programs_of_postgresql_it_says_so(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Misconfigured, match="pg_dump is hier niet"):
        house.backup(tmp_path / "b")
    assert list(tmp_path.glob("*b*")) == []


# --- the gap


def test_nothing_goes_out_before_a_person_lets_it_go(house: House, put_back: Again, tmp_path: Path) -> None:
    house.mail("sent")
    assert house.deliver() == ["sent"]
    house.mail("ready")
    house.mail("refused", state="wacht")
    house.mail("in hand", state="bezig", leased_until=NOW)

    again, _ = put_back(house.backup(tmp_path / "b"))
    again.mail("made since")

    assert again.deliver(LATER) == []
    assert again.states() == {
        "sent": ("verzonden", ""), "ready": ("aangehouden", HELD_BY_RESTORE),
        "refused": ("aangehouden", HELD_BY_RESTORE), "in hand": ("onzeker", HELD_BY_RESTORE),
        "made since": ("klaar", ""),
    }  # fmt: skip
    with pytest.raises(Refused, match="reden"):
        again.release("")
    assert again.release() == {"released": 2, "held": 0}
    assert again.deliver(LATER) == ["ready", "refused", "made since"]
    with pytest.raises(Refused, match="niets vastgehouden"):
        again.release()


def test_what_went_out_after_the_backup_is_listed_and_waits_for_a_person(
    house: House, put_back: Again, tmp_path: Path
) -> None:
    house.mail("before")
    house.deliver(NOW - timedelta(minutes=1))
    house.mail("ready")
    house.mail("never sent", next_try_at=LATER)
    file = house.backup(tmp_path / "b")
    house.mail("made since")
    assert house.deliver(NOW + timedelta(minutes=1)) == ["ready", "made since"]

    again, done = put_back(file, journal_of=house)
    again.mail("made since")  # the same effect happens again: it has the same key
    released = again.release()

    assert [(each.key, each.message_id) for each in done.gap] == [
        (key, message_id(UUID, key)) for key in ("ready", "made since")
    ]
    assert released == {"released": 1, "held": 2}
    assert again.deliver(LATER) == ["never sent"]
    assert again.states()["ready"] == again.states()["made since"] == ("aangehouden", MAYBE_SENT)
    assert again.deliver(LATER + timedelta(days=1)) == []

    again.settle("ready", "arrived")
    again.settle("made since", "release")
    assert again.deliver(LATER) == ["made since"]
    assert again.carrier.sent[-1]["Message-ID"] == house.carrier.sent[-1]["Message-ID"]
    assert again.states()["ready"][0] == "verzonden"


def test_what_is_remade_after_the_release_waits_too(house: House, put_back: Again, tmp_path: Path) -> None:
    file = house.backup(tmp_path / "b")
    house.mail("lost")
    house.deliver(NOW + timedelta(minutes=1))

    again, _ = put_back(file, journal_of=house)
    again.release()
    again.mail("lost")

    assert again.deliver(LATER) == []
    assert again.states()["lost"] == ("aangehouden", MAYBE_SENT)


def test_the_gap_is_an_incident_until_the_mail_is_released(house: House, put_back: Again, tmp_path: Path) -> None:
    file = house.backup(tmp_path / "b")
    house.mail("lost")
    house.deliver(NOW + timedelta(minutes=1))

    again, _ = put_back(file, journal_of=house)

    def standing(session: Session) -> list[str]:
        return [incident.cause for incident in session.exec(select(Incident).where(col(Incident.key).is_not(None)))]

    assert again.ask(standing) == [
        "Teruggezet naar ma 11 okt 2021, 10:00. Alle mail wacht. Misschien daarna al verzonden: 1 bericht."
    ]
    again.release()
    assert again.ask(standing) == []


def test_without_a_journal_it_says_that_nobody_knows(house: House, put_back: Again, tmp_path: Path) -> None:
    again, done = put_back(house.backup(tmp_path / "b"))

    assert (done.gap, done.journal) == ((), False)
    assert "weet niemand" in again.ask(lambda s: s.exec(select(Incident.cause)).one())


def test_each_restore_begins_an_epoch_of_its_own_and_remembers_the_lost_one(
    house: House, put_back: Again, tmp_path: Path
) -> None:
    file = house.backup(tmp_path / "b")
    house.mail("lost")
    house.deliver(NOW + timedelta(minutes=1))
    first, _ = put_back(file, journal_of=house)
    first.release()
    first.mail("lost in the second epoch")
    first.deliver(LATER)

    _, done = put_back(file, journal_of=first)

    assert done.epoch == 3
    assert [each.key for each in done.gap] == ["lost", "lost in the second epoch"]


# --- as a trial


def test_a_live_installation_comes_back_as_a_trial_that_sends_nothing(
    house: House, put_back: Again, tmp_path: Path
) -> None:
    house.mail("ready")

    trial, done = put_back(house.backup(tmp_path / "b"), as_trial=True)
    trial.release("")
    deliver(trial.store, now=NOW, wall=LATER, settings=Settings.read({"TIJDIG_DATA": str(trial.data), **ON,
            "TIJDIG_SMTP_URL": "smtp://mail.zorg.nl"}))  # fmt: skip

    home = trial.ask(lambda session: session.get(Installation, 1))
    assert (done.mode, home.mode, home.trial_now, home.epoch) == ("trial", "trial", NOW, 2)
    assert len(list((trial.data / "mail").glob("*.eml"))) == 1
    assert trial.states()["ready"][0] == "verzonden"
