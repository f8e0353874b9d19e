"""A procedure on trial: the whole future of a case that nobody opened, with who would get mail (ux.md, Procedures).

It is the run ahead of `simulate` with one case in it. Nothing is written (design, law 2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session

from tijdig.engine import timetable
from tijdig.engine.calendar import local_day, midnight, short_date
from tijdig.engine.case import Record, Terms
from tijdig.engine.errors import Refused
from tijdig.engine.language import Fact
from tijdig.engine.plan import Obligation, obligations
from tijdig.engine.simulate import opening
from tijdig.service.held import LOADER
from tijdig.service.notices import Telling, tellings
from tijdig.service.outset import known_of
from tijdig.service.people import OWN, Directory, Need, Recipient
from tijdig.service.pins import current
from tijdig.service.views import state_words
from tijdig.service.wording import inside
from tijdig.service.world import Apart, Foreseen, Known, Scenario, Turn, World

LONGEST = timedelta(days=3 * 366)
"""So far ahead at most: beyond it, calendars and people say little."""

MOST_TURNS = 5000
MOST_LINES = 500

LETTERS = {"A": "opdracht", "C": "goedkeuring gevraagd", "D": "escalatie", "E": "herinnering", "F": "datum gewijzigd",
           "G": "besluit"}  # fmt: skip
"""What a mail is for, by its letter."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A case of which one wants to see the future: opened on the day `since`, seen to the end of the day `until`."""

    procedure: str
    since: date
    until: date
    scenario: Scenario
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Addressee:
    """A role that gets mail, and who holds it that day; nobody when nobody does."""

    role: str
    people: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """What happens on a day, in so many cases alike; `to` is who gets mail of it. `step` is what its date is of."""

    day: date
    case: str
    kind: str
    what: str
    to: tuple[Addressee, ...] = ()
    note: str = ""
    step: str = ""
    due: date | None = None
    basis: str = ""
    cases: int = 1

    @property
    def alike(self) -> tuple[Any, ...]:
        """What lines have in common that are told as one."""
        return self.day, self.case, self.kind, self.what, self.note, self.due, tuple(each.role for each in self.to)

    def beside(self, other: Line) -> Line:
        """This line for another case too."""
        both = zip(self.to, other.to, strict=True)
        to = tuple(Addressee(one.role, tuple(dict.fromkeys((*one.people, *two.people)))) for one, two in both)
        return replace(self, to=to, cases=self.cases + 1)


@dataclass(frozen=True, slots=True)
class Dated:
    """A date in the run, with its reasons."""

    case: str
    asked: Obligation


@dataclass(frozen=True, slots=True)
class Future:
    """What came of it. `supposed` are the facts made up for it; `gaps` the first day on which a role has nobody."""

    lines: tuple[Line, ...]
    more: int
    dates: tuple[Dated, ...]
    gaps: tuple[Need, ...]
    apart: tuple[Apart, ...]
    supposed: tuple[tuple[Fact, Any], ...]


def future(session: Session, asked: Asked) -> Future:
    """Run it. Raises Refused for an unknown procedure or subject, and for a period that is none or too long."""
    terms = LOADER.load(session, current(session, asked.procedure))
    _check(session, asked)
    sampled = Terms(timetable.sample(terms.procedure), terms.settings, terms.calendar)
    record = opening(sampled.procedure, asked.since)
    world = World(_with(known_of(session), sampled), midnight(asked.since), asked.scenario)
    world.suppose(asked.procedure, asked.subject, record)
    run = _Run(Directory.load(session), asked)
    for turn in _some(world.run(midnight(asked.until + timedelta(days=1)))):
        run.look(turn)
    lines = run.joined()
    made_up = [(fact, record.values[fact.fact]) for fact in sampled.procedure.facts if fact.fact in record.values]
    return Future(
        lines[:MOST_LINES], max(0, len(lines) - MOST_LINES), tuple(run.dates.values()),
        tuple(run.gaps()), tuple(world.apart), tuple(made_up),
    )  # fmt: skip


def _check(session: Session, asked: Asked) -> None:
    if asked.until < asked.since:
        raise Refused("De laatste dag ligt voor de startdag. Kies een latere dag.", fact="until")
    if asked.until - asked.since > LONGEST:
        raise Refused("Kies een periode van hoogstens drie jaar.", fact="until")
    if asked.subject and not Directory.load(session).is_subject(asked.subject):
        raise Refused("Dit lid is hier niet bekend. Schrijf de verwijzing, bijvoorbeeld lid-014.", fact="subject")


def _with(known: Known, sampled: Terms) -> Known:
    """The installation as if nobody had a case yet, and with a timetable that is made up where one is needed."""

    def terms(procedure: str) -> Terms:
        return sampled if procedure == sampled.procedure.id else known.terms(procedure)

    return replace(known, terms=terms, on_timetable=lambda found, record: (found, record), before=frozenset())


def _some(turns: Iterator[Turn]) -> Iterator[Turn]:
    for _, turn in zip(range(MOST_TURNS), turns, strict=False):
        yield turn


@dataclass(slots=True)
class _Run:
    """What is read out of the run, turn by turn."""

    people: Directory
    asked: Asked
    lines: list[Line] = field(default_factory=list)
    dates: dict[tuple[str, str, int, date], Dated] = field(default_factory=dict)
    needs: dict[Need, None] = field(default_factory=dict)
    seen: dict[Foreseen, int] = field(default_factory=dict)

    def look(self, turn: Turn) -> None:
        result, day = turn.stand.advance, local_day(turn.at)
        records = result.case.records
        fresh = records[-1] if len(records) > self.seen.get(turn.case, 0) else None
        is_new = turn.case not in self.seen
        self.seen[turn.case] = len(records)
        title = turn.case.terms.procedure.title
        if is_new:
            self.lines.append(Line(day, title, "geopend", "het dossier gaat open"))
        elif fresh and fresh.act == "decide":
            self.lines.append(_deed(fresh, turn.case.terms, title, day))
        for group in _by_effect(tellings(result, turn.at, fresh)):
            self.lines.append(self._told(group, turn, day))
        if result.state.closed and local_day(result.state.closed) == day:
            ends = state_words(turn.case.terms, result.state.result)
            self.lines.append(Line(day, title, "gesloten", f"het dossier sluit: {inside(ends)}"))
        self._note(turn, obligations(result.state))

    def _told(self, group: Sequence[Telling], turn: Turn, day: date) -> Line:
        first, to = group[0], tuple(self._addressee(each.role, turn, day) for each in group)
        said = first.said
        what = str(said.get("asks") or said.get("title"))
        outcome = f": {said['outcome']}" if said.get("outcome") else ""
        return Line(
            day, turn.case.terms.procedure.title, LETTERS[first.kind], f"{inside(what)}{outcome}", to,
            _moved(said.get("nominal"), day, turn.case.terms), first.step, _due(said) if first.kind in "AC" else None,
            str(said.get("basis", "")),
        )  # fmt: skip

    def _addressee(self, role: str, turn: Turn, day: date) -> Addressee:
        self._need(role, turn.case, day)
        told = self.people.recipients(role, subject=turn.case.subject, case=turn.case.name, on=day)
        return Addressee(role, told)

    def _note(self, turn: Turn, asked: Iterable[Obligation]) -> None:
        for each in asked:
            if each.due:
                title = turn.case.terms.procedure.title
                self.dates.setdefault((title, each.step, each.round, each.due.due), Dated(title, each))
                if each.stands and each.role and each.due.due <= self.asked.until:
                    self._need(each.role, turn.case, max(each.due.due, self.asked.since))

    def _need(self, role: str, case: Foreseen, day: date) -> None:
        if role not in OWN or case.subject:
            self.needs[Need(role, case.subject, case.name, day)] = None

    def joined(self) -> tuple[Line, ...]:
        """The lines, in which cases that a cohort opened stand together."""
        found: dict[tuple[Any, ...], Line] = {}
        for line in self.lines:
            known = found.get(line.alike)
            found[line.alike] = known.beside(line) if known else line
        return tuple(found.values())

    def gaps(self) -> list[Need]:
        """The first day on which each role has nobody."""
        first: dict[str, Need] = {}
        for gap in sorted(self.people.gaps(self.needs), key=lambda need: need.day):
            first.setdefault(gap.role, gap)
        return list(first.values())


def _deed(record: Record, terms: Terms, title: str, day: date) -> Line:
    step = terms.steps[record.step]
    outcome = step.outcome(record.outcome)
    said = f"{inside(step.asks)}: {inside(outcome.label)}" if outcome else inside(step.asks)
    return Line(day, title, "gedaan", f"{terms.role(step.role)}: {said}", step=record.step)


def _by_effect(told: Iterable[Telling]) -> Iterator[list[Telling]]:
    """What one effect tells, to all its roles."""
    groups: dict[tuple[Any, ...], list[Telling]] = {}
    for each in told:
        groups.setdefault((each.entry, each.kind, each.step, each.round), []).append(each)
    yield from groups.values()


def _due(said: Mapping[str, Any]) -> date | None:
    return date.fromisoformat(said["due"]) if said.get("due") else None


def _moved(nominal: str | None, day: date, terms: Terms) -> str:
    """Why it is not told on the day from which it is counted."""
    counted = date.fromisoformat(nominal) if nominal else day
    is_closed = counted != day and not terms.calendar.is_workday(counted, "kantoor")
    return f"{short_date(counted)} is kantoor dicht" if is_closed else ""
