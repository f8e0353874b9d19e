"""A case in hand: where it stands by its row, and its engine value when that is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from sqlmodel import Session

from models.bulk import ask, day_of, instant_of, is_postgresql
from tijdig.engine.case import Case, Terms
from tijdig.engine.errors import Refused
from tijdig.service.chain import beginning, read
from tijdig.service.pins import Pins, TermsLoader

LOADER = TermsLoader()
"""Versions never change, so one process keeps what it read."""


_COLUMNS = (
    "id, code, procedure, subject, key, parent_id, parent_step, opened_on, state, closed_on, changed_at, version, seq, "
    "head, course, next_check_at, definition_id, settings_id, calendar_id"
)


@dataclass(slots=True)
class Held:
    """A case as its row has it, to be read and moved in one transaction.

    `opened`, `closed`, `changed` and `next_check` are days and instants as they are stored (`models.bulk`).
    `written` is its `seq` in the database, 0 for a new one, and `stood` how it is there: state and end.
    """

    session: Session
    pins: Pins
    id: int
    code: str
    procedure: str
    subject: str
    key: str | None
    parent_id: int | None
    parent_step: str
    opened: Any
    state: str
    closed: Any
    changed: Any
    version: int
    seq: int
    head: bytes
    course: bytes
    next_check: Any
    written: int = 0
    stood: tuple[str, Any] = ("", None)
    known: Case | None = field(default=None, repr=False)
    _terms: Terms | None = field(default=None, repr=False)

    @property
    def terms(self) -> Terms:
        """What it is pinned to, loaded when it is first asked for: one that cannot be loaded stops no other case."""
        if self._terms is None:
            self._terms = LOADER.load(self.session, self.pins)
        return self._terms

    def put_on(self, pins: Pins, terms: Terms) -> None:
        """From now on it runs on these."""
        self.pins, self._terms = pins, terms

    @property
    def case(self) -> Case:
        """The engine's case, read from the log. Ask it of a case whose changes are written."""
        if self.known is None:
            self.known = read(self.session, {self.id: self.terms})[self.id]
        return self.known

    @property
    def begin(self) -> bytes:
        """How the text begins that is hashed for each of its log entries."""
        return beginning(self.code)

    @property
    def opened_on(self) -> date:
        return day_of(self.opened)

    @property
    def closed_on(self) -> date | None:
        return day_of(self.closed) if self.closed else None

    @property
    def changed_at(self) -> datetime:
        return instant_of(self.changed)

    @property
    def is_open(self) -> bool:
        return self.state == "open"

    @property
    def alone(self) -> bool:
        """Whether its subject may have no other open case of this procedure."""
        return self.state == "open" and self.terms.procedure.one_open

    @property
    def timetable(self) -> str:
        """The timetable on which it runs; empty when on none."""
        return self.terms.procedure.woven_with


Lock = Literal["", "wait", "skip"]
"""Whether rows are to be kept from others until the transaction ends: not, or by waiting for them, or skipping them."""

_LOCKS: Mapping[Lock, str] = {"": "", "wait": " for update", "skip": " for update skip locked"}


def held(session: Session, which: str, *values: Any, lock: Lock = "") -> list[Held]:
    """The cases of a condition, in the words of `models.bulk.ask`: one statement, however many."""
    # In SQLite a writer has locked everything when it began.
    statement = f"select {_COLUMNS} from case_ where {which}{_LOCKS[lock] if lock and is_postgresql(session) else ''}"
    pinned: dict[tuple[int, ...], tuple[Pins, Terms | None]] = {}
    found = []
    for row in ask(session, statement, *values):
        pins = row[16:]
        if pins not in pinned:
            pinned[pins] = Pins(*pins), LOADER.loaded(session, Pins(*pins))
        known, terms = pinned[pins]
        one = Held(session, known, *row[:16])
        one.written, one.stood, one._terms = one.seq, (one.state, one.closed), terms
        found.append(one)
    return found


def read_all(session: Session, cases: Iterable[Held]) -> None:
    """Read the logs of cases that are going to be asked for their case: one statement, however many."""
    unknown = {one.id: one for one in cases if one.known is None}
    for id, case in read(session, {one.id: one.terms for one in unknown.values()}).items() if unknown else ():
        unknown[id].known = case


def named(name: str) -> tuple[str, ...]:
    """The condition for cases of this name, a code or `procedure/subject`, with its values."""
    procedure, slash, subject = name.partition("/")
    return ("procedure = ? and subject = ?", procedure, subject) if slash else ("code = ?", name)


def pick(name: str, found: list[Held]) -> Held:
    """Of the cases of a name the open one, else the latest. Raises Refused when there is none."""
    if not found:
        raise Refused(
            f"There is no case '{name}'. Name it as ORA-2026-001 or as procedure/subject; see `tijdig cases`."
        )
    return max(found, key=lambda one: (one.is_open, one.id))


def find(session: Session, name: str) -> Held:
    """A case to look at, by code or by `procedure/subject`. Raises Refused when there is none."""
    return pick(name, held(session, *named(name)))
