"""Where a run ahead begins: open cases, programmes and people's work as they stand, read in a few statements."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import cache, partial

from sqlmodel import Session, col, select

from models.bulk import ask
from models.case import Case as CaseRow
from models.operation import Programme as ProgrammeRow
from tijdig.engine.calendar import local_day
from tijdig.engine.case import Terms
from tijdig.engine.snapshot import programme_from_json
from tijdig.service.cohorts import cohort
from tijdig.service.held import LOADER, Held, held, read_all
from tijdig.service.openings import UNDONE
from tijdig.service.pins import Pins, current, definitions
from tijdig.service.spans import is_taken
from tijdig.service.sweep import BATCH
from tijdig.service.weaving import Supposed
from tijdig.service.world import Foreseen, Known, Scenario, World

Progress = Callable[[int, int], None]


def outset(
    session: Session, *, now: datetime, until: datetime, scenario: Scenario, progress: Progress | None = None
) -> World:
    """The installation at `now`, ready to run. All is read that the run may ask, but cohorts and taken periods."""
    world = World(known_of(session), now, scenario)
    _take_in(session, world, progress)
    for row in session.exec(select(ProgrammeRow).order_by(ProgrammeRow.id)):
        programme = programme_from_json(json.loads(row.body))
        world.programme(programme, after=row.done_until, until=local_day(until))
    return world


def known_of(session: Session) -> Known:
    """What a run asks of the installation while it goes on."""

    @cache
    def terms(procedure: str) -> Terms:
        return LOADER.load(session, current(session, procedure))

    @cache
    def members(name: str, on: date) -> Sequence[str]:
        return cohort(session, name, on)

    return Known(terms, members, Supposed(session).on_timetable, partial(is_taken, session), _before(session))


def _take_in(session: Session, world: World, progress: Progress | None) -> None:
    """The open cases, batch by batch; each knows its parent, where that is open too."""
    [(total,)] = ask(session, "select count(*) from case_ where state = 'open'")
    taken: dict[int, Foreseen] = {}
    children: list[Held] = []
    last = 0
    while batch := held(session, f"state = 'open' and id > ? order by id limit {BATCH}", last):
        _read(session, batch, world)
        origins = _origins(session, batch)
        for one in batch:
            found = world.take_in(
                one.code, one.subject, one.known, alike=_alike(one), origin=origins[one.id], version=one.version
            )
            if found:
                taken[one.id] = found
        children += [one for one in batch if one.parent_id]
        last = batch[-1].id
        if progress:
            progress(min(last, total), total)
    for one in children:
        if one.id in taken:
            taken[one.id].parent, taken[one.id].parent_step = taken.get(one.parent_id or 0), one.parent_step


def _alike(one: Held) -> tuple[Pins, bytes]:
    return one.pins, one.course


def _read(session: Session, batch: Sequence[Held], world: World) -> None:
    """The log of one case of all that stand alike. One that cannot be read stands apart."""
    unknown: dict[tuple[Pins, bytes], Held] = {}
    for one in batch:
        if not world.knows(_alike(one)):
            unknown.setdefault(_alike(one), one)
    try:
        read_all(session, unknown.values())
    except Exception:
        for one in batch:
            try:
                read_all(session, [one])
            except Exception as error:
                world.set_apart(one.code, world.now, error)


def _origins(session: Session, batch: Iterable[Held]) -> dict[int, str]:
    """What names each case for good: what opened it, in words that were the same before it existed."""
    known: dict[int, tuple[str, int | None]] = {one.id: (one.key or one.code, one.parent_id) for one in batch}
    found = list(known)
    while missing := {parent for _, parent in known.values() if parent and parent not in known}:
        columns = select(CaseRow.id, CaseRow.code, CaseRow.key, CaseRow.parent_id)
        for id, code, key, parent in session.exec(columns.where(col(CaseRow.id).in_(missing))):
            known[id or 0] = key or code, parent

    def origin(id: int) -> str:
        key, parent = known[id]
        return f"{origin(parent)}/{key.partition('/')[2]}" if parent else key

    return {id: origin(id) for id in found}


def _before(session: Session) -> frozenset[tuple[str, str]]:
    """Who has or had a case of a procedure that allows a subject only one."""
    loaded = (LOADER.load(session, current(session, row.procedure)) for row in definitions(session))
    once = [t.procedure.id for t in loaded if t.procedure.again and not t.value(t.procedure.again)]
    had = select(CaseRow.procedure, CaseRow.subject).distinct()
    return frozenset(session.exec(had.where(col(CaseRow.procedure).in_(once), col(CaseRow.state).not_in(UNDONE))).all())
