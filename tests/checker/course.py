"""A case as its records make it: moved through time by hand, and asked what stands and what is to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tests.checker.days import CLOSES, DAY, Term, count, day_of, instant, midnight
from tests.checker.effects import Effect, planned
from tests.checker.finding import Unjudgeable
from tests.checker.language import Json, Terms, as_term, parts
from tests.checker.rows import Standing
from tests.checker.statute import LAWS, extended

DATE = len("2026-01-05")
_ENDS_WITH = {"withdraw": "withdrawn", "cancel": "cancelled", "merge": "merged"}
_ONLY_FACTS = {"record", "attach", "announce", "correct", "move", "remind"}


@dataclass(frozen=True)
class Record:
    """A fact or act, as it was logged."""

    at: datetime
    act: str
    by: str
    said: Json

    @property
    def values(self) -> Json:
        return self.said.get("values", {})  # type: ignore[no-any-return]

    @property
    def step(self) -> str:
        return str(self.said.get("step", ""))


@dataclass(frozen=True)
class Spot:
    """Where a step stands."""

    status: str = "waiting"
    round: int = 0
    opened: datetime | None = None
    done_on: date | None = None
    outcome: str = ""
    assignee: str = ""
    actors: frozenset[str] = frozenset()
    extra: tuple[Term, ...] = ()
    taken_over: bool = False


@dataclass(frozen=True)
class Due:
    nominal: date
    due: date
    late_from: datetime
    safe: date
    basis: str


class Course:
    """A case at a moment."""

    def __init__(self, terms: Terms, records: Sequence[Record]) -> None:
        opening, *later = _put_right(records)
        self.terms, self.opened, self.now = terms, opening.at, opening.at
        self.facts: dict[str, Any] = dict(opening.values)
        self.entered: dict[str, set[str]] = {}
        self._enter(opening)
        self.steps = {name: Spot() for name in terms.steps}
        self.met: dict[str, date] = {}
        self.more: dict[str, tuple[Term, ...]] = {}
        self.closed: datetime | None = None
        self.result, self.round = "", 1
        self._plan: tuple[Effect, ...] | None = None
        self._take_over(opening.step)
        self.settle()
        for record in later:
            self.pass_until(record.at)
            self.apply(record)

    # --- what conditions look at

    @property
    def today(self) -> date:
        return day_of(self.now)

    def is_done(self, step: str) -> bool:
        return self.steps[step].status in ("done", "skipped")

    def outcome(self, step: str) -> str:
        return self.steps[step].outcome

    def fact(self, name: str) -> Any:
        return self.facts.get(name)

    def day(self, anchor: str) -> date | None:
        """The day of a fact, or of what was opened, done or is due."""
        kind, _, name = anchor.rpartition(":")
        match kind:
            case "due":
                due = self.due(name)
                return due.due if due else None
            case "opened" if name in self.steps:
                opened = self.steps[name].opened
                return day_of(opened) if opened else None
            case "opened":
                return day_of(self.opened)
            case "done":
                return self.steps[name].done_on if name in self.steps else self.met.get(name)
        value = self.facts.get(anchor)
        if not isinstance(value, str) or len(value) < DATE:
            return None
        return date.fromisoformat(value) if len(value) == DATE else day_of(_moment(value))

    def moment(self, anchor: str) -> datetime:
        """The instant of an anchor whose day is known: its own, or the begin of that day."""
        value, day = self.facts.get(anchor), self.day(anchor)
        assert day
        return _moment(value) if isinstance(value, str) and len(value) > DATE else midnight(day)

    def value(self, anchor: str) -> Any:
        """A fact as it is, or the day of an anchor as text."""
        day = self.day(anchor) if ":" in anchor else None
        return day.isoformat() if day else self.facts.get(anchor)

    # --- dates

    def due(self, name: str) -> Due | None:
        served = self.terms.part(name).get("due")
        if isinstance(served, str):
            return self.due(served)
        if served is None:
            return None
        anchor = self.day(served.get("after") or served.get("before") or served["on"])
        term = served.get("within") or served.get("lead")
        if term and self.terms.value(term) is None:  # optional, and nobody set it
            return None
        if anchor is None or (served.get("again") and self.steps[name].round < 2):
            return None
        more = self.more.get(name, ()) if name in self.terms.goals else self.steps[name].extra
        return self._count(served, anchor, more)

    def _count(self, rule: Json, anchor: date, more: tuple[Term, ...]) -> Due:
        basis, cutoff = rule.get("basis", "intern"), rule.get("cutoff")
        office = self.terms.office.reading(rule.get("calendar") or ("atw" if basis == "wettelijk" else "kantoor"))
        given = self.terms.value(rule.get("within") or rule.get("lead"))
        if given and "hours" in given:
            return self._hours(rule, given["hours"], more)
        term = as_term(given) if given else None
        if rule.get("before"):
            nominal = count(count(anchor, (term,) if term else (), office, -1), more, office)
        else:
            nominal = count(anchor, ((term, *more) if term else more), office)
        if rule.get("boundary") == "voor" and not cutoff:
            nominal -= DAY
        runs = bool(term and term[0] and not rule.get("before"))
        roll = rule.get("roll") or {"intern": "prev_workday", "wettelijk": "atw"}.get(basis, "none")
        due = nominal
        if roll in LAWS and term and runs:  # neither a date that is named nor one that is counted back
            due = extended(nominal, anchor, (term, *more), roll, self.terms.office.reading(roll))
        elif roll not in (*LAWS, "none"):
            due = office.on_or_before(nominal) if roll == "prev_workday" else office.on_or_after(nominal)
        late_from = instant(due, time.fromisoformat(cutoff)) if cutoff else midnight(due + DAY)
        return self._ends(nominal, due, late_from, basis)

    def _hours(self, rule: Json, hours: int, more: tuple[Term, ...]) -> Due:
        """A term in hours ends at its own minute, by elapsed time (3.5), and never rolls."""
        if more or rule.get("cutoff"):
            raise Unjudgeable("a term in hours with something more")
        since = self.moment(rule.get("after") or rule["before"])
        late_from = since + timedelta(hours=-hours if rule.get("before") else hours)
        return self._ends(day_of(late_from), day_of(late_from), late_from, rule.get("basis", "intern"))

    def _ends(self, nominal: date, due: date, late_from: datetime, basis: str) -> Due:
        """Safe is the last office day that closes no later than it is late."""
        closes_in_time = instant(due, CLOSES) <= late_from
        safe = self.terms.office.on_or_before(due if closes_in_time else due - DAY)
        return Due(nominal, due, late_from, safe, basis)

    # --- through time

    def next_turn(self) -> datetime | None:
        """When a day alone may change something."""
        if self.closed:
            return None
        days = [day for anchor in self.terms.turning if (day := self.day(anchor))]
        return min((midnight(day) for day in days if midnight(day) > self.now), default=None)

    def pass_until(self, moment: datetime) -> None:
        while (turn := self.next_turn()) and turn <= moment:
            self.turn(turn)
        self.now = moment

    def turn(self, moment: datetime) -> None:
        self.now = moment
        self.settle()

    def settle(self) -> None:
        """All that the facts of this moment bring about: an end, steps that open or are skipped, goals that are met."""
        self._plan = None
        changed = not self.closed
        while changed and not self.closed:
            for end in self.terms.definition.get("ends", ()):
                if self.terms.holds(end["when"], self):
                    return self.close(end["end"])
            begun = [name for name in self.steps if self._begin(name)]
            changed = self._meet() or bool(begun)
        return None

    def _begin(self, name: str) -> bool:
        spot, when = self.steps[name], self.terms.steps[name].get("when")
        if spot.status != "waiting" or self.terms.holds(self.terms.needs[name], self) is not True:
            return False
        applies = self.terms.holds(when, self) if when else True
        if applies:
            self.steps[name] = Spot("open", spot.round + 1, self.now, actors=spot.actors)
        elif applies is False:
            self.steps[name] = replace(spot, status="skipped", done_on=self.today, outcome="")
        return applies is not None

    def _meet(self) -> bool:
        fresh = [g for g in self._reached() if g not in self.met]
        for goal in fresh:
            word, name, *_ = self.terms.goals[goal]["met_by"]
            day = self.day(name) if word == "known" else self.steps[name].done_on if word in ("done", "took") else None
            self.met[goal] = day or self.today
        return bool(fresh)

    def _reached(self) -> set[str]:
        goals = self.terms.goals.items()
        return {name for name, goal in goals if goal.get("met_by") and self.terms.holds(goal["met_by"], self)}

    def close(self, result: str) -> None:
        self._meet()
        self.closed, self.result = self.now, result
        for name, spot in self.steps.items():
            if spot.status == "open":
                self.steps[name] = replace(spot, status="withdrawn")

    # --- what records do

    def apply(self, record: Record) -> None:
        """One record, and what follows of it at once. A correction is not applied: the course is made anew."""
        self.now, name, act = record.at, record.step, record.act
        if act != "correct":
            self.facts.update(record.values)
        self._enter(record)
        if act == "decide":
            self._finish(name, str(record.said["outcome"]), _people(record))
        elif act in ("take", "hand-over"):
            self.steps[name] = replace(self.steps[name], assignee=record.said.get("person") or record.by)
        elif act == "not-applicable":
            self.steps[name] = replace(self.steps[name], status="skipped", done_on=self.today, outcome="")
        elif act in ("take-back", "reopen"):
            self._revive(name)
        elif act in _ENDS_WITH:
            self.close(_ENDS_WITH[act])
        elif act == "extend":
            self._extend(name, as_term(record.said["by_term"]))
        elif act not in _ONLY_FACTS:
            raise Unjudgeable(f"the act '{act}'")
        self.settle()

    def _enter(self, record: Record) -> None:
        for fact in record.values:
            self.entered.setdefault(fact, set()).update(_people(record))

    def actors(self, name: str) -> Set[str]:
        """Who acted in a step, or entered a fact."""
        return self.steps[name].actors if name in self.steps else self.entered.get(name, set())

    def _finish(self, name: str, outcome: str, actors: set[str]) -> None:
        spot = self.steps[name]
        self.steps[name] = replace(
            spot, status="done", done_on=self.today, outcome=outcome, actors=spot.actors | actors
        )
        taken = self.terms.outcome(name, outcome)
        if "close" in taken:
            self.close(outcome)
        if "repeat" in taken:
            self._back(taken["step"])

    def _back(self, name: str) -> None:
        for each in (name, *self.terms.followers[name]):
            self.steps[each] = replace(self.steps[each], status="waiting", outcome="", done_on=None)

    def _revive(self, name: str) -> None:
        if self.closed:
            self.closed, self.result, self.round = None, "", self.round + 1
            for each, spot in self.steps.items():
                if spot.status == "withdrawn":
                    self.steps[each] = replace(spot, status="open")
        reached = self._reached()
        self._back(name)
        for goal in reached - self._reached():
            self.met.pop(goal, None)

    def _extend(self, name: str, by: Term) -> None:
        if name in self.terms.goals:
            self.more[name] = (*self.more.get(name, ()), by)
        else:
            self.steps[name] = replace(self.steps[name], extra=(*self.steps[name].extra, by))

    def _take_over(self, at_step: str) -> None:
        """Running work: what stands before the step at which it is taken over was done."""
        if not at_step:
            return
        led = {part[1]: part[2] for part in parts(self.terms.needs[at_step]) if part[0] == "took"}
        for name, step in self.terms.steps.items():
            if name == at_step:
                break
            first = next(iter(step.get("outcomes", ({"go": "done"},))))
            outcome = led.get(name) or first.get("go") or first.get("close") or first["repeat"]
            self.steps[name] = Spot("done", 1, done_on=self.today, outcome=outcome, taken_over=True)
        self.settle()
        for name, spot in self.steps.items():
            if spot.status == "open":
                self.steps[name] = replace(spot, taken_over=True)

    # --- what stands now

    def standing(self) -> Mapping[tuple[str, int], Standing]:
        """The obligations that stand, as a read model should have them."""
        if self.closed:
            return {}
        goals = [("goal", name, 1, self.opened, "") for name in self.terms.goals if name not in self.met]
        steps = [("step", name, spot.round, spot.opened, spot.assignee)
                 for name, spot in self.steps.items() if spot.status == "open"]  # fmt: skip
        return {(name, nth): self._standing(kind, name, nth, day_of(opened), assignee)
                for kind, name, nth, opened, assignee in (*goals, *steps) if opened}  # fmt: skip

    def _standing(self, kind: str, name: str, nth: int, opened_on: date, assignee: str) -> Standing:
        part, due, rule = self.terms.part(name), self.due(name), self.terms.rule(name)
        role = str(self.terms.value(part.get("role")) or "")
        lead = self.terms.term(part.get("lead")) or (10, "working_days")
        start = max(opened_on, count(due.due, (lead,), self.terms.office, -1)) if due else opened_on
        undated = Standing(name, nth, kind, role, assignee, opened_on, start, fatal=bool(rule and rule.get("fatal")))
        return replace(undated, **vars(due)) if due else undated

    # --- what is to happen

    def plan(self) -> tuple[Effect, ...]:
        """Every effect, past and ahead, that follows if nothing else is recorded."""
        if self._plan is None:
            self._plan = tuple(planned(self))
        return self._plan


def _moment(value: str) -> datetime:
    """A moment as it was recorded; without a zone it is local."""
    at = datetime.fromisoformat(value)
    return at.astimezone(UTC) if at.tzinfo else instant(at.date(), at.time())


def _people(record: Record) -> set[str]:
    return {record.by, str(record.said.get("behalf", ""))} - {""}


def _put_right(records: Sequence[Record]) -> list[Record]:
    """The records as they would have been, had each corrected fact been right at once."""
    right = list(records)
    for i, record in enumerate(records):
        for name, value in record.values.items() if record.act == "correct" else ():
            source = max(j for j in range(i) if name in right[j].values and right[j].act != "correct")
            values = {**right[source].values, name: value}
            right[source] = replace(right[source], said={**right[source].said, "values": values})
    return right
