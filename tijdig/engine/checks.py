"""Static checks: a definition is refused before use, with all its problems at once.

Each problem names its place, a code, what is wrong and the mend. The simulated runs that complete them are in
`tijdig.engine.simulate`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from tijdig.engine.case import CASE
from tijdig.engine.conditions import (
    AtLimit,
    Condition,
    Done,
    Each,
    InTime,
    Is,
    Known,
    More,
    Reached,
    Same,
    Took,
)  # fmt: skip
from tijdig.engine.errors import Problem
from tijdig.engine.language import (
    Close,
    Comparison,
    DueRule,
    Escalate,
    Fact,
    Goal,
    Procedure,
    Remind,
    Repeat,
    Role,
    Setting,
    Step,
    Sum,
    walk,
)
from tijdig.engine.timetable import sample

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_WOVEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
"""In a definition that is woven: rows are called as their office calls them."""
_ID = re.compile(r"[a-z][a-z0-9-]*\Z")
_DATED = ("date", "moment", "row")


def check(procedure: Procedure, others: Iterable[Procedure] = ()) -> tuple[Problem, ...]:
    """All problems of a definition, in reading order; `others` are the procedures that it may start.

    One that is woven with a timetable is checked with one that is made up.
    """
    woven = sample(procedure)
    known = {p.id: p for p in (woven, *others)}
    return tuple(dict.fromkeys((*_rows(procedure), *_names(procedure), *_problems(woven, known))))


def _rows(p: Procedure) -> Iterator[Problem]:
    """What woven no longer shows: what waits for rows of no name would wait for nothing."""
    rows = {rows.rows for rows in p.timetable.rows} if p.timetable else set()
    for item in walk(p):
        if isinstance(item, Each) and item.rows not in rows:
            yield _unknown("each()", f"rows '{item.rows}'")
    for name in p.timetable.needs if p.timetable else ():
        goal = p.goal(name)
        if goal is None:
            yield _unknown("timetable", f"goal '{name}'")
        elif not goal.row:
            yield Problem("timetable", "NO_ROW", f"needs '{name}', which no row of a timetable is",
                          "Say in row= which one it is.")  # fmt: skip


def _problems(procedure: Procedure, known: Mapping[str, Procedure]) -> Iterator[Problem]:
    yield from _names(procedure)
    yield from _references(procedure, known)
    yield from _ends(procedure)
    yield from _order(procedure)
    for part in procedure.parts:
        yield from _dates(procedure, part)
        yield from _voices(procedure, part)
        yield from _rules(procedure, part)
    yield from _loops(procedure)
    yield from _again(procedure)
    yield from _optional(procedure)
    yield from _span(procedure)
    for comparison in procedure.comparisons:
        yield from _comparison(procedure, comparison)
        yield from _returned(procedure, comparison, known)
    for fact in procedure.facts:
        if fact.kind in ("register", "settlement") and not procedure.comparison(fact.fact):
            yield Problem(f"'{fact.fact}'", "NOT_COMPARED", f"a {fact.kind} belongs to no comparison",
                          "Name it in one, or make it a document.")  # fmt: skip


def place(part: Step | Goal) -> str:
    """How a problem names where it is."""
    return f"step '{part.step}'" if isinstance(part, Step) else f"goal '{part.goal}'"


def _names(p: Procedure) -> Iterator[Problem]:
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


def _references(p: Procedure, known: Mapping[str, Procedure]) -> Iterator[Problem]:
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
            yield _unknown("opens_with", f"fact '{name}'")
    for may in p.may:
        for name in filter(None, (may.of, may.until)):
            if not p.step(name) and not p.goal(name):
                yield _unknown(f"may '{may.may}'", f"step or goal '{name}'")
    if p.timetable and not p.fact(p.timetable.timetable):
        yield _unknown("timetable", f"fact '{p.timetable.timetable}'")
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
        yield _unknown(place(step), f"procedure '{sum_.of}'")
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
        yield _unknown(place(step), f"goal '{step.due}'")
    for name in (*step.form, *step.shows):
        if not p.fact(name):
            yield _unknown(place(step), f"fact '{name}'")
    for name in step.not_by:
        if not p.step(name) and not p.fact(name):
            yield _unknown(place(step), f"step or fact '{name}'")
    for name in step.draws:
        fact = p.fact(name)
        if fact is None:
            yield _unknown(place(step), f"fact '{name}'")
        elif fact.kind != "document" or any(name in each.form for each in p.steps) or step.starts:
            said = f"it draws up '{name}', which is no document, is asked by a form, or comes when cases close"
            yield Problem(place(step), "DRAWN", said, "Give it a document and a step of its own.")
    for outcome in step.outcomes:
        if isinstance(outcome, Repeat) and not p.step(outcome.step):
            yield _unknown(place(step), f"step '{outcome.step}'")


def _starts(p: Procedure, known: Mapping[str, Procedure]) -> Iterator[Problem]:
    for item in walk(p):
        if type(item).__name__ != "Start":
            continue
        where, other = f"start '{item.start}'", known.get(item.start)
        if other is None:
            yield _unknown(where, f"procedure '{item.start}'")
        for fact, anchor in item.facts:
            if other and not other.fact(fact):
                yield _unknown(where, f"fact '{fact}' of {item.start}")
            yield from _anchor(p, where, anchor, dated=False)
        for goal in item.carries:
            if not p.goal(goal):
                yield _unknown(where, f"goal '{goal}'")


def _condition(p: Procedure, part: Step | Goal | None, item: Condition) -> Iterator[Problem]:
    where = place(part) if part else "ends or facts"
    facts: tuple[str, ...] = ()
    match item:
        case Done(name) | Took(name) if not p.step(name):
            yield _unknown(where, f"step '{name}'")
        case Took(name, outcome) if (step := p.step(name)) and not step.outcome(outcome):
            yield _unknown(where, f"outcome '{outcome}' of step '{name}'")
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
                yield _unknown(where, f"step or goal '{of}'")
    for fact in facts:
        if not p.fact(fact):
            yield _unknown(where, f"fact '{fact}'")


def _anchor(p: Procedure, where: str, anchor: str, *, dated: bool = True) -> Iterator[Problem]:
    kind, _, name = anchor.rpartition(":")
    fact = p.fact(name)
    if kind in ("opened", "done", "due"):
        if not p.step(name) and not p.goal(name):
            yield _unknown(where, f"step or goal '{name}' of anchor '{anchor}'")
    elif anchor and not fact:
        yield _unknown(where, f"anchor '{anchor}'")
    elif fact and dated and fact.kind not in _DATED:
        yield Problem(where, "ANCHOR_NOT_DATE", f"'{anchor}' is a {fact.kind}, not a date", "Count from a date.")


def _unknown(where: str, what: str) -> Problem:
    return Problem(where, "UNKNOWN_NAME", f"{what} does not exist", "Declare it, or use the name of one that does.")


def _ends(p: Procedure) -> Iterator[Problem]:
    if not p.results:
        yield Problem("procedure", "NO_END", "no outcome ever closes a case", "Give a last step a Close outcome.")


def _order(p: Procedure) -> Iterator[Problem]:
    """A step that needs itself, directly or around, never opens."""
    needs = {s.step: _needed(p, s) for s in p.steps}
    for step in p.steps:
        seen: set[str] = set()
        front = needs[step.step]
        while front - seen:
            seen |= front
            front = {n for name in front for n in needs.get(name, set())}
        if step.step in seen:
            yield Problem(
                place(step), "NEEDS_CYCLE", "it needs itself, directly or around", "Break the circle in needs=."
            )
    for part in p.parts:
        if part.name in _counted_from(p, part):
            yield Problem(place(part), "ANCHOR_CYCLE", "its due date counts from itself", "Count from a fact.")


def _needed(p: Procedure, step: Step) -> set[str]:
    if step.needs is None:
        i = p.steps.index(step)
        return {p.steps[i - 1].step} if i else set()
    return {c.step for c in walk(step.needs) if isinstance(c, Done | Took)}


def _counts(p: Procedure, anchor: str) -> str:
    """The anchor that counts while nothing is known."""
    fact = p.fact(anchor)
    return fact.expected or anchor if fact else anchor


def _counted_from(p: Procedure, part: Step | Goal) -> set[str]:
    seen: set[str] = set()
    todo = [part]
    while todo:
        rule = todo.pop().due
        name = rule if isinstance(rule, str) else _counts(p, rule.anchor).partition("due:")[2] if rule else ""
        other = p.goal(name) or p.step(name)
        if name and name not in seen and other:
            seen.add(name)
            todo.append(other)
    return seen


def _dates(p: Procedure, part: Step | Goal) -> Iterator[Problem]:
    where, rule = place(part), part.due
    if rule is None and not (isinstance(part, Step) and part.undated):
        yield Problem(
            where, "UNDATED", "it has no due date and does not say why", "Give due=, or undated= with the reason."
        )
    if not isinstance(rule, DueRule):
        return
    if sum(map(bool, (rule.after, rule.before, rule.on))) != 1:
        yield Problem(where, "DUE_UNCLEAR", "its due rule needs one of after, before, on", "Keep exactly one.")
    if (rule.after and rule.within is None) or (rule.before and rule.lead is None):
        yield Problem(where, "DUE_UNCLEAR", "its due rule has an anchor without a term", "Add within= or lead=.")
    if rule.fatal and rule.basis == "intern":
        yield Problem(where, "BASIS_CLASH", "an internal date cannot be fatal", "Give the basis that makes it fatal.")
    if rule.basis == "wettelijk" and not rule.source:
        yield Problem(where, "BASIS_CLASH", "a statutory date names no law", "Give source= with law and article.")
    if isinstance(part, Step) and (rule.fatal or rule.basis == "wettelijk") and _needed(p, part):
        yield Problem(where, "FATAL_BEHIND_PERSON", "a fatal or statutory date stands behind another step, and is mute "
                      "while that is undone", "Make it a goal of the case; let the step serve it.")  # fmt: skip


def _voices(p: Procedure, part: Step | Goal) -> Iterator[Problem]:
    where = place(part)
    serves = isinstance(part, Step) and isinstance(part.due, str)
    if serves and part.when_late:
        yield Problem(
            where, "TWO_VOICES", "it serves a goal and has a ladder of its own", "Leave the ladder to the goal."
        )
    if isinstance(part.due, DueRule) and not part.when_late and not p.late_to:
        yield Problem(
            where, "MUTE", "when it is late nobody hears of it", "Give when_late=, or the procedure late_to=."
        )
    ladder: tuple[Escalate, ...] = part.when_late
    if isinstance(part.due, DueRule) and not ladder:
        ladder = (Escalate("late", p.late_to),)
    for rung in ladder:
        if _same_role(rung.to, part.role):
            yield Problem(where, "LATE_TO_SELF", f"'{rung.escalate}' tells the role that is late itself",
                          "Tell somebody who can do something about it.")  # fmt: skip


def _same_role(one: Role, other: Role) -> bool:
    return bool(one) and one == other


def _rules(p: Procedure, part: Step | Goal) -> Iterator[Problem]:
    where = place(part)
    for remind in part.remind:
        if (remind.before is None) == (remind.after is None):
            yield Problem(where, "REMIND_UNCLEAR", f"'{remind.remind}' needs one of before, after", "Keep exactly one.")
        if remind.before is not None and part.due is None:
            yield Problem(where, "REMIND_NO_ANCHOR", f"'{remind.remind}' counts back from a due date that is not there",
                          "Use after= with of=, or give a due date.")  # fmt: skip
    for rung in part.when_late:
        if (rung.every is not None) != (rung.times > 1):
            yield Problem(where, "ENDLESS_EVERY", f"'{rung.escalate}' needs both every and times, or neither",
                          "Say how often: times=.")  # fmt: skip


def _span(p: Procedure) -> Iterator[Problem]:
    """A period has two days, known from the start."""
    if p.span and len(p.span) != 2:
        yield Problem("span", "SPAN_UNCLEAR", f"it names {len(p.span)} facts", "Name two: its first and its last day.")
    for name in p.span:
        fact = p.fact(name)
        if fact is None:
            yield _unknown("span", f"fact '{name}'")
        elif fact.kind != "date" or name not in p.opens_with:
            yield Problem("span", "SPAN_UNCLEAR", f"'{name}' is no date with which a case opens",
                          "Make it a date, and name it in opens_with.")  # fmt: skip


def _comparison(p: Procedure, c: Comparison) -> Iterator[Problem]:
    """Its facts have the kinds that it gives them, its step settles what comes before it, and its columns are there."""
    where = f"comparison '{c.comparison}'"
    kinds = {c.left: "register", c.right: "register", c.settled: "settlement", c.differences: "number",
             c.unsettled: "number", c.total: "number", c.lines: "document", c.figures: "document"}  # fmt: skip
    if len(kinds) < 8:
        yield Problem(where, "NAME_CLASH", "it gives one fact two meanings", "Give each its own fact.")
    for name, kind in kinds.items():
        fact = p.fact(name)
        if fact is None:
            yield _unknown(where, f"fact '{name}'")
        elif fact.kind != kind:
            yield Problem(where, "OTHER_KIND", f"'{name}' is a {fact.kind}, not a {kind}", f"Make it a {kind}.")
    for name in filter(None, (c.step, c.over)):
        if not p.step(name):
            yield _unknown(where, f"step '{name}'")
    columns = [column.column for column in c.columns]
    for name in (*c.key, *c.per, *c.during):
        if name not in columns:
            yield _unknown(where, f"column '{name}'")
    if not c.key or not c.per or len(set(columns)) < len(columns):
        yield Problem(where, "COLUMNS_UNCLEAR", "it has no key, no per, or a column twice", "Name each column once.")
    if c.during and (len(c.during) != 2 or not p.span):
        yield Problem(where, "SPAN_UNCLEAR", "'during' needs two columns and a span of the procedure", "Give both.")
    yield from _fed(p, c, where)


def _returned(p: Procedure, c: Comparison, known: Mapping[str, Procedure]) -> Iterator[Problem]:
    """What subjects return is a number in the cases that the step over them opens."""
    if not c.returned:
        return
    step = p.step(c.over)
    opened = [known[start.start] for start in (step.starts if step else ()) if start.start in known]
    found = [fact for each in opened if (fact := each.fact(c.returned))]
    if not found or found[0].kind != "number":
        said = f"no case that '{c.over}' opens has a number '{c.returned}'"
        yield Problem(f"comparison '{c.comparison}'", "UNKNOWN_NAME", said, "Name a number of these cases.")


def _fed(p: Procedure, c: Comparison, where: str) -> Iterator[Problem]:
    """Both registers are handed in by a step that the one that settles needs; nobody is asked what is counted."""
    before, front = set[str](), {c.step}
    while front:
        before |= front
        front = {need for name in front if (step := p.step(name)) for need in _needed(p, step)} - before
    for step in p.steps:
        for name in {*step.form} & {*c.counted}:
            yield Problem(place(step), "COUNTED", f"it asks for '{name}', which is counted", "Take it out of form=.")
    for name in c.registers:
        if not any(name in step.form and step.step in before - {c.step} for step in p.steps):
            yield Problem(where, "UNREACHABLE", f"no step before '{c.step}' hands in '{name}'",
                          "Name it in the form of a step that this one needs.")  # fmt: skip


def _loops(p: Procedure) -> Iterator[Problem]:
    needs = {s.step: _needed(p, s) for s in p.steps}
    for step in p.steps:
        for outcome in step.outcomes:
            again = isinstance(outcome, Repeat) and p.step(outcome.step)
            if not again or not isinstance(outcome, Repeat):
                continue
            loop = {outcome.step}
            while grown := {n for n, on in needs.items() if on & loop} - loop:
                loop |= grown
            if step.step not in loop:
                yield Problem(place(step), "LOOP_STRAY", f"'{outcome.name}' repeats '{outcome.step}', which never "
                              "leads back here", "Repeat a step that this one needs.")  # fmt: skip
            for name in sorted(loop):
                rule = (p.step(name) or step).due
                renewed = {fact for again in p.steps if again.step in loop for fact in again.form}
                if isinstance(rule, DueRule) and ":" not in rule.anchor and rule.anchor not in renewed:
                    yield Problem(f"step '{name}'", "STALE_ROUND", f"'{outcome.name}' of '{step.step}' opens it again, "
                                  f"but it is due from '{rule.anchor}' and so born late",
                                  "Count from opened: or done:, or serve a goal.")  # fmt: skip


def _again(p: Procedure) -> Iterator[Problem]:
    """A rule for later rounds belongs to a step that has them, and counts from the opening of each."""
    repeated = {o.step for s in p.steps for o in s.outcomes if isinstance(o, Repeat)}
    for part in p.parts:
        rule = part.due
        if not isinstance(rule, DueRule) or not rule.again:
            continue
        if part.name not in repeated or rule.anchor != f"opened:{part.name}":
            yield Problem(place(part), "AGAIN_NEVER", "its due rule is for later rounds, and it has none or does not "
                          "count from their opening", f"Repeat it, and count from 'opened:{part.name}'.")  # fmt: skip
        if isinstance(part, Step) and not part.undated:
            yield Problem(place(part), "UNDATED", "its first round has no due date and does not say why",
                          "Give undated= with the reason.")  # fmt: skip


def _optional(p: Procedure) -> Iterator[Problem]:
    """What may stay unset stands only where unset means that there is no date."""
    rules = [item for item in walk(p) if isinstance(item, DueRule | Remind)]
    dated = [r.term if isinstance(r, DueRule) else r.after if r.before is None else r.before for r in rules]
    used = Counter(item for item in walk(p) if isinstance(item, Setting) and item.optional)
    for setting, n in used.items():
        if setting.kind != "term" or setting.default is not None or n > dated.count(setting):
            yield Problem(f"setting '{setting.id}'", "OPTIONAL_HERE", "it may stay unset, and more than a date hangs "
                          "on it", "Let only due dates and reminders count with it, or require it.")  # fmt: skip
