"""Looking ahead: roles that nobody will hold when something falls due, and dates that can no longer be kept.

Each is an incident *now*, while it can still be mended (design, law 8); it settles itself when it is solved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Row, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from models.case import Case, OpenObligation
from models.operation import Incident, Run
from models.session import Store
from tijdig.engine.calendar import local_day, short_date
from tijdig.engine.case import shift
from tijdig.engine.snapshot import canonical
from tijdig.service.held import LOADER
from tijdig.service.incidents import passed, raise_incident
from tijdig.service.people import Directory, Need
from tijdig.service.pins import Pins

LOOK_AHEAD = timedelta(weeks=8)
"""How far ahead roles are looked at: longer than a summer holiday, so that there is time to find somebody."""

NAMED = 3
"""So many cases an incident names; the others it counts."""

KINDS = ("coverage", "infeasible")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What will go wrong: the key it is known by while it stands, and what mends it."""

    kind: str
    key: str
    cause: str
    mend: str
    case_id: int | None = None


@dataclass(frozen=True, slots=True)
class Ahead:
    """What was looked at, what stands apart because of it, and how many troubles were over."""

    checked: int
    troubles: tuple[Trouble, ...]
    solved: int


def check_ahead(store: Store, *, now: datetime, wall: datetime, by: str = "") -> Ahead:
    """Make an incident of each trouble in the coming weeks, once, and settle those that are solved."""
    today = local_day(now)
    with store.read() as session:
        asked = _asked(session, today)
        people = Directory.load(session)
        troubles = (*_uncovered(asked, people, today), *_infeasible(session, asked, now))
    with store.write() as session:
        standing = select(Incident.key).where(col(Incident.kind).in_(KINDS), col(Incident.key).is_not(None))
        solved = set(session.exec(standing)) - {trouble.key for trouble in troubles}
        passed(session, [key for key in solved if key], by="check_ahead", now=now)
        for trouble in troubles:
            raise_incident(session, trouble.kind, trouble.key, cause=trouble.cause, mend=trouble.mend, now=now,
                           case_id=trouble.case_id)  # fmt: skip
        counts = {"checked": len(asked), "incidents": len(troubles), "solved": len(solved)}
        session.add(Run(kind="check_ahead", by=by, started_at=wall, finished_at=wall, counts=canonical(counts)))
    return Ahead(len(asked), troubles, len(solved))


Asked = Row[tuple[OpenObligation, int, str, str, int, int, int]]


def _asked(session: Session, today: date) -> Sequence[Asked]:
    """What falls due in the coming weeks or before, and what should have been picked up; the most urgent first."""
    until = today + LOOK_AHEAD
    wanted = (
        columns(OpenObligation, col(Case.id), col(Case.code), col(Case.subject), col(Case.definition_id),
                col(Case.settings_id), col(Case.calendar_id))
        .join(Case, col(Case.id) == col(OpenObligation.case_id))
        .where(col(OpenObligation.due).is_not(None))
        .where(or_(col(OpenObligation.due) <= until, col(OpenObligation.start_on) < today))
        .order_by(col(OpenObligation.due), col(Case.code), col(OpenObligation.step))
    )  # fmt: skip
    return session.execute(wanted).all()


def _uncovered(asked: Iterable[Asked], people: Directory, today: date) -> Iterator[Trouble]:
    """One trouble for each role, however many cases need it. What is overdue is needed today."""
    needs = {
        Need(row.OpenObligation.role, row.subject, row.code, max(row.OpenObligation.due, today)): None
        for row in asked
        if row.OpenObligation.role and row.OpenObligation.due <= today + LOOK_AHEAD
    }
    by_role: dict[str, list[Need]] = defaultdict(list)
    for need in people.gaps(needs):
        by_role[need.role].append(need)
    for role, gaps in sorted(by_role.items()):
        days = {need.case: need.day for need in sorted(gaps, key=lambda need: need.day, reverse=True)}
        yield Trouble(
            "coverage", f"coverage/{role}", f"Rol {role}: er is niemand op de dag dat iets moet, in {_named(days)}.",
            "Wijs de rol toe of wijs een vervanger aan (Beheer, Rollen en Afwezigheid).",
        )  # fmt: skip


def _named(days: Mapping[str, date]) -> str:
    """Cases with their first day, the most urgent first; beyond a few only how many more."""
    order = sorted(days, key=lambda code: (days[code], code))
    named = [f"{code} ({short_date(days[code])})" for code in order[:NAMED]]
    more = [f"nog {len(order) - NAMED}"] if len(order) > NAMED else []
    return " en ".join(filter(None, (", ".join([*named, *more][:-1]), [*named, *more][-1])))


def _infeasible(session: Session, asked: Iterable[Asked], now: datetime) -> Iterator[Trouble]:
    """One trouble for each case. What is late already is no news: it was escalated."""
    why: dict[tuple[int, str], list[str]] = defaultdict(list)
    for row in asked:
        if row.OpenObligation.late_from is None or row.OpenObligation.late_from > now:
            why[row.id, row.code] += _reasons(session, row, local_day(now))
    for (case_id, code), reasons in why.items():
        if reasons:
            yield Trouble(
                "infeasible", f"infeasible/{code}", f"{code} haalt het niet: {'; '.join(reasons)}.",
                "Begin meteen, of verleng of corrigeer de datum als dat mag.", case_id,
            )  # fmt: skip


def _reasons(session: Session, row: Asked, today: date) -> Iterator[str]:
    asked: OpenObligation = row.OpenObligation
    if asked.safe and asked.safe < today:
        yield f"de veilige dag voor ‘{asked.label}’ was {short_date(asked.safe)}"
    start = _last_start(session, row)
    if start and start < today and not asked.assignee:
        yield f"‘{asked.label}’ had op {short_date(start)} begonnen moeten zijn en niemand heeft het opgepakt"


def _last_start(session: Session, row: Asked) -> date | None:
    """The last day to begin, of a step that says how long its work takes; for another one there is none."""
    terms = LOADER.load(session, Pins(row.definition_id, row.settings_id, row.calendar_id))
    step = terms.steps.get(row.OpenObligation.step)
    return shift(terms, row.OpenObligation.due, step.lead, back=True) if step and step.lead else None
