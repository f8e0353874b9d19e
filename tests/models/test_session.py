"""The store keeps what a transaction promises, with other processes at the same database."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InvalidRequestError, StatementError
from sqlmodel import Session, select

from models.bulk import ask
from models.operation import Event, Incident
from models.organisation import Assignment, Person
from models.session import Store
from tijdig.engine.errors import Misconfigured, Refused

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def an_incident(key: str = "case/1", count: int = 1) -> Incident:
    return Incident(key=key, kind="case", cause="c", mend="m", first_at=NOON, last_at=NOON, count=count)


def count(session: Session) -> int:
    return session.exec(select(Incident.count)).one()


def test_a_transaction_that_raises_writes_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as session:  # noqa: PT012 (the fault comes after the write)
        session.add(an_incident())
        session.flush()
        _ = 1 / 0

    with store.read() as session:
        assert session.exec(select(Incident)).all() == []


def test_one_bad_case_is_undone_alone(store: Store) -> None:
    with store.write() as session:
        session.add(an_incident(key="good"))
        with session.begin_nested() as savepoint:
            session.add(an_incident(key="bad"))
            session.flush()
            savepoint.rollback()

    with store.read() as session:
        assert session.exec(select(Incident.key)).all() == ["good"]


def test_after_a_rollback_nothing_goes_past_the_transaction(store: Store) -> None:
    with store.write() as session:
        session.rollback()
        with pytest.raises(InvalidRequestError):
            ask(session, "insert into person (id, name, channel, digest) values ('p', 'P', 'mail', true) returning id")

    with store.read() as session:
        assert session.exec(select(Person)).all() == []


def test_a_reader_sees_one_moment_whatever_is_written_meanwhile(store: Store) -> None:
    with store.write() as session:
        session.add(an_incident())

    with store.read() as reader:
        before = count(reader)
        with store.write() as session:
            session.exec(select(Incident)).one().count = 2
            session.flush()
            during = count(reader)
        after = count(reader)

    assert (before, during, after) == (1, 1, 1)
    with store.read() as reader:
        assert count(reader) == 2


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)read-?only"), store.read() as session:
        session.add(an_incident())


ADD_TWENTY = """
import sys
from sqlmodel import select
from models.operation import Incident
from models.session import Store

store = Store.at(sys.argv[1])
print("ready", flush=True)
for _ in range(20):
    with store.write(durable=False) as session:
        incident = session.exec(select(Incident).with_for_update()).one()
        incident.count += 1
"""


def test_writers_in_two_processes_wait_for_each_other_and_lose_nothing(store: Store) -> None:
    with store.write() as session:
        session.add(an_incident(count=0))
    command = [sys.executable, "-c", ADD_TWENTY, store.url.render_as_string(hide_password=False)]

    with store.write() as session:
        session.exec(select(Incident).with_for_update()).one()
        writers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        assert [writer.stdout and writer.stdout.readline() for writer in writers] == ["ready\n", "ready\n"]
    exits = [(writer.communicate(timeout=60), writer.returncode)[1] for writer in writers]

    assert exits == [0, 0]
    with store.read() as session:
        assert count(session) == 40


def test_a_writer_that_waits_too_long_is_told_to_try_again(store: Store) -> None:
    with store.write() as session:
        session.add(an_incident())
    hasty = Store.at(store.url.render_as_string(hide_password=False), wait_seconds=0.05)

    with store.write() as first:
        first.exec(select(Incident).with_for_update()).one()
        with pytest.raises(Refused, match="Try again") as refused, hasty.write() as second:
            second.exec(select(Incident).with_for_update()).one()

    assert refused.value.code == "BUSY"
    hasty.close()


@pytest.mark.parametrize(
    ("durable", "expected"),
    [pytest.param(True, {2, "on"}, id="acts-and-mails"), pytest.param(False, {1, "off"}, id="sweeps")],
)
def test_acts_and_mails_are_on_disk_when_done_and_sweeps_need_not_be(
    store: Store, durable: bool, expected: set[int | str]
) -> None:
    with store.write(durable=durable) as session:
        asked = "pragma synchronous" if store.path else "show synchronous_commit"
        assert session.execute(text(asked)).scalar() in expected


@pytest.mark.parametrize("sync", ["full", "normal"])
def test_a_store_that_is_measured_treats_acts_and_sweeps_alike(store: Store, sync: Literal["full", "normal"]) -> None:
    measured = Store.at(store.url.render_as_string(hide_password=False), sync=sync)
    asked = "pragma synchronous" if store.path else "show synchronous_commit"

    found = set()
    for durable in (True, False):
        with measured.write(durable=durable) as session:
            found.add(session.execute(text(asked)).scalar_one())
    measured.close()

    assert found == {{"full": 2, "normal": 1}[sync] if store.path else {"full": "on", "normal": "off"}[sync]}


def test_a_moment_comes_back_aware_and_in_utc(store: Store) -> None:
    amsterdam = timezone(timedelta(hours=1))
    with store.write() as session:
        session.add(Event(at=datetime(2026, 1, 5, 0, 30, tzinfo=amsterdam), kind="k", actor="a", detail="{}"))

    with store.read() as session:
        at = session.exec(select(Event.at)).one()
    assert at.isoformat() == "2026-01-04T23:30:00+00:00"


def test_a_moment_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="timezone"), store.write() as session:
        session.add(Event(at=datetime(2026, 1, 5), kind="k", actor="a", detail="{}"))  # noqa: DTZ001


def test_an_open_period_is_kept_by_its_outermost_days(store: Store) -> None:
    with store.write() as session:
        session.add(Person(id="adviser1", name="A"))
        session.flush()
        session.add(Assignment(person_id="adviser1", role="adviser"))

    with store.read() as session:
        kept = session.exec(select(Assignment).where(Assignment.since <= NOON.date())).one()
        assert (kept.since, kept.until) == (date.min, date.max)


@pytest.mark.parametrize(
    "address",
    ["mysql://u:geheim@h/d", "sqlite://", "sqlite:///:memory:", "tijdig.db"],
    ids=["another-database", "in-memory", "in-memory-by-name", "no-address"],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(Misconfigured, match="sqlite:///FILE or postgresql://") as refused:
        Store.at(address)
    assert "geheim" not in str(refused.value)


def test_a_plain_postgresql_address_gets_our_driver_and_hides_its_password() -> None:
    store = Store.at("postgresql://u:geheim@h/d")

    assert store.url.drivername == "postgresql+psycopg"
    assert "geheim" not in repr(store)


def test_a_missing_database_file_is_named_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "tijdig.db"

    with pytest.raises(Misconfigured, match="Run `tijdig init`"), Store.at(f"sqlite:///{path}").read():
        pass

    assert not path.exists()


def test_a_server_that_does_not_answer_is_named() -> None:
    with pytest.raises(Misconfigured, match="does not answer"), Store.at("postgresql://u@127.0.0.1:1/d").read():
        pass
