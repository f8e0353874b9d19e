"""Static checks, first part: each name is sound and stands for something that is there.

Each problem names its place, a code, what is wrong and the mend.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from tijdig.engine.case import CASE
from tijdig.engine.conditions import AtLimit, Condition, Done, InTime, Is, Known, More, Reached, Same, Took
from tijdig.engine.errors import Problem
from tijdig.engine.language import (
    Close,
    DueRule,
    Fact,
    Goal,
    Procedure,
    Remind,
    Repeat,
    Step,
    Sum,
    walk,
)

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_WOVEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
"""In a definition that is woven: rows are called as their office calls them."""
_ID = re.compile(r"[a-z][a-z0-9-]*\Z")
_DATED = ("date", "moment", "row")


def place(part: Step | Goal) -> str:
    """How a problem names where it is."""
    return f"step '{part.step}'" if isinstance(part, Step) else f"goal '{part.goal}'"


def names(p: Procedure) -> Iterator[Problem]:
    """What is wrong with the names that a definition gives: how they are written, and which stand twice."""
    if not _ID.match(p.id):
        yield Problem("procedure", "BAD_NAME", f"'{p.id}' is no procedure id", "Use small letters, digits and '-'.")
    rows = {f.fact for f in p.facts if f.row}  # the goal of a row and the fact that holds its date share its name
    names = [*(s.step for s in p.steps), *(g.goal for g in p.goals), *(f.fact for f in p.facts if f.fact not in rows)]
    named = _WOVEN if p.timetable and p.timetable.name else _NAME
    for name in names:
        if not named.match(name) or name == CASE:
            yield Problem(f"'{name}'", "BAD_NAME", f"'{name}' is no name", f"Use small letters and '_'; not '{CASE}'.")
    for name, n in Counter(names).items():
        if n > 1:
            yield Problem(f"'{name}'", "NAME_CLASH", f"'{name}' names {n} things", "Give each its own name.")
    for step in p.steps:
        for name, n in Counter(o.name for o in step.outcomes).items():
            if n > 1:
                yield Problem(place(step), "NAME_CLASH", f"outcome '{name}' stands {n} times", "Rename one of them.")
    for part in p.parts:
        rules = [*(r.remind for r in part.remind), *(e.escalate for e in part.when_late)]
        for name, n in Counter(rules).items():
            if n > 1:
                yield Problem(place(part), "NAME_CLASH", f"rule '{name}' stands {n} times", "Rename one of them.")


def references(p: Procedure, known: Mapping[str, Procedure]) -> Iterator[Problem]:
    """Every name that a definition uses and that stands for nothing, here or in what it starts."""
    for part in p.parts:
        for item in walk(part):
            if isinstance(item, Condition):
                yield from _condition(p, part, item)
            elif isinstance(item, DueRule | Remind):
                anchor = item.anchor if isinstance(item, DueRule) else item.of
                yield from _anchor(p, place(part), anchor)
    for item in walk((p.ends, p.facts)):
        if isinstance(item, Condition):
            yield from _condition(p, None, item)
    for step in p.steps:
        yield from _step_references(p, step)
    for name in p.opens_with:
        if not p.fact(name):
            yield unknown("opens_with", f"fact '{name}'")
    for may in p.may:
        for name in filter(None, (may.of, may.until)):
            if not p.step(name) and not p.goal(name):
                yield unknown(f"may '{may.may}'", f"step or goal '{name}'")
    if p.timetable and not p.fact(p.timetable.timetable):
        yield unknown("timetable", f"fact '{p.timetable.timetable}'")
    for fact in p.facts:
        yield from _age(p, fact)
    yield from _starts(p, known)
    for step in p.steps:
        for sum_ in step.sums:
            yield from _summed(p, step, sum_, known)


def _summed(p: Procedure, step: Step, sum_: Sum, known: Mapping[str, Procedure]) -> Iterator[Problem]:
    """What is added up is a number of the step's form, and one of cases that are about a period, as this one is."""
    of = known.get(sum_.of)
    if of is None:
        yield unknown(place(step), f"procedure '{sum_.of}'")
        return
    facts = (p.fact(sum_.sum) if sum_.sum in step.form else None, of.fact(sum_.fact))
    if not (p.span and of.span and all(fact and fact.kind == "number" for fact in facts)):
        said = f"'{sum_.sum}' is no number of its form, '{sum_.fact}' none of {of.id}, or a span is missing"
        yield Problem(place(step), "SUMMED", said, "Name two numbers, and give both procedures a span.")


def _age(p: Procedure, fact: Fact) -> Iterator[Problem]:
    """What may only be so old must say of which day it is."""
    where, dated = f"fact '{fact.fact}'", p.fact(fact.dated)
    if fact.max_age is not None and (dated is None or dated.kind not in _DATED):
        yield Problem(where, "AGE_UNKNOWN", "it may only be so old, and nothing says of which day it is",
                      "Name the fact with its day: dated=.")  # fmt: skip
    yield from _anchor(p, where, fact.fresh_on)
    yield from _anchor(p, where, fact.expected)
    if (other := p.fact(fact.expected)) and other.expected:
        yield Problem(where, "ANCHOR_CYCLE", f"it is expected with '{other.fact}', which is expected itself",
                      "Name the anchor that counts until it is known.")  # fmt: skip


def _step_references(p: Procedure, step: Step) -> Iterator[Problem]:
    if isinstance(step.due, str) and not p.goal(step.due):
        yield unknown(place(step), f"goal '{step.due}'")
    for name in (*step.form, *step.shows):
        if not p.fact(name):
            yield unknown(place(step), f"fact '{name}'")
    for name in step.not_by:
        if not p.step(name) and not p.fact(name):
            yield unknown(place(step), f"step or fact '{name}'")
    for name in step.draws:
        fact = p.fact(name)
        if fact is None:
            yield unknown(place(step), f"fact '{name}'")
        elif fact.kind != "document" or any(name in each.form for each in p.steps) or step.starts:
            said = f"it draws up '{name}', which is no document, is asked by a form, or comes when cases close"
            yield Problem(place(step), "DRAWN", said, "Give it a document and a step of its own.")
    for outcome in step.outcomes:
        if isinstance(outcome, Repeat) and not p.step(outcome.step):
            yield unknown(place(step), f"step '{outcome.step}'")


def _starts(p: Procedure, known: Mapping[str, Procedure]) -> Iterator[Problem]:
    for item in walk(p):
        if type(item).__name__ != "Start":
            continue
        where, other = f"start '{item.start}'", known.get(item.start)
        if other is None:
            yield unknown(where, f"procedure '{item.start}'")
        for fact, anchor in item.facts:
            if other and not other.fact(fact):
                yield unknown(where, f"fact '{fact}' of {item.start}")
            yield from _anchor(p, where, anchor, dated=False)
        for goal in item.carries:
            if not p.goal(goal):
                yield unknown(where, f"goal '{goal}'")


def _condition(p: Procedure, part: Step | Goal | None, item: Condition) -> Iterator[Problem]:
    where = place(part) if part else "ends or facts"
    facts: tuple[str, ...] = ()
    match item:
        case Done(name) | Took(name) if not p.step(name):
            yield unknown(where, f"step '{name}'")
        case Took(name, outcome) if (step := p.step(name)) and not step.outcome(outcome):
            yield unknown(where, f"outcome '{outcome}' of step '{name}'")
        case Took(name, outcome) if (step := p.step(name)) and isinstance(step.outcome(outcome), Close | Repeat):
            if part and isinstance(part, Step):
                yield Problem(where, "UNREACHABLE", f"waits for '{outcome}' of '{name}', after which nothing opens",
                              "Wait for an outcome after which the case goes on.")  # fmt: skip
        case Known(fact) | Is(fact):
            facts = (fact,)
        case Same(left, right) | More(left, right):
            facts = (left, right)
        case Reached(anchor):
            yield from _anchor(p, where, anchor)
        case InTime(fact, of) | AtLimit(fact, of):
            facts = (fact,)
            if not p.step(of) and not p.goal(of):
                yield unknown(where, f"step or goal '{of}'")
    for fact in facts:
        if not p.fact(fact):
            yield unknown(where, f"fact '{fact}'")


def _anchor(p: Procedure, where: str, anchor: str, *, dated: bool = True) -> Iterator[Problem]:
    kind, _, name = anchor.rpartition(":")
    fact = p.fact(name)
    if kind in ("opened", "done", "due"):
        if not p.step(name) and not p.goal(name):
            yield unknown(where, f"step or goal '{name}' of anchor '{anchor}'")
    elif anchor and not fact:
        yield unknown(where, f"anchor '{anchor}'")
    elif fact and dated and fact.kind not in _DATED:
        yield Problem(where, "ANCHOR_NOT_DATE", f"'{anchor}' is a {fact.kind}, not a date", "Count from a date.")


def unknown(where: str, what: str) -> Problem:
    """That something is named which is not there."""
    return Problem(where, "UNKNOWN_NAME", f"{what} does not exist", "Declare it, or use the name of one that does.")
