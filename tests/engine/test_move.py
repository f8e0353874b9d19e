"""Moving a running case to other terms: one operation for definition, settings and calendar (design, law 4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flows.orange_status import ORANGE_STATUS
from tests.engine.generated import CALENDAR, START, a_case, daily, deeds, do, live, procedures, standing
from tests.engine.play import REASON, Play, a_procedure, after
from tests.engine.test_laws import END, many, rhythms, told
from tijdig.engine import Close, Fact, Go, Goal, May, Procedure, Remind, Setting, Step, weeks
from tijdig.engine.advance import Advance, advance, move
from tijdig.engine.calendar import Calendar, instant
from tijdig.engine.case import Case, Record, Terms
from tijdig.engine.errors import Unfit
from tijdig.engine.plan import obligations

days = st.integers(1, 120)


def moved(step: Advance, terms: Terms, day: int) -> Advance:
    return move(step.case, terms, Record(instant(START + timedelta(days=day), time(21)), "move", "ann", outcome="v2"))


def lived(case: Case, history: Any, sweeps: Any, day: int, terms: Terms) -> Advance:
    """Live up to the evening of a day, move, and live on."""
    before = [deed for deed in history if deed.day <= day]
    at = instant(START + timedelta(days=day), time(21))
    step = moved(live(case, before, [s for s in sweeps if s < at], at), terms, day)
    todo = [(s, 0, None) for s in sweeps if s >= at]
    todo += [(deed.record(step).at, i + 1, deed) for i, deed in enumerate(history) if deed.day > day]
    for moment, _, deed in sorted(todo, key=lambda item: item[:2]):
        step = do(step, moment, deed)
    return advance(step.case, END)


@many
@given(procedures(), deeds, days)
def test_moving_to_equal_terms_changes_nothing_but_the_record(procedure, history, day):
    at = instant(START + timedelta(days=day), time(21))
    before = live(a_case(procedure), [deed for deed in history if deed.day <= day], daily(3, day), at)
    assume(not before.state.closed)

    after_it = moved(before, Terms(procedure, {}, Calendar()), day)

    assert standing(after_it) == standing(before)
    assert (after_it.effects, after_it.moves, after_it.openings) == ((), (), ())
    assert after_it.ahead == before.ahead
    assert after_it.case.records[:-1] == before.case.records


@many
@given(procedures(), procedures(), deeds, rhythms, days)
def test_moving_and_sweeping_at_any_rhythm_gives_the_same_end(procedure, other, history, rhythm, day):
    case, terms = a_case(procedure), Terms(other, {}, CALENDAR)
    try:
        every_day = lived(case, history, daily(1), day, terms)
    except Unfit:
        assume(False)

    assert standing(lived(case, history, rhythm, day, terms)) == standing(every_day)
    assert standing(lived(case, history, [], day, terms)) == standing(every_day)


@many
@given(procedures(), procedures(), days)
def test_after_a_move_what_is_asked_and_still_to_come_is_that_of_the_new_definition(procedure, other, day):
    at = instant(START + timedelta(days=day), time(21))
    before = live(a_case(procedure), [], daily(1, day), at)
    opened_so = live(a_case(other), [], daily(1, day), at)
    assume(not before.state.closed)

    after_it = moved(before, Terms(other, {}, CALENDAR), day)

    assert obligations(after_it.state) == obligations(opened_so.state)
    assert told(after_it.ahead) == told(opened_so.ahead)


@many
@given(procedures(), procedures(), deeds, days)
def test_a_move_repeats_no_effect_and_what_is_refused_changes_nothing(procedure, other, history, day):
    at = instant(START + timedelta(days=day), time(21))
    before = live(a_case(procedure), [deed for deed in history if deed.day <= day], daily(2, day), at)
    ledger = dict(before.case.ledger)

    try:
        after_it = moved(before, Terms(other, {}, CALENDAR), day)
    except Unfit:
        after_it = None

    assert before.case.ledger == ledger
    if after_it:
        assert {key: after_it.case.ledger[key] for key in ledger} == ledger
        assert not {effect.key for effect in after_it.effects} & set(ledger)


# --- a setting that the house changes


def orange(day: str) -> Play:
    """An orange case of 5 January 2026, swept each week up to a day."""
    play = Play.of(ORANGE_STATUS, "2026-01-05", settings={"red_decider": "directeur"}, orange_on="2026-01-05")
    for week in range(1, 30):
        monday = date(2026, 1, 5) + timedelta(weeks=week)
        if monday <= date.fromisoformat(day):
            play.sweep(monday.isoformat())
    return play


def to_ten_weeks(play: Play, day: str) -> Advance:
    terms = Terms(ORANGE_STATUS, {**play.terms.settings, "orange_term": weeks(10)}, play.terms.calendar)
    at = instant(date.fromisoformat(day), time(9))
    play.last = move(play.last.case, terms, Record(at, "move", "ann", outcome="v2", reason=REASON))
    return play.last


def test_a_shorter_term_moves_exactly_the_dates_that_hang_on_it():
    play = orange("2026-02-09")

    step = to_ten_weeks(play, "2026-02-11")

    shorter = Play.of(
        ORANGE_STATUS, "2026-01-05", orange_on="2026-01-05",
        settings={"red_decider": "directeur", "orange_term": weeks(10)},
    )  # fmt: skip
    shorter.sweep("2026-02-11", "09:00")
    assert obligations(step.state) == obligations(shorter.last.state)
    assert told(step.ahead) == told(shorter.last.ahead)
    assert play.due("norm") == "2026-03-16"
    assert {(m.step, m.kind) for m in step.moves} >= {("norm", "due"), ("judge", "due"), ("norm", "escalate")}
    assert step.effects == ()


def test_who_was_told_the_old_date_is_told_the_new_one():
    play = orange("2026-02-09")

    to_ten_weeks(play, "2026-02-11")

    assert "judge 2026-03-30 2026-03-16 > kwaliteitsadviseur" in play.moved


def test_what_is_late_under_the_shorter_term_escalates_now_and_once():
    play = orange("2026-03-23")

    to_ten_weeks(play, "2026-03-24")
    now = play.lines

    assert [line for line in now if line.startswith("escalate")] == ["escalate norm overdue > directeur"]
    assert not [line for line in play.sweep("2026-05-01") if line.startswith("escalate norm")]


# --- what does not fit

ON_THE_EIGHTH = Record(instant(date(2026, 1, 8), time(9)), "move", "ann")


def small(**more: Any) -> Procedure:
    given_by_default: dict[str, Any] = {
        "facts": (Fact("visit_on", "date", "Bezoek"),),
        "goals": (Goal("visited", "Bezocht", after(weeks(20))),),
    }
    steps = more.pop("steps", (A, B))
    return a_procedure(*steps, **{**given_by_default, **more})


A = Step("ask", "Vraag", "rol", undated="proef", outcomes=(Go("yes", "Ja"), Go("no", "Nee")))
B = Step("weigh", "Weeg", "rol", due=after(), remind=(Remind("week_2", after=weeks(2)),))

UNFIT = [
    pytest.param(small(steps=(replace(A, step="pose"), B)), "NO_STEP", "decide of", id="a-step-is-gone"),
    pytest.param(small(steps=(replace(A, outcomes=(Go("no", "Nee"),)), B)), "NO_OUTCOME", "decide of",
                 id="an-outcome-is-gone"),
    pytest.param(small(facts=()), "NO_FACT", "record of", id="a-fact-is-gone"),
    pytest.param(small(facts=(Fact("visit_on", "text", "Bezoek"),)), "OTHER_KIND", "record of", id="a-fact-is-no-date"),
    pytest.param(small(facts=(Fact("visit_on", "date", "Bezoek"), Fact("asked_on", "date", "Gevraagd")),
                       opens_with=("begun_on", "asked_on")), "NOT_KNOWN", "fact 'asked_on'", id="it-opens-with-more"),
    pytest.param(small(steps=(A, replace(B, role=Setting("weigher", "Wie weegt", kind="role")))), "NOT_SET",
                 "setting 'weigher'", id="a-setting-that-nobody-set"),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "code", "place"), UNFIT)
def test_a_case_moves_only_where_all_fits_that_its_log_names(definition: Procedure, code: str, place: str):
    play = Play.of(small(), "2026-01-05", begun_on="2026-01-05")
    play.act("2026-01-06", "record", values={"visit_on": "2026-02-02"})
    play.decide("2026-01-07", "ask", "yes")

    with pytest.raises(Unfit) as refused:
        move(play.last.case, Terms(definition, {}, Calendar()), ON_THE_EIGHTH)

    [problem] = refused.value.problems
    assert (problem.code, problem.place[: len(place)]) == (code, place)
    assert problem.mend


def test_a_suspended_goal_must_still_be_one():
    with_may = small(may=(May("suspend", ("rol",), of="visited"),))
    play = Play.of(with_may, "2026-01-05", begun_on="2026-01-05")
    play.act("2026-01-06", "suspend", "visited", until=date(2026, 2, 2))

    with pytest.raises(Unfit) as refused:
        move(play.last.case, Terms(small(goals=()), {}, Calendar()), ON_THE_EIGHTH)

    assert [problem.code for problem in refused.value.problems] == ["NO_GOAL"]


def test_a_closed_case_stays_where_it_is():
    closing = small(steps=(replace(A, outcomes=(Close("yes", "Ja"),)), B))
    play = Play.of(closing, "2026-01-05", begun_on="2026-01-05")
    play.decide("2026-01-07", "ask", "yes")

    with pytest.raises(Unfit) as refused:
        move(play.last.case, Terms(closing, {}, Calendar()), ON_THE_EIGHTH)

    assert [problem.code for problem in refused.value.problems] == ["CLOSED"]
