"""The sample cooperative: invented people, members and settings in `tijdig/sample`, taken in like anybody's files.

It opens no case and sets no clock. Which members are green, orange and red is data beside it: a story or a test opens
the orange cases itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files

from sqlmodel import Session

from tijdig.engine.calendar import Calendar
from tijdig.engine.errors import Misconfigured
from tijdig.service.imports import import_table
from tijdig.service.tables import Table, read_table

KINDS = ("people", "members", "assignments", "settings", "cohort", "kpis")
"""In this order: each names what those before it brought."""

COHORT = "wzd-members"
"""The group of the sample's file `cohort`."""

_TIMETABLE = "step_id", "nl_name", "who", "time", "kind", "date_qualifier", "channel", "objection_20d"

_FOLDER = files("tijdig") / "sample"
PLAN = _FOLDER / "zorgaanbodplan.txt"
"""A plan of care that a member may file."""


@dataclass(frozen=True, slots=True)
class Colour:
    """The colour (`green`, `orange`, `red`) that a sample member has since a day, by an earlier decision."""

    member: str
    colour: str
    since: date


def load_sample(session: Session, *, by: str, now: datetime) -> None:
    """Take the sample in, or bring it back to what it was. The procedures must be published: it chooses their settings.

    Raises Misconfigured when a file does not fit this installation.
    """
    roles = {row.cells["role"] for row in _table("assignments", "role").rows}
    for kind in KINDS:
        done = import_table(
            session, kind, _read(kind), by=by, now=now, roles=roles, name=COHORT if kind == "cohort" else ""
        )
        if done.problems:
            first = done.problems[0]
            where = f"Sample file {kind}.csv, row {first.row}"
            raise Misconfigured(f"{where}: {first.problem} Publish all procedures first, or mend the file.")


def colours(on: date) -> tuple[Colour, ...]:
    """The colours as they stand on a day, each given on an office day before it; members without a colour left out."""
    calendar = Calendar()

    def since(days_ago: str) -> date:
        return calendar.prev_workday(on - timedelta(days=int(days_ago)), "kantoor")

    rows = (row.cells for row in _table("colours", "member", "colour", "days_ago").rows)
    return tuple(Colour(cells["member"], cells["colour"], since(cells["days_ago"])) for cells in rows)


def timetable(closes: date) -> bytes:
    """The timetable of an invented care office for a tender that closes on a day, as a file to import."""
    rows = (row.cells for row in _table("timetable", "days", *_TIMETABLE).rows)
    dated = ({**cells, "date": f"{closes + timedelta(days=int(cells['days']))}"} for cells in rows)
    lines = (",".join(cells[column] for column in ("date", *_TIMETABLE)) for cells in dated)
    return "\n".join((",".join(("date", *_TIMETABLE)), *lines, "")).encode()


def _table(name: str, *columns: str) -> Table:
    return read_table(_read(name), needed=columns, also=None)


def _read(name: str) -> bytes:
    return (_FOLDER / f"{name}.csv").read_bytes()
