"""Imports: a file is taken in as a whole or not at all, with every problem at once (cli.md, `import`).

What the file does not mention stays as it is, and a row that says what is stored already changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from models.case import Case
from models.operation import Event, Kpi
from models.organisation import Absence, Assignment, Person, Subject
from tijdig.engine.calendar import local_day
from tijdig.engine.errors import Refused
from tijdig.engine.snapshot import canonical
from tijdig.service.amend import Pending, amend, dates_of
from tijdig.service.announce import announce
from tijdig.service.cases import Doing
from tijdig.service.cohorts import EVERY_MEMBER, take_cohort
from tijdig.service.exports import COLUMNS, scope_text, settings_texts, unknown_kind
from tijdig.service.fitting import Fit, fit
from tijdig.service.intake import Intake, Spans, edit, take_members, take_people, take_period
from tijdig.service.kpis import ASKED, COUNTED, take_kpis
from tijdig.service.people import ADMINISTRATOR, MEMBER
from tijdig.service.pins import BETWEEN, choose, known_roles
from tijdig.service.tables import Row, RowProblem, read_table
from tijdig.service.timetables import take_timetable
from tijdig.service.work import Work

OPTIONAL = {
    "people": ("channel", "account"),
    "members": ("phone", "region", "adviser", "profile", "since", "until"),
    "assignments": (),
    "absences": (),
    "settings": (),
    "timetable": ("who", "time", "consequence_when_missed", "date_qualifier", "date_to", "channel", "objection_20d",
                  "source_or_derived"),
    "cohort": ("from", "until"),
    "kpis": tuple(column for column in COLUMNS["kpis"] if column not in ("kpi_id", "doel", "owner_code")),
}  # fmt: skip
"""The columns that a file of this kind may leave out."""

LEFT = "left_on"
"""The fact that is announced to the open cases of a member whose last day becomes known."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or with `dry_run` would do: rows that were new, rows that changed; or all its problems.

    `pending`: what cases that run on an amended timetable are to be told. `fits`: which of its rows is which date.
    """

    added: int = 0
    changed: int = 0
    problems: tuple[RowProblem, ...] = ()
    pending: Pending | None = None
    fits: tuple[Fit, ...] = ()


def import_table(
    session: Session, kind: str, data: bytes, *, by: str, now: datetime, name: str = "", dry_run: bool = False,
    roles: Collection[str] = (), about: Mapping[str, str] | None = None,
) -> Imported:  # fmt: skip
    """Take a file in as a whole; with any problem, or with `dry_run`, not at all.

    `name` is that of a timetable or cohort. An amended timetable is only noted: `amend.spread` brings it to the cases
    once this is written, and `amend.preview` shows what that does. `roles` count as known beside those that definitions
    name and people hold. `about` is written down in the log of the house beside the counts.
    Raises Refused for an unknown kind, and for a timetable or cohort without a name of its own.
    """
    if kind not in COLUMNS:
        raise unknown_kind(kind)
    _named(kind, name)
    also = OPTIONAL[kind]
    table = read_table(data, needed=[column for column in COLUMNS[kind] if column not in also], also=also)
    intake = Intake(session, table, by, now, local_day(now), name, frozenset(roles))
    dates = dates_of(session, name) if kind == "timetable" else {}
    with session.begin_nested() as attempt:
        TAKE[kind](intake)
        problems, fits = table.problems, tuple[Fit, ...]()
        if not problems:
            intake.finish()
        if kind == "timetable" and not problems:
            fits, problems = fit(session, name, table, intake.today)
        if problems:
            attempt.rollback()
            return Imported(problems=problems)
        doing = Doing(by, now, reason=f"Het tijdschema {name} is gewijzigd.")
        pending = amend(session, name, dates, doing) if dates else None
        done = Imported(intake.added, intake.changed, pending=pending, fits=fits)
        if dry_run:
            attempt.rollback()
            return done
    _announce_departures(intake)
    said = {"kind": kind, "added": done.added, "changed": done.changed} | ({"name": name} if name else {})
    said |= about or {}
    session.add(Event(at=now, kind="import", actor=by, detail=canonical(said)))
    session.flush()
    return done


def _named(kind: str, name: str) -> None:
    """Of timetables and cohorts there are several, each with a name."""
    what = {"timetable": "dit tijdschema", "cohort": "deze groep"}.get(kind)
    if what and not name:
        raise Refused(f"Hoe heet {what}? Geef het een naam: --name NAAM.")
    if kind == "timetable" and BETWEEN in name:
        raise Refused(f"Een tijdschema kan niet '{name}' heten. Laat {BETWEEN} weg.")
    if kind == "cohort" and name in (EVERY_MEMBER, ASKED, COUNTED):
        who = "alle leden, en die staan in 'members'" if name == EVERY_MEMBER else "KPI's, en die staan in 'kpis'"
        raise Refused(f"'{name}' zijn {who}. Geef deze groep een andere naam.")


def _announce_departures(intake: Intake) -> None:
    work = Work(intake.session)
    for member, last in intake.departures.items():
        announce(work, member, LEFT, last and last.isoformat(), Doing(intake.by, intake.now))
    work.flush()


# --- assignments


def _take_assignments(intake: Intake) -> None:
    """Roles. A row for a person, role and scope that is stored for an overlapping period changes that period."""
    stored: defaultdict[tuple[str, ...], list[Assignment]] = defaultdict(list)
    for held in intake.session.exec(select(Assignment)):
        stored[held.person_id, held.role, scope_text(held)].append(held)
    names, spans = _Names.of(intake), Spans()
    for row in intake.table.rows:
        wanted = _assignment(row, names)
        key = wanted.person_id, wanted.role, scope_text(wanted)
        if not (intake.sound(row) and spans.free(row, key, wanted.since, wanted.until)):
            continue
        if key[1:] == (MEMBER, f"subject:{wanted.person_id}"):
            continue  # so it is by rule: older exports have a row for each member
        take_period(intake, stored[key], wanted)


@dataclass(frozen=True, slots=True)
class _Names:
    """What a row may name."""

    people: set[str]
    members: set[str]
    regions: set[str]
    roles: set[str]
    cases: set[str]

    @classmethod
    def of(cls, intake: Intake) -> _Names:
        session = intake.session
        members = dict(session.execute(select(Subject.ref, Subject.region)).tuples().all())
        wanted = {row.cells.get("scope", "").removeprefix("case:") for row in intake.table.rows}
        return cls(
            people=set(session.exec(select(Person.id))),
            members={*members, *session.exec(select(Kpi.id))},
            regions={region for region in members.values() if region},
            roles={*known_roles(session), ADMINISTRATOR, MEMBER, *intake.roles},
            cases={code for code in session.exec(select(Case.code)) if code in wanted},
        )


def _assignment(row: Row, names: _Names) -> Assignment:
    person, role = row.reference("person"), row.line("role", needed=True)
    _known(row, "person", person, names.people)
    if role and role not in names.roles:
        row.fault("role", f"Geen procedure kent de rol '{role}'. De rollen zijn: {', '.join(sorted(names.roles))}.")
    scope, _, value = row.line("scope", needed=True).partition(":")
    match scope:
        case "all" if not value:
            pass
        case "region" | "subject" | "case" if value:
            known = {"region": names.regions, "subject": names.members, "case": names.cases}[scope]
            if value not in known:
                what = {"region": "Er is geen lid in regio", "subject": "Er is geen lid", "case": "Er is geen dossier"}
                row.fault("scope", f"{what[scope]} '{value}'. Verbeter het, of importeer eerst de leden.")
        case _ if scope:
            row.fault("scope", f"'{row.cells['scope']}' is geen bereik. Schrijf all, region:X, subject:X of case:X.")
    since, until = row.period("from", "until")
    return Assignment(person_id=person, role=role, scope=scope, scope_value=value, since=since, until=until)


def _known(row: Row, column: str, person: str, people: Collection[str]) -> None:
    if person and person not in people:
        row.fault(column, f"Er is geen persoon '{person}'. Importeer eerst 'people' of 'members', of verbeter de naam.")


# --- absences


def _take_absences(intake: Intake) -> None:
    """Who is away, and perhaps who stands in. An absence of the same person from the same day is that one, changed."""
    people = set(intake.session.exec(select(Person.id)))
    stored = {(a.person_id, a.since): a for a in intake.session.exec(select(Absence))}
    wanted = [(row, _absence(row, people)) for row in intake.table.rows]
    replaced = {(absence.person_id, absence.since) for _, absence in wanted}
    spans = Spans()
    for key, kept in stored.items():
        if key not in replaced:
            place = f"de afwezigheid van {kept.since} tot en met {kept.until}, die er al is"
            spans.take((kept.person_id,), kept.since, kept.until, place)
    for row, absence in wanted:
        if intake.sound(row) and spans.free(row, (absence.person_id,), absence.since, absence.until):
            _keep_absence(intake, stored.get((absence.person_id, absence.since)), absence)


def _absence(row: Row, people: Collection[str]) -> Absence:
    person, deputy = row.reference("person"), row.reference("deputy", needed=False)
    _known(row, "person", person, people)
    _known(row, "deputy", deputy, people)
    if deputy and deputy == person:
        row.fault("deputy", f"{person} kan niet zichzelf vervangen. Noem een ander, of laat het leeg.")
    since, until = row.period("from", "until", needed=True)
    return Absence(person_id=person, since=since, until=until, deputy_id=deputy or None)


def _keep_absence(intake: Intake, stored: Absence | None, absence: Absence) -> None:
    if stored is None:
        intake.session.add(absence)
        intake.took(new=True)
    else:
        intake.took(new=False, changed=edit(stored, until=absence.until, deputy_id=absence.deputy_id))


# --- settings


def _take_settings(intake: Intake) -> None:
    """Settings, each that differs as a version of its own; running cases keep theirs."""
    intake.table.once("setting")
    now = settings_texts(intake.session)
    for row in intake.table.rows:
        setting, value = row.line("setting", needed=True), row.line("value")
        if not intake.sound(row) or now.get(setting) == value:
            continue
        try:
            choose(intake.session, setting, value, by=intake.by, reason="import", now=intake.now)
        except Refused as refusal:
            row.fault("value" if setting in now else "setting", str(refusal))
        else:
            intake.took(new=setting not in now)


TAKE: dict[str, Callable[[Intake], None]] = {
    "people": take_people,
    "members": take_members,
    "assignments": _take_assignments,
    "absences": _take_absences,
    "settings": _take_settings,
    "timetable": take_timetable,
    "cohort": take_cohort,
    "kpis": take_kpis,
}
