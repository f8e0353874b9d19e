"""A dossier in order of time: what happened, what is asked now, and what is still to come (ux.md, Dossier)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from tijdig.engine.advance import Advance
from tijdig.engine.calendar import local_day
from tijdig.engine.case import CASE, Effect, Record, Terms
from tijdig.engine.plan import Obligation, obligations
from tijdig.service.wording import inside, sentence

When = Literal["done", "now", "ahead"]

WITHHELD = "te zien als ook het andere oordeel er is"


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of it: on a local day, perhaps with what a person may do about it."""

    when: When
    day: date | None
    what: str
    note: str = ""
    step: str = ""
    asked: Obligation | None = None


def timeline(result: Advance, now: datetime) -> list[Moment]:
    """What was, what stands and what would come if nobody did anything, each by its day; undated work stands now."""
    records = [_done(record, result) for record in result.case.records]
    told = [_told(key, happened.at, result) for key, happened in result.case.ledger.items() if not happened.overtaken]
    past = sorted([m for m in (*records, *told) if m], key=lambda m: m.day or date.min)
    open_ = [] if result.state.closed else sorted(_standing(result), key=lambda m: m.day or date.max)
    ahead = [] if result.state.closed else list(_ahead(result))
    return [*past, *open_, *ahead]


def _done(record: Record, result: Advance) -> Moment | None:
    terms, day = result.case.terms, local_day(record.at)
    step = terms.steps.get(record.step)
    match record.act:
        case "open":
            return Moment("done", day, "Dossier geopend")
        case "decide" if step and step.step in result.state.withheld:
            return Moment("done", day, f"{sentence(step.asks).rstrip('.')}: gedaan", WITHHELD)
        case "decide":
            outcome = step.outcome(record.outcome) if step else None
            said = f"{sentence(step.asks).rstrip('.')}: {outcome.label}" if step and outcome else "Besluit"
            return Moment("done", day, said, record.reason)
        case "child" | "cohort":
            return None
    return Moment("done", day, sentence(ACTS.get(record.act, record.act)).rstrip("."), record.reason)


ACTS = {
    "take": "taak opgepakt", "take-back": "besluit teruggenomen", "remind": "herinnering verstuurd",
    "record": "gegeven toegevoegd", "correct": "gegeven gecorrigeerd", "announce": "gegeven aangekondigd",
    "extend": "termijn verlengd", "suspend": "termijn opgeschort", "resume": "termijn loopt weer",
    "withdraw": "ingetrokken", "cancel": "vervallen verklaard", "reopen": "dossier heropend",
    "hand-over": "taak overgedragen", "merge": "samengevoegd", "not-applicable": "stap niet van toepassing",
    "move": "op nieuwere versies gezet", "attach": "document toegevoegd",
    "cohort": "groep bijeengebracht", "child": "vervolgdossier gesloten",
}  # fmt: skip
"""Every act but those that have words of their own above."""

_SPOKE = {"remind": "herinnering", "escalate": "escalatie"}


def _told(key: str, at: datetime, result: Advance) -> Moment | None:
    step, _, kind, *_ = key.split("/")
    if kind not in _SPOKE:
        return None
    return Moment("done", local_day(at), f"{_SPOKE[kind].capitalize()}: {inside(_label(step, result.case.terms))}")


def _standing(result: Advance) -> Iterator[Moment]:
    for asked in obligations(result.state):
        if asked.stands:
            day = asked.due.due if asked.due else None
            yield Moment("now", day, sentence(asked.label).rstrip("."), asked.role, asked.step, asked)


def _ahead(result: Advance) -> Iterator[Moment]:
    for effect in sorted(result.ahead, key=lambda e: (e.moment, e.step)):
        if effect.kind in _SPOKE and not effect.overtaken:
            yield Moment("ahead", local_day(effect.moment), _words(effect, result.case.terms), _to(effect))


def _words(effect: Effect, terms: Terms) -> str:
    return f"{_SPOKE[effect.kind].capitalize()}: {inside(_label(effect.step, terms))}"


def _to(effect: Effect) -> str:
    return f"gepland, naar {', '.join(effect.to)}" if effect.to else "gepland"


def _label(name: str, terms: Terms) -> str:
    if name == CASE:
        return terms.procedure.title
    return terms.steps[name].asks if name in terms.steps else terms.goals[name].label
