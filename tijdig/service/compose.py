"""From notices to mails, in one transaction: read what waits, have it decided, write the mails (ux.md section 6)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta

from sqlalchemy import select as columns
from sqlmodel import Session, col, select, update

from models.case import Case, OpenObligation
from models.message import IS_DIGEST, Mail, MailNotice, Notice
from models.operation import Incident, Installation
from models.pins import Definition, SettingsVersion
from tijdig.engine.calendar import Calendar, local_day
from tijdig.engine.errors import TijdigError
from tijdig.engine.language import Setting
from tijdig.service.alarms import STORM, break_storm, escalate_incidents, pass_storm, send_head
from tijdig.service.drafts import Decided, Desk, Draft, Trouble, decide
from tijdig.service.envelope import message_id, number_of
from tijdig.service.heads import seal_heads, seal_rows
from tijdig.service.hold import GOES, IN_GAP, UNSYNCED
from tijdig.service.incidents import passed, raise_incident
from tijdig.service.letters import Reader
from tijdig.service.mails import Mails
from tijdig.service.matters import asked_until, pending_notices, taken_back, told_already
from tijdig.service.people import Directory
from tijdig.service.pins import current_calendar, procedure_of
from tijdig.service.sending import is_open

UNREACHABLE = ("mail_role", "mail_address")


def compose(session: Session, *, now: datetime, url: str) -> dict[str, int]:
    """Make mails of the notices that wait, in this transaction. `url` is the base of links.

    Gives the counts `composed`, `held` (by the storm breaker, and letters to print), `lapsed` and `troubles`.
    """
    home = session.exec(select(Installation).with_for_update()).one()  # one at a time: digests are one a day
    seal_heads(session, now=now)
    calendar, people = current_calendar(session), Directory.load(session)
    if is_open(now, calendar):
        _take_back_old_digests(session, local_day(now))
    desk = _desk(session, now, calendar, people)
    people.prefetch(matter.subject for matter in (*(notice.matter for notice in desk.pending), *desk.asked))
    pass_storm(session, now)
    decided = decide(desk)
    drafts, held, alarm = break_storm(session, desk, decided.drafts)
    alarm = [*alarm, *escalate_incidents(session, desk), *send_head(session, desk)]
    waiting = _waiting_for_others(session, people, local_day(now)) if any(d.kind == "B" for d in drafts) else {}
    _close_notices(session, decided)
    _write(session, [*drafts, *alarm], held, desk, url, home.uuid, waiting)
    _report(session, decided.troubles, now)
    seal_rows(session, now=now)
    prints = sum(people.channel(draft.person) == "post" for draft in drafts)
    return {"composed": len(drafts), "held": len(held) + prints, "lapsed": len(decided.lapsed),
            "troubles": len(decided.troubles)}  # fmt: skip


def _desk(session: Session, now: datetime, calendar: Calendar, people: Directory) -> Desk:
    today, pending = local_day(now), pending_notices(session, now)
    back = taken_back(session, pending)
    if not is_open(now, calendar):
        return Desk(now, calendar, people, pending, told=told_already(session), taken_back=back)
    digested = session.exec(select(Mail.person_id).where(IS_DIGEST, Mail.day == today))
    sunday = today + timedelta(days=6 - today.weekday())
    return Desk(
        now, calendar, people, pending, asked_until(session, sunday), told_already(session), frozenset(digested), back
    )


def _take_back_old_digests(session: Session, today: date) -> None:
    """A digest of an earlier day that never went out makes room for today's; what rode in it is told anew."""
    old = select(Mail.id).where(IS_DIGEST, Mail.day < today, col(Mail.state).in_((*GOES, "aangehouden")), ~IN_GAP)
    ids = session.exec(old.with_for_update()).all()  # locked: one that is being claimed now goes out and stays
    rode = select(MailNotice.notice_id).where(col(MailNotice.mail_id).in_(ids))
    session.execute(update(Notice).where(col(Notice.id).in_(rode)).values(state="gepland"), execution_options=UNSYNCED)
    why = "opgevolgd door een later dagoverzicht"
    session.execute(
        update(Mail).where(col(Mail.id).in_(ids)).values(state="vervallen", why=why), execution_options=UNSYNCED
    )


def _close_notices(session: Session, decided: Decided) -> None:
    main = {notice for draft in decided.drafts for notice in draft.main}
    rows = [{"id": i, "state": "vervallen", "why": why} for i, why in decided.lapsed.items()]
    rows += [{"id": i, "state": "klaar" if i in main else "samengevoegd", "why": ""} for i in sorted(decided.finished)]
    if rows:
        session.execute(update(Notice), rows)


POST = "per post: druk het af en verstuur het"


def _write(
    session: Session, drafts: Sequence[Draft], held: frozenset[str], desk: Desk, url: str, installation: str,
    waiting: Mapping[str, int],
) -> None:  # fmt: skip
    """Word the drafts and write them; what goes by post or was held by the storm breaker is held."""
    mails, people, today = Mails(session), desk.people, desk.today
    printed = {}
    for draft in drafts:
        channel = people.channel(draft.person)
        letter = draft.words(_reader(draft, desk, url, installation, waiting))
        if channel == "post":
            printed[len(mails.rows)] = letter.subject
        mails.add(
            draft.key, draft.person, draft.kind, letter, at=desk.now, day=today, notices=draft.notices,
            address="" if channel == "post" else people.address(draft.person, today), thread=draft.thread,
            fatal=draft.fatal, why=POST if channel == "post" else STORM if draft.key in held else "",
        )  # fmt: skip
    ids = mails.write()
    for place, subject in printed.items():
        number = ids[place]
        raise_incident(
            session, "print", f"print/{number}", cause=f"Bericht {number} gaat per post: {subject}.", now=desk.now,
            mend=f"Druk het af uit Postvak uit en verstuur het; meld dat met: tijdig settle {number} arrived.",
        )  # fmt: skip


def _reader(draft: Draft, desk: Desk, url: str, installation: str, waiting: Mapping[str, int]) -> Reader:
    people = desk.people
    return Reader(
        draft.person, desk.today, url, number_of(message_id(installation, draft.key)), people.channel(draft.person),
        people.name(draft.behalf) if draft.behalf else "", waiting.get(draft.person, 0), people.name,
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
    for rows in session.execute(steps.execution_options(yield_per=5000)).partitions():
        people.prefetch(subject for _, subject, *_ in rows)
        for definition, subject, code, role, assignee in rows:
            at = {"subject": subject, "case": code, "on": today}
            doing = {r.person for r in people.recipients(role, assignee=assignee, **at)}
            for owner in people.recipients(owners.get(definition, ""), **at):
                waiting[owner.person] += owner.person not in doing
    return waiting


def _owners(session: Session) -> Mapping[int | None, str]:
    """The role that owns the cases of each published definition, under the newest settings."""
    newest = session.exec(select(SettingsVersion.values).order_by(col(SettingsVersion.id).desc()).limit(1)).first()
    chosen = json.loads(newest or "{}")
    owners = {}
    for definition in session.exec(select(Definition)):
        with suppress(TijdigError):  # one that cannot be read is an incident of its cases, and stops no mail
            owner = procedure_of(definition).owner
            said = str(chosen.get(owner.id) or owner.default or "") if isinstance(owner, Setting) else owner
            owners[definition.id] = said
    return owners
