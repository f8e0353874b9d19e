"""Registers that are handed in: read by the columns that their comparison declares, compared, settled and frozen.

Lines are not stored a second time: the file is kept under its hash, the log holds that hash, and differences follow
from the two files. What is settled is a fact with a reason; what holds at the end is frozen as two files again. A
register holds references only: a column that nobody asked for is refused, and so is what looks like a BSN.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any

from sqlmodel import select

from models.organisation import Subject
from tijdig.engine.calendar import instant
from tijdig.engine.case import Record
from tijdig.engine.comparing import Difference, Line, agreed, compare, settled, tally
from tijdig.engine.errors import Refused
from tijdig.engine.fold import fold
from tijdig.engine.language import Column, Comparison, Repeat
from tijdig.service.documents import Keeper
from tijdig.service.forms import Store, read_day
from tijdig.service.held import Held
from tijdig.service.tables import Row, RowProblem, Table, read_table, write_table

MOST_SAID = 20
"""So many problems of a file are told at once."""

BAD_REGISTER = "BAD_REGISTER"
"""The code of the refusal of a register; its `fact` says of which."""

COUNT = "count"
"""The last column of frozen figures."""

Reader = Callable[[Mapping[str, Any]], bytes]
"""Gives the content of a document fact."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Two registers beside each other, as far as both are in."""

    comparison: Comparison
    left: tuple[Line, ...]
    right: tuple[Line, ...]
    differences: tuple[Difference, ...]
    settlements: Mapping[str, Record]
    """By difference, the record that settled it last."""

    @property
    def holds(self) -> dict[str, str]:
        return settled(record.values[self.comparison.settled] for record in self.settlements.values())

    @property
    def unsettled(self) -> tuple[Difference, ...]:
        return tuple(each for each in self.differences if each.id not in self.settlements)


# --- what people do


def with_counts(keep: Store | None, held: Held, record: Record) -> Record:
    """The record with what the installation counts of its registers.

    Raises Refused for a register with a problem, and for the end of a step with a difference that nobody settled.
    """
    procedure = held.terms.procedure
    if record.act != "decide" or not procedure.counted_in(record.step):
        return record
    found: dict[str, Any] = {}
    for comparison in procedure.comparisons:
        handed_in = [name for name in comparison.registers if name in record.values]
        for name in handed_in:
            _read_new(_keeper(keep), held, comparison, name, record.values[name])
        if handed_in or _ends(held, comparison, record):
            found |= _counts(_keeper(keep), held, comparison, record)
    return replace(record, values={**record.values, **found})


def settlement(keep: Store | None, held: Held, difference: str, holds: str) -> tuple[str, dict[str, Any]]:
    """The step in which a difference is settled, and the facts that settle it.

    Raises Refused for a difference, or a register, that is not there.
    """
    seen = [beside(_keeper(keep).content, held, comparison) for comparison in held.terms.procedure.comparisons]
    for each in filter(None, seen):
        found = next((one for one in each.differences if one.id == difference), None)
        if found is None:
            continue
        comparison = each.comparison
        if holds not in comparison.registers:
            raise Refused(f"'{holds}' is no register of this case. Choose one of: {', '.join(comparison.registers)}.")
        rest = [one for one in each.unsettled if one.id != difference]
        return comparison.step, {comparison.settled: found.settlement(holds), comparison.unsettled: len(rest)}
    raise Refused(f"{held.code} has no difference '{difference}'. See them with: tijdig reconcile {held.code}.")


def beside(read: Reader, held: Held, comparison: Comparison, values: Mapping[str, Any] | None = None) -> Beside | None:
    """The registers of a case beside each other, with these values as if recorded; None until both are in."""
    facts = {**fold(held.case).facts, **(values or {})}
    if not all(name in facts for name in comparison.registers):
        return None
    left, right = (_stored(read(facts[name]), comparison) for name in comparison.registers)
    settling = (record for record in held.case.records if comparison.settled in record.values)
    by_difference = {str(record.values[comparison.settled]["difference"]): record for record in settling}
    return Beside(comparison, left, right, compare(comparison, left, right), by_difference)


# --- what is counted


def _ends(held: Held, comparison: Comparison, record: Record) -> bool:
    """Whether the record ends the step in which differences are settled, other than by doing it all again."""
    step = held.terms.procedure.step(record.step)
    outcome = step.outcome(record.outcome) if step and record.step == comparison.step else None
    return outcome is not None and not isinstance(outcome, Repeat)


def _counts(keeper: Keeper, held: Held, comparison: Comparison, record: Record) -> dict[str, Any]:
    seen = beside(keeper.content, held, comparison, record.values)
    if seen is None:
        return {}
    found = {comparison.differences: len(seen.differences), comparison.unsettled: len(seen.unsettled)}
    if not _ends(held, comparison, record):
        return found
    if seen.unsettled:
        names = ", ".join(each.id for each in seen.unsettled[:5])
        raise Refused(
            f"{len(seen.unsettled)} of {len(seen.differences)} differences are not settled: {names}"
            f"{' …' if len(seen.unsettled) > 5 else ''}. Settle each: tijdig reconcile {held.code} DIFFERENCE "
            f"{'|'.join(comparison.registers)} --by U --reason TEXT."
        )
    return _frozen(keeper, held, seen)


def _frozen(keeper: Keeper, held: Held, seen: Beside) -> dict[str, Any]:
    """What holds, as it is delivered: its lines, how many, and how many of what."""
    comparison = seen.comparison
    lines = agreed(comparison, seen.left, seen.right, seen.holds)
    subjects = tuple(fold(held.case).steps[comparison.over].children) if comparison.over else ()
    columns = [column.column for column in comparison.columns]
    rows = [[line[column] for column in columns] for line in lines]
    figures = [[*key, str(count)] for key, count in tally(comparison, lines, subjects)]
    return {
        comparison.total: len(lines),
        comparison.lines: keeper.keep(f"{held.code}-{comparison.lines}.csv", write_table(columns, rows).encode()),
        comparison.figures: keeper.keep(
            f"{held.code}-{comparison.figures}.csv", write_table((*comparison.per, COUNT), figures).encode()
        ),
    }


# --- what a register says


def _read_new(keeper: Keeper, held: Held, comparison: Comparison, name: str, kept: Mapping[str, Any]) -> None:
    """Refuse a register with a problem: all of them, each with its row and column."""
    table = _table(keeper.content(kept), comparison)
    members = set(keeper.session.exec(select(Subject.ref)))
    span = [date.fromisoformat(fold(held.case).facts[fact]) for fact in held.terms.procedure.span]
    _lines(table, comparison, members=members, span=span)
    if table.problems:
        fact = held.terms.procedure.fact(name)
        said = "\n".join(_said(f"{kept['name']} ({fact.label if fact else name})", table.problems))
        raise Refused(said, code=BAD_REGISTER, fact=name)


def _said(file: str, problems: Collection[RowProblem]) -> Iterator[str]:
    yield f"{file}: {len(problems)} {'fout' if len(problems) == 1 else 'fouten'}; er is niets vastgelegd."
    for each in list(problems)[:MOST_SAID]:
        yield f"rij {each.row}{each.column and f', {each.column}'}: {each.problem}"
    if len(problems) > MOST_SAID:
        yield f"en nog {len(problems) - MOST_SAID}."


def _stored(data: bytes, comparison: Comparison) -> tuple[Line, ...]:
    """The lines of a register that was taken."""
    return _lines(_table(data, comparison), comparison)


def _table(data: bytes, comparison: Comparison) -> Table:
    return read_table(data, needed=[column.column for column in comparison.columns])


def _lines(
    table: Table, comparison: Comparison, *, members: Collection[str] | None = None, span: Iterable[date] = ()
) -> tuple[Line, ...]:
    """The lines of a file, each cell in its one spelling; what is wrong is noted with its row."""
    lines: list[Line] = []
    seen: dict[tuple[str, ...], int] = {}
    bounds = [day.isoformat() for day in span]
    for row in table.rows:
        line = {column.column: _cell(row, column, members) for column in comparison.columns}
        key = tuple(line[column] for column in comparison.key)
        if not row.problems and seen.setdefault(key, row.number) != row.number:
            row.fault(comparison.key[0], f"{' '.join(key)} staat ook in rij {seen[key]}. Houd één van de twee.")
        if comparison.during and not row.problems:
            _within(row, line, comparison.during, bounds)
        lines.append(line)
    return tuple(lines)


def _within(row: Row, line: Line, during: tuple[str, ...], bounds: list[str]) -> None:
    """What a line is about begins before it ends, and meets the period; ISO text sorts as time."""
    begin, end = (line[column] for column in during)
    if end and end < begin:
        row.fault(during[1], f"'{end}' ligt voor '{begin}'. Verbeter een van de twee.")
    elif bounds and not (begin[:10] <= bounds[1] and (end[:10] or bounds[1]) >= bounds[0]):
        row.fault(during[0], f"Dit valt buiten {bounds[0]} tot en met {bounds[1]}. Haal de rij weg, of verbeter hem.")


def _cell(row: Row, column: Column, members: Collection[str] | None) -> str:
    """A cell in its one spelling; empty where it may be, and where it is wrong."""
    name = column.column
    match column.kind:
        case "ref":
            return row.client(name, needed=column.required)
        case "member":
            said = row.reference(name, needed=column.required)
            if said and members is not None and said not in members:
                row.fault(name, f"Er is geen lid '{said}'. Verbeter het, of importeer eerst de leden.")
            return said
        case "date":
            day = row.day(name, needed=column.required)
            return day.isoformat() if day else ""
    said = row.line(name, needed=column.required)
    return _spelled(row, column, said) if said else ""


def _spelled(row: Row, column: Column, said: str) -> str:
    try:
        match column.kind:
            case "moment":
                return _moment(said)
            case "number":
                return _number(said)
            case "yes_no":
                return _one_of(said, (("ja", "ja"), ("nee", "nee")))
            case "choice":
                return _one_of(said, column.choices)
    except Refused as refusal:
        row.fault(column.column, str(refusal))
        return ""
    return said


def _moment(said: str) -> str:
    """A local moment as 2026-03-04T14:30. Raises Refused for anything else, and for a time that does not exist."""
    found = re.fullmatch(r"(.+)[T ](\d?\d):(\d\d)(?::00)?", said)
    try:
        day, hour = read_day("", found[1] if found else ""), time(int(found[2]), int(found[3])) if found else time()
    except (Refused, ValueError):
        raise Refused(f"'{said}' is geen moment. Schrijf dag en tijd, zoals 2026-03-04 14:30.") from None
    instant(day, hour)
    return f"{day.isoformat()}T{hour.isoformat('minutes')}"


def _number(said: str) -> str:
    if not re.fullmatch(r"\d+", said):
        raise Refused(f"'{said}' is geen heel getal. Vul een getal in, bijvoorbeeld 12.")
    return str(int(said))


def _one_of(said: str, choices: Iterable[tuple[str, str]]) -> str:
    choices = tuple(choices)
    for name, label in choices:
        if said.lower() in (name.lower(), label.lower()):
            return name
    raise Refused(f"'{said}' kan niet. Kies uit: {', '.join(name for name, _ in choices)}.")


def _keeper(keep: Store | None) -> Keeper:
    if not isinstance(keep, Keeper):
        raise Refused("Registers cannot be read here. Hand them in by command: tijdig decide.")
    return keep
