"""An amended timetable moves every case that runs on it: one announcement, copied into each (design, Programmes).

Each case is caught up on the old dates first. What was sent stays; who was told an old date is told the new one. Where
the timetable has other rows than before, its cases go over to what is woven with these, in the same move.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from models.case import Case as CaseRow
from models.pins import Definition
from tijdig.engine.advance import Move
from tijdig.engine.case import Record
from tijdig.engine.errors import Problem, Refused, TijdigError
from tijdig.engine.language import Procedure
from tijdig.service.cases import Doing
from tijdig.service.explain import problems_of
from tijdig.service.held import Held, read_all
from tijdig.service.incidents import cause_of, raise_incident
from tijdig.service.openings import UNDONE
from tijdig.service.pins import BETWEEN, procedure_of
from tijdig.service.sweep import BATCH
from tijdig.service.weaving import facts_of, publish_woven, timetable
from tijdig.service.work import Work


@dataclass(frozen=True, slots=True)
class Amended:
    """What an amendment did, or would do: the running cases with the dates that moved, and whom it could not move.

    `closed` are cases that ended on the old dates: a person looks at these.
    """

    cases: tuple[tuple[str, tuple[Move, ...]], ...] = ()
    refused: tuple[tuple[str, Problem], ...] = ()
    closed: tuple[str, ...] = ()


NOTHING = Amended()


def dates_of(session: Session, name: str) -> dict[str, Any]:
    """What a case that opened now would know of this timetable; nothing when there is none yet."""
    return facts_of(timetable(session, name, needed=False))


def amend(session: Session, name: str, before: Mapping[str, Any], doing: Doing) -> Amended:
    """Announce to every running case what differs between `before` and the timetable as it is now stored."""
    rows, woven = timetable(session, name, needed=False), _woven(session, name)
    changed = {row: value for row, value in facts_of(rows).items() if before.get(row) != value}
    run = _Run(Work(session), changed, doing)
    for definition in woven:
        newest = publish_woven(session, _plain(session, definition), name, rows, at=doing.at)
        if changed or newest != definition.id:
            run.announce(definition.id or 0, newest)
    return Amended(tuple(run.moved), tuple(run.refused), tuple(_closed(session, woven)) if changed else ())


@dataclass(slots=True)
class _Run:
    """One amendment in the making."""

    work: Work
    changed: Mapping[str, Any]
    doing: Doing
    moved: list[tuple[str, tuple[Move, ...]]] = field(default_factory=list)
    refused: list[tuple[str, Problem]] = field(default_factory=list)
    _told: set[int] = field(default_factory=set)

    def announce(self, definition: int, newest: int) -> None:
        """Tell the cases of a definition; one that cannot be told stops no other, and is an incident."""
        last = 0
        while batch := self._running(definition, last):
            last = batch[-1].id
            for one in batch:
                if one.is_open and one.id not in self._told:  # it may have gone over to a definition that comes later
                    self._told.add(one.id)
                    self._tell(one, newest)
            self.work.flush()

    def _running(self, definition: int, last: int) -> list[Held]:
        """The next open cases; of those that stand alike only one is read."""
        which = f"definition_id = ? and state = 'open' and id > ? order by id limit {BATCH}"
        batch = self.work.claim(which, definition, last)
        read_all(self.work.session, {one.course: one for one in batch}.values())
        return batch

    def _tell(self, one: Held, newest: int) -> None:
        """By an announcement, or where the rows are others by a move that brings them."""
        doing, new_rows = self.doing, one.pins.definition != newest
        record = Record(doing.at, "move" if new_rows else "announce", doing.by, self.changed, reason=doing.reason)
        try:
            taken = (
                self.work.move(one, one.pins._replace(definition=newest), record)
                if new_rows
                else self.work.apply(one, record)
            )
        except TijdigError as error:  # nothing was changed then
            found = problems_of(error) if isinstance(error, Refused) else [Problem("case", error.code, str(error), "")]
            self.refused += [(one.code, problem) for problem in found]
            raise_incident(
                self.work.session, "amend", f"amend/{one.code}", cause=f"{one.code}: {cause_of(error)}", now=doing.at,
                mend=f"Mend what it names, then correct its dates: tijdig correct {one.code} …", case_id=one.id,
            )  # fmt: skip
            return
        self.moved.append((one.code, taken.moves))


def _woven(session: Session, name: str) -> Sequence[Definition]:
    """All that is woven with this timetable, as it was at any time."""
    woven = col(Definition.procedure).endswith(f"{BETWEEN}{name}", autoescape=True)
    return session.exec(select(Definition).where(woven).order_by(col(Definition.id))).all()


def _plain(session: Session, woven: Definition) -> Procedure:
    """The revision of which this one was woven: an amended date moves no case to another revision."""
    procedure = procedure_of(woven)
    plain = (Definition.procedure == procedure.id, Definition.revision == procedure.revision)
    return procedure_of(session.exec(select(Definition).where(*plain)).one())


def _closed(session: Session, woven: Iterable[Definition]) -> Iterator[str]:
    ids = [definition.id for definition in woven]
    ended = col(CaseRow.state).not_in(("open", *UNDONE))
    which = select(CaseRow.code).where(col(CaseRow.definition_id).in_(ids), ended)
    yield from session.exec(which.order_by(col(CaseRow.code)))
