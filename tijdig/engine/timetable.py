"""Timetables: a definition woven with the rows that somebody else laid down (a care office, an authority).

What comes of it is a definition like any other: pinned, checked, drawn, simulated. Only the shape of the timetable is
woven in: which rows there are, whose they are, which of them are counted from another. Days, hours, kinds and
boundaries are facts of the case, so that an amended date is one announced fact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from tijdig.engine.conditions import (
    AllOf,
    AnyOf,
    AtLimit,
    Done,
    Each,
    InTime,
    Reached,
    Took,
)
from tijdig.engine.errors import Refused
from tijdig.engine.language import (
    DueRule,
    Fact,
    Goal,
    Match,
    May,
    Procedure,
    Reading,
    Remind,
    Repeat,
    Rows,
    Setting,
    Start,
    Step,
    Timetable,
)
from tijdig.engine.terms import Term

UNTIL = "_until"
"""Ends the name of the fact that holds the last day of a window."""

YES, NEVER = AllOf(()), AnyOf(())


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a timetable as far as a definition is woven with it.

    `rule` is that of a row which is counted from another one: it has no date of its own.
    """

    row: str
    title: str
    who: str = ""
    channel: str = ""
    fatal: bool = False
    timed: bool = False
    objection: bool = False
    reading: Reading = "by"
    rule: DueRule | None = None


@dataclass(slots=True)
class _Loom:
    """A weaving in the making. `names` is what each goal of the definition is called after the row that it is."""

    timetable: Timetable
    rows: Sequence[Row]
    names: dict[str, str] = field(default_factory=dict)
    made: dict[str, list[Rows]] = field(default_factory=dict)
    steps: dict[str, list[str]] = field(default_factory=dict)
    came_to: dict[str, list[Row]] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)

    def find(self, wanted: Sequence[Match]) -> Row | None:
        """The first row that the first match finds, and so on; not one that another goal is."""
        free = [row for row in self.rows if row.row not in self.claimed]
        return next((row for match in wanted for row in free if self._matches(match, row)), None)

    def _matches(self, match: Match, row: Row) -> bool:
        asked = (
            (match.ours, any(word in row.who.lower() for word in self.timetable.ours)),
            (match.fatal, row.fatal),
            (match.timed, row.timed),
            (match.objection, row.objection),
            (match.reading or None, row.reading),
            (match.after or None, row.rule.after if row.rule else ""),
        )
        if any(wanted is not None and wanted != found for wanted, found in asked):
            return False
        return (not match.says or _says(match.says, row.title)) and not _says(match.but, row.title)

    def bind(self, goal: Goal) -> Goal:
        """The goal as the row that it is, if one is there."""
        row = self.find(goal.row) if goal.row else None
        if row is None:
            return replace(goal, row=())
        self.claimed.add(row.row)
        self.names[goal.goal] = row.row
        bound: Goal = _filled(replace(goal, row=()), row)
        return replace(bound, goal=row.row, due=row.rule or DueRule(on=row.row))

    def expected(self, fact: Fact) -> str:
        """The row, or another anchor, on whose day a fact is expected."""
        name = fact.expected.removeprefix("due:")
        return self.names.get(name, name)

    def happened(self, facts: Iterable[Fact]) -> dict[str, str]:
        """Of each row that has one the fact that says on which day it happened: the first one."""
        rows, said = {row.row for row in self.rows}, dict[str, str]()
        for fact in facts:
            if (row := self.expected(fact)) in rows:
                said.setdefault(row, fact.fact)
        return said

    def make(self, pattern: Rows) -> None:
        """Let every row that is left and matches come to what the pattern says."""
        for row in self.rows:
            if (pattern.beside or row.row not in self.claimed) and self._matches(pattern.match, row):
                self.claimed |= set() if pattern.beside else {row.row}
                filled: Rows = _filled(replace(pattern, match=Match()), row)
                filled = replace(filled, goals=tuple(map(self.bind, filled.goals)))
                self.made.setdefault(row.row, []).append(filled)
                self.steps.setdefault(pattern.rows, []).extend(step.step for step in filled.steps)
                self.came_to.setdefault(pattern.rows, []).append(row)


def weave(procedure: Procedure, name: str, rows: Sequence[Row]) -> Procedure:
    """The procedure with this timetable: goals are the rows that they match, other rows come to parts of their own.

    Raises Refused when a row has the name of something else, and when a goal that it needs is none of the rows.
    """
    timetable = procedure.timetable
    if timetable is None:
        return procedure
    loom = _Loom(timetable, rows)
    goals = tuple(map(loom.bind, procedure.goals))
    for goal in missing(procedure, loom.names):
        raise Refused(absent(procedure, goal, name))
    for pattern in timetable.rows:
        loom.make(pattern)
    made = [part for row in rows for part in loom.made.get(row.row, ())]
    facts = (*procedure.facts, *_facts(rows), *(fact for part in made for fact in part.facts))
    happened = loom.happened(facts)
    woven = replace(
        procedure,
        timetable=replace(timetable, needs=(), rows=(), name=name),
        facts=tuple(fact for fact in facts if happened.get(loom.expected(fact), fact.fact) == fact.fact),
        goals=(*goals, *(goal for part in made for goal in part.goals)),
        steps=(*procedure.steps, *(step for part in made for step in part.steps)),
    )
    _check_names(woven)
    woven = _rebuilt(woven, _tied(loom, {row.row: row.rule for row in rows if row.rule}, happened))
    return _pruned(woven)


def matched(procedure: Procedure, rows: Sequence[Row]) -> dict[str, str]:
    """Of each goal that may be a row of a timetable, which row it is; empty where it is none."""
    if procedure.timetable is None:
        return {}
    loom = _Loom(procedure.timetable, rows)
    for goal in procedure.goals:
        loom.bind(goal)
    return {goal.goal: loom.names.get(goal.goal, "") for goal in procedure.goals if goal.row}


def missing(procedure: Procedure, found: Mapping[str, str]) -> Iterator[Goal]:
    """The goals that the procedure needs, and that are none of the rows that were found."""
    needs = procedure.timetable.needs if procedure.timetable else ()
    return (goal for goal in procedure.goals if goal.row and goal.goal in needs and not found.get(goal.goal))


def absent(procedure: Procedure, goal: Goal, name: str) -> str:
    """That a timetable has no row for a goal, and how to name the row."""
    words = ", ".join(dict.fromkeys(word for match in goal.row for word in match.says))
    return (
        f"‘{goal.label}’ staat niet in tijdschema '{name}', en {procedure.id} kan niet zonder. Voeg de rij toe, of "
        f"noem haar in 'nl_name' en 'who' zo dat wij haar kennen. Woorden die wij kennen: {words}."
    )


def _says(wanted: Iterable[str], title: str) -> bool:
    said = title.lower()
    return any(all(re.search(rf"\b{re.escape(word)}", said) for word in each.split()) for each in wanted)


def _facts(rows: Iterable[Row]) -> Iterator[Fact]:
    """The dates of the rows; one that is counted from another is known by its goal, and never by itself."""
    for row in rows:
        yield Fact(row.row, "row", row.title, announced=row.rule is None, row=row.row)
        if row.reading == "window":
            yield Fact(f"{row.row}{UNTIL}", "row", f"{row.title}, laatste dag", announced=True, row=row.row)


def _check_names(woven: Procedure) -> None:
    parts = [part.name for part in woven.parts]
    facts = [fact.fact for fact in woven.facts]
    for name in dict.fromkeys((*parts, *facts)):
        if max(parts.count(name), facts.count(name)) > 1:
            raise Refused(
                f"Rij '{name}' van het tijdschema heet zoals iets anders in {woven.id}. Geef de rij een andere step_id."
            )


# --- rewriting


Change = Callable[[Any], Any]


def _rebuilt(value: Any, change: Change, *, but: type | None = None) -> Any:
    """The value with every part of it changed, the inner ones first, and those of the type `but` left alone."""
    if isinstance(value, tuple):
        return tuple(_rebuilt(part, change, but=but) for part in value)
    if but and isinstance(value, but):
        return value
    if hasattr(value, "__dataclass_fields__") and not isinstance(value, Setting | Term):
        parts = {each.name: (getattr(value, each.name)) for each in fields(value)}
        fresh = {name: _rebuilt(part, change, but=but) for name, part in parts.items()}
        differing = {name: part for name, part in fresh.items() if part is not parts[name] and part != parts[name]}
        value = replace(value, **differing) if differing else value
    return change(value)


def _filled(value: Any, row: Row) -> Any:
    """What is said of a row; what is said of each row of a kind, is said of those."""
    said = {"{row}": row.row, "{title}": row.title, "{channel}": row.channel}

    def change(value: Any) -> Any:
        if isinstance(value, str):
            for mark, text in said.items():
                value = value.replace(mark, text)
        return value

    return _rebuilt(value, change, but=Each)


def _tied(loom: _Loom, counted: Mapping[str, DueRule], happened: Mapping[str, str]) -> Change:
    """Every name of a goal as its row is called; a row that is counted from another by its rule; `each` spelt out.

    What counts after a row counts after the day on which it happened, where a fact says so.
    """

    def named(name: str) -> str:
        return loom.names.get(name, name)

    def anchor(name: str) -> str:
        kind, _, of = name.rpartition(":")
        if not kind:
            return f"due:{of}" if of in counted else of
        return f"{kind}:{named(of)}"

    def since(name: str) -> str:
        tied = anchor(name)
        return happened.get(tied, tied)

    def change(value: Any) -> Any:
        match value:
            case DueRule() if value.on in counted:
                return change(counted[value.on])
            case DueRule():
                return replace(value, after=since(value.after), before=anchor(value.before), on=anchor(value.on))
            case Step() if isinstance(value.due, str):
                return replace(value, due=named(value.due))
            case Remind():
                return replace(value, of=since(value.of))
            case May():
                return replace(value, of=named(value.of), until=named(value.until))
            case Start():
                facts = tuple((fact, anchor(of)) for fact, of in value.facts)
                return replace(value, facts=facts, carries=tuple(map(named, value.carries)))
            case Fact():
                return replace(value, fresh_on=anchor(value.fresh_on), expected=anchor(value.expected))
            case Reached():
                return Reached(since(value.anchor))
            case InTime() | AtLimit():
                return replace(value, part=named(value.part))
            case Each(rows, None):
                return AllOf(tuple(map(Done, loom.steps.get(rows, ()))))
            case Each(rows, that):
                return AllOf(tuple(_rebuilt(_filled(that, row), change) for row in loom.came_to.get(rows, ())))
        return value

    return change


def _pruned(woven: Procedure) -> Procedure:
    """Without the goals that no row is and that have no rule of their own, and all that hangs on them."""
    gone: set[str] = set()
    while more := {part.name for part in woven.parts if _is_gone(part, gone)} - gone:
        gone |= more
    if not gone:
        return woven
    kept = replace(
        woven,
        goals=tuple(goal for goal in woven.goals if goal.goal not in gone),
        steps=tuple(step for step in woven.steps if step.step not in gone),
        may=tuple(may for may in woven.may if not {may.of, may.until} & gone),
    )
    pruned: Procedure = _rebuilt(kept, _without(gone))
    return pruned


def _is_gone(part: Goal | Step, gone: Collection[str]) -> bool:
    match part.due:
        case None:
            return isinstance(part, Goal)
        case str(goal):
            return goal in gone
        case rule:
            return _of(rule.anchor) in gone


def _of(anchor: str) -> str:
    """The step or goal of an anchor; empty for a fact."""
    kind, _, name = anchor.rpartition(":")
    return name if kind else ""


def _left(anchor: str, gone: Collection[str]) -> str:
    return "" if _of(anchor) in gone else anchor


def _without(gone: Collection[str]) -> Change:
    """What is not there counts as what does not apply: done, with no outcome."""

    def change(value: Any) -> Any:
        match value:
            case Done(step) if step in gone:
                return YES
            case Took(step) if step in gone:
                return NEVER
            case Reached(anchor) if _of(anchor) in gone:
                return YES
            case InTime(part=part) if part in gone:
                return YES
            case AtLimit(part=part) if part in gone:
                return NEVER
            case Fact():
                return replace(value, fresh_on=_left(value.fresh_on, gone), expected=_left(value.expected, gone))
            case Step():
                return _step_without(value, gone)
        return value

    return change


def _step_without(step: Step, gone: Collection[str]) -> Step:
    return replace(
        step,
        not_by=tuple(name for name in step.not_by if name not in gone),
        outcomes=tuple(o for o in step.outcomes if not (isinstance(o, Repeat) and o.step in gone)),
        remind=tuple(rule for rule in step.remind if _of(rule.of) not in gone),
    )


# --- a timetable for the rehearsal


def sample(procedure: Procedure) -> Procedure:
    """The procedure with a timetable made up for the checks: a row for each goal that is one, and for each pattern."""
    if procedure.timetable is None or procedure.timetable.name:
        return procedure
    timetable, wanted = procedure.timetable, [goal.row[0] for goal in procedure.goals if goal.row]
    wanted += [rows.match for rows in timetable.rows]
    rows = [_sample_row(i, match, timetable) for i, match in enumerate(wanted, start=1) if not match.after]
    return weave(procedure, "proef", rows)


def _sample_row(number: int, match: Match, timetable: Timetable) -> Row:
    ours = timetable.ours[0] if match.ours is not False else "een ander"
    return Row(
        f"r{number}", match.says[0] if match.says else "proef", ours, fatal=bool(match.fatal),
        timed=bool(match.timed), objection=bool(match.objection), reading=match.reading or "by",
    )  # fmt: skip
