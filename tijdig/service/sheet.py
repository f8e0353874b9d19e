"""A task as the person sees it who came by a mail's link, or from their worklist. Looking changes nothing.

A link is for one person and one task (ux.md, section 6). Who may not finish the task sees it, and why not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from sqlmodel import Session, col, select

from models.organisation import Address
from tijdig.engine.acts import acted_before, roles_for
from tijdig.engine.advance import advance
from tijdig.engine.calendar import local_day
from tijdig.engine.case import Record
from tijdig.engine.errors import Refused
from tijdig.engine.language import Fact, Outcome, Step
from tijdig.engine.plan import Obligation, TermStatus, obligations
from tijdig.engine.state import State
from tijdig.service.held import Held
from tijdig.service.held import held as cases
from tijdig.service.kpis import KPI, counted_now
from tijdig.service.links import live_link
from tijdig.service.people import Directory

FOUR_EYES = "U maakte dit voorstel zelf. Een ander moet besluiten."
TAKEN = "Een ander heeft deze taak opgepakt. U hoeft niets te doen."
NO_RIGHT = "U mag dit niet afronden. De rol {role} wel."
NO_TASK = "Dit is een termijn van het dossier. Op deze pagina hoeft u niets in te vullen."
NOT_YET = "Deze taak kan nu nog niet worden afgerond: zij wacht op anderen."


class Way(Protocol):
    """The way that somebody came to a task: a mail's link, or their own worklist."""

    @property
    def case_id(self) -> int: ...

    @property
    def step(self) -> str: ...

    @property
    def round(self) -> int: ...

    @property
    def person_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class OwnWay:
    """The way of a colleague who signed in."""

    case_id: int
    step: str
    round: int
    person_id: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """An open task as one person sees it. With a `refusal` they may look, but not finish it."""

    way: Way
    case: Held
    state: State
    asked: Obligation
    status: TermStatus
    step: Step | None
    refusal: str
    behalf: str = ""
    """The name of the absent person for whom a deputy acts."""
    phone: str = ""
    """Of somebody who looks after the case; empty when none is known."""
    is_colleague: bool = False
    counted: str = ""
    """What the KPI comes to that the case is about, where it is counted; for a colleague."""
    decided: tuple[Record, ...] = ()
    """The decisions in this case so far, for a colleague who has to weigh them; not what is still withheld."""

    @property
    def fields(self) -> tuple[Fact, ...]:
        """The form of the step. A timetable row is imported, never filled in."""
        found = map(self.state.terms.procedure.fact, self.step.form if self.step else ())
        return tuple(fact for fact in found if fact and fact.kind != "row")

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What may be chosen now, as far as can be known before the form is filled in."""
        if self.step is None:
            return ()
        waits = not all(self.state.steps[self.step.step].children.values())
        open_ = [o for o in self.step.outcomes if not (waits and o is self.step.outcomes[0])]
        return tuple(
            o
            for o in open_
            if o.only is None or o.only.holds(self.state.as_if(self.step.step, o.name, {})) is not False
        )


@dataclass(frozen=True, slots=True)
class Finished:
    """The task of this link is no longer open: somebody in `role` did it on `day`, or it was no longer needed."""

    role: str
    day: date | None


def look(session: Session, token: str, *, now: datetime) -> Sheet | Finished | None:
    """What a link shows now; None when it leads nowhere."""
    link = live_link(session, token, now=now)
    return open_or_finished(session, link, now)[1] if link else None


def open_or_finished(session: Session, way: Way, now: datetime) -> tuple[Held, Sheet | Finished]:
    """The case that somebody came to, and what they see of it."""
    [held] = cases(session, "id = ?", way.case_id)
    state = advance(held.case, now).state
    asked = next((o for o in obligations(state) if (o.step, o.round) == (way.step, way.round) and o.stands), None)
    if asked is None or state.closed:
        return held, _finished(held, state, way)
    return held, _sheet(session, held, state, way, asked, now)


def _finished(held: Held, state: State, way: Way) -> Finished:
    """Each round of a step ends with its own decision."""
    decided = [r for r in held.case.records if r.act == "decide" and r.step == way.step]
    step = state.terms.steps.get(way.step)
    if step is None or len(decided) < way.round:
        return Finished("", None)
    return Finished(state.terms.role(step.role), local_day(decided[way.round - 1].at))


def _sheet(session: Session, held: Held, state: State, way: Way, asked: Obligation, now: datetime) -> Sheet:
    people, terms = Directory.load(session), state.terms
    step, person = terms.steps.get(way.step), way.person_id
    behalf, refusal = _right(people, held, state, step, person, local_day(now))
    counted = counted_now(session, held.subject, state.facts) if terms.procedure.subject == KPI else ""
    sheet = Sheet(
        way, held, state, asked, asked.status(now, terms), step, refusal, people.name(behalf) if behalf else "",
        _phone(session, people, held, local_day(now)), people.has_digest(person), counted,
        tuple(r for r in held.case.records if r.act == "decide" and r.step not in state.withheld),
    )  # fmt: skip
    return sheet if sheet.refusal or sheet.outcomes else replace(sheet, refusal=NOT_YET)


def _right(people: Directory, held: Held, state: State, step: Step | None, person: str, today: date) -> tuple[str, str]:
    """On whose behalf this person may finish the task, or why they may not."""
    if step is None:
        return "", NO_TASK
    roles = roles_for(state.terms, "decide", step.step)
    try:
        right = people.may_act(person, roles, subject=held.subject, case=held.code, on=today)
    except Refused:
        return "", NO_RIGHT.format(role=" of ".join(roles))
    assignee = state.steps[step.step].assignee
    if assignee not in ("", person, right.behalf) and not people.is_absent(assignee, today):
        return "", TAKEN
    return right.behalf, FOUR_EYES if any(acted_before(state, step, {person, right.behalf})) else ""


def _phone(session: Session, people: Directory, held: Held, today: date) -> str:
    """A number to call: of whoever looks after this case and has one."""
    terms = held.case.terms
    owners = people.recipients(terms.role(terms.procedure.owner), subject=held.subject, case=held.code, on=today)
    known = (
        select(Address.phone)
        .where(col(Address.person_id).in_([o.person for o in owners]), Address.since <= today, Address.phone != "")
        .order_by(col(Address.since).desc())
    )
    return session.exec(known).first() or ""
