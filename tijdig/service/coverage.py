"""Dekking: who is there for each role, week by week, by the assignments, absences and deputies as they stand now.

Read from who holds a role, not from what will be asked: a gap shows before anything falls due in it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Literal, NamedTuple

from sqlalchemy import case
from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select

from models.case import Case, OpenObligation
from models.organisation import Absence, Assignment, Subject
from tijdig.service.held import LOADER
from tijdig.service.people import ADMINISTRATOR, OWN, Directory
from tijdig.service.pins import current, current_calendar, definitions

State = Literal["nobody", "deputy", "held"]
WORST: tuple[State, ...] = ("nobody", "deputy", "held")
WEEKS = 52
_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)


class Asked(NamedTuple):
    """How many dates of a role fall in a week, and how many of them are fatal."""

    dates: int
    fatal: int


@dataclass(frozen=True, slots=True)
class Line:
    """A role over one scope: how it stands in each week. `where` is "alles", a region, or "per lid"."""

    role: str
    where: str
    weeks: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Weeks on end in which a role stands alike, from a Monday to a Sunday, and what falls due in them."""

    role: str
    where: str
    state: State
    first: date
    last: date
    asked: Asked


@dataclass(frozen=True, slots=True)
class Coverage:
    """All roles over the weeks to come, from the Monday of this one."""

    mondays: tuple[date, ...]
    lines: tuple[Line, ...]
    asked: Mapping[tuple[str, date], Asked]

    @property
    def troubles(self) -> list[Stretch]:
        """Where a role has nobody, or a deputy only: the first to come first, nobody before a deputy."""
        found = [stretch for line in self.lines for stretch in self._stretches(line) if stretch.state != "held"]
        return sorted(found, key=lambda each: (WORST.index(each.state), each.first, each.role, each.where))

    def _stretches(self, line: Line) -> Iterator[Stretch]:
        for state, some in groupby(zip(line.weeks, self.mondays, strict=True), key=lambda pair: pair[0]):
            mondays = [monday for _, monday in some]
            asked = [self.asked.get((line.role, monday), Asked(0, 0)) for monday in mondays]
            total = Asked(sum(each.dates for each in asked), sum(each.fatal for each in asked))
            yield Stretch(line.role, line.where, state, mondays[0], mondays[-1] + 6 * _DAY, total)


def coverage(session: Session, today: date) -> Coverage:
    """How each role that is needed or held stands in the coming weeks: a few statements."""
    first = today - timedelta(days=today.weekday())
    mondays = tuple(first + week * _WEEK for week in range(WEEKS))
    people, last = Directory.load(session), first + WEEKS * _WEEK
    held = _held(session, first, last)
    regions = dict(session.execute(select(Subject.ref, Subject.region)).tuples().all())
    calendar = current_calendar(session)
    days = [
        [day for day in (monday + n * _DAY for n in range(7)) if day >= today and calendar.is_workday(day, "kantoor")]
        or [max(monday, today)]
        for monday in mondays
    ]  # fmt: skip
    breaks = _absences(session, first, last)
    lines = [
        Line(role, where, _worst([_weeks(people, chain, days, breaks) for chain in chains]))
        for role in sorted({*needed_roles(session, people, today), *held, ADMINISTRATOR} - set(OWN))
        for where, chains in _lines(held.get(role, {}), regions)
    ]
    return Coverage(mondays, tuple(lines), _asked(session, first, last))


def needed_roles(session: Session, people: Directory, today: date) -> set[str]:
    """The roles that the procedures of this house ask for: of those that it runs, or could."""
    held, run, needed = people.held_roles(today), set(session.exec(select(Case.procedure).distinct())), set[str]()
    for definition in definitions(session):
        terms = LOADER.load(session, current(session, definition.procedure))
        procedure = terms.procedure
        if held and terms.role(procedure.owner) not in held and procedure.id not in run:
            continue  # it is published in every house, and run in those that it is for
        parts = (*(s.role for s in procedure.steps), *(g.role for g in procedure.goals))
        needed |= {role for role in map(terms.role, (procedure.owner, procedure.late_to, *parts)) if role}
    return needed


class Span(NamedTuple):
    """Somebody who holds a role from a day until a day."""

    person: str
    since: date
    until: date


Spans = tuple[Span, ...]
Chain = tuple[Spans, ...]
"""Who holds a role, the narrowest scope first: of the first that has anybody on a day, all count."""


def _held(session: Session, first: date, last: date) -> dict[str, dict[tuple[str, str], Spans]]:
    """Of each role who holds it over which scope, in a period."""
    found: defaultdict[str, defaultdict[tuple[str, str], list[Span]]] = defaultdict(lambda: defaultdict(list))
    wanted = select(Assignment).where(Assignment.until >= first, Assignment.since < last, Assignment.scope != "case")
    for each in session.exec(wanted.order_by(col(Assignment.person_id))):
        value = each.scope_value if each.scope != "all" else ""
        found[each.role][each.scope, value].append(Span(each.person_id, each.since, each.until))
    return {role: {where: tuple(spans) for where, spans in scopes.items()} for role, scopes in found.items()}


def _lines(scopes: Mapping[tuple[str, str], Spans], regions: Mapping[str, str]) -> Iterator[tuple[str, set[Chain]]]:
    """The lines of a role, each with the chains that are to be looked at: equal ones once."""
    everywhere = scopes.get(("all", ""), ())
    by_region = {value: spans for (scope, value), spans in scopes.items() if scope == "region"}
    by_subject = {value: spans for (scope, value), spans in scopes.items() if scope == "subject"}
    if by_region:
        for region in sorted({*by_region, *filter(None, regions.values())}):
            yield f"regio {region}", {(by_region.get(region, ()), everywhere)}
    if by_subject:
        yield (
            "per lid",
            {(spans, by_region.get(regions.get(ref, ""), ()), everywhere) for ref, spans in by_subject.items()},
        )
    if everywhere or not (by_region or by_subject):
        yield "alles", {(everywhere,)}


def _absences(session: Session, first: date, last: date) -> dict[str, set[date]]:
    """Of whoever is away in a period, or stands in for such a one, the days on which it may become otherwise."""
    found: defaultdict[str, set[date]] = defaultdict(set)
    away = session.exec(select(Absence).where(Absence.until >= first, Absence.since < last)).all()
    for each in away:
        found[each.person_id] |= {each.since, each.until + _DAY}
    for each in away:
        found[each.person_id] |= found.get(each.deputy_id or "", set())
    return found


def _weeks(
    people: Directory, chain: Chain, days: Sequence[Sequence[date]], away: Mapping[str, set[date]]
) -> tuple[State, ...]:  # fmt: skip
    """How each week stands: as the worst of its days. Between two days on which something changes all stand alike."""
    first, last = days[0][0], days[-1][-1]
    spans = [span for some in chain for span in some]
    changes = {span.since for span in spans} | {span.until + _DAY for span in spans if span.until < last}
    changes |= {day for span in spans for day in away.get(span.person, ())}
    breaks = sorted(day for day in changes if first < day <= last)
    if not breaks:
        return (_state(people, chain, first),) * len(days)
    states = [_state(people, chain, day) for day in (first, *breaks)]
    return tuple(_week(states, breaks, some) for some in days)


def _week(states: Sequence[State], breaks: Sequence[date], days: Sequence[date]) -> State:
    begin, end = bisect_right(breaks, days[0]), bisect_right(breaks, days[-1])
    if begin == end:
        return states[begin]
    return min((states[bisect_right(breaks, day)] for day in days), key=WORST.index)


def _worst(lines: Iterable[tuple[State, ...]]) -> tuple[State, ...]:
    return tuple(min(week, key=WORST.index) for week in zip(*lines, strict=True))


def _state(people: Directory, chain: Chain, day: date) -> State:
    found = (tuple(sorted({s.person for s in spans if s.since <= day <= s.until})) for spans in chain)
    told = people.present(next(filter(None, found), ()), day)
    if not told:
        return "nobody"
    return "deputy" if all(each.behalf for each in told) else "held"


def _asked(session: Session, first: date, last: date) -> dict[tuple[str, date], Asked]:
    """What falls due of each role in each week, as the running cases stand now."""
    fatal = func.sum(case((col(OpenObligation.fatal), 1), else_=0))
    wanted = (
        columns(col(OpenObligation.role), col(OpenObligation.due), func.count(), fatal)
        .where(col(OpenObligation.due) >= first, col(OpenObligation.due) < last)
        .group_by(col(OpenObligation.role), col(OpenObligation.due))
    )
    found: dict[tuple[str, date], Asked] = {}
    for role, due, dates, fatal_ones in session.execute(wanted):
        key = role, due - timedelta(days=due.weekday())
        before = found.get(key, Asked(0, 0))
        found[key] = Asked(before.dates + dates, before.fatal + int(fatal_ones))
    return found
