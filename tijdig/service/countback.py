"""Counting back from the dates of a timetable: when the work before each must begin at the latest, and the slack.

The same dates as those of the bidder's checklist, read from the dossier as it stands now (ux.md, Terugrekenen).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlmodel import Session, col, select

from models.case import Case
from models.pins import Definition
from tijdig.engine.advance import advance
from tijdig.engine.calendar import local_day
from tijdig.engine.case import Terms, shift
from tijdig.engine.due import Due
from tijdig.engine.plan import CLOSE_DAYS, Obligation, obligations
from tijdig.engine.terms import words
from tijdig.service.held import Held
from tijdig.service.pins import BETWEEN
from tijdig.service.reading import Reader

Chance = Literal["on_time", "close", "late"]
_DUE = "due:"


@dataclass(frozen=True, slots=True)
class Work:
    """Work that must be done before a date: how long it takes, the last day to begin, and office days until then.

    `slack` is negative when that day has passed: it cannot be kept.
    """

    step: str
    asks: str
    role: str
    takes: str
    start: date
    slack: int

    @property
    def chance(self) -> Chance:
        return "late" if self.slack < 0 else "close" if self.slack < CLOSE_DAYS else "on_time"


@dataclass(frozen=True, slots=True)
class Back:
    """A date that work leads to, with that work in the order in which it must begin."""

    step: str
    asks: str
    due: Due
    fatal: bool
    works: tuple[Work, ...]


def on_timetables(session: Session, reader: Reader) -> list[Case]:
    """The open dossiers on a timetable that this reader may read, the newest first."""
    woven = select(Definition.id).where(col(Definition.procedure).contains(BETWEEN))
    wanted = select(Case).where(Case.state == "open", col(Case.definition_id).in_(woven))
    return list(reader.theirs(session.exec(wanted.order_by(col(Case.id).desc()))))


def counted_back(held: Held, now: datetime) -> list[Back]:
    """Each date of a dossier that work leads to and that is still to come, in order of time."""
    terms, asked = held.terms, {each.step: each for each in obligations(advance(held.case, now).state)}
    leading: defaultdict[str, list[Work]] = defaultdict(list)
    for each in asked.values():
        if each.kind == "step" and each.due and each.state in ("open", "waiting"):
            leading[_leads_to(terms, each.step)].append(_work(terms, each, each.due, now))
    found = (_back(asked[name], works) for name, works in leading.items() if name in asked)
    return sorted((back for back in found if back), key=lambda back: (back.due.due, back.step))


def _leads_to(terms: Terms, name: str) -> str:
    """The date that something is counted back from in the end; itself where it is counted from nothing else."""
    part = terms.steps.get(name)
    if part and isinstance(part.due, str):
        return _leads_to(terms, part.due)
    rule = terms.rules.get(name)
    return _leads_to(terms, rule.before.removeprefix(_DUE)) if rule and rule.before.startswith(_DUE) else name


def _work(terms: Terms, asked: Obligation, due: Due, now: datetime) -> Work:
    step, rule = terms.steps[asked.step], terms.rules.get(asked.step)
    spans = (rule.lead if rule and rule.before else None, step.lead)
    takes = " en ".join(words(term) for term in map(terms.term, spans) if term)
    start = shift(terms, due.safe, step.lead, back=True) if step.lead else due.safe
    slack = terms.calendar.workdays_between(local_day(now), start, "kantoor")
    return Work(asked.step, asked.label, asked.role, takes, start, slack)


def _back(asked: Obligation, works: Iterable[Work]) -> Back | None:
    """A date with the work before it; None where there is no other work than that of the day itself."""
    ordered = tuple(sorted(works, key=lambda work: (work.start, work.step)))
    counts = any(work.takes for work in ordered)
    return Back(asked.step, asked.label, asked.due, asked.fatal, ordered) if asked.due and counts else None
