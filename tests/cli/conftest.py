"""The command in this process, in a trial of its own: made once by the command itself, copied for each test."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from models.session import Store
from tests.databases import Databases
from tijdig.cli import run


@dataclass(frozen=True)
class Ran:
    """What a command gave."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


Tijdig = Callable[..., Ran]


def sql(statement: str) -> list[tuple[Any, ...]]:
    """What the command's database itself answers."""
    store = Store.at(os.environ["TIJDIG_DATABASE_URL"])
    with store.write() as session:
        result = session.connection().execute(text(statement))
        rows = [tuple(row) for row in result] if result.returns_rows else []
    store.close()
    return rows


@pytest.fixture
def tijdig(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, databases: Databases, tmp_path: Path
) -> Tijdig:
    """Runs `tijdig WORDS`, in an empty folder and without database until something is made there."""
    for name in ("TIJDIG_SMTP_URL", "TIJDIG_MAIL", "TIJDIG_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TIJDIG_DATA", str(tmp_path))
    monkeypatch.setenv("TIJDIG_DATABASE_URL", databases.new())

    def command(*words: str | Path) -> Ran:
        capsys.readouterr()
        try:
            status = run([str(word) for word in words])
        except SystemExit as ended:  # argparse ends so on wrong usage and after --help
            status = int(ended.code or 0)
        said = capsys.readouterr()
        return Ran(status, said.out, said.err)

    return command


@pytest.fixture(scope="session")
def sample(shared_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a trial database with the sample, made once."""
    address = shared_databases.new()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIJDIG_DATA", str(tmp_path_factory.mktemp("sample")))
        patch.setenv("TIJDIG_DATABASE_URL", address)
        assert run(["init", "--trial", "--sample"]) == 0
    return address


@pytest.fixture
def trial(tijdig: Tijdig, databases: Databases, sample: str, monkeypatch: pytest.MonkeyPatch) -> Tijdig:
    """The command in a trial with the sample cooperative and no case."""
    monkeypatch.setenv("TIJDIG_DATABASE_URL", databases.copy(sample))
    return tijdig


@pytest.fixture
def orange(trial: Tijdig) -> Tijdig:
    """The same with one orange case, ORA-2026-001 of lid-014, opened on 5 January 2026."""
    assert trial(
        "start", "orange-status", "--subject", "lid-014", "--set", "orange_on=2026-01-05", "--by", "beheer",
        "--at", "2026-01-05",
    ).status == 0  # fmt: skip
    return trial
