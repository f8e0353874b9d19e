"""Cohorts: named sets of subjects, as they stood on a day."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, col, select

from models.operation import Cohort
from models.organisation import Subject
from tijdig.engine.errors import Refused

EVERY_MEMBER = "members"
"""The cohort of all members; other cohorts are kept by name."""


def cohort(session: Session, name: str, on: date) -> list[str]:
    """The subjects of a cohort on a day, in order. Raises Refused for a cohort that nobody imported."""
    if name == EVERY_MEMBER:
        members = session.exec(select(Subject).order_by(col(Subject.ref)))
        return [m.ref for m in members if (m.since or date.min) <= on <= (m.until or date.max)]
    rows = session.exec(select(Cohort).where(Cohort.name == name).order_by(col(Cohort.subject))).all()
    if not rows:
        raise Refused(f"There is no cohort '{name}'. Import it first, or use '{EVERY_MEMBER}' for all members.")
    return [row.subject for row in rows if row.since <= on <= row.until]
