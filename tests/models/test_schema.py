"""The migrations make the tables that the models declare, and the database itself guards what may not change."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from models import schema
from models.base import Table
from models.case import Case, Log, Payload
from models.message import Mail
from models.operation import Event, Incident, Programme
from models.organisation import Person
from models.pins import CalendarVersion, Definition, SettingsVersion
from models.register import HandIn, Register
from models.seal import Seal
from models.session import Store
from tests.databases import Databases
from tijdig.engine.errors import Misconfigured

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def a_case(**values: Any) -> Case:
    subject = {
        "code": "ORA-2026-001",
        "procedure": "orange-status",
        "subject": "lid-001",
        "opened_on": NOON.date(),
        "changed_at": NOON,
    }
    return Case(**{"definition_id": 1, "settings_id": 1, "calendar_id": 1, **subject, **values})


def a_log(**values: Any) -> Log:
    return Log(
        **{"case_id": 1, "seq": 1, "at": NOON, "kind": "remind", "key": "judge/1/week_11", "hash": b"h", **values}
    )


def a_mail(**values: Any) -> Mail:
    to = {"key": "digest/adviser1/2026-01-05", "person_id": "adviser1", "address": "adviser1@example.org"}
    what = {"kind": "digest", "subject": "s", "text": "t", "html": "h"}
    return Mail(**{"day": NOON.date(), "next_try_at": NOON, "created_at": NOON, **to, **what, **values})


def a_hand_in(**values: Any) -> HandIn:
    what = {"tender": "r", "provider": "za-001", "piece": "vog", "channel": "portaal", "name": "vog.pdf"}
    at = {"received_at": NOON, "closes_at": NOON, "entered_at": NOON}
    return HandIn(sha256="0" * 64, actor="buyer1", **{**what, **at, **values})


def an_incident() -> Incident:
    return Incident(key="case/1", kind="case", cause="c", mend="m", first_at=NOON, last_at=NOON)


def a_programme() -> Programme:
    return Programme(id="wzd-half-years", body="{}", done_until=date(2026, 7, 1))


def fill(session: Session) -> None:
    """A row in each append-only table, and what it stands on."""
    session.add(
        Definition(procedure="orange-status", revision=1, language=1, sha256="d", snapshot="{}", published_at=NOON)
    )
    session.add(SettingsVersion(at=NOON, by="admin1", reason="r", values="{}"))
    session.add(CalendarVersion(version="2026", body="{}", at=NOON))
    session.add(Event(at=NOON, kind="k", actor="admin1", detail="{}"))
    session.add(Seal(id=1, at=NOON, kind="event", upto=1, body=b"b", hash=b"h"))
    session.add(Person(id="adviser1", name="A"))
    session.add(Register(name="r", procedure="p", timetable="t", row="T-06", vog_from=NOON.date()))
    session.flush()
    session.add(a_hand_in())
    session.add(a_case())
    session.flush()
    session.add(a_log(seq=99, key="act/99"))
    session.add(Payload(log_id=1, salt=b"s", body="{}"))


@pytest.fixture(scope="module")
def filled(shared_databases: Databases, migrated: str) -> Iterator[Store]:
    """One store for all tests that only try to change it."""
    store = Store.at(shared_databases.copy(migrated))
    with store.write() as session:
        fill(session)
    yield store
    store.close()


def test_migrations_and_models_agree(store: Store) -> None:
    with store.read() as session:
        migrated = MigrationContext.configure(session.connection())
        assert compare_metadata(migrated, schema.METADATA) == []


def test_the_newest_migration_is_the_end_of_the_chain() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))

    assert ScriptDirectory.from_config(config).get_current_head() == schema.newest()


def test_upgrading_needs_no_folder_of_ours_and_does_nothing_the_second_time(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    address = databases.new()
    store = Store.at(address)

    schema.upgrade(store)
    with store.write() as session:
        fill(session)
    schema.upgrade(store)

    assert schema.is_current(schema.open_store(address))
    with store.read() as session:
        assert session.get(Case, 1)
    store.close()


@pytest.mark.parametrize(
    ("change", "mend"),
    [
        pytest.param("drop table alembic_version", "is empty. Run `tijdig init`", id="empty"),
        pytest.param("update alembic_version set version_num = '0000'", "at migration 0000.*backup", id="older"),
        pytest.param("update alembic_version set version_num = '9999'", "newer Tijdig.*9999", id="newer"),
    ],
)
def test_a_database_of_another_version_is_not_opened(store: Store, change: str, mend: str) -> None:
    with store.write() as session:
        session.execute(text(change))

    assert not schema.is_current(store)
    with pytest.raises(Misconfigured, match=mend):
        schema.open_store(store.url.render_as_string(hide_password=False))


CHANGES = {
    "sqlite": ["update {0} set {1} = {1}", "delete from {0}", "insert or replace into {0} select * from {0}"],
    "postgresql": ["update {0} set {1} = {1}", "delete from {0}", "truncate {0} cascade"],
}
APPEND_ONLY = {
    "log": "actor",
    "payload": "body",
    "event": "detail",
    "definition": "snapshot",
    "settings_version": "reason",
    "calendar_version": "body",
    "seal": "body",
    "hand_in": "sha256",
}


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_database_refuses_to_change_what_is_append_only(filled: Store, table: str) -> None:
    for change in CHANGES[filled.url.get_backend_name()]:
        with pytest.raises(IntegrityError, match=f"{table} is append-only"), filled.write() as session:
            session.execute(text(change.format(table, APPEND_ONLY[table])))

    with filled.read() as session:
        assert session.execute(text(f"select count(*) from {table}")).scalar() == 1


ONCE: dict[str, Callable[[], tuple[Table, Table]]] = {
    "an-effect-in-its-case": lambda: (a_log(seq=1), a_log(seq=2)),
    "what-opened-a-case": lambda: (a_case(code="1", key="k"), a_case(code="2", key="k")),
    "the-open-case-of-a-subject": lambda: (a_case(code="1", alone=True), a_case(code="2", alone=True)),
    "the-digest-of-a-day": lambda: (a_mail(), a_mail()),
    "a-period-of-a-programme": lambda: (a_programme(), a_programme()),
    "an-open-incident": lambda: (an_incident(), an_incident()),
    "a-piece-that-was-handed-in": lambda: (a_hand_in(piece="wtzi"), a_hand_in(piece="wtzi")),
}


@pytest.mark.parametrize("what", ONCE)
def test_once_means_once(filled: Store, what: str) -> None:
    first, second = ONCE[what]()
    with filled.write() as session:
        session.add(first)
        session.flush()
        session.expunge_all()  # the database has to refuse, not the session
        session.add(second)
        with pytest.raises(IntegrityError, match=r"(?i)unique"):
            session.flush()
        session.rollback()


def test_the_sweep_finds_due_cases_by_their_index(filled: Store) -> None:
    with filled.write() as session:
        if not filled.path:
            session.execute(text("set local enable_seqscan = off"))  # a small table is read whole otherwise
        now = "1767571200000000" if filled.path else "'2026-01-05'"
        due = f"select id from case_ where next_check_at <= {now} order by next_check_at limit 500"
        explain = "explain query plan " if filled.path else "explain "
        plan = session.execute(text(explain + due)).all()
    assert "ix_case__due" in str(plan)
