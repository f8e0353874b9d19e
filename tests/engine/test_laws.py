"""The laws of the core, over generated definitions and histories (design, laws 1 to 3)."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.engine.generated import (
    START,
    a_case,
    daily,
    deeds,
    do,
    live,
    procedures,
    standing,
)
from tijdig.engine.advance import advance, open_case
from tijdig.engine.calendar import midnight
from tijdig.engine.case import Case, Record
from tijdig.engine.fold import fold
from tijdig.engine.plan import obligations
from tijdig.engine.plan import standing as standing_of
from tijdig.engine.simulate import next_deed, on_time, simulate
from tijdig.engine.snapshot import canonical, fingerprint, from_json, to_json

END = midnight(START + timedelta(days=220))
many = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
rhythms = st.lists(st.integers(1, 210), max_size=12, unique=True).map(
    lambda found: [midnight(START + timedelta(days=d)) for d in sorted(found)]
)


@many
@given(procedures(), deeds, rhythms)
def test_any_rhythm_of_sweeping_gives_the_same_states_and_effect_keys(procedure, history, rhythm):
    case = a_case(procedure)

    every_day = live(case, history, daily(1), END)

    assert standing(live(case, history, rhythm, END)) == standing(every_day)
    assert standing(live(case, history, [], END)) == standing(every_day)
    assert standing(live(case, history, daily(9), END)) == standing(every_day)


@many
@given(procedures(), deeds)
def test_after_each_act_the_state_is_what_the_records_say_again(procedure, history):
    step = open_case(a_case(procedure))

    for deed in history:
        known, step = len(step.case.records), do(step, deed.record(step).at, deed)
        if len(step.case.records) == known:
            continue  # refused: time passed, which no record says
        again = fold(step.case)

        assert (again.steps, again.goals, again.facts) == (step.state.steps, step.state.goals, step.state.facts)
        assert (again.result, again.closed, again.round) == (step.state.result, step.state.closed, step.state.round)


@many
@given(procedures(), deeds)
def test_sweeping_twice_changes_nothing(procedure, history):
    once = live(a_case(procedure), history, daily(3), END)

    twice = advance(once.case, END)

    assert twice.effects == ()
    assert standing(twice) == standing(once)


@many
@given(procedures(), deeds)
def test_no_effect_happens_before_its_moment(procedure, history):
    case = a_case(procedure)
    step = live(case, history, daily(1), END)

    for happened in step.case.ledger.values():
        assert happened.nominal <= happened.at.date() + timedelta(days=5)  # a reminder may go on the office day before


@many
@given(procedures(), st.integers(1, 80), st.integers(-15, 30))
def test_after_a_correction_the_obligations_and_what_is_still_to_come_are_those_of_the_right_fact(
    procedure, day, shift
):
    right = START + timedelta(days=shift)
    at = midnight(START + timedelta(days=day)) + timedelta(hours=9)
    correction = Record(at, "correct", "p0", {"begun_on": right.isoformat()}, reason="het was een andere datum")
    before = live(a_case(procedure), [], daily(1, day), at)
    assume(shift != 0 and not before.state.closed)  # a right that lapsed stays lapsed until a person reopens

    corrected = advance(before.case, at, correction)
    opened_right = live(a_case(procedure, right), [], daily(1, day), at)

    assert obligations(corrected.state) == obligations(opened_right.state)
    assert told(corrected.ahead) == told(opened_right.ahead)


def told(effects):
    return [effect for effect in effects if effect.kind in ("remind", "escalate")]


@many
@given(procedures(), deeds)
def test_what_simulate_foretells_the_live_run_does_at_the_same_moment(procedure, history):
    case = a_case(procedure)
    so_far = live(case, history, daily(2), midnight(START + timedelta(days=121)))

    foretold = {f.effect.key: f.at for f in simulate(so_far.case, until=END)}
    live_run = live(case, history, sorted({*daily(2, 121), *foretold.values()}), END)

    happened = {key: h.at for key, h in live_run.case.ledger.items() if key not in so_far.case.ledger}
    assert foretold == happened


@many
@given(procedures(), deeds)
def test_next_check_at_misses_nothing_and_wakes_for_nothing_earlier(procedure, history):
    step = live(a_case(procedure), history, [], midnight(START + timedelta(days=121)))
    if step.next_check_at is None:
        assert advance(step.case, END).effects == ()
    else:
        assert advance(step.case, step.next_check_at - timedelta(seconds=1)).effects == ()


@many
@given(procedures())
def test_a_definition_survives_json_and_keeps_its_fingerprint(procedure):
    again = from_json(to_json(procedure))

    assert again == procedure
    assert canonical(to_json(again)) == canonical(to_json(procedure))
    assert fingerprint(again) == fingerprint(procedure)


@many
@given(procedures(), deeds)
def test_a_refused_act_changes_nothing(procedure, history):
    case = a_case(procedure)
    ledger, records = dict(case.ledger), case.records

    live(case, history, [], END)

    assert (dict(case.ledger), case.records) == (ledger, records)
    assert isinstance(case, Case)


@many
@given(procedures())
def test_a_rehearsal_goes_through_the_states_that_a_case_goes_through_whose_people_do_the_same(procedure):
    step = open_case(a_case(procedure))
    for deed, state in on_time(step.case):
        step = advance(step.case, state.now, deed) if deed else advance(step.case, state.now)
        assert standing_of(step.state) == standing_of(state)
        assert (step.state.closed, step.state.result) == (state.closed, state.result)


@many
@given(procedures())
def test_the_deed_that_comes_next_is_the_same_in_a_rehearsal_and_in_a_run_ahead(procedure):
    step = open_case(a_case(procedure))
    for deed, state in on_time(step.case):
        if deed and deed.act == "decide":
            foreseen = next_deed(step, before=None)
            assert foreseen
            assert foreseen.case.records[-1] == deed
        step = advance(step.case, state.now, deed) if deed else advance(step.case, state.now)


@many
@given(procedures(), deeds)
def test_what_stands_is_what_the_obligations_say_stands(procedure, history):
    state = live(a_case(procedure), history, daily(3), END).state

    assert standing_of(state) == tuple(each for each in obligations(state) if each.stands)
