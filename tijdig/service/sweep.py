"""The sweep: catch up every case whose moment has come, in batches; one bad case stops nobody.

A batch is one transaction. When one fails it is redone case by case; the failing case becomes an incident with a
retry time of its own (design, law 5). Cost grows with the cases that are due, not with those that are open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from models.bulk import insert_rows, stored_instant
from models.case import Case as CaseRow
from models.operation import Run
from models.session import Store
from tijdig.engine.errors import Busy, Unavailable
from tijdig.engine.snapshot import canonical
from tijdig.service.held import Held
from tijdig.service.incidents import cause_of, mended, raise_incident
from tijdig.service.people import Directory
from tijdig.service.post import Post
from tijdig.service.work import Done, Taken, Work

BATCH = 500
RETRY_AFTER = timedelta(hours=1)
LONGEST_RETRY = timedelta(days=1)

Progress = Callable[[int, int], None]
"""Told after each batch: how many cases were checked, and how many were due at the start."""


@dataclass(slots=True)
class Swept:
    """What a sweep did: how many cases it looked at, the effects that happened, the incidents that it raised."""

    checked: int = 0
    taken: list[Taken] = field(default_factory=list)
    incidents: list[dict[str, Any]] = field(default_factory=list)

    @property
    def effects(self) -> list[Done]:
        """All of them, in order."""
        return [done for taken in self.taken for done in taken.each()]


def due_cases(session: Session, now: datetime, procedure: str = "") -> int:
    """How many cases have something to catch up."""
    return session.exec(select(func.count()).select_from(CaseRow).where(*_due(now, procedure))).one()


def due_procedures(session: Session, now: datetime) -> list[str]:
    """The procedures that have something to catch up."""
    return sorted(session.exec(select(CaseRow.procedure).where(*_due(now, "")).distinct()))


def _due(now: datetime, procedure: str) -> tuple[Any, ...]:
    due = (col(CaseRow.next_check_at) <= now,)
    return (*due, CaseRow.procedure == procedure) if procedure else due


@dataclass(frozen=True, slots=True)
class _Round:
    """What a sweep was asked: of which cases, at which moment; `url` is the base of links in mails."""

    store: Store
    now: datetime
    wall: datetime
    by: str
    procedure: str
    plan: bool
    url: str
    swept: Swept
    locked: list[int] = field(default_factory=list)
    """Cases that could not be done, since others held what they need."""


def sweep(
    store: Store, *, now: datetime, wall: datetime, by: str = "", procedure: str = "", plan: bool = False,
    url: str = "", progress: Progress | None = None,
) -> Swept:  # fmt: skip
    """Catch up all that is due at `now`. With `plan` it tells what it would do and changes nothing.

    With `url`, the base of links, mails that need not wait are composed at once.
    """
    round, total = _Round(store, now, wall, by, procedure, plan, url, Swept()), 0
    if progress:
        with store.read() as session:
            total = due_cases(session, now, procedure)
    while batch := _batch(round):
        if progress:
            progress(round.swept.checked, max(total, round.swept.checked))
        if plan or batch < BATCH:
            break
    return round.swept


class _Planned(Exception):  # noqa: N818 - no error: it rolls a preview back
    pass


def _batch(round: _Round) -> int:
    """One transaction over at most BATCH cases; gives how many there were. The last one notes the run."""
    cases, taken = list[Held](), list[Taken]()
    try:
        with round.store.write(durable=False) as session:
            work = Work(session)
            cases = _claim(work, round)
            taken = _catch_up(work, cases, round)
            if round.plan:
                raise _Planned
            if len(cases) < BATCH:
                _note_run(session, round, len(cases), taken)
    except _Planned:
        pass
    except Unavailable:  # no case is to blame, and nothing can be noted
        raise
    except Exception:
        if round.plan or not cases:  # nothing was claimed: it is not a case that ails
            raise
        return _one_by_one(round, [one.id for one in cases])
    round.swept.checked += len(cases)  # only now: a commit that failed is done again, case by case
    round.swept.taken += taken
    return len(cases)


def _claim(work: Work, round: _Round) -> list[Held]:
    due, values = "next_check_at <= ?", list[Any]([stored_instant(work.session)(round.now)])
    if round.procedure:
        due, values = f"{due} and procedure = ?", [*values, round.procedure]
    if round.locked:
        due, values = f"{due} and id not in (?*)", [*values, round.locked]
    some = "" if round.plan else f" limit {BATCH}"
    return work.claim(f"{due} order by next_check_at, id{some}", *values, lock="skip")


def _catch_up(work: Work, cases: Sequence[Held], round: _Round) -> list[Taken]:
    if cases and round.url:
        work.post = Post(work.session, Directory.load(work.session), round.url)
    work.sweep(cases, round.now)
    work.flush()
    if cases:
        mended(work.session, [one.id for one in cases], now=round.now)
    return work.taken


def _one_by_one(round: _Round, ids: Sequence[int]) -> int:
    """Each case in a transaction of its own. What a lock keeps one from stays due: the next sweep does it."""
    for case_id in ids:
        round.swept.checked += 1
        claimed = list[Held]()
        try:
            with round.store.write(durable=False) as session:
                work = Work(session)
                claimed = work.claim("id = ?", case_id, lock="skip")
                taken = _catch_up(work, claimed, round)
            round.swept.taken += taken
        except Busy:
            if not claimed:  # SQLite's one lock: nobody gets anything done
                raise
            round.locked.append(case_id)
        except Unavailable:
            raise
        except Exception as error:
            with round.store.write() as session:
                round.swept.incidents.append(_set_apart(session, case_id, error, round.now))
    if len(ids) < BATCH:
        with round.store.write(durable=False) as session:
            _note_run(session, round)
    return len(ids)


def _set_apart(session: Session, case_id: int, error: Exception, now: datetime) -> dict[str, Any]:
    """The case waits for its own retry, with cause and mend; the sweep goes on without it."""
    row = session.get_one(CaseRow, case_id, with_for_update=True)
    incident = raise_incident(
        session, "case", f"case/{row.code}", cause=f"{row.code}: {cause_of(error)}", case_id=case_id, now=now,
        mend=f"Mend what it names, then: tijdig retry. Look at it with: tijdig case {row.code}.",
    )  # fmt: skip
    incident.retry_at = now + retry_after(incident.count)
    if row.next_check_at and row.next_check_at <= now:  # else an act came between, and set its own moment
        row.next_check_at = incident.retry_at
    session.add_all((incident, row))
    session.flush()
    return {"incident": incident.id, "case": row.code, "cause": incident.cause, "mend": incident.mend}


def retry_after(count: int) -> timedelta:
    """How long to wait after the n-th failure: twice as long each time, a day at most."""
    return min(RETRY_AFTER * (1 << min(count - 1, 8)), LONGEST_RETRY)  # without that 8 it outgrows a timedelta


def _note_run(session: Session, round: _Round, checked: int = 0, taken: Sequence[Taken] = ()) -> None:
    """Note the run with what it did so far and what is being committed with this note."""
    kind = f"sweep/{round.procedure}" if round.procedure else "sweep"  # only a whole one reassures the guard
    swept = round.swept
    effects = sum(len(each.effects) for each in (*swept.taken, *taken))
    counts = {"checked": swept.checked + checked, "effects": effects, "incidents": len(swept.incidents)}
    insert_rows(session, Run, ("kind", "by", "started_at", "finished_at", "counts"), [
        (kind, round.by, *[stored_instant(session)(round.wall)] * 2, canonical(counts))
    ])  # fmt: skip
