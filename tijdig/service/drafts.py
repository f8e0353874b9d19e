"""Who is told what, together with what, and when: pure (ux.md section 6; design, Notices and mails).

People are resolved here, as late as can be (design, law 8).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache, partial
from itertools import groupby
from typing import Any

from tijdig.engine.calendar import Calendar, local_day, short_date
from tijdig.service.letters import Digest, Letter, Reader, digest_letter, notice_letter, overdue_letter
from tijdig.service.matters import ASKING, Matter, Pending, why_lapsed
from tijdig.service.notices import Telling
from tijdig.service.people import Directory, Recipient
from tijdig.service.sending import is_open, may_go
from tijdig.service.wording import subject_name

SOON_DAYS = 5
"""A task that may be picked up within this many office days has a mail of its own (ux.md, section 6)."""

SO_MANY = 5
"""Of more new tasks than this at once none has a mail of its own because it begins soon: that is what a digest is for.

A mail by itself draws attention to one thing, and a colleague gets one overview a day (ux.md, section 6).
"""

ALONE = ("C", "D")
"""The kinds of notice that a colleague too is sent by themselves, never in the digest."""

_USABLE = re.compile(r"[!-?A-~]+@[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Desk:
    """What composing knows: the moment, the people, and all that may have to be told."""

    now: datetime
    calendar: Calendar
    people: Directory
    pending: Sequence[Pending]
    asked: Sequence[Matter] = ()
    """What is asked with a due day up to the end of this week, the most urgent first."""
    told: frozenset[tuple[int, str]] = frozenset()
    digested: frozenset[str] = frozenset()
    """Who has today's digest already."""
    taken_back: Mapping[int, datetime] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return local_day(self.now)


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail to be: for whom, about what, and how its words are made once it is known who reads it."""

    key: str
    person: str
    kind: str
    words: Callable[[Reader], Letter]
    behalf: str = ""
    thread: str = ""
    fatal: bool = False
    released: bool = False
    """Not for the storm breaker: an alarm, or part of a bulk act that was previewed."""
    notices: tuple[int, ...] = ()
    main: tuple[int, ...] = ()
    """Those of the notices that the mail was made for; the others ride along."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why somebody cannot be told, and what mends it."""

    kind: str
    key: str
    cause: str
    mend: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What composing comes to: mails, notices that lapse (with why), notices that everybody was told, troubles."""

    drafts: tuple[Draft, ...]
    lapsed: Mapping[int, str]
    finished: frozenset[int]
    troubles: tuple[Trouble, ...]


def decide(desk: Desk) -> Decided:
    """Who is told what now. What must wait (for the window, for tomorrow's digest, for a person) stays as it is."""
    lapsed = {n.id: why for n in desk.pending if (why := why_lapsed(n, desk.now, desk.taken_back))}
    alive = [n for n in desk.pending if n.id not in lapsed]
    post = _Addressing(desk)
    for notice in alive:
        post.address(notice)
    own, riding = post.sorted_out()
    drafts = (*own, *_digests(desk, riding, post))
    reached = desk.told | {(notice, draft.person) for draft in drafts for notice in draft.notices}
    finished = {i for i, people in post.meant_for.items() if people and all((i, p) in reached for p in people)}
    return Decided(drafts, lapsed, frozenset(finished), tuple({t.key: t for t in post.troubles}.values()))


Told = tuple[Pending, Recipient]


@dataclass(slots=True)
class _Addressing:
    """Notices as they are handed out to people; what concerns one matter comes together for each of them."""

    desk: Desk
    groups: dict[tuple[Any, ...], list[Told]] = field(default_factory=lambda: defaultdict(list))
    meant_for: dict[int, set[str]] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)

    def address(self, notice: Pending) -> None:
        desk, matter = self.desk, notice.matter
        recipients = desk.people.recipients(
            notice.role, subject=matter.subject, case=matter.code, on=desk.today,
            assignee=matter.assignee if notice.role == matter.role else "",
        )  # fmt: skip
        self.meant_for[notice.id] = {recipient.person for recipient in recipients}
        if not recipients:
            self.troubles.append(_nobody(notice, desk.today))
        for recipient in recipients:
            if (notice.id, recipient.person) not in desk.told and self.reaches(recipient.person):
                self.groups[(recipient.person, *_belongs_to(notice))].append((notice, recipient))

    def reaches(self, person: str) -> bool:
        people = self.desk.people
        if people.channel(person) == "post" or is_usable(people.address(person, self.desk.today)):
            return True
        self.troubles.append(_no_address(person))
        return False

    def sorted_out(self) -> tuple[tuple[Draft, ...], Mapping[str, list[Told]]]:
        """The mails that go out by themselves, and for each colleague what waits for the digest."""
        own: list[Draft] = []
        riding: dict[str, list[Told]] = defaultdict(list)
        soon = Counter(person for (person, *_), told in self.groups.items() if _is_new(told, self.desk))
        for (person, *_), told in self.groups.items():
            many = soon[person] > SO_MANY and _is_new(told, self.desk)
            alone = not many and any(_goes_alone(n, self.desk) for n, _ in told)
            if _has_digest(self.desk.people, person) and not alone:
                riding[person] += told
            elif any(_may_go(n, self.desk) for n, _ in told):
                own.append(_own_mail(told))
        return tuple(own), riding


def _belongs_to(notice: Pending) -> tuple[Any, ...]:
    matter = notice.matter
    return ("summary",) if notice.summary else matter_of_mail(notice.kind, notice.key, matter.case_id, matter)


def matter_of_mail(kind: str, key: str, case_id: int, about: Matter | Telling) -> tuple[Any, ...]:
    """What one person is told in one mail: a task with its reminders, the rungs of a ladder, the moves of a date."""
    if kind == "G":
        return "G", case_id, key
    return "A" if kind in ASKING else kind, case_id, about.step, about.round


def notice_key(case: str, entry: str, kind: str, person: str, about: Matter | Telling) -> str:
    """The key of a mail that tells one notice; `entry` is the key of its log entry."""
    key = f"notice/{case}/{entry}/{kind}/{person}"
    return f"{key}/{about.step}/{about.round}" if kind == "F" else key  # one act moves many dates


def _has_digest(people: Directory, person: str) -> bool:
    return people.has_digest(person) and people.channel(person) == "mail"


def _goes_alone(notice: Pending, desk: Desk) -> bool:
    """Whether a colleague gets this by itself rather than in the digest."""
    strict = notice.is_fatal or notice.is_statutory
    match notice.kind:
        case kind if kind in ALONE:
            return True
        case "A":
            start = notice.matter.start_on
            soon = desk.calendar.add_workdays(desk.today, SOON_DAYS, "kantoor")
            return strict or (start is not None and start <= soon)
        case "E":
            return strict
    return False


def _is_new(told: Iterable[Told], desk: Desk) -> bool:
    """Whether it is a new task that may be told by itself only since it begins soon."""
    alone = [notice for notice, _ in told if _goes_alone(notice, desk)]
    return bool(alone) and all(n.kind == "A" and not (n.is_fatal or n.is_statutory) for n in alone)


def _may_go(notice: Pending, desk: Desk) -> bool:
    return may_go(desk.now, desk.calendar, fatal=notice.is_fatal, late_from=notice.matter.late_from)


def _own_mail(told: Sequence[Told]) -> Draft:
    """One mail about one matter: the task rather than its reminder, else what came last; moves of a date as one."""
    order = sorted(told, key=lambda t: (t[0].kind in ("A", "C"), t[0].created_at, t[0].id))
    main, recipient = order[-1]
    notices = tuple(notice for notice, _ in order)
    if main.summary:
        key, thread = f"summary/{recipient.person}/{local_day(main.created_at)}/{main.id}", ""
        words: Callable[[Reader], Letter] = partial(overdue_letter, notices)
    else:
        main = _joined(notices)
        key = notice_key(main.matter.code, main.key, main.kind, recipient.person, main.matter)
        thread = main.matter.code
        words = partial(notice_letter, main)
    return Draft(
        key, recipient.person, main.kind, words, recipient.behalf, thread, any(n.is_fatal for n in notices),
        all(n.said.get("released") for n in notices), tuple(n.id for n in notices),
        tuple(n.id for n in notices) if main.summary else (main.id,),
    )  # fmt: skip


def _joined(notices: Sequence[Pending]) -> Pending:
    """The last of them; of moves that follow each other, the first old day beside the last new one."""
    last = notices[-1]
    if last.kind != "F":
        return last
    return replace(last, said={**last.said, "before": notices[0].said.get("before", "")})


def _digests(desk: Desk, riding: Mapping[str, list[Told]], post: _Addressing) -> Iterator[Draft]:
    """Today's overview for each colleague who has none yet and for whom there is anything."""
    if not is_open(desk.now, desk.calendar):
        return
    asked = _asked_of(desk)
    for person in sorted({*asked, *riding}):
        if person in desk.digested or not post.reaches(person):
            continue
        name = desk.people.name
        mine = [(matter, name(behalf) if behalf else "") for matter, behalf in asked.get(person, ())]
        notices = [(n, name(r.behalf) if r.behalf else "") for n, r in _told_once(riding.get(person, ()))]
        yield Draft(
            f"digest/{person}/{desk.today}", person, "B",
            partial(digest_letter, Digest(mine, notices), desk.now, desk.calendar),
            notices=tuple(n.id for n, _ in riding.get(person, ())),
        )  # fmt: skip


def _asked_of(desk: Desk) -> Mapping[str, list[tuple[Matter, str]]]:
    """What is asked of each colleague this week; a goal stays silent beside a step that serves it on the same day."""
    asked: dict[str, list[tuple[Matter, str]]] = defaultdict(list)
    shown = set()
    for matter in sorted(desk.asked, key=lambda m: m.kind == "goal"):
        if not matter.role:
            continue
        recipients = desk.people.recipients(
            matter.role, subject=matter.subject, case=matter.code, on=desk.today, assignee=matter.assignee
        )
        for recipient in recipients:
            served = (recipient.person, matter.case_id, matter.due)
            if _has_digest(desk.people, recipient.person) and not (matter.kind == "goal" and served in shown):
                shown.add(served)
                asked[recipient.person].append((matter, recipient.behalf))
    return {person: sorted(matters, key=lambda m: m[0].urgency) for person, matters in asked.items()}


def _told_once(told: Iterable[Told]) -> Iterator[Told]:
    """Each matter once in a digest: a new task rather than its reminder, the last reminder, the whole of a move."""
    by_matter = sorted(told, key=lambda t: _belongs_to(t[0]))
    for _, group in groupby(by_matter, key=lambda t: _belongs_to(t[0])):
        order = sorted(group, key=lambda t: (t[0].kind in ("A", "C"), t[0].created_at, t[0].id))
        yield _joined([notice for notice, _ in order]), order[-1][1]


@lru_cache(maxsize=10_000)
def is_usable(address: str) -> bool:
    """Whether mail can be sent there at all: one plain address, without a line break or a second recipient."""
    return _USABLE.fullmatch(address) is not None


def _nobody(notice: Pending, today: date) -> Trouble:
    matter = notice.matter
    return Trouble(
        "mail_role", f"mail-role/{notice.role}/{matter.subject}",
        f"Op {short_date(today)} is er niemand voor de rol {notice.role} van {subject_name(matter.subject)}; "
        f"een bericht over dossier {matter.code} wacht.",
        "Wijs de rol toe of wijs een vervanger aan (Beheer, Rollen en Afwezigheid). Het bericht gaat dan vanzelf.",
    )  # fmt: skip


def _no_address(person: str) -> Trouble:
    return Trouble(
        "mail_address", f"mail-address/{person}", f"{person} heeft geen bruikbaar mailadres; er wacht een bericht.",
        "Vul het adres in of kies het kanaal post (Beheer, Personen). Het bericht gaat dan vanzelf.",
    )  # fmt: skip
