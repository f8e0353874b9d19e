"""Who holds which role, who stands in for whom, and as whom somebody may act.

Loaded once per transaction; asked often. Definitions name roles only, and nobody is resolved before it is needed:
when a mail is composed and when a task is done (design, law 8).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlmodel import Session, select

from models.operation import Installation
from models.organisation import Absence, Address, Assignment, Person, Subject
from tijdig.engine.errors import Refused

TRIAL_USER = "beheer"
"""The user of a trial who may do everything, for anybody; four eyes hold for it too (cli.md, `init`)."""
ADMINISTRATOR = "beheerder"
"""The role that keeps the installation; no definition names it."""
NO_RIGHT = "NO_RIGHT"
"""The code of a refusal because of who asks; such a denial is logged."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a message is for; `behalf` is the absent person for whom a deputy gets it."""

    person: str
    behalf: str = ""


@dataclass(frozen=True, slots=True)
class Right:
    """As whom somebody acts: in which role, and perhaps on behalf of another person ("namens")."""

    person: str
    role: str
    behalf: str = ""


class Need(NamedTuple):
    """That somebody must hold a role for a subject and a case (its code) on a day."""

    role: str
    subject: str
    case: str
    day: date


class _Span(NamedTuple):
    """A holder in a period, both days included."""

    person: str
    since: date
    until: date

    def covers(self, day: date) -> bool:
        return self.since <= day <= self.until


@dataclass(frozen=True, slots=True)
class Directory:
    """The people of an installation as they stand at one moment of the database."""

    _people: Mapping[str, Person]
    _addresses: Mapping[str, Sequence[Address]]
    _regions: Mapping[str, str]
    _holders: Mapping[tuple[str, str, str], Sequence[_Span]]
    _absences: Mapping[str, Sequence[Absence]]
    _trial: bool

    @classmethod
    def load(cls, session: Session) -> Directory:
        """Everybody, in six statements."""
        addresses, holders, absences = defaultdict(list), defaultdict(list), defaultdict(list)
        for address in session.exec(select(Address)):
            addresses[address.person_id].append(address)
        for held in session.exec(select(Assignment)):
            key = held.role, held.scope, held.scope_value if held.scope != "all" else ""
            holders[key].append(_Span(held.person_id, held.since, held.until))
        for absence in session.exec(select(Absence)):
            absences[absence.person_id].append(absence)
        people = {person.id: person for person in session.exec(select(Person))}
        regions = {ref: region for ref, region in session.exec(select(Subject.ref, Subject.region)) if region}
        trial = session.exec(select(Installation.mode)).first() == "trial"
        return cls(people, addresses, regions, holders, absences, trial)

    # --- who holds a role

    def holders(self, role: str, *, subject: str, case: str, on: date) -> tuple[str, ...]:
        """Who holds the role for this subject and case (its code): of the narrowest scope that has anybody, all."""
        return next((found for found in self._levels(role, subject, case, on) if found), ())

    def recipients(self, role: str, *, subject: str, case: str, on: date, assignee: str = "") -> tuple[Recipient, ...]:
        """Who is told what is for this role: its holders, and for those who are away their deputies, one hop.

        With an assignee only that one, unless nobody is there for it. Nobody at all is for the caller to report.
        """
        present = self._present([assignee], on) if assignee else ()
        return present or self._present(self.holders(role, subject=subject, case=case, on=on), on)

    def gaps(self, needs: Iterable[Need]) -> tuple[Need, ...]:
        """The needs that nobody is there for, neither a holder nor a deputy."""
        return tuple(n for n in needs if not self.recipients(n.role, subject=n.subject, case=n.case, on=n.day))

    def _levels(self, role: str, subject: str, case: str, on: date) -> Iterator[tuple[str, ...]]:
        region = self._regions.get(subject, "")
        for scope, value in (("case", case), ("subject", subject), ("region", region), ("all", "")):
            spans = self._holders.get((role, scope, value), ()) if value or scope == "all" else ()
            yield tuple(sorted({span.person for span in spans if span.covers(on)}))

    def _present(self, holders: Iterable[str], on: date) -> tuple[Recipient, ...]:
        """Each person once; who is a holder is told as such, also when standing in for another."""
        told: dict[str, Recipient] = {}
        away = []
        for holder in holders:
            if self.is_absent(holder, on):
                away.append(holder)
            elif holder in self._people:
                told[holder] = Recipient(holder)
        for holder in away:
            deputy = self._deputy(holder, on)
            if deputy:
                told.setdefault(deputy, Recipient(deputy, holder))
        return tuple(told.values())

    # --- absence

    def is_absent(self, person: str, on: date) -> bool:
        return any(a.since <= on <= a.until for a in self._absences.get(person, ()))

    def stands_in_for(self, person: str, on: date) -> tuple[str, ...]:
        """The absent people whom this person is the deputy of."""
        return tuple(sorted(away for away in self._absences if self._deputy(away, on) == person))

    def _deputy(self, person: str, on: date) -> str:
        """Who stands in; empty when nobody does, or when the deputy is away too: a deputy has no deputy."""
        deputies = (a.deputy_id or "" for a in self._absences.get(person, ()) if a.since <= on <= a.until)
        return next((d for d in deputies if d in self._people and not self.is_absent(d, on)), "")

    # --- as whom somebody may act

    def may_act(
        self, person: str, roles: Iterable[str], *, subject: str, case: str, on: date, behalf: str = "",
        enters: Iterable[str] = (),
    ) -> Right:  # fmt: skip
        """The right by which this person may act in one of these roles; the own right comes first.

        `behalf` names for whom: an absent holder whose deputy this is, or a holder without an account (a member who
        phoned) for whom the holders of the roles `enters` may put it in. Raises Refused, naming who does hold a role.
        """
        wanted = tuple(roles)
        if self._trial and person == TRIAL_USER and wanted:
            return Right(person, wanted[0], behalf)
        if person not in self._people:
            raise Refused(f"'{person}' is hier niet bekend. Gebruik een persoon uit Beheer, Personen.", code=NO_RIGHT)
        held = {role: self.holders(role, subject=subject, case=case, on=on) for role in wanted}
        if not behalf:
            own = next((role for role in wanted if person in held[role]), None)
            if own:
                return Right(person, own)
        entered_by = {p for role in enters for p in self.holders(role, subject=subject, case=case, on=on)}
        for role in wanted:
            for holder in [behalf] if behalf else held[role]:
                if holder in held[role] and self._may_stand_in(person, holder, on, entered_by if behalf else set()):
                    return Right(person, role, holder)
        raise Refused(_no_right(held), code=NO_RIGHT)

    def _may_stand_in(self, person: str, holder: str, on: date, entered_by: set[str]) -> bool:
        return self._deputy(holder, on) == person or (person in entered_by and not self.has_digest(holder))

    # --- facts about a person

    def people(self) -> tuple[Person, ...]:
        """Everybody, by id."""
        return tuple(self._people[key] for key in sorted(self._people))

    def knows(self, person: str) -> bool:
        return person in self._people

    def name(self, person: str) -> str:
        return self._people[person].name if person in self._people else person

    def channel(self, person: str) -> str:
        """`mail` or `post`."""
        return self._people[person].channel

    def has_digest(self, person: str) -> bool:
        """A colleague, with a daily digest; a member has none and gets a mail for each matter."""
        return person in self._people and self._people[person].digest

    def address(self, person: str, on: date) -> str:
        """The mail address on a day; empty when there is none."""
        known = [a for a in self._addresses.get(person, ()) if a.since <= on]
        return max(known, key=lambda a: a.since).email.strip() if known else ""

    def roles_of(self, person: str, on: date) -> tuple[str, ...]:
        """The roles that this person holds over anything on a day, as himself."""
        held = ((role, span) for (role, *_), spans in self._holders.items() for span in spans)
        return tuple(sorted({role for role, span in held if span.person == person and span.covers(on)}))

    def active(self, on: date) -> frozenset[str]:
        """Everybody who holds a role on a day."""
        return frozenset(s.person for held in self._holders.values() for s in held if s.covers(on))


def _no_right(held: Mapping[str, Sequence[str]]) -> str:
    """The words of ux.md section 5, with who does hold the role."""
    if not held:
        return "U mag dit niet afronden. Deze procedure staat dit aan geen enkele rol toe."
    who = " of ".join(f"{role} ({', '.join(people) or 'nu door niemand bezet'})" for role, people in held.items())
    return f"U mag dit niet afronden. De rol {who} wel."
