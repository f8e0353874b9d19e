"""The installation run ahead in memory: its open cases, those that programmes and other cases open, who acts or not.

Time goes from event to event over all cases, as sweeps and people would find them. It runs the same core as the live
sweep and writes nothing (design, law 2). Cases that stand alike are advanced once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Any, Literal, NamedTuple

from tijdig.engine.advance import Advance, Opening, advance, open_case
from tijdig.engine.calendar import local_day, midnight
from tijdig.engine.case import Case, Happened, Record, Terms
from tijdig.engine.errors import Refused
from tijdig.engine.language import Programme
from tijdig.engine.plan import Obligation, standing
from tijdig.engine.programme import Period, facts_of, periods
from tijdig.engine.simulate import next_deed
from tijdig.engine.snapshot import canonical
from tijdig.service.incidents import cause_of

Scenario = Literal["nobody", "on-time"]
"""What people are taken to do: nothing at all, or each thing on its safe day."""


@dataclass(slots=True, eq=False)
class Stand:
    """Where cases stand that stand alike, and what comes to all of them next."""

    advance: Advance
    next: tuple[datetime, Advance | None] | None
    """When, and what somebody's deed then brings; without a deed the day does it. None when nothing comes."""
    then: Stand | None = None
    _asked: tuple[Obligation, ...] | None = None

    @classmethod
    def of(cls, reached: Advance, scenario: Scenario) -> Stand:
        """What comes next after an advance."""
        turn = reached.next_check_at
        people_act = scenario == "on-time" and not reached.state.closed
        deed = next_deed(reached, before=turn) if people_act else None
        if deed is not None:
            return cls(reached, (deed.state.now, deed))
        return cls(reached, (turn, None) if turn else None)

    @property
    def asked(self) -> tuple[Obligation, ...]:
        """What the case asks now."""
        if self._asked is None:
            self._asked = standing(self.advance.state)
        return self._asked


@dataclass(slots=True, eq=False)
class Foreseen:
    """A case of the run. `name` is its number, or for one that does not exist yet `procedure/subject`.

    `origin` stays the same when it comes to exist: its number, or the key of what opens it.
    """

    name: str
    subject: str
    origin: str
    stand: Stand
    version: int = 0
    parent: Foreseen | None = None
    parent_step: str = ""

    @property
    def opened(self) -> bool:
        """Whether the run opened it."""
        return self.version == 0

    @property
    def terms(self) -> Terms:
        return self.stand.advance.case.terms

    @property
    def procedure(self) -> str:
        return self.terms.procedure.id


class Turn(NamedTuple):
    """Something came to a case at an instant; it stands so from then on."""

    at: datetime
    case: Foreseen
    stand: Stand


@dataclass(frozen=True, slots=True)
class Apart:
    """What the run could not go on with, as a sweep would set it apart."""

    case: str
    at: datetime
    cause: str


class Act(NamedTuple):
    """A record of a script, for a case by its name; `row` is where it stands there."""

    row: int
    case: str
    record: Record


@dataclass(frozen=True, slots=True)
class Known:
    """What the run asks of the installation: terms for a new case, a cohort on a day, who had a case before.

    `on_timetable` puts a new case on the timetable that it names, if it does. `is_taken`: somebody opened a case of
    this very period; it raises Refused for part of it.
    """

    terms: Callable[[str], Terms]
    cohort: Callable[[str, date], Sequence[str]]
    on_timetable: Callable[[Terms, Record], tuple[Terms, Record]]
    is_taken: Callable[[Terms, Mapping[str, Any]], bool]
    before: frozenset[tuple[str, str]] = frozenset()


Event = Callable[[datetime], Iterator[Turn]]


@dataclass(slots=True)
class World:
    """One run. Take cases and programmes in, then ask what comes."""

    known: Known
    now: datetime
    scenario: Scenario
    apart: list[Apart] = field(default_factory=list)
    _events: list[tuple[datetime, int, Event]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)
    _alike: dict[Any, Stand] = field(default_factory=dict)
    _alike_at: datetime | None = None
    _named: dict[str, Foreseen] = field(default_factory=dict)
    _last: dict[tuple[str, str, str], Foreseen] = field(default_factory=dict)
    """The last case of a subject in a procedure, on each timetable."""
    _had: set[tuple[str, str]] = field(default_factory=set)

    # --- taking in

    def knows(self, alike: Any) -> bool:
        """Whether a case that stands so was taken in."""
        return alike in self._alike

    def take_in(
        self, name: str, subject: str, case: Case | None, *, alike: Any, origin: str, version: int
    ) -> Foreseen | None:
        """An open case as its log has it; without one it stands like an earlier one. None when it cannot go on."""
        if case is None and not self.knows(alike):
            return None
        try:
            stand = self._shared(alike, lambda: self._caught_up(case))
        except Exception as error:
            self.set_apart(name, self.now, error)
            return None
        found = Foreseen(name, subject, origin, stand, version)
        self._plan(stand.advance.state.now, partial(self._reached, found, stand))
        return self._note(found)

    def _caught_up(self, case: Case | None) -> Stand:
        assert case
        return self._stand(advance(case, max(self.now, case.records[-1].at)))

    def programme(self, programme: Programme, *, after: date, until: date) -> None:
        """The cases of the periods that end after a day."""
        terms = self.known.terms(programme.opens)
        for period in periods(programme, terms, after=after, until=until):
            event = partial(self._open_period, programme, period, facts_of(programme, terms, period))
            self._plan(max(self.now, midnight(period.day)), self._safely(programme.id, event))

    def suppose(self, procedure: str, subject: str, opening: Record) -> None:
        """A case that somebody would open."""
        event = partial(self._open, procedure, subject, opening, key=f"supposed/{subject}")
        self._plan(opening.at, lambda at: event(at))

    def script(self, acts: Iterable[Act]) -> None:
        """What people do, in order of time. Raises Refused while it runs, where an act does not fit."""
        for act in acts:
            self._plan(act.record.at, partial(self._play, act))

    def find(self, name: str) -> Foreseen:
        """The case of a name as things stand in the run. Raises Refused when there is none."""
        if name not in self._named:
            raise Refused(f"There is no open case '{name}' by then. Name it as ORA-2026-001 or as procedure/subject.")
        return self._named[name]

    # --- running

    def run(self, until: datetime) -> Iterator[Turn]:
        """All that comes before an instant, in order of time; the cases that are open now come first, as they stand."""
        while self._events and self._events[0][0] < until:
            at, _, event = heappop(self._events)
            if at != self._alike_at:  # what stands alike gets there at the same time
                self._alike.clear()
                self._alike_at = at
            yield from event(at)

    def _plan(self, at: datetime, event: Event) -> None:
        heappush(self._events, (at, next(self._order), event))

    def _come(self, case: Foreseen, stand: Stand, at: datetime) -> Iterator[Turn]:
        """What comes to a case by itself or by a deed, unless something else came first."""
        if case.stand is not stand or stand.next is None:
            return
        if stand.then is None:
            deed = stand.next[1]
            try:
                stand.then = self._stand(deed or advance(stand.advance.case, at))
            except Exception as error:
                self.set_apart(case.name, at, error)
                return
        yield from self._reached(case, stand.then, at)

    def _reached(self, case: Foreseen, stand: Stand, at: datetime) -> Iterator[Turn]:
        was_open = not case.stand.advance.state.closed
        case.stand = stand
        yield Turn(at, case, stand)
        if stand.next:
            self._plan(stand.next[0], partial(self._come, case, stand))
        for opening in stand.advance.openings:
            yield from self._open_children(case, opening, at)
        if was_open and stand.advance.state.closed and case.parent and case.parent_step:
            told = Record(
                at, "child", "", step=case.parent_step, person=case.subject, outcome=stand.advance.state.result
            )
            yield from self._apply(case.parent, told)

    def _apply(self, case: Foreseen, record: Record) -> Iterator[Turn]:
        """A record comes to a case that is open."""
        if case.stand.advance.state.closed:
            return
        try:
            stand = self._stand(advance(case.stand.advance.case, record.at, record))
        except Exception as error:
            self.set_apart(case.name, record.at, error)
            return
        yield from self._reached(case, stand, record.at)

    def _play(self, act: Act, at: datetime) -> Iterator[Turn]:
        try:
            case = self.find(act.case)
            stand = self._stand(advance(case.stand.advance.case, at, act.record))
        except Refused as refusal:
            raise Refused(f"Row {act.row} of the script: {refusal}") from None
        yield from self._reached(case, stand, at)

    # --- opening

    def _open_period(self, programme: Programme, period: Period, facts: dict[str, Any], at: datetime) -> Iterator[Turn]:
        if self.known.is_taken(self.known.terms(programme.opens), facts):
            return
        if programme.among and not any(self.known.cohort(name, period.day) for name in programme.among):
            return
        own = [f"{period.since:%Y-%m}..{period.until:%Y-%m}"]
        for subject in self.known.cohort(programme.over, period.day) if programme.over else own:
            record, key = Record(midnight(period.day), "open", "", facts), f"{programme.id}/{subject}/{period.day}"
            yield from self._open(programme.opens, subject, record, at, key)

    def _open_children(self, parent: Foreseen, opening: Opening, at: datetime) -> Iterator[Turn]:
        yield from self._safely(f"{opening.start.start}/{parent.subject}", partial(self._open_each, parent, opening))(
            at
        )

    def _open_each(self, parent: Foreseen, opening: Opening, at: datetime) -> Iterator[Turn]:
        start, key = opening.start, f"{parent.origin}/{opening.key}"
        subjects = tuple(self.known.cohort(start.over, local_day(at))) if start.over else (parent.subject,)
        values = {name: value for name, value in opening.facts.items() if value is not None}
        if opening.step:
            yield from self._apply(parent, Record(at, "cohort", "", step=opening.step, subjects=subjects))
        for subject in subjects:
            yield from self._open(
                start.start, subject, Record(at, "open", "", values), at, f"{key}/{subject}" if start.over else key,
                carried=opening.carried, parent=parent, parent_step=opening.step,
            )  # fmt: skip

    def _open(
        self, procedure: str, subject: str, record: Record, at: datetime, key: str, *,
        carried: Mapping[str, Happened] | None = None, parent: Foreseen | None = None, parent_step: str = "",
    ) -> Iterator[Turn]:  # fmt: skip
        """A case opens, and is caught up to now where its period was missed."""
        terms, name = self.known.terms(procedure), f"{procedure}/{subject}"
        try:
            terms, record = self.known.on_timetable(terms, record)
            if refusal := self._second(terms, subject):
                self.apart.append(Apart(name, at, refusal))
                return
            alike = procedure, canonical(dict(record.values)), tuple(sorted((carried or {}).items()))
            stand = self._shared(alike, lambda: self._opened(Case(terms, (record,), carried or {}), at))
        except Exception as error:
            self.set_apart(name, at, error)
            return
        case = Foreseen(name, subject, key, stand, 0, parent, parent_step)
        yield from self._reached(self._note(case), stand, at)

    def _second(self, terms: Terms, subject: str) -> str:
        """Why a subject may have no other case of a procedure; empty where it may."""
        procedure = terms.procedure
        running = self._last.get((procedure.id, subject, procedure.woven_with))
        if procedure.one_open and running and not running.stand.advance.state.closed:
            return f"{subject} has an open case of {procedure.id} by then: {running.name}."
        pair = procedure.id, subject
        if procedure.again and not terms.value(procedure.again) and (pair in self.known.before or pair in self._had):
            return f"{subject} had a case of {procedure.id} before, and a second one is not allowed."
        return ""

    def _note(self, case: Foreseen) -> Foreseen:
        self._named[case.name] = self._named[f"{case.procedure}/{case.subject}"] = case
        self._last[case.procedure, case.subject, case.terms.procedure.woven_with] = case
        self._had.add((case.procedure, case.subject))
        return case

    # --- in common

    def _stand(self, reached: Advance) -> Stand:
        return Stand.of(reached, self.scenario)

    def _opened(self, case: Case, at: datetime) -> Stand:
        """A case that opens; for a period that was missed, caught up to now before anybody acts."""
        opened = open_case(case)
        return self._stand(opened) if case.opened.at >= at else Stand(opened, (at, None))

    def _shared(self, alike: Any, made: Callable[[], Stand]) -> Stand:
        if alike not in self._alike:
            self._alike[alike] = made()
        return self._alike[alike]

    def _safely(self, name: str, event: Event) -> Event:
        """An event that stops nobody else when it fails (a cohort that is not there)."""

        def guarded(at: datetime) -> Iterator[Turn]:
            try:
                yield from event(at)
            except Exception as error:
                self.set_apart(name, at, error)

        return guarded

    def set_apart(self, case: str, at: datetime, error: Exception) -> None:
        """The run goes on without it."""
        self.apart.append(Apart(case, at, cause_of(error)))
