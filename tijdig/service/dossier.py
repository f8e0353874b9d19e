"""One case as the command line shows it: facts, tasks, all it asks now and later with its reasons, messages, log."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from models.case import Log, Payload
from models.message import Mail, MailNotice, Notice
from tijdig.engine.advance import advance
from tijdig.engine.calendar import local_day
from tijdig.engine.case import Terms
from tijdig.engine.plan import Obligation, obligations
from tijdig.engine.state import State
from tijdig.service import explain
from tijdig.service.held import Held, find
from tijdig.service.kpis import KPI, counted_now
from tijdig.service.views import Document, case_row, first_date, local, notice
from tijdig.service.withheld import hidden_key, hidden_record


def dossier(session: Session, name: str, now: datetime) -> Document:
    """All there is to know of a case, caught up to `now` in memory. Raises Refused when there is none of this name."""
    held = find(session, name)
    state = advance(held.case, now).state
    asked = obligations(state)
    terms = held.terms
    return {
        **case_row(session, held, first_date(session, held.id or 0, now), now),
        "title": terms.procedure.title, "revision": terms.procedure.revision, "calendar": terms.calendar.version,
        "closed_on": held.closed_on and held.closed_on.isoformat(),
        "facts": dict(state.facts),
        "tasks": [_task(o, terms, held) for o in asked if o.stands and o.kind == "step"],
        "obligations": [_obligation(o, state, now) for o in asked],
        "messages": list(_messages(session, held)),
        "log": list(_log(session, held, state.withheld)),
        **_counted(session, held, state),
    }  # fmt: skip


def _counted(session: Session, held: Held, state: State) -> Document:
    """What the KPI comes to that the case is about, where it is counted."""
    if held.terms.procedure.subject != KPI:
        return {}
    return {"counted": counted_now(session, held.subject, state.facts) or None}


def _task(asked: Obligation, terms: Terms, held: Held) -> Document:
    step = terms.steps[asked.step]
    due = explain.as_json(asked.due) if asked.due else {}
    return {
        "case": held.code, "step": asked.step, "round": asked.round, "asks": asked.label, "role": asked.role,
        "assignee": asked.assignee or None, "due": due.get("due"), "basis": due.get("basis"), "fatal": asked.fatal,
        "version": held.version, "form": [_field(terms, name) for name in step.form],
        "outcomes": [{"outcome": o.name, "label": o.label} for o in step.outcomes],
    }  # fmt: skip


def _field(terms: Terms, name: str) -> Document:
    fact = terms.procedure.fact(name)
    return {"fact": name, "label": fact.label if fact else name, "kind": fact.kind if fact else "text"}


def _obligation(asked: Obligation, state: State, now: datetime) -> Document:
    terms = state.terms
    due: Mapping[str, Any] = explain.as_json(asked.due) if asked.due else {}
    why = list(due.get("steps", ())) or ([asked.undated] if asked.undated else [])
    if asked.due and asked.due.source:
        why.append(f"Bron: {asked.due.source}.")
    named = ("nominal", "due", "late_from", "safe", "basis", "uncertain", "calendar_version")
    return {
        "step": asked.step, "step_id": _step_id(asked, terms), "date": _row_date(asked, state), "kind": asked.kind,
        "asks": asked.label, "role": asked.role, **{name: due.get(name) for name in named}, "fatal": asked.fatal,
        "slack": _slack(asked, terms, now),
        "state": asked.state, "round": asked.round, "outcome": asked.outcome or None,
        "opened_on": asked.opened_on and asked.opened_on.isoformat(),
        "done_on": asked.done_on and asked.done_on.isoformat(), "why": why,
    }  # fmt: skip


def _row_date(asked: Obligation, state: State) -> str | None:
    """What the timetable itself says of its row, before its qualifier is read."""
    row = state.facts.get(asked.step)
    return (row.get("date") or None) if isinstance(row, dict) else None


def _slack(asked: Obligation, terms: Terms, now: datetime) -> int | None:
    """How many office days are left until it is safe no more; negative when it is too late to do it at ease."""
    if asked.due is None or asked.state not in ("open", "waiting"):
        return None
    return terms.calendar.workdays_between(local_day(now), asked.due.safe, "kantoor")


def _step_id(asked: Obligation, terms: Terms) -> str | None:
    """The row of the timetable whose date this is."""
    step, rule = terms.steps.get(asked.step), terms.rules.get(asked.step)
    served = step.due if step and isinstance(step.due, str) else ""
    named = (asked.step, served, rule.on if rule else "")
    return next((fact.row for name in named if (fact := terms.facts.get(name)) and fact.row), None)


def _messages(session: Session, held: Held) -> Iterator[Document]:
    joined = (
        select(MailNotice.notice_id, Mail)
        .join(Mail, col(Mail.id) == col(MailNotice.mail_id))
        .join(Notice, col(Notice.id) == col(MailNotice.notice_id))
        .where(Notice.case_id == held.id)
    )
    mails: defaultdict[int, list[Document]] = defaultdict(list)
    for notice_id, mail in session.exec(joined):
        mails[notice_id].append({"mail": mail.id, "person": mail.person_id, "address": mail.address, "kind": mail.kind,
                                 "subject": mail.subject, "state": mail.state, "why": mail.why or None,
                                 "sent_at": local(mail.sent_at)})  # fmt: skip
    notices = select(Notice, Log.key).join(Log, col(Log.id) == col(Notice.log_id)).where(Notice.case_id == held.id)
    for row, key in session.exec(notices.order_by(col(Notice.id))):
        yield {**notice(row, key), "mails": mails[row.id or 0]}


def _log(session: Session, held: Held, withheld: Collection[str]) -> Iterator[Document]:
    rows = select(Log, Payload.body).join(Payload, col(Payload.log_id) == col(Log.id), isouter=True)
    for row, body in session.exec(rows.where(Log.case_id == held.id).order_by(col(Log.seq))):
        yield {"seq": row.seq, "at": local(row.at), "kind": row.kind, "key": hidden_key(row.key, withheld),
               "actor": row.actor or None,
               "nominal": row.nominal and row.nominal.isoformat(), "overtaken": row.overtaken,
               "said": hidden_record(json.loads(body) if body else None, withheld), "hash": row.hash.hex()}  # fmt: skip
