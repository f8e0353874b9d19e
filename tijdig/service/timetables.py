"""Timetables: what somebody else (a care office) laid down step by step, as facts that a case may run on."""

from __future__ import annotations

import json
import re
from typing import Any

from sqlmodel import Session, select

from models.operation import TimetableRow
from tijdig.engine.errors import Refused
from tijdig.engine.language import Procedure
from tijdig.engine.snapshot import canonical
from tijdig.service.exports import COLUMNS
from tijdig.service.intake import Intake, edit
from tijdig.service.tables import Row

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_KIND = re.compile(r"(wettelijk|contract|norm|intern)( fataal)?")


def take_timetable(intake: Intake) -> None:
    """A timetable, row by row; its dates as ISO, the rest as it stands. Rows that the file leaves out stay."""
    intake.table.once("step_id")
    rows = intake.session.exec(select(TimetableRow).where(TimetableRow.name == intake.name))
    stored = {row.step_id: row for row in rows}
    for row in intake.table.rows:
        step, body = row.reference("step_id"), canonical(_cells(row))
        if not intake.sound(row):
            continue
        if step in stored:
            intake.took(new=False, changed=edit(stored[step], body=body))
        else:
            intake.session.add(TimetableRow(name=intake.name, step_id=step, body=body))
            intake.took(new=True)


def timetable_facts(session: Session, procedure: Procedure, name: str) -> dict[str, dict[str, Any]]:
    """The facts of a procedure that rows of this timetable fill, as far as those rows have a date.

    Raises Refused when there is no such timetable.
    """
    rows = {row.step_id: row for row in session.exec(select(TimetableRow).where(TimetableRow.name == name))}
    if not rows:
        raise Refused(
            f"Er is geen tijdschema '{name}'. Importeer het eerst: tijdig import timetable BESTAND --name {name}."
        )
    found = {fact.fact: _value(rows[fact.row]) for fact in procedure.facts if fact.row in rows}
    return {fact: value for fact, value in found.items() if value["date"]}


def _value(row: TimetableRow) -> dict[str, Any]:
    """A row as a fact: its day and, where it says so, hour, basis, fatality, boundary and source."""
    cells = json.loads(row.body)
    basis, _, fatal = cells["kind"].partition(" ")
    value = {
        "date": cells["date"], "time": cells["time"], "basis": basis, "fatal": bool(fatal),
        "boundary": "voor" if cells["date_qualifier"] == "voor" else "", "source": cells["source_or_derived"],
    }  # fmt: skip
    return {part: said for part, said in value.items() if said or part in ("date", "fatal")}


def _cells(row: Row) -> dict[str, str]:
    days = {column: row.day(column) for column in ("date", "date_to")}
    row.in_order("date", days["date"], "date_to", days["date_to"])
    cells = {column: str(day or "") for column, day in days.items()}
    cells |= {column: row.text(column) for column in COLUMNS["timetable"] if column not in ("step_id", *cells)}
    if cells["time"] and not _TIME.fullmatch(cells["time"]):
        row.fault("time", f"'{cells['time']}' is geen tijd. Schrijf uren en minuten, zoals 17:00.")
    if row.has("kind") and not _KIND.fullmatch(cells["kind"]):
        row.fault("kind", f"'{cells['kind']}' is geen grondslag. Kies wettelijk, contract, norm of intern, "
                          f"met ' fataal' erachter waar te laat het recht kost.")  # fmt: skip
    return cells
