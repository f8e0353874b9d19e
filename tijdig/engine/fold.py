"""From records to state: what is open, done and known at a moment.

State is derived, never stored as truth. A corrected fact counts as if it had been right from the start;
what people decided stands. So the rhythm of sweeping cannot change a state (design, law 1).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tijdig.engine.calendar import midnight
from tijdig.engine.case import CASE, Case, Record
from tijdig.engine.conditions import Took
from tijdig.engine.state import Pause, State, StepState


def fold(case: Case) -> State:
    """The state of a case right after its last record."""
    records = corrected(case.records)
    state = State(case.terms, records[0])
    _take_over(state, records[0].step)
    state.settle()
    for record in records[1:]:
        _lapse(case, state, record.at)
        _turn(state, record.at)
        apply(state, record)
        state.settle()
    _lapse(case, state)
    return state


def _turn(state: State, until: datetime) -> None:
    """Days pass, and what a day alone changes."""
    while state.closed is None and (turn := state.next_turn()) and turn <= until:
        state.move_to(turn)
        state.settle()


def corrected(records: tuple[Record, ...]) -> tuple[Record, ...]:
    """The records as they would have been, had each corrected fact been right at once."""
    right = list(records)
    for i, record in enumerate(records):
        if record.act == "correct":
            for name, value in record.values.items():
                source = max(j for j in range(i) if name in right[j].values and right[j].act != "correct")
                right[source] = replace(right[source], values={**right[source].values, name: value})
    return tuple(right)


def _take_over(state: State, at_step: str) -> None:
    """Running work: what stands before the step at which it is taken over was done, with what led there."""
    if at_step:
        led = {part.step: part.outcome for part in state.terms.needs[at_step].parts() if isinstance(part, Took)}
        for step in state.terms.procedure.steps:
            if step.step == at_step:
                return
            outcome = led.get(step.step, step.outcomes[0].name)
            state.steps[step.step] = StepState("done", 1, done_on=state.today, outcome=outcome, taken_over=True)


def _lapse(case: Case, state: State, until: datetime | None = None) -> None:
    """A right that lapsed stays lapsed: the case closed when that happened, after what was recorded before it."""
    for goal in case.terms.procedure.goals:
        happened = goal.lapse and case.ledger.get(f"{CASE}/{state.round}/close/{goal.lapse}")
        if happened and state.closed is None and (until is None or happened.at <= until):
            moment = midnight(happened.nominal)
            _turn(state, moment)
            if state.closed is None:
                state.close(goal.lapse, moment)


def apply(state: State, record: Record) -> None:
    """What one record changes, at its moment."""
    state.move_to(record.at)
    steps, goals, name = state.steps, state.goals, record.step
    state.enter(record)
    actors = frozenset(filter(None, (record.by, record.behalf)))
    match record.act:
        case "decide":
            state.finish(name, record.outcome, actors)
        case "take" | "hand-over":
            steps[name] = replace(steps[name], assignee=record.person or record.by)
        case "not-applicable":
            steps[name] = replace(steps[name], status="skipped", done_on=state.today, outcome="")
        case "take-back" | "reopen":
            state.revive(name)
        case "withdraw" | "cancel" | "merge":
            state.close({"withdraw": "withdrawn", "cancel": "cancelled", "merge": "merged"}[record.act])
        case "extend" if record.by_term:
            target = goals.get(name) or steps[name]
            target.extra = (*target.extra, record.by_term)
        case "suspend" if record.until:
            goals[name].pauses = (*goals[name].pauses, Pause(state.today, record.until))
        case "resume":
            *rest, last = goals[name].pauses
            goals[name].pauses = (*rest, replace(last, resumed=state.today))
        case "announce":
            state.unmeet()
        case "cohort":
            steps[name].children = dict.fromkeys(record.subjects, "")
            _pass_when_all_closed(state, name)
        case "child":
            steps[name].children[record.person] = record.outcome
            _pass_when_all_closed(state, name)
    state.move_to(record.at)


def _pass_when_all_closed(state: State, name: str) -> None:
    step = state.terms.steps[name]
    if state.steps[name].status == "open" and all(state.steps[name].children.values()):
        state.finish(name, step.outcomes[0].name)
