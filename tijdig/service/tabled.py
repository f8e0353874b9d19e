"""The rows of the tables that documents have of their own: registers, figures, returns, the cohort grid, KPIs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from tijdig.engine.comparing import Line
from tijdig.engine.fold import fold
from tijdig.engine.language import Comparison
from tijdig.service.compared import differences, versions
from tijdig.service.fields import STATES, ended
from tijdig.service.grid import Cell, grid
from tijdig.service.held import held, read_all
from tijdig.service.kpis import PERIOD, Counting, kpis, log_head, norm, place
from tijdig.service.people import Directory
from tijdig.service.produce import Source
from tijdig.service.tables import read_table
from tijdig.service.workbook import Value

Row = tuple[Value, ...]


def _comparison(source: Source) -> Comparison:
    return source.case.terms.procedure.comparisons[0]


def _label(comparison: Comparison, column: str, cell: str) -> str:
    """A cell as people read it: the label of a choice, a moment with its day first."""
    found = next((each for each in comparison.columns if each.column == column), None)
    if found and found.kind == "moment" and cell:
        return f"{datetime.fromisoformat(cell):%d-%m-%Y %H:%M}"
    return dict(found.choices).get(cell, cell) if found else cell


def frozen_figures(source: Source) -> Iterator[Row]:
    """The figures that were frozen last: the columns `per` of the comparison and the count, without what is nil."""
    for cells in _last_frozen(source):
        if int(cells["count"]):
            yield (*_figure(source, cells), int(cells["count"]))


def all_figures(source: Source) -> Iterator[Row]:
    """The same with what is nil: everybody who was asked."""
    for cells in _last_frozen(source):
        yield (*_figure(source, cells), int(cells["count"]))


def _figure(source: Source, cells: Line) -> Row:
    comparison = _comparison(source)
    return tuple(_label(comparison, column, cells[column]) for column in comparison.per)


def _last_frozen(source: Source) -> Iterable[Line]:
    found = versions(source.session, source.case.held.code, source.keeper.folder, source.case.at)["versions"]
    return found[-1]["rows"] if found else ()


def frozen_lines(source: Source) -> Iterator[Row]:
    """The lines that hold, as they were frozen last, in the columns of the comparison."""
    comparison, kept = _comparison(source), source.case.state.facts.get(_comparison(source).lines)
    if kept:
        names = [column.column for column in comparison.columns]
        for row in read_table(source.keeper.content(kept), needed=names).rows:
            yield tuple(_label(comparison, name, row.cells[name]) for name in names)


def settled_differences(source: Source) -> Iterator[Row]:
    """Each difference between the registers: what differs, what each says, which holds, why, by whom, when."""
    seen, comparison = differences(source.session, source.case.held.code, source.keeper.folder), _comparison(source)
    people, labels = Directory.load(source.session), {f.fact: f.label for f in source.case.terms.procedure.facts}
    titles = {column.column: column.label for column in comparison.columns}
    for each in seen["differences"]:
        line = " · ".join(_label(comparison, column, cell) for column, cell in each["line"].items())
        by = people.name(each["by"]) if each["by"] else ""
        left, right = (_said(comparison, each["column"], each[side]) for side in (seen["left"], seen["right"]))
        yield (line, titles.get(each["column"], "de hele regel"), left, right,
               labels.get(each["holds"], ""), each["reason"] or "", by)  # fmt: skip


def _said(comparison: Comparison, column: str | None, cell: str | None) -> str:
    """What a register says of a line: its cell, or where the whole line differs, whether it is there."""
    if cell is None:
        return "staat er niet in"
    return _label(comparison, column, cell) or "leeg" if column else "staat erin"


def returns(source: Source) -> Iterator[Row]:
    """Of each case that this one waited for: the subject, how it ended, and each fact that was handed in, as text."""
    children = held(source.session, "parent_id = ?", source.case.held.id)
    read_all(source.session, children)
    for child in sorted(children, key=lambda one: one.subject):
        facts = fold(child.case).facts
        asked = [name for step in child.terms.procedure.steps for name in step.form]
        yield (child.subject, ended(child.terms.procedure, child.state), *(facts.get(name, "") for name in asked))


def kpi_lines(source: Source) -> Iterator[Row]:
    """The lines of a KPI report as its KPIs stand now: what was realised, analysed and done, by whom, from what."""
    state, session = source.case.state, source.session
    since, until = (date.fromisoformat(state.facts[name]) for name in PERIOD)
    counting = Counting(session, since, until)
    children = held(session, "parent_id = ?", source.case.held.id)
    read_all(session, children)
    known = kpis(session)
    for child in sorted(children, key=lambda one: place(known.get(one.subject, {}), one.subject)):
        cells, facts = known.get(child.subject, {}), fold(child.case).facts
        sources, realised = [log_head(child)], str(facts.get("realised", ""))
        if rule := cells.get("computed"):
            counted = counting.count(rule)
            realised, sources = counted.words, [*sources, *counted.sources]
        said = (str(facts.get(name, "")) for name in ("analysis", "action"))
        yield (child.subject, cells.get("doel", ""), norm(cells), realised or "niet opgegeven", *said,
               cells.get("owner_code", ""), "; ".join(sources))  # fmt: skip


def cohort_grid(source: Source, *, procedure: str, cohort: str) -> Iterator[Row]:
    """The grid of a procedure over a cohort, its titles first; each line with the head of its own log."""
    cases = {one.code: one for one in held(source.session, "procedure = ?", procedure)}
    now = max((source.case.at, *(one.changed_at for one in cases.values())))
    found = grid(source.session, procedure, now=now, cohort_name=cohort, timetable=source.case.held.timetable)
    yield ("Onderwerp", "Dossier", "Stand", "Logboek", *(column.label for column in found.columns))
    for line in found.lines:
        one = cases.get(line.case)
        log = f"{one.seq} {one.head.hex()[:12]}" if one else ""
        stands = ended(one.terms.procedure, line.state) if one else "nog geen dossier"
        yield (line.subject, line.case, stands, log, *map(_cell, line.cells or (None,) * len(found.columns)))


_LATE = {"late": "te laat", "close": "bijna"}


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return ""
    day: date | None = cell.day
    said = f"{STATES[cell.state]} {day:%d-%m-%Y}" if day else STATES[cell.state]
    return ", ".join(filter(None, (said, _LATE.get(cell.term, ""))))
