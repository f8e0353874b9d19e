"""Who holds a role on a day, and who stands in: read from what the house holds now, by its dates (design, law 8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from tests.checker.days import DAY
from tests.checker.rows import Book, Holding

MEMBER = "lid"

Asked = tuple[str, str, str, date, str, date]


class People:
    def __init__(self, book: Book) -> None:
        self._book = book
        self._held: dict[tuple[str, str, str], list[Holding]] = defaultdict(list)
        for h in book.holdings:
            self._held[h.role, h.scope, "" if h.scope == "all" else h.value].append(h)
        for person in book.people.values():
            if not person.digest:  # a member, who holds its own role by rule
                own = Holding(person.id, MEMBER, "subject", person.id, date.min, date.max)
                self._held[MEMBER, "subject", person.id].append(own)
        self._narrow = {role for role, scope, _ in self._held if scope != "all"}
        self._known: dict[Asked, frozenset[str]] = {}

    def recipients(
        self, role: str, subject: str, case: str, on: date, assignee: str = ""
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Who is told: the assignee, if that one or a deputy is there; else all holders of the narrowest scope.

        Twice: as it is, and as it was if those who are away from that day on were only said to be so later that day.
        """
        asked = (role, subject, case, on, assignee)
        return self._recipients(*asked, on), self._recipients(*asked, on - DAY)

    def _recipients(self, role: str, subject: str, case: str, on: date, assignee: str, away_by: date) -> frozenset[str]:
        where = (subject, case) if role in self._narrow else ("", "")
        asked = (role, *where, on, assignee, away_by)
        if asked not in self._known:
            present = self._present([assignee], on, away_by) if assignee else frozenset()
            self._known[asked] = present or self._present(self._holders(role, subject, case, on), on, away_by)
        return self._known[asked]

    def reachable(self, person: str, on: date) -> bool:
        """Whether there is an address, or the person gets letters."""
        return self._book.people[person].channel == "post" or bool(self.address(person, on))

    def address(self, person: str, on: date) -> str:
        known = [(since, email) for since, email in self._book.addresses.get(person, ()) if since <= on]
        return max(known, default=(on, ""))[1]

    def gets_digest(self, person: str) -> bool:
        found = self._book.people.get(person)
        return bool(found and found.digest and found.channel == "mail")

    def roles_with_digest(self) -> frozenset[str]:
        """The roles whose work may stand in somebody's digest; of whom is away, in that of a deputy."""
        deputies = {a.person for a in self._book.absences if self.gets_digest(a.deputy)}
        return frozenset(h.role for h in self._book.holdings if self.gets_digest(h.person) or h.person in deputies)

    def _holders(self, role: str, subject: str, case: str, on: date) -> list[str]:
        region = self._book.regions.get(subject, "")
        for scope, value in (("case", case), ("subject", subject), ("region", region), ("all", "")):
            spans = self._held.get((role, scope, value), ()) if value or scope == "all" else ()
            if held := [span.person for span in spans if span.since <= on <= span.until]:
                return held
        return []

    def _present(self, holders: Iterable[str], on: date, away_by: date) -> frozenset[str]:
        away = {a.person: a.deputy for a in self._book.absences if a.since <= away_by and on <= a.until}
        told = {away.get(holder, holder) for holder in holders}
        return frozenset(person for person in told if person in self._book.people and person not in away)
