"""From a sheet to the words of its page: fields, choices with what they bring about, the date and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from tijdig.engine.calendar import local_day, short_date, short_moment
from tijdig.engine.conditions import Done, Took
from tijdig.engine.language import Close, Fact, Outcome, Repeat
from tijdig.engine.state import as_day
from tijdig.service.colours import Decided
from tijdig.service.handin import OUTCOME_FIELD, REASON_FIELD, Answer, Change
from tijdig.service.sheet import Sheet
from tijdig.service.timeline import ACTS
from tijdig.service.wording import and_, basis_words, days_left, due_words, inside, sentence, subject_name
from tijdig.web.seal import Seal

OUTCOME, REASON, FORM = "uitkomst", "reden", "formulier"
"""Names of fields beside those of the facts."""

STATUS = {"on_time": "● Op schema", "close": "▲ Bijna", "late": "■ Te laat", "none": "○ Geen termijn"}
COLOURS = {"green": "● Groen", "orange": "▲ Oranje", "red": "■ Rood", "none": "○ Geen besluit"}
"""Lidstatus: what people decided. Termijnstatus, above, is what is computed; the two are never merged."""
YES_NO = (("ja", "Ja"), ("nee", "Nee"))
HINTS = {
    "document": "Hoogstens 10 MB. Geen cliëntnamen en geen BSN, ook niet in de bestandsnaam.",
    "register": "CSV in UTF-8. Alleen cliëntreferenties: geen namen en geen BSN, ook niet in de bestandsnaam.",
    "text": "Geen cliëntnamen en geen BSN.",
    "date": "Bijvoorbeeld 15-10-2021.",
    "money": "Bijvoorbeeld 1.250,00.",
    "row": "Dag en uur, bijvoorbeeld 15-10-2021 17:00.",
}


def exports_of(which: str, **filter: str) -> list[tuple[str, str]]:
    """The ways to a list as a file, by kind; with the filter of its page."""
    query = urlencode({name: text for name, text in filter.items() if text})
    return [(kind, f"/exporteren/{which}.{kind}{'?' if query else ''}{query}") for kind in ("xlsx", "csv")]


def colour_words(decided: Decided | None) -> dict[str, Any]:
    """A lidstatus: its name and words, the day of the decision, and the dossier in which it was made."""
    if decided is None:
        return {"name": "none", "words": COLOURS["none"], "on": None, "case": ""}
    return {"name": decided.colour, "words": COLOURS[decided.colour], "on": decided.on, "case": decided.case}


def fact_field(name: str) -> str:
    """The name of the field of a fact."""
    return f"feit.{name}"


def kept_field(name: str) -> str:
    """The name of the hidden field of a file that was received before."""
    return f"bewaard.{name}"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form. `kept` is a file that was received before, and `sealed` what proves it."""

    name: str
    kind: str
    label: str
    note: str
    """Beside the label, unless it must always be filled in."""
    hint: str
    value: str
    choices: tuple[tuple[str, str], ...]
    error: str
    kept: str = ""
    sealed: str = ""

    @property
    def id(self) -> str:
        return self.name.replace(".", "-")

    @property
    def described_by(self) -> str:
        parts = (f"{self.id}-hint" if self.hint else "", f"{self.id}-fout" if self.error else "")
        return " ".join(filter(None, parts))

    @property
    def target(self) -> str:
        """Where a link to this field leads: of a group of choices to the first."""
        return f"{self.id}-1" if self.choices and self.kind != "pick" else self.id


@dataclass(frozen=True, slots=True)
class Choice:
    """An outcome, and what it brings about."""

    name: str
    label: str
    follows: str
    chosen: bool


def page_words(
    sheet: Sheet, seal: Seal, token: str, action: str, *, now: datetime, answer: Answer | None = None,
    problems: Mapping[str, str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """All that the page of a task says; its form goes to `action`, and is sealed for `token`."""
    answer, problems = answer or Answer("", sheet.case.version), problems or {}
    fields = [field_of(fact, _note(fact, sheet), seal, token, answer, problems) for fact in sheet.fields]
    choices = [_choice(sheet, outcome, answer) for outcome in sheet.outcomes]
    several = bool(sheet.step and len(sheet.step.outcomes) > 1)
    outcome = _outcome_field(choices, problems) if several else None
    reason = _reason_field(sheet, answer, problems)
    return {
        "task": task_words(sheet, now), "action": action, "form": seal.form(token, answer.version), "fields": fields,
        "outcome": outcome, "choices": choices, "reason": reason,
        "wrong": [f for f in (*fields, outcome, reason) if f and f.error], "phone": sheet.phone,
        "refusal": sheet.refusal, "behalf": sheet.behalf, "known": list(_known(sheet)),
        "decided": list(_decided(sheet)) if sheet.is_colleague else [],
    }  # fmt: skip


def task_words(sheet: Sheet, now: datetime) -> dict[str, Any]:
    """What the task is: its words, subject and date, with the reasons of the date."""
    asked, due = sheet.asked, sheet.asked.due
    at = due.due_time.isoformat("minutes") if due and due.due_time else ""
    return {
        "asks": sentence(asked.label).rstrip("."), "subject": sentence(subject_name(sheet.case.subject)).rstrip("."),
        "title": sheet.state.terms.procedure.title, "code": sheet.case.code, "version": sheet.case.version,
        "due": due_words(due.due, at) if due else "", "due_iso": f"{due.due}T{at}" if at and due else due and due.due,
        "basis": due.basis if due else "", "badge": basis_words(due.basis, asked.fatal) if due else "",
        "uncertain": bool(due and due.uncertain), "left": days_left(due.due, local_day(now)) if due else "",
        "status": STATUS[sheet.status], "status_name": sheet.status, "undated": asked.undated,
        "why": [step.text for step in due.steps] if due else [], "source": due.source if due else "",
        "calendar": due.calendar_version if due else "",
    }  # fmt: skip


# --- the form


def field_of(
    fact: Fact, note: str, seal: Seal, token: str, answer: Answer, problems: Mapping[str, str], *, shown: str = ""
) -> Field:
    """The field of a fact, as it was filled in, or else with what is `shown` there."""
    kept = answer.documents.get(fact.fact)
    choices = {"choice": fact.choices, "yes_no": YES_NO}.get(fact.kind, ())
    return Field(
        fact_field(fact.fact), fact.kind, fact.label, note,
        HINTS.get(fact.kind, ""), answer.texts.get(fact.fact, shown), choices, problems.get(fact.fact, ""),
        kept["name"] if kept else "", seal.document(token, fact.fact, kept) if kept else "",
    )  # fmt: skip


def _note(fact: Fact, sheet: Sheet) -> str:
    if fact.required is True and sheet.state.fact(fact.fact) is None:
        return ""
    return "mag leeg blijven" if isinstance(fact.required, bool) else "soms verplicht"


def _outcome_field(choices: list[Choice], problems: Mapping[str, str]) -> Field:
    shown = tuple((choice.name, choice.label) for choice in choices)
    return Field(OUTCOME, "choice", "Wat is uw keuze?", "", "", "", shown, problems.get(OUTCOME_FIELD, ""))


def _reason_field(sheet: Sheet, answer: Answer, problems: Mapping[str, str]) -> Field | None:
    """A reason may be asked for some outcomes only; without any there is no such field."""
    asking = [o for o in sheet.outcomes if o.reason is not False]
    if not asking:
        return None
    always = len(asking) == len(sheet.outcomes) and all(o.reason is True for o in asking)
    label = "Reden" if always else f"Reden (verplicht bij {and_(*(inside(o.label) for o in asking))})"
    hint = f"Minimaal 10 tekens. {HINTS['text']}"
    return Field(REASON, "text", label, "", hint, answer.reason, (), problems.get(REASON_FIELD, ""))


def _choice(sheet: Sheet, outcome: Outcome, answer: Answer) -> Choice:
    follows = "; ".join(_follows(sheet, outcome))
    return Choice(outcome.name, outcome.label, follows, answer.outcome == outcome.name)


def _follows(sheet: Sheet, outcome: Outcome) -> Iterator[str]:
    """What an outcome brings about, for above the button (ux.md, section 4)."""
    terms, step = sheet.state.terms, sheet.asked.step
    match outcome:
        case Close():
            yield "het dossier sluit"
        case Repeat(step=again):
            yield f"de stap ‘{terms.steps[again].asks}’ begint opnieuw"
        case _:
            yield "het dossier gaat verder"
            for other, needs in terms.needs.items():
                if any(part in (Took(step, outcome.name), Done(step)) for part in needs.parts()):
                    yield f"daarna komt ‘{terms.steps[other].asks}’ ({terms.role(terms.steps[other].role)})"
    for role in terms.roles(outcome.tells):
        yield f"de rol {role} krijgt bericht"
    if outcome.starts:
        yield "er begint een vervolgdossier"
    yield "herinneringen voor deze taak vervallen"


# --- what is kept when the case changed meanwhile


def change_words(change: Change, now: datetime) -> str:
    """What happened meanwhile: "document toegevoegd (lid, 09:14)"."""
    today = local_day(change.at) == local_day(now)
    at = short_moment(change.at).rpartition(", ")[2] if today else short_moment(change.at)
    if change.act == "decide":
        what = f"‘{change.asks}’ afgerond"
    elif change.with_document:
        what = "document toegevoegd"
    else:
        what = ACTS.get(change.act, change.act)
    return f"{what} ({change.role}, {at})"


def input_words(sheet: Sheet, answer: Answer) -> str:
    """What somebody filled in, on one line: 'Groen, "Plan is uitgevoerd"'."""
    labels = [o.label for o in sheet.outcomes if o.name == answer.outcome]
    files = [kept["name"] for kept in answer.documents.values()]
    texts = [f'"{text.strip()}"' for text in (*answer.texts.values(), answer.reason) if text.strip()]
    return ", ".join((*labels, *files, *texts))


def kept_inputs(sheet: Sheet, seal: Seal, token: str, answer: Answer) -> list[tuple[str, str]]:
    """The same input as hidden fields of a form for the version as it is now."""
    texts = [(fact_field(name), value) for name, value in answer.texts.items()]
    files = [(kept_field(name), seal.document(token, name, kept)) for name, kept in answer.documents.items()]
    chosen = [(OUTCOME, answer.outcome), (REASON, answer.reason)]
    return [(FORM, seal.form(token, sheet.case.version)), *texts, *files, *chosen]


# --- what a colleague weighs


def _known(sheet: Sheet) -> Iterator[tuple[str, str, str]]:
    """The facts that come with the task, for a colleague all: label, words, and for a file its hash."""
    shown = sheet.step.shows if sheet.step else ()
    for fact in sheet.state.terms.procedure.facts:
        value = sheet.state.fact(fact.fact)
        if value is not None and fact.kind not in ("row", "settlement") and (sheet.is_colleague or fact.fact in shown):
            is_file = fact.kind in ("document", "register")
            yield fact.label, fact_words(fact, value), value["sha256"] if is_file else ""
    if sheet.counted and sheet.is_colleague:
        yield "Realisatie, zoals Tijdig nu telt", sheet.counted, ""


def fact_words(fact: Fact, value: Any) -> str:
    """A fact's value as people read it."""
    match fact.kind:
        case "document" | "register":
            return str(value["name"])
        case "date" | "moment":
            day = as_day(value)
            return short_moment(day) if isinstance(day, datetime) else short_date(day) if day else str(value)
        case "yes_no":
            return "ja" if value else "nee"
        case "choice":
            return dict(fact.choices).get(value, str(value))
        case "money":
            return "€ " + f"{value / 100:,.2f}".translate(str.maketrans(",.", ".,"))
    return str(value)


def _decided(sheet: Sheet) -> Iterator[tuple[str, str, str, date, str]]:
    """Earlier decisions: what was asked, the outcome, in which role, when, and why."""
    terms = sheet.state.terms
    for record in sheet.decided:
        step = terms.steps.get(record.step)
        outcome = step.outcome(record.outcome) if step else None
        if step and outcome:
            yield step.asks, outcome.label, terms.role(step.role), local_day(record.at), record.reason
