"""What one transaction's work on cases comes to in rows, and how these are written: in bulk, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from models.bulk import (
    Row,
    delete_rows,
    ids_one_by_one,
    insert_rows,
    is_postgresql,
    next_ids,
    stored_day,
    stored_instant,
    update_rows,
)
from models.case import Case, Log, OpenObligation, Payload
from models.message import Notice
from tijdig.engine.errors import Refused
from tijdig.service.chain import Entry
from tijdig.service.held import Held
from tijdig.service.notices import Telling
from tijdig.service.openings import Openings
from tijdig.service.post import Fresh, Post
from tijdig.service.strides import STANDING, Line, Stride, line

LOG = ("id", "case_id", "seq", "at", "kind", "key", "actor", "nominal", "overtaken", "commitment", "hash")
PAYLOAD = ("log_id", "salt", "body")
NOTICE = ("id", "log_id", "case_id", "kind", "role", "step", "round", "variables", "fatal", "summary", "not_before",
          "state", "why")  # fmt: skip
PINS = ("definition_id", "settings_id", "calendar_id")
NEW = ("id", "code", "procedure", "subject", "timetable", "key", "parent_id", "parent_step", *PINS, "opened_on")
MOVED = ("changed_at", "version", "seq", "head", "course", "next_check_at")
ENDED = ("alone", "state", "closed_on", *MOVED)
"""Written where a case ends, is reopened or moved only: an index of `alone` is renewed for it."""


_KEY = LOG.index("key") - 1


@dataclass(slots=True)
class Writing:
    """Rows that wait to be written. `logs` lack their id; payloads and tellings know theirs by the place in `logs`."""

    session: Session
    logs: list[Row] = field(default_factory=list)
    payloads: list[tuple[int, bytes, str]] = field(default_factory=list)
    tellings: list[tuple[int, Held, Telling, datetime]] = field(default_factory=list)
    touched: dict[int, Held] = field(default_factory=dict)
    pinned: list[Held] = field(default_factory=list)
    """Cases that were put on other versions."""
    openings: Openings = field(init=False)
    instant: Callable[[datetime], Any] = field(init=False)
    day: Callable[[date], Any] = field(init=False)
    standing: dict[int, tuple[Row, ...]] = field(default_factory=dict)
    new_ids: Iterator[int] = field(init=False)
    """Ids of cases that are to be written."""

    def __post_init__(self) -> None:
        self.openings, self.new_ids = Openings(self.session), ids_one_by_one(self.session, Case)
        self.instant, self.day = stored_instant(self.session), stored_day(self.session)

    def renew_ids(self) -> None:
        """From now on new cases get ids above all that others gave: a number of the year goes on from the highest id.

        On SQLite nobody else can give any, and those of unwritten cases must stay known.
        """
        if is_postgresql(self.session):
            self.new_ids = ids_one_by_one(self.session, Case)

    def line(self, entry: Entry) -> Line:
        """A log entry as it is chained and stored."""
        return line(entry, self.instant, self.day)

    def touch(self, one: Held, taken: Stride, first: int, at: datetime) -> None:
        """A case took a stride at an instant; its entries stand in `logs` from `first` on."""
        self.touched[one.id] = one
        if taken.standing is not None:
            self.standing[one.id] = taken.standing
        self.tellings += [(first + telling.entry, one, telling, at) for telling in taken.tellings]

    def told(self) -> Iterator[tuple[str, Telling]]:
        """What is to be told, each with the key of its log entry."""
        yield from ((self.logs[place][_KEY], telling) for place, _, telling, _ in self.tellings)

    def flush(self, post: Post | None) -> None:
        """Write and forget what was collected; `post` composes the mails that need not wait."""
        if not self.touched:
            return
        ids = next_ids(self.session, Log, len(self.logs)) if self.logs else ()
        self._write_cases()
        insert_rows(self.session, Log, LOG, [(id, *row) for id, row in zip(ids, self.logs, strict=True)])
        insert_rows(self.session, Payload, PAYLOAD, [(ids[at], salt, body) for at, salt, body in self.payloads])
        self._write_standing()
        self._write_notices(ids, post)
        for one in self.touched.values():
            one.written, one.stood = one.seq, (one.state, one.closed)
        self.logs, self.payloads, self.tellings, self.touched, self.standing, self.pinned = [], [], [], {}, {}, []

    def _write_cases(self) -> None:
        new, moved, ended, pinned = [], [], [], {one.id for one in self.pinned}
        for one in self.touched.values():
            row = one.changed, one.version, one.seq, one.head, one.course, one.next_check
            if not one.written:
                whose = one.procedure, one.subject, one.timetable, one.key, one.parent_id, one.parent_step
                new.append((one.id, one.code, *whose, *one.pins, one.opened, one.alone, one.state, one.closed, *row))
            elif one.stood == (one.state, one.closed) and one.id not in pinned:
                moved.append((*row, one.id, one.written))
            else:
                ended.append((one.alone, one.state, one.closed, *row, one.id, one.written))
        found = update_rows(self.session, Case, MOVED, ("id", "seq"), moved)
        if found + update_rows(self.session, Case, ENDED, ("id", "seq"), ended) != len(moved) + len(ended):
            raise Refused("Somebody else changed one of these cases at this very moment. Try again.", code="CHANGED")
        update_rows(self.session, Case, PINS, ("id",), [(*one.pins, one.id) for one in self.pinned])
        insert_rows(self.session, Case, (*NEW, *ENDED), new)

    def _write_standing(self) -> None:
        stood = [(id,) for id in self.standing if self.touched[id].written]
        delete_rows(self.session, OpenObligation, ("case_id",), stood)
        rows = [(id, *row) for id, standing in self.standing.items() for row in standing]
        insert_rows(self.session, OpenObligation, STANDING, rows)

    def _write_notices(self, ids: Sequence[int], post: Post | None) -> None:
        if not self.tellings:
            return
        fresh = [
            Fresh(id, self.logs[place][_KEY], one, telling, at)
            for id, (place, one, telling, at) in zip(
                next_ids(self.session, Notice, len(self.tellings)), self.tellings, strict=True
            )
        ]
        mails, ready = post.compose(fresh) if post else (None, ())
        rows = []
        for it, (place, *_) in zip(fresh, self.tellings, strict=True):
            t, is_ready = it.telling, it.id in ready
            said = t.kept if is_ready else t.variables
            waits = t.not_before and self.instant(t.not_before)
            rows.append((it.id, ids[place], it.one.id, t.kind, t.role, t.step, t.round, said, t.fatal, t.summary, waits,
                         "klaar" if is_ready else "gepland", ""))  # fmt: skip
        insert_rows(self.session, Notice, NOTICE, rows)
        if mails:
            mails.write()
