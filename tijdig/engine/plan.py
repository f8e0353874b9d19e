"""From state to plan: what is asked of whom by when, and what happens because of it.

`obligations` and `planned` read one state and give values; they know nothing of what happened before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from tijdig.engine.calendar import local_day, midnight
from tijdig.engine.case import CASE, Effect, Overtaken, Terms, shift
from tijdig.engine.due import Due
from tijdig.engine.language import DueRule, Escalate, Goal, Remind, Step
from tijdig.engine.state import State
from tijdig.engine.terms import Term

TermStatus = Literal["on_time", "close", "late", "none"]

CLOSE_DAYS = 5
"""Close (*bijna*) begins this many office days before the safe date (design, Semantics)."""

LEAD_DAYS = 10
"""Work is picked up (*oppakken vanaf*) this many office days before it is due, unless its step has its own lead."""

LAPSE_DAYS = 3
"""A right lapses this many office days after its due day: done in time and recorded late still counts."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """What a case asks of a role by a date. `state` is that of the step, or `open`, `met`, `none` for a goal."""

    step: str
    label: str
    kind: Literal["step", "goal"]
    role: str
    state: str
    round: int
    due: Due | None
    fatal: bool
    opened_on: date | None
    done_on: date | None
    outcome: str
    assignee: str
    undated: str = ""

    @property
    def stands(self) -> bool:
        """It is asked now."""
        return self.state == "open"

    def status(self, at: datetime, terms: Terms) -> TermStatus:
        """The computed term status (never a colour): late from `late_from`, close from five office days before safe."""
        if self.due is None:
            return "none"
        if at >= self.due.late_from:
            return "late"
        near = terms.calendar.add_workdays(self.due.safe, -CLOSE_DAYS, "kantoor")
        return "close" if local_day(at) >= near else "on_time"


def pick_up_on(asked: Obligation, terms: Terms) -> date | None:
    """*Oppakken vanaf*: the later of the day it opened and its due day minus its lead (ux.md, section 3)."""
    if asked.due is None or asked.opened_on is None:
        return asked.opened_on
    step = terms.procedure.step(asked.step)
    lead = step.lead if step and step.lead else Term(LEAD_DAYS, "working_day")
    return max(asked.opened_on, shift(terms, asked.due.due, lead, back=True))


def obligations(state: State) -> tuple[Obligation, ...]:
    """All that the case asks, or will ask as far as its dates are known, in reading order; goals first."""
    return (*(_goal(state, goal) for goal in state.terms.procedure.goals),
            *(_step(state, step) for step in state.terms.procedure.steps))  # fmt: skip


def standing(state: State) -> tuple[Obligation, ...]:
    """What the case asks now: the obligations that stand."""
    if state.closed:
        return ()
    procedure = state.terms.procedure
    return (*(_goal(state, goal) for goal in procedure.goals if state.goals[goal.goal].runs),
            *(_step(state, step) for step in procedure.steps if state.steps[step.step].status == "open"))  # fmt: skip


def _goal(state: State, goal: Goal) -> Obligation:
    at = state.goals[goal.goal]
    decided = state.closed and state.result in state.terms.procedure.verdicts
    met = at.met_on or (local_day(state.closed) if state.closed and decided and not goal.met_by else None)
    stands = "met" if met else "open" if at.runs and not state.closed else "none"
    return Obligation(
        goal.goal, goal.label, "goal", state.terms.role(goal.role), stands, 1, state.due(goal.goal),
        state.is_fatal(goal.goal), local_day(state.opening.at), met, "", "", state.undated(goal.goal),
    )  # fmt: skip


def _step(state: State, step: Step) -> Obligation:
    at = state.steps[step.step]
    outcome = "" if step.not_by and step.step in state.withheld else at.outcome
    return Obligation(
        step.step, step.asks, "step", state.terms.role(step.role), at.status, max(at.round, 1), state.due(step.step),
        state.is_fatal(step.step), at.opened_on, at.done_on, outcome, at.assignee,
        step.undated or state.undated(step.step),
    )  # fmt: skip


def planned(state: State) -> Iterator[Effect]:
    """Every effect, past and ahead, that follows from this state if nothing else is recorded. Not in order."""
    opening = state.opening
    yield Effect(CASE, 1, "open", "", local_day(opening.at), opening.at)
    if state.closed:
        return
    procedure, terms = state.terms.procedure, state.terms
    for goal in procedure.goals:
        if state.goals[goal.goal].runs:
            yield from _goal_effects(state, goal)
    for step in procedure.steps:
        at = state.steps[step.step]
        if at.status == "open" and at.opened and at.opened_on:
            yield Effect(step.step, at.round, "task", "", at.opened_on, at.opened, (terms.role(step.role),),
                         "before_opening" if at.taken_over else None)  # fmt: skip
            for start in step.starts:
                yield Effect(step.step, at.round, "open", start.start, at.opened_on, at.opened, start=start)
            yield from _reminders(state, step, step.remind, (terms.role(step.role),), at.round, at.opened)
            if isinstance(step.due, DueRule):
                yield from _ladder(state, step.step, step.when_late, at.round, at.opened)


def _goal_effects(state: State, goal: Goal) -> Iterator[Effect]:
    terms, name = state.terms, goal.goal
    serving = (s.role for s in terms.procedure.steps if s.due == name and state.steps[s.step].status == "open")
    to = tuple(dict.fromkeys(terms.roles((goal.role, *serving))))
    yield from _reminders(state, goal, goal.remind, to, 1, state.opening.at)
    if goal.role or goal.when_late or any(step.due == name for step in terms.procedure.steps):
        yield from _ladder(state, name, goal.when_late, 1, state.opening.at)  # else nobody is asked anything
    for pause in state.goals[name].pauses:
        if pause.resumed is None:
            yield Effect(name, 1, "remind", "suspension_ends", pause.until, midnight(pause.until),
                         terms.roles((terms.procedure.owner,)))  # fmt: skip
    if day := lapse(state, goal):
        yield Effect(CASE, state.round, "close", goal.lapse, day, midnight(day))


def lapse(state: State, goal: Goal) -> date | None:
    """The day on which the right of a goal that runs is lost, if it can be; what a person reopened is not at once."""
    found = state.due(goal.goal) if goal.lapse else None
    if found is None or (goal.lapse_only and goal.lapse_only.holds(state) is not True):
        return None
    calendar = state.terms.calendar
    day = calendar.add_workdays(found.due, LAPSE_DAYS, "kantoor")
    if goal.lapse_only and (last := state.done_on(goal.lapse_only)):
        day = max(day, calendar.add_workdays(last, 1, "kantoor"))  # the day itself may be over in part already
    return day if state.reopened is None or state.reopened < midnight(day) else None


def _reminders(
    state: State, of: Step | Goal, rules: tuple[Remind, ...], to: tuple[str, ...], round: int, opened: datetime
) -> Iterator[Effect]:
    """Reminders on their nominal days; on a closed day they go out on the office day before."""
    name = of.name
    terms, found = state.terms, state.due(name)
    suspended = isinstance(of, Goal) and found is None
    for rule in () if suspended else rules:
        if terms.term(rule.after if rule.before is None else rule.before) is None:
            continue  # an optional term that nobody set
        if rule.before is not None:
            nominal = shift(terms, found.due, rule.before, back=True) if found else None
        else:
            anchor = state.day_of(rule.of or _anchor(state, name))
            nominal = shift(terms, anchor, rule.after, back=False) if anchor else None
        if nominal is None or (rule.free_day and found and terms.calendar.is_workday(found.due, "atw")):
            continue
        moment = midnight(terms.calendar.prev_workday(nominal, "kantoor"))
        silent: Overtaken | None = (
            "before_opening" if moment < state.opening.at else "overtaken" if moment < opened else None
        )
        everyone = tuple(dict.fromkeys((*to, *terms.roles(rule.also))))
        yield Effect(name, round, "remind", rule.remind, nominal, max(moment, opened), everyone, silent)


def _anchor(state: State, name: str) -> str:
    rule = state.terms.rules.get(name)
    return rule.anchor if rule else f"opened:{name}"


def _ladder(state: State, name: str, rungs: tuple[Escalate, ...], round: int, opened: datetime) -> Iterator[Effect]:
    """Escalations from the first late day on; on a closed day they go out on the office day after."""
    terms, found = state.terms, state.due(name)
    if found is None:
        return
    first = local_day(found.late_from)
    effects = []
    for rung in rungs or (Escalate("late", terms.procedure.late_to),):
        start = shift(terms, first, rung.after, back=False) if rung.after else first
        for i in range(rung.times):
            nominal = shift(terms, start, rung.every, back=False, times=i) if rung.every and i else start
            moment = midnight(terms.calendar.next_workday(nominal, "kantoor"))
            moment = max(moment, found.late_from, opened)
            effects.append(Effect(name, round, "escalate", rung.escalate, nominal, moment, terms.roles((rung.to,))))
    yield from _before_opening(state, effects)


def _before_opening(state: State, effects: list[Effect]) -> Iterator[Effect]:
    """Of the rungs before the case opened only the last speaks, in the summary of what was taken over."""
    past = [effect for effect in effects if midnight(effect.nominal) < state.opening.at]
    last = max(past, key=lambda effect: effect.nominal, default=None)
    for effect in effects:
        if effect is last:
            yield replace(effect, summary=True)
        else:
            yield replace(effect, overtaken="before_opening") if effect in past else effect
