"""What one transaction's work on cases comes to in rows, and how these are written: in bulk, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from models.bulk import Row, insert_rows, next_ids, stored_day, stored_instant, update_rows
from models.case import Case, Log, OpenObligation, Payload
from models.message import Notice
from tijdig.engine.errors import Refused
from tijdig.engine.snapshot import canonical
from tijdig.service.chain import Entry
from tijdig.service.held import Held
from tijdig.service.notices import Telling
from tijdig.service.strides import STANDING, Stride

LOG = ("id", "case_id", "seq", "at", "kind", "key", "actor", "nominal", "overtaken", "commitment", "hash")
PAYLOAD = ("log_id", "salt", "body")
NOTICE = ("log_id", "case_id", "kind", "role", "step", "round", "variables", "fatal", "summary", "not_before", "state",
          "why")  # fmt: skip
NEW = ("id", "code", "procedure", "subject", "key", "parent_id", "parent_step", "definition_id", "settings_id",
       "calendar_id", "opened_on")  # fmt: skip
MOVED = ("alone", "state", "closed_on", "changed_at", "version", "seq", "head", "course", "next_check_at")


_KEY = LOG.index("key") - 1


@dataclass(slots=True)
class Writing:
    """Rows that wait to be written. `logs` lack their id; payloads and tellings know theirs by the place in `logs`."""

    session: Session
    logs: list[Row] = field(default_factory=list)
    payloads: list[tuple[int, bytes, str]] = field(default_factory=list)
    tellings: list[tuple[int, Held, Telling]] = field(default_factory=list)
    touched: dict[int, Held] = field(default_factory=dict)
    standing: dict[int, tuple[Row, ...]] = field(default_factory=dict)
    _ids: list[int] = field(default_factory=list)

    def stored(self, entry: Entry) -> Row:
        """The columns of a log entry from `at` to `commitment`."""
        nominal = stored_day(self.session)(entry.nominal) if entry.nominal else None
        at = stored_instant(self.session)(entry.at)
        return at, entry.kind, entry.key, entry.actor, nominal, entry.overtaken, entry.commitment

    def touch(self, one: Held, taken: Stride, first: int) -> None:
        """A case took a stride, whose entries stand in `logs` from `first` on."""
        self.touched[one.id] = one
        if taken.standing is not None:
            self.standing[one.id] = taken.standing
        self.tellings += [(first + telling.entry, one, telling) for telling in taken.tellings]

    def told(self) -> Iterator[tuple[str, Telling]]:
        """What is to be told, each with the key of its log entry."""
        yield from ((self.logs[at][_KEY], telling) for at, _, telling in self.tellings)

    def new_id(self) -> int:
        """The id of a case that is to be written."""
        if not self._ids:
            self._ids = list(reversed(next_ids(self.session, Case, 1)))
        id = self._ids.pop()
        if self.session.get_bind().dialect.name == "sqlite":
            self._ids.append(id + 1)
        return id

    def running(self, procedure: str, subject: str) -> str:
        """The code of the open case of a subject that allows no other one; empty when there is none."""
        for one in self.touched.values():
            if one.procedure == procedure and one.subject == subject and one.alone:
                return one.code
        found = select(Case.code, Case.id).where(Case.procedure == procedure, Case.subject == subject, col(Case.alone))
        return next((code for code, id in self.session.exec(found) if id not in self.touched), "")

    def flush(self) -> None:
        """Write and forget what was collected."""
        if not self.touched:
            return
        ids = next_ids(self.session, Log, len(self.logs)) if self.logs else ()
        self._write_cases()
        insert_rows(self.session, Log, LOG, [(id, *row) for id, row in zip(ids, self.logs, strict=True)])
        insert_rows(self.session, Payload, PAYLOAD, [(ids[at], salt, body) for at, salt, body in self.payloads])
        self._write_standing()
        self._write_notices(ids)
        self.logs, self.payloads, self.tellings, self.touched, self.standing = [], [], [], {}, {}

    def _write_cases(self) -> None:
        instant, day = stored_instant(self.session), stored_day(self.session)
        new, moved = [], []
        for one in self.touched.values():
            row = (one.alone, one.state, one.closed_on and day(one.closed_on), instant(one.changed_at), one.version,
                   one.seq, one.head, one.course, one.next_check_at and instant(one.next_check_at))  # fmt: skip
            if one.stored:
                moved.append((*row, one.id, one.stored))
            else:
                pins = one.pins
                new.append((one.id, one.code, one.procedure, one.subject, one.key, one.parent_id, one.parent_step,
                            pins.definition, pins.settings, pins.calendar, day(one.opened_on), *row))  # fmt: skip
            one.stored = one.seq
        if update_rows(self.session, Case, MOVED, ("id", "seq"), moved) != len(moved):
            raise Refused("Somebody else changed one of these cases at this very moment. Try again.", code="BUSY")
        insert_rows(self.session, Case, (*NEW, *MOVED), new)

    def _write_standing(self) -> None:
        if not self.standing:
            return
        ids = list(self.standing)
        self.session.execute(delete(OpenObligation).where(col(OpenObligation.case_id).in_(ids)))
        rows = [(id, *row) for id, standing in self.standing.items() for row in standing]
        insert_rows(self.session, OpenObligation, STANDING, rows)

    def _write_notices(self, ids: Any) -> None:
        instant = stored_instant(self.session)
        rows = [
            (ids[at], one.id, t.kind, t.role, t.step, t.round, canonical(t.said), t.fatal, t.summary,
             t.not_before and instant(t.not_before), "gepland", "")
            for at, one, t in self.tellings
        ]  # fmt: skip
        insert_rows(self.session, Notice, NOTICE, rows)
