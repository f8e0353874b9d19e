"""What would happen: the same core, run ahead on a clock of its own.

Two runs complete the static checks (design, law 9): "nobody acts" and "all on time", from any start day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from tijdig.engine.acts import admit
from tijdig.engine.advance import Advance, advance, open_case
from tijdig.engine.calendar import Calendar, instant, local_day, midnight
from tijdig.engine.case import Case, Effect, Record, Terms
from tijdig.engine.conditions import AtLimit
from tijdig.engine.errors import Problem, Refused
from tijdig.engine.fold import apply, fold
from tijdig.engine.language import DueRule, Fact, Goal, Procedure, Setting, Step, walk
from tijdig.engine.plan import Obligation, lapse, obligations, standing
from tijdig.engine.references import place
from tijdig.engine.state import State
from tijdig.engine.terms import weeks
from tijdig.engine.timetable import sample as sample_timetable

NOON = time(12, 0)
Wanted = Mapping[str, str]
"""Which outcome to take in a step, by the step's name."""
NOTHING: Wanted = {}
SAMPLE = "who-does-"
"""Who fills in sample values is called so; the step follows."""

OF_DATES = ("BORN_LATE", "REMIND_AFTER_DUE")
"""The contradictions that lie in dates and not in the shape of a definition."""

OF_ENDS = ("STUCK", "GO_NOWHERE", "UNREACHABLE")
"""Those that say that a case, or a way through it, never ends."""

HORIZON = timedelta(days=3 * 366)
"""A case in which all was done on time and that is not closed by then never ends."""


@dataclass(frozen=True, slots=True)
class Foretold:
    """An effect, and the instant at which it will happen."""

    at: datetime
    effect: Effect


def simulate(case: Case, *, until: datetime, script: Sequence[Record] = ()) -> Iterator[Foretold]:
    """All that will happen to a case from now until an instant, if people do what the script says and no more.

    A case without a ledger is opened first. The script is in order of time. Raises Refused where it does not fit.
    """
    now = case.records[-1].at
    step = advance(case, now) if case.ledger else open_case(case)
    waiting = [record for record in script if record.at <= until]
    while True:
        yield from (Foretold(now, effect) for effect in step.effects)
        turn = step.next_check_at
        if waiting and (turn is None or waiting[0].at <= turn):
            record = waiting.pop(0)
            now, step = record.at, advance(step.case, record.at, record)
        elif turn and turn <= until:
            now, step = turn, advance(step.case, turn)
        else:
            return


# --- rehearsals


def rehearse(terms: Terms, days: Iterable[date], *, outcomes: bool = True) -> Iterator[Problem]:
    """Contradictions in the two runs from each start day; each kind is told once, with the first day that shows it.

    From the first day each outcome is tried too: that does not hang on the calendar. Without `outcomes` it is not, for
    who has shared the days out and tried them elsewhere. Where a date may stay unset and is, a case need not end.
    """
    terms = Terms(sample_timetable(terms.procedure), terms.settings, terms.calendar)
    told: set[tuple[str, str]] = set()
    unset = any(setting.optional and terms.value(setting) is None for setting in terms.procedure.settings)
    passed = OF_ENDS if unset else ()
    for i, day in enumerate(days):
        for problem in _rehearsed(Case(terms, (opening(terms.procedure, day),), {}), day, thorough=outcomes and i == 0):
            if problem.code not in passed and (problem.place, problem.code) not in told:
                told.add((problem.place, problem.code))
                yield problem


def _rehearsed(case: Case, day: date, *, thorough: bool) -> Iterator[Problem]:
    try:
        opened = open_case(case)
        yield from _reminders_after_due(opened, day)
        yield from _nobody_acts(opened, day)
        yield from _all_on_time(opened, day)
        if thorough:
            yield from _every_outcome(opened, day)
    except Refused as refusal:
        yield Problem("procedure", "CONTRADICTION", f"opened on {day}: {refusal}", "Mend the rule that is named.")


def _reminders_after_due(opened: Advance, day: date) -> Iterator[Problem]:
    for effect in (*opened.effects, *opened.ahead):
        due = opened.state.due(effect.step) if effect.kind == "remind" else None
        if due and effect.nominal > due.due:
            yield Problem(_place(opened.case.terms, effect.step), "REMIND_AFTER_DUE", f"opened on {day}, reminder "
                          f"'{effect.rule}' falls on {effect.nominal}, after the due day {due.due}",
                          "Move it, or lengthen the term.")  # fmt: skip


def _nobody_acts(opened: Advance, day: date) -> Iterator[Problem]:
    """One late sweep sees what daily ones would: whatever is due and not done, somebody hears of."""
    end = advance(opened.case, opened.case.opened.at + HORIZON)
    heard = {e.step for e in (*opened.effects, *end.effects) if e.kind == "escalate" and e.to}
    for asked in obligations(end.state):
        part = _part(opened.case.terms, asked.step)
        serves = part.due if isinstance(part.due, str) else asked.step
        if asked.stands and asked.due and serves not in heard:
            yield Problem(place(part), "MUTE", f"opened on {day}, nobody hears that it is late", "Give when_late=.")


def _all_on_time(opened: Advance, day: date) -> Iterator[Problem]:
    state = opened.state
    for _, state in on_time(opened.case):
        for asked in standing(state):
            if asked.due and asked.opened_on == local_day(state.now) > asked.due.due:
                yield Problem(_place(state.terms, asked.step), "BORN_LATE", f"opened on {day} and all done on "
                              f"time, it opens on {asked.opened_on}, after its due day {asked.due.due}",
                              "Count it from opened: or done:, or lengthen the term.")  # fmt: skip
    if not state.closed:
        yield Problem("procedure", "STUCK", f"opened on {day} and all done on time, it never closes "
                      f"(open: {_open(state)})", "Lead its last step to an outcome that closes.")  # fmt: skip


def _every_outcome(opened: Advance, day: date) -> Iterator[Problem]:
    """Each outcome taken once, and each fact that no form asks recorded once, all else on time.

    The case still closes, and some run comes to every step.
    """
    runs = _Runs(opened)
    for definition in opened.case.terms.procedure.steps:
        for outcome in definition.outcomes:
            end = runs.taking(definition.step, outcome.name)
            if end and not end.closed:
                yield Problem(place(definition), "GO_NOWHERE", f"opened on {day}, after '{outcome.name}' and all else "
                              f"done on time, it never closes (open: {_open(end)})",
                              "Let a step need this outcome, or let it close or repeat.")  # fmt: skip
    runs.record_each_fact()
    yield from _unreachable(opened, runs.reached, day)


@dataclass(slots=True)
class _Runs:
    """Runs of one opened case; `ways` are the outcomes that were to be taken when a run first came to a step."""

    opened: Advance
    reached: set[str] = field(default_factory=set)
    ways: dict[str, Wanted] = field(default_factory=dict)

    def taking(self, step: str, outcome: str) -> State | None:
        """The end of a run that took this outcome: of itself, or on the way on which another run came to the step."""
        way = self.ways.get(step, NOTHING)
        for wanted in ({step: outcome}, {**way, step: outcome}) if way else ({step: outcome},):
            end, taken = self.run(self.opened.case, wanted)
            if (step, outcome) in taken:
                return end
        return None

    def run(self, case: Case, wanted: Wanted) -> tuple[State, set[tuple[str, str]]]:
        """How it ends, and the outcomes that were taken."""
        state, taken = self.opened.state, set[tuple[str, str]]()
        for deed, state in on_time(case, wanted):
            taken |= {(deed.step, deed.outcome)} if deed else set()
            for name, at in state.steps.items():
                if at.status != "waiting":
                    self.reached.add(name)
                if at.status in ("open", "done"):
                    self.ways.setdefault(name, wanted)
        return state, taken

    def record_each_fact(self) -> None:
        case = self.opened.case
        for fact in _asked_by_no_form(case.terms.procedure):
            record = _recorded(self.opened.state, fact)
            with suppress(Refused):
                self.run(advance(case, record.at, record).case, NOTHING)


def _unreachable(opened: Advance, reached: Set[str], day: date) -> Iterator[Problem]:
    terms = opened.case.terms
    by_chance = {s.step for s in terms.procedure.steps if any(isinstance(c, AtLimit) for c in walk(s.needs))}
    for name in terms.steps.keys() - reached - by_chance:
        yield Problem(_place(terms, name), "UNREACHABLE", f"opened on {day}, no outcome of any step leads to it",
                      "Mend its needs= or when=, or take it out.")  # fmt: skip


def on_time(case: Case, wanted: Wanted = NOTHING) -> Iterator[tuple[Record | None, State]]:
    """Each deed (None: days passed) and the state after it, until it closes, sticks or is past the horizon.

    It is the one state, moved on as `fold` does: what would be told to whom is not asked here, and takes longest.
    Outcomes that are `wanted` are each taken once.
    """
    state, until = fold(case), case.opened.at + HORIZON
    while not state.closed and state.now <= until:
        lost, _ = _lapse(state)
        turn = min(filter(None, (state.next_turn(), lost)), default=None)
        deed = _pass_cohort(state) or _next_deed(state, turn, wanted) or _missing_fact(state, turn)
        if deed is None and turn is None:
            return
        if deed:
            apply(state, deed)
        elif turn:
            state.move_to(turn)
        state.settle()
        lost, result = _lapse(state)
        if lost and lost <= state.now and not state.closed:
            state.close(result, lost)
        yield deed, state


def _lapse(state: State) -> tuple[datetime | None, str]:
    """When the case closes because a right is lost, and with which result."""
    running = [goal for goal in state.terms.procedure.goals if goal.lapse and state.goals[goal.goal].runs]
    lost = [(midnight(day), goal.lapse) for goal in running if (day := lapse(state, goal))]
    return min(lost, default=(None, ""))


def _open(state: State) -> str:
    return ", ".join(asked.step for asked in standing(state)) or "nothing"


# --- what people do who are on time


def next_deed(step: Advance, *, before: datetime | None) -> Advance | None:
    """The deed that comes next where all is done on time, and what it brings; its record is the last one of its case.

    A step is done on its safe day at noon, with sample values and the first outcome that the rules allow. None where
    there is nothing to do, or not `before` an instant.
    """
    deed = _next_deed(step.state, before)
    return advance(step.case, deed.at, deed) if deed else None


def _next_deed(state: State, before: datetime | None, wanted: Wanted = NOTHING) -> Record | None:
    for at, _, asked in _to_do(state):
        if before and at >= before:
            return None
        procedure, definition = state.terms.procedure, state.terms.steps[asked.step]
        asks, then = (*definition.form, *procedure.counted_in(asked.step)), state.knowing({})
        then.move_to(at)
        values = {n: sample(f, at.date()) for n in asks if (f := procedure.fact(n))}
        for outcome in sorted(definition.outcomes, key=lambda o: asked.round > 1 or wanted.get(asked.step) != o.name):
            deed = Record(at, "decide", f"{SAMPLE}{asked.step}", values, asked.step, outcome.name,
                          reason="op tijd gedaan, als proef")  # fmt: skip
            if _fits(then, deed):
                return deed
    return None


def _fits(state: State, record: Record) -> bool:
    try:
        admit(state, record)
    except Refused:
        return False
    return True


def _to_do(state: State) -> list[tuple[datetime, int, Obligation]]:
    """What is asked of people now: when each is done, in order."""
    asked = enumerate(standing(state))
    return sorted((_noon(state.now, each), i, each) for i, each in asked if each.kind == "step")


def _pass_cohort(state: State) -> Record | None:
    """A step that waits for the cases of a cohort: of nobody, so it passes."""
    for name, definition in state.terms.steps.items():
        if definition.starts and state.steps[name].status == "open" and not state.steps[name].children:
            return Record(state.now, "cohort", "", step=name)
    return None


def _noon(now: datetime, asked: Obligation) -> datetime:
    """Noon of the safe day, or where that is past or absent, noon of the day after now.

    What opened today waits for tomorrow at the earliest, so that a loop of steps cannot stand still.
    """
    safe, today = instant(asked.due.safe, NOON) if asked.due else now, local_day(now)
    may_be_now = asked.due is not None and asked.opened_on is not None and asked.opened_on < today
    return safe if safe > now or (safe == now and may_be_now) else instant(today + timedelta(days=1), NOON)


def _missing_fact(state: State, turn: datetime | None) -> Record | None:
    """Where all wait for a fact that no form asks: somebody records it the next day."""
    if turn and max([_tomorrow(state), *(at for at, *_ in _to_do(state))]) >= turn:
        return None
    unknown = (fact for fact in _asked_by_no_form(state.terms.procedure) if state.fact(fact.fact) is None)
    missing = (fact for fact in unknown if not fact.expected)  # nobody waits for what is expected
    record = next((_recorded(state, fact) for fact in missing), None)
    return record if record and _fits(state, record) else None


def _asked_by_no_form(procedure: Procedure) -> Iterator[Fact]:
    asked = {name for s in procedure.steps for name in (*s.form, *s.draws)}
    asked |= {n for c in procedure.comparisons for n in c.counted}
    return (fact for fact in procedure.facts if not fact.announced and fact.fact not in asked)


def _recorded(state: State, fact: Fact) -> Record:
    at = _tomorrow(state)
    return Record(at, "record", "who-records", {fact.fact: sample(fact, at.date())})


def _tomorrow(state: State) -> datetime:
    return instant(state.today + timedelta(days=1), NOON)


def _part(terms: Terms, name: str) -> Step | Goal:
    return terms.steps[name] if name in terms.steps else terms.goals[name]


def _place(terms: Terms, name: str) -> str:
    return place(_part(terms, name))


# --- samples


def opening(procedure: Procedure, day: date) -> Record:
    """An opening on a day, with sample facts; dates that are worked towards lie half a year ahead, in reading order.

    Four weeks lie between them, as between the dates of a real timetable: in two, over Christmas, little can be done.
    """
    rules = [part.due for part in procedure.parts if isinstance(part.due, DueRule)]
    ahead = {rule.anchor for rule in rules if rule.before or rule.on}
    facts = [fact for fact in procedure.facts if fact.fact in procedure.opens_with or fact.row]
    later = {
        fact.fact: day + timedelta(days=182 + 28 * i) for i, fact in enumerate(f for f in facts if f.fact in ahead)
    }
    values = {fact.fact: sample(fact, later.get(fact.fact, day)) for fact in facts}
    return Record(instant(day, NOON), "open", "who-opens", values)


def stand_ins(procedure: Procedure, settings: Mapping[str, Any], calendar: Calendar) -> tuple[Terms, ...]:
    """Terms to rehearse on: something stands in for each setting that nobody has chosen yet.

    Where some may stay unset, once without and once with these.
    """
    chosen = {name: value for name, value in settings.items() if value is not None}
    open_ = [setting for setting in procedure.settings if setting.default is None and setting.id not in chosen]
    required = {setting.id: _stand_in(setting) for setting in open_ if not setting.optional}
    optional = {setting.id: _stand_in(setting) for setting in open_ if setting.optional}
    ways = ({}, optional) if optional else ({},)
    return tuple(Terms(procedure, {**required, **way, **chosen}, calendar) for way in ways)


def _stand_in(setting: Setting) -> Any:
    match setting.kind:
        case "term":
            return weeks(2)
        case "number":
            return 1
        case "yes_no":
            return True
        case "choice":
            return setting.choices[0]
    return f"nog niet gekozen: {setting.id}"


def sample(fact: Fact, day: date) -> Any:
    """A value that a form of this field would take."""
    match fact.kind:
        case "date":
            return day.isoformat()
        case "moment":
            return instant(day, NOON).isoformat()
        case "row":
            return {"date": day.isoformat()}
        case "number" | "money":
            return fact.min if fact.min is not None else 1
        case "choice":
            return fact.choices[0][0]
        case "yes_no":
            return True
        case "document" | "register":
            return {"name": "proef.pdf", "sha256": "0" * 64}
        case _:
            return "proef"
