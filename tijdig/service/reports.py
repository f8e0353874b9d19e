"""Reports: what is in and what lacks, where registers differ, and what was fixed (ux.md, Rapportages).

A report is a case over a period whose procedure freezes figures (registers that are compared) or draws up a document.
What is frozen stands in its log as files with their hash; nothing is frozen but by a person's decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from models.bulk import ask
from tijdig.engine.advance import Advance
from tijdig.engine.case import Record
from tijdig.engine.fold import fold
from tijdig.engine.language import Procedure
from tijdig.engine.plan import obligations
from tijdig.service.compared import differences
from tijdig.service.documents import Keeper
from tijdig.service.fields import seen
from tijdig.service.held import Held, held, read_all
from tijdig.service.openings import UNDONE
from tijdig.service.papers import papers_of
from tijdig.service.pins import definitions, procedure_of
from tijdig.service.produce import Source
from tijdig.service.tabled import settled_differences
from tijdig.service.workbook import Value

MOST = 200
"""So many reports are listed: the newest. A house makes six a year."""

_AGAIN = ("reopen", "take-back")
"""After these a report has to be fixed once more."""

_CHANGES = ("record", "correct", "attach", *_AGAIN)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was frozen: what it is, its name and its hash."""

    label: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """That figures were fixed: the how-maniest time, when, by whom, in which role; the files, and the lines counted."""

    version: int
    at: datetime
    by: str
    role: str
    files: tuple[Kept, ...]
    stands: bool
    """False when the report was opened again after it."""


@dataclass(frozen=True, slots=True)
class Overview:
    """A report in a list: how many are in of how many that were asked, and whether it was fixed."""

    case: Held
    words: str
    asked: int
    delivered: int
    fixed: Fixed | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of a report, as its document has it: as it was fixed, else as it is now."""

    name: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two registers differ: what each says, and what was settled, in words."""

    id: str
    words: tuple[str, ...]
    settled: bool


@dataclass(frozen=True, slots=True)
class Report:
    """A report in whole."""

    overview: Overview
    fixes: tuple[Fixed, ...]
    missing: tuple[Held, ...]
    """The cases of whom has not answered yet."""
    later: tuple[tuple[datetime, str], ...]
    """What changed after it was fixed: when, and in which dossier."""
    step: str
    """The step in which it is fixed."""
    is_open: bool
    """Whether that step can be done now."""
    sheets: tuple[Sheet, ...]
    registers: tuple[tuple[str, str], ...]
    """Those that are compared: name and label."""
    differences: tuple[Difference, ...]


def is_report(procedure: Procedure) -> bool:
    """Whether cases of it are reports."""
    return bool(procedure.span and (procedure.comparisons or procedure.drawn))


def reports(session: Session) -> list[Overview]:
    """The newest first: three statements, however many."""
    names = [row.procedure for row in definitions(session) if is_report(procedure_of(row))]
    if not names:
        return []
    found = held(session, f"procedure in (?*) order by id desc limit {MOST}", names)
    read_all(session, found)
    counts = _counts(session, [one.id for one in found])
    return [_overview(one, *counts.get(one.id, (0, 0))) for one in found]


def report(session: Session, case: Held, result: Advance, folder: Path, *, now: datetime) -> Report:
    """One of them in whole; `result` is the case caught up to now, `folder` where files are kept."""
    children = held(session, "parent_id = ? and state not in (?*) order by subject", case.id, list(UNDONE))
    missing = tuple(one for one in children if one.is_open)
    overview = _overview(case, len(children), len(children) - len(missing))
    step, source = _step(case), Source(session, seen(session, case), Keeper(session, folder, now))
    standing = {asked.step for asked in obligations(result.state) if asked.stands}
    return Report(
        overview, tuple(_fixes(case)), missing, tuple(_later(case, children, overview.fixed)), step, step in standing,
        tuple(_sheets(source)), tuple(_registers(case.terms.procedure)), tuple(_differences(source, folder)),
    )  # fmt: skip


def period_words(facts: Mapping[str, Any], span: Sequence[str]) -> str:
    """The period of a report as people call it: "2021-1" for a half-year, "2021 kwartaal 2"; else its two days."""
    since, until = (date.fromisoformat(facts[name]) for name in span)
    months = (until.year - since.year) * 12 + until.month - since.month + 1
    if since.day == 1 and months == 6:
        return f"{since.year}-{1 if since.month == 1 else 2}"
    if since.day == 1 and months == 3:
        return f"{since.year} kwartaal {(since.month + 2) // 3}"
    return f"{since:%d-%m-%Y} tot en met {until:%d-%m-%Y}"


def _counts(session: Session, ids: list[int]) -> dict[int, tuple[int, int]]:
    if not ids:
        return {}
    counted = (
        "select parent_id, count(*), sum(case when state = 'open' then 0 else 1 end) from case_ "
        "where parent_id in (?*) and state not in (?*) group by parent_id"
    )
    return {parent: (asked, delivered) for parent, asked, delivered in ask(session, counted, ids, list(UNDONE))}


def _overview(case: Held, asked: int, delivered: int) -> Overview:
    procedure = case.terms.procedure
    last = list(_fixes(case))[-1:]
    words = f"{procedure.title} {period_words(fold(case.case).facts, procedure.span)}"
    return Overview(case, words, asked, delivered, last[0] if last and last[0].stands else None)


def _step(case: Held) -> str:
    """The step in which it is fixed."""
    procedure = case.terms.procedure
    if procedure.comparisons:
        return procedure.comparisons[0].step
    return next(step.step for step in procedure.steps if step.draws)


def _fixes(case: Held) -> Iterator[Fixed]:
    """Each time that it was fixed."""
    procedure, records = case.terms.procedure, case.case.records
    names = [*procedure.drawn, *(name for c in procedure.comparisons for name in (c.figures, c.lines))]
    at = [(i, record) for i, record in enumerate(records) if any(name in record.values for name in names)]
    for version, (i, record) in enumerate(at, start=1):
        again = any(later.act in _AGAIN for later in records[i + 1 :])
        step = case.terms.steps.get(record.step)
        yield Fixed(
            version, record.at, record.by, case.terms.role(step.role) if step else "",
            tuple(_kept(procedure, record, names)), version == len(at) and not again,
        )  # fmt: skip


def _kept(procedure: Procedure, record: Record, names: Sequence[str]) -> Iterator[Kept]:
    for name in names:
        fact, value = procedure.fact(name), record.values.get(name)
        if fact and value:
            yield Kept(fact.label, value["name"], value["sha256"])


def _later(case: Held, children: Sequence[Held], fixed: Fixed | None) -> Iterator[tuple[datetime, str]]:
    """Facts and answers of after the moment that it was fixed."""
    if fixed is None:
        return
    own = [(record.at, case.code) for record in case.case.records if record.at > fixed.at and record.act in _CHANGES]
    theirs = [(child.changed_at, child.code) for child in children if child.changed_at > fixed.at]
    yield from sorted(own + theirs)


def _sheets(source: Source) -> Iterator[Sheet]:
    """The tables of its first document."""
    for paper in papers_of(source.case.terms.procedure.id)[:1]:
        for each in paper.tables:
            yield Sheet(each.name, each.title, tuple(title for _, title in each.columns), tuple(each.standing(source)))


def _registers(procedure: Procedure) -> Iterator[tuple[str, str]]:
    for name in procedure.comparisons[0].registers if procedure.comparisons else ():
        fact = procedure.fact(name)
        yield name, fact.label if fact else name


def _differences(source: Source, folder: Path) -> Iterator[Difference]:
    if not source.case.terms.procedure.comparisons:
        return
    found = differences(source.session, source.case.held.code, folder)["differences"]
    for each, words in zip(found, settled_differences(source), strict=True):
        yield Difference(each["difference"], tuple(str(word) for word in words), each["holds"] is not None)
