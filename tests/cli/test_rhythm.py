"""Law 1: the rhythm of sweeping changes nothing, through the command and with decisions in between."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Tijdig
from tests.databases import Databases

FIRST, LAST = date(2026, 1, 5), date(2026, 6, 15)


def story(cases: int) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Cases that open over three weeks, and decisions: some early, some late, some red, some never."""
    starts, decisions = [], []
    for i in range(cases):
        opened = FIRST + timedelta(days=i % 21)
        subject = f"lid-{i:04}"
        starts.append({"procedure": "orange-status", "subject": subject, "by": "beheer", "at": f"{opened}T09:00",
                       "orange_on": str(opened)})  # fmt: skip
        for after, step, outcome, by, actions in deeds(i):
            at = f"{opened + timedelta(days=after)}T{10 + i % 8:02}:{i % 60:02}"
            decisions.append({"case": f"orange-status/{subject}", "step": step, "outcome": outcome, "by": by, "for": "",
                              "reason": "dit is zo met elkaar besproken", "at": at, "actions": actions})  # fmt: skip
    return sorted(starts, key=lambda row: row["at"]), sorted(decisions, key=lambda row: row["at"])


def deeds(i: int) -> Iterator[tuple[int, str, str, str, str]]:
    if i % 4:
        yield 3 + i % 9, "send_actions", "sent", "beheer", "Werk de plannen bij"
    if i % 3 == 0:
        yield 40 + i % 60, "judge", "green", "beheer", ""
    elif i % 7 == 1:
        yield 60 + i % 40, "judge", "red", "beheer", ""
        yield 66 + i % 40, "confirm_red", "red" if i % 2 else "refused", "director1", ""


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def live_through(tijdig: Tijdig, folder: Path, cases: int, every: int) -> tuple[Any, Any]:
    """Members, openings, decisions on their days, a sweep every so many days; gives the states and the effect keys."""
    starts, decisions = story(cases)
    members = [
        {"reference": member, "name": f"Lid {member}", "email": f"{member}@leden.example"}
        for member in (row["subject"] for row in starts)
    ]
    assert tijdig("import", "members", write(folder / "members.csv", members)).status == 0
    for n in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=n)
        if n % every == 0:
            assert tijdig("sweep", "--at", str(day), "--json").json["incidents"] == []
        for command, rows in (("start", starts), ("decide", decisions)):
            if today := [row for row in rows if row["at"].startswith(str(day))]:
                done = tijdig(command, "--batch", write(folder / "today.csv", today))
                assert (done.status, done.err) == (0, "")
    assert tijdig("sweep", "--at", str(LAST + timedelta(days=1))).status == 0
    assert tijdig("log", "verify").status == 0
    rows, effects = tijdig("cases", "--json").json, tijdig("effects", "--json").json
    # Codes are numbered as cases of a procedure open, the same in every rhythm. A quarter's report opens with the sweep
    # that sees the quarter end, and so stands earlier or later among the others.
    stand = [(r["case"], r["subject"], r["state"], r["version"], r["due"], r["term_status"]) for r in rows]
    return (sorted(stand),
            [row["key"] for row in sorted(effects, key=lambda row: row["key"])])  # fmt: skip


@pytest.mark.parametrize("cases", [12, pytest.param(300, marks=[pytest.mark.long, pytest.mark.timeout(1200)])])
def test_swept_daily_or_every_nine_days_or_only_at_the_end_it_is_the_same(
    tijdig: Tijdig, databases: Databases, sample: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cases: int
) -> None:
    found = []
    for every in (1, 9, 10_000):
        monkeypatch.setenv("TIJDIG_DATABASE_URL", databases.copy(sample))
        found.append(live_through(tijdig, tmp_path, cases, every))

    (daily, daily_keys), (nine, nine_keys), (once, once_keys) = found
    assert len(daily) > cases  # red ones go on in a follow-up
    assert {state for _, _, state, *_ in daily} == {"open", "green", "red"}
    assert daily == nine == once
    assert daily_keys == nine_keys == once_keys
    assert len(set(daily_keys)) == len(daily_keys) > 5 * cases
