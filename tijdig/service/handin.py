"""What becomes of what somebody hands in, through a mail's link or from their worklist.

One transaction, in which everything is asked again: link, right, assignee, four eyes, version, and whether this very
form came before (ux.md, section 4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session, select

from models.case import Case as CaseRow
from models.operation import Event
from tijdig.engine.acts import MIN_REASON
from tijdig.engine.calendar import local_day
from tijdig.engine.case import Record
from tijdig.engine.conditions import Condition
from tijdig.engine.errors import Refused
from tijdig.engine.language import Fact
from tijdig.engine.snapshot import canonical
from tijdig.engine.state import State
from tijdig.service import cases, documents
from tijdig.service.cases import Doing
from tijdig.service.comparing import BAD_REGISTER
from tijdig.service.forms import clean_text, model_for, plain
from tijdig.service.held import Held
from tijdig.service.links import hashed
from tijdig.service.people import Directory
from tijdig.service.sheet import Finished, Sheet, Way, open_or_finished
from tijdig.service.work import Work

CHOOSE = "Maak een keuze."
NOT_NOW = "Deze keuze kan nu niet. Maak een andere keuze."
REASON = f"Schrijf een reden van minimaal {MIN_REASON} tekens."
NOTHING = "U hebt nog niets ingevuld. Vul minstens één veld in."
MISSING = {
    "document": "Kies een bestand.", "register": "Kies een bestand.", "choice": CHOOSE, "yes_no": "Kies ja of nee.",
}  # fmt: skip
WRONG = {
    "date": "Vul een datum in, bijvoorbeeld 15-10-2021.",
    "moment": "Vul een datum en een tijd in, bijvoorbeeld 2021-10-15T17:00.",
    "money": "Vul een bedrag in, bijvoorbeeld 1.250,00.",
    "choice": CHOOSE,
    "yes_no": "Kies ja of nee.",
}

OUTCOME_FIELD, REASON_FIELD = ":outcome", ":reason"
"""Where no fact is wrong but the choice or its reason; no fact is called so."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody handed in: the one-time key of the form, the version that they saw, and what they filled in.

    `problems` were found while the form was read: a file that is too large.
    """

    key: str
    version: int
    outcome: str = ""
    reason: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    def given(self, name: str) -> Any:
        """What was filled in for a fact; empty when nothing was."""
        return self.documents.get(name) or self.texts.get(name, "").strip()


@dataclass(frozen=True, slots=True)
class Receipt:
    """It was handed in: when, and by which number it can be found (dossier and version).

    `apart` says who of a cohort got no case by it.
    """

    at: datetime
    number: str
    apart: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mistakes:
    """The form cannot be taken so: what is wrong, by field."""

    sheet: Sheet
    problems: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to the case since the form was made."""

    act: str
    asks: str
    """Of the step that it was about, if any."""
    with_document: bool
    role: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Changed:
    """The case is no longer as the form showed it."""

    sheet: Sheet
    changes: tuple[Change, ...]


def hand_in(
    session: Session, way: Way | None, answer: Answer, *, via: str, now: datetime, files: Path
) -> Receipt | Mistakes | Changed | Sheet | Finished | None:
    """Decide what was handed in, in this transaction; `files` is where files are. The same form twice: one receipt.

    Gives Mistakes or Changed when nothing was decided yet, the sheet with its refusal when this person may not,
    Finished when somebody did it before, and None when there is no way there (any more). `via` is how it came in.
    """
    if way is None:
        return None
    # for update: on PostgreSQL nobody else decides from here on; SQLite's writers come one by one anyhow
    row = session.exec(select(CaseRow).where(CaseRow.id == way.case_id).with_for_update()).one()
    if receipt := received(session, row, answer):
        return receipt
    held, seen = open_or_finished(session, way, now)
    if isinstance(seen, Finished):
        return seen
    if seen.refusal:
        note(session, "denied", way.person_id, now, case=row.code, step=way.step, why=seen.refusal)
        return seen
    if problems := _mistakes(seen, answer):
        return Mistakes(seen, problems)
    if answer.version != row.version:
        return Changed(seen, tuple(changes_since(held, Directory.load(session), answer.version)))
    try:
        with session.begin_nested():
            apart = _decide(session, seen, answer, via, now, files)
    except Refused as refusal:
        if refusal.code != BAD_REGISTER:
            raise
        fact = vars(refusal)["fact"]
        documents.discard(session, files, answer.documents[fact])
        return Mistakes(seen, {fact: str(refusal)})
    return Receipt(now, _number(row, answer), apart)


def _decide(
    session: Session, sheet: Sheet, answer: Answer, via: str, now: datetime, files: Path
) -> tuple[str, ...]:  # fmt: skip
    """Decide it; gives who of a cohort was passed over."""
    for kept in answer.documents.values():
        documents.note(session, kept, now=now)
    work = Work(session, keep=documents.keeper(session, files, now=now))
    cases.decide(
        work, Directory.load(session), sheet.case.code, sheet.way.step, _outcome(sheet, answer),
        {fact.fact: value for fact in sheet.fields if (value := answer.given(fact.fact))},
        Doing(sheet.way.person_id, now, reason=answer.reason.strip(), via=via), version=answer.version,
    )  # fmt: skip
    work.flush()
    use_form(session, sheet.case, answer, by=sheet.way.person_id, now=now)
    return tuple(work.apart)


def use_form(session: Session, row: CaseRow | Held, answer: Answer, *, by: str, now: datetime) -> Receipt:
    """From now on this form was handed in."""
    note(session, "form", by, now, **_form(row, answer))
    return Receipt(now, _number(row, answer))


def _form(row: CaseRow | Held, answer: Answer) -> dict[str, str]:
    return {"case": row.code, "form": hashed(answer.key)}


def received(session: Session, row: CaseRow | Held, answer: Answer) -> Receipt | None:
    """The receipt of this very form, when it was handed in before: a double click is one decision."""
    wanted = select(Event.at).where(Event.kind == "form", Event.detail == canonical(_form(row, answer)))
    at = session.exec(wanted).first()
    return Receipt(at, _number(row, answer)) if at else None


def _number(row: CaseRow | Held, answer: Answer) -> str:
    """The dossier and the version that the decision made: `act/VERSION` in the log."""
    return f"{row.code}/{answer.version + 1}"


def note(session: Session, kind: str, person: str, now: datetime, **detail: str) -> None:
    """Write down what somebody did, in the log of the house."""
    session.add(Event(at=now, kind=kind, actor=person, detail=canonical(detail)))
    session.flush()


def _outcome(sheet: Sheet, answer: Answer) -> str:
    """What was chosen; where there is only one outcome there is nothing to choose."""
    assert sheet.step is not None
    return answer.outcome if len(sheet.step.outcomes) > 1 else sheet.step.outcomes[0].name


def _mistakes(sheet: Sheet, answer: Answer) -> dict[str, str]:
    """What is wrong with an answer, by field, in the order of the form."""
    values, wrong = read_fields(sheet.fields, answer)
    found = dict(_found(sheet, answer, values, {**wrong, **answer.problems}))
    says_nothing = sheet.fields and not values and len(sheet.outcomes) == 1
    return found or ({sheet.fields[0].fact: NOTHING} if says_nothing else {})


def _found(
    sheet: Sheet, answer: Answer, values: Mapping[str, Any], wrong: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    chosen = _outcome(sheet, answer)
    outcome = next((o for o in sheet.outcomes if o.name == chosen), None)
    seen = sheet.state.as_if(sheet.asked.step, chosen, values) if outcome else sheet.state
    if outcome is None or (outcome.only is not None and outcome.only.holds(seen) is not True):
        yield OUTCOME_FIELD, NOT_NOW if chosen else CHOOSE
    for fact in sheet.fields:
        if fact.fact in wrong:
            yield fact.fact, wrong[fact.fact]
        elif outcome and seen.fact(fact.fact) is None and _holds(fact.required, seen):
            yield fact.fact, MISSING.get(fact.kind, "Vul dit in.")
    if outcome and _holds(outcome.reason, seen) and len(answer.reason.strip()) < MIN_REASON:
        yield REASON_FIELD, REASON
    elif problem := text_problem(answer.reason):
        yield REASON_FIELD, problem


def read_fields(facts: Iterable[Fact], answer: Answer) -> tuple[dict[str, Any], dict[str, str]]:
    """The facts that were filled in, as a record holds them, and what is wrong with the others."""
    values, wrong = {}, {}
    for fact in facts:
        if given := answer.given(fact.fact):
            try:
                form = model_for([fact], all_optional=True).model_validate({fact.fact: given})
                values[fact.fact] = plain(getattr(form, fact.fact))
            except ValidationError as error:
                said = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
                wrong[fact.fact] = WRONG.get(fact.kind) or (_range(fact) if fact.kind == "number" else said)
    return values, wrong


def _range(fact: Fact) -> str:
    bounds = [f"{word} {bound}" for word, bound in (("vanaf", fact.min), ("tot en met", fact.max)) if bound is not None]
    return " ".join(["Vul een heel getal in", *bounds]) + "."


def text_problem(text: str) -> str:
    """What is wrong with a free text; empty when nothing is."""
    try:
        clean_text(text)
    except Refused as refusal:
        return str(refusal)
    return ""


def _holds(wanted: bool | Condition, state: State) -> bool:
    return wanted.holds(state) is True if isinstance(wanted, Condition) else wanted


def changes_since(held: Held, people: Directory, seen: int) -> Iterator[Change]:
    """The records after the version that was seen: each record made one version."""
    terms = held.terms
    for record in held.case.records[seen:]:
        step = terms.steps.get(record.step)
        kinds = {fact.kind for name in record.values if (fact := terms.procedure.fact(name))}
        yield Change(
            record.act, step.asks if step else "", "document" in kinds, _role_of(record, held, people), record.at
        )


def _role_of(record: Record, held: Held, people: Directory) -> str:
    """In which role somebody did this, as far as it can be told afterwards; people are not named to each other."""
    terms = held.terms
    if record.act == "decide":
        return terms.role(terms.steps[record.step].role)
    roles = people.roles_of(record.by, local_day(record.at))
    return roles[0] if roles else "systeem"
