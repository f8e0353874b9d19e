"""What would happen: the installation run ahead in memory, or a case that does not exist.

Nothing is written (design, law 2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session

from tijdig.engine.calendar import local_day, midnight
from tijdig.engine.case import CASE, Case, Effect, Record
from tijdig.engine.errors import Refused, TijdigError
from tijdig.engine.language import Procedure
from tijdig.engine.simulate import simulate
from tijdig.service.clock import parse_moment
from tijdig.service.forms import read_day, read_values
from tijdig.service.held import LOADER
from tijdig.service.outset import Progress, outset
from tijdig.service.pins import current
from tijdig.service.tables import Row, read_table
from tijdig.service.views import local
from tijdig.service.weaving import Supposed
from tijdig.service.world import Act, Scenario, World

Document = dict[str, Any]
YEAR = timedelta(days=365)
TOLD = ("case", "at", "step", "outcome", "by", "reason")
"""The columns of a script that are no facts."""


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant up to, not including, another: whole local days."""

    since: datetime
    until: datetime


def period(since: str, until: str, *, year: bool = False, now: datetime) -> Period:
    """Both days included, or `year`: the 365 days from today on. Raises Refused for what is no period."""
    if year and (since or until):
        raise Refused("--year is the year from today on. Give either that, or --from and --until.")
    if not year and not (since and until):
        raise Refused("Which period is missing. Give --from and --until, or --year.")
    if year:
        today = local_day(now)
        return Period(midnight(today), midnight(today + YEAR))
    first, last = read_day("--from", since), read_day("--until", until)
    if last < first:
        raise Refused(f"--until ({last}) lies before --from ({first}). Turn them round.")
    return Period(midnight(first), midnight(last + timedelta(days=1)))


def world_of(
    session: Session, within: Period, *, now: datetime, scenario: Scenario, script: bytes | None = None,
    progress: Progress | None = None,
) -> World:  # fmt: skip
    """The installation, ready to run to the end of the period. Raises Refused for a script that cannot be read."""
    world = outset(session, now=now, until=within.until, scenario=scenario, progress=progress)
    if script:
        world.script(_acts_of(world, script))
    return world


def effects(world: World, within: Period, procedure: str = "") -> list[Document]:
    """What would happen in all cases (of a procedure), those to come included, in order of time."""
    return [
        row
        for turn in world.run(within.until)
        if procedure in ("", turn.case.procedure)
        for row in _told(turn.case.name, ((turn.at, effect) for effect in turn.stand.advance.effects), within)
    ]


def supposed(
    session: Session, procedure: str, subject: str, given: Mapping[str, str], within: Period, script: bytes | None
) -> list[Document]:
    """What would happen to a case that opened at the start of the period, if people did what the script says.

    Raises Refused for facts or acts that do not fit, with the row of the script.
    """
    terms = LOADER.load(session, current(session, procedure))
    opening = Record(within.since, "open", "", read_values(terms.procedure, given))
    terms, opening = Supposed(session).on_timetable(terms, opening)
    acts = tuple(record for _, _, record in _acts(script, lambda _: terms.procedure)) if script else ()
    name = f"{procedure}/{subject}" if subject else procedure
    foretold = simulate(Case(terms, (opening,), {}), until=within.until, script=acts)
    return list(_told(name, ((each.at, each.effect) for each in foretold), within))


def _acts_of(world: World, script: bytes) -> list[Act]:
    """The acts of a script for the whole installation: its column `case` names the case of each."""

    def procedure_of(case: str) -> Procedure:
        procedure, slash, _ = case.partition("/")
        return world.known.terms(procedure).procedure if slash else world.find(case).terms.procedure

    return list(_acts(script, procedure_of, needed=("case", "at")))


def _acts(script: bytes, procedure_of: Callable[[str], Procedure], needed: tuple[str, ...] = ("at",)) -> Iterator[Act]:
    table = read_table(script, needed=needed, also=None)
    before = datetime.min.replace(tzinfo=UTC)
    for row in table.rows:
        try:
            case = row.cells.get("case", "")
            act = Act(row.number, case, _act(procedure_of(case), row))
            if act.record.at < before:
                raise Refused("The rows must ascend in 'at'. Sort them.")
            before = act.record.at
            yield act
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


def _told(case: str, effects: Iterable[tuple[datetime, Effect]], within: Period) -> Iterator[Document]:
    for at, it in effects:
        if within.since <= at < within.until:
            yield {"at": local(at), "case": case, "step": None if it.step == CASE else it.step, "round": it.round,
                   "kind": it.kind, "rule": it.rule or None, "nominal": it.nominal.isoformat(), "to": list(it.to),
                   "overtaken": it.overtaken}  # fmt: skip
