"""Setting up leaves a whole installation, or nothing at all (cli.md, `init`)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.orange_status import ORANGE_STATUS, RED_FOLLOW_UP
from flows.wzd_half_year import EACH_HALF_YEAR
from tijdig.engine.errors import Refused
from tijdig.service.setup import init

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.mark.only_on("sqlite", reason="a database of a server is not ours to take away")
def test_a_set_up_that_fails_takes_away_what_it_made_and_nothing_else(tmp_path: Path) -> None:
    copy = tmp_path / "tijdig.db.kopie"
    copy.write_bytes(b"the database of last year")

    with pytest.raises(Refused, match="no procedure 'wzd-half-year'"):
        init(f"sqlite:///{tmp_path / 'tijdig.db'}", (ORANGE_STATUS, RED_FOLLOW_UP), (EACH_HALF_YEAR,), trial=True,
             sample=False, wall=NOW)  # fmt: skip

    assert list(tmp_path.iterdir()) == [copy]
