"""The procedure language: what a definition may say, as frozen data.

List order is reading order: a step begins when the one before it is done, unless it says `needs=`.
Dates that the *case* must reach, fatal and statutory ones above all, are goals: they run from the start,
so that none goes mute behind an undone step. An anchor is the name of a fact, or `opened:`, `done:` or
`due:` followed by the name of a step or goal.

Here is a definition as a whole; `facts` and `steps` have its parts, in the order in which one reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from tijdig.engine.facts import (
    Act,
    ColumnKind,
    DueRule,
    Escalate,
    Fact,
    FactKind,
    Match,
    Reading,
    Remind,
    Role,
    Setting,
    SettingKind,
    Start,
)
from tijdig.engine.steps import (
    Close,
    Column,
    Comparison,
    End,
    Go,
    Goal,
    May,
    Outcome,
    Repeat,
    Rows,
    Step,
    Sum,
    Timetable,
)
from tijdig.engine.terms import Term

__all__ = [
    "LANGUAGE", "Act", "Close", "Column", "ColumnKind", "Comparison", "DueRule", "End", "Escalate", "Fact",
    "FactKind", "Go", "Goal", "Match", "May", "Outcome", "Procedure", "Programme", "Reading", "Remind", "Repeat",
    "Role", "Rows", "Setting", "SettingKind", "Start", "Step", "Sum", "Timetable", "walk",
]  # fmt: skip

#: The number of this language. The engine reads all earlier ones.
LANGUAGE = 1


@dataclass(frozen=True, slots=True)
class Procedure:
    """A definition.

    `owner` does the acts that no step and no `may` names; `late_to` hears each late day that has no ladder of its own.
    `again`: a yes/no setting that allows a second case for one subject. `span`: the two facts that bound the period
    that a case is about; no two cases may overlap in it, but for those that were undone. `one_open`: a subject has one
    open case at a time, and of a procedure on a timetable one for each timetable.
    """

    procedure: str
    code: str
    title: str
    revision: int
    subject: str
    owner: Role
    late_to: Role
    facts: tuple[Fact, ...]
    steps: tuple[Step, ...]
    goals: tuple[Goal, ...] = ()
    opens_with: tuple[str, ...] = ()
    one_open: bool = True
    again: Setting | None = None
    ends: tuple[End, ...] = ()
    may: tuple[May, ...] = ()
    readers: tuple[Role, ...] = ()
    source: str = ""
    timetable: Timetable | None = None
    span: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()

    @property
    def id(self) -> str:
        return self.procedure

    @property
    def woven_with(self) -> str:
        """The timetable with which it is woven; empty where it is with none."""
        return self.timetable.name if self.timetable else ""

    def fact(self, name: str) -> Fact | None:
        return next((f for f in self.facts if f.fact == name), None)

    def step(self, name: str) -> Step | None:
        return next((s for s in self.steps if s.step == name), None)

    def goal(self, name: str) -> Goal | None:
        return next((g for g in self.goals if g.goal == name), None)

    def comparison(self, name: str) -> Comparison | None:
        """The comparison to which this fact belongs: one of its registers, or what is counted of them."""
        return next((c for c in self.comparisons if name in (*c.registers, *c.counted)), None)

    def counted_in(self, step: str) -> tuple[str, ...]:
        """The facts that the installation counts or draws up when this step is done."""
        found = self.step(step)
        form = found.form if found else ()
        handed_in = [
            name for c in self.comparisons if {*c.registers} & {*form} for name in (c.differences, c.unsettled)
        ]
        frozen = [name for c in self.comparisons if c.step == step for name in (c.total, c.lines, c.figures)]
        return (*handed_in, *frozen, *(found.draws if found else ()))

    @property
    def drawn(self) -> tuple[str, ...]:
        """The documents that the installation draws up."""
        return tuple(name for step in self.steps for name in step.draws)

    @property
    def parts(self) -> tuple[Goal | Step, ...]:
        """All that may be due: goals, then steps."""
        return (*self.goals, *self.steps)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Every setting that it uses, once, in reading order."""
        return tuple(dict.fromkeys(v for v in walk(self) if isinstance(v, Setting)))

    @property
    def results(self) -> tuple[str, ...]:
        """The states in which a case of it can end."""
        lapses = (goal.lapse for goal in self.goals if goal.lapse)
        return tuple(dict.fromkeys((*self.verdicts, *lapses, *(end.end for end in self.ends))))

    @property
    def verdicts(self) -> tuple[str, ...]:
        """The states in which a person's decision ends a case: the only ones that reach what closing reaches."""
        return tuple(dict.fromkeys(o.close for s in self.steps for o in s.outcomes if isinstance(o, Close)))


@dataclass(frozen=True, slots=True)
class Programme:
    """Opens cases when a period is over; each missed period too, from the day on which it was installed.

    `first` is the first day of the first period and sets the rhythm; a case opens the day after its period and knows
    `period_from` and `period_until`. `facts` are further days, counted in terms from that opening day. `over` names
    a cohort: one case for each of its members; without one the subject is the period itself. `among`: cohorts of which
    one must have a member when the period is over; in a house that has none there is nothing to open.
    """

    programme: str
    opens: str
    every: Term | Setting
    first: date
    until: date | None = None
    over: str = ""
    facts: tuple[tuple[str, tuple[Term, ...]], ...] = ()
    among: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.programme


def walk(value: Any) -> Iterator[Any]:
    """The value and everything inside it, in reading order."""
    yield value
    if isinstance(value, tuple):
        for part in value:
            yield from walk(part)
    elif hasattr(value, "__dataclass_fields__"):
        for field in fields(value):
            yield from walk(getattr(value, field.name))
