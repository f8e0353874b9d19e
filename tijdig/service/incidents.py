"""Incidents: what stands apart, with cause and mend, until somebody or something mends it. Open once per key."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, func, select

from models.bulk import ask
from models.case import Case as CaseRow
from models.operation import Event, Incident
from tijdig.engine.errors import Refused, TijdigError
from tijdig.engine.snapshot import canonical
from tijdig.service.administration import reason_of


def raise_incident(
    session: Session, kind: str, key: str, *, cause: str, mend: str, now: datetime, case_id: int | None = None
) -> Incident:
    """The open incident of this key, made or counted up: in one statement, since others may meet the same trouble."""
    first = Incident(key=key, kind=kind, case_id=case_id, cause=cause, mend=mend, first_at=now, last_at=now)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    again = {"count": col(Incident.count) + 1, "last_at": now, "cause": cause, "mend": mend}
    upsert = (
        insert(Incident)
        .values(first.model_dump(exclude={"id"}))
        .on_conflict_do_update(index_elements=["key"], set_=again)
    )
    return session.scalars(upsert.returning(Incident), execution_options={"populate_existing": True}).one()


def cause_of(error: Exception) -> str:
    """What an error says, for an incident; of one that is not ours its kind too.

    Of a database's error the first line: those below it repeat the row, which is nobody's business in a mail or log.
    """
    if isinstance(error, TijdigError):
        return str(error)
    said = str(error.orig).partition("\n")[0] if isinstance(error, DBAPIError) else error
    return f"{type(error).__name__}: {said}"


def retry(session: Session, incident_id: int, *, now: datetime) -> Incident:
    """Let its case be caught up at once; the incident settles itself when that works."""
    incident = session.get(Incident, incident_id)
    if incident is None or incident.settled_at:
        raise Refused(f"There is no open incident {incident_id}. See: tijdig incidents.")
    if incident.case_id is None:
        raise Refused(f"Incident {incident_id} is not about a case. Mend what it names; it then ends by itself.")
    row = session.get_one(CaseRow, incident.case_id)
    row.next_check_at = incident.retry_at = now
    session.add_all((row, incident))
    return incident


def settle(session: Session, incident_id: int, *, by: str, reason: str, now: datetime) -> Incident:
    """A person says that what an incident named is over. What still stands is found again, as a new one.

    Raises Refused without a reason, and for one that is not open.
    """
    incident = session.get(Incident, incident_id, with_for_update=True)
    if incident is None or incident.key is None:
        raise Refused(f"Incident {incident_id} staat niet meer open. Bekijk de lijst.")
    said = reason_of(reason)
    incident.key, incident.settled_at, incident.settled_by, incident.reason = None, now, by, said
    session.add(incident)
    detail = canonical({"incident": incident_id, "kind": incident.kind, "reason": said})
    session.add(Event(at=now, kind="settle_incident", actor=by, detail=detail))
    return incident


def mended(session: Session, case_ids: Sequence[int], *, now: datetime) -> None:
    """These cases were caught up: what stood apart for them is over."""
    apart = "select id from incident where kind = 'case' and key is not null and case_id in (?*)"
    for (id,) in ask(session, apart, list(case_ids)):
        incident = session.get_one(Incident, id)
        incident.key, incident.settled_at, incident.settled_by = None, now, "sweep"
        session.add(incident)


def passed(session: Session, keys: Collection[str], *, by: str, now: datetime) -> None:
    """What these incidents named is over without anybody settling it."""
    for incident in session.exec(select(Incident).where(col(Incident.key).in_(keys))) if keys else ():
        incident.key, incident.settled_at, incident.settled_by = None, now, by
        session.add(incident)


def open_incidents(session: Session, *, skip: int = 0, most: int | None = None) -> Sequence[Incident]:
    """Those that stand apart now, the oldest first; of many some."""
    wanted = select(Incident).where(_STANDS).order_by(col(Incident.id))
    return session.exec(wanted.offset(skip).limit(most) if most is not None else wanted).all()


def how_many(session: Session) -> int:
    """How many stand apart now."""
    return session.exec(select(func.count()).select_from(Incident).where(_STANDS)).one()


_STANDS = col(Incident.key).is_not(None)
