"""Batches: many cases opened, or many tasks decided, from one file; all in one transaction, or nothing (cli.md).

A bad row does not hide the next one: every row is tried, and a single problem rolls all of them back. What a row
needs is read for many rows at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlmodel import Session

from tijdig.engine.errors import AlreadyOpen, FourEyes, TijdigError
from tijdig.engine.language import Procedure
from tijdig.service.cases import Doing, decide, open_case
from tijdig.service.clock import installation, set_clock
from tijdig.service.forms import Store, read_values
from tijdig.service.people import NO_RIGHT, Directory
from tijdig.service.post import Post
from tijdig.service.sweep import BATCH, Progress
from tijdig.service.tables import Row, RowProblem, Table, read_table
from tijdig.service.work import Done, Work

START = ("procedure", "subject", "by", "at")
DECIDE = ("case", "step", "outcome", "by", "for", "reason", "at")


@dataclass(frozen=True, slots=True)
class Batched:
    """What a batch did, or with `plan` would do: the case of each row and all effects; or all problems."""

    cases: tuple[str, ...] = ()
    effects: tuple[Done, ...] = ()
    problems: tuple[RowProblem, ...] = ()


def start_batch(
    session: Session, data: bytes, *, wall: datetime, plan: bool = False, keep: Store | None = None, url: str = "",
    progress: Progress | None = None, via: str = "",
) -> Batched:  # fmt: skip
    """Open a case for each row, at the moment in its `at`; a column `step` takes running work over there.

    With `plan` it tells what would happen and changes nothing. `wall` is what time it is outside a trial. With `url`,
    the base of links, mails that need not wait are composed at once. `via` says how the file came in.
    """
    table = read_table(data, needed=START, also=None)
    start = partial(_start, via=via)
    return _run(_Run(session, table, wall, keep, "" if plan else url, start, _subjects), plan, progress)


def decide_batch(
    session: Session, data: bytes, *, wall: datetime, keep: Store | None = None, url: str = "",
    progress: Progress | None = None,
) -> Batched:  # fmt: skip
    """Finish a task for each row, at the moment in its `at`; further columns are fields of the forms."""
    table = read_table(data, needed=DECIDE, also=None)
    return _run(_Run(session, table, wall, keep, url, _decide, _cases), False, progress)


@dataclass(frozen=True, slots=True)
class _Run:
    """A batch in the making. `deed` does one row and gives its case, `read` takes in hand what many rows need."""

    session: Session
    table: Table
    wall: datetime
    keep: Store | None
    url: str
    deed: Callable[[Work, Directory, Row, datetime], str]
    read: Callable[[Work, Directory, Sequence[Row]], None]


def _run(run: _Run, plan: bool, progress: Progress | None) -> Batched:
    if run.table.faults:
        return Batched(problems=run.table.problems)
    with run.session.begin_nested() as attempt:
        work = Work(run.session, run.keep)
        cases = tuple(_each(run, work, progress))
        problems = run.table.problems
        if problems or plan:
            attempt.rollback()
    return Batched(problems=problems) if problems else Batched(cases, tuple(work.done))


def _each(run: _Run, work: Work, progress: Progress | None) -> Iterator[str]:
    people, rows = Directory.load(run.session), run.table.rows
    work.post = Post(run.session, people, run.url) if run.url else None
    home = installation(run.session)  # the session only remembers what somebody holds: each row sets the clock
    for start in range(0, len(rows), BATCH):
        chunk = rows[start : start + BATCH]
        run.read(work, people, chunk)
        for row in chunk:
            if case := _attempt(run, work, people, row):
                yield case
        if not any(row.problems for row in rows):
            work.flush()
        if progress:
            progress(start + len(chunk), len(rows))
    del home


def _attempt(run: _Run, work: Work, people: Directory, row: Row) -> str:
    """Do one row; empty when it cannot be done, with the reason noted at the row."""
    try:
        at = set_clock(run.session, row.line("at"), wall=run.wall)
    except TijdigError as refusal:
        row.fault("at", str(refusal))
        return ""
    return "" if row.problems else run.deed(work, people, row, at)


# --- opening


def _subjects(work: Work, people: Directory, rows: Sequence[Row]) -> None:
    subjects = defaultdict(set)
    for row in rows:
        subjects[row.cells["procedure"]].add(row.cells["subject"])
    people.prefetch(ref for refs in subjects.values() for ref in refs)
    for procedure, refs in subjects.items():
        with suppress(TijdigError):  # its rows say what is wrong
            work.expect(procedure, refs)


def _start(work: Work, people: Directory, row: Row, at: datetime, *, via: str) -> str:
    procedure, facts = row.line("procedure", needed=True), _values(row, (*START, "step"))
    doing = Doing(row.line("by", needed=True), at, via=via)
    subject, step = row.line("subject", needed=True), row.line("step")
    if row.problems:
        return ""
    try:
        return open_case(work, people, procedure, subject, facts, doing, at_step=step).code
    except TijdigError as error:
        _blame(row, lambda: work.terms(procedure).procedure, "procedure", facts, error, work.keep)
        return ""


# --- deciding


def _cases(work: Work, people: Directory, rows: Sequence[Row]) -> None:
    """Take the cases of these rows in hand, by code or by `procedure/subject`."""
    names = sorted({row.cells["case"] for row in rows})
    subjects = sorted({name.partition("/")[2] for name in names if "/" in name})
    found = work.claim("code in (?*) or (subject in (?*) and state = 'open') order by id", names, subjects or [""])
    people.prefetch(one.subject for one in found)


def _decide(work: Work, people: Directory, row: Row, at: datetime) -> str:
    fields = _values(row, DECIDE)
    doing = Doing(row.line("by", needed=True), at, row.line("for"), row.text("reason"))
    case, step = row.line("case", needed=True), row.line("step", needed=True)
    outcome = row.line("outcome", needed=True)
    if row.problems:
        return ""
    try:
        decide(work, people, case, step, outcome, fields, doing)
        return case
    except TijdigError as error:
        _blame(row, lambda: work.find(case).terms.procedure, "case", fields, error, work.keep)
        return ""


# --- what is wrong with a row


def _values(row: Row, taken: Sequence[str]) -> dict[str, str]:
    """The cells that are facts or fields: all others that are filled in."""
    return {column: cell for column, cell in row.cells.items() if cell and column not in taken}


def _blame(
    row: Row, procedure: Callable[[], Procedure], named_in: str, values: Mapping[str, str], error: TijdigError,
    keep: Store | None,
) -> None:  # fmt: skip
    """Note a refusal at the cells that it is about, as far as they can be told; each bad value by itself."""
    try:
        definition = procedure()
    except TijdigError as unknown:
        row.fault(named_in, str(unknown))
        return
    bad = [(name, said) for name, value in values.items() if (said := _bad(definition, name, value, keep))]
    for column, said in bad or [_place(row, definition, error)]:
        row.fault(column, said)


def _place(row: Row, procedure: Procedure, error: TijdigError) -> tuple[str, str]:
    """Which cell a refusal is about, and what it says."""
    name, outcome = row.cells.get("step", ""), row.cells.get("outcome", "")
    step = procedure.step(name)
    if name and not step:
        steps = ", ".join(step.step for step in procedure.steps)
        return "step", f"{procedure.id} heeft geen stap '{name}'. De stappen zijn: {steps}."
    if step and outcome and not step.outcome(outcome):
        return "outcome", str(error)
    if isinstance(error, AlreadyOpen):
        return "subject", str(error)
    return "by" if isinstance(error, FourEyes) or error.code == NO_RIGHT else "", str(error)


def _bad(procedure: Procedure, name: str, value: str, keep: Store | None) -> str:
    try:
        read_values(procedure, {name: value}, store=keep)
    except TijdigError as refusal:
        return str(refusal)
    return ""
