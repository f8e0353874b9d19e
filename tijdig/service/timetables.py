"""Timetables as files bring them: rows that a care office laid down, read so that cases can run on them.

A row keeps its cells as they stood in the file. Beside them stand how its qualifier reads and, where its source says
that it is counted from another row, from which one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlmodel import col, select

from models.operation import TimetableRow
from tijdig.engine.calendar import Calendar
from tijdig.engine.due import due
from tijdig.engine.errors import Refused
from tijdig.engine.snapshot import canonical
from tijdig.engine.terms import Term, parse, words
from tijdig.service.exports import COLUMNS
from tijdig.service.forms import read_day
from tijdig.service.intake import Intake, edit
from tijdig.service.tables import Row
from tijdig.service.weaving import cells_of, first_day

_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?::00)?(?: uur)?")
_KIND = re.compile(r"(wettelijk|contract|norm|intern)( fataal)?")
_COUNTED = re.compile(r"afgeleid:\s*(\S+)\s*([+-])\s*(\d+\s*[a-z]+)", re.IGNORECASE)
_OPEN = re.compile(r"(nog|nader) te bepalen|n\.t\.b|\bntb\b|volgt|onbekend|^binnen\b")
"""What stands for a date that is not known yet."""

LAST_DAYS = ("uiterlijk", "uiterlijk op", "op uiterlijk", "op", "per", "tot en met", "t/m", "niet later dan",
             "voorzien op", "gepland op", "verwacht op", "op / rond", "rond", "omstreeks")  # fmt: skip
BEFORE = ("voor", "vóór", "tot")
AFTER = ("na",)
FROM = (*AFTER, "van", "vanaf", "met ingang van", "sinds")
QUALIFIERS = (*LAST_DAYS, *BEFORE, *FROM)
"""What may stand in `date_qualifier` beside a date; "tot" is read as "voor" (domain/deadlines.md, 4)."""

OBJECTION = ("ja", "nee", "n.v.t.", "nvt")


def take_timetable(intake: Intake) -> None:
    """A timetable, row by row. Rows that the file leaves out stay."""
    intake.table.once("step_id")
    rows = intake.session.exec(
        select(TimetableRow).where(TimetableRow.name == intake.name).order_by(col(TimetableRow.id))
    )
    stored = {row.step_id: row for row in rows}
    found = [_Found(row, row.reference("step_id"), _cells(row)) for row in intake.table.rows]
    _link(found, {step: cells_of(row) for step, row in stored.items()})
    for each in found:
        if not intake.sound(each.row):
            continue
        body = canonical(each.cells)
        if each.step in stored:
            intake.took(new=False, changed=edit(stored[each.step], body=body))
        else:
            intake.session.add(TimetableRow(name=intake.name, step_id=each.step, body=body))
            intake.session.flush()  # one by one: their numbers keep the order of the file
            intake.took(new=True)


@dataclass(frozen=True, slots=True)
class _Found:
    """A row of the file: its id, and what is going to be stored of it."""

    row: Row
    step: str
    cells: dict[str, Any]

    @property
    def day(self) -> date | None:
        return date.fromisoformat(said) if (said := first_day(self.cells)) else None

    @property
    def publishes(self) -> bool:
        """What comes out that day is open to objection."""
        return bool(str(self.cells["objection_20d"]).lower().startswith("ja"))


# --- cells


def _cells(row: Row) -> dict[str, Any]:
    days = {column: row.day(column) for column in ("date", "date_to")}
    row.in_order("date", days["date"], "date_to", days["date_to"])
    cells: dict[str, Any] = {column: str(day or "") for column, day in days.items()}
    cells |= {column: row.text(column) for column in COLUMNS["timetable"] if column not in ("step_id", *cells)}
    if row.has("nl_name") and not cells["nl_name"]:
        row.fault("nl_name", "'nl_name' is leeg. Zeg wat er die dag gebeurt.")
    cells["time"] = _time(row, cells["time"])
    cells["kind"] = cells["kind"].lower()
    if row.has("kind") and not _KIND.fullmatch(cells["kind"]):
        row.fault("kind", f"'{cells['kind']}' is geen grondslag. Kies wettelijk, contract, norm of intern, "
                          f"met ' fataal' erachter waar te laat het recht kost.")  # fmt: skip
    if cells["objection_20d"] and not cells["objection_20d"].lower().startswith(OBJECTION):
        row.fault("objection_20d", f"'{cells['objection_20d']}' kan niet. Kies ja, nee of n.v.t.")
    return cells | _read(row, cells)


def _time(row: Row, said: str) -> str:
    found = _TIME.fullmatch(said.lower())
    if not said:
        return ""
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        row.fault("time", f"'{said}' is geen tijd. Schrijf uren en minuten, zoals 17:00.")
        return ""
    return f"{int(found[1]):02}:{found[2]}"


def _read(row: Row, cells: Mapping[str, str]) -> dict[str, str]:
    """How the qualifier reads: a last day, the last day before, a first day or a window; what is usual is left out.

    What comes after a day begins `since` the next one.
    """
    said = _plain(cells["date_qualifier"])
    if not cells["date"]:
        if not row.problems and not _OPEN.search(said):
            row.fault("date", f"'date' is leeg bij ‘{cells['nl_name']}’. Vul de datum in, of zet in 'date_qualifier' "
                              f"waar hij op wacht, zoals 'nog te bepalen'.")  # fmt: skip
        return {}
    if said and said not in QUALIFIERS:
        row.fault("date_qualifier", f"'{cells['date_qualifier']}' is niet te lezen. Kies uit: {', '.join(QUALIFIERS)}.")
    if said in FROM:
        since = {"since": str(date.fromisoformat(cells["date"]) + timedelta(days=1))} if said in AFTER else {}
        return since | {"reading": "window" if cells["date_to"] else "from"}
    return {"boundary": "voor"} if said in BEFORE else {}


def _plain(qualifier: str) -> str:
    """A qualifier in small letters; what stands behind it as "(lees: …)" is how it is meant."""
    said = " ".join(qualifier.lower().split())
    meant = re.search(r"\(lees:\s*([^)]*)\)", said)
    return meant[1].strip() if meant else re.sub(r"\s*\([^)]*\)", "", said)


# --- rows among each other


def _link(found: Sequence[_Found], stored: Mapping[str, Mapping[str, Any]]) -> None:
    """Say of each row whose source says so from which other row it is counted, and whether the sum is right.

    What was counted before and says so in the same words still is: then the row from which it counts may have moved.
    """
    steps = {each.step for each in found}
    others = [_Found(Row(0, {}), step, dict(cells)) for step, cells in stored.items() if step not in steps]
    for each in found:
        before = stored.get(each.step, {})
        said = _COUNTED.search(each.cells["source_or_derived"])
        if said and each.day:
            same = before.get("source_or_derived") == each.cells["source_or_derived"]
            known = before.get("counted") if same else None
            _count(each, _Sum.of(said, known), [*found, *others], str(before.get("date", "")))


@dataclass(frozen=True, slots=True)
class _Sum:
    """That a row is counted from a day or a step, as its source says; `known`: from which row it was before."""

    start: str
    term: Term | None
    back: bool
    known: Mapping[str, Any] | None

    @classmethod
    def of(cls, said: re.Match[str], known: Mapping[str, Any] | None) -> _Sum:
        try:
            return cls(said[1], parse(said[3]), said[2] == "-", known)
        except Refused:
            return cls(said[1], None, False, None)  # it says something else


def _count(each: _Found, sum_: _Sum, rows: Sequence[_Found], before: str) -> None:
    day, of = _start(each, sum_, rows)
    if day is None or sum_.term is None:
        return
    wanted = _counted(day, sum_.term, back=sum_.back)
    if str(each.day) not in (str(wanted), before if sum_.known else ""):
        if sum_.term.unit == "working_day":  # of a calendar of theirs
            return
        how = f"{day} {'-' if sum_.back else '+'} {words(sum_.term)}"
        each.row.fault("date", f"{each.day} is niet {how}; dat is {wanted}. Verbeter de datum of de afleiding.")
    elif of:
        each.cells["counted"] = {"row": of.step, "n": sum_.term.n, "unit": sum_.term.unit, "back": sum_.back}


def _start(each: _Found, sum_: _Sum, rows: Sequence[_Found]) -> tuple[date | None, _Found | None]:
    """The day that a sum starts from, and the row whose day that is: what is published forward, what is fatal back."""
    others = [row for row in rows if row is not each and not _COUNTED.search(row.cells["source_or_derived"])]
    named = sum_.known["row"] if sum_.known else sum_.start
    for row in others:
        if row.step == named:
            return row.day, row
    try:
        day = read_day("", sum_.start)
    except Refused:
        return None, None
    at = [row for row in others if row.day == day]
    fitting = [row for row in at if (row.cells["kind"].endswith("fataal") if sum_.back else row.publishes)]
    return day, next(iter(fitting or at), None)


def _counted(start: date, term: Term, *, back: bool) -> date:
    """The day of a sum in a timetable: as counted, without any roll."""
    found = due(
        start, term, calendar=Calendar(), direction="backward" if back else "forward", basis="contract",
        boundary="uiterlijk",
    )  # fmt: skip
    return found.due
