"""What a timetable comes to in the procedures that run on one, before any case does.

Which row is which date of it, which date has no row, and what cannot be: a row that is needed and is not there, and
days that come in another order than they can.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from sqlmodel import Session, select

from models.case import Case
from tijdig.engine.case import Terms
from tijdig.engine.errors import Refused
from tijdig.engine.language import Procedure
from tijdig.engine.timetable import Row as Shape
from tijdig.engine.timetable import absent, matched, missing, weave
from tijdig.service.held import LOADER
from tijdig.service.people import Directory
from tijdig.service.pins import current, definitions
from tijdig.service.tables import RowProblem, Table
from tijdig.service.weaving import Rows, cells_of, first_day, shape, timetable


@dataclass(frozen=True, slots=True)
class Fit:
    """Which row is a date of a procedure.

    Without a row it is `counted` by a rule of its own, or left out with all that hangs on it.
    """

    procedure: str
    goal: str
    label: str
    row: str
    counted: bool = False


def used(session: Session, today: date) -> list[Terms]:
    """The procedures that run in this house: those whose owner somebody is, and of which there are cases.

    All are published in every house. While nobody holds a role they are all meant.
    """
    held, run = Directory.load(session).held_roles(today), set(session.exec(select(Case.procedure).distinct()))
    terms = [LOADER.load(session, current(session, definition.procedure)) for definition in definitions(session)]
    if not held:
        return terms
    return [each for each in terms if each.role(each.procedure.owner) in held or each.procedure.id in run]


def fit(session: Session, name: str, table: Table, today: date) -> tuple[tuple[Fit, ...], tuple[RowProblem, ...]]:
    """What this timetable, as it is now stored, comes to; and what is wrong with it, by the rows of the file."""
    rows = timetable(session, name, needed=False)
    lines = {row.cells["step_id"]: row.number for row in table.rows}
    fits, problems = list[Fit](), list[RowProblem]()
    for procedure in (terms.procedure for terms in used(session, today) if terms.procedure.timetable):
        shapes = [shape(row) for row in rows]
        found = matched(procedure, shapes)
        fits += _fits(procedure, found, _kept(procedure, name, shapes))
        problems += (RowProblem(1, "nl_name", absent(procedure, goal, name)) for goal in missing(procedure, found))
        problems += _disorder(procedure, found, rows, lines)
    return tuple(fits), tuple(dict.fromkeys(problems))


def _fits(procedure: Procedure, found: Mapping[str, str], kept: Collection[str]) -> Iterator[Fit]:
    for goal in procedure.goals:
        if goal.row:
            yield Fit(procedure.id, goal.goal, goal.label, found[goal.goal], goal.goal in kept)


def _kept(procedure: Procedure, name: str, rows: Sequence[Shape]) -> Collection[str]:
    """What is left of the goals under their own names; nothing where this timetable cannot be woven in."""
    try:
        return {goal.goal for goal in weave(procedure, name, rows).goals}
    except Refused:
        return ()


def _disorder(
    procedure: Procedure, found: Mapping[str, str], rows: Rows, lines: Mapping[str, int]
) -> Iterator[RowProblem]:
    """What comes earlier than it can: a closing before its publication."""
    cells = {row.step_id: cells_of(row) for row in rows}
    needs: Sequence[str] = procedure.timetable.needs if procedure.timetable else ()
    dated = [(row, day) for goal in needs if (row := found.get(goal)) and (day := first_day(cells[row]))]
    for (before, first), (row, day) in pairwise(dated):
        if day < first:
            said = f"‘{cells[row]['nl_name']}’ ({day}) ligt voor ‘{cells[before]['nl_name']}’ ({first})."
            yield RowProblem(lines.get(row, lines.get(before, 1)), "date", f"{said} Verbeter een van de twee.")
