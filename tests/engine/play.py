"""Play one case: people act on days, sweeps come when they come. What happens are lines that read aloud."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from tijdig.engine import DueRule, Fact, Procedure, Step, weeks
from tijdig.engine.advance import Advance, advance, open_case
from tijdig.engine.calendar import Calendar, instant
from tijdig.engine.case import Case, Effect, Record, Terms
from tijdig.engine.plan import Obligation, obligations

REASON = "dit is met elkaar besproken"


def line(effect: Effect) -> str:
    """Kind, step (with its round after the first), rule, marks, and the roles that it speaks to."""
    name = effect.step if effect.round == 1 else f"{effect.step}#{effect.round}"
    marks = [effect.overtaken or "", "waits" if effect.waits else "", "summary" if effect.summary else ""]
    said = " ".join(filter(None, (effect.kind, name, effect.rule, *(f"({mark})" for mark in marks if mark))))
    return f"{said} > {', '.join(effect.to)}" if effect.to and not effect.overtaken else said


@dataclass
class Play:
    """A case in play. Days are ISO texts; acts are at nine, sweeps at midnight, unless said otherwise."""

    terms: Terms
    last: Advance = field(init=False)

    @classmethod
    def of(
        cls, procedure: Procedure, day: str, *, at_step: str = "", hour: str = "09:00",
        settings: dict[str, Any] | None = None, calendar: Calendar | None = None, **facts: Any,
    ) -> Play:  # fmt: skip
        """Open a case on a day, with these facts."""
        play = cls(Terms(procedure, settings or {}, calendar or Calendar()))
        opening = Record(_at(day, hour), "open", "opener", facts, at_step)
        play.last = open_case(Case(play.terms, (opening,), {}))
        return play

    def sweep(self, day: str, hour: str = "00:00") -> list[str]:
        self.last = advance(self.last.case, _at(day, hour))
        return self.lines

    def act(self, day: str, act: Any, step: str = "", outcome: str = "", *, by: str = "ann", hour: str = "09:00",
            reason: str = REASON, **more: Any) -> list[str]:  # fmt: skip
        record = Record(_at(day, hour), act, by, more.pop("values", {}), step, outcome, reason=reason, **more)
        self.last = advance(self.last.case, record.at, record)
        return self.lines

    def decide(self, day: str, step: str, outcome: str = "done", **more: Any) -> list[str]:
        return self.act(day, "decide", step, outcome, **more)

    def correct(self, day: str, **facts: str) -> list[str]:
        return self.act(day, "correct", values=facts)

    @property
    def lines(self) -> list[str]:
        return [line(effect) for effect in self.last.effects]

    @property
    def ahead(self) -> list[str]:
        return [f"{effect.nominal} {line(effect)}" for effect in self.last.ahead]

    @property
    def keys(self) -> set[str]:
        return set(self.last.case.ledger)

    @property
    def moved(self) -> list[str]:
        """What moved of the due days, and who is told."""
        return [f"{m.step} {m.before} {m.after} > {', '.join(m.told)}" for m in self.last.moves if m.kind == "due"]

    @property
    def open(self) -> list[str]:
        return [o.step for o in obligations(self.last.state) if o.stands and o.kind == "step"]

    @property
    def result(self) -> str:
        return self.last.state.result

    def asked(self, name: str) -> Obligation:
        return next(o for o in obligations(self.last.state) if o.step == name)

    def due(self, name: str) -> str:
        found = self.asked(name).due
        return str(found.due if found else None)


def a_procedure(*steps: Step, **more: Any) -> Procedure:
    """A small procedure; `begun_on` opens it."""
    facts = (Fact("begun_on", "date", "Begonnen", required=True), *more.pop("facts", ()))
    given = {
        "code": "PRF", "title": "Proef", "revision": 1, "subject": "lid", "owner": "eigenaar", "late_to": "baas",
        "opens_with": ("begun_on",),
    }  # fmt: skip
    return Procedure("proef", facts=facts, steps=steps, **{**given, **more})


FOUR_WEEKS = weeks(4)


def after(n: Any = FOUR_WEEKS, **more: Any) -> DueRule:
    """Due so long after the case began, as a norm: it does not roll."""
    return DueRule(after="begun_on", within=n, **{"basis": "norm", **more})


def _at(day: str, hour: str) -> Any:
    return instant(date.fromisoformat(day), time.fromisoformat(hour))


def kinds(lines: Iterable[str], *wanted: str) -> list[str]:
    return [each for each in lines if each.startswith(wanted)]
