"""Who holds which role, who stands in for whom, and as whom somebody may act.

Asked often, and so of what is in memory (roster.py). Definitions name roles only, and nobody is resolved before it is
needed: when a mail is composed and when a task is done (design, law 8).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from models.organisation import Assignment, Person
from tijdig.engine.errors import Refused
from tijdig.service.clock import home
from tijdig.service.roster import AT_ONCE, MOST, NOTHING, Facts, Roster, facts_of, roster

TRIAL_USER = "beheer"
"""The user of a trial who may do everything, for anybody; four eyes hold for it too (cli.md, `init`)."""
ADMINISTRATOR = "beheerder"
"""The role that keeps the installation; no definition names it."""
MEMBER = "lid"
"""The role that a member holds over itself: by rule, without an end (who left is still told how its cases ended)."""
OWN = (MEMBER, "zorgaanbieder")
"""What whom a case is about is called: in a cooperative, and in a care office. Each holds it over itself."""
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


class Reach(NamedTuple):
    """How somebody is written to: by `mail` or `post` (empty for nobody), where, and whether in a daily digest."""

    channel: str
    address: str
    has_digest: bool


class Colleague(NamedTuple):
    """Somebody with an account, and in which roles."""

    person: str
    name: str
    roles: tuple[str, ...]


class Need(NamedTuple):
    """That somebody must hold a role for a subject and a case (its code) on a day."""

    role: str
    subject: str
    case: str
    day: date


@dataclass(slots=True)
class Directory:
    """The people as one transaction has them: what they are asked is looked up in what all transactions share.

    Who was not asked for before is read from the database, one by one; `prefetch` reads many at once.
    """

    _session: Session
    _trial: bool
    _version: int | None
    _roster: Roster

    @classmethod
    def load(cls, session: Session) -> Directory:
        """The people as they stand now in this transaction: one statement, unless they changed."""
        known = home(session)
        version = known.people_version
        return cls(session, known.mode == "trial", version, roster(session, version))

    def prefetch(self, refs: Iterable[str]) -> None:
        """Read what is known of these subjects or people and of who holds a role over them: a few statements each 500.

        Give no more at a time than are remembered (`MOST`).
        """
        found = self._read(refs)
        over = (span.person for facts in found.values() for _, span in facts.held)
        self._read(person for person in over if person not in self._roster.colleagues)

    def _read(self, refs: Iterable[str]) -> Mapping[str, Facts]:
        """What was not known yet. When the people changed meanwhile, what is asked from now on is asked of the new."""
        unknown = [ref for ref in dict.fromkeys(refs) if ref and not self._roster.recall(ref)]
        found: dict[str, Facts] = {}
        for start in range(0, len(unknown), AT_ONCE):
            version, some = facts_of(self._session, unknown[start : start + AT_ONCE])
            if not self._is_still(version):
                found = {}
            found |= some
        self._roster.keep(found)
        return found

    def _is_still(self, version: int | None) -> bool:
        """Whether this is the version that was asked so far; another one is asked from now on."""
        if version == self._version:
            return True
        self._version, self._roster = version, roster(self._session, version)
        return False

    def _facts(self, ref: str) -> Facts:
        return self._roster.asked.get(ref) or self._roster.recall(ref) or self._read([ref]).get(ref, NOTHING)

    def _person(self, person: str) -> Facts:
        return self._roster.colleagues.get(person) or self._facts(person)

    # --- who holds a role

    def holders(self, role: str, *, subject: str, case: str, on: date) -> tuple[str, ...]:
        """Who holds the role for this subject and case (its code): of the narrowest scope that has anybody, all."""
        facts = self._facts(subject)
        if role in self._roster.by_case and (found := self._covering(role, "case", case, on)):
            return found
        if (facts.held or role in OWN) and (found := self._over(role, subject, facts, on)):
            return found
        asked = role, facts.region, on
        known: tuple[str, ...] | None = self._roster.memo.get(asked)
        if known is None:
            known = self._covering(role, "region", facts.region or "", on) or self._covering(role, "all", "", on)
            self._roster.remember(asked, known)
        return known

    def recipients(self, role: str, *, subject: str, case: str, on: date, assignee: str = "") -> tuple[Recipient, ...]:
        """Who is told what is for this role: its holders, and for those who are away their deputies, one hop.

        With an assignee only that one, unless nobody is there for it. Nobody at all is for the caller to report.
        """
        present = self._present((assignee,), on) if assignee else ()
        return present or self._present(self.holders(role, subject=subject, case=case, on=on), on)

    def present(self, holders: tuple[str, ...], on: date) -> tuple[Recipient, ...]:
        """Of these holders, in order of their names, who is there on a day, and who stands in for who is not."""
        return self._present(holders, on)

    def gaps(self, needs: Iterable[Need]) -> Iterator[Need]:
        """The needs that nobody is there for, neither a holder nor a deputy."""
        asked = tuple(needs)
        for start in range(0, len(asked), MOST):
            some = asked[start : start + MOST]
            self.prefetch(need.subject for need in some)
            yield from (n for n in some if not self.recipients(n.role, subject=n.subject, case=n.case, on=n.day))

    def _over(self, role: str, subject: str, facts: Facts, on: date) -> tuple[str, ...]:
        """Who holds the role over this subject by name; a member its own."""
        if not facts.held:
            is_member = role in OWN and facts.name is not None and subject not in self._roster.colleagues
            return (subject,) if is_member else ()
        held = {span.person for name, span in facts.held if name == role and span.covers(on)}
        if role in OWN and self.is_member(subject):
            held.add(subject)
        return tuple(sorted(held))

    def _covering(self, role: str, scope: str, value: str, on: date) -> tuple[str, ...]:
        spans = self._roster.holders.get((role, scope, value), ()) if value or scope == "all" else ()
        return tuple(sorted({span.person for span in spans if span.covers(on)}))

    def _present(self, holders: tuple[str, ...], on: date) -> tuple[Recipient, ...]:
        """Each person once; who is a holder is told as such, also when standing in for another."""
        asked = self._roster
        if len(holders) == 1 and holders[0] not in asked.absences:
            return (Recipient(holders[0]),) if self.knows(holders[0]) else ()
        known: tuple[Recipient, ...] | None = asked.memo.get((holders, on))
        if known is None:
            away = [holder for holder in holders if self.is_absent(holder, on)]
            told = {holder: Recipient(holder) for holder in holders if holder not in away and self.knows(holder)}
            for holder in away:
                deputy = self._deputy(holder, on)
                if deputy:
                    told.setdefault(deputy, Recipient(deputy, holder))
            known = tuple(told.values())
            if asked is self._roster:  # else it was worked out from two versions
                asked.remember((holders, on), known)
        return known

    # --- absence

    def is_absent(self, person: str, on: date) -> bool:
        return any(a.since <= on <= a.until for a in self._roster.absences.get(person, ()))

    def stands_in_for(self, person: str, on: date) -> tuple[str, ...]:
        """The absent people whom this person is the deputy of."""
        return tuple(sorted(away for away in self._roster.absences if self._deputy(away, on) == person))

    def _deputy(self, person: str, on: date) -> str:
        """Who stands in; empty when nobody does, or when the deputy is away too: a deputy has no deputy."""
        deputies = (a.deputy for a in self._roster.absences.get(person, ()) if a.since <= on <= a.until)
        return next((d for d in deputies if self.knows(d) and not self.is_absent(d, on)), "")

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
        if not self.knows(person):
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

    def can_act(self, person: str, roles: Iterable[str], *, subject: str, case: str, on: date) -> bool:
        """Whether this person may act in one of these roles, as `may_act` has it."""
        try:
            self.may_act(person, roles, subject=subject, case=case, on=on)
        except Refused:
            return False
        return True

    def _may_stand_in(self, person: str, holder: str, on: date, entered_by: set[str]) -> bool:
        return self._deputy(holder, on) == person or (person in entered_by and not self.has_digest(holder))

    # --- facts about a person

    def knows(self, person: str) -> bool:
        return self._person(person).name is not None

    def of_account(self, account: str) -> str:
        """The person of an account of the operating system; empty when it is nobody's."""
        return self._roster.accounts.get(account, "")

    def is_subject(self, ref: str) -> bool:
        """Whether cases may be about this reference."""
        return self._facts(ref).region is not None

    def is_member(self, person: str) -> bool:
        """Whether this is somebody who takes part as a member: without a digest, and in the role `lid` for itself."""
        return person not in self._roster.colleagues and self._facts(person).name is not None

    def name(self, person: str) -> str:
        return self._person(person).name or person

    def reach(self, person: str, on: date) -> Reach:
        """How somebody is written to on a day."""
        facts = self._person(person)
        address = max((known for known in facts.addresses if known[0] <= on), default=(on, ""))[1]
        return Reach(facts.channel, address, person in self._roster.colleagues)

    def channel(self, person: str) -> str:
        """`mail` or `post`; empty for nobody."""
        return self._person(person).channel

    def has_digest(self, person: str) -> bool:
        """A colleague, with a daily digest; a member has none and gets a mail for each matter."""
        return person in self._roster.colleagues

    def address(self, person: str, on: date) -> str:
        """The mail address on a day; empty when there is none."""
        return self.reach(person, on).address

    def roles_of(self, person: str, on: date) -> tuple[str, ...]:
        """The roles that this person holds over anything on a day, as himself: one statement."""
        held = set(self._session.exec(_held_on(Assignment.role, on).where(Assignment.person_id == person)))
        return tuple(sorted(held | {MEMBER} if self.is_member(person) else held))

    def colleagues(self, on: date) -> tuple[Colleague, ...]:
        """All colleagues by name, with the roles that they hold on a day, wherever that is more than one subject."""
        roles: dict[str, set[str]] = {}
        for (role, _, _), spans in self._roster.holders.items():
            for span in spans:
                if span.covers(on):
                    roles.setdefault(span.person, set()).add(role)
        known = self._roster.colleagues.items()
        found = (Colleague(id, facts.name or id, tuple(sorted(roles.get(id, ())))) for id, facts in known)
        return tuple(sorted(found, key=lambda each: (each.name, each.person)))

    # --- all of them, counted by the database

    def held_roles(self, on: date) -> frozenset[str]:
        """The roles that anybody holds on a day."""
        members = self._session.exec(select(Person.id).where(~col(Person.digest)).limit(1)).first()
        held = frozenset(self._session.exec(_held_on(Assignment.role, on).distinct()))
        return held | set(OWN) if members else held

    def active(self, on: date) -> int:
        """How many people hold a role on a day."""
        known: int | None = self._roster.memo.get(("active", on))
        if known is None:
            self._is_still(home(self._session).people_version)
            everybody = select(func.count()).select_from(Person)
            idle = everybody.where(col(Person.digest), ~col(Person.id).in_(_held_on(Assignment.person_id, on)))
            count = self._session.exec(everybody).one() - self._session.exec(idle).one()
            known = self._roster.remember(("active", on), count)
        return known


def _held_on(what: Any, on: date) -> SelectOfScalar[str]:
    return select(what).where(Assignment.since <= on, Assignment.until >= on)


def _no_right(held: Mapping[str, Sequence[str]]) -> str:
    """The words of ux.md section 5, with who does hold the role."""
    if not held:
        return "U mag dit niet afronden. Deze procedure staat dit aan geen enkele rol toe."
    who = " of ".join(f"{role} ({', '.join(people) or 'nu door niemand bezet'})" for role, people in held.items())
    return f"U mag dit niet afronden. De rol {who} wel."
