"""Definitions woven with a timetable, as stored: what a case runs on whose dates somebody else laid down.

What is woven is published like any definition, under the procedure's id with the timetable's name behind it; each shape
that the timetable takes is a revision of it. The dates themselves are facts of the case.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import event
from sqlmodel import Session, col, func, select

from models.operation import TimetableRow
from models.pins import Definition
from tijdig.engine.calendar import local_day
from tijdig.engine.case import Record, Terms
from tijdig.engine.checks import check
from tijdig.engine.due import Basis
from tijdig.engine.errors import Refused
from tijdig.engine.language import LANGUAGE, DueRule, Procedure
from tijdig.engine.simulate import OF_DATES, rehearse, stand_ins
from tijdig.engine.snapshot import canonical, digest, to_json
from tijdig.engine.terms import Term
from tijdig.engine.timetable import UNTIL, Row, weave
from tijdig.service.held import LOADER
from tijdig.service.pins import BETWEEN, Pins, current, definitions, procedure_of, woven_as

Rows = Sequence[TimetableRow]


class Woven(NamedTuple):
    """On what a case opens, and what it knows from its timetable."""

    pins: Pins
    terms: Terms
    facts: dict[str, Any]

    def opening(self, record: Record) -> Record:
        """The record with which it opens."""
        return _knowing(record, self.facts)


def timetable(session: Session, name: str, *, needed: bool = True) -> Rows:
    """The rows of a timetable, as they stood in the file. Raises Refused when it is needed and there is none."""
    found = session.exec(select(TimetableRow).where(TimetableRow.name == name).order_by(col(TimetableRow.id))).all()
    if needed and not found:
        raise Refused(
            f"Er is geen tijdschema '{name}'. Importeer het eerst: tijdig import timetable BESTAND --name {name}."
        )
    return found


def woven_for(session: Session, pins: Pins, terms: Terms, name: str, *, at: datetime) -> Woven:
    """What a case opens on that names this timetable; without a name, or for a procedure that has none, as it is."""
    if terms.procedure.timetable is None or not name:
        return Woven(pins, terms, {})
    rows = timetable(session, name)
    pins = pins._replace(definition=publish_woven(session, terms.procedure, name, rows, at=at))
    return Woven(pins, LOADER.load(session, pins), facts_of(rows))


@dataclass(slots=True)
class Supposed:
    """The same for cases that do not exist: nothing is stored. Terms are made once for all that stand alike."""

    session: Session
    _known: dict[tuple[int, str], tuple[Terms, dict[str, Any]]] = field(default_factory=dict)

    def on_timetable(self, terms: Terms, opening: Record) -> tuple[Terms, Record]:
        """On what a case opens, and with what it knows of its timetable."""
        name = timetable_of(terms.procedure, opening)
        if not name:
            return terms, opening
        key = id(terms), name
        if key not in self._known:
            rows = timetable(self.session, name)
            woven = weave(terms.procedure, name, [shape(row) for row in rows])
            self._known[key] = Terms(woven, terms.settings, terms.calendar), facts_of(rows)
        found, facts = self._known[key]
        return found, _knowing(opening, facts)


def timetable_of(procedure: Procedure, opening: Record) -> str:
    """The name of the timetable on which a case opens; empty when there is none."""
    return str(opening.values.get(procedure.timetable.timetable) or "") if procedure.timetable else ""


def _knowing(opening: Record, facts: dict[str, Any]) -> Record:
    """The opening with the dates of its timetable; what a person says counts above these."""
    return replace(opening, values={**facts, **opening.values}) if facts else opening


def publish_woven(session: Session, procedure: Procedure, name: str, rows: Rows, *, at: datetime) -> int:
    """The definition that a procedure and these rows make, stored when it is new; gives its number.

    Raises Refused when a row has the name of something else or one that is needed is not there, and when what is made
    does not pass the checks: it was never looked at before (law 9).
    """
    woven = weave(procedure, name, [shape(row) for row in rows])
    snapshot = canonical(to_json(woven))
    sha256, lineage = digest(snapshot), woven_as(procedure.id, name)
    known = session.exec(select(Definition.id).where(Definition.sha256 == sha256)).first()
    if known:
        return known
    _refuse_unsound(session, woven, name, local_day(at))
    last = session.exec(select(func.max(Definition.revision)).where(Definition.procedure == lineage)).one() or 0
    made = Definition(procedure=lineage, revision=last + 1, language=LANGUAGE, sha256=sha256, snapshot=snapshot,
                      published_at=at)  # fmt: skip
    session.add(made)
    session.flush()
    number = made.id or 0
    LOADER.forget(number)
    event.listen(session, "after_soft_rollback", lambda *_: LOADER.forget(number))  # the number may come again
    return number


def _refuse_unsound(session: Session, woven: Procedure, name: str, day: date) -> None:
    """Read it, and play it once from this day, on dates that are made up in the order of the rows.

    That the real ones leave little time is no reason to refuse: they are another's, and are told as they pass.
    """
    others = [procedure_of(definition) for definition in definitions(session)]
    house = LOADER.load(session, current(session, woven.id))
    ways = stand_ins(woven, house.settings, house.calendar)
    played = [problem for terms in ways for problem in rehearse(terms, [day], outcomes=False)]
    for found in (*check(woven, others), *(problem for problem in played if problem.code not in OF_DATES)):
        said = f"{found.place}: {found.problem}. {found.mend}"
        raise Refused(f"{woven.id} loopt niet op tijdschema '{name}'. {said}", code=found.code)


def weave_anew(session: Session, procedures: Sequence[Procedure], *, at: datetime) -> None:
    """New revisions of procedures, with each timetable with which an earlier one was woven."""
    for procedure in procedures:
        if procedure.timetable:
            lineages = select(Definition.procedure).where(
                col(Definition.procedure).startswith(f"{procedure.id}{BETWEEN}")
            )
            for lineage in session.exec(lineages.distinct()).all():
                name = lineage.partition(BETWEEN)[2]
                with suppress(Refused):  # where its rows do not fit any more, its cases stay as they are
                    publish_woven(session, procedure, name, timetable(session, name), at=at)


# --- rows as the engine sees them


def cells_of(row: TimetableRow) -> dict[str, Any]:
    """A row as it was taken in: its cells, how its qualifier reads, and from which row it is counted."""
    cells: dict[str, Any] = json.loads(row.body)
    return cells


def shape(row: TimetableRow) -> Row:
    """What a definition is woven with."""
    cells = cells_of(row)
    basis, _, fatal = cells["kind"].partition(" ")
    return Row(
        row.step_id, cells["nl_name"], cells["who"], cells["channel"], bool(fatal), bool(cells["time"]),
        cells["objection_20d"].lower().startswith("ja"), cells.get("reading", "by"),
        _counted(cells, basis, bool(fatal)),
    )  # fmt: skip


def _counted(cells: dict[str, Any], basis: Basis, fatal: bool) -> DueRule | None:
    """The rule of a row that is counted from another one."""
    counted = cells.get("counted")
    if not counted:
        return None
    term, back = Term(counted["n"], counted["unit"]), counted["back"]
    return DueRule(
        after="" if back else counted["row"], within=None if back else term, before=counted["row"] if back else "",
        lead=term if back else None, basis=basis, fatal=fatal, boundary=cells.get("boundary") or "uiterlijk",
        cutoff=cells["time"], roll="none", source=cells["source_or_derived"],
    )  # fmt: skip


def facts_of(rows: Rows) -> dict[str, Any]:
    """The dates of a timetable, as the facts of a case that runs on it; those that are counted are no facts."""
    facts: dict[str, Any] = {}
    for row in rows:
        cells = cells_of(row)
        if not cells.get("counted"):
            facts[row.step_id] = fact_of(cells, first_day(cells))
            if cells.get("reading") == "window":
                facts[f"{row.step_id}{UNTIL}"] = fact_of(cells, cells["date_to"])
    return facts


def first_day(cells: Mapping[str, Any]) -> str:
    """The day of a row: the one that stands there, or where it comes after that day the next one."""
    return str(cells.get("since") or cells["date"])


def fact_of(cells: dict[str, Any], day: str) -> dict[str, Any]:
    """A row as a fact: its day and, where it says so, hour, basis, fatality, boundary and source."""
    basis, _, fatal = cells["kind"].partition(" ")
    value = {
        "date": day, "time": cells["time"], "basis": basis, "fatal": bool(fatal), "boundary": cells.get("boundary", ""),
        "source": cells["source_or_derived"], "said": "" if day else cells["date_qualifier"],
    }  # fmt: skip
    return {part: said for part, said in value.items() if said or part in ("date", "fatal")}
