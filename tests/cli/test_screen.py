"""How an answer is shown to people: the words of `tijdig.cli.screen`."""

import pytest

from tijdig.cli.screen import day


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        pytest.param(None, "", id="no-date"),
        pytest.param("2026-12-03", "do 3 dec 2026", id="a-day"),
        pytest.param("2026-12-03T17:00", "do 3 dec 2026, 17:00", id="the-hour-of-a-due-day-is-local"),
        pytest.param("2020-07-31T17:00", "vr 31 jul 2020, 17:00", id="in-summer-too"),
        pytest.param("2026-12-03T16:00:00+00:00", "do 3 dec 2026, 17:00", id="an-instant-is-shown-on-our-clock"),
    ],
)
def test_a_date_is_shown_as_people_read_it(said: str | None, shown: str) -> None:
    assert day(said) == shown
