"""`tijdig due` as scripts call it: one JSON document, the exit status, and help that is there at once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "data"


def tijdig(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", "from tijdig.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"})


def test_one_due_date_as_json() -> None:
    done = tijdig("due", "--anchor", "2026-04-02", "--add", "6 weeks", "--basis", "wettelijk", "--json")

    answer = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert (answer["nominal"], answer["due"], answer["safe"]) == ("2026-05-14", "2026-05-18", "2026-05-18")
    assert answer["late_from"] == "2026-05-18T22:00:00Z"
    assert "id" not in answer


def test_one_due_date_for_people() -> None:
    done = tijdig("due", "--anchor", "2026-06-22", "--add", "4 weken", "--direction", "back", "--cutoff", "12:00")

    assert done.stdout.splitlines()[:2] == [
        "Uiterlijk vr 22 mei 2026, 12:00 (intern)",
        "  1. Gepland op ma 22 jun 2026; die dag telt niet mee.",
    ]
    assert done.returncode == 0


def test_a_batch_gives_a_list_with_ids() -> None:
    done = tijdig("due", "--batch", DATA / "deadlines.csv", "--json")

    answers = json.loads(done.stdout)
    assert [answer["id"] for answer in answers] == [f"D{n:02}" for n in range(1, 41)]
    assert answers[36]["due"] == "2026-06-12T12:00+02:00"


def test_one_bad_row_refuses_the_whole_batch(tmp_path: Path) -> None:
    batch = tmp_path / "batch.csv"
    batch.write_text("id,anchor,n,unit\nA,2026-01-05,12,week\nB,soon,12,week\nC,2026-01-05,12,moon\n", encoding="utf-8")

    done = tijdig("due", "--batch", batch, "--json")

    assert done.returncode == 1
    assert [problem["place"] for problem in json.loads(done.stdout)["problems"]] == [
        "row 3 (B), anchor",
        "row 4 (C), unit",
    ]
    assert "row 3 (B), anchor: 'soon' does not fit 'anchor'. Write a day" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["--anchor", "2026-04-02", "--add", "zes weken"], 1, "'zes weken' is not a term."),
        (["--anchor", "morgen", "--add", "6 weken"], 1, "anchor: 'morgen' does not fit 'anchor'."),
        (["--batch", "nowhere.csv"], 1, "nowhere.csv cannot be read"),
        (["--anchor", "2026-04-02"], 2, "--add"),
        (["--anchor", "2026-04-02", "--add", "6 weken", "--batch", "x.csv"], 2, "--batch"),
        (["--anchor", "2026-04-02", "--add", "6 weken", "--basis", "wet"], 2, "wettelijk"),
        ([], 2, "--anchor"),
    ],
)
def test_what_cannot_be_done_says_so_on_stderr_alone(arguments: list[str], status: int, says: str) -> None:
    done = tijdig("due", *arguments)

    assert done.returncode == status
    assert says in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("arguments", [["--help"], ["due", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    watch = "import sys, atexit; atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr)); "
    run = [sys.executable, "-c", f"{watch}from tijdig.cli import main; main()", *arguments]

    done = subprocess.run(run, capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert "due" in done.stdout
    assert not {"prefect", "sqlmodel", "sqlalchemy", "pydantic", "fastapi", "babel"} & set(done.stderr.split())
