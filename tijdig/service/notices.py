"""From effects to notices: what a role must be told, with what the mail needs to say it.

People are not resolved here; that is done when a mail is composed (design, law 8).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from tijdig.engine.advance import Advance, Move
from tijdig.engine.calendar import local_day, midnight
from tijdig.engine.case import Effect, Record, Terms
from tijdig.engine.language import Step
from tijdig.engine.plan import Obligation, obligations, pick_up_on
from tijdig.engine.snapshot import canonical
from tijdig.service.matters import Matter


@dataclass(frozen=True, eq=False)
class Telling:
    """A notice to be: the log entry that it tells (which of those of one advance), to which role, and what it says.

    `kind` is the letter of ux.md section 6. Dates in `said` are ISO text; what does not apply is absent.
    """

    entry: int
    kind: str
    role: str
    step: str
    round: int
    said: Mapping[str, Any]
    matter: Matter
    """The obligation that it is about, of any case of this course: without case, code and subject."""
    summary: bool = False
    not_before: datetime | None = None

    @cached_property
    def fatal(self) -> bool:
        return bool(self.said.get("fatal"))

    @cached_property
    def assignee(self) -> str:
        """Who took the task, where this is told to the role that does it."""
        return self.matter.assignee if self.role == self.matter.role else ""

    @cached_property
    def variables(self) -> str:
        """What it says, as JSON."""
        return canonical(self.said)

    @cached_property
    def kept(self) -> str:
        """Of what it says, what delivery still asks when the mail is written; as JSON."""
        return canonical({name: self.said[name] for name in ("basis", "due") if name in self.said})

    @cached_property
    def is_plain(self) -> bool:
        """It may be told as it is, and now: what it is about stands, and nothing makes it wait or ride with others."""
        return not self.summary and self.not_before is None and (self.matter.stands or self.kind == "G")


def tellings(result: Advance, at: datetime, record: Record | None) -> Iterator[Telling]:
    """What is told of what happened: once for each effect that speaks and each role that it speaks to.

    The entry of the record, where there is one, stands after those of the effects that were caught up. A move, an
    announcement and an act that is done in bulk are previewed, so they bring their own release from the storm breaker
    (design, Notices and mails).
    """
    previewed = record is not None and (record.act in ("move", "announce") or record.via == IN_BULK)
    for telling in _tellings(result, at, record):
        released = previewed and telling.entry >= result.caught_up
        yield replace(telling, said={**telling.said, "released": True}) if released else telling


IN_BULK = "bulk"
"""The door (`Record.via`) of an act that somebody did to many cases at once, having seen what it does to each."""


def _tellings(result: Advance, at: datetime, record: Record | None) -> Iterator[Telling]:
    asked = {(o.step, o.round): o for o in obligations(result.state)}
    for i, effect in enumerate(result.effects):
        letter = _letter(result.case.terms, effect)
        if letter and not effect.overtaken:
            about = asked.get((effect.step, effect.round))
            said, matter = _variables(result, effect, about, record), _matter(result, effect.step, effect.round, about)
            entry = i + (record is not None and i >= result.caught_up)
            for role in effect.to:
                yield Telling(entry, letter, role, effect.step, effect.round, said, matter, effect.summary,
                              _waits_until(effect, at, result))  # fmt: skip
    for move in _told_moves(result):
        about = asked[move.step, move.round]
        said, matter = _change(result, move, about, record), _matter(result, move.step, move.round, about)
        for role in move.told:
            yield Telling(result.caught_up, "F", role, move.step, move.round, said, matter)


def _letter(terms: Terms, effect: Effect) -> str:
    """The mail of ux.md section 6 that tells this effect; empty: none does."""
    if effect.kind == "task":
        step = terms.procedure.step(effect.step)
        return "C" if step and step.not_by else "A"
    return {"remind": "E", "escalate": "D", "decide": "G"}.get(effect.kind, "")


def _matter(result: Advance, step: str, round: int, asked: Obligation | None) -> Matter:
    closed, procedure = bool(result.state.closed), result.case.terms.procedure.id
    if asked is None or not asked.stands or closed:
        return Matter(0, "", "", closed, step, round, stands=False, procedure=procedure)
    due = asked.due
    dated: dict[str, Any] = {} if due is None else {
        "due": due.due, "due_time": due.due_time.isoformat("minutes") if due.due_time else "", "basis": due.basis,
        "late_from": due.late_from, "safe": due.safe, "uncertain": due.uncertain,
    }  # fmt: skip
    return Matter(
        0, "", "", closed, step, round, stands=True, kind=asked.kind, asks=asked.label, role=asked.role,
        assignee=asked.assignee, fatal=asked.fatal, start_on=pick_up_on(asked, result.case.terms), procedure=procedure,
        **dated,
    )  # fmt: skip


def _waits_until(effect: Effect, at: datetime, result: Advance) -> datetime | None:
    if not effect.waits:
        return None
    return midnight(result.case.terms.calendar.next_workday(local_day(at) + timedelta(days=1), "kantoor"))


def _variables(result: Advance, effect: Effect, asked: Obligation | None, record: Record | None) -> dict[str, Any]:
    """What the mail may say; dates as ISO text, absent what does not apply."""
    terms = result.case.terms
    said: dict[str, Any] = {"title": terms.procedure.title, "rule": effect.rule, "nominal": effect.nominal}
    if asked:
        said |= _due_variables(asked, terms)
        said["reminded"] = _reminded(result, effect)
        said["told_on"] = _told_on(result, effect)
        said |= _next_escalation(result, effect)
    step = terms.procedure.step(effect.step)
    said["dates"] = _dates(result, step) if step else None
    if effect.kind == "decide" and step and (outcome := step.outcome(effect.rule)):
        said |= {"outcome": outcome.label, "day": effect.nominal, "closed": bool(result.state.closed),
                 "reason": record.reason if record else ""}  # fmt: skip
    return {name: _plain(value) for name, value in said.items() if value not in (None, "", [], {})}


def _dates(result: Advance, step: Step) -> dict[str, str]:
    """The days among the facts that come with a step, as ISO text: what its own words may name."""
    facts, procedure = result.state.facts, result.case.terms.procedure
    shown = (fact for name in step.shows if (fact := procedure.fact(name)) and fact.kind == "date")
    return {fact.fact: facts[fact.fact] for fact in shown if facts.get(fact.fact)}


def _due_variables(asked: Obligation, terms: Terms) -> dict[str, Any]:
    due = asked.due
    said: dict[str, Any] = {
        "asks": asked.label, "responsible": asked.role, "fatal": asked.fatal, "undated": asked.undated,
        "kind": asked.kind, "start_on": pick_up_on(asked, terms),
    }  # fmt: skip
    if due:
        said |= {"due": due.due, "basis": due.basis, "uncertain": due.uncertain,
                 "due_time": due.due_time.isoformat("minutes") if due.due_time else ""}  # fmt: skip
    return said


def _reminded(result: Advance, effect: Effect) -> list[date]:
    prefix = f"{effect.step}/{effect.round}/remind/"
    days = {local_day(h.at) for key, h in result.case.ledger.items() if key.startswith(prefix) and h.overtaken is None}
    return sorted(days)


def _told_on(result: Advance, effect: Effect) -> date | None:
    task = result.case.ledger.get(f"{effect.step}/{effect.round}/task/")
    return local_day(task.at) if task and task.overtaken is None else None


def _next_escalation(result: Advance, effect: Effect) -> dict[str, Any]:
    """To whom it goes, and when, if nobody does anything: also when a goal speaks for the step."""
    step = result.case.terms.procedure.step(effect.step)
    speaker = step.due if isinstance(step, Step) and isinstance(step.due, str) else effect.step
    ahead = [e for e in result.ahead if e.kind == "escalate" and e.step == speaker]
    first = min(ahead, key=lambda e: e.moment, default=None)
    return {"escalates_on": local_day(first.moment), "escalates_to": first.to[0]} if first and first.to else {}


def _told_moves(result: Advance) -> Iterator[Move]:
    """Due days that moved and that somebody had been told; a goal tells only whom no step that serves it tells."""
    told = {move.step: move for move in result.moves if move.kind == "due" and move.told}
    serving = [(s.due, told[s.step].told) for s in result.case.terms.procedure.steps if s.step in told]
    for move in told.values():
        heard = {role for due, roles in serving if due == move.step for role in roles}
        yield replace(move, told=tuple(role for role in move.told if role not in heard))


def _change(result: Advance, move: Move, asked: Obligation, record: Record | None) -> dict[str, Any]:
    terms = result.case.terms
    said = {"title": terms.procedure.title, **_due_variables(asked, terms), "before": move.before, "after": move.after,
            "reason": record.reason if record else ""}  # fmt: skip
    return {name: _plain(value) for name, value in said.items() if value not in (None, "")}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value
