"""The laws of domain/deadlines.md section 9, for any question; and the same answers under any zone of the process."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tijdig.engine.calendar import ZONE, Calendar, midnight
from tijdig.engine.due import CLOSING, due
from tijdig.engine.terms import Term

ELSEWHERE = "TIJDIG_TEST_ELSEWHERE" in os.environ
LAWS = settings(derandomize=True, deadline=None, database=None, max_examples=50 if ELSEWHERE else 250)
MOST = {"day": 90, "week": 12, "month": 3}

a_day = st.dates(date(2019, 1, 1), date(2031, 12, 31))
a_cutoff = st.times().filter(lambda t: t.hour >= 4).map(lambda t: t.replace(microsecond=0))  # 02:30 may not exist
a_calendar = st.sampled_from([Calendar(), Calendar(may5="closed", good_friday="closed"), Calendar(may5="open")])
a_counted_term = st.builds(
    Term, st.integers(0, 40), st.sampled_from(["day", "week", "month", "year", "working_day"])
) | (st.builds(Term, st.integers(80, 95), st.just("day")))
a_rule = st.fixed_dictionaries(
    {
        "calendar": a_calendar,
        "direction": st.sampled_from(["forward", "forward", "backward"]),
        "days": st.sampled_from(["atw", "kantoor", "eu"]),
        "basis": st.sampled_from(["wettelijk", "contract", "norm", "intern"]),
        "roll": st.sampled_from([None, "atw", "atw", "eu", "none", "next_workday", "prev_workday"]),
        "boundary": st.sampled_from(["binnen", "uiterlijk", "voor"]),
    }
)
with_cutoff = st.builds(lambda rule, cutoff: rule | {"cutoff": cutoff}, a_rule, st.none() | a_cutoff)
a_moment = st.builds(lambda day, at: datetime.combine(day, at, tzinfo=UTC), a_day, st.times())
a_question = st.tuples(a_day, a_counted_term, with_cutoff) | st.tuples(
    a_moment, st.builds(Term, st.integers(0, 2000), st.just("hour")), a_rule
)
Question = tuple[date | datetime, Term, dict[str, Any]]


@LAWS
@given(a_question)
def test_only_the_roll_to_the_day_before_makes_a_date_earlier(question: Question) -> None:
    anchor, term, rule = question

    found = due(anchor, term, **rule)

    assert found.nominal <= found.due or found.roll == "prev_workday"
    assert found.nominal >= found.due or found.roll != "prev_workday"


@LAWS
@given(a_day, a_counted_term, with_cutoff, st.sampled_from(["atw", "eu"]))
def test_a_statutory_roll_ends_on_a_working_day(anchor: date, term: Term, rule: dict[str, Any], roll: Any) -> None:
    assume(term.n > 0 and (roll == "eu" or term.n <= MOST.get(term.unit, 0)))

    found = due(anchor, term, **rule | {"roll": roll, "direction": "forward"})

    assert rule["calendar"].is_workday(found.due, roll)
    if term.unit != "day" or term.n >= 3:
        assert rule["calendar"].workdays_between(anchor, found.due, roll) >= 2


@LAWS
@given(a_question)
def test_the_safe_date_is_the_last_office_day_that_closes_in_time(question: Question) -> None:
    anchor, term, rule = question
    calendar = rule["calendar"]

    found = due(anchor, term, **rule)

    def closes(day: date) -> datetime:
        return datetime.combine(day, CLOSING, tzinfo=ZONE)

    assert found.safe <= found.due
    assert calendar.is_workday(found.safe, "kantoor")
    assert closes(found.safe) <= found.late_from < closes(calendar.add_workdays(found.safe, 1, "kantoor"))


@LAWS
@given(a_question)
def test_a_day_later_never_gives_an_earlier_due(question: Question) -> None:
    anchor, term, rule = question

    earlier, later = (due(anchor + timedelta(days=n), term, **rule) for n in (0, 1))

    assert earlier.nominal <= later.nominal
    assert earlier.due <= later.due
    assert earlier.late_from <= later.late_from
    assert earlier.safe <= later.safe


@LAWS
@given(a_question)
def test_the_steps_lead_from_the_anchor_to_the_due_date(question: Question) -> None:
    anchor, term, rule = question

    found = due(anchor, term, **rule)

    first = anchor.astimezone(ZONE).date() if isinstance(anchor, datetime) else anchor
    assert [step.before for step in found.steps] == [first, *(step.after for step in found.steps[:-1])]
    assert found.steps[-1].after == found.due
    assert found.nominal in {step.after for step in found.steps}
    assert all(step.text.endswith(".") and "  " not in step.text for step in found.steps)


@LAWS
@given(a_question)
def test_it_is_late_from_local_midnight_unless_there_is_an_hour(question: Question) -> None:
    anchor, term, rule = question

    found = due(anchor, term, **rule)

    if found.due_time is None:
        assert found.late_from == midnight(found.due + timedelta(days=1))
    else:
        local = found.late_from.astimezone(ZONE)
        assert (local.date(), local.time()) == (found.due, found.due_time)
    assert found.late_from.tzinfo is UTC


@LAWS
@given(a_question)
def test_only_dates_beyond_the_decrees_are_uncertain(question: Question) -> None:
    anchor, term, rule = question
    everything = replace(rule["calendar"], covered_from=date(1900, 1, 1), covered_until=date(2200, 12, 31))

    found = due(anchor, term, **rule)

    assert not found.uncertain or not all(map(rule["calendar"].covered, (found.nominal, found.due)))
    assert not due(anchor, term, **rule | {"calendar": everything}).uncertain


@LAWS
@given(st.tuples(a_day, a_counted_term, with_cutoff), st.dates(date(2029, 5, 7), date(2029, 5, 11)))
def test_a_new_decree_moves_no_date_that_is_called_certain(question: Question, decreed: date) -> None:
    anchor, term, rule = question
    calendar: Calendar = rule["calendar"]
    decree = replace(calendar, edition="atw-2029.1", decree_days=(*calendar.decree_days, decreed))
    assume(calendar.covered(anchor))

    found, again = due(anchor, term, **rule), due(anchor, term, **rule | {"calendar": decree})

    assert found.uncertain or found.due == again.due


@pytest.mark.skipif(ELSEWHERE, reason="this is the process that lives elsewhere")
@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Anchorage"])
def test_the_zone_of_the_process_changes_nothing(zone: str) -> None:
    """All of the above, and both tables of due dates, in a process that lives elsewhere."""
    tests = [Path(__file__), Path(__file__).with_name("test_due.py")]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests],
        env={**os.environ, "TZ": zone, "TIJDIG_TEST_ELSEWHERE": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout
