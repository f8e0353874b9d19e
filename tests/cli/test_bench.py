"""`tijdig bench` speaks its protocol, and leaves every row as it must be."""

import json
from pathlib import Path

import pytest

from bench import verify
from tests.cli.conftest import Tijdig
from tests.databases import Databases, Server


@pytest.fixture
def server(databases: Databases) -> list[str]:
    """Where the benchmark keeps its cases: a file in its folder, or an empty database on the server."""
    if not isinstance(databases, Server):
        return []
    return ["--pg", databases.new().replace("postgresql+psycopg", "postgresql")]


def said(tijdig: Tijdig, *words: str | Path) -> list[dict]:
    ran = tijdig("bench", *words)
    assert (ran.status, ran.err) == (0, "")
    return [json.loads(line) for line in ran.out.splitlines()]


@pytest.mark.parametrize("commit", ["day", "request"])
def test_the_workload_leaves_every_row_and_tells_its_days(
    tijdig: Tijdig, tmp_path: Path, server: list[str], commit: str
):
    start, *days, result = said(
        tijdig, "workload", "--n", "20", "--spread", "2", "--dir", tmp_path, "--commit", commit, *server
    )

    assert (start["ev"], result["ev"]) == ("start", "result")
    assert [line["day"] for line in days] == list(range(86))
    assert verify.workload(result["store"], result["queries"], 20, 2) == []


def test_a_sweep_does_what_fell_due_and_nothing_else(tijdig: Tijdig, tmp_path: Path, server: list[str]):
    start, *days, result = said(tijdig, "sweep", "--n", "40", "--due", "10", "--dir", tmp_path, *server)

    assert [line["day"] for line in days] == list(range(23, 31))
    assert (len(result["idle"]), len(result["due"])) == (5, 3)
    assert verify.sweeps(start["store"], start["queries"], 40, 10) == []


def test_the_verifier_finds_a_row_that_is_not_right(tijdig: Tijdig, tmp_path: Path, server: list[str]):
    *_, result = said(tijdig, "sweep", "--n", "40", "--due", "10", "--dir", tmp_path, *server)
    queries = result["queries"] | {"outbox": f"SELECT * FROM ({result['queries']['outbox']}) AS o WHERE case_no <> 7"}

    assert verify.sweeps(result["store"], queries, 40, 10)[0] == "outbox: 68 rows, 70 expected"


@pytest.mark.long
def test_the_benchmark_runs_and_writes_its_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from bench import __main__ as bench

    monkeypatch.setattr("sys.argv", ["bench", "--quick", "--out", str(tmp_path / "r.json"), "--publish"])
    monkeypatch.setattr(bench, "DOCS", tmp_path)

    assert bench.main() == 0

    assert {path.name for path in tmp_path.iterdir()} == {
        "r.json", "performance.json", "performance.md", "performance-idle.svg", "performance-open.svg"
    }  # fmt: skip
    assert "| SQLite, a transaction for all of a day (N = 40) |" in (tmp_path / "performance.md").read_text()
