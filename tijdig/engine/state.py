"""A case at a moment: where its steps and goals stand, what is known, and what follows by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, Literal

from tijdig.engine.calendar import local_day, midnight
from tijdig.engine.case import Record, Terms, shift
from tijdig.engine.conditions import AnyOf, Condition, Done, InTime, Known, Reached, Took, Truth
from tijdig.engine.due import Due, due
from tijdig.engine.language import Close, DueRule, Repeat, Setting, Step
from tijdig.engine.terms import Term

Status = Literal["waiting", "open", "done", "skipped", "withdrawn"]
_NO_TERM = Term(0, "day")


@dataclass(slots=True)
class StepState:
    """Where a step stands. `actors` are all who acted in it, in any round, for themselves or on behalf of another."""

    status: Status = "waiting"
    round: int = 0
    opened: datetime | None = None
    opened_on: date | None = None
    done_on: date | None = None
    outcome: str = ""
    assignee: str = ""
    taken_over: bool = False
    actors: frozenset[str] = frozenset()
    extra: tuple[Term, ...] = ()
    children: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pause:
    """A suspension (opschorting): it ends when resumed, and at the latest on the day that was set."""

    since: date
    until: date
    resumed: date | None = None

    @property
    def end(self) -> date:
        return min(self.until, self.resumed or self.until)


@dataclass(slots=True)
class GoalState:
    """Where a goal stands. A carried one goes on in the case that was opened."""

    met_on: date | None = None
    carried: bool = False
    extra: tuple[Term, ...] = ()
    pauses: tuple[Pause, ...] = ()

    @property
    def runs(self) -> bool:
        return self.met_on is None and not self.carried


class State:
    """A case at a moment. Conditions look at it; obligations and effects are read from it."""

    def __init__(self, terms: Terms, opening: Record) -> None:
        self.terms = terms
        self.opening = opening
        self.now = opening.at
        self.facts: dict[str, Any] = dict(opening.values)
        self.steps = {step.step: StepState() for step in terms.procedure.steps}
        self.goals = {goal.goal: GoalState() for goal in terms.procedure.goals}
        self.entered = dict.fromkeys(opening.values, _people(opening))
        """Of each fact who ever entered or corrected it, for themselves or on behalf of another."""
        self.round = 1
        self.reopened: datetime | None = None
        self.result = ""
        self.closed: datetime | None = None
        self._dues: dict[str, Due | None] = {}

    # --- what conditions may look at

    @property
    def today(self) -> date:
        return local_day(self.now)

    def is_done(self, step: str) -> bool:
        return self.steps[step].status in ("done", "skipped")

    def outcome(self, step: str) -> str:
        return self.steps[step].outcome

    @property
    def withheld(self) -> frozenset[str]:
        """The steps whose decision nobody is shown yet: of two that keep each other apart, until both are done."""
        if self.closed:
            return frozenset()
        steps = self.terms.steps
        apart = ((name, other) for name, step in steps.items() for other in step.not_by if other in steps)
        return frozenset(name for name, other in apart if name in steps[other].not_by and not self.is_done(other))

    def fact(self, name: str) -> Any:
        return self.facts.get(name)

    def setting(self, setting: Setting) -> Any:
        return self.terms.value(setting)

    def day_of(self, anchor: str) -> date | None:
        """The local day of an anchor, or None while it is not known."""
        value = self.anchor(anchor)
        return local_day(value) if isinstance(value, datetime) else value

    def in_time(self, fact: str, part: str) -> Truth:
        """Whether a fact lies within the term of a step or goal; at the very instant of a closing hour it does."""
        at, found = as_day(self.facts.get(fact)), self.due(part)
        if at is None or found is None:
            return None
        if not isinstance(at, datetime):
            return at <= found.due
        return at < found.late_from or self.at_limit(fact, part)

    def at_limit(self, fact: str, part: str) -> Truth:
        """Whether a fact is the very instant of a closing hour."""
        at, found = as_day(self.facts.get(fact)), self.due(part)
        if at is None or found is None:
            return None
        return found.due_time is not None and at == found.late_from

    def last_day(self, fact: str) -> date | None:
        """The last day on which a document is not too old; None while its day is not known."""
        known = self.terms.facts[fact]
        day = self.day_of(known.dated)
        return shift(self.terms, day, known.max_age, back=False) if day and known.max_age else None

    def as_if(self, step: str, outcome: str, values: Mapping[str, Any]) -> State:
        """The same moment, had this form been filled in so: for the conditions of its own fields and outcomes."""
        decided = replace(self.steps[step], status="done", outcome=outcome)
        seen = self.knowing(values)
        seen.steps = {**self.steps, step: decided}
        return seen

    def knowing(self, values: Mapping[str, Any]) -> State:
        """The same moment, were these facts known."""
        seen = object.__new__(State)
        seen.__dict__.update(self.__dict__, facts={**self.facts, **values}, _dues={})
        return seen

    # --- dates

    def anchor(self, anchor: str) -> date | datetime | None:
        """The day of an anchor, or its instant where one was recorded."""
        kind, _, name = self._counts(anchor).rpartition(":")
        step, goal = self.steps.get(name), self.goals.get(name)
        match kind:
            case "opened":
                return step.opened_on if step else local_day(self.opening.at)
            case "done":
                return step.done_on if step else goal.met_on if goal else None
            case "due":
                found = self.due(name)
                return found.due if found else None
        return as_day(self.facts.get(name))

    def _counts(self, anchor: str) -> str:
        """The anchor that counts: what is not known yet counts as it is expected."""
        return self.terms.expected.get(anchor, anchor) if self.facts.get(anchor) is None else anchor

    def due(self, name: str) -> Due | None:
        """When a step or goal is due; None when it has no date, or none that can be known now."""
        if name not in self._dues:
            self._dues[name] = self._due(name)
        return self._dues[name]

    def _due(self, name: str) -> Due | None:
        served = self.terms.steps[name].due if name in self.terms.steps else None
        if isinstance(served, str):
            return self.due(served)
        rule, goal = self.terms.rules.get(name), self.goals.get(name)
        pauses = goal.pauses if goal else ()
        if rule is None or (rule.again and self.steps[name].round < 2):
            return None
        if any(pause.resumed is None and self.today < pause.until for pause in pauses):
            return None
        extra = goal.extra if goal else self.steps[name].extra
        return self._count(name, rule, extra, sum((pause.end - pause.since).days for pause in pauses))

    def _count(self, name: str, rule: DueRule, extra: tuple[Term, ...], paused_days: int) -> Due | None:
        day = self.anchor(rule.anchor)
        if day is None or (rule.term and self.terms.term(rule.term) is None):  # an optional term that nobody set
            return None
        label = self.terms.labels[self._counts(rule.anchor)]
        return _counted(self.terms, name, tuple(self._row(rule).items()), day, label, extra, paused_days)

    def is_fatal(self, name: str) -> bool:
        """Whether a day late loses the right."""
        rule = self.terms.rules.get(name)
        return rule is not None and bool(self._row(rule).get("fatal", rule.fatal))

    def undated(self, name: str) -> str:
        """What the timetable says of a row that has no date yet."""
        rule = self.terms.rules.get(name)
        row = self._row(rule) if rule else {}
        return f"Nog geen datum in het tijdschema: {row['said']}." if row.get("said") and not row["date"] else ""

    def _row(self, rule: DueRule) -> Mapping[str, Any]:
        """The timetable row whose date this is: it brings its own hour, boundary, basis, fatality and source."""
        value = self.facts.get(rule.on) if rule.on else None
        return value if isinstance(value, dict) else {}

    # --- moving through time

    def move_to(self, moment: datetime) -> None:
        """Time passes, or something is about to change: dates are counted anew."""
        self.now = moment
        self._dues = {}

    def next_turn(self) -> datetime | None:
        """The next instant at which a day alone may change the state."""
        days = {self.day_of(anchor) for anchor in self.terms.turning_anchors}
        days |= {p.until for goal in self.goals.values() for p in goal.pauses if p.resumed is None}
        ahead = [moment for day in days if day and (moment := midnight(day)) > self.now]
        return min(ahead, default=None)

    def settle(self) -> None:
        """Open, skip, meet and end what the facts of this moment allow."""
        while self.closed is None and self._settle_once():
            self._dues = {}

    def _settle_once(self) -> bool:
        procedure = self.terms.procedure
        for end in procedure.ends:
            if end.when.holds(self):
                self.close(end.end)
                return False
        changed = False
        for step in procedure.steps:
            changed |= self.steps[step.step].status == "waiting" and self._begin(step)
        return changed | self._meet_goals()

    def _meet_goals(self) -> bool:
        met = [g for g in self.terms.procedure.goals if g.met_by and self.goals[g.goal].runs and g.met_by.holds(self)]
        for goal in met:
            assert goal.met_by is not None
            self.goals[goal.goal].met_on = self._met_day(goal.met_by)
        return bool(met)

    def _reached(self) -> set[str]:
        """The goals whose condition holds."""
        return {g.goal for g in self.terms.procedure.goals if g.met_by and g.met_by.holds(self)}

    def _begin(self, step: Step) -> bool:
        if self.terms.needs[step.step].holds(self) is not True:
            return False
        applies = step.when.holds(self) if step.when else True
        if applies is None:
            return False
        old = self.steps[step.step]
        if applies:
            self.steps[step.step] = StepState(
                "open", old.round + 1, self.now, self.today, actors=old.actors,
                taken_over=bool(self.opening.step) and self.now == self.opening.at,
            )  # fmt: skip
        else:
            self.steps[step.step] = replace(old, status="skipped", done_on=self.today, outcome="")
        return True

    def _met_day(self, condition: Condition) -> date:
        """A goal is met on the day of what met it, not on the day on which that was recorded."""
        match condition:
            case Known(fact) | InTime(fact):
                return self.day_of(fact) or self.today
            case Done(step) | Took(step):
                return self.steps[step].done_on or self.today
            case AnyOf(parts):
                return min((self._met_day(part) for part in parts if part.holds(self)), default=self.today)
        return self.today

    def done_on(self, condition: Condition) -> date | None:
        """The day on which the last of the steps that a condition names was done."""
        named = (self.steps[part.step] for part in condition.parts() if isinstance(part, Done | Took))
        return max((step.done_on for step in named if step.done_on), default=None)

    # --- what records do

    def enter(self, record: Record) -> None:
        """The facts that a record brings, and who entered them. A correction counts from the start: see `fold`."""
        if record.act != "correct":
            self.facts.update(record.values)
        for name in record.values:
            self.entered[name] = self.entered.get(name, frozenset()) | _people(record)

    def finish(self, name: str, outcome: str, actors: frozenset[str] = frozenset()) -> None:
        """A step ends with an outcome; what the outcome says follows."""
        step = self.terms.steps[name]
        self.steps[name] = replace(
            self.steps[name],
            status="done",
            done_on=self.today,
            outcome=outcome,
            actors=self.steps[name].actors | actors,
        )
        taken = step.outcome(outcome)
        for start in taken.starts if taken else ():
            for goal in start.carries:
                self.goals[goal].carried = True
        match taken:
            case Close():
                self.close(outcome)
            case Repeat(step=again):
                self.back(again)

    def close(self, result: str, at: datetime | None = None) -> None:
        """The case ends, with what this very act achieved; open steps are withdrawn."""
        self._meet_goals()
        self.closed, self.result = at or self.now, result
        for name, step in self.steps.items():
            if step.status == "open":
                self.steps[name] = replace(step, status="withdrawn")

    def unmeet(self) -> None:
        """A day that was announced to lie ahead after all has not been reached."""
        for goal in self.terms.procedure.goals:
            if isinstance(goal.met_by, Reached) and goal.met_by.holds(self) is False:
                self.goals[goal.goal].met_on = None

    def back(self, name: str) -> None:
        """A step, and all that needs it, goes back to waiting; its next opening is its next round."""
        for each in (name, *self.terms.dependents[name]):
            self.steps[each] = replace(self.steps[each], status="waiting", outcome="", done_on=None)

    def revive(self, name: str) -> None:
        """What a step did is undone: it opens in its next round, and a case that was closed goes on as it stood."""
        if self.closed:
            self.closed, self.result, self.round, self.reopened = None, "", self.round + 1, self.now
            for each, step in self.steps.items():
                if step.status == "withdrawn":
                    self.steps[each] = replace(step, status="open")
        outcome = self.terms.steps[name].outcome(self.steps[name].outcome)
        for goal in (goal for start in (outcome.starts if outcome else ()) for goal in start.carries):
            self.goals[goal].carried = False
        met = self._reached()
        self.back(name)
        for goal in met - self._reached():
            self.goals[goal].met_on = None


def _people(record: Record) -> frozenset[str]:
    """Who acted, and for whom."""
    return frozenset(filter(None, (record.by, record.behalf)))


@lru_cache(maxsize=16_384)
def _counted(
    terms: Terms, name: str, said: tuple[tuple[str, Any], ...], day: date | datetime, label: str,
    extra: tuple[Term, ...], paused_days: int,
) -> Due:  # fmt: skip
    """When a step or goal is due, counted from a day with this label; `said` is what a timetable's row says of it.

    Asked time and again: to find it by its name is much quicker than by all that its rule says.
    """
    rule, row = terms.rules[name], dict(said)
    cutoff, basis = row.get("time") or rule.cutoff, row.get("basis") or rule.basis
    return due(
        day,
        terms.term(rule.term) or _NO_TERM,
        calendar=terms.calendar,
        direction="backward" if rule.before else "forward",
        days=rule.calendar or ("atw" if basis == "wettelijk" else "kantoor"),
        basis=basis,
        roll=rule.roll,
        boundary=row.get("boundary") or rule.boundary or ("binnen" if rule.after else "uiterlijk"),
        cutoff=time.fromisoformat(cutoff) if cutoff else None,
        extra=extra,
        paused_days=paused_days,
        source=row.get("source") or rule.source,
        label=label,
    )


def as_day(value: Any) -> date | datetime | None:
    """A fact's value as a day or an instant: ISO text, or a timetable row."""
    match value:
        case {"date": ""}:
            return None
        case {"date": str(text)}:
            return date.fromisoformat(text)
        case str() if len(value) == 10:
            return date.fromisoformat(value)
        case str() if len(value) > 10:
            return datetime.fromisoformat(value)
    return None
