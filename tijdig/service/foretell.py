"""What would happen: open cases run ahead in memory, or a case that does not exist. Nothing is written (law 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from models.case import Case as CaseRow
from models.session import Store
from tijdig.engine.calendar import midnight
from tijdig.engine.case import CASE, Case, Record
from tijdig.engine.errors import Refused, TijdigError
from tijdig.engine.language import Procedure
from tijdig.engine.simulate import Foretold, simulate
from tijdig.service.clock import parse_moment
from tijdig.service.forms import read_day, read_values
from tijdig.service.held import LOADER, held, read_all, wanted
from tijdig.service.pins import current
from tijdig.service.sweep import BATCH
from tijdig.service.tables import Row, read_table
from tijdig.service.views import local

Progress = Callable[[int, int], None]
Document = dict[str, Any]
TOLD = ("at", "step", "outcome", "by", "reason")
"""The columns of a script that are no facts."""


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant up to, not including, another: whole local days."""

    since: datetime
    until: datetime


def period(since: str, until: str) -> Period:
    """Both days included. Raises Refused for what is no day, and for a period that ends before it begins."""
    first, last = read_day("--from", since), read_day("--until", until)
    if last < first:
        raise Refused(f"--until ({last}) lies before --from ({first}). Turn them round.")
    return Period(midnight(first), midnight(last + timedelta(days=1)))


def open_cases(store: Store, procedure: str, within: Period, *, progress: Progress | None = None) -> list[Document]:
    """What would happen to every open case (of a procedure) if nobody acted, in order of time."""
    found: list[Document] = []
    with store.read() as session:
        if procedure:
            current(session, procedure)  # refuses one that is not there
        which = [col(CaseRow.state) == "open", *([col(CaseRow.procedure) == procedure] if procedure else [])]
        total = session.exec(select(func.count()).select_from(CaseRow).where(*which)).one()
        last = 0
        while batch := held(session, wanted(*which, col(CaseRow.id) > last).order_by(col(CaseRow.id)).limit(BATCH)):
            read_all(session, batch)
            for one in batch:
                found += _told(one.code, simulate(one.case, until=within.until), within)
            last = batch[-1].id
            if progress:
                progress(min(last, total), total)
    return sorted(found, key=_when)


def supposed(
    session: Session, procedure: str, subject: str, given: Mapping[str, str], within: Period, script: bytes | None
) -> list[Document]:
    """What would happen to a case that opened at the start of the period, if people did what the script says.

    Raises Refused for facts or acts that do not fit, with the row of the script.
    """
    terms = LOADER.load(session, current(session, procedure))
    facts = read_values(terms.procedure, given)
    opening = Record(within.since, "open", "", facts)
    acts = tuple(_acts(terms.procedure, script)) if script else ()
    name = f"{procedure}/{subject}" if subject else procedure
    return list(_told(name, simulate(Case(terms, (opening,), {}), until=within.until, script=acts), within))


def _acts(procedure: Procedure, script: bytes) -> Iterator[Record]:
    table = read_table(script, needed=("at",), also=None)
    before = datetime.min.replace(tzinfo=UTC)
    for row in table.rows:
        try:
            record = _act(procedure, row)
            if record.at < before:
                raise Refused("The rows must ascend in 'at'. Sort them.")
            before = record.at
            yield record
        except TijdigError as refusal:
            row.fault("", str(refusal))
    if table.problems:
        first = table.problems[0]
        raise Refused(f"Row {first.row} of the script: {first.problem}")


def _act(procedure: Procedure, row: Row) -> Record:
    cells = {name: row.cells.get(name, "") for name in TOLD}
    facts = read_values(procedure, {name: value for name, value in row.cells.items() if name not in TOLD and value})
    decides = bool(cells["step"] or cells["outcome"])
    return Record(
        parse_moment(cells["at"]), "decide" if decides else "record", cells["by"], facts, cells["step"],
        cells["outcome"], reason=cells["reason"],
    )  # fmt: skip


def _told(case: str, foretold: Iterable[Foretold], within: Period) -> Iterator[Document]:
    for told in foretold:
        if within.since <= told.at < within.until:
            it = told.effect
            yield {"at": local(told.at), "case": case, "step": None if it.step == CASE else it.step, "round": it.round,
                   "kind": it.kind, "rule": it.rule or None, "nominal": it.nominal.isoformat(), "to": list(it.to),
                   "overtaken": it.overtaken}  # fmt: skip


def _when(row: Document) -> datetime:
    return datetime.fromisoformat(row["at"])
