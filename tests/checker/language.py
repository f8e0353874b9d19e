"""A snapshot with the settings that were chosen, read for judging; and conditions over it.

Only what is listed here is judged. A construct or field that is not raises Unjudgeable, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Protocol

from tests.checker.days import Office, Term
from tests.checker.finding import Unjudgeable

Json = Mapping[str, Any]

_JUDGED = {
    "procedure": "procedure code title revision subject owner late_to facts steps goals opens_with one_open again ends "
    "may readers source language settings",
    "setting": "setting label default kind source choices optional",
    "fact": "fact kind label required choices min max announced source",
    "step": "step asks role needs when due undated lead form shows outcomes not_by remind when_late",
    "goal": "goal label due role met_by remind when_late",
    "remind": "remind before after of also",
    "escalate": "escalate to after every times",
    "go": "go label only reason starts tells",
    "close": "close label only reason starts tells",
    "repeat": "repeat label step only reason starts tells",
    "start": "start facts",
    "end": "end label when",
    "may": "may roles of by times until",
    "due": "after within before lead on basis boundary roll calendar source fatal cutoff again",
}
_FACT_KINDS = {"date", "moment", "number", "money", "text", "choice", "yes_no", "document", "ref"}
_UNITS = {"days", "weeks", "months", "years", "working_days"}


class View(Protocol):
    """What a condition looks at."""

    @property
    def today(self) -> date: ...
    def is_done(self, step: str) -> bool: ...
    def outcome(self, step: str) -> str: ...
    def fact(self, name: str) -> Any: ...
    def day(self, anchor: str) -> date | None: ...


@dataclass(frozen=True)
class Terms:
    """What a case runs on: a definition, the settings that were chosen, and the office's days."""

    definition: Json
    chosen: Json
    office: Office

    def __post_init__(self) -> None:
        _check("procedure", self.definition)

    # --- parts, by name

    @cached_property
    def steps(self) -> Mapping[str, Json]:
        return {step["step"]: step for step in self.definition["steps"]}

    @cached_property
    def goals(self) -> Mapping[str, Json]:
        return {goal["goal"]: goal for goal in self.definition.get("goals", ())}

    def part(self, name: str) -> Json:
        return self.steps[name] if name in self.steps else self.goals[name]

    def rule(self, name: str) -> Json | None:
        """The due rule of a step or goal: its own, or that of the goal that it serves."""
        due: Json | str | None = self.part(name).get("due")
        return self.rule(due) if isinstance(due, str) else due

    @cached_property
    def needs(self) -> Mapping[str, Sequence[Any]]:
        """What each step needs before it opens: left out, the step before it."""
        names = list(self.steps)
        before = [["all"], *(["done", name] for name in names)]
        return {n: self.steps[n].get("needs", b) for n, b in zip(names, before, strict=False)}

    @cached_property
    def followers(self) -> Mapping[str, tuple[str, ...]]:
        """The steps that go back to waiting with a step."""
        found: dict[str, tuple[str, ...]] = {}
        for name in self.steps:
            behind, grown = {name}, True
            while grown:
                fresh = {s for s, need in self.needs.items() if s not in behind and behind & _steps_in(need)}
                behind, grown = behind | fresh, bool(fresh)
            found[name] = tuple(s for s in self.steps if s in behind - {name})
        return found

    @cached_property
    def turning(self) -> frozenset[str]:
        """The anchors whose day alone may change something."""
        definition = self.definition
        spots = [*self.needs.values(), *(s.get("when") for s in definition["steps"]),
                 *(g.get("met_by") for g in self.goals.values()),
                 *(e["when"] for e in definition.get("ends", ()))]  # fmt: skip
        return frozenset(c[1] for spot in spots if spot for c in parts(spot) if c[0] == "reached")

    def outcome(self, step: str, name: str) -> Json:
        """An outcome of a step; raises KeyError when it has none of that name."""
        outcomes: Sequence[Json] = self.steps[step].get("outcomes", ({"go": "done"},))
        return {o.get("go") or o.get("close") or o.get("repeat"): o for o in outcomes}[name]

    @cached_property
    def verdicts(self) -> frozenset[str]:
        """The states that only a person's decision reaches."""
        return frozenset(o["close"] for s in self.steps.values() for o in s.get("outcomes", ()) if "close" in o)

    # --- values

    @cached_property
    def _defaults(self) -> Json:
        return {s["setting"]: s.get("default") for s in self.definition["settings"]}

    def value(self, given: Any) -> Any:
        """A value, or what the house chose for the setting that stands there, or that setting's default."""
        if isinstance(given, Mapping) and set(given) == {"setting"}:
            chosen = self.chosen.get(given["setting"])
            return self._defaults[given["setting"]] if chosen is None else chosen
        return given

    def term(self, given: Any) -> Term | None:
        value = self.value(given)
        return None if value is None else as_term(value)

    def roles(self, given: Sequence[Any]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(role for role in map(self.value, given) if role))

    # --- conditions

    def holds(self, condition: Sequence[Any], view: View) -> bool | None:
        """Whether it is so; None when that cannot be known yet."""
        word, *given = condition
        match word:
            case "done":
                return view.is_done(given[0])
            case "took":
                return view.outcome(given[0]) == given[1] if view.is_done(given[0]) else None
            case "known":
                return view.fact(given[0]) is not None
            case "is":
                return None if view.fact(given[0]) is None else bool(view.fact(given[0]) == given[1])
            case "same" | "more":
                left, right = map(view.fact, given)
                if left is None or right is None:
                    return None
                return bool(left == right if word == "same" else left > right)
            case "reached":
                day = view.day(given[0])
                return None if day is None else view.today >= day
            case "on":
                return bool(self.value(given[0]))
            case "not":
                inner = self.holds(given[0], view)
                return None if inner is None else not inner
            case "all":
                return self._at_least(len(given), given, view)
            case "any":
                return self._at_least(1, given, view)
            case "at_least":
                return self._at_least(int(self.value(given[0])), given[1:], view)
        raise Unjudgeable(f"condition '{word}'")

    def _at_least(self, n: int, of: Sequence[Any], view: View) -> bool | None:
        truths = [self.holds(part, view) for part in of]
        if truths.count(True) >= n:
            return True
        return None if truths.count(True) + truths.count(None) >= n else False


def as_term(value: Any) -> Term:
    """A term as JSON has it. Raises Unjudgeable for hours: they end at a minute, not on a day."""
    ((unit, n),) = value.items()
    if unit not in _UNITS:
        raise Unjudgeable(f"a term in {unit}")
    return n, unit


def parts(condition: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The condition and all conditions in it."""
    yield condition
    for part in condition[1:]:
        if isinstance(part, list):
            yield from parts(part)


def _steps_in(condition: Sequence[Any]) -> set[str]:
    return {part[1] for part in parts(condition) if part[0] in ("done", "took")}


_INSIDE = {
    "settings": "setting", "facts": "fact", "steps": "step", "goals": "goal", "remind": "remind", "ends": "end",
    "when_late": "escalate", "outcomes": "go close repeat", "starts": "start", "may": "may", "due": "due",
}  # fmt: skip
"""Which constructs stand under which key."""


def _check(construct: str, value: Json) -> None:
    """Raise Unjudgeable for what is not judged, anywhere in the definition."""
    if unknown := set(value) - set(_JUDGED[construct].split()):
        raise Unjudgeable(f"'{min(unknown)}' of a {construct}")
    if construct == "fact" and value["kind"] not in _FACT_KINDS:
        raise Unjudgeable(f"a fact of kind {value['kind']}")
    for key, inside in value.items():
        for each in inside if isinstance(inside, list) else [inside]:
            if key in _INSIDE and isinstance(each, Mapping):
                _check(next(name for name in _INSIDE[key].split() if name in each or key == "due"), each)
