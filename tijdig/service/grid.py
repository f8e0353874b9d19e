"""The cohort grid: who stands where in a procedure, a line for each subject and a column for each goal and step.

Read in three statements however many cases there are; cases that stand alike are worked out once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlmodel import Session

from tijdig.engine.advance import advance
from tijdig.engine.calendar import local_day
from tijdig.engine.case import Terms
from tijdig.engine.errors import Refused
from tijdig.engine.plan import Obligation, TermStatus, obligations
from tijdig.service.cohorts import cohort
from tijdig.service.held import Held, held, read_all
from tijdig.service.pins import newest, procedure_of

CellState = Literal["waiting", "open", "done", "skipped", "withdrawn", "met", "none"]


@dataclass(frozen=True, slots=True)
class Column:
    """A goal or step: its name, what it asks, and the row of the timetable that it is, if any."""

    name: str
    label: str
    kind: Literal["step", "goal"]
    row: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """How a goal or step stands: when it is due, and when and how it was done.

    `term` is its computed status: of what stands open now, of what is done on its day. `none` without a date, and for
    what is not, or no longer, asked.
    """

    state: CellState
    term: TermStatus
    due: date | None
    done: date | None
    outcome: str = ""

    @property
    def day(self) -> date | None:
        """The day that counts: when it was done, else when it is due."""
        return self.done or self.due


@dataclass(frozen=True, slots=True)
class Line:
    """A subject with its case, the open one or else the latest; one without a case yet has no cells."""

    subject: str
    case: str
    state: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Subjects by goals and steps, in the order of cohort and definition; `at` is the moment that statuses are for."""

    procedure: str
    title: str
    cohort: str
    at: datetime
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


def grid(session: Session, procedure: str, *, now: datetime, cohort_name: str = "", timetable: str = "") -> Grid:
    """The grid of a procedure, of all that have a case of it or of a cohort as it is today; perhaps on one timetable.

    Raises Refused for a procedure or cohort that is not there.
    """
    title = procedure_of(newest(session, procedure)).title
    members = cohort(session, cohort_name, local_day(now)) if cohort_name else None
    cases = _cases(session, procedure, members, timetable)
    subjects = sorted(cases) if members is None else members
    standing = _standing(session, cases.values(), now)
    columns = _columns(one.terms for one in cases.values())
    lines = tuple(_line(subject, cases.get(subject), standing, columns) for subject in subjects)
    return Grid(procedure, title, cohort_name, now, columns, lines)


def _cases(session: Session, procedure: str, members: Sequence[str] | None, timetable: str) -> dict[str, Held]:
    """Of each subject its open case, else its latest."""
    found = held(session, "procedure = ?", procedure)
    if any(not one.terms.procedure.one_open for one in found):
        raise Refused(
            f"Van '{procedure}' kan een onderwerp meer dossiers tegelijk hebben. Bekijk ze met: tijdig cases "
            f"--procedure {procedure}."
        )
    of = set(members or ())
    found = [one for one in found if timetable in ("", one.timetable)]
    picked = [one for one in found if members is None or one.subject in of]
    return {one.subject: one for one in sorted(picked, key=lambda one: (one.is_open, one.id))}


_Alike = tuple[object, bytes]


@dataclass(frozen=True, slots=True)
class _Standing:
    """How a case stands, caught up to now: `open` or its result, and each goal and step."""

    state: str
    cells: Mapping[str, Cell]


def _alike(one: Held) -> _Alike:
    return one.pins, one.course


def _standing(session: Session, cases: Iterable[Held], now: datetime) -> dict[_Alike, _Standing]:
    """How all stands in each case, worked out once for those that stand alike."""
    first: dict[_Alike, Held] = {}
    for one in cases:
        first.setdefault(_alike(one), one)
    read_all(session, first.values())
    return {alike: _stands(one, now) for alike, one in first.items()}


def _stands(one: Held, now: datetime) -> _Standing:
    state = advance(one.case, now).state
    cells = {asked.step: _cell(asked, one.terms, now) for asked in obligations(state)}
    return _Standing(state.result if state.closed else "open", cells)


def _cell(asked: Obligation, terms: Terms, now: datetime) -> Cell:
    due = asked.due.due if asked.due else None
    term: TermStatus = "none"
    if asked.stands:
        term = asked.status(now, terms)
    elif asked.done_on and due and asked.state in ("done", "met"):
        term = "late" if asked.done_on > due else "on_time"
    return Cell(asked.state, term, due, asked.done_on, asked.outcome)  # type: ignore[arg-type]


def _columns(terms: Iterable[Terms]) -> tuple[Column, ...]:
    """What any of these definitions asks, in the order of the first that does."""
    columns: dict[str, Column] = {}
    for each in dict.fromkeys(terms):
        for part in each.procedure.parts:
            if part.name not in columns:
                columns[part.name] = _column(each, part.name)
    return tuple(sorted(columns.values(), key=lambda column: column.kind))


def _column(terms: Terms, name: str) -> Column:
    fact, step = terms.facts.get(name), terms.steps.get(name)
    label = step.asks if step else terms.goals[name].label
    return Column(name, label, "step" if step else "goal", fact.row if fact else "")


def _line(subject: str, one: Held | None, standing: Mapping[_Alike, _Standing], columns: Sequence[Column]) -> Line:
    if one is None:
        return Line(subject, "", "", ())
    stands = standing[_alike(one)]
    return Line(subject, one.code, stands.state, tuple(stands.cells.get(column.name) for column in columns))
