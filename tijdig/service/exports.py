"""Exports: what an import takes in, written out again with the same columns; from trial to live and back (cli.md)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from sqlmodel import Session, col, select

from models.operation import Cohort, Kpi, TimetableRow
from models.organisation import Absence, Address, Assignment, Person, Subject
from models.pins import CalendarVersion
from tijdig.engine.calendar import Calendar
from tijdig.engine.errors import Refused
from tijdig.engine.snapshot import value_from_json
from tijdig.engine.terms import Term, words
from tijdig.service.pins import CALENDAR_SETTINGS, UNSET, settings_values
from tijdig.service.tables import write_table

ADVISER = "kwaliteitsadviseur"
"""The role that the column `adviser` of a member is about."""

COLUMNS = {
    "people": ("id", "name", "email", "channel", "account"),
    "members": ("reference", "name", "email", "phone", "region", "adviser", "profile", "since", "until"),
    "assignments": ("person", "role", "scope", "from", "until"),
    "absences": ("person", "from", "until", "deputy"),
    "settings": ("setting", "value"),
    "timetable": ("step_id", "nl_name", "who", "date", "time", "kind", "consequence_when_missed", "date_qualifier",
                  "date_to", "channel", "objection_20d", "source_or_derived"),
    "cohort": ("subject", "from", "until"),
    "kpis": ("kpi_id", "kpi_nr", "kind", "theme", "doel", "comparator", "norm_value", "unit", "baseline",
             "scope_or_exception", "due_or_moment", "frequency", "owner_code", "realisatie", "actie", "procedure",
             "source", "computed"),
}  # fmt: skip
"""The columns of each kind. In this order the files of one installation go into another: later ones name earlier."""


def export_table(session: Session, kind: str, *, today: date, name: str = "") -> str:
    """CSV of one kind, as it stands today. `name` is that of a timetable or cohort, needed when there are several.

    Raises Refused for an unknown kind, timetable or cohort.
    """
    match kind:
        case "people":
            rows = _people(session, today)
        case "members":
            rows = _members(session, today)
        case "assignments":
            rows = _assignments(session)
        case "absences":
            rows = _absences(session)
        case "settings":
            rows = iter(settings_texts(session).items())
        case "timetable":
            rows = _timetable(session, name)
        case "cohort":
            rows = _cohort(session, name)
        case "kpis":
            rows = _kpis(session)
        case _:
            raise unknown_kind(kind)
    return write_table(COLUMNS[kind], rows)


def unknown_kind(kind: str) -> Refused:
    """The refusal for what neither imports nor exports know."""
    return Refused(f"'{kind}' kan niet als tabel. Kies uit: {', '.join(COLUMNS)}.")


def _people(session: Session, today: date) -> Iterator[tuple[str, ...]]:
    """Colleagues; members have a file of their own."""
    reached, members = newest_addresses(session, today), set(session.exec(select(Subject.ref)))
    for person in _by_id(session):
        if person.id not in members:
            email = reached[person.id].email if person.id in reached else ""
            yield person.id, person.name, email, person.channel, person.account or ""


def _members(session: Session, today: date) -> Iterator[tuple[str, ...]]:
    reached, advisers = newest_addresses(session, today), advisers_by_member(session)
    names = {person.id: person.name for person in _by_id(session)}
    for member in sorted(session.exec(select(Subject)), key=lambda member: member.ref):
        at = reached.get(member.ref) or Address(person_id=member.ref, since=today)
        held = sorted(a.person_id for a in advisers[member.ref] if a.since <= today <= a.until)
        yield (
            member.ref, names.get(member.ref, ""), at.email, at.phone, member.region, held[0] if held else "",
            member.profile, _day(member.since), _day(member.until),
        )  # fmt: skip


def _assignments(session: Session) -> Iterator[tuple[str, ...]]:
    rows = session.exec(select(Assignment))
    for a in sorted(rows, key=lambda a: (a.role, a.scope, a.scope_value, a.since, a.person_id)):
        yield a.person_id, a.role, scope_text(a), _day(a.since), _day(a.until)


def _absences(session: Session) -> Iterator[tuple[str, ...]]:
    for a in sorted(session.exec(select(Absence)), key=lambda a: (a.since, a.person_id)):
        yield a.person_id, _day(a.since), _day(a.until), a.deputy_id or ""


def _timetable(session: Session, name: str) -> Iterator[tuple[str, ...]]:
    name = _meant("Welk tijdschema", name, session.exec(select(TimetableRow.name).distinct()))
    rows = session.exec(select(TimetableRow).where(TimetableRow.name == name))
    for row in sorted(rows, key=lambda row: row.id or 0):
        cells = {"step_id": row.step_id, **json.loads(row.body)}
        yield tuple(cells.get(column, "") for column in COLUMNS["timetable"])


def _cohort(session: Session, name: str) -> Iterator[tuple[str, ...]]:
    name = _meant("Welke groep", name, session.exec(select(Cohort.name).distinct()))
    rows = session.exec(select(Cohort).where(Cohort.name == name))
    for row in sorted(rows, key=lambda row: (row.subject, row.since)):
        yield row.subject, _day(row.since), _day(row.until)


def _meant(which: str, name: str, names: Iterable[str]) -> str:
    """The one of several that a name means; without one there is no choice, or none at all."""
    known = sorted(names)
    if (name and name not in known) or (not name and len(known) > 1):
        raise Refused(f"{which} is bedoeld? Kies met --name uit: {', '.join(known) or 'nog geen'}.")
    return name or "".join(known)


def _kpis(session: Session) -> Iterator[tuple[str, ...]]:
    for row in session.exec(select(Kpi).order_by(col(Kpi.id))):
        cells = {"kpi_id": row.id, **json.loads(row.body)}
        yield tuple(cells.get(column, "") for column in COLUMNS["kpis"])


def settings_texts(session: Session) -> dict[str, str]:
    """Every setting that the house chose and its calendar settings, as a person would type them."""
    chosen = {name: as_typed(value_from_json(value)) for name, value in settings_values(session).items()}
    newest = session.exec(select(CalendarVersion).order_by(col(CalendarVersion.id).desc()).limit(1)).one()
    calendar = Calendar.from_dict(json.loads(newest.body)).to_dict()
    house = {name: as_typed(calendar[name]) for name in CALENDAR_SETTINGS}
    return dict(sorted({**chosen, **house}.items()))


def as_typed(value: object) -> str:
    """The value of a setting as a person would type it."""
    match value:
        case Term():
            return words(value)
        case bool():
            return "ja" if value else "nee"
        case None:
            return UNSET
        case list():
            return ",".join(value)
    return str(value)


# --- what imports look at too


def scope_text(held: Assignment) -> str:
    """A scope as a file writes it: `all`, `region:X`, `subject:REF` or `case:CODE`."""
    return held.scope if held.scope == "all" else f"{held.scope}:{held.scope_value}"


def newest_addresses(session: Session, today: date) -> dict[str, Address]:
    """Where everybody is reached today, by person."""
    rows = session.exec(select(Address).where(Address.since <= today).order_by(col(Address.since)))
    return {address.person_id: address for address in rows}


def advisers_by_member(session: Session) -> defaultdict[str, list[Assignment]]:
    """Who is or was the adviser of a member by name, apart from regions."""
    found: defaultdict[str, list[Assignment]] = defaultdict(list)
    for held in session.exec(select(Assignment).where(Assignment.role == ADVISER, Assignment.scope == "subject")):
        found[held.scope_value].append(held)
    return found


def _by_id(session: Session) -> list[Person]:
    return sorted(session.exec(select(Person)), key=lambda person: person.id)


def _day(day: date | None) -> str:
    return "" if day in (None, date.min, date.max) else str(day)
