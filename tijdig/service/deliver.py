"""Mails go out: each claimed in one commit, handed over, and settled in the next (design, law 3).

A process that dies in between leaves a mail *bezig*; when its lease is over it is *onzeker*, never simply sent again.
Leases and back-off count on the wall clock, the sending window on the installation's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, func, select, update

from models.message import UNSENT, Mail
from models.operation import Installation, Run
from models.session import Store
from tijdig.engine.calendar import Calendar, local_day
from tijdig.engine.errors import Misconfigured, Refused
from tijdig.engine.snapshot import canonical
from tijdig.service.channel import Channel, Files, Outcome, Unreachable, is_loopback
from tijdig.service.clock import installation
from tijdig.service.drafts import is_usable
from tijdig.service.envelope import AGAIN, envelope, message_id
from tijdig.service.heads import seal_sent
from tijdig.service.hold import GOES, IN_GAP, UNSYNCED, hold_repeated, is_held
from tijdig.service.incidents import passed, raise_incident
from tijdig.service.journal import note
from tijdig.service.links import open_links, revealer, secret_of
from tijdig.service.matters import Pending, notices_of_mails, taken_back, why_lapsed
from tijdig.service.people import Directory
from tijdig.service.pins import current_calendar
from tijdig.service.sending import is_open, may_go
from tijdig.settings import Settings

LEASE = timedelta(minutes=5)
BACK_OFF_MINUTES = (1, 5, 15, 60)
"""After each refusal for now; the last one repeats."""

GIVE_UP_AFTER = 120
"""So many refusals for now are a refusal for good: five days of hours."""

FURTHEST = timedelta(days=1)
"""No lease and no back-off reaches so far; what does was noted by a clock that ran ahead."""

STALE = timedelta(days=5)
"""Mail that stood ready for so long while mailing was off is not sent by itself when it goes on (ux.md, section 6)."""

UNCERTAIN_ONCE = "onzeker aangekomen; gaat nog één keer, met die melding erboven"
TRIAL_SENDER = "Tijdig proef <tijdig@proef.example>"


@dataclass(frozen=True, slots=True)
class Route:
    """How mail leaves this installation: from whom, and to whom when it is not to go to its addressee."""

    channel: Channel
    sender: str
    redirect: str = ""
    live: bool = True


def route_of(home: Installation, settings: Settings) -> Route | None:
    """The way out; None while mailing is off. In a trial nothing leaves the machine (design, Trial and live).

    Raises Misconfigured when mailing is on and a setting that it needs is missing.
    """
    if home.mode == "trial":
        local = settings.smtp_url and is_loopback(settings.smtp_url)
        channel = _server(settings.smtp_url) if local and settings.smtp_url else Files(settings.data / "mail")
        return Route(channel, settings.mail_from or TRIAL_SENDER, live=False)
    if settings.mail == "uit":
        return None
    needed = {"TIJDIG_SMTP_URL": settings.smtp_url, "TIJDIG_MAIL_FROM": settings.mail_from}
    if settings.mail == "omleiden":
        needed["TIJDIG_MAIL_REDIRECT"] = settings.mail_redirect
    for name, value in needed.items():
        if not value:
            raise Misconfigured(
                f"TIJDIG_MAIL is '{settings.mail}' and {name} is not set. Set it, or set TIJDIG_MAIL=uit."
            )
    redirect = settings.mail_redirect if settings.mail == "omleiden" else None
    return Route(_server(settings.smtp_url or ""), settings.mail_from or "", redirect or "")


def _server(url: str) -> Channel:
    from tijdig.service.mailserver import Server  # late: it takes half a second

    return Server(url)


def deliver(
    store: Store, *, now: datetime, wall: datetime, settings: Settings, by: str = "", channel: Channel | None = None
) -> dict[str, int]:
    """Send what may go out now. Mails must have been composed before.

    Gives how many were `sent`, `failed` and came out `uncertain`, and how many are `waiting` and `held` afterwards.
    `channel` takes the place of the one that the settings name.
    Raises Misconfigured as `route_of`.
    """
    with store.read() as session:
        home, calendar = installation(session), current_calendar(session)
        held = is_held(session)
    route, counts, ended = None if held else route_of(home, settings), Counter[str](), wall
    if route and channel:
        route = replace(route, channel=channel)
    if route:
        with closing(route.channel):
            run = _Delivery(store, route, home, calendar, settings.data, now, wall)
            run.all()
            counts, ended = run.counts, run.wall_now
            _seal(store, run.sent, now)
    with store.write() as session:
        standing = dict(session.exec(select(Mail.state, func.count()).where(UNSENT).group_by(Mail.state)).all())
        told = {
            "sent": counts["verzonden"], "waiting": standing.get("klaar", 0) + standing.get("wacht", 0),
            "failed": counts["mislukt"], "uncertain": counts["onzeker"], "held": standing.get("aangehouden", 0),
        }  # fmt: skip
        session.add(Run(kind="deliver", by=by, started_at=wall, finished_at=ended, counts=canonical(told)))
    return told


def _seal(store: Store, mails: Sequence[int], now: datetime) -> None:
    """What was sent is sealed if the chain is free soon enough; that it was sent stands in the mail all the same."""
    with suppress(Refused), store.write() as session:
        seal_sent(session, mails, now=now)


@dataclass(slots=True)
class _Delivery:
    """One run of delivery."""

    store: Store
    route: Route
    home: Installation
    calendar: Calendar
    folder: Path
    now: datetime
    wall: datetime
    counts: Counter[str] = field(default_factory=Counter)
    sent: list[int] = field(default_factory=list)
    secret: bytes = b""
    began: float = field(default_factory=monotonic)

    @property
    def wall_now(self) -> datetime:
        """The wall clock: a run may take longer than a lease."""
        return self.wall + timedelta(seconds=monotonic() - self.began)

    def all(self) -> None:
        self.secret = secret_of(self.folder)
        with self.store.write() as session:
            self._settle_expired(session)
            _drop_stale(session, self.now)
            hold_repeated(session)
            ids = self._ready(session)
        outcomes: list[tuple[int, Outcome]] = []
        size, reachable = self.route.channel.batch, True
        while ids and reachable:
            batch, ids = ids[:size], ids[size:]
            with self.store.write() as session:  # what became of the last ones, and the next ones claimed: one commit
                self._settle(session, outcomes)
                claimed = self._claim(session, batch)
            outcomes, reachable = self._hand_over(claimed)
        with self.store.write() as session:
            self._settle(session, outcomes)
            self._report_server(session, reachable)

    # --- which

    def _ready(self, session: Session) -> list[int]:
        """The mails whose turn it is, the fatal ones first; outside the window only those that cannot wait for it."""
        wanted = select(Mail.id).where(UNSENT, self._claimable(), _has_come(Mail.next_try_at, self.wall))
        if is_open(self.now, self.calendar):
            return [i for i in session.exec(wanted.order_by(col(Mail.fatal).desc(), col(Mail.id))) if i]
        ids = [i for i in session.exec(wanted.where(col(Mail.fatal)).order_by(col(Mail.id))) if i]
        notices = notices_of_mails(session, ids)
        return [i for i in ids if any(self._may_go(notice) for notice in notices.get(i, ()))]

    def _claimable(self) -> ColumnElement[bool]:
        return col(Mail.state).in_((*GOES, "bezig") if self.route.channel.repeatable else GOES)

    def _may_go(self, notice: Pending) -> bool:
        return may_go(self.now, self.calendar, fatal=notice.is_fatal, late_from=notice.matter.late_from)

    # --- before the data goes out

    def _claim(self, session: Session, ids: Sequence[int]) -> list[Mail]:
        """Take these mails, unless another process did; what has no point any more lapses here."""
        taking = update(Mail).where(col(Mail.id).in_(ids), self._claimable(), ~IN_GAP)
        lease = taking.values(state="bezig", leased_until=self.wall_now + LEASE).returning(col(Mail.id))
        taken = [i for (i,) in session.execute(lease, execution_options=UNSYNCED)]
        order = col(Mail.fatal).desc(), col(Mail.id)
        mails = session.exec(select(Mail).where(col(Mail.id).in_(taken)).order_by(*order)).all()
        notices = notices_of_mails(session, taken)
        back = taken_back(session, [notice for told in notices.values() for notice in told])
        people = Directory.load(session)
        people.prefetch(mail.person_id for mail in mails)
        going = []
        for mail in mails:
            why_not = self._why_not(mail, notices.get(mail.id or 0, ()), back)
            if _goes(mail, why_not, people.address(mail.person_id, local_day(self.now))):
                going.append(mail)
        open_links(session, going, self.secret, self.now)
        return going

    def _why_not(self, mail: Mail, notices: Sequence[Pending], back: Mapping[int, datetime]) -> str:
        """Why the mail is not to go out after all; empty when it is."""
        if mail.kind == "B":
            return "" if mail.day == local_day(self.now) else "een dagoverzicht van een eerdere dag"
        reasons = [why_lapsed(notice, self.now, back) for notice in notices]
        return reasons[-1] if reasons and all(reasons) else ""

    # --- the data goes out

    def _hand_over(self, claimed: Sequence[Mail]) -> tuple[list[tuple[int, Outcome]], bool]:
        """What became of each mail, and whether the server can be reached."""
        if claimed and not self.route.channel.repeatable:
            note(self.folder, self.wall_now, [(self._id(mail), mail.key) for mail in claimed])
        outcomes: list[tuple[int, Outcome]] = []
        for mail in claimed:
            try:
                outcomes.append((mail.id or 0, self._send(mail)))
            except Unreachable:
                rest = claimed[len(outcomes) :]
                return [*outcomes, *((m.id or 0, Outcome(None, self._id(m), temporary=True)) for m in rest)], False
        return outcomes, True

    def _send(self, mail: Mail) -> Outcome:
        if self.route.live and mail.address.rstrip(".").lower().endswith(".example"):
            return Outcome(
                None, self._id(mail), impossible="het adres eindigt op .example: dat is alleen voor een proef"
            )
        notes = [f"Oorspronkelijk aan: {mail.address}"] if self.route.redirect else []
        notes += [AGAIN] if mail.why == UNCERTAIN_ONCE else []
        try:
            message = envelope(
                mail, sender=self.route.sender, to=self.route.redirect or mail.address, installation=self.home.uuid,
                now=self.now, reveal=revealer(self.secret, mail.key), notes=notes,
            )  # fmt: skip
        except ValueError:
            return Outcome(None, self._id(mail), impossible="het heeft een kop of adres dat niet kan")
        return self.route.channel.send(message)

    def _id(self, mail: Mail) -> str:
        return message_id(self.home.uuid, mail.key)

    # --- after

    def _settle(self, session: Session, outcomes: Sequence[tuple[int, Outcome]]) -> None:
        """Write down what became of mails that this process claimed."""
        answers = dict(outcomes)
        mine = select(Mail).where(col(Mail.id).in_(answers), Mail.state == "bezig").with_for_update()
        for mail in session.exec(mine).all() if answers else ():
            self._settle_one(session, mail, answers[mail.id or 0])

    def _settle_one(self, session: Session, mail: Mail, outcome: Outcome) -> None:
        mail.code, mail.leased_until = outcome.code, None
        session.add(mail)
        if outcome.impossible:
            self._fail(session, mail, outcome.impossible)
        elif outcome.is_sent:
            mail.state, mail.why, mail.sent_at = "verzonden", "", self.now
            self.counts["verzonden"] += 1
            self.sent.append(mail.id or 0)
        elif outcome.is_uncertain:
            self._doubt(session, mail)
        elif outcome.temporary and mail.attempts < GIVE_UP_AFTER:
            self._wait(
                mail, "de mailserver weigerde het voorlopig" if outcome.code else "de mailserver was niet bereikbaar"
            )
        else:
            self._fail(session, mail, f"de mailserver weigert het ({outcome.code or 'niet bereikbaar'})")

    def _wait(self, mail: Mail, why: str) -> None:
        minutes = BACK_OFF_MINUTES[min(mail.attempts, len(BACK_OFF_MINUTES) - 1)]
        mail.state, mail.attempts, mail.next_try_at = "wacht", mail.attempts + 1, self.wall + timedelta(minutes=minutes)
        mail.why = UNCERTAIN_ONCE if UNCERTAIN_ONCE in (mail.why, why) else why

    def _fail(self, session: Session, mail: Mail, why: str) -> None:
        mail.state, mail.why, mail.leased_until = "mislukt", why, None
        self.counts["mislukt"] += 1
        self._tell(session, mail, f"mislukt: {why}", "Herstel het adres en stuur het opnieuw", "resend")

    def _doubt(self, session: Session, mail: Mail) -> None:
        """Handed over, and nobody knows what came of it: once more if a right hangs on it, else a person settles it."""
        told = notices_of_mails(session, [mail.id or 0]).get(mail.id or 0, ())
        strict = any(notice.is_fatal or notice.is_statutory for notice in told)
        if strict and mail.why != UNCERTAIN_ONCE:
            self._wait(mail, UNCERTAIN_ONCE)
            return
        mail.state, mail.why, mail.leased_until = "onzeker", "de mailserver viel weg na het versturen", None
        self.counts["onzeker"] += 1
        self._tell(session, mail, "misschien niet aangekomen", "Vraag het na en meld dat het aankwam", "arrived")

    def _tell(self, session: Session, mail: Mail, what: str, mend: str, how: str) -> None:
        raise_incident(
            session, "mail", f"mail/{mail.id}", cause=f"Bericht {mail.id} aan {mail.person_id} is {what}.",
            mend=f"{mend}: tijdig settle {mail.id} {how}.", now=self.now,
        )  # fmt: skip

    def _settle_expired(self, session: Session) -> None:
        """A lease that is over belonged to a process that died with the data in its hands."""
        over = select(Mail).where(UNSENT, Mail.state == "bezig", _has_come(Mail.leased_until, self.wall))
        over = over.with_for_update(skip_locked=True)  # another delivery may be at it
        for mail in session.exec(over) if not self.route.channel.repeatable else ():
            session.add(mail)
            self._doubt(session, mail)

    def _report_server(self, session: Session, reachable: bool) -> None:
        if reachable:
            passed(session, ["mail-server"], by="deliver", now=self.now)
            return
        raise_incident(
            session, "mail_server", "mail-server", cause="De mailserver is niet bereikbaar; de berichten wachten.",
            mend="Kijk of de server draait en of TIJDIG_SMTP_URL klopt. De berichten gaan dan vanzelf.", now=self.now,
        )  # fmt: skip


def _goes(mail: Mail, why_not: str, address: str) -> bool:
    """Settle here what does not go out; let the rest follow the newest address."""
    if why_not:
        mail.state, mail.why, mail.leased_until = "vervallen", why_not, None
        return False
    mail.address = address if is_usable(address) else mail.address
    return True


def _has_come(moment: datetime | None, wall: datetime) -> ColumnElement[bool]:
    """Whether a moment of the wall clock, a column, has come; also when it cannot be right."""
    return or_(col(moment) <= wall, col(moment) > wall + FURTHEST)


def _drop_stale(session: Session, now: datetime) -> None:
    """What stood ready since before mailing went on is old news; fatal mail goes all the same, if its matter stands."""
    old = (UNSENT, Mail.state == "klaar", Mail.attempts == 0, ~col(Mail.fatal), col(Mail.created_at) < now - STALE)
    why = "stond langer dan 5 dagen klaar"
    session.execute(
        update(Mail).where(*old).values(state="vervallen", why=why),  # type: ignore[arg-type]
        execution_options=UNSYNCED,
    )
