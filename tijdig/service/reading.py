"""Who may read a dossier: who has a role in its procedure for its subject, today, or stands in for such a one.

In a live installation it is written down who read which dossier, and who was refused (design, Trust).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TypeVar

from sqlmodel import Session

from models.case import Case
from models.operation import Event
from models.session import Store
from tijdig.engine.case import Terms
from tijdig.engine.errors import Refused
from tijdig.engine.snapshot import canonical
from tijdig.service.clock import home
from tijdig.service.held import LOADER, Held
from tijdig.service.people import ADMINISTRATOR, MEMBER, NO_RIGHT, Directory
from tijdig.service.pins import pins_of

AnyCase = TypeVar("AnyCase", Case, Held)

NOT_YOURS = "Dit dossier is niet van een van uw rollen. Vraag het aan wie het wel heeft."


@dataclass(frozen=True, slots=True)
class Reader:
    """A colleague who looks, on a day."""

    session: Session
    people: Directory
    person: str
    today: date

    def may_read(self, case: Case | Held) -> bool:
        """Whether this dossier is one of theirs."""
        terms = case.terms if isinstance(case, Held) else LOADER.load(self.session, pins_of(case))
        return any(self._holds(role, case.subject, case.code) for role in _roles(terms))

    def theirs(self, cases: Iterable[AnyCase]) -> Iterator[AnyCase]:
        """Of these dossiers the ones that they may read."""
        cases = list(cases)
        self.people.prefetch(case.subject for case in cases)
        return (case for case in cases if self.may_read(case))

    def roles(self) -> tuple[str, ...]:
        """The roles that they have over anything today, also those of whom they stand in for; not that of a member."""
        acting = (self.person, *self.people.stands_in_for(self.person, self.today))
        held = {role for person in acting for role in self.people.roles_of(person, self.today)}
        return tuple(sorted(held - {MEMBER}))

    def over(self, subjects: Iterable[str], roles: Iterable[str]) -> list[str]:
        """Of what cases are about, that over which they have one of these roles today."""
        subjects, roles = list(subjects), list(roles)
        self.people.prefetch(subjects)
        return [subject for subject in subjects if any(self._holds(role, subject, "") for role in roles)]

    def _holds(self, role: str, subject: str, case: str) -> bool:
        holders = self.people.holders(role, subject=subject, case=case, on=self.today)
        if self.person in holders:
            return True
        told = self.people.recipients(role, subject=subject, case=case, on=self.today)
        return any(each.person == self.person for each in told)


@lru_cache(maxsize=256)
def _roles(terms: Terms) -> tuple[str, ...]:
    """The roles of a procedure for colleagues; who looks after the installation reads all."""
    procedure, parts = terms.procedure, terms.procedure.parts
    named = [procedure.owner, procedure.late_to, *procedure.readers, *(part.role for part in parts)]
    named += [rung.to for part in parts for rung in part.when_late]
    roles = dict.fromkeys((*terms.roles(tuple(named)), ADMINISTRATOR))
    return tuple(role for role in roles if role != MEMBER)


def note_reading(store: Store, person: str, case: str, *, wall: datetime, account: str = "") -> None:
    """Write down, in a live installation, that somebody looked into a dossier.

    In the browser that is a person; at the machine it is who has this account, if anybody.
    """
    with store.read() as session:
        is_live = home(session).mode == "live"
        reader = Directory.load(session).of_account(account) if account else person
    if is_live:
        how = {"account": account} if account else {"via": "web"}
        with store.write() as session:
            session.add(Event(at=wall, kind="read", actor=reader, detail=canonical({**how, "case": case})))


def refuse(store: Store, person: str, case: str, *, wall: datetime) -> Refused:
    """Write down that somebody asked for a dossier that is not theirs; gives what they are told."""
    with store.write() as session:
        detail = canonical({"case": case, "via": "web", "code": NO_RIGHT, "why": NOT_YOURS})
        session.add(Event(at=wall, kind="denied", actor=person, detail=detail))
    return Refused(NOT_YOURS, code=NO_RIGHT)
