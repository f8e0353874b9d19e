"""A case in hand: where it stands by its row, and its engine value when that is needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select
from sqlalchemy import select as columns
from sqlmodel import Session, col

from models.case import Case as CaseRow
from tijdig.engine.case import Case, Terms
from tijdig.engine.errors import Refused
from tijdig.service.chain import beginning, read
from tijdig.service.pins import Pins, TermsLoader

LOADER = TermsLoader()
"""Versions never change, so one process keeps what it read."""

_COLUMNS = tuple(
    col(getattr(CaseRow, name))
    for name in ("id", "code", "procedure", "subject", "key", "parent_id", "parent_step", "definition_id",
                 "settings_id", "calendar_id", "opened_on", "state", "closed_on", "changed_at", "version", "seq",
                 "head", "course", "next_check_at")
)  # fmt: skip


@dataclass(slots=True)
class Held:
    """A case as its row has it, to be read and moved in one transaction. `stored` is its `seq` in the database."""

    session: Session
    pins: Pins
    id: int
    code: str
    procedure: str
    subject: str
    key: str | None
    parent_id: int | None
    parent_step: str
    opened_on: date
    state: str
    closed_on: date | None
    changed_at: datetime
    version: int
    seq: int
    head: bytes
    course: bytes
    next_check_at: datetime | None
    stored: int = 0
    begin: bytes = b""
    known: Case | None = field(default=None, repr=False)
    _terms: Terms | None = field(default=None, repr=False)

    @property
    def terms(self) -> Terms:
        """What it is pinned to, loaded when it is first asked for: one that cannot be loaded stops no other case."""
        if self._terms is None:
            self._terms = LOADER.load(self.session, self.pins)
        return self._terms

    @property
    def case(self) -> Case:
        """The engine's case, read from the log. Ask it of a case whose changes are written."""
        if self.known is None:
            self.known = read(self.session, {self.id: self.terms})[self.id]
        return self.known

    @property
    def is_open(self) -> bool:
        return self.state == "open"

    @property
    def alone(self) -> bool:
        """Whether its subject may have no other open case of this procedure."""
        return self.is_open and self.terms.procedure.one_open


def wanted(*which: ColumnElement[bool]) -> Select[Any]:
    """The statement that `held` reads cases by."""
    return columns(*_COLUMNS).where(*which)


def held(session: Session, statement: Select[Any]) -> list[Held]:
    """The cases of a statement that `wanted` made: one statement, however many."""
    found = []
    for id, code, procedure, subject, key, parent, parent_step, *pinned, opened, state, closed, changed, version, seq, \
            head, course, next_check_at in session.execute(statement):  # fmt: skip
        found.append(
            Held(session, Pins(*pinned), id, code, procedure, subject, key, parent, parent_step, opened, state, closed,
                 changed, version, seq, head, course, next_check_at, seq, beginning(code))
        )  # fmt: skip
    return found


def read_all(session: Session, cases: Iterable[Held]) -> None:
    """Read the logs of cases that are going to be asked for their case: one statement, however many."""
    unknown = {one.id: one for one in cases if one.known is None}
    for id, case in read(session, {one.id: one.terms for one in unknown.values()}).items() if unknown else ():
        unknown[id].known = case


def named(name: str) -> ColumnElement[bool]:
    """Cases of this name: a code, or `procedure/subject`."""
    procedure, slash, subject = name.partition("/")
    if slash:
        return (col(CaseRow.procedure) == procedure) & (col(CaseRow.subject) == subject)
    return col(CaseRow.code) == name


def pick(name: str, found: list[Held]) -> Held:
    """Of the cases of a name the open one, else the latest. Raises Refused when there is none."""
    if not found:
        raise Refused(
            f"There is no case '{name}'. Name it as ORA-2026-001 or as procedure/subject; see `tijdig cases`."
        )
    return max(found, key=lambda one: (one.is_open, one.id))


def find(session: Session, name: str) -> Held:
    """A case to look at, by code or by `procedure/subject`. Raises Refused when there is none."""
    return pick(name, held(session, wanted(named(name))))
