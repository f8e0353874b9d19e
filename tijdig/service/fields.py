"""What a document may say of a case: its fields, and the shape of them, by which a template is checked.

Everything is as it stood at the last entry of the log, so the same log gives the same words. A value is text as people
read it, a record of fields by name, or a list of one kind of thing; what is not known is empty text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from models.case import Log
from tijdig.engine.advance import advance
from tijdig.engine.calendar import local_day, short_date, short_moment
from tijdig.engine.case import Record, Terms
from tijdig.engine.language import Fact, Outcome, Procedure
from tijdig.engine.plan import Obligation, obligations
from tijdig.engine.state import State
from tijdig.service.held import Held
from tijdig.service.people import Directory
from tijdig.service.wording import basis_words, due_words, inside, subject_name

Shape = str | Mapping[str, Any] | Sequence[Any]
"""TEXT, the shapes of a record's fields by name, or a list with the shape of its elements as its only one."""

TEXT = ""
STATES = {
    "waiting": "wacht", "open": "open", "done": "gedaan", "skipped": "niet van toepassing", "withdrawn": "vervallen",
    "met": "gehaald", "none": "",
}  # fmt: skip
ENDED = {"open": "open", "withdrawn": "ingetrokken", "cancelled": "vervallen: per vergissing geopend",
         "merged": "samengevoegd"}  # fmt: skip
"""What a state is called that no definition names."""


def record_of(*names: str) -> dict[str, Shape]:
    """The shape of a record whose fields are all text."""
    return dict.fromkeys(names, TEXT)


_LOG = record_of("seq", "hash", "short_hash", "at")
_CASE = record_of("code", "title", "state", "opened", "closed", "revision", "version")
_SUBJECT = record_of("ref", "words", "name")
_GIVEN = record_of("name", "label", "value")
_DECISION = record_of("step", "asks", "outcome", "reason", "role", "by", "behalf", "on")
_OBLIGATION = {
    **record_of(
        "step", "kind", "row", "asks", "role", "state", "due", "safe", "basis", "source", "opened", "done", "outcome"
    ),
    "why": [TEXT],
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A case as its log has it: its state at the last entry, and which entry that is."""

    held: Held
    state: State
    at: datetime

    @property
    def day(self) -> date:
        """The day that a document of it bears."""
        return local_day(self.at)

    @property
    def terms(self) -> Terms:
        return self.held.terms


def seen(session: Session, held: Held) -> Seen:
    """The case as it stood right after the last entry of its log, not a moment later."""
    last = select(Log.at).where(Log.case_id == held.id).order_by(col(Log.seq).desc()).limit(1)
    at = session.exec(last).one()
    return Seen(held, advance(held.case, at).state, at)


def shape_of(procedure: Procedure) -> dict[str, Shape]:
    """The fields that every document of a procedure has."""
    parts = procedure.parts
    return {
        "date": TEXT, "case": _CASE, "subject": _SUBJECT, "log": _LOG,
        "facts": {fact.fact: TEXT for fact in procedure.facts}, "given": [_GIVEN],
        "decided": {step.step: _DECISION for step in procedure.steps}, "decisions": [_DECISION],
        "due": {part.name: _OBLIGATION for part in parts}, "obligations": [_OBLIGATION], "agenda": [_OBLIGATION],
    }  # fmt: skip


def fields_of(case: Seen, people: Directory) -> dict[str, Any]:
    """The values of these fields."""
    procedure, state, held = case.terms.procedure, case.state, case.held
    decisions = [
        _decision(record, case.terms, people)
        for record in _standing(held.case.records)
        if record.step not in state.withheld
    ]
    found = obligations(state)
    asked = [_obligation(each, case.terms) for each in found]
    dated = [(each.due.due, i) for i, each in enumerate(found) if each.due]
    facts = {fact.fact: worded(fact, state.fact(fact.fact)) for fact in procedure.facts}
    known = people.knows(held.subject)
    return {
        "date": short_date(case.day),
        "case": {
            "code": held.code, "title": procedure.title, "state": ended(procedure, held.state),
            "opened": short_date(held.opened_on), "closed": short_date(held.closed_on) if held.closed_on else "",
            "revision": str(procedure.revision), "version": str(held.version),
        },
        "subject": {"ref": held.subject, "words": subject_name(held.subject),
                    "name": people.name(held.subject) if known else ""},
        "log": {"seq": str(held.seq), "hash": held.head.hex(), "short_hash": held.head.hex()[:12],
                "at": short_moment(case.at)},
        "facts": facts,
        "given": [{"name": fact.fact, "label": fact.label, "value": facts[fact.fact]}
                  for fact in procedure.facts if facts[fact.fact]],
        "decisions": decisions,
        "decided": _decided(decisions, state),
        "obligations": asked,
        "due": {each["step"]: each for each in asked},
        "agenda": [asked[i] for _, i in sorted(dated)],
    }  # fmt: skip


def worded(fact: Fact, value: Any) -> str:
    """A fact as people read it; empty while it is not known."""
    match fact.kind, value:
        case _, None | "":
            return ""
        case "row", {"date": day, **more}:  # a row of a timetable may have no date yet
            return due_words(date.fromisoformat(day) if day else None, str(more.get("time", "")))
        case "document", {"name": name}:
            return str(name)
        case "date", str(text):
            return short_date(date.fromisoformat(text))
        case "moment", str(text):
            return short_moment(datetime.fromisoformat(text))
        case "yes_no", _:
            return "ja" if value else "nee"
        case "choice", _:
            return dict(fact.choices).get(value, str(value))
        case "number", int(number):
            return f"{number:,}".replace(",", ".")
        case "money", int(cents):
            return euros(cents)
    return str(value)


def euros(cents: int) -> str:
    """An amount as people read it: "€ 1.250,00"."""
    whole, rest = divmod(abs(cents), 100)
    return f"€ {'-' if cents < 0 else ''}{whole:,}".replace(",", ".") + f",{rest:02}"


def ended(procedure: Procedure, state: str) -> str:
    """A state of a case as people read it: the label of what ended it."""
    closing = {outcome.name: outcome.label for step in procedure.steps for outcome in step.outcomes}
    ends = {end.end: end.label for end in procedure.ends}
    lapses = {goal.lapse: f"vervallen: {inside(goal.label)} niet op tijd" for goal in procedure.goals}
    return {**lapses, **closing, **ends, **ENDED}.get(state, state)


def _standing(records: Sequence[Record]) -> list[Record]:
    """The decisions that nobody took back."""
    found: list[Record] = []
    for record in records:
        if record.act == "decide":
            found.append(record)
        elif record.act in ("take-back", "reopen"):
            last = next((one for one in reversed(found) if one.step == record.step), None)
            found = [one for one in found if one is not last]
    return found


def _decision(record: Record, terms: Terms, people: Directory) -> dict[str, str]:
    step = terms.steps[record.step]
    outcome: Outcome | None = step.outcome(record.outcome)
    return {
        "step": step.step, "asks": step.asks, "outcome": outcome.label if outcome else record.outcome,
        "reason": record.reason, "role": terms.role(step.role), "by": people.name(record.by),
        "behalf": people.name(record.behalf) if record.behalf else "", "on": short_date(local_day(record.at)),
    }  # fmt: skip


def _decided(decisions: Sequence[dict[str, str]], state: State) -> dict[str, dict[str, str]]:
    """Of each step the decision by which it is done; all empty for the others."""
    none = dict.fromkeys(_DECISION, "")
    last = {each["step"]: each for each in decisions}
    return {name: last.get(name, none) if at.status == "done" else none for name, at in state.steps.items()}


def _obligation(asked: Obligation, terms: Terms) -> dict[str, Any]:
    due, rule = asked.due, terms.rules.get(asked.step)
    fact = terms.procedure.fact(rule.on) if rule and rule.on else None
    outcome = terms.steps[asked.step].outcome(asked.outcome) if asked.step in terms.steps else None
    why = [step.text for step in due.steps] if due else [asked.undated] if asked.undated else []
    at = f"{due.due_time:%H:%M}" if due and due.due_time else ""
    return {
        "step": asked.step, "kind": asked.kind, "row": fact.row if fact else "",
        "asks": asked.label, "role": asked.role, "state": STATES[asked.state],
        "due": due_words(due.due, at) if due else "",
        "safe": short_date(due.safe) if due else "", "basis": basis_words(due.basis, asked.fatal) if due else "",
        "source": due.source if due else "", "why": why, "outcome": outcome.label if outcome else "",
        "opened": short_date(asked.opened_on) if asked.opened_on else "",
        "done": short_date(asked.done_on) if asked.done_on else "",
    }  # fmt: skip
