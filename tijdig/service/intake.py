"""People and members as files bring them: persons with a dated address; a member is a subject with an adviser too."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlmodel import Session, SQLModel, select

from models.operation import Cohort
from models.organisation import Address, Assignment, Person, Subject
from tijdig.service.exports import ADVISER, advisers_by_member, newest_addresses
from tijdig.service.tables import Row, Table


@dataclass(slots=True)
class Intake:
    """An import in the making: the file, who brings it and on which day, and what it has done so far."""

    session: Session
    table: Table
    by: str
    now: datetime
    today: date
    name: str = ""
    roles: frozenset[str] = frozenset()
    added: int = 0
    changed: int = 0
    departures: dict[str, date | None] = field(default_factory=dict)
    """Members whose last day became known, moved, or was taken back (None)."""
    later: list[SQLModel] = field(default_factory=list)
    """Rows that refer to others of this import, to be added after them."""

    def sound(self, row: Row) -> bool:
        """Whether nothing is wrong with a row, nor with the header under which it stands."""
        return not (row.problems or self.table.faults)

    def took(self, *, new: bool, changed: bool = True) -> None:
        """A row of the file was taken in."""
        self.added += new
        self.changed += changed and not new

    def finish(self) -> None:
        """Write what the file brought."""
        self.session.flush()
        self.session.add_all(self.later)
        self.session.flush()


def edit(row: SQLModel, **values: Any) -> bool:
    """Set what differs; gives whether anything did."""
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    return bool(differing)


# --- periods

Dated = TypeVar("Dated", bound=Assignment | Cohort)
"""What holds from a day until a day."""


class Spans:
    """The periods that a file gave so far; for one key they may not overlap."""

    def __init__(self) -> None:
        self._taken: defaultdict[tuple[str, ...], list[tuple[date, date, str]]] = defaultdict(list)

    def free(self, row: Row, key: tuple[str, ...], since: date, until: date) -> bool:
        """Take the period for this row, or say what has it already."""
        clash = next((place for a, b, place in self._taken[key] if a <= until and since <= b), "")
        if clash:
            row.fault("from", f"Deze periode overlapt met {clash}. Maak er één van, of verschuif een datum.")
            return False
        self.take(key, since, until, f"rij {row.number}")
        return True

    def take(self, key: tuple[str, ...], since: date, until: date, place: str) -> None:
        self._taken[key].append((since, until, place))


def take_period(intake: Intake, stored: list[Dated], wanted: Dated) -> None:
    """Take a period in. What is `stored` of the same and overlaps it becomes this period; else it is a new one."""
    meeting = [held for held in stored if held.since <= wanted.until and wanted.since <= held.until]
    if not meeting:
        intake.session.add(wanted)
        intake.took(new=True)
        return
    keep, *rest = sorted(meeting, key=lambda held: held.since != wanted.since)
    for double in rest:
        intake.session.delete(double)
        stored.remove(double)
    intake.took(new=False, changed=edit(keep, since=wanted.since, until=wanted.until) or bool(rest))


# --- people


def take_people(intake: Intake) -> None:
    """Colleagues. Who has no e-mail gets post."""
    known = _Known.of(intake)
    intake.table.once("id")
    intake.table.once("account")
    for row in intake.table.rows:
        person = _person(row, known)
        if intake.sound(row):
            new = person.id not in known.people
            changed = _keep_person(intake, known, person)
            changed |= _keep_address(intake, known, person.id, row.mail("email"), None)
            intake.took(new=new, changed=changed)


def _person(row: Row, known: _Known) -> Person:
    """The person that a row says, unlike what is stored where the file has the column."""
    ref, email = row.reference("id"), row.mail("email")
    stored = known.people.get(ref)
    channel = row.line("channel") or (stored.channel if stored and not row.has("channel") else _channel(email))
    account = row.line("account") if row.has("account") else stored and stored.account
    if ref in known.members:
        row.fault("id", f"{ref} is een lid. Zet leden in het bestand voor 'members'.")
    if channel not in ("mail", "post"):
        row.fault("channel", f"'{channel}' kan niet. Kies mail of post, of laat het leeg.")
    if channel == "mail" and row.has("email") and not row.cells["email"]:
        row.fault("email", "Er is geen e-mailadres. Vul het in, of kies post als 'channel'.")
    owner = known.accounts.get(account or "", ref)
    if owner != ref:
        row.fault("account", f"Account '{account}' hoort al bij {owner}. Haal het daar eerst weg.")
    return Person(id=ref, name=row.line("name", needed=True), channel=channel, account=account or None)


# --- members


def take_members(intake: Intake) -> None:
    """Members: subject and person in one. A new address or adviser begins today; what was stays on record."""
    known, advisers = _Known.of(intake), advisers_by_member(intake.session)
    intake.table.once("reference")
    for row in intake.table.rows:
        member = _member(row, known)
        name, channel = row.line("name", needed=True), _channel(row.mail("email"))
        person = Person(id=member.ref, name=name, channel=channel, digest=False)
        phone = row.phone("phone") if row.has("phone") else None
        adviser = _adviser(row, known)
        if intake.sound(row):
            new = member.ref not in known.members
            changed = _keep_person(intake, known, person)
            changed |= _keep_address(intake, known, person.id, row.mail("email"), phone)
            changed |= _keep_member(intake, known, member)
            if row.has("adviser"):
                changed |= _keep_adviser(intake, advisers[member.ref], member.ref, adviser)
            intake.took(new=new, changed=changed)


def _member(row: Row, known: _Known) -> Subject:
    ref = row.reference("reference")
    stored = known.members.get(ref) or Subject(ref=ref)
    if ref in known.people and ref not in known.members:
        row.fault("reference", f"{ref} is al een medewerker. Geef het lid een ander nummer.")
    since = row.day("since") if row.has("since") else stored.since
    until = row.day("until") if row.has("until") else stored.until
    row.in_order("since", since, "until", until)
    return Subject(
        ref=ref, since=since, until=until,
        region=row.line("region") if row.has("region") else stored.region,
        profile=row.line("profile") if row.has("profile") else stored.profile,
    )  # fmt: skip


def _adviser(row: Row, known: _Known) -> str:
    adviser = row.reference("adviser", needed=False)
    if adviser and (adviser not in known.people or adviser in known.members):
        row.fault("adviser", f"Er is geen medewerker '{adviser}'. Importeer eerst 'people', of verbeter de naam.")
    return adviser


def _keep_member(intake: Intake, known: _Known, member: Subject) -> bool:
    stored = known.members.get(member.ref)
    if stored is None:
        intake.later.append(member)
        return True
    if stored.until != member.until:
        intake.departures[member.ref] = member.until
    return edit(stored, region=member.region, profile=member.profile, since=member.since, until=member.until)


def _keep_adviser(intake: Intake, known: list[Assignment], ref: str, adviser: str) -> bool:
    """Another adviser: who was it ends yesterday, who becomes it begins today; the first one was it always."""
    today = intake.today
    held = [a for a in known if a.since <= today <= a.until]
    if adviser in {a.person_id for a in held} or not (adviser or held):
        return False
    for old in held:
        _end(intake.session, old, today - timedelta(days=1))
    if adviser:
        since = today if known else date.min
        begun = Assignment(person_id=adviser, role=ADVISER, scope="subject", scope_value=ref, since=since)
        intake.later.append(begun)
    return True


def _end(session: Session, held: Assignment, last: date) -> None:
    """What would end before it began was never so."""
    if held.since > last:
        session.delete(held)
    else:
        held.until = last


# --- what both share


@dataclass(frozen=True, slots=True)
class _Known:
    """Who there is, in three statements however long the file is."""

    people: dict[str, Person]
    members: dict[str, Subject]
    addresses: dict[str, Address]
    accounts: dict[str, str]

    @classmethod
    def of(cls, intake: Intake) -> _Known:
        people = {person.id: person for person in intake.session.exec(select(Person))}
        members = {member.ref: member for member in intake.session.exec(select(Subject))}
        accounts = {person.account: person.id for person in people.values() if person.account}
        return cls(people, members, newest_addresses(intake.session, intake.today), accounts)


def _channel(email: str) -> str:
    return "mail" if email else "post"


def _keep_person(intake: Intake, known: _Known, person: Person) -> bool:
    stored = known.people.get(person.id)
    if stored is None:
        intake.session.add(person)
        return True
    return edit(stored, name=person.name, channel=person.channel, account=person.account)


def _keep_address(intake: Intake, known: _Known, person: str, email: str, phone: str | None) -> bool:
    """A new address counts from today, the first one from always. Without `phone` the number stays as it is."""
    current = known.addresses.get(person)
    phone = phone if phone is not None else current.phone if current else ""
    if current and current.since == intake.today:
        return edit(current, email=email, phone=phone)
    before = (current.email, current.phone) if current else ("", "")
    if (email, phone) == before:
        return False
    since = intake.today if current else date.min
    intake.later.append(Address(person_id=person, since=since, email=email, phone=phone))
    return True
