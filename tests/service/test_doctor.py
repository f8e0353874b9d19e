"""What `doctor` says of the database that an installation runs on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url

from models.operation import Installation, Run
from models.session import Store
from tijdig.service import pins
from tijdig.service.doctor import Check, examine, ground
from tijdig.settings import Settings

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
POSTGRESQL = {
    "show server_version": "15.14 (Debian 15.14-0+deb12u1)", "show server_encoding": "UTF8", "show fsync": "on",
    "select pg_database_size(current_database())": 9_149_231,
}  # fmt: skip
SQLITE = {"pragma journal_mode": "wal", "pragma synchronous": 2, "pragma page_count": 150, "pragma page_size": 4096,
          "select sqlite_version()": "3.40.1"}  # fmt: skip

FOUND = [
    pytest.param("postgresql", POSTGRESQL, True, "PostgreSQL 15.14, UTF8, fsync on, 9.1 MB", id="postgresql"),
    pytest.param("postgresql", POSTGRESQL | {"show server_version": "13.22"}, False,
                 "PostgreSQL 13.22, UTF8, fsync on, 9.1 MB. Neem PostgreSQL 14 of nieuwer.", id="too old"),
    pytest.param("sqlite", SQLITE, True, "SQLite 3.40.1, journal wal, sync full, 0.6 MB", id="sqlite"),
    pytest.param("sqlite", SQLITE | {"pragma journal_mode": "delete"}, False,
                 "SQLite 3.40.1, journal delete, sync full, 0.6 MB. Zet TIJDIG_DATA op een schijf van deze machine.",
                 id="a network folder"),
]  # fmt: skip


@pytest.mark.parametrize(("store", "answers", "ok", "said"), FOUND)
def test_what_it_runs_on_is_told_and_judged(store: str, answers: dict[str, Any], ok: bool, said: str) -> None:
    assert ground(store, answers.__getitem__) == (ok, said)


def examined(address: str, folder: Path) -> dict[str, Check]:
    settings = Settings.read({"TIJDIG_DATA": str(folder), "TIJDIG_DATABASE_URL": address})
    return {check.name: check for check in examine(settings, wall=NOW)}


def test_the_store_of_this_very_installation_is_fit(store: Store, tmp_path: Path) -> None:
    found = examined(store.url.render_as_string(hide_password=False), tmp_path)["store"]

    assert found.ok
    assert found.detail.startswith(("SQLite 3.", "PostgreSQL 1"))


@pytest.mark.only_on("postgresql", reason="SQLite has one encoding for all that we write")
def test_a_database_that_cannot_hold_every_name_is_refused(store: Store, tmp_path: Path) -> None:
    narrow = make_url(store.url).set(database="narrow")
    with create_engine(store.url, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("create database narrow encoding 'LATIN1' locale 'C' template template0")

    found = examined(narrow.render_as_string(hide_password=False), tmp_path)["store"]

    assert not found.ok
    assert found.detail.endswith("Maak een database met encoding UTF8.")


AUDITED = [
    pytest.param("live", None, 1, True, "nog niet", id="a new installation"),
    pytest.param("live", None, 3, False, "nog niet. Start de dienst, of draai: tijdig audit.", id="never"),
    pytest.param("live", 1, 30, True, "laatst zo 4 jan 2026, 09:00", id="last night"),
    pytest.param("live", 3, 30, False, "laatst vr 2 jan 2026, 09:00. Start de dienst, of draai: tijdig audit.",
                 id="not for days"),
    pytest.param("trial", None, 30, True, "nog niet", id="a trial"),
]  # fmt: skip


@pytest.mark.parametrize(("mode", "days_ago", "age", "ok", "said"), AUDITED)
def test_without_an_audit_for_two_nights_somebody_must_look(
    store: Store, tmp_path: Path, mode: str, days_ago: int | None, age: int, ok: bool, said: str
) -> None:
    with store.write() as session:
        session.add(Installation(uuid="0f8d", mode=mode, created_at=NOW - timedelta(days=age)))
        pins.first_versions(session, now=NOW, by="test")
        if days_ago:
            at = NOW - timedelta(days=days_ago)
            session.add(Run(kind="audit", by="prefect", started_at=at, finished_at=at))

    found = examined(store.url.render_as_string(hide_password=False), tmp_path)["audit"]

    assert (found.ok, found.detail) == (ok, said)
