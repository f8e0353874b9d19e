"""Conditions: a small closed algebra over facts, outcomes, settings and dates.

Three-valued: `True`, `False`, or `None` for "not known yet". They are data: written to JSON as arrays,
so that a condition can be pinned, checked, drawn and simulated. No lambdas.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tijdig.engine.language import Setting

Truth = bool | None


class View(Protocol):
    """What a condition may look at: one moment of one case."""

    def is_done(self, step: str) -> bool: ...
    def outcome(self, step: str) -> str: ...
    def fact(self, name: str) -> Any: ...
    def setting(self, setting: Setting) -> Any: ...
    def day_of(self, anchor: str) -> date | None: ...
    def in_time(self, fact: str, part: str) -> Truth: ...
    def at_limit(self, fact: str, part: str) -> Truth: ...
    @property
    def today(self) -> date: ...


class Condition:
    """Base of all conditions; combine them with `&`, `|` and `~`."""

    __slots__ = ()

    def __and__(self, other: Condition) -> Condition:
        return AllOf((self, other))

    def __or__(self, other: Condition) -> Condition:
        return AnyOf((self, other))

    def __invert__(self) -> Condition:
        return Not(self)

    def holds(self, view: View) -> Truth:
        raise NotImplementedError

    def parts(self) -> Iterator[Condition]:
        """This condition and all conditions inside it."""
        yield self
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Condition):
                    yield from part.parts()


@dataclass(frozen=True, slots=True)
class Done(Condition):
    """The step is done or does not apply."""

    step: str

    def holds(self, view: View) -> Truth:
        return view.is_done(self.step)


@dataclass(frozen=True, slots=True)
class Took(Condition):
    """The step's latest round ended with this outcome; unknown until it is done."""

    step: str
    outcome: str

    def holds(self, view: View) -> Truth:
        return view.outcome(self.step) == self.outcome if view.is_done(self.step) else None


@dataclass(frozen=True, slots=True)
class Known(Condition):
    """The fact was established."""

    fact: str

    def holds(self, view: View) -> Truth:
        return view.fact(self.fact) is not None


@dataclass(frozen=True, slots=True)
class Is(Condition):
    """The fact has this value."""

    fact: str
    value: Any

    def holds(self, view: View) -> Truth:
        value = view.fact(self.fact)
        return None if value is None else value == self.value


@dataclass(frozen=True, slots=True)
class Same(Condition):
    """Two facts have the same value."""

    left: str
    right: str

    def holds(self, view: View) -> Truth:
        left, right = view.fact(self.left), view.fact(self.right)
        return None if left is None or right is None else left == right


@dataclass(frozen=True, slots=True)
class More(Condition):
    """The left fact is more (a number) or later (a date, as ISO text) than the right one."""

    left: str
    right: str

    def holds(self, view: View) -> Truth:
        left, right = view.fact(self.left), view.fact(self.right)
        return None if left is None or right is None else left > right


@dataclass(frozen=True, slots=True)
class Reached(Condition):
    """The day of the anchor has come (from 00:00 local)."""

    anchor: str

    def holds(self, view: View) -> Truth:
        day = view.day_of(self.anchor)
        return None if day is None else view.today >= day


@dataclass(frozen=True, slots=True)
class InTime(Condition):
    """The fact lies no later than the step or goal is due: a day by its date, an instant to the second."""

    fact: str
    part: str

    def holds(self, view: View) -> Truth:
        return view.in_time(self.fact, self.part)


@dataclass(frozen=True, slots=True)
class AtLimit(Condition):
    """The fact is the very instant at which the step or goal closes: in time, and for a person to look at."""

    fact: str
    part: str

    def holds(self, view: View) -> Truth:
        return view.at_limit(self.fact, self.part)


@dataclass(frozen=True, slots=True)
class Each(Condition):
    """Of all rows of the timetable that came to this: their steps are done, or `that` holds, said of `{row}`.

    Woven, it names them.
    """

    rows: str
    that: Condition | None = None

    def holds(self, view: View) -> Truth:
        return True


@dataclass(frozen=True, slots=True)
class On(Condition):
    """A yes/no setting stands on yes."""

    setting: Setting

    def holds(self, view: View) -> Truth:
        return bool(view.setting(self.setting))


@dataclass(frozen=True, slots=True)
class AllOf(Condition):
    """Every part holds."""

    of: tuple[Condition, ...]

    def holds(self, view: View) -> Truth:
        truths = [part.holds(view) for part in self.of]
        return False if False in truths else None if None in truths else True


@dataclass(frozen=True, slots=True)
class AnyOf(Condition):
    """At least one part holds."""

    of: tuple[Condition, ...]

    def holds(self, view: View) -> Truth:
        truths = [part.holds(view) for part in self.of]
        return True if True in truths else None if None in truths else False


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """The part does not hold."""

    of: Condition

    def holds(self, view: View) -> Truth:
        truth = self.of.holds(view)
        return None if truth is None else not truth


@dataclass(frozen=True, slots=True)
class AtLeast(Condition):
    """At least `n` of the parts hold; `n` may be a number setting."""

    n: int | Setting
    of: tuple[Condition, ...]

    def holds(self, view: View) -> Truth:
        n = self.n if isinstance(self.n, int) else int(view.setting(self.n))
        truths = [part.holds(view) for part in self.of]
        if truths.count(True) >= n:
            return True
        return None if truths.count(True) + truths.count(None) >= n else False


def at_least(n: int | Setting, *of: Condition) -> Condition:
    """At least `n` of these hold."""
    return AtLeast(n, of)


# As a definition writes them.
done, took, known, is_, same, more, reached, on = Done, Took, Known, Is, Same, More, Reached, On
in_time, at_limit, each = InTime, AtLimit, Each

#: How each condition is called in JSON, and the other way round.
NAMES: dict[str, type[Condition]] = {
    "done": Done,
    "took": Took,
    "known": Known,
    "is": Is,
    "same": Same,
    "more": More,
    "reached": Reached,
    "in_time": InTime,
    "at_limit": AtLimit,
    "each": Each,
    "on": On,
    "all": AllOf,
    "any": AnyOf,
    "not": Not,
    "at_least": AtLeast,
}
