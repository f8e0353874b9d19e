"""The same command on PostgreSQL, by one setting."""

from pathlib import Path

import pytest

from tests.cli.conftest import Tijdig

CASE = "orange-status/lid-014"


@pytest.mark.real
def test_a_case_lives_its_life_on_postgresql(
    tijdig: Tijdig, postgres_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TIJDIG_DATABASE_URL", postgres_url)
    assert tijdig("init", "--trial", "--sample", "--json").json["mode"] == "trial"
    (tmp_path / "start.csv").write_text(
        "procedure,subject,by,at,orange_on\norange-status,lid-014,beheer,2026-01-05,2026-01-05\n", encoding="utf-8"
    )

    assert tijdig("start", "--batch", tmp_path / "start.csv", "--json").json["cases"] == ["ORA-2026-001"]
    plan = tijdig("sweep", "--at", "2026-02-05", "--plan", "--json").json
    swept = tijdig("sweep", "--at", "2026-02-05", "--json").json
    assert tijdig("deliver", "--at", "2026-02-05T09:00").status == 0
    assert tijdig("decide", CASE, "judge", "green", "--by", "director1").status == 1
    decided = tijdig("decide", CASE, "judge", "green", "--by", "beheer", "--version", "1", "--json").json

    assert plan == swept
    assert [effect["kind"] for effect in swept["effects"]] == ["escalate", "remind"]
    assert decided["state"] == "green"
    assert [row["kind"] for row in tijdig("effects", "--json").json][-2:] == ["decide", "close"]
    assert tijdig("simulate", "--from", "2026-02-05", "--until", "2026-12-31", "--json").json == []
    assert tijdig("log", "verify").status == 0
    assert (tijdig("doctor").status, tijdig("tasks", "--json").json) == (0, [])
