"""Whoever changes the log, what it stands on or a stored mail is found, with the place (design: Version and log).

The attacker has the whole database: triggers are dropped, foreign keys do not hold, any byte may change.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session

from models.session import Store
from tests.cli.conftest import Tijdig
from tests.databases import Databases
from tijdig.cli import run
from tijdig.service.heads import ROWS, SENT
from tijdig.service.verify import verify

LIVES = (
    "start orange-status --subject lid-014 --set orange_on=2026-01-05 --by beheer --at 2026-01-05T09:00",
    "start orange-status --subject lid-015 --set orange_on=2026-01-06 --by beheer --at 2026-01-06T09:00",
    "deliver --at 2026-01-06T10:00",
    "set may5 closed --by beheer --reason 'zo besloten door het bestuur'",
    "record orange-status/lid-014 audit=DC-12 --by beheer --at 2026-01-08T09:00",
    "sweep --at 2026-02-05T08:00",
    "deliver --at 2026-02-05T09:00",
    "decide orange-status/lid-014 judge green --by beheer --at 2026-02-06T09:00",
    "deliver --at 2026-02-06T10:00",
)
APPEND_ONLY = ("log", "payload", "event", "definition", "settings_version", "calendar_version", "seal")


@pytest.fixture(scope="module")
def story(shared_databases: Databases, sample: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Two orange cases of which one is closed, mails that were sent, a setting that was changed: all of it sealed."""
    address = shared_databases.copy(sample)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIJDIG_DATA", str(tmp_path_factory.mktemp("story")))
        patch.setenv("TIJDIG_DATABASE_URL", address)
        for words in LIVES:
            assert run(shlex.split(words)) == 0, words
    store = Store.at(address)
    yield store
    store.close()


@contextmanager
def attack(store: Store) -> Iterator[Session]:
    """A transaction in which nothing guards the tables, and of which nothing stays."""
    with store.write() as session:
        if store.path:
            session.execute(text("pragma defer_foreign_keys = on"))
            for table in APPEND_ONLY:
                for change in ("update", "delete"):
                    session.execute(text(f"drop trigger {table}_{change}"))
        else:
            session.execute(text("set local session_replication_role = replica"))
        yield session
        session.rollback()


def places(session: Session) -> dict[str, str]:
    session.expire_all()
    return {each.place: each.problem for each in verify(session)[2]}


def test_what_nobody_changed_is_whole(story: Store) -> None:
    with story.read() as session:
        cases, entries, broken = verify(session)

    assert (cases, broken) == (2, [])
    assert entries > 12


# --- any byte

Name = Callable[[Session, Any], str]


def by_number(name: str) -> Name:
    return lambda session, id: f"{name} {id}"


def of_log(session: Session, id: int) -> str:
    code, seq = session.execute(
        text("select code, log.seq from log join case_ on case_.id = case_id where log.id = :id"), {"id": id}
    ).one()
    return f"{code}, regel {seq}"


def of_case(session: Session, id: int) -> str:
    return str(session.execute(text("select code from case_ where id = :id"), {"id": id}).scalar_one())


TABLES: dict[str, tuple[Name, tuple[str, ...]]] = {
    "log": (
        of_log,
        ("case_id", "seq", "at", "kind", "key", "actor", "nominal", "overtaken", "commitment", "hash"),
    ),
    "payload": (of_log, ("log_id", "salt", "body")),
    "case_": (of_case, ("code", "seq", "head")),
    "seal": (by_number("zegel"), ("id", "at", "kind", "upto", "body", "hash")),
    "event": (by_number("gebeurtenis"), ROWS["event"].columns),
    "definition": (by_number("definitie"), ROWS["definition"].columns),
    "settings_version": (by_number("instellingenversie"), ROWS["settings_version"].columns),
    "calendar_version": (by_number("kalenderversie"), ROWS["calendar_version"].columns),
    "mail": (by_number("bericht"), (*ROWS["mail"].columns, *SENT.columns)),
}  # fmt: skip
WHERE_NOTHING_STOOD: dict[str, tuple[Any, Any]] = {
    "nominal": (date(2026, 1, 1), "2026-01-01"), "overtaken": ("overtaken",) * 2, "commitment": (b"x" * 32,) * 2,
    "code": (250, 250), "leased_until": (datetime.fromisoformat("2026-01-01T00:00+00:00"), 1),
}  # fmt: skip
"""In PostgreSQL and in SQLite."""


@pytest.mark.parametrize(("table", "column"), [(table, c) for table, (_, columns) in TABLES.items() for c in columns])
@settings(max_examples=6, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_change_of_any_byte_is_found_and_its_place_named(story: Store, table: str, column: str, data: Any) -> None:
    name, key = TABLES[table][0], "log_id" if table == "payload" else "id"
    with attack(story) as session:
        rows = session.execute(text(f'select {key}, "{column}" from {table} order by {key}')).all()
        id, value = data.draw(st.sampled_from(rows))
        place = name(session, id)
        if column.endswith("_id") and table in ("log", "payload"):  # it left its case
            place = place.partition(",")[0]
        changed = changes(value, column, data.draw(st.integers(0, 10_000)), sqlite=story.path is not None)
        session.execute(text(f'update {table} set "{column}" = :to where {key} = :id'), {"to": changed, "id": id})

        found = places(session)

        assert any(each == place or each.startswith(f"{place},") for each in found), (value, changed, found)


def changes(value: Any, column: str, at: int, *, sqlite: bool) -> Any:
    """The same value with one byte changed, one more, or one day or a moment later."""
    match value:
        case None:
            return WHERE_NOTHING_STOOD[column][sqlite]
        case bool():
            return not value
        case int() if column in ("id", "case_id", "log_id"):
            return value + 100_000
        case int() if column == "fatal":
            return 1 - value
        case int():
            return value + 1
        case datetime():
            return value + timedelta(microseconds=1)
        case date():
            return value + timedelta(days=1)
        case str():
            place = at % max(len(value), 1)
            return value[:place] + ("~" if value[place : place + 1] != "~" else "!") + value[place + 1 :]
        case bytes():
            place = at % len(value)
            return value[:place] + bytes([value[place] ^ 1 << at % 8]) + value[place + 1 :]
    raise AssertionError(value)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("update log set key = cast(x'ff' as text) where id = 3", "ORA-2026-001, regel 3"),
        ("update log set at = 'gisteren' where id = 3", "ORA-2026-001, regel 3"),
        ("update log set hash = 'geen hash' where id = 3", "ORA-2026-001, regel 3"),
        ("update mail set text = cast(x'ff' as text) where id = 2", "bericht 2"),
        ("update event set at = 'gisteren' where id = 2", "gebeurtenis 2"),
        ("update seal set body = 'niets' where id = 2", "zegel 2"),
        ("update case_ set code = cast(x'ff' as text) where id = 1", "dossier met nummer 1"),
    ],
)
def test_what_cannot_even_be_read_is_named_and_hides_nothing_else(story: Store, change: str, place: str) -> None:
    with attack(story) as session:
        session.execute(text(change))
        session.execute(text("update settings_version set reason = 'iets anders' where id = 1"))

        found = places(session)

        assert place in found
        assert found["instellingenversie 1"] == "is niet wat er vastgelegd werd"


# --- whole rows

CUTS: dict[str, tuple[tuple[str, ...], str]] = {
    "the-end-of-a-log": (("delete from log where id = (select max(id) from log where case_id = 1)",), "ORA-2026-001"),
    "the-end-of-a-log-with-its-case-made-to-fit": (
        (
            "delete from notice where log_id = (select max(id) from log where case_id = 2)",
            "delete from log where id = (select max(id) from log where case_id = 2)",
            "update case_ set seq = seq - 1, head = (select hash from log where case_id = 2 order by id desc limit 1) "
            "where id = 2",
        ),
        "ORA-2026-002",
    ),
    "an-entry-in-the-middle": (("delete from log where id = 2",), "ORA-2026-001, regel 2"),
    "a-case-with-all-its-rows": (
        (
            "delete from mail_notice where notice_id in (select id from notice where case_id = 2)",
            "delete from notice where case_id = 2",
            "delete from open_obligation where case_id = 2",
            "delete from link where case_id = 2",
            "delete from payload where log_id in (select id from log where case_id = 2)",
            "delete from log where case_id = 2",
            "delete from case_ where id = 2",
        ),
        "ORA-2026-002",
    ),
    "a-case-alone": (("delete from case_ where id = 2",), "dossier met nummer 2"),
    "a-payload": (("delete from payload where log_id = 1",), "ORA-2026-001, regel 1"),
    "a-mail": (("delete from mail where id = 2",), "bericht 2"),
    "the-last-mail": (("delete from mail where id = (select max(id) from mail)",), "bericht"),
    "an-event": (("delete from event where id = 2",), "gebeurtenis 2"),
    "a-definition": (("delete from definition where id = 2",), "definitie 2"),
    "a-seal": (("delete from seal where id = 2",), "zegel 2"),
    "two-mails-are-swapped": (
        (
            "update mail set id = -1 where id = 2",
            "update mail set id = 2 where id = 3",
            "update mail set id = 3 where id = -1",
        ),
        "bericht 2",
    ),
    "two-texts-are-swapped": (
        (
            "update mail set text = m.text from mail m where mail.id in (2, 3) and m.id = 5 - mail.id",
        ),
        "bericht 3",
    ),
    "two-entries-are-swapped": (
        (
            "update log set id = -1 where id = 2",
            "update log set id = 2 where id = 3",
            "update log set id = 3 where id = -1",
        ),
        "ORA-2026-001, regel 2",
    ),
    "an-event-is-put-in-between": (
        (
            "update event set id = id + 1000 where id > 2",
            "insert into event (id, at, kind, actor, detail) select 3, at, kind, actor, detail from event where id = 2",
        ),
        "gebeurtenis 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("cut", CUTS)
def test_what_was_cut_put_in_or_swapped_is_found_and_its_place_named(story: Store, cut: str) -> None:
    statements, place = CUTS[cut]
    with attack(story) as session:
        for statement in statements:
            session.execute(text(statement))

        found = places(session)

        assert any(each == place or each.startswith((f"{place},", f"{place} ")) for each in found), found


def test_who_cuts_the_seals_too_is_found_by_a_head_that_went_out(story: Store) -> None:
    with attack(story) as session:
        head = session.execute(text("select hash from seal order by id desc limit 1")).scalar_one()
        session.execute(text("delete from seal where id = (select max(id) from seal)"))

        assert verify(session)[2] == []
        assert [each.problem for each in verify(session, head=bytes(head).hex())[2]] == [
            "staat niet in de keten: er is iets gewist of een back-up teruggezet"
        ]


@pytest.mark.parametrize(("logged", "broken"), [(True, False), (False, True)], ids=["logged", "in-secret"])
def test_an_erased_payload_breaks_the_chain_unless_a_retention_run_was_logged(
    story: Store, logged: bool, broken: bool
) -> None:
    with attack(story) as session:
        session.execute(text("delete from payload where log_id = 1"))
        if logged:
            session.execute(text(
                "insert into event (at, kind, actor, detail) select at, 'retention', 'beheer', '{\"payload\":[1]}' "
                "from event where id = 1"
            ))  # fmt: skip

        assert bool(places(session)) == broken


# --- the command


def test_the_command_says_where_and_fails(
    story: Store, tijdig: Tijdig, databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    story.close()
    monkeypatch.setenv("TIJDIG_DATABASE_URL", databases.copy(story.url.render_as_string(hide_password=False)))
    whole = tijdig("log", "verify", "--json")
    store = Store.at(os.environ["TIJDIG_DATABASE_URL"])
    with store.write() as session:
        session.execute(text("update mail set subject = 'Niets aan de hand' where id = 2"))
        head = session.execute(text("select hash from seal order by id desc limit 1")).scalar_one()
    store.close()

    broken = tijdig("log", "verify", "--json")

    assert (whole.status, whole.json["broken"]) == (0, [])
    assert broken.status == 1
    assert broken.json["broken"] == [{"place": "bericht 2", "problem": "is niet wat er vastgelegd werd"}]
    assert tijdig("log", "verify").err == "bericht 2: is niet wat er vastgelegd werd.\n"
    assert tijdig("log", "verify", "orange-status/lid-014", "--head", bytes(head).hex()).status == 0
