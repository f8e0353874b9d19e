"""People, roles and absences one by one, as an administrator keeps them: each is taken in as a file of one row.

So what holds for an import holds here too. Only what never began is taken back otherwise: no file can say that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from models.access import Password
from models.operation import Event
from models.organisation import Absence, Assignment, Person, Subject
from tijdig.engine.calendar import local_day
from tijdig.engine.errors import Refused
from tijdig.engine.snapshot import canonical
from tijdig.service.exports import scope_text
from tijdig.service.imports import import_table
from tijdig.service.people import ADMINISTRATOR, Directory
from tijdig.service.tables import write_table

LOGGED = ("id", "reference", "person", "role", "scope", "from", "until", "deputy")
"""Of what is taken in so much is written down: references and days, no names and addresses."""

LAST_ONE = "Dan is er geen beheerder meer. Geef eerst een ander deze rol."


def take_one(session: Session, kind: str, cells: Mapping[str, str], *, by: str, now: datetime) -> dict[str, str]:
    """Take one row in; gives what is wrong with it, by column, and nothing when it was taken."""
    if not any(cells.values()):
        return {next(iter(cells)): "Hier is nog niets ingevuld. Vul minstens dit veld in."}
    data = write_table(tuple(cells), [tuple(cells.values())]).encode()
    about = {name: cells[name] for name in LOGGED if cells.get(name)}
    done = import_table(session, kind, data, by=by, now=now, about=about)
    return {problem.column or next(iter(cells)): problem.problem for problem in reversed(done.problems)}


# --- roles and absences


def end_assignment(session: Session, number: int, last: date, *, by: str, now: datetime) -> dict[str, str]:
    """Let a role end on a day, or begin never; gives what is wrong, by column.

    Raises Refused for one that is not there, and when nobody would be left to look after the installation.
    """
    held = _there(session.get(Assignment, number))
    scope, role = scope_text(held), held.role
    if last < held.since:
        session.delete(held)
        _note(session, "role", by, now, person=held.person_id, role=role, scope=scope)
        problems = dict[str, str]()
    else:
        cells = {"person": held.person_id, "role": role, "scope": scope, "from": _day(held.since), "until": str(last)}
        problems = take_one(session, "assignments", cells, by=by, now=now)
    if problems:
        return problems
    session.flush()
    after = max(local_day(now), last + timedelta(days=1))
    if role == ADMINISTRATOR and not Directory.load(session).holders(ADMINISTRATOR, subject="", case="", on=after):
        raise Refused(LAST_ONE)
    return {}


def end_absence(session: Session, number: int, last: date, *, by: str, now: datetime) -> dict[str, str]:
    """Let an absence end on a day, or begin never; gives what is wrong. Raises Refused for one that is not there."""
    away = _there(session.get(Absence, number))
    if last >= away.since:
        cells = {"person": away.person_id, "from": str(away.since), "until": str(last),
                 "deputy": away.deputy_id or ""}  # fmt: skip
        return take_one(session, "absences", cells, by=by, now=now)
    session.delete(away)
    _note(session, "absence", by, now, person=away.person_id)
    session.flush()
    return {}


def _there(row: Any) -> Any:
    if row is None:
        raise Refused("Dit staat er niet meer: iemand heeft het intussen ingetrokken. Bekijk de lijst.")
    return row


def _note(session: Session, what: str, by: str, now: datetime, **about: str) -> None:
    session.add(Event(at=now, kind="withdraw", actor=by, detail=canonical({"what": what, **about})))


# --- lists


@dataclass(frozen=True, slots=True)
class Known:
    """A person as a list shows them: the roles of today with their scopes, how they are reached, and an account."""

    id: str
    name: str
    is_colleague: bool
    channel: str
    address: str
    roles: tuple[str, ...]
    is_absent: bool
    has_password: bool


def persons(session: Session, search: str, *, colleagues: bool) -> list[str]:
    """The people whose name or id has all these words, by name: colleagues, or members."""
    wanted = select(Person.id).where(col(Person.digest) == colleagues).order_by(col(Person.name), col(Person.id))
    for word in search.split():
        wanted = wanted.where(or_(*(col(c).icontains(word, autoescape=True) for c in (Person.id, Person.name))))
    return list(session.exec(wanted))


def known(session: Session, ids: Sequence[str], today: date) -> list[Known]:
    """What is known of these people, in this order: a few statements, however many."""
    people, roles = Directory.load(session), defaultdict(list)
    people.prefetch(ids)
    standing = select(Assignment).where(col(Assignment.person_id).in_(ids), Assignment.until >= today)
    for held in session.exec(standing.where(Assignment.since <= today).order_by(col(Assignment.role))):
        roles[held.person_id].append(role_words(held))
    signed = set(session.exec(select(Password.person_id).where(col(Password.person_id).in_(ids))))
    return [
        Known(
            id, people.name(id), people.has_digest(id), people.channel(id), people.address(id, today),
            tuple(roles[id]), people.is_absent(id, today), id in signed,
        )
        for id in ids
    ]  # fmt: skip


def role_words(held: Assignment) -> str:
    """A role with its scope as people read it: "kwaliteitsadviseur (regio utrecht)"."""
    where = scope_words(held)
    return f"{held.role} ({where})" if held.scope != "all" else held.role


def scope_words(held: Assignment) -> str:
    """A scope as people read it."""
    kinds = {"region": "regio", "subject": "alleen", "case": "dossier"}
    return "alles" if held.scope == "all" else f"{kinds[held.scope]} {held.scope_value}"


def assignments(*, role: str = "", person: str = "", since: date = date.min) -> SelectOfScalar[Assignment]:
    """Who holds which role, by role and scope: what ends on a day or later."""
    order = col(Assignment.role), col(Assignment.scope), col(Assignment.scope_value), col(Assignment.since)
    wanted = select(Assignment).where(Assignment.until >= since).order_by(*order, col(Assignment.id))
    wanted = wanted.where(Assignment.role == role) if role else wanted
    return wanted.where(Assignment.person_id == person) if person else wanted


def absences(*, person: str = "", since: date = date.min) -> SelectOfScalar[Absence]:
    """Who is or will be away, the first to begin first: what ends on a day or later."""
    wanted = select(Absence).where(Absence.until >= since).order_by(col(Absence.since), col(Absence.person_id))
    return wanted.where(Absence.person_id == person) if person else wanted


def how_many(session: Session, wanted: SelectOfScalar[Any]) -> int:
    """How many there are of such a list."""
    return session.exec(select(func.count()).select_from(wanted.order_by(None).subquery())).one()


def names_of(session: Session, ids: Collection[str]) -> Mapping[str, str]:
    """Their names, by id."""
    people = Directory.load(session)
    people.prefetch(ids)
    return {id: people.name(id) for id in ids}


def regions(session: Session) -> list[str]:
    """The regions that members are in."""
    return sorted(region for region in session.exec(select(Subject.region).distinct()) if region)


def _day(day: date) -> str:
    return "" if day in (date.min, date.max) else str(day)
