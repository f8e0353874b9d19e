"""From notices to mails: who is told what, together with what, and when (ux.md section 6; design, Notices and mails).

`decide` is pure: it takes what waits, the people and the moment, and gives mails to be. `compose` reads and writes
around it, in one transaction. People are resolved here, as late as can be (design, law 8).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from sqlalchemy import insert
from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select, update

from models.case import Case, OpenObligation
from models.message import Mail, MailNotice, Notice
from models.operation import Incident, Installation
from models.pins import CalendarVersion, Definition, SettingsVersion
from tijdig.engine.calendar import Calendar, local_day, short_date
from tijdig.engine.language import Setting
from tijdig.service.envelope import message_id, number_of
from tijdig.service.incidents import open_incidents, passed, raise_incident
from tijdig.service.letters import (
    Digest,
    Letter,
    Reader,
    alarm_letter,
    digest_letter,
    incidents_letter,
    notice_letter,
    overdue_letter,
)
from tijdig.service.matters import (
    ASKING,
    Matter,
    Pending,
    asked_until,
    pending_notices,
    taken_back,
    told_already,
    why_lapsed,
)  # fmt: skip
from tijdig.service.people import Directory, Recipient
from tijdig.service.pins import procedure_of
from tijdig.service.sending import is_open, may_go
from tijdig.service.wording import subject_name

SOON_DAYS = 5
"""A task that may be picked up within this many office days has a mail of its own (ux.md, section 6)."""

STANDS_TOO_LONG = timedelta(days=1)
"""An incident that is open for longer is told to the administrators."""

STORM_AT_LEAST = 50
STORM_WITHIN = timedelta(hours=1)

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""When a new mail may be tried: delivery counts in wall-clock time, and a trial's `now` may lie beyond it."""

ADMINISTRATOR = "beheerder"
UNREACHABLE = ("mail_role", "mail_address")
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
        for (person, *_), told in self.groups.items():
            if _has_digest(self.desk.people, person) and not any(_goes_alone(n, self.desk) for n, _ in told):
                riding[person] += told
            elif any(_may_go(n, self.desk) for n, _ in told):
                own.append(_own_mail(told))
        return tuple(own), riding


def _belongs_to(notice: Pending) -> tuple[Any, ...]:
    """What one person is told in one mail: a task with its reminders, the rungs of a ladder, the moves of a date."""
    if notice.summary:
        return ("summary",)
    if notice.kind == "G":
        return ("G", notice.matter.code, notice.key)
    return ("A" if notice.kind in ASKING else notice.kind, *notice.matter.task)


def _has_digest(people: Directory, person: str) -> bool:
    return people.has_digest(person) and people.channel(person) == "mail"


def _goes_alone(notice: Pending, desk: Desk) -> bool:
    """Whether a colleague gets this by itself rather than in the digest."""
    strict = notice.is_fatal or notice.is_statutory
    match notice.kind:
        case "C" | "D":
            return True
        case "A":
            start = notice.matter.start_on
            soon = desk.calendar.add_workdays(desk.today, SOON_DAYS, "kantoor")
            return strict or (start is not None and start <= soon)
        case "E":
            return strict
    return False


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
        key, thread = f"notice/{main.matter.code}/{main.key}/{main.kind}/{recipient.person}", main.matter.code
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


# --- reading and writing


def compose(session: Session, *, now: datetime, url: str) -> dict[str, int]:
    """Make mails of the notices that wait, in this transaction. `url` is the base of links.

    Gives the counts `composed`, `held` (by the storm breaker, and letters to print), `lapsed` and `troubles`.
    """
    home = session.exec(select(Installation).with_for_update()).one()  # one at a time: digests are one a day
    calendar, people = current_calendar(session), Directory.load(session)
    if is_open(now, calendar):
        _take_back_old_digests(session, local_day(now))
    desk = _desk(session, now, calendar, people)
    _pass_storm(session, now)
    decided = decide(desk)
    drafts, held, alarm = _break_storm(session, desk, decided.drafts)
    alarm = [*alarm, *_escalate_incidents(session, desk)]
    waiting = _waiting_for_others(session, people, local_day(now)) if any(d.kind == "B" for d in drafts) else {}
    _close_notices(session, decided)
    _write(session, [*drafts, *alarm], held, _Writer(desk, url, home.uuid, waiting))
    _report(session, decided.troubles, now)
    prints = sum(people.channel(draft.person) == "post" for draft in drafts)
    return {"composed": len(drafts), "held": len(held) + prints, "lapsed": len(decided.lapsed),
            "troubles": len(decided.troubles)}  # fmt: skip


def current_calendar(session: Session) -> Calendar:
    """The newest version of the calendar."""
    body = session.exec(select(CalendarVersion.body).order_by(col(CalendarVersion.id).desc()).limit(1)).one()
    return Calendar.from_dict(json.loads(body))


def _desk(session: Session, now: datetime, calendar: Calendar, people: Directory) -> Desk:
    today, pending = local_day(now), pending_notices(session, now)
    back = taken_back(session, pending)
    if not is_open(now, calendar):
        return Desk(now, calendar, people, pending, told=told_already(session), taken_back=back)
    digested = session.exec(select(Mail.person_id).where(Mail.kind == "B", Mail.day == today))
    sunday = today + timedelta(days=6 - today.weekday())
    return Desk(
        now, calendar, people, pending, asked_until(session, sunday), told_already(session), frozenset(digested), back
    )


def _take_back_old_digests(session: Session, today: date) -> None:
    """A digest of an earlier day that never went out makes room for today's; what rode in it is told anew."""
    old = select(Mail.id).where(
        Mail.kind == "B", Mail.day < today, col(Mail.state).in_(("klaar", "wacht", "aangehouden"))
    )
    ids = session.exec(old.with_for_update()).all()  # locked: one that is being claimed now goes out and stays
    rode = select(MailNotice.notice_id).where(col(MailNotice.mail_id).in_(ids))
    unsynced = {"synchronize_session": False}
    session.execute(update(Notice).where(col(Notice.id).in_(rode)).values(state="gepland"), execution_options=unsynced)
    why = "opgevolgd door een later dagoverzicht"
    session.execute(
        update(Mail).where(col(Mail.id).in_(ids)).values(state="vervallen", why=why), execution_options=unsynced
    )


def _break_storm(
    session: Session, desk: Desk, drafts: Sequence[Draft]
) -> tuple[Sequence[Draft], frozenset[str], Sequence[Draft]]:
    """The drafts, the keys of those that are held, and the alarm; fatal mail is counted but never held."""
    limit = max(STORM_AT_LEAST, 2 * len(desk.people.active(desk.today)))
    recent = select(func.count()).select_from(Mail).where(
        col(Mail.created_at) > desk.now - STORM_WITHIN, col(Mail.created_at) <= desk.now, Mail.state != "aangehouden"
    )  # fmt: skip
    counted = [d for d in drafts if not d.released and desk.people.channel(d.person) == "mail"]
    total = session.exec(recent).one() + len(counted) if counted else 0
    if total <= limit:
        return drafts, frozenset(), ()
    holdable = sorted((d for d in counted if not d.fatal), key=lambda d: d.kind not in ("B", "C", "D"))
    held = holdable[max(len(holdable) - (total - limit), 0) :]
    cause = f"{total} berichten in één ronde, de grens is {limit}; {len(held)} aangehouden."
    raise_incident(session, "storm", "storm", cause=cause, now=desk.now,
                   mend="Bekijk ze in Postvak uit: laat ze gaan, of laat ze vervallen (tijdig settle).")  # fmt: skip
    alarm = [
        Draft(
            f"storm/{desk.now:%Y-%m-%dT%H:%M}/{r.person}", r.person, "alarm",
            partial(alarm_letter, total, len(held), limit, ADMINISTRATOR), r.behalf, released=True,
        )
        for r in desk.people.recipients(ADMINISTRATOR, subject="", case="", on=desk.today)
        if is_usable(desk.people.address(r.person, desk.today))
    ]  # fmt: skip
    return drafts, frozenset(draft.key for draft in held), alarm


def _pass_storm(session: Session, now: datetime) -> None:
    """A storm is over when somebody settled every mail that it held."""
    held = select(Mail.id).where(Mail.state == "aangehouden", Mail.why == STORM)
    if session.exec(held.limit(1)).first() is None:
        passed(session, ["storm"], by="compose", now=now)


def _escalate_incidents(session: Session, desk: Desk) -> Iterator[Draft]:
    """An incident that stays open is told to the administrators each office day, until it is mended (law 5)."""
    standing = [i for i in open_incidents(session) if i.first_at <= desk.now - STANDS_TOO_LONG]
    if not standing or not is_open(desk.now, desk.calendar):
        return
    told = set(session.exec(select(Mail.key).where(Mail.day == desk.today, Mail.kind == "alarm")))
    said = [(i.cause, i.mend, local_day(i.first_at)) for i in standing]
    for r in desk.people.recipients(ADMINISTRATOR, subject="", case="", on=desk.today):
        key = f"incidents/{desk.today}/{r.person}"
        if key not in told and is_usable(desk.people.address(r.person, desk.today)):
            words = partial(incidents_letter, said, ADMINISTRATOR)
            yield Draft(key, r.person, "alarm", words, r.behalf, released=True)


def _close_notices(session: Session, decided: Decided) -> None:
    main = {notice for draft in decided.drafts for notice in draft.main}
    rows = [{"id": i, "state": "vervallen", "why": why} for i, why in decided.lapsed.items()]
    rows += [{"id": i, "state": "klaar" if i in main else "samengevoegd", "why": ""} for i in sorted(decided.finished)]
    if rows:
        session.execute(update(Notice), rows)


@dataclass(frozen=True, slots=True)
class _Writer:
    """What turns a draft into the row of a mail."""

    desk: Desk
    url: str
    installation: str
    waiting: Mapping[str, int]

    def row(self, draft: Draft, state: str, why: str) -> dict[str, Any]:
        people, today = self.desk.people, self.desk.today
        id = message_id(self.installation, draft.key)
        behalf = people.name(draft.behalf) if draft.behalf else ""
        reader = Reader(
            draft.person, today, self.url, number_of(id), people.channel(draft.person), behalf,
            self.waiting.get(draft.person, 0),
        )  # fmt: skip
        letter = draft.words(reader)
        return {
            "key": draft.key, "person_id": draft.person, "kind": draft.kind, "day": today, "thread": draft.thread,
            "address": "" if reader.channel == "post" else people.address(draft.person, today), "message_id": id,
            "fatal": draft.fatal, "state": state, "why": why, "attempts": 0, "next_try_at": AT_ONCE,
            "created_at": self.desk.now, "subject": letter.subject, "text": letter.text, "html": letter.html,
        }  # fmt: skip


STORM, POST = "te veel berichten in één ronde", "per post: druk het af en verstuur het"


def _write(session: Session, drafts: Sequence[Draft], held: frozenset[str], writer: _Writer) -> None:
    rows = []
    for draft in drafts:
        by_post = writer.desk.people.channel(draft.person) == "post"
        why = POST if by_post else STORM if draft.key in held else ""
        rows.append(writer.row(draft, "aangehouden" if why else "klaar", why))
    if not rows:
        return
    made = session.execute(insert(Mail).returning(col(Mail.key), col(Mail.id)), rows)
    ids: dict[str, int] = {key: number for key, number in made if number is not None}
    tells = [{"mail_id": ids[draft.key], "notice_id": notice} for draft in drafts for notice in draft.notices]
    if tells:
        session.execute(insert(MailNotice), tells)
    for row in rows:
        if row["why"] == POST:
            number = ids[row["key"]]
            raise_incident(
                session, "print", f"print/{number}", cause=f"Bericht {number} gaat per post: {row['subject']}.",
                mend=f"Druk het af uit Postvak uit en verstuur het; meld dat met: tijdig settle {number} arrived.",
                now=writer.desk.now,
            )  # fmt: skip


def _report(session: Session, troubles: Sequence[Trouble], now: datetime) -> None:
    """Each trouble is an incident once; one that is no longer there has mended itself."""
    known = set(session.exec(select(Incident.key).where(col(Incident.kind).in_(UNREACHABLE))))
    for trouble in troubles:
        if trouble.key not in known:
            raise_incident(session, trouble.kind, trouble.key, cause=trouble.cause, mend=trouble.mend, now=now)
    passed(session, {key for key in known if key} - {trouble.key for trouble in troubles}, by="compose", now=now)


def _waiting_for_others(session: Session, people: Directory, today: date) -> Mapping[str, int]:
    """For each owner of cases: how many open steps in them are somebody else's (ux.md, Wacht op anderen)."""
    owners = _owners(session)
    steps = (
        columns(col(Case.definition_id), col(Case.subject), col(Case.code), col(OpenObligation.role),
                col(OpenObligation.assignee))
        .join(Case, col(Case.id) == col(OpenObligation.case_id))
        .where(col(OpenObligation.kind) == "step")
    )  # fmt: skip
    waiting: dict[str, int] = defaultdict(int)
    for definition, subject, code, role, assignee in session.execute(steps.execution_options(yield_per=5000)):
        at = {"subject": subject, "case": code, "on": today}
        doing = {r.person for r in people.recipients(role, assignee=assignee, **at)}
        for owner in people.recipients(owners[definition], **at):
            waiting[owner.person] += owner.person not in doing
    return waiting


def _owners(session: Session) -> Mapping[int | None, str]:
    """The role that owns the cases of each published definition, under the newest settings."""
    newest = session.exec(select(SettingsVersion.values).order_by(col(SettingsVersion.id).desc()).limit(1)).first()
    chosen = json.loads(newest or "{}")
    owners = {}
    for definition in session.exec(select(Definition)):
        owner = procedure_of(definition).owner
        owners[definition.id] = (
            str(chosen.get(owner.id) or owner.default or "") if isinstance(owner, Setting) else owner
        )
    return owners
