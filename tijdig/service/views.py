"""The lists that the command line gives, as data: procedures, cases, tasks, effects, incidents (cli.md).

Days are ISO dates; instants carry the Amsterdam offset. What is unknown or does not apply is None.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Literal, NamedTuple

from sqlmodel import Session, col, select

from models.bulk import ask, day_of, instant_of, stored_day, stored_instant
from models.case import Case, Log, OpenObligation
from models.message import Notice
from models.operation import Incident
from tijdig.engine.advance import Move
from tijdig.engine.calendar import ZONE, Calendar, local_day
from tijdig.engine.case import CASE, Terms
from tijdig.engine.language import Close
from tijdig.engine.plan import CLOSE_DAYS, TermStatus
from tijdig.service.held import LOADER, Held, find, held
from tijdig.service.incidents import open_incidents
from tijdig.service.matters import ORDER
from tijdig.service.notices import Telling
from tijdig.service.people import OWN, TRIAL_USER, Directory
from tijdig.service.pins import Pins, definitions, pins_of, procedure_of
from tijdig.service.withheld import hidden_key, withheld
from tijdig.service.work import Done

Document = dict[str, Any]
Group = Literal["overdue", "today", "this_week", "later", "waiting"]
GROUPS: tuple[Group, ...] = ("overdue", "today", "this_week", "later", "waiting")
MOST_NAMED = 500
"""Of so many cases at most the dates are asked by name; of more, all are read."""

EFFECTS = ("open", "task", "remind", "escalate", "produce", "decide", "close")


def local(moment: datetime | None) -> str | None:
    """An instant as scripts read it, on the Amsterdam clock with its offset."""
    return moment.astimezone(ZONE).isoformat(timespec="seconds") if moment else None


def procedures(session: Session) -> list[Document]:
    """The newest revision of every published procedure."""
    found = ((row, procedure_of(row)) for row in definitions(session))
    return [
        {"id": row.procedure, "code": procedure.code, "title": procedure.title, "revision": row.revision,
         "sha256": row.sha256}
        for row, procedure in found
    ]  # fmt: skip


# --- cases


def cases(session: Session, now: datetime, *, procedure: str = "", state: str = "") -> list[Document]:
    """Cases in the order in which they opened, each with the date that it is judged by."""
    wanted = select(Case).order_by(col(Case.id))
    if procedure:
        wanted = wanted.where(Case.procedure == procedure)
    if state:
        wanted = wanted.where(Case.state == state)
    return case_rows(session, session.exec(wanted).all(), now)


def case_rows(session: Session, rows: Sequence[Case], now: datetime) -> list[Document]:
    """These cases as they stand in a list: one statement for their dates, however many."""
    first = first_dates(session, rows, now)
    return [case_row(session, row, first.get(row.id or 0), now) for row in rows]


def case_row(session: Session, row: Case | Held, first: OpenObligation | None, now: datetime) -> Document:
    """A case as it stands in a list."""
    terms = LOADER.load(session, row.pins if isinstance(row, Held) else pins_of(row))
    calendar = terms.calendar
    return {
        "case": row.code, "procedure": row.procedure, "subject": row.subject, "state": row.state,
        "state_words": state_words(terms, row.state), "version": row.version,
        "opened_on": row.opened_on.isoformat(), "due": due_text(first) if first else None,
        "term_status": term_status(first, now, calendar) if first else "none",
    }  # fmt: skip


_STATES = {"open": "Loopt", "cancelled": "Vervallen verklaard", "merged": "Samengevoegd", "withdrawn": "Ingetrokken"}


def state_words(terms: Terms, state: str) -> str:
    """How people call where a case stands: as its procedure calls that end."""
    ends = (outcome for step in terms.procedure.steps for outcome in step.outcomes if isinstance(outcome, Close))
    by_itself = ((end.end, end.label) for end in terms.procedure.ends)
    known = dict((*by_itself, *((end.name, end.label) for end in ends)))
    return _STATES.get(state) or known.get(state, state)


def first_dates(session: Session, cases: Sequence[Case], now: datetime) -> Mapping[int, OpenObligation]:
    """Of each of these cases the date that it is judged by."""
    dated = select(OpenObligation).where(col(OpenObligation.due).is_not(None))
    if len(cases) <= MOST_NAMED:
        dated = dated.where(col(OpenObligation.case_id).in_([case.id for case in cases]))
    latest_first = sorted(session.exec(dated), key=lambda o: _weight(o, now), reverse=True)
    return {o.case_id: o for o in latest_first}


def first_date(session: Session, case_id: int, now: datetime) -> OpenObligation | None:
    """The date that one case is judged by."""
    rows = session.exec(
        select(OpenObligation).where(OpenObligation.case_id == case_id, col(OpenObligation.due).is_not(None))
    )
    return min(rows, key=lambda o: _weight(o, now), default=None)


def _weight(asked: OpenObligation, now: datetime) -> tuple[Any, ...]:
    """What is late comes first; else the goals of the case, and where it has none its steps; then the first day."""
    return asked.late_from is None or asked.late_from > now, asked.kind == "step", asked.late_from


class Dates(NamedTuple):
    """What of an obligation says where it stands."""

    due: date | None
    due_time: str
    late_from: datetime | None
    safe: date | None


def due_text(asked: OpenObligation | Dates) -> str | None:
    """A due day, with its hour where that counts."""
    if asked.due is None:
        return None
    return f"{asked.due}T{asked.due_time}" if asked.due_time else asked.due.isoformat()


def term_status(asked: OpenObligation | Dates, now: datetime, calendar: Calendar) -> TermStatus:
    """As `Obligation.status` of the engine, from the read model."""
    if asked.late_from is None or asked.safe is None:
        return "none"
    if now >= asked.late_from:
        return "late"
    return "close" if local_day(now) >= _near(calendar, asked.safe) else "on_time"


@cache
def _near(calendar: Calendar, safe: date) -> date:
    return calendar.add_workdays(safe, -CLOSE_DAYS, "kantoor")


# --- tasks


class Standing(NamedTuple):
    """An open task, light enough to sort and count them all. Its days and instants are as they are stored."""

    group: Group
    case_id: int
    case: str
    subject: str
    procedure: str
    version: int
    pins: Pins
    step: str
    round: int
    label: str
    role: str
    assignee: str
    start_on: Any
    due: Any
    due_time: str
    late_from: Any
    safe: Any
    basis: str
    fatal: bool
    is_now: bool
    """May be taken up already."""

    @property
    def start(self) -> date | None:
        return day_of(self.start_on) if self.start_on else None


_STANDING = """
select c.id, c.code, c.subject, c.procedure, c.version, c.definition_id, c.settings_id, c.calendar_id, o.step, o.round,
  o.label, o.role, o.assignee, o.start_on, o.due, o.due_time, o.late_from, o.safe, o.basis, o.fatal
from open_obligation o join case_ c on c.id = o.case_id where o.kind = 'step'
"""
_THEIRS = " and (o.role in (?*) or o.assignee in (?*) or c.definition_id in (?*))"
_PINNED = "select distinct definition_id, settings_id, calendar_id from case_ where state = 'open'"


def tasks(session: Session, now: datetime, *, role: str = "", user: str = "") -> list[Document]:
    """Open tasks in worklist order (ux.md, Mijn werk). With `user` only theirs, and what they wait for in their cases.

    A task is theirs who hold its role there today, or have it in hand, or stand in for such a one who is away.
    """
    return task_rows(session, standing_tasks(session, now, role=role, user=user), now)


def standing_tasks(session: Session, now: datetime, *, role: str = "", user: str = "") -> list[Standing]:
    """The same tasks, light enough to sort and count all of them where only some are shown."""
    today, people = local_day(now), Directory.load(session)
    asked, values = _STANDING, list[Any]()
    if role:
        asked, values = asked + " and o.role = ?", [role]
    owned: Mapping[Pins, str] = {}
    if user and user != TRIAL_USER:
        acting = [user, *people.stands_in_for(user, today)]
        roles = sorted({held for person in acting for held in people.roles_of(person, today)})
        roles += OWN if people.is_member(user) else ()
        owned = _owned(session, roles)
        asked += _THEIRS
        values += [roles or [""], acting, sorted({pins.definition for pins in owned}) or [0]]
    grouped = _grouping(session, now)
    found = [grouped(row) for row in ask(session, asked, *values)]
    if user and user != TRIAL_USER:
        people.prefetch(task.subject for task in found)
        found = list(_sorted_out(people, found, user, today, owned))
    return sorted(found, key=_urgency(session))


def task_rows(session: Session, found: Iterable[Standing], now: datetime) -> list[Document]:
    """These tasks as they stand in a list."""
    return [_task(session, now, each) for each in found]


def _owned(session: Session, roles: Collection[str]) -> Mapping[Pins, str]:
    """On what cases run of which one of these roles is the owner, with that role."""
    known = ((Pins(*row), LOADER.load(session, Pins(*row))) for row in ask(session, _PINNED))
    owners = ((pins, terms.role(terms.procedure.owner)) for pins, terms in known)
    return {pins: owner for pins, owner in owners if owner in roles}


def _grouping(session: Session, now: datetime) -> Callable[[Any], Standing]:
    """What puts a row in its group."""
    today, stored = local_day(now), stored_day(session)
    moment, day, sunday = stored_instant(session)(now), stored(today), stored(today + timedelta(6 - today.weekday()))

    def group(due: Any, late_from: Any) -> Group:
        if late_from is not None and late_from <= moment:
            return "overdue"
        if due is None or due > sunday:
            return "later"
        return "today" if due <= day else "this_week"

    def grouped(row: Any) -> Standing:
        start, due, late_from = row[13], row[14], row[16]
        pins = Pins(*row[5:8])
        return Standing._make((group(due, late_from), *row[:5], pins, *row[8:], start is None or start <= day))

    return grouped


def _sorted_out(
    people: Directory, found: Iterable[Standing], user: str, today: date, owned: Mapping[Pins, str]
) -> Iterator[Standing]:
    """Of these tasks the user's own, and those that they wait for."""
    for task in found:
        if _is_asked_of(people, user, task.role, task.subject, task.case, task.assignee, today):
            yield task
        elif (owner := owned.get(task.pins)) and user in people.holders(
            owner, subject=task.subject, case=task.case, on=today
        ):
            yield task._replace(group="waiting")


def is_theirs(people: Directory, asked: OpenObligation, case: Case, user: str, today: date) -> bool:
    """Whether this is asked of somebody today: as tasks gives what is theirs."""
    return user == TRIAL_USER or _is_asked_of(people, user, asked.role, case.subject, case.code, asked.assignee, today)


def _is_asked_of(
    people: Directory, user: str, role: str, subject: str, case: str, assignee: str, today: date
) -> bool:  # fmt: skip
    if user == assignee:
        return True
    if not assignee and user in people.holders(role, subject=subject, case=case, on=today):
        return True
    told = people.recipients(role, subject=subject, case=case, on=today, assignee=assignee)
    return user in {recipient.person for recipient in told}


def _urgency(session: Session) -> Callable[[Standing], tuple[Any, ...]]:
    never, bases = stored_day(session)(date.max), {basis: place for place, basis in enumerate(ORDER)}

    def urgency(task: Standing) -> tuple[Any, ...]:
        basis = bases.get(task.basis, len(ORDER))
        return GROUPS.index(task.group), task.due or never, not task.fatal, basis, task.case_id, task.step

    return urgency


def _task(session: Session, now: datetime, task: Standing) -> Document:
    due, safe = (day_of(stored) if stored else None for stored in (task.due, task.safe))
    late_from = instant_of(task.late_from) if task.late_from is not None else None
    asked = Dates(due, task.due_time, late_from, safe)
    return {
        "case": task.case, "procedure": task.procedure, "subject": task.subject, "step": task.step,
        "round": task.round, "asks": task.label, "role": task.role, "assignee": task.assignee or None,
        "due": due_text(asked), "start_on": task.start and task.start.isoformat(),
        "basis": task.basis or None, "fatal": bool(task.fatal), "group": task.group,
        "term_status": term_status(asked, now, LOADER.load(session, task.pins).calendar), "version": task.version,
    }  # fmt: skip


# --- effects


def effect(done: Done) -> Document:
    """An effect as it happens."""
    it = done.effect
    return {
        "case": done.case, "subject": done.subject, "procedure": done.procedure, "step": _step(it.step),
        "round": it.round, "kind": it.kind, "rule": it.rule or None, "nominal": it.nominal.isoformat(), "key": done.key,
        "to": list(it.to), "overtaken": it.overtaken,
    }  # fmt: skip


def _step(name: str) -> str | None:
    """Effects of the case as a whole belong to no step."""
    return None if name == CASE else name


def effects(
    session: Session, *, case: str = "", since: date | None = None, until: date | None = None
) -> list[Document]:
    """Every effect that happened, in the order of their nominal days; `since` and `until` are nominal days too."""
    wanted = select(Log, Case).join(Case, col(Case.id) == col(Log.case_id)).where(col(Log.kind).in_(EFFECTS))
    wanted = wanted.where(col(Log.nominal).is_not(None))
    if case:
        wanted = wanted.where(Log.case_id == find(session, case).id)
    if since:
        wanted = wanted.where(col(Log.nominal) >= since)
    if until:
        wanted = wanted.where(col(Log.nominal) <= until)
    found = session.exec(wanted.order_by(col(Log.nominal), col(Log.id))).all()
    decided = list({log.case_id for log, _ in found if log.kind == "decide"})
    hidden = withheld(held(session, "id in (?*)", decided)) if decided else {}
    return [_happened(log, row, hidden.get(log.case_id, ())) for log, row in found]


def _happened(log: Log, case: Case, hidden: Collection[str]) -> Document:
    key = hidden_key(log.key, hidden)
    step, round, kind, rule, *_ = (*key.split("/"), "")
    return {
        "key": f"{case.code}/{key}", "case": case.code, "subject": case.subject, "procedure": case.procedure,
        "step": _step(step), "round": int(round), "kind": kind, "rule": rule or None,
        "nominal": log.nominal and log.nominal.isoformat(), "at": local(log.at), "overtaken": log.overtaken,
    }  # fmt: skip


def moves(found: Iterable[Move]) -> list[Document]:
    """Dates that move: of a due day, a reminder or an escalation."""
    return [
        {"step": move.step, "kind": move.kind, "rule": move.rule or None, "from": move.before.isoformat(),
         "to": move.after.isoformat()}
        for move in found
    ]  # fmt: skip


def told(tellings: Iterable[tuple[str, Telling]]) -> Iterator[Document]:
    """What would be told to whom, each with the key of the log entry that it tells."""
    for key, telling in tellings:
        yield {"kind": telling.kind, "step": _step(telling.step), "role": telling.role, "key": key,
               "not_before": local(telling.not_before)}  # fmt: skip


def notice(row: Notice, key: str) -> Document:
    """A notice as it stands; `key` is that of the log entry that it tells."""
    return {"kind": row.kind, "step": _step(row.step), "role": row.role, "key": key, "state": row.state,
            "why": row.why or None, "not_before": local(row.not_before)}  # fmt: skip


# --- incidents


def incidents(session: Session) -> list[Document]:
    """What stands apart now, the oldest first."""
    return [incident(session, row) for row in open_incidents(session)]


def incident(session: Session, row: Incident) -> Document:
    """An incident, with cause and mend."""
    case = session.get(Case, row.case_id) if row.case_id else None
    return {
        "incident": row.id, "kind": row.kind, "case": case.code if case else None, "cause": row.cause, "mend": row.mend,
        "first_at": local(row.first_at), "last_at": local(row.last_at), "count": row.count,
        "retry_at": local(row.retry_at), "settled_at": local(row.settled_at),
    }  # fmt: skip
