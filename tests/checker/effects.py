"""What is to happen in a case because of its dates: reminders, ladders, tasks, its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from tests.checker.days import count, day_of, midnight
from tests.checker.language import Json

if TYPE_CHECKING:
    from tests.checker.course import Course


@dataclass(frozen=True)
class Effect:
    """Something that happens once. `silent` is why it is not told from the start, `summary` that it rides in one."""

    step: str
    round: int
    kind: str
    rule: str
    nominal: date
    moment: datetime
    to: tuple[str, ...] = ()
    silent: str | None = None
    summary: bool = False
    start: Json = field(default_factory=dict)

    @property
    def slot(self) -> str:
        return f"{self.step}/{self.round}/{self.kind}/{self.rule}"

    @property
    def key(self) -> str:
        return f"{self.slot}/{self.nominal}" if self.kind in ("remind", "escalate") else self.slot


def planned(course: Course) -> list[Effect]:
    """Every effect, past and ahead, that follows from a course if nothing else is recorded."""
    opening = Effect("case", 1, "open", "", day_of(course.opened), course.opened)
    if course.closed:
        return [opening, Effect("case", course.round, "close", course.result, day_of(course.closed), course.closed)]
    effects = [opening]
    for name, goal in course.terms.goals.items():
        if name not in course.met:
            serving = [s["role"] for n, s in course.terms.steps.items()
                       if s.get("due") == name and course.steps[n].status == "open"]  # fmt: skip
            to = course.terms.roles([goal.get("role"), *serving])
            effects += [*_reminders(course, name, 1, course.opened, to), *_ladder(course, name, 1, course.opened)]
    for name, step in course.terms.steps.items():
        spot = course.steps[name]
        if spot.status == "open" and spot.opened:
            to = course.terms.roles([step["role"]])
            silent = "before_opening" if spot.taken_over else None
            effects.append(Effect(name, spot.round, "task", "", day_of(spot.opened), spot.opened, to, silent))
            effects += _reminders(course, name, spot.round, spot.opened, to)
            if isinstance(step.get("due"), Mapping):
                effects += _ladder(course, name, spot.round, spot.opened)
    return effects


def _reminders(course: Course, name: str, nth: int, opened: datetime, to: tuple[str, ...]) -> Iterator[Effect]:
    """Of a closed day, on the office day before; keyed by the day before that shift."""
    office, rule, due = course.terms.office, course.terms.rule(name), course.due(name)
    waits = name in course.terms.goals and due is None  # a goal without a date says nothing
    for remind in () if waits else course.terms.part(name).get("remind", ()):
        if "before" in remind:
            start, term, sign = (due.due if due else None), course.terms.term(remind["before"]), -1
        else:
            own = (rule.get("after") or rule.get("before") or rule["on"]) if rule else f"opened:{name}"
            start, term, sign = course.day(remind.get("of") or own), course.terms.term(remind["after"]), 1
        if start is None or term is None:
            continue
        nominal = count(start, (term,), office, sign)
        moment = midnight(office.on_or_before(nominal))
        silent = "before_opening" if moment < course.opened else "overtaken" if moment < opened else None
        everyone = course.terms.roles([*to, *remind.get("also", ())])
        yield Effect(name, nth, "remind", remind["remind"], nominal, max(moment, opened), everyone, silent)


def _ladder(course: Course, name: str, nth: int, opened: datetime) -> list[Effect]:
    """From the first late day on; of a closed day, on the office day after."""
    office, due, effects = course.terms.office, course.due(name), []
    if due is None:
        return []
    default = ({"escalate": "late", "to": course.terms.definition["late_to"]},)
    for rung in course.terms.part(name).get("when_late", default):
        after, every = course.terms.term(rung.get("after")), course.terms.term(rung.get("every"))
        first = count(day_of(due.late_from), (after,) if after else (), office)
        for i in range(rung.get("times", 1)):
            nominal = count(first, ((i * every[0], every[1]),), office) if every else first
            moment = max(midnight(office.on_or_after(nominal)), due.late_from, opened)
            to = course.terms.roles([rung["to"]])
            effects.append(Effect(name, nth, "escalate", rung["escalate"], nominal, moment, to))
    return _past_rungs(course, effects)


def _past_rungs(course: Course, effects: list[Effect]) -> list[Effect]:
    """Of what was late before the case opened only the last rung speaks, in a summary."""
    past = [effect for effect in effects if midnight(effect.nominal) < course.opened]
    last = max(past, key=lambda effect: effect.nominal, default=None)
    marked = {id(e): replace(e, summary=True) if e is last else replace(e, silent="before_opening") for e in past}
    return [marked.get(id(effect), effect) for effect in effects]
