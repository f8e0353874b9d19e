"""The nightly audit: what stands beside the log is compared with what the log itself comes to (design, Storage).

Every running case is read and planned anew, without what this process remembers of any. What differs is put right, and
stands as an incident for some days: something that is not Tijdig, or a mistake in it, changed the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, or_, select

from models.bulk import Row, ask, delete_rows, insert_rows, instant_of, stored_day, stored_instant
from models.case import Case as CaseRow
from models.case import Log, OpenObligation
from models.operation import Incident, Run
from models.session import Store
from tijdig.engine.advance import Advance, advance
from tijdig.engine.calendar import local_day, short_moment
from tijdig.engine.case import Case, Terms
from tijdig.engine.snapshot import canonical
from tijdig.service.chain import courses, read
from tijdig.service.held import LOADER
from tijdig.service.incidents import cause_of, passed, raise_incident
from tijdig.service.openings import settle_openings
from tijdig.service.pins import pins_of
from tijdig.service.strides import STANDING, standing_rows
from tijdig.service.sweep import BATCH, Progress

KIND = "audit"
SHOWN_FOR = timedelta(days=3)
"""So long what was put right stays an incident: long enough to be told to the administrators."""

NAMED = 8
"""So many differences of a case an incident names; the others it counts."""

_MEND = (
    "Het is hersteld. Wijzigde iemand de database buiten Tijdig om? Kijk ook met: tijdig log verify. Dit vervalt "
    "na drie dagen vanzelf."
)
_LOOK = "Kijk met tijdig log verify wat er veranderd is en zet zo nodig een back-up terug. Dit is niet hersteld."
_ASKED = f"select {', '.join(STANDING)} from open_obligation where case_id in (?*) order by case_id, step, round"


@dataclass(frozen=True, slots=True)
class Difference:
    """A case that did not stand as its log says, and in what."""

    case: str
    what: tuple[str, ...]
    mended: bool


@dataclass(slots=True)
class Audited:
    """How many cases were looked at, and which of them differed."""

    checked: int = 0
    found: list[Difference] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Right:
    """What a case's log comes to: columns of its row, and its obligations (None: the sweep is about to write them)."""

    columns: Mapping[str, Any]
    standing: Sequence[Row] | None


@dataclass(frozen=True, slots=True)
class _Looked:
    """What is wrong with a case: in words, what is right, or the error that kept it from being known."""

    row: CaseRow
    what: tuple[str, ...]
    right: _Right | None = None


def audit(store: Store, *, now: datetime, wall: datetime, by: str = "", progress: Progress | None = None) -> Audited:
    """Compare all running cases with their logs and put right what differs; one that cannot be read stops no other."""
    audited, last = Audited(), 0
    with store.read() as session:
        total = session.exec(select(func.count()).select_from(CaseRow).where(_LOOKED_AT)).one()
    while ids := _next(store, last):
        with store.read() as session:
            suspect = [found.row.id for found in _look(session, ids, now)]
        for case_id in suspect:
            audited.found += _mend(store, case_id or 0, now)
        audited.checked, last = audited.checked + len(ids), ids[-1]
        if progress:
            progress(audited.checked, max(total, audited.checked))
    with store.write() as session:
        _settle(session, {_key(each.case) for each in audited.found}, by, now)
        counts = {"checked": audited.checked, "incidents": len(audited.found)}
        session.add(Run(kind=KIND, by=by, started_at=wall, finished_at=wall, counts=canonical(counts)))
    return audited


_LOOKED_AT = or_(
    col(CaseRow.state) == "open",
    col(CaseRow.next_check_at).is_not(None),
    select(OpenObligation).where(OpenObligation.case_id == CaseRow.id).exists(),
)
"""Running cases, and closed ones that seem to ask something still."""


def _next(store: Store, last: int) -> list[int]:
    with store.read() as session:
        page = select(CaseRow.id).where(_LOOKED_AT, col(CaseRow.id) > last).order_by(col(CaseRow.id)).limit(BATCH)
        return [case_id or 0 for case_id in session.exec(page)]


def _look(session: Session, ids: Sequence[int], now: datetime, *, lock: bool = False) -> Iterator[_Looked]:
    """The cases among these that differ from their logs."""
    wanted = select(CaseRow).where(col(CaseRow.id).in_(ids)).order_by(col(CaseRow.id))
    rows = session.exec(wanted.with_for_update() if lock else wanted).all()
    standing: dict[int, list[Row]] = {}
    for asked in ask(session, _ASKED, list(ids)):
        standing.setdefault(asked[0], []).append(asked[1:])
    apart = set(session.exec(
        select(Incident.case_id).where(Incident.kind == "case", col(Incident.key).is_not(None))
        .where(col(Incident.case_id).in_(ids))
    ))  # fmt: skip
    read_so_far = _read(session, rows)
    for row in rows:
        known = read_so_far[row.id or 0]
        if isinstance(known, Exception):
            yield _Looked(row, (cause_of(known),))
            continue
        try:
            right = _right(session, row, *known, now=now, waits=row.id in apart)
        except Exception as error:
            yield _Looked(row, (cause_of(error),))
            continue
        what = (*_columns(row, right.columns), *_standing(standing.get(row.id or 0, []), right.standing))
        if what:
            yield _Looked(row, what, right)


_Known = tuple[Case, bytes]


def _read(session: Session, rows: Sequence[CaseRow]) -> dict[int, _Known | Exception]:
    """Cases and their courses from their logs; for one that cannot be read, why."""
    try:
        terms = {row.id or 0: LOADER.load(session, pins_of(row)) for row in rows}
        course = courses(session, {case_id: each.keeps_apart for case_id, each in terms.items()})
        return {case_id: (case, course[case_id]) for case_id, case in read(session, terms).items()}
    except Exception as error:
        if len(rows) == 1:
            return {rows[0].id or 0: error}
        return {case_id: known for row in rows for case_id, known in _read(session, [row]).items()}


def _right(session: Session, row: CaseRow, case: Case, course: bytes, *, now: datetime, waits: bool) -> _Right:
    """What the log of a case comes to. One that `waits` stands apart: nothing is expected of it until it is mended."""
    seq = len(case.records) + len(case.ledger)
    columns: dict[str, Any] = {"version": len(case.records), "seq": seq, "course": course}
    result = advance(case, now)
    due = row.next_check_at is not None and row.next_check_at <= now
    if waits or due:
        return _Right(columns | {"alone": _alone(row.state, case.terms)}, None)
    if result.effects:  # it sleeps through them: the sweep does what is to be done
        return _Right(columns | {"next_check_at": now, "alone": _alone(row.state, case.terms)}, None)
    state = result.state.result or "open"
    columns |= {"state": state, "closed_on": result.state.closed and local_day(result.state.closed),
                "alone": _alone(state, case.terms), "next_check_at": _awake(row, result)}  # fmt: skip
    return _Right(columns, standing_rows(result, stored_instant(session), stored_day(session)))


def _alone(state: str, terms: Terms) -> bool:
    return state == "open" and terms.procedure.one_open


def _awake(row: CaseRow, result: Advance) -> datetime | None:
    """When it must be looked at again; that somebody looks earlier does no harm."""
    at, planned = row.next_check_at, result.next_check_at
    return at if at and not result.state.closed and (planned is None or at <= planned) else planned


# --- what differs, in words


def _columns(row: CaseRow, right: Mapping[str, Any]) -> Iterator[str]:
    for name, value in right.items():
        if (was := getattr(row, name)) != value:
            yield f"{name} was {_said(was)}, moet {_said(value)}"


def _standing(was: Sequence[Row], right: Sequence[Row] | None) -> Iterator[str]:
    if right is None:
        return
    before, after = ({(row[0], row[1]): row for row in rows} for rows in (was, right))
    for step, round in sorted(before.keys() | after.keys()):
        name, old, new = f"{step}/{round}", before.get((step, round)), after.get((step, round))
        if old is None or new is None:
            yield f"{name} {'ontbrak' if old is None else 'stond er ten onrechte'}"
            continue
        for column, a, b in zip(STANDING[1:], old, new, strict=True):
            if a != b:
                values = [instant_of(value) if value and column == "late_from" else value for value in (a, b)]
                yield f"{name} {column} was {_said(values[0])}, moet {_said(values[1])}"


def _said(value: Any) -> str:
    match value:
        case None | "":
            return "leeg"
        case datetime():
            return short_moment(value)
        case date():
            return value.isoformat()
        case bytes():
            return value.hex()[:8]
    return str(value)


# --- putting it right


def _mend(store: Store, case_id: int, now: datetime) -> list[Difference]:
    """Put right what differs now, and tell it, in one transaction."""
    try:
        with store.write() as session:
            return [_put_right(session, found, now) for found in _look(session, [case_id], now, lock=True)]
    except Exception as error:
        with store.write() as session:
            row = session.get_one(CaseRow, case_id)
            return [_tell(session, _Looked(row, (cause_of(error),)), now, mended=False)]


def _put_right(session: Session, found: _Looked, now: datetime) -> Difference:
    row, right = found.row, found.right
    if right is None or (row.seq != right.columns["seq"] and not _is_whole(session, row)):
        return _tell(session, found, now, mended=False)
    for name, value in right.columns.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    if right.standing is not None:
        delete_rows(session, OpenObligation, ("case_id",), [(row.id,)])
        insert_rows(session, OpenObligation, STANDING, [(row.id, *each) for each in right.standing])
    return _tell(session, found, now, mended=True)


def _is_whole(session: Session, row: CaseRow) -> bool:
    """Whether the log ends as its row says. If not, an entry is gone: that must stay as it is, to be seen."""
    last = select(Log.hash).where(Log.case_id == row.id).order_by(col(Log.seq).desc()).limit(1)
    return session.exec(last).first() == row.head


def _tell(session: Session, found: _Looked, now: datetime, *, mended: bool) -> Difference:
    code, what = found.row.code, found.what
    more = f"; en nog {len(what) - NAMED}" if len(what) > NAMED else ""
    raise_incident(
        session, KIND, _key(code), cause=f"{code} klopte niet met zijn logboek: {'; '.join(what[:NAMED])}{more}.",
        mend=_MEND if mended else _LOOK, now=now, case_id=found.row.id,
    )  # fmt: skip
    return Difference(code, what, mended)


def _settle(session: Session, standing: set[str], by: str, now: datetime) -> None:
    """What was put right some days ago, and did not come back, was told for long enough."""
    old = select(Incident.key).where(Incident.kind == KIND, col(Incident.last_at) <= now - SHOWN_FOR)
    passed(session, [key for key in session.exec(old) if key and key not in standing], by=by or KIND, now=now)
    settle_openings(session, by=by or KIND, now=now)


def _key(code: str) -> str:
    return f"{KIND}/{code}"
