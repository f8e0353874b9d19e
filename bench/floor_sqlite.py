"""The floor's SQL on SQLite: three statements for each kind of work."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from bench.expected import SUBJECTS, TAILS
from bench.floor_rows import BODY, Row, steps
from tijdig.bench.place import Place


class Sqlite:
    """SQLite through the standard library."""

    SCHEMA = """
        CREATE TABLE step(no INTEGER PRIMARY KEY, days INTEGER, event TEXT, state TEXT, director TEXT, subject TEXT,
            tail TEXT, next_days INTEGER);
        CREATE TABLE cases(case_no INTEGER PRIMARY KEY, provider TEXT NOT NULL, email TEXT NOT NULL,
            owner TEXT NOT NULL, opened TEXT NOT NULL, deadline TEXT NOT NULL, state TEXT NOT NULL, step INTEGER,
            due TEXT);
        CREATE INDEX cases_due ON cases(due) WHERE due IS NOT NULL;
        CREATE TABLE audit(id INTEGER PRIMARY KEY, case_no INTEGER NOT NULL REFERENCES cases, at TEXT NOT NULL,
            event TEXT NOT NULL, actor TEXT NOT NULL, from_state TEXT, to_state TEXT NOT NULL);
        CREATE INDEX audit_case ON audit(case_no);
        CREATE TABLE outbox(id INTEGER PRIMARY KEY, case_no INTEGER NOT NULL REFERENCES cases, at TEXT NOT NULL,
            kind TEXT NOT NULL, recipient TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, sent_at TEXT,
            UNIQUE(case_no, kind));
        CREATE INDEX outbox_unsent ON outbox(id) WHERE sent_at IS NULL;
    """
    OPEN = (
        """INSERT INTO cases SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, 'open', 0,
            value->>6 FROM json_each(:rows)""",
        """INSERT INTO audit(case_no, at, event, actor, from_state, to_state)
            SELECT value->>0, value->>4, 'opened', value->>3, NULL, 'open' FROM json_each(:rows)""",
        f"""INSERT INTO outbox(case_no, at, kind, recipient, subject, body)
            SELECT c.case_no, c.opened, 'opened', c.email, :subject, {BODY} || :tail
            FROM json_each(:rows) r JOIN cases c ON c.case_no = r.value->>0""",
    )
    _DECIDED = "FROM json_each(:rows) r JOIN cases c ON c.case_no = r.value->>0 WHERE c.due IS NOT NULL"
    DECIDE = (
        f"""INSERT INTO audit(case_no, at, event, actor, from_state, to_state)
            SELECT c.case_no, :at, r.value->>1, r.value->>2, c.state, r.value->>1 {_DECIDED}""",
        f"""INSERT INTO outbox(case_no, at, kind, recipient, subject, body)
            SELECT c.case_no, :at, r.value->>1, c.email, r.value->>3, {BODY} || (r.value->>4) {_DECIDED}""",
        """UPDATE cases SET state = r.value->>1, step = NULL, due = NULL
            FROM json_each(:rows) r WHERE cases.case_no = r.value->>0 AND cases.due IS NOT NULL""",
    )
    _DUE = "FROM cases c JOIN step s ON s.no = c.step WHERE c.due <= :at"
    SWEEP = (
        f"""INSERT INTO audit(case_no, at, event, actor, from_state, to_state)
            SELECT c.case_no, :at, s.event, 'system', c.state, s.state {_DUE}""",
        f"""INSERT INTO outbox(case_no, at, kind, recipient, subject, body)
            SELECT c.case_no, :at, s.event, coalesce(s.director, c.email), s.subject, {BODY} || s.tail {_DUE}""",
        """UPDATE cases SET state = s.state, step = s.no + 1, due = date(opened, '+' || s.next_days || ' days')
            FROM step s WHERE s.no = cases.step AND cases.due <= :at""",
    )

    def __init__(self, place: Place, sync: str) -> None:
        self.connection = sqlite3.connect(place.path, isolation_level=None)
        for setting in ("journal_mode=wal", f"synchronous={sync}", "foreign_keys=on"):
            self.connection.execute(f"PRAGMA {setting}")

    def make(self) -> None:
        self.connection.executescript(self.SCHEMA)
        self.connection.executemany("INSERT INTO step VALUES (?, ?, ?, ?, ?, ?, ?, ?)", steps())

    def open(self, rows: Sequence[Row]) -> None:
        self._run(self.OPEN, rows=json.dumps(rows), subject=SUBJECTS["opened"], tail=TAILS["opened"])

    def decide(self, rows: Sequence[Row], at: str) -> None:
        self._run(self.DECIDE, rows=json.dumps(rows), at=at)

    def sweep(self, at: str) -> None:
        self._run(self.SWEEP, at=at)

    def begin(self) -> None:
        self.connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self.connection.execute("COMMIT")

    def close(self) -> None:
        self.connection.close()

    def _run(self, statements: Sequence[str], **given: str) -> None:
        for statement in statements:
            self.connection.execute(statement, given)
