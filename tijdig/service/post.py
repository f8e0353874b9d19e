"""Mails that need not wait: composed in the transaction of the effect that they tell (design, Notices and mails).

What one person without a digest is told about one matter, alone and in the sending window, has nothing to be merged
with. All else waits for `compose`, which decides by the same rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from sqlmodel import Session

from models.bulk import ask
from tijdig.engine.calendar import Calendar, local_day
from tijdig.service.alarms import leaves_room
from tijdig.service.clock import home
from tijdig.service.drafts import ALONE, is_usable, matter_of_mail, notice_key
from tijdig.service.envelope import message_id, number_of
from tijdig.service.held import Held
from tijdig.service.mails import Mails
from tijdig.service.matters import Pending
from tijdig.service.notices import Telling
from tijdig.service.people import Directory, Recipient
from tijdig.service.pins import current_calendar
from tijdig.service.sending import is_open
from tijdig.service.stencils import Stencil, stencil
from tijdig.service.wording import subject_name

KEPT = 2000
"""So many stencils are remembered by a process."""

_STENCILS: dict[tuple[Telling, date, str, bool], Stencil] = {}


class Fresh(NamedTuple):
    """A notice that is about to be written: its id, the key of its log entry, its case, and when."""

    id: int
    key: str
    one: Held
    telling: Telling
    at: datetime


class _Ready(NamedTuple):
    """A notice that is a mail of its own, with who gets it and where."""

    it: Fresh
    person: str
    address: str


@dataclass(slots=True)
class Post:
    """What composes at once. `url` is the base of links."""

    session: Session
    people: Directory
    url: str
    _calendar: Calendar = field(init=False)
    _installation: str = field(init=False)

    def __post_init__(self) -> None:
        self._calendar = current_calendar(self.session)
        self._installation = home(self.session).uuid

    def compose(self, fresh: Sequence[Fresh]) -> tuple[Mails, Collection[int]]:
        """The mails of the notices that need not wait, and the ids of these."""
        mails, ready = Mails(self.session), self._ready(fresh)
        if not ready or not leaves_room(self.session, self.people, len(ready), fresh[-1].at):
            return mails, ()
        for telling, alike in _by_telling(ready):
            self._word(mails, telling, alike)
        return mails, {each.it.id for each in ready}

    # --- which

    def _ready(self, fresh: Sequence[Fresh]) -> list[_Ready]:
        """The notices that are all that one person is told about a matter, each with that person and its address."""
        is_open_at = {at: is_open(at, self._calendar) for at in {it.at for it in fresh}}
        plain = [it for it in fresh if it.telling.is_plain and is_open_at[it.at]]
        if not plain:
            return []
        self.people.prefetch({it.one.subject for it in plain})
        waiting, merged = self._waiting({it.one.id for it in plain if it.one.written}), self._merged(fresh)
        ready = []
        for it in plain:
            readers = self._readers(it)
            if len(readers) == 1 and not readers[0].behalf and it.one.id not in waiting:
                person = readers[0].person
                address = self._address(it, person)
                if address and not (merged and (person, _matter(it)) in merged):
                    ready.append(_Ready(it, person, address))
        return ready

    def _merged(self, fresh: Sequence[Fresh]) -> Collection[tuple[str, object]]:
        """What people are told by more than one notice: these have to be merged."""
        cases = Counter(it.one.id for it in fresh)
        many = [it for it in fresh if cases[it.one.id] > 1] if len(cases) < len(fresh) else []
        told = Counter((reader.person, _matter(it)) for it in many for reader in self._readers(it))
        return {each for each, times in told.items() if times > 1}

    def _waiting(self, cases: Collection[int]) -> Collection[int]:
        """Of these cases the ones of which somebody is still to be told something: that may have to be merged."""
        if not cases:
            return ()
        waits = "select case_id from notice where state = 'gepland' and case_id in (?*)"
        return {case for (case,) in ask(self.session, waits, list(cases))}

    def _readers(self, it: Fresh) -> tuple[Recipient, ...]:
        telling, one = it.telling, it.one
        return self.people.recipients(
            telling.role, subject=one.subject, case=one.code, on=local_day(it.at), assignee=telling.assignee
        )

    def _address(self, it: Fresh, person: str) -> str:
        """Where this person gets it by itself; empty when it rides in a digest, goes by post or cannot be mailed."""
        channel, address, has_digest = self.people.reach(person, local_day(it.at))
        if channel != "mail" or (has_digest and it.telling.kind not in ALONE):
            return ""
        return address if is_usable(address) else ""

    # --- in which words

    def _word(self, mails: Mails, telling: Telling, alike: Sequence[_Ready]) -> None:
        """The mails of one telling: the same words, but for what differs from case to case."""
        first, kind, name = alike[0].it, telling.kind, self.people.name
        at, day, fatal = first.at, local_day(first.at), telling.fatal or telling.matter.fatal
        stencils = {own: self._stencil(first, day, own=own) for own in {e.person == e.it.one.subject for e in alike}}
        for it, person, address in alike:
            one = it.one
            key, form = notice_key(one.code, it.key, kind, person, telling), stencils[person == one.subject]
            words: dict[str, object] = {"code": one.code, "case_id": one.id}
            if "name" in form.words:
                words["name"] = name(one.subject)
            if "subject" in form.words:
                words["subject"] = subject_name(one.subject)
            if "number" in form.words:  # it takes a hash to know
                words["number"] = number_of(message_id(self._installation, key))
            letter = form.fill(words)
            mails.add(key, person, kind, letter, address=address, at=at, day=day, notices=(it.id,), thread=one.code,
                      fatal=fatal)  # fmt: skip

    def _stencil(self, it: Fresh, day: date, *, own: bool) -> Stencil:
        telling = it.telling
        known = _STENCILS.get((telling, day, self.url, own))
        if known is None:
            pending = Pending(it.id, it.key, telling.kind, telling.role, telling.said, telling.fatal, False, it.at,
                              telling.matter)  # fmt: skip
            known = stencil(pending, today=day, url=self.url, own=own)
            if len(_STENCILS) >= KEPT:
                _STENCILS.clear()
            _STENCILS[telling, day, self.url, own] = known
        return known


def _by_telling(ready: Iterable[_Ready]) -> Iterable[tuple[Telling, Sequence[_Ready]]]:
    alike: dict[Telling, list[_Ready]] = {}
    for each in ready:
        alike.setdefault(each.it.telling, []).append(each)
    return alike.items()


def _matter(it: Fresh) -> tuple[object, ...]:
    return matter_of_mail(it.telling.kind, it.key, it.one.id, it.telling)
