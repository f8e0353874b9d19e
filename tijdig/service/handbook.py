"""A procedure in words that a quality adviser can read aloud, drawn from its definition and the settings in force."""

from __future__ import annotations

from collections.abc import Iterator

from tijdig.engine.case import Terms
from tijdig.engine.language import DueRule, Escalate, Goal, Procedure, Remind, Step
from tijdig.engine.terms import Term, words


def page(terms: Terms) -> Iterator[str]:
    """Line by line: what it is, its goals, its steps with their outcomes, who hears what, and its settings."""
    procedure = terms.procedure
    yield f"{procedure.title} ({procedure.id}, rev. {procedure.revision})"
    yield f"Over: {procedure.subject}. Eigenaar: {terms.role(procedure.owner)}."
    if procedure.source:
        yield f"Bron: {procedure.source}."
    for goal in procedure.goals:
        yield ""
        yield f"Doel · {goal.label}: {due_sentence(terms, goal)}"
        yield from _voices(terms, goal)
    for number, step in enumerate(procedure.steps, start=1):
        yield ""
        yield f"{number} · {step.asks} ({_role(terms, step)}): {due_sentence(terms, step)}"
        yield f"    Uitkomsten: {', '.join(outcome.label for outcome in step.outcomes)}."
        yield from _voices(terms, step)
    yield from _rows(procedure)
    if procedure.settings:
        yield ""
        yield "Instellingen"
    for setting in procedure.settings:
        value = terms.value(setting)
        shown = (
            words(value)
            if isinstance(value, Term)
            else {True: "ja", False: "nee", None: "nog niet gekozen"}.get(value, value)
        )
        yield f"    {setting.id} · {setting.label}: {shown} ({setting.source})"


def _rows(procedure: Procedure) -> Iterator[str]:
    """What other rows of the timetable come to."""
    for rows in procedure.timetable.rows if procedure.timetable else ():
        whose = {True: "van ons", False: "van de ander", None: "van wie ook"}[rows.match.ours]
        yield ""
        yield f"Andere rijen van het tijdschema · {rows.rows} ({whose})"
        for goal in rows.goals:
            yield f"    Doel · {goal.label}"
        for step in rows.steps:
            yield f"    Stap · {step.asks} ({step.role}). Uitkomsten: {', '.join(o.label for o in step.outcomes)}."


def _role(terms: Terms, part: Step | Goal) -> str:
    return terms.role(part.role) or "rol nog niet gekozen"


def due_sentence(terms: Terms, part: Step | Goal) -> str:
    """When a step or goal is due, with basis and source."""
    rule = part.due
    if isinstance(rule, str):
        return f"telt mee voor ‘{terms.goals[rule].label}’."
    if rule is None and isinstance(part, Goal) and part.row:
        return "op de dag van zijn rij in het tijdschema."
    if rule is None:
        return (part.undated if isinstance(part, Step) else "") or "zonder datum."
    return f"{_term(terms, rule)} [{rule.basis}{' (fataal)' if rule.fatal else ''}]{_source(rule)}"


def _term(terms: Terms, rule: DueRule) -> str:
    term, anchor = terms.term(rule.term), terms.labels[rule.anchor]
    if rule.on:
        return f"op {anchor}."
    if term is None:
        return "zonder datum zolang de termijn niet gekozen is."
    first = ", vanaf de tweede ronde" if rule.again else ""
    return f"uiterlijk {words(term)} {'na' if rule.after else 'voor'} {anchor}{first}."


def _source(rule: DueRule) -> str:
    return f" Bron: {rule.source}." if rule.source else ""


def _voices(terms: Terms, part: Step | Goal) -> Iterator[str]:
    for remind in part.remind:
        yield f"    Herinnering {remind.remind}: {_when(terms, part, remind)}."
    for rung in part.when_late:
        to = terms.role(rung.to) or "rol nog niet gekozen"
        yield f"    Te laat ({rung.escalate}): naar {to}{_later(terms, rung)}."


def _when(terms: Terms, part: Step | Goal, remind: Remind) -> str:
    if remind.before is not None:
        return f"{_words(terms.term(remind.before))} voor de uiterste datum"
    rule = part.due if isinstance(part.due, DueRule) else None
    anchor = remind.of or (rule.anchor if rule else "")
    return f"{_words(terms.term(remind.after))} na {terms.labels.get(anchor, 'het begin')}"


def _later(terms: Terms, rung: Escalate) -> str:
    return f", {_words(terms.term(rung.after))} later" if rung.after is not None else ""


def _words(term: Term | None) -> str:
    return words(term) if term else "?"
