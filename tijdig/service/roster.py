"""The people as the database holds them, read once for each version of them and shared by all of a process.

Colleagues are few and read whole. Members may be many: what is known of one is read when somebody asks for it, or for
many at once. The database itself gives the people another version at every change (migration 0003): a number at random,
so that what a transaction that rolled back had read under its own number is never found again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from sys import intern
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import select as columns
from sqlmodel import Session, col

from models.bulk import ask, day_of
from models.organisation import Absence, Address, Assignment, Person

AT_ONCE = 500
"""So many references are read by one statement."""
MOST = 10_000
"""So many references (of some 350 bytes) are remembered; and as many that were asked for before these."""
VERSIONS = 4
"""So many versions a process remembers: of its store the present one, and one that a transaction is making."""


class Span(NamedTuple):
    """A holder in a period, both days included."""

    person: str
    since: date
    until: date

    def covers(self, day: date) -> bool:
        return self.since <= day <= self.until


class Away(NamedTuple):
    """An absence, both days included; without a deputy where nobody was named."""

    since: date
    until: date
    deputy: str


class Facts(NamedTuple):
    """What is known of a reference: as a person (without a name it is none), and as what cases are about."""

    name: str | None = None
    channel: str = ""
    addresses: tuple[tuple[date, str], ...] = ()
    region: str | None = None
    """Of what cases are about, perhaps empty; None for who is only a person."""
    held: tuple[tuple[str, Span], ...] = ()
    """Roles over this reference by name."""


NOTHING = Facts()
T = TypeVar("T")


@dataclass(slots=True)
class Roster:
    """The people in one version. Threads may use it at once: at worst one reads again what another one did."""

    colleagues: Mapping[str, Facts]
    holders: Mapping[tuple[str, str, str], Sequence[Span]]
    """By role, scope and value: all but those over one subject."""
    by_case: frozenset[str]
    """The roles that somebody holds over a single case."""
    absences: Mapping[str, Sequence[Away]]
    accounts: Mapping[str, str]
    """The person of each account of the operating system."""
    asked: dict[str, Facts] = field(default_factory=dict)
    before: dict[str, Facts] = field(default_factory=dict)
    memo: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    """What was worked out from the above: a day passes, the people stay."""

    def recall(self, ref: str) -> Facts | None:
        """What is known of a reference, if it was read and not forgotten since."""
        found = self.asked.get(ref)
        if found is None and (found := self.before.get(ref)):
            self.keep({ref: found})
        return found

    def keep(self, found: Mapping[str, Facts]) -> None:
        """Remember what was read; what nobody asked for since the last time that this was full, is forgotten."""
        if len(self.asked) + len(found) > MOST:
            self.before, self.asked = self.asked, {}
        self.asked.update(found)

    def remember(self, what: tuple[Any, ...], found: T) -> T:
        """Remember an answer, for those who ask again."""
        if len(self.memo) >= MOST:
            self.memo.clear()
        self.memo[what] = found
        return found


_KEPT: dict[int, Roster] = {}


def roster(session: Session, version: int | None) -> Roster:
    """The people in this version, which is that of this transaction. Without a version nothing is remembered."""
    if version is None:
        return _read(session)
    found = _KEPT.get(version)
    if found is None:
        found = _KEPT[version] = _read(session)
        for old in list(_KEPT)[:-VERSIONS]:
            _KEPT.pop(old, None)
    return found


def _read(session: Session) -> Roster:
    """Colleagues, what is held over more than one subject, and absences (few, whosever they are)."""
    held, absences, reached = defaultdict(list), defaultdict(list), defaultdict(list)
    for role, scope, value, *span in session.execute(_HELD):
        held[role, scope, value if scope != "all" else ""].append(Span(*span))
    for person, since, until, deputy in session.execute(_AWAY):
        absences[person].append(Away(since, until, deputy or ""))
    for person, since, email in session.execute(_REACHED):
        reached[person].append((since, email.strip()))
    colleagues = {id: Facts(name, channel, tuple(reached[id])) for id, name, channel in session.execute(_COLLEAGUES)}
    by_case = frozenset(role for role, scope, _ in held if scope == "case")
    accounts = {account: id for id, account in session.execute(_ACCOUNTS)}
    return Roster(colleagues, dict(held), by_case, dict(absences), accounts)


_COLLEAGUES = columns(col(Person.id), col(Person.name), col(Person.channel)).where(col(Person.digest))
_ACCOUNTS = columns(col(Person.id), col(Person.account)).where(col(Person.account).is_not(None))
_REACHED = (
    columns(col(Address.person_id), col(Address.since), col(Address.email)).join(Person).where(col(Person.digest))
)
_HELD = columns(
    col(Assignment.role), col(Assignment.scope), col(Assignment.scope_value), col(Assignment.person_id),
    col(Assignment.since), col(Assignment.until),
).where(col(Assignment.scope).in_(("all", "region", "case")))  # fmt: skip
_AWAY = columns(col(Absence.person_id), col(Absence.since), col(Absence.until), col(Absence.deputy_id))


# --- what is asked for


def facts_of(session: Session, refs: Sequence[str]) -> tuple[int | None, dict[str, Facts]]:
    """What is known of each of these references, and the version of the people that it belongs to: one statement."""
    version: int | None = None
    found: dict[str, Facts] = dict.fromkeys(refs, NOTHING)
    days: dict[Any, date] = {}
    some = list(refs)
    for ref, name, channel, region, email, since, role, holder, until in ask(session, _FACTS, some, some, some):
        if ref is None:
            version = name and int(name)
            continue
        known = found[ref]
        if role:
            span = Span(intern(holder), day_of(since), day_of(until))
            found[ref] = known._replace(held=(*known.held, (intern(role), span)))
            continue
        addresses = known.addresses
        if since is not None:
            day = days.get(since) or days.setdefault(since, day_of(since))
            addresses = (*addresses, (day, email.strip()))
        found[ref] = Facts(
            name, intern(channel or ""), addresses, None if region is None else intern(region), known.held
        )
    return version, found


_FACTS = """
select p.id, name, channel, region, email, a.since, '', '', cast(null as date)
  from person p left join subject on ref = p.id left join address a on a.person_id = p.id where p.id in (?*) union all
select ref, null, null, region, null, null, '', '', null from subject
  where ref in (?*) and not exists (select 1 from person where id = ref) union all
select scope_value, null, null, null, null, since, role, person_id, until from assignment
  where scope = 'subject' and scope_value in (?*) union all
select null, cast(people_version as text), null, null, null, null, '', '', null from installation
"""
"""Rows of people with an address each, of what else cases are about, and of who holds a role over it, all found by an
index. The version comes along, so that it is certain to be theirs."""
