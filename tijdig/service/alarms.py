"""What administrators are told: that mail was held in a storm, and what stays apart (ux.md 6; design, law 5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlmodel import Session, col, select

from models.bulk import ask, stored_instant
from models.message import UNSENT, Mail
from tijdig.engine.calendar import local_day
from tijdig.service.clock import installation
from tijdig.service.drafts import Desk, Draft, is_usable
from tijdig.service.heads import head
from tijdig.service.incidents import open_incidents, passed, raise_incident
from tijdig.service.letters import Letter, Reader, alarm_letter, head_letter, incidents_letter
from tijdig.service.people import ADMINISTRATOR, Directory
from tijdig.service.sending import is_open

STANDS_TOO_LONG = timedelta(days=1)
"""An incident that is open for longer is told to the administrators."""

STORM_AT_LEAST = 50
STORM_WITHIN = timedelta(hours=1)

STORM = "te veel berichten in één ronde"
"""Why a mail is held: a person lets it go, or lets it lapse."""


def break_storm(
    session: Session, desk: Desk, drafts: Sequence[Draft]
) -> tuple[Sequence[Draft], frozenset[str], Sequence[Draft]]:
    """The drafts, the keys of those that are held, and the alarm; fatal mail is counted but never held."""
    limit = _limit(desk.people, desk.today)
    counted = [d for d in drafts if not d.released and desk.people.channel(d.person) == "mail"]
    total = _recent(session, desk.now, limit - len(counted)) + len(counted) if counted else 0
    if total <= limit:
        return drafts, frozenset(), ()
    holdable = sorted((d for d in counted if not d.fatal), key=lambda d: d.kind not in ("B", "C", "D"))
    held = holdable[max(len(holdable) - (total - limit), 0) :]
    cause = f"{total} berichten in één ronde, de grens is {limit}; {len(held)} aangehouden."
    raise_incident(session, "storm", "storm", cause=cause, now=desk.now,
                   mend="Bekijk ze in Postvak uit: laat ze gaan, of laat ze vervallen (tijdig settle).")  # fmt: skip
    words = partial(alarm_letter, total, len(held), limit, ADMINISTRATOR)
    alarm = tuple(_to_administrators(desk, f"storm/{desk.now:%Y-%m-%dT%H:%M}", words))
    return drafts, frozenset(draft.key for draft in held), alarm


def leaves_room(session: Session, people: Directory, mails: int, now: datetime) -> bool:
    """Whether so many mails more are no storm."""
    room = _limit(people, local_day(now)) - mails
    return _recent(session, now, room) <= room


def _limit(people: Directory, today: date) -> int:
    return max(STORM_AT_LEAST, 2 * people.active(today))


def _recent(session: Session, now: datetime, room: int) -> int:
    """How many mails were made lately, but for those that are held.

    Where these fill the `room` that there is, those that a person let go do not count either.
    """
    instant = stored_instant(session)
    period = instant(now - STORM_WITHIN), instant(now)
    [(total, held)] = ask(session, _LATELY, *period, *period)
    let_go = _let_go(session, period[0]) if total - held > room else []
    [(seen,)] = ask(session, f"select count(*) {_MADE} and id in (?*)", *period, let_go) if let_go else [(0,)]
    return int(total - held - seen)


def _let_go(session: Session, since: Any) -> list[int]:
    """The mails of which a person said, since an instant, that they may go."""
    settled = ask(session, "select detail from event where kind = 'settle_mail' and at >= ?", since)
    return [said["mail"] for said in (json.loads(detail) for (detail,) in settled) if said["how"] == "release"]


_MADE = "from mail where created_at > ? and created_at <= ?"
_HELD = "state != 'verzonden' and state = 'aangehouden'"
"""The first half says nothing new, but lets the partial index of unsent mails be used."""
_LATELY = f"select (select count(*) {_MADE}), (select count(*) {_MADE} and {_HELD})"
"""The first of these is counted in the index alone."""


def pass_storm(session: Session, now: datetime) -> None:
    """A storm is over when somebody settled every mail that it held."""
    held = select(Mail.id).where(UNSENT, Mail.state == "aangehouden", Mail.why == STORM)
    if session.exec(held.limit(1)).first() is None:
        passed(session, ["storm"], by="compose", now=now)


def escalate_incidents(session: Session, desk: Desk) -> Iterator[Draft]:
    """An incident that stays open is told to the administrators each office day, until it is mended (law 5)."""
    standing = [i for i in open_incidents(session) if i.first_at <= desk.now - STANDS_TOO_LONG]
    if not standing or not is_open(desk.now, desk.calendar):
        return
    said = [(i.cause, i.mend, local_day(i.first_at)) for i in standing]
    words = partial(incidents_letter, said, ADMINISTRATOR)
    yield from _once_a_day(session, desk, _to_administrators(desk, f"incidents/{desk.today}", words))


def send_head(session: Session, desk: Desk) -> Iterator[Draft]:
    """Each office day the newest head of the installation chain goes to where no holder of the database can reach it.

    Not in a trial, whose mails stay on this machine.
    """
    home = installation(session)
    if home.mode == "live" and is_open(desk.now, desk.calendar):
        number, hash = head(session)
        words = partial(head_letter, number, hash.hex(), home.epoch, ADMINISTRATOR)
        yield from _once_a_day(session, desk, _to_administrators(desk, f"seal/{desk.today}", words, "seal"))


def _once_a_day(session: Session, desk: Desk, drafts: Iterable[Draft]) -> Iterator[Draft]:
    told = set(session.exec(select(Mail.key).where(Mail.day == desk.today, col(Mail.kind).in_(("alarm", "seal")))))
    yield from (draft for draft in drafts if draft.key not in told)


def _to_administrators(desk: Desk, key: str, words: Callable[[Reader], Letter], kind: str = "alarm") -> Iterator[Draft]:
    """A mail to each administrator who can be reached; never held by the storm breaker."""
    for each in desk.people.recipients(ADMINISTRATOR, subject="", case="", on=desk.today):
        if is_usable(desk.people.address(each.person, desk.today)):
            yield Draft(f"{key}/{each.person}", each.person, kind, words, each.behalf, released=True)
