"""A backup and back, as the command does it."""

from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.conftest import Tijdig, sql
from tests.databases import Databases


def move_on(monkeypatch: pytest.MonkeyPatch, databases: Databases, data: Path) -> None:
    """To another machine: nothing is there yet."""
    monkeypatch.setenv("TIJDIG_DATA", str(data))
    monkeypatch.setenv("TIJDIG_DATABASE_URL", databases.new())


@pytest.fixture
def moved(orange: Tijdig, monkeypatch: pytest.MonkeyPatch, databases: Databases, tmp_path: Path) -> Tijdig:
    """The orange case with its mails on another machine, from `tmp_path / "b"`."""
    orange("deliver", "--at", "2026-01-05T10:00")
    orange("sweep", "--at", "2026-02-02T08:00")
    assert orange("backup", tmp_path / "b").status == 0
    move_on(monkeypatch, databases, tmp_path / "again")
    return orange


def test_a_backup_gives_its_file_and_the_hash_of_it(orange: Tijdig, tmp_path: Path) -> None:
    made = orange("backup", tmp_path / "b", "--json")
    again = orange("backup", tmp_path / "b")

    assert made.json == {
        "file": str(tmp_path / "b"), "sha256": sha256((tmp_path / "b").read_bytes()).hexdigest(), "missing": [],
    }  # fmt: skip
    assert (again.status, "Kies een andere naam, of zeg --overwrite." in again.err) == (1, True)
    assert orange("backup", tmp_path / "b", "--overwrite").status == 0
    assert sql("select actor is not null from event where kind = 'backup'") == [(1,), (1,)]


def test_a_restore_says_what_it_put_back(moved: Tijdig, tmp_path: Path) -> None:
    done = moved("restore", tmp_path / "b", "--json").json
    again = moved("restore", tmp_path / "b")

    assert done["sha256"] == sha256((tmp_path / "b").read_bytes()).hexdigest()
    assert {name: done[name] for name in ("mode", "epoch", "gap", "missing")} == {
        "mode": "trial", "epoch": 2, "gap": [], "missing": [],
    }  # fmt: skip
    assert again.status == 1
    assert moved("cases", "--json").json[0]["case"] == "ORA-2026-001"
    assert moved("log", "verify").status == 0
    assert moved("sweep", "--at", "2026-02-01").status == 1  # the clock stands where it stood


def test_mail_waits_for_the_release(moved: Tijdig, tmp_path: Path) -> None:
    moved("restore", tmp_path / "b")

    waiting = moved("deliver", "--at", "2026-02-02T09:00", "--json").json
    doctor = {check["name"]: check["ok"] for check in moved("doctor", "--json").json["checks"]}
    released = moved("release", "--by", "beheer", "--reason", "nagekeken met de beheerder", "--json")
    sent = moved("deliver", "--json").json
    second = moved("release")

    assert (waiting["sent"], doctor["restore"]) == (0, False)
    assert (released.status, set(released.json)) == (0, {"released", "held"})
    assert sent["sent"] > 0
    assert (second.status, "niets vastgehouden" in second.err) == (1, True)


@pytest.mark.only_on("postgresql")
def test_a_backup_of_the_other_store_is_refused(moved: Tijdig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TIJDIG_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")

    refused = moved("restore", tmp_path / "b")

    assert refused.status == 1
    assert "Wijs naar een lege database van postgresql." in refused.err
    assert not (tmp_path / "other.db").exists()
