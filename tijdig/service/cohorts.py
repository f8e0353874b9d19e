"""Cohorts: named sets of subjects, as they stood on a day, and how a file brings them.

A step or programme that opens cases over a cohort takes it as it stands on that day and keeps it so: who joins or
leaves later changes nothing there.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from sqlmodel import Session, col, select

from models.operation import Cohort
from models.organisation import Subject
from tijdig.engine.errors import Refused
from tijdig.service.intake import Intake, Spans, take_period
from tijdig.service.kpis import ASKED, COUNTED, kpi_cohort

EVERY_MEMBER = "members"
"""The cohort of all members; other cohorts are kept by name."""


def cohort(session: Session, name: str, on: date) -> list[str]:
    """The subjects of a cohort on a day, in order. Raises Refused for a cohort that nobody imported."""
    if name == EVERY_MEMBER:
        members = session.exec(select(Subject).order_by(col(Subject.ref)))
        return [m.ref for m in members if (m.since or date.min) <= on <= (m.until or date.max)]
    if name in (ASKED, COUNTED):
        return kpi_cohort(session, name)
    rows = session.exec(select(Cohort).where(Cohort.name == name).order_by(col(Cohort.subject))).all()
    if not rows:
        raise Refused(
            f"There is no cohort '{name}'. Import it first, tijdig import cohort FILE --name {name}, or use "
            f"'{EVERY_MEMBER}' for all members."
        )
    return [row.subject for row in rows if row.since <= on <= row.until]


def take_cohort(intake: Intake) -> None:
    """Who belongs to a cohort, and when. A row for a subject that is in it at that time changes its period."""
    stored: defaultdict[str, list[Cohort]] = defaultdict(list)
    for held in intake.session.exec(select(Cohort).where(Cohort.name == intake.name)):
        stored[held.subject].append(held)
    members, spans = set(intake.session.exec(select(Subject.ref))), Spans()
    for row in intake.table.rows:
        subject = row.reference("subject")
        if subject and subject not in members:
            row.fault("subject", f"Er is geen lid '{subject}'. Verbeter het, of importeer eerst de leden.")
        since, until = row.period("from", "until")
        if intake.sound(row) and spans.free(row, (subject,), since, until):
            take_period(intake, stored[subject], Cohort(name=intake.name, subject=subject, since=since, until=until))
