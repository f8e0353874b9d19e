"""The sent-journal: what it says after a crash (tijdig/service/journal.py)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tijdig.service.journal import JOURNAL, handed_over, last_epoch, note, note_epoch

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize("kept", [7, 25, 30, 34])
def test_what_is_handed_over_after_a_line_was_cut_off_is_all_there(tmp_path: Path, kept: int) -> None:
    note_epoch(tmp_path, NOW, 2)
    whole = (tmp_path / JOURNAL).read_bytes()
    note(tmp_path, NOW, [("<1@x>", "lost")])
    cut = (tmp_path / JOURNAL).read_bytes()[: len(whole) + kept]
    (tmp_path / JOURNAL).write_bytes(cut)

    assert list(handed_over(tmp_path)) == []
    note(tmp_path, NOW, [("<2@x>", "two"), ("<3@x>", "three")])

    assert [each.key for each in handed_over(tmp_path)][-2:] == ["two", "three"]
    assert last_epoch(tmp_path) == 2
