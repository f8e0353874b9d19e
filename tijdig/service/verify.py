"""Does the log still say what was written? Re-computes the chains of cases and of the installation; names each place.

Found are: a changed, missing or added log entry; a changed payload, event, mail, definition or version; a cut chain, a
deleted case; a seal that was changed, and, against a head that went out by mail, seals that were cut or made anew. What
a logged retention run erased is no fault: an event of kind `retention` names it, as table and row numbers.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Select
from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select

from models.case import Case, Log, Payload
from models.operation import Event
from models.seal import Seal
from tijdig.engine.calendar import local_day, short_date
from tijdig.engine.snapshot import digest
from tijdig.service import heads
from tijdig.service.chain import Entry, beginning, commit, link
from tijdig.service.heads import PAGE, ROWS, SENT, Sealed, mark_of_head

RETENTION = "retention"

NAMES = {"event": "gebeurtenis", "definition": "definitie", "settings_version": "instellingenversie",
         "calendar_version": "kalenderversie", "mail": "bericht", "sent": "bericht",
         "hand_in": "stuk in het register"}  # fmt: skip

CHANGED = "is niet wat er vastgelegd werd"
GONE = "is weg"
ADDED = "is er achteraf bij gezet"
UNREADABLE = "kan niet worden gelezen"

_ENTRIES = columns(*(col(c) for c in (
    Log.case_id, Log.id, Log.seq, Log.at, Log.kind, Log.key, Log.actor, Log.nominal, Log.overtaken, Log.commitment,
    Log.hash, Payload.salt, Payload.body,
))).join(Payload, col(Payload.log_id) == col(Log.id), isouter=True).order_by(col(Log.case_id), col(Log.id))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Broken:
    """A place where the log is not what was written."""

    place: str
    problem: str


class _Head(NamedTuple):
    """Where a seal saw the end of a case's chain."""

    seq: int
    mark: str
    seal: str


def verify(session: Session, codes: Iterable[str] = (), head: str = "") -> tuple[int, int, list[Broken]]:
    """Re-compute the chains of these cases, or of all and the installation's: numbers of cases and entries, and faults.

    `head` is the hash of a seal as it went out by mail: the chain has to hold it.
    """
    run, chosen = _Run(session), list(codes)
    run.read_seals(head)
    run.check_cases(chosen)
    if not chosen:
        run.check_loose()
        run.check_rows()
    return run.cases, run.entries, run.broken


@dataclass(slots=True)
class _Run:
    session: Session
    cases: int = 0
    entries: int = 0
    broken: list[Broken] = field(default_factory=list)
    marked: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """The mark of each row that seals name, by their kind; the newest seal counts."""
    heads: dict[str, _Head] = field(default_factory=dict)
    last: Seal | None = None

    def report(self, place: str, problem: str) -> None:
        self.broken.append(Broken(place, problem))

    def unreadable(self, what: str, number: int) -> None:
        self.report(f"{what} {number}", UNREADABLE)

    # --- the seals

    def read_seals(self, expected: str) -> None:
        previous, number, wanted = heads.beginning(self.session), 0, expected.strip().lower()
        found = not wanted
        for (seal,) in _read_all(self.session, columns(Seal), col(Seal.id), partial(self.unreadable, "zegel")):
            if seal.id != number + 1:
                self.report(f"zegel {number + 1}", GONE)
            if _holds(previous, seal):
                self._take(seal)
                found = found or seal.hash.hex() == wanted
            else:
                self.report(f"zegel {seal.id}", CHANGED)
            previous, number, self.last = seal.hash, seal.id, seal
        if not found:
            self.report(f"zegel {wanted[:12]}…", "staat niet in de keten: er is iets gewist of een back-up teruggezet")

    def _take(self, seal: Seal) -> None:
        if seal.kind != "case":
            self.marked[seal.kind].update(heads.lines(seal))
            return
        said = f"zegel {seal.id} van {short_date(local_day(seal.at))}"
        for name, mark in heads.lines(seal):
            code, _, seq = name.rpartition(" ")
            self.heads[code] = _Head(int(seq), mark, said)

    # --- the chains of cases

    def check_cases(self, chosen: Sequence[str]) -> None:
        wanted = columns(col(Case.id), col(Case.code), col(Case.seq), col(Case.head))
        if chosen:
            wanted = wanted.where(col(Case.code).in_(chosen))
        erased = self._erased("payload")
        sealed = {code: head for code, head in self.heads.items() if not chosen or code in chosen}
        for page in _pages(self.session, wanted, col(Case.id), partial(self.unreadable, "dossier met nummer")):
            logs = self._logs({row.id: row.code for row in page})
            for id, code, seq, end in page:
                self.cases += 1
                self._check_case(code, (seq, end), logs[id], erased, sealed.pop(code, None))
        for code, head in sealed.items():
            self.report(code, f"dit dossier {GONE}; het stond in {head.seal}")

    def _logs(self, codes: Mapping[int, str]) -> dict[int, list[Any]]:
        """The log entries of these cases; one that cannot be read is named, and the others are there."""
        logs, ailing = defaultdict(list), list[int]()
        wanted = _ENTRIES.where(col(Log.case_id).in_(codes))
        for row in _read(self.session, wanted, col(Log.case_id), min(codes), max(codes), ailing.append):
            logs[row.case_id].append(row)
        for id in ailing:
            own = _ENTRIES.where(col(Log.case_id) == id)
            logs[id] = list(_read_all(self.session, own, col(Log.id), partial(self._unreadable_entry, codes[id])))
        return logs

    def _unreadable_entry(self, code: str, number: int) -> None:
        seq = self.session.exec(select(Log.seq).where(Log.id == number)).first()
        self.report(f"{code}, regel {seq}", UNREADABLE)

    def _check_case(
        self, code: str, end: tuple[int, bytes], logs: Sequence[Any], erased: frozenset[int], sealed: _Head | None
    ) -> None:
        begin, previous, seq = beginning(code), b"", 0
        for log in logs:
            self.entries += 1
            if log.seq != seq + 1:
                self.report(f"{code}, regel {seq + 1}", GONE)
            for problem in _faults(log, begin, previous, erased, sealed):
                self.report(f"{code}, regel {log.seq}", problem)
            previous, seq = log.hash, log.seq
        if (seq, previous) != end:
            self.report(code, f"het dossier eindigt bij regel {end[0]}, zijn logboek bij regel {seq}")
        if sealed and sealed.seq > seq:
            self.report(code, f"het logboek had {sealed.seq} regels in {sealed.seal}, nu {seq}")

    def check_loose(self) -> None:
        """Rows that belong to nothing any more."""
        no_case = columns(col(Log.case_id)).where(col(Log.case_id).not_in(select(Case.id))).distinct()
        for id in self.session.execute(no_case).scalars():
            self.report(f"dossier met nummer {id}", f"{GONE}; er zijn nog regels van zijn logboek")
        no_log = columns(col(Payload.log_id)).where(col(Payload.log_id).not_in(select(Log.id)))
        for id in self.session.execute(no_log).scalars():
            self.report(f"inhoud bij logregel met nummer {id}", "hoort bij geen enkele regel")

    # --- the rows that seals name

    def check_rows(self) -> None:
        for kind, sealed in ROWS.items():
            erased = self._erased(kind)
            closed = heads.floor(self.session, kind, self.last.at) if self.last else 0
            left = self._check_marks(kind, sealed, erased, closed)
            for name in left:
                if int(name) not in erased:
                    self.report(f"{NAMES[kind]} {name}", GONE)
        self._check_marks("sent", SENT, self._erased("mail"), closed=0)

    def _check_marks(self, kind: str, sealed: Sealed, erased: frozenset[int], closed: int) -> Iterable[str]:
        """Compare each row with its mark; gives the names of rows that are not there."""
        left = self.marked[kind]
        for row in _read_all(self.session, sealed.rows, sealed.id, partial(self._gone_bad, kind, left)):
            known = left.pop(str(row[0]), None)
            forged = kind == "definition" and digest(row.snapshot) != row.sha256
            if known is None and row[0] <= closed:
                self.report(f"{NAMES[kind]} {row[0]}", ADDED)
            elif (forged or known not in (None, heads.mark(row))) and row[0] not in erased:
                self.report(f"{NAMES[kind]} {row[0]}", CHANGED)
        return left

    def _gone_bad(self, kind: str, left: dict[str, str], number: int) -> None:
        left.pop(str(number), None)
        self.unreadable(NAMES[kind], number)

    def _erased(self, table: str) -> frozenset[int]:
        """The rows of a table that logged retention runs erased."""
        runs = self.session.exec(select(Event.detail).where(Event.kind == RETENTION))
        return frozenset(number for detail in runs for number in json.loads(detail).get(table, ()))


def _holds(previous: bytes, seal: Seal) -> bool:
    try:
        return heads.link(previous, seal) == seal.hash
    except TypeError:  # a value of another type than its column has
        return False


def _faults(log: Any, begin: bytes, previous: bytes, erased: frozenset[int], sealed: _Head | None) -> Iterator[str]:
    try:
        entry = Entry(log.at, log.kind, log.key, log.actor, log.nominal, log.overtaken, log.commitment)
        if log.hash != link(previous, begin, log.seq, entry.said):
            yield CHANGED
        if sealed and log.seq == sealed.seq and mark_of_head(log.hash) != sealed.mark:
            yield f"is herschreven na {sealed.seal}"
        if log.body is None and log.commitment and log.id not in erased:
            yield f"de inhoud {GONE}"
        if log.body is not None and commit(log.salt, log.body) != log.commitment:
            yield f"de inhoud {CHANGED}"
    except (AttributeError, TypeError, ValueError):  # a value of another type than its column has
        yield UNREADABLE


def _read_all(session: Session, wanted: Select[Any], key: Any, bad: Callable[[int], None]) -> Iterator[Any]:
    for page in _pages(session, wanted, key, bad):
        yield from page


def _pages(session: Session, wanted: Select[Any], key: Any, bad: Callable[[int], None]) -> Iterator[Sequence[Any]]:
    """All rows of a statement in the order of `key`, a whole number; `bad` is told of each that cannot be read."""
    first, last = session.execute(wanted.with_only_columns(func.min(key), func.max(key)).order_by(None)).one()
    for low in range(first or 0, (last or -1) + 1, PAGE):
        if page := _read(session, wanted, key, low, min(low + PAGE - 1, last), bad):
            yield page


def _read(
    session: Session, wanted: Select[Any], key: Any, first: int, last: int, bad: Callable[[int], None]
) -> Sequence[Any]:
    """The rows from `first` to `last`. What cannot be read is found by halving, so that it hides nothing else."""
    try:
        return session.execute(wanted.where(key.between(first, last)).order_by(key)).all()
    except Exception:  # whatever the driver or a type makes of bytes that somebody changed
        if first == last:
            bad(first)
            return ()
        middle = (first + last) // 2
        halves = _read(session, wanted, key, first, middle, bad), _read(session, wanted, key, middle + 1, last, bad)
        return [*halves[0], *halves[1]]
