"""Notices and mails: everything that had to be told was, once, by what went out; and nothing else went out."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from hashlib import sha256
from pathlib import Path
from quopri import decodestring

from tests.checker.days import DAY, Office, day_of
from tests.checker.finding import Finding, Law
from tests.checker.people import People
from tests.checker.replay import Replay, Told
from tests.checker.rows import Book, Mail, Notice, Standing

AGAIN = "Dit bericht kunt u dubbel krijgen"
NEVER = datetime.min.replace(tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
REDIRECTED = "Oorspronkelijk aan: "
ADMINISTRATOR = "beheerder"
MONTHS = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
_MARK, _TOKEN = re.compile(r"/t/•[^•]+•"), re.compile(r"/t/([\w-]{43})")


@dataclass(frozen=True)
class Captured:
    """A mail as the outside got it."""

    message_id: str
    to: str
    subject: str
    text: str


def captured(mail: Path | Iterable[bytes | Captured]) -> list[Captured]:
    """Mails out of a folder of .eml files, or as raw messages, or as somebody read them already."""
    raw = [file.read_bytes() for file in sorted(mail.glob("*.eml"))] if isinstance(mail, Path) else mail
    return [each if isinstance(each, Captured) else _parsed(each) for each in raw]


def _parsed(raw: bytes) -> Captured:
    """By hand but for the headers: the library's parser takes milliseconds, and there may be many mails."""
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    message = BytesHeaderParser().parsebytes(head)
    number, to, subject = (str(make_header(decode_header(message[h] or ""))) for h in ("Message-ID", "To", "Subject"))
    if boundary := message.get_boundary():  # of the alternatives the plain one comes first
        body = body.split(f"--{boundary}\n".encode())[1].partition(b"\n\n")[2]
    return Captured(number.strip(), to.strip(), " ".join(subject.split()), decodestring(body).decode())


@dataclass
class Post:
    """The notices and mails of an installation, beside what the replays say must be told."""

    book: Book
    replays: Mapping[int, Replay]
    caught: Sequence[Captured] | None
    rounds: Sequence[datetime]
    """When everything was swept, composed and delivered, in order; the last one is now."""

    def __post_init__(self) -> None:
        self.people = People(self.book)
        self.roles = self.people.roles_with_digest()
        self.offices = sorted((since, number, Office.of(body)) for number, (since, body) in self.book.calendars.items())
        self._known_asked: dict[datetime, tuple[frozenset[str], frozenset[str]]] = {}
        self.now = self.rounds[-1]
        self.notices = {notice.id: notice for notice in self.book.notices}
        self.at = {(e.case, e.key): e.at for entries in self.book.entries.values() for e in entries}
        self.subjects = {case.id: case.subject for case in self.book.cases}
        self.mails_of: dict[int, list[Mail]] = defaultdict(list)
        for mail in self.book.mails:
            for number in mail.notices:
                self.mails_of[number].append(mail)
        self.tokens: dict[int, set[str]] = defaultdict(set)
        for link in self.book.links:
            self.tokens[link.mail].add(link.token_sha256)
        self.digests = {(m.person, m.day): m for m in self.book.mails if m.kind == "B"}
        self.settled = {(e.detail["mail"], e.detail["how"]) for e in self.book.events if e.kind == "settle_mail"}
        self.last_sent = max((m.sent_at for m in self.book.mails if m.sent_at), default=NEVER)
        self.open_incidents = {i.key for i in self.book.incidents if i.key and not i.settled_at}

    def judge(self) -> Iterator[Finding]:
        for replay in self.replays.values():
            yield from self._told(replay)
        for notice in self.book.notices:
            yield from self._notice(notice)
        for mail in self.book.mails:
            yield from self._mail(mail)
        yield from self._digests()
        yield from self._incidents()
        if self.caught is not None:
            yield from self._captured(self.caught)

    def office(self, at: datetime) -> Office:
        """The office's days as they were known then; the first ones also before, in a trial of the past."""
        return [office for n, (since, _, office) in enumerate(self.offices) if n == 0 or since <= at][-1]

    # --- notices

    def _told(self, replay: Replay) -> Iterator[Finding]:
        """Each effect that speaks has its notices, with the right dates; and nothing else has one."""
        code, must = replay.case.code, {told.name: told for told in replay.told}
        made = Counter((n.entry, n.kind, n.role, n.step, n.round) for n in self.book.notices_of.get(replay.case.id, ()))
        for name in must.keys() - made.keys():
            yield _found(code, must[name], "told", "nobody is to be told: the notice is missing")
        for name in made.keys() - must.keys():
            yield Finding(f"{code} {name[0]}", "no cause", f"a notice {name[1]} to {name[2]} about {name[3]}/{name[4]}")
        for name in (name for name, n in made.items() if n > 1):
            yield Finding(f"{code} {name[0]}", "twice", f"{made[name]} notices {name[1]} to {name[2]}")
        for notice in self.book.notices_of.get(replay.case.id, ()):
            if told := must.get((notice.entry, notice.kind, notice.role, notice.step, notice.round)):
                yield from _says(code, told, notice, self.mails_of[notice.id])

    def _notice(self, notice: Notice) -> Iterator[Finding]:
        replay, at = self.replays.get(notice.case), self.at.get((notice.case, notice.entry))
        place = f"{self.book.codes[notice.case]} {notice.entry} {notice.kind} {notice.role}"
        if at is None:
            yield Finding(place, "no cause", f"notice {notice.id} tells an entry that is not in the log")
            return
        told = [mail for mail in self.mails_of[notice.id] if mail.state != "vervallen"]
        for person, times in Counter(mail.person for mail in told).items():
            if times > 1:
                yield Finding(place, "twice", f"{person} has {times} mails of it")
        match notice.state:
            case "vervallen":
                if replay and not self._has_lapsed(notice, replay, at):
                    yield Finding(place, "silent", f"lapsed ({notice.why}), but its matter stands")
            case "klaar" | "samengevoegd":
                yield from self._reached(notice, place)
            case "gepland":
                if replay and (why := self._why_waiting(notice, replay, at)):
                    yield Finding(place, "told", f"waits still, and {why}")
            case _:
                yield Finding(place, "told", f"the notice is '{notice.state}'")

    def _has_lapsed(self, notice: Notice, replay: Replay, at: datetime) -> bool:
        """Whether there was nothing left to tell at some moment since."""
        if notice.kind == "G":
            return any(r.act == "take-back" and r.at >= at for r in replay.records)
        stood = [stand.get((notice.step, notice.round)) for stand in replay.since(at)]
        moved = notice.kind == "D" and any(s and s.late_from and s.late_from > at for s in stood)
        return None in stood or moved

    def _reached(self, notice: Notice, place: str) -> Iterator[Finding]:
        """Whoever was to be told on the day of the last mail has one; and nobody else has."""
        mails = self.mails_of[notice.id]
        if not mails:
            yield Finding(place, "told", f"is {notice.state}, but no mail tells it")
            return
        last, told = max(mail.created_at for mail in mails), {mail.person for mail in mails}
        if not any(meant <= told for meant in self._meant(notice, last)):
            left_out = self._meant(notice, last)[0] - told
            yield Finding(place, "told", f"{', '.join(sorted(left_out))} was not told")
        for mail in mails:
            if not any(mail.person in meant for meant in self._meant(notice, mail.created_at)):
                yield Finding(place, "told", f"{mail.person} was told on {mail.day} and does not hold {notice.role}")

    def _meant(self, notice: Notice, at: datetime) -> list[frozenset[str]]:
        """Who was to be told at a moment: each reading that is right. In doubt is what changed at that very instant."""
        readings: list[frozenset[str]] = []
        for moment in (at, at - INSTANT):
            standing = self._standing(notice, moment)
            assignee = standing.assignee if standing and standing.role == notice.role else ""
            code, subject = self.book.codes[notice.case], self.subjects[notice.case]
            readings += self.people.recipients(notice.role, subject, code, day_of(at), assignee)
        return readings

    def _standing(self, notice: Notice, at: datetime) -> Standing | None:
        replay = self.replays.get(notice.case)
        return replay.stood(at).get((notice.step, notice.round)) if replay else None

    def _why_waiting(self, notice: Notice, replay: Replay, at: datetime) -> str:
        """Why the last delivery should have seen to it; empty when it may still wait."""
        today = day_of(self.now)
        if (notice.not_before or at) > self.now or not self.office(self.now).is_open(self.now):
            return ""
        if self._has_lapsed(notice, replay, at):
            return "there is nothing left to tell" if self._standing(notice, self.now) is None else ""
        meant = frozenset.intersection(*self._meant(notice, self.now))
        if not meant:
            known = f"mail-role/{notice.role}/{self.subjects[notice.case]}" in self.open_incidents
            return "" if known or any(self._meant(notice, self.now)) else f"nobody holds {notice.role}, unreported"
        for person in meant - {mail.person for mail in self.mails_of[notice.id]}:
            digest = self.digests.get((person, today))
            if not self.people.reachable(person, today):
                if f"mail-address/{person}" not in self.open_incidents:
                    return f"{person} has no address, without an incident"
            elif not (self.people.gets_digest(person) and digest and digest.created_at <= at):
                return f"{person} could have been told"
        return ""

    # --- mails

    def _mail(self, mail: Mail) -> Iterator[Finding]:
        place = f"mail {mail.key}"
        yield from (Finding(place, law, problem) for law, problem in [*self._cause(mail), *self._moment(mail)])
        yield from (Finding(place, "mail", problem) for problem in self._state(mail))

    def _cause(self, mail: Mail) -> Iterator[tuple[Law, str]]:
        if mail.kind == "alarm":
            if not any(i.first_at <= mail.created_at for i in self.book.incidents):
                yield "no cause", "no incident stood"
        elif mail.kind == "B":
            if mail.key != f"digest/{mail.person}/{mail.day}":
                yield "no cause", "is no digest of its person and day"
            if not mail.notices and mail.person not in self._asked(mail.created_at)[0]:
                yield "no cause", "nothing is asked of its reader, and nothing rides in it"
        elif not mail.notices:
            yield "no cause", "tells no notice"

    def _moment(self, mail: Mail) -> Iterator[tuple[Law, str]]:
        notices = [self.notices[number] for number in mail.notices if number in self.notices]
        for notice in notices:
            if max(self.at.get((notice.case, notice.entry), mail.created_at), notice.not_before or mail.created_at) > (
                mail.created_at
            ):
                yield "early", f"made at {mail.created_at}, before {notice.entry} could be told"
        by_hand = (mail.id, "arrived") in self.settled
        moments = {"made": mail.created_at, "sent": None if by_hand else mail.sent_at}
        for what, at in moments.items():
            if at and not mail.fatal and mail.kind != "alarm" and not self.office(at).is_open(at):
                yield "early", f"{what} at {at}, outside office hours"
        if mail.sent_at and mail.sent_at < mail.created_at:
            yield "early", f"sent at {mail.sent_at}, before it was made"

    def _state(self, mail: Mail) -> Iterator[str]:
        """What became of a mail, and that somebody knows."""
        match mail.state:
            case "verzonden" | "wacht":
                if (mail.state == "verzonden") != (mail.sent_at is not None):
                    yield f"is {mail.state}, sent at {mail.sent_at}"
            case "klaar":
                later = mail.created_at + DAY < self.last_sent
                if later and "mail-server" not in self.open_incidents:
                    yield "stands ready, and later mails went out"
            case "mislukt" | "onzeker":
                if f"mail/{mail.id}" not in self.open_incidents:
                    yield f"is {mail.state} ({mail.why}), and no incident asks somebody to mend it"
            case "aangehouden" | "vervallen":
                if not mail.why:
                    yield f"is {mail.state} and does not say why"
                if mail.state == "vervallen" and not self._may_lapse(mail):
                    yield f"lapsed ({mail.why}), but what it tells stands"
            case _:
                yield f"is left '{mail.state}'"

    def _may_lapse(self, mail: Mail) -> bool:
        """Nothing left to tell, told in a later digest, dropped by a person, or old news while mailing was off."""
        old = mail.attempts == 0 and self.now - mail.created_at > timedelta(days=5)
        if mail.kind in ("B", "alarm") or old or (mail.id, "drop") in self.settled:
            return True
        told = [self.notices[number] for number in mail.notices]
        return all(
            self._has_lapsed(n, self.replays[n.case], self.at[n.case, n.entry]) for n in told if n.case in self.replays
        )

    # --- digests and incidents

    def _digests(self) -> Iterator[Finding]:
        """At each round in office hours, and when anybody had one, so had each colleague of whom something is asked."""
        moments = {max(m.created_at for m in self.digests.values() if m.day == day) for _, day in self.digests}
        moments |= {at for at in self.rounds if self.office(at).is_open(at)}
        for at in sorted(moments):
            for person in self._asked(at)[1]:
                today = day_of(at)
                if (person, today) not in self.digests and self.people.reachable(person, today):
                    yield Finding(f"{person} on {today}", "told", f"has no digest, though work is asked by {at}")

    def _asked(self, at: datetime) -> tuple[frozenset[str], frozenset[str]]:
        """The colleagues of whom something is asked this week or before: perhaps, and beyond doubt.

        In doubt are who is away from that very day on, and what changed at that very instant.
        """
        if at not in self._known_asked:
            readings = [self._asked_when(self._standing_at(moment), day_of(at)) for moment in (at - INSTANT, at)]
            both = [reading for pair in readings for reading in pair]
            self._known_asked[at] = frozenset.union(*both), frozenset.intersection(*both)
        return self._known_asked[at]

    def _standing_at(self, at: datetime) -> Iterator[tuple[int, Standing]]:
        for number, replay in self.replays.items():
            for stands in replay.stood(at).values():
                if stands.role in self.roles or self.people.gets_digest(stands.assignee):
                    yield number, stands

    def _asked_when(self, standing: Iterable[tuple[int, Standing]], today: date) -> list[frozenset[str]]:
        sunday = today + (6 - today.weekday()) * DAY
        told: tuple[set[str], set[str]] = (set(), set())
        for number, stands in standing:
            if stands.due and stands.due <= sunday:
                code, subject = self.book.codes[number], self.subjects[number]
                asked = self.people.recipients(stands.role, subject, code, today, stands.assignee)
                for people, them in zip(told, asked, strict=True):
                    people |= them
        return [frozenset(filter(self.people.gets_digest, people)) for people in told]

    def _incidents(self) -> Iterator[Finding]:
        """Each has a cause and a mend; one that stands for a day is told to the administrators (law 5)."""
        today, told = day_of(self.now), {mail.key for mail in self.book.mails}
        for incident in self.book.incidents:
            place = f"incident {incident.kind} {incident.key or incident.first_at}"
            if not (incident.cause and incident.mend):
                yield Finding(place, "told", "has no cause or no mend")
            stands = incident.key and incident.first_at <= self.now - DAY
            if stands and self.office(self.now).is_open(self.now):
                for person in frozenset.intersection(*self.people.recipients(ADMINISTRATOR, "", "", today)):
                    if f"incidents/{today}/{person}" not in told and self.people.reachable(person, today):
                        yield Finding(place, "told", f"{person} does not hear of it on {today}")

    # --- what went out

    def _captured(self, caught: Sequence[Captured]) -> Iterator[Finding]:
        rows = {mail.message_id: mail for mail in self.book.mails}
        copies: dict[str, list[Captured]] = defaultdict(list)
        for each in caught:
            copies[each.message_id].append(each)
        for number in copies.keys() - rows.keys():
            yield Finding(f"mail {number}", "mail", f"went out to {copies[number][0].to}, and stands nowhere")
        for number, mail in rows.items():
            place = f"mail {mail.key}"
            yield from (Finding(place, law, problem) for law, problem in self._went_out(mail, copies[number]))

    def _went_out(self, mail: Mail, copies: Sequence[Captured]) -> Iterator[tuple[Law, str]]:
        by_post = self.book.people[mail.person].channel == "post"
        if mail.state == "verzonden" and not copies and not by_post and (mail.id, "arrived") not in self.settled:
            yield "mail", "is sent, and nobody got it"
        tried_again = mail.attempts > 0 or (mail.id, "resend") in self.settled
        dropped = mail.state == "vervallen" and (mail.id, "drop") in self.settled  # it had been uncertain
        if copies and mail.state not in ("verzonden", "onzeker") and not (tried_again or dropped):
            yield "mail", f"is {mail.state}, and went out"
        unseen = [copy for copy in copies if AGAIN not in copy.text]
        if len(unseen) > 1 or (len(copies) > 1 and not tried_again):
            yield "twice", f"went out {len(copies)} times, {len(unseen)} of them without a word about it"
        for copy in copies:
            yield from (("mail", problem) for problem in self._differs(mail, copy, tried_again=tried_again))

    def _differs(self, mail: Mail, copy: Captured, *, tried_again: bool) -> Iterator[str]:
        """What went out is what stands written, with the tokens of its own links; before it was tried again perhaps to
        where its reader was then.
        """
        earlier = [email for _, email in self.book.addresses.get(mail.person, ())] if tried_again else []
        if copy.subject != " ".join(mail.subject.split()) or not _bare(copy.text).endswith(_bare(mail.text)):
            yield "other words went out than stand written"
        if copy.to not in (mail.address, *earlier) and REDIRECTED + mail.address not in copy.text:
            yield f"went to {copy.to}, not to {mail.address}"
        own = self.tokens[mail.id]
        if any(sha256(token.encode()).hexdigest() not in own for token in _TOKEN.findall(copy.text)):
            yield "has a link that leads nowhere"


def _bare(text: str) -> str:
    """A text without its tokens and marks, and with one kind of line end."""
    return _TOKEN.sub("/t/", _MARK.sub("/t/", text)).replace("\r", "").strip()


def _says(code: str, told: Told, notice: Notice, mails: Sequence[Mail]) -> Iterator[Finding]:
    """The notice says what it must: the dates as they stood, whether it is fatal, and from when it may be told."""
    due = notice.said.get("due")
    if told.dues and due not in [day.isoformat() for day in told.dues]:
        yield _found(code, told, "told", f"says due {due}, not {told.dues[0]}")
    if told.before and not _says_before(told.before, notice, mails):
        yield _found(code, told, "told", f"does not say that it was {told.before}")
    for name in ("fatal", "summary", "not_before"):
        if getattr(notice, name) != getattr(told, name):
            yield _found(code, told, "told", f"{name} is {getattr(notice, name)}, not {getattr(told, name)}")


def _says_before(day: date, notice: Notice, mails: Sequence[Mail]) -> bool:
    """Whether the old date stands in the notice; where a mail was made of it at once, in that mail alone."""
    if "before" in notice.said:
        return bool(notice.said["before"] == day.isoformat())
    return bool(mails) and all(f" {day.day} {MONTHS[day.month - 1]}" in mail.text for mail in mails)


def _found(code: str, told: Told, law: Law, problem: str) -> Finding:
    return Finding(f"{code} {told.entry} {told.kind} {told.role}", law, problem)
