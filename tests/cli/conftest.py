"""The command in this process, in a trial of its own: made once by the command itself, copied for each test."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

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


@pytest.fixture
def tijdig(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tijdig:
    """Runs `tijdig WORDS`, in an empty folder until something is made there."""
    for name in ("TIJDIG_DATABASE_URL", "TIJDIG_SMTP_URL", "TIJDIG_MAIL", "TIJDIG_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TIJDIG_DATA", str(tmp_path))

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
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trial database with the sample, made once."""
    folder = tmp_path_factory.mktemp("sample")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIJDIG_DATA", str(folder))
        assert run(["init", "--trial", "--sample"]) == 0
    return folder / "tijdig.db"


@pytest.fixture
def trial(tijdig: Tijdig, sample: Path, tmp_path: Path) -> Tijdig:
    """The command in a trial with the sample cooperative and no case."""
    copy(sample, tmp_path / "tijdig.db")
    return tijdig


@pytest.fixture
def orange(trial: Tijdig) -> Tijdig:
    """The same with one orange case, ORA-2026-001 of lid-014, opened on 5 January 2026."""
    assert trial(
        "start", "orange-status", "--subject", "lid-014", "--set", "orange_on=2026-01-05", "--by", "beheer",
        "--at", "2026-01-05",
    ).status == 0  # fmt: skip
    return trial
