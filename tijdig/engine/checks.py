"""Static checks: a definition is refused before use, with all its problems at once.

Each problem names its place, a code, what is wrong and the mend. That names stand for something is in `references`; the
simulated runs that complete them are in `tijdig.engine.simulate`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from tijdig.engine.conditions import (
    Done,
    Each,
    Took,
)  # fmt: skip
from tijdig.engine.errors import Problem
from tijdig.engine.language import (
    Comparison,
    DueRule,
    Escalate,
    Goal,
    Procedure,
    Remind,
    Repeat,
    Role,
    Setting,
    Step,
    walk,
)
from tijdig.engine.references import names, place, references, unknown
from tijdig.engine.timetable import sample


def check(procedure: Procedure, others: Iterable[Procedure] = ()) -> tuple[Problem, ...]:
    """All problems of a definition, in reading order; `others` are the procedures that it may start.

    One that is woven with a timetable is checked with one that is made up.
    """
    woven = sample(procedure)
    known = {p.id: p for p in (woven, *others)}
    return tuple(dict.fromkeys((*_rows(procedure), *names(procedure), *_problems(woven, known))))


def _rows(p: Procedure) -> Iterator[Problem]:
    """What woven no longer shows: what waits for rows of no name would wait for nothing."""
    rows = {rows.rows for rows in p.timetable.rows} if p.timetable else set()
    for item in walk(p):
        if isinstance(item, Each) and item.rows not in rows:
            yield unknown("each()", f"rows '{item.rows}'")
    for name in p.timetable.needs if p.timetable else ():
        goal = p.goal(name)
        if goal is None:
            yield unknown("timetable", f"goal '{name}'")
        elif not goal.row:
            yield Problem("timetable", "NO_ROW", f"needs '{name}', which no row of a timetable is",
                          "Say in row= which one it is.")  # fmt: skip


def _problems(procedure: Procedure, known: Mapping[str, Procedure]) -> Iterator[Problem]:
    yield from names(procedure)
    yield from references(procedure, known)
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
            yield unknown("span", f"fact '{name}'")
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
            yield unknown(where, f"fact '{name}'")
        elif fact.kind != kind:
            yield Problem(where, "OTHER_KIND", f"'{name}' is a {fact.kind}, not a {kind}", f"Make it a {kind}.")
    for name in filter(None, (c.step, c.over)):
        if not p.step(name):
            yield unknown(where, f"step '{name}'")
    columns = [column.column for column in c.columns]
    for name in (*c.key, *c.per, *c.during):
        if name not in columns:
            yield unknown(where, f"column '{name}'")
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
