"""One bad case stops nobody (design, law 5): it waits for a retry time of its own, however long it stays bad."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import select

from models.case import Case
from models.operation import Incident
from tests.service.office import Office
from tijdig.service.sweep import sweep


def spoil(office: Office, code: str) -> None:
    """Make a case's row contradict its log: nothing can be added to that any more."""
    with office.store.write() as session:
        session.exec(select(Case).where(Case.code == code)).one().seq = 0


def test_a_case_that_stays_bad_for_months_is_tried_each_day_and_stops_no_other(office: Office) -> None:
    office.choose("red_decider", "directeur")
    office.open("orange-status", "lid-001", orange_on="2026-01-05")
    office.on("2026-01-06").open("orange-status", "lid-002", orange_on="2026-01-06")
    spoil(office, "ORA-2026-001")

    others = set()
    for day in range(90):
        now = office.on("2026-01-07").now + timedelta(days=day)
        others |= {done.case for done in sweep(office.store, now=now, wall=now).effects}

    with office.reading() as session:
        incident = session.exec(select(Incident)).one()
    assert others == {"ORA-2026-002"}
    assert incident.retry_at
    assert incident.retry_at - incident.last_at == timedelta(days=1)
    assert incident.count > 40
