"""The log of all dossiers that somebody may read, the newest entries first, page by page (ux.md, Logboek)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

from sqlalchemy import Select
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from models.case import Case, Log, Payload
from tijdig.engine.acts import roles_for
from tijdig.engine.calendar import local_day, midnight
from tijdig.engine.case import CASE, Record, Terms
from tijdig.service.chain import ACT, record_from_json
from tijdig.service.held import LOADER
from tijdig.service.pins import pins_of
from tijdig.service.reading import Reader
from tijdig.service.timeline import ACTS
from tijdig.service.verify import Broken, verify
from tijdig.service.wording import inside

ON_A_PAGE = 50

SYSTEM = "systeem"
"""Whom the entries are of that nobody did: effects, and what the installation records by itself."""

KINDS: Mapping[str, str] = {
    **ACTS, "open": "geopend", "decide": "besluit", "task": "taak", "remind": "herinnering", "escalate": "escalatie",
    "produce": "document gemaakt", "close": "gesloten",
}  # fmt: skip
"""Every kind of entry, as people call it."""

_FOLLOWED = {"open": "begonnen", "decide": "besluit doorgevoerd"}
"""What an effect is called where an act of the same kind went before it."""

_LOOKS, _AT_ONCE = 4, 500
"""So many times at most, so many entries at a time, it is looked for what fills one page."""

MOST_ENTRIES = 250_000
"""So many entries are re-computed while somebody waits (some ten seconds); of more the command does it."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody wants to see of the log; empty is all. Days are local and both count."""

    person: str = ""
    role: str = ""
    case: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One entry: what happened, and for an act who did it, in which role, on whose behalf and why.

    `version` is that of the dossier after it.
    """

    at: datetime
    case: str
    seq: int
    version: int
    kind: str
    about: str
    person: str
    role: str
    behalf: str
    reason: str
    overtaken: str
    hash: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page of the log; `older` is the key below which the next one begins, None at the end."""

    lines: tuple[Line, ...]
    older: int | None


def leaf(
    session: Session, reader: Reader, sought: Sought, *, before: int | None = None, size: int | None = None
) -> Leaf:
    """The newest entries that this reader may see, below the key `before`: some statements, however many dossiers.

    It looks through some thousands of entries at most: a page may hold less than it could, and `older` goes on.
    """
    found, rights, size = list[int](), _Rights(reader, sought.role), size or ON_A_PAGE
    for many in chain((size,), repeat(_AT_ONCE, _LOOKS)):
        keys = session.execute(_keys(sought, before).limit(many)).all()
        for key in rights.of(keys):
            found.append(key.id)
            if len(found) == size:
                return Leaf(_lines(session, reader, found), key.id)
        if len(keys) < many:
            return Leaf(_lines(session, reader, found), None)
        before = keys[-1].id
    return Leaf(_lines(session, reader, found), before)


@dataclass(slots=True)
class _Rights:
    """What a reader may read, asked once of each dossier; dossiers are read many at once. `role` as it is sought."""

    reader: Reader
    role: str
    known: dict[int, Case | None] = field(default_factory=dict)

    def of(self, keys: Sequence[Any]) -> Iterator[Any]:
        """Of these keys of entries those of dossiers that the reader may read, and of acts in the role."""
        unknown = {key.case_id for key in keys} - self.known.keys()
        if unknown:
            cases = self.reader.session.exec(select(Case).where(col(Case.id).in_(unknown))).all()
            self.reader.people.prefetch(case.subject for case in cases)
            self.known |= {case.id or 0: case if self.reader.may_read(case) else None for case in cases}
        for key in keys:
            case = self.known[key.case_id]
            if case and (not self.role or self._plays(key, case)):
                yield key

    def _plays(self, key: Any, case: Case) -> bool:
        terms = LOADER.load(self.reader.session, pins_of(case))
        record = record_from_json(key.at, key.kind, key.actor, json.loads(key.body or "{}"))
        return _role(self.reader, terms, record, case) == self.role


def _keys(sought: Sought, before: int | None) -> Select[Any]:
    """The keys of entries, the newest first; where a role is sought with what says in which they were done."""
    wanted = columns(col(Log.id), col(Log.case_id))
    if sought.role:
        wanted = columns(*(col(c) for c in (Log.id, Log.case_id, Log.at, Log.kind, Log.actor, Payload.body)))
        wanted = wanted.join(Payload, col(Payload.log_id) == col(Log.id), isouter=True)
    if sought.case:
        wanted = wanted.join(Case, col(Case.id) == col(Log.case_id)).where(col(Case.code) == sought.case)
    return wanted.where(*_conditions(sought, before)).order_by(col(Log.id).desc())


def _lines(session: Session, reader: Reader, ids: Sequence[int]) -> tuple[Line, ...]:
    """These entries in words, the newest first."""
    if not ids:
        return ()
    acts = aliased(Log)
    version = (
        columns(func.count())
        .where(col(acts.case_id) == col(Log.case_id), col(acts.id) <= col(Log.id), col(acts.key).startswith(ACT))
        .scalar_subquery()
    )
    wanted = columns(Log, Case, col(Payload.body), version.label("version"))
    wanted = wanted.join(Case, col(Case.id) == col(Log.case_id))
    wanted = wanted.join(Payload, col(Payload.log_id) == col(Log.id), isouter=True)
    rows = session.execute(wanted.where(col(Log.id).in_(ids)).order_by(col(Log.id).desc()))
    return tuple(_line(reader, row) for row in rows)


def _conditions(sought: Sought, before: int | None) -> Iterator[Any]:
    if before is not None:
        yield col(Log.id) < before
    if sought.person:
        yield col(Log.actor) == ("" if sought.person == SYSTEM else sought.person)
    if sought.role:  # what nobody did was done in no role
        yield col(Log.key).startswith(ACT)
        yield col(Log.actor) != ""
    if sought.kind:
        yield col(Log.kind) == sought.kind
    if sought.since:
        yield col(Log.at) >= midnight(sought.since)
    if sought.until:
        yield col(Log.at) < midnight(sought.until + timedelta(days=1))


def _line(reader: Reader, row: Any) -> Line:
    log, case, terms = row.Log, row.Case, LOADER.load(reader.session, pins_of(row.Case))
    said = json.loads(row.body) if row.body else {}
    record = record_from_json(log.at, log.kind, log.actor, said) if log.key.startswith(ACT) else None
    played = _role(reader, terms, record, case) if record else ""
    hidden = record is not None and case.state == "open" and record.step in _apart(terms)
    kind = (KINDS if record else {**KINDS, **_FOLLOWED}).get(log.kind, log.kind)
    return Line(
        log.at, case.code, log.seq, row.version, kind,
        _about(terms, log.key, record, with_outcome=not hidden), log.actor, played, record.behalf if record else "",
        record.reason if record and not hidden else "", log.overtaken or "",
        log.hash.hex(),
    )  # fmt: skip


def _role(reader: Reader, terms: Terms, record: Record, case: Case) -> str:
    """In which role somebody did this, as far as it can be told afterwards."""
    actors, on = {record.by, record.behalf} - {""}, local_day(record.at)
    for role in roles_for(terms, record.act, record.step) if actors else ():
        if actors & {*reader.people.holders(role, subject=case.subject, case=case.code, on=on)}:
            return role
    step = terms.steps.get(record.step)
    return terms.role(step.role) if step and record.act == "decide" else ""


@lru_cache(maxsize=256)
def _apart(terms: Terms) -> frozenset[str]:
    """The steps that keep each other apart: what was decided there is nobody's to see while the case runs."""
    others = ((name, other) for name, step in terms.steps.items() for other in step.not_by if other in terms.steps)
    return frozenset(name for name, other in others if name in terms.steps[other].not_by)


def _about(terms: Terms, key: str, record: Record | None, *, with_outcome: bool) -> str:
    """The step or goal that an entry is about, and what came of it."""
    name = record.step if record else key.partition("/")[0]
    step, goal = terms.steps.get(name), terms.goals.get(name)
    what = "" if name == CASE else step.asks if step else goal.label if goal else ""
    outcome = step.outcome(record.outcome) if step and record and with_outcome else None
    return inside(f"{what}: {outcome.label}" if outcome else what)


# --- does it still say what was written?


@dataclass(frozen=True, slots=True)
class Checked:
    """What re-computing came to. `entries` is None when there are too many to do so while somebody waits."""

    entries: int | None
    broken: tuple[Broken, ...] = ()


def checked(session: Session, case: str = "") -> Checked:
    """Re-compute the chain of a dossier, or all chains and that of the installation, in bounded time."""
    if not case and (session.execute(columns(func.max(Log.id))).scalar() or 0) > MOST_ENTRIES:
        return Checked(None)
    _, entries, broken = verify(session, [case] if case else ())
    return Checked(entries, tuple(broken))
