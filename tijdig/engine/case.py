"""A case is its ordered records; what already happened because of them is its ledger.

Records are facts and acts of people (and of other cases). Nothing else is remembered: what is open, due or
to be sent is derived from them (`tijdig.engine.fold`, `tijdig.engine.plan`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal

from tijdig.engine.calendar import Calendar
from tijdig.engine.conditions import AllOf, Condition, Done, Reached, Took
from tijdig.engine.due import due
from tijdig.engine.language import Act, DueRule, Fact, Goal, Procedure, Role, Setting, Start, Step
from tijdig.engine.terms import Term

EffectKind = Literal["open", "task", "remind", "escalate", "produce", "decide", "close"]
Overtaken = Literal["overtaken", "before_opening"]

#: Acts of the installation itself: a cohort that was frozen, another case that closed, a fact announced to many, a move
#: to other versions.
SystemAct = Literal["cohort", "child", "announce", "move"]

CASE = "case"
"""Stands where an effect belongs to the case as a whole rather than to one step or goal."""


@dataclass(frozen=True, slots=True)
class Record:
    """One fact or act, as it was recorded at an instant (UTC), by a person id, perhaps on `behalf` of another.

    `values` holds facts in the form they have in JSON. `step` is the step or goal that it is about; for `open`
    it is the step at which running work is taken over. `outcome` is what a step, another case or a move came to.
    `via` is the door it came through, where that matters.
    """

    at: datetime
    act: Act | SystemAct
    by: str
    values: Mapping[str, Any] = field(default_factory=dict)
    step: str = ""
    outcome: str = ""
    behalf: str = ""
    person: str = ""
    by_term: Term | None = None
    until: date | None = None
    subjects: tuple[str, ...] = ()
    reason: str = ""
    via: str = ""


@dataclass(frozen=True, slots=True)
class Happened:
    """That an effect happened: for which nominal day, when, and whether it stayed silent."""

    nominal: date
    at: datetime
    overtaken: Overtaken | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that happens once, because of a date or a fact.

    `moment` is the instant from which it is due; `nominal` the local day by which it is known. `waits` marks a later
    rung of a ladder that was caught up together with an earlier one: its notice waits for the next office day.
    `summary` marks a due that stood unmet when running work was taken over: told in one summary. `start` is the case
    that an `open` effect opens.
    """

    step: str
    round: int
    kind: EffectKind
    rule: str
    nominal: date
    moment: datetime
    to: tuple[str, ...] = ()
    overtaken: Overtaken | None = None
    waits: bool = False
    summary: bool = False
    start: Start | None = None

    @property
    def slot(self) -> str:
        return f"{self.step}/{self.round}/{self.kind}/{self.rule}"

    @property
    def key(self) -> str:
        """Unique within its case: the slot, and for what may return to a date also the nominal day."""
        return f"{self.slot}/{self.nominal}" if self.kind in ("remind", "escalate") else self.slot


@dataclass(frozen=True, eq=False)
class Terms:
    """What a case is pinned to: definition, settings and calendar. Made once for many cases; compared by identity."""

    procedure: Procedure
    settings: Mapping[str, Any]
    calendar: Calendar

    @cached_property
    def steps(self) -> Mapping[str, Step]:
        return {step.step: step for step in self.procedure.steps}

    @cached_property
    def goals(self) -> Mapping[str, Goal]:
        return {goal.goal: goal for goal in self.procedure.goals}

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        return {fact.fact: fact for fact in self.procedure.facts}

    @cached_property
    def ageing(self) -> tuple[Fact, ...]:
        """The documents that may only be so old."""
        return tuple(fact for fact in self.procedure.facts if fact.max_age is not None)

    @cached_property
    def expected(self) -> Mapping[str, str]:
        """Of each fact for which another anchor counts until it is known, which."""
        return {fact.fact: fact.expected for fact in self.procedure.facts if fact.expected}

    @cached_property
    def names(self) -> frozenset[str]:
        """Of all steps and goals."""
        return frozenset((*self.steps, *self.goals))

    @cached_property
    def rules(self) -> Mapping[str, DueRule]:
        """The due rule of every step and goal that has one, its own or that of the goal that it serves."""
        own = {part.name: part.due for part in self.procedure.parts}
        served = {name: own[rule] if isinstance(rule, str) else rule for name, rule in own.items()}
        return {name: rule for name, rule in served.items() if isinstance(rule, DueRule)}

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """How a person calls each anchor."""
        titles = {name: step.asks for name, step in self.steps.items()} | {
            g: goal.label for g, goal in self.goals.items()
        }
        said = {"opened:": "‘{}’ begonnen", "done:": "‘{}’ gedaan", "due:": "Termijn ‘{}’"}
        named = {prefix + name: text.format(title) for prefix, text in said.items() for name, title in titles.items()}
        return {fact.fact: fact.label for fact in self.procedure.facts} | named

    def value(self, setting: Setting) -> Any:
        """The value of a setting: what the house chose, or its default; None when neither."""
        chosen = self.settings.get(setting.id)
        return setting.default if chosen is None else chosen

    def term(self, term: Term | Setting | None) -> Term | None:
        return self.value(term) if isinstance(term, Setting) else term

    def role(self, role: Role) -> str:
        return str(self.value(role) or "") if isinstance(role, Setting) else role

    def roles(self, roles: tuple[Role, ...]) -> tuple[str, ...]:
        return tuple(name for name in map(self.role, roles) if name)

    @cached_property
    def missing(self) -> tuple[Setting, ...]:
        """Required settings that nobody set."""
        return tuple(s for s in self.procedure.settings if not s.optional and self.value(s) is None)

    @cached_property
    def needs(self) -> Mapping[str, Condition]:
        """What each step needs before it opens, also where the definition leaves it to the reading order."""
        steps = self.procedure.steps
        before = (AllOf(()), *(Done(step.step) for step in steps))
        own = [step.needs if isinstance(step.needs, Condition) else None for step in steps]
        return {step.step: needs or previous for step, needs, previous in zip(steps, own, before, strict=False)}

    @cached_property
    def dependents(self) -> Mapping[str, tuple[str, ...]]:
        """The steps that go back to waiting with a step: those that need it, and those that need these."""
        direct = {
            name: {p.step for p in need.parts() if isinstance(p, Done | Took)} for name, need in self.needs.items()
        }
        found: dict[str, tuple[str, ...]] = {}
        for name in direct:
            reached: set[str] = set()
            while grown := {n for n, on in direct.items() if on & {name, *reached}} - reached - {name}:
                reached |= grown
            found[name] = tuple(n for n in direct if n in reached)
        return found

    @cached_property
    def keeps_apart(self) -> bool:
        """Whether who did a thing can matter later: some step is not for whoever acted in another (law 7)."""
        return any(step.not_by for step in self.procedure.steps)

    @cached_property
    def turning_anchors(self) -> tuple[str, ...]:
        """The anchors whose day alone can change the state."""
        spots = (*self.needs.values(), *(s.when for s in self.procedure.steps),
                 *(c for g in self.procedure.goals for c in (g.met_by, g.lapse_only)),
                 *(e.when for e in self.procedure.ends))  # fmt: skip
        parts = (p for c in spots if c is not None for p in c.parts())
        return tuple(dict.fromkeys(p.anchor for p in parts if isinstance(p, Reached)))


@dataclass(frozen=True, slots=True)
class Case:
    """A case: what it is pinned to, its records in order, and what happened (by effect key)."""

    terms: Terms
    records: tuple[Record, ...]
    ledger: Mapping[str, Happened]

    @property
    def opened(self) -> Record:
        return self.records[0]


def shift(terms: Terms, day: date, by: Term | Setting | None, *, back: bool, times: int = 1) -> date:
    """The day a term (or `times` of it) from a day, as it is counted, without any roll."""
    term = terms.term(by) or Term(0, "day")
    counted = due(
        day, Term(term.n * times, term.unit), calendar=terms.calendar, direction="backward" if back else "forward",
        basis="norm", roll="none", boundary="uiterlijk",
    )  # fmt: skip
    return counted.nominal
