"""Which terms end in a month, over all dossiers that somebody may read (ux.md, Termijnkalender)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from models.case import Case, OpenObligation
from tijdig.engine.plan import TermStatus
from tijdig.service.held import LOADER
from tijdig.service.pins import pins_of
from tijdig.service.reading import Reader
from tijdig.service.views import term_status


@dataclass(frozen=True, slots=True)
class Ending:
    """One term that stands open: what must be done by when, by whom, and how it stands. `at` is its hour, if any."""

    case: str
    step: str
    asks: str
    subject: str
    role: str
    due: date | None
    at: str
    basis: str
    fatal: bool
    status: TermStatus


def endings(session: Session, reader: Reader, now: datetime, since: date, until: date) -> list[Ending]:
    """The terms that stand open now and end on these days, both included, in order of time: one statement.

    Where a step of a dossier ends on the same day as a goal of it, the step alone is there.
    """
    wanted = select(OpenObligation, Case).join(Case, col(Case.id) == col(OpenObligation.case_id))
    within = wanted.where(col(OpenObligation.due) >= since, col(OpenObligation.due) <= until)
    ordered = within.order_by(
        col(OpenObligation.due), col(OpenObligation.due_time), col(OpenObligation.case_id), col(OpenObligation.step)
    )
    rows = session.exec(ordered).all()
    readable = {case.id for case in reader.theirs({case.id: case for _, case in rows}.values())}
    steps = {(asked.case_id, asked.due) for asked, _ in rows if asked.kind == "step"}
    return [
        ending_of(session, asked, case, now)
        for asked, case in rows
        if case.id in readable and (asked.kind == "step" or (asked.case_id, asked.due) not in steps)
    ]


def ending_of(session: Session, asked: OpenObligation, case: Case, now: datetime) -> Ending:
    """What stands open in a dossier, as it stands in a list."""
    calendar = LOADER.load(session, pins_of(case)).calendar
    return Ending(
        case.code, asked.step, asked.label, case.subject, asked.role, asked.due, asked.due_time,
        asked.basis, asked.fatal, term_status(asked, now, calendar),
    )  # fmt: skip


def chosen(found: Sequence[Ending], *, basis: str = "", role: str = "") -> list[Ending]:
    """Of these the ones on a basis and of a role; empty is all."""
    return [each for each in found if basis in ("", each.basis) and role in ("", each.role)]
