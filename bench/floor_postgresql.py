"""The floor's SQL on PostgreSQL: one statement for each kind of work."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from bench.expected import SUBJECTS, TAILS
from bench.floor_rows import BODY, Row, steps
from tijdig.bench.place import Place


class Postgresql:
    """PostgreSQL through psycopg, one statement for each kind of work."""

    SCHEMA = """
        CREATE TABLE step(no int PRIMARY KEY, days int, event text, state text, director text, subject text,
            tail text, next_days int);
        CREATE TABLE cases(case_no int PRIMARY KEY, provider text NOT NULL, email text NOT NULL, owner text NOT NULL,
            opened date NOT NULL, deadline date NOT NULL, state text NOT NULL, step int, due date);
        CREATE INDEX cases_due ON cases(due) WHERE due IS NOT NULL;
        CREATE TABLE audit(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            case_no int NOT NULL REFERENCES cases, at date NOT NULL, event text NOT NULL, actor text NOT NULL,
            from_state text, to_state text NOT NULL);
        CREATE INDEX audit_case ON audit(case_no);
        CREATE TABLE outbox(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            case_no int NOT NULL REFERENCES cases, at date NOT NULL, kind text NOT NULL, recipient text NOT NULL,
            subject text NOT NULL, body text NOT NULL, sent_at timestamptz, UNIQUE(case_no, kind));
        CREATE INDEX outbox_unsent ON outbox(id) WHERE sent_at IS NULL;
    """
    OPEN = f"""
        WITH c AS (
            INSERT INTO cases SELECT no, provider, email, owner, opened, deadline, 'open', 0, due
            FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::date[], %s::date[], %s::date[])
                AS r(no, provider, email, owner, opened, deadline, due) RETURNING *),
        a AS (INSERT INTO audit(case_no, at, event, actor, to_state)
            SELECT case_no, opened, 'opened', owner, 'open' FROM c)
        INSERT INTO outbox(case_no, at, kind, recipient, subject, body)
        SELECT case_no, opened, 'opened', email, %s, {BODY} || %s FROM c"""
    DECIDE = f"""
        WITH c AS (
            SELECT c.*, r.verdict, r.who, r.subject, r.tail FROM cases c
            JOIN unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::text[]) AS r(no, verdict, who, subject, tail)
                ON r.no = c.case_no WHERE c.due IS NOT NULL FOR UPDATE OF c),
        at AS (SELECT %s::date AS day),
        a AS (INSERT INTO audit(case_no, at, event, actor, from_state, to_state)
            SELECT case_no, day, verdict, who, state, verdict FROM c, at),
        o AS (INSERT INTO outbox(case_no, at, kind, recipient, subject, body)
            SELECT case_no, day, verdict, email, subject, {BODY} || tail FROM c, at)
        UPDATE cases SET state = c.verdict, step = NULL, due = NULL FROM c WHERE c.case_no = cases.case_no"""
    SWEEP = f"""
        WITH at AS (SELECT %s::date AS day),
        c AS (
            SELECT c.*, s.event, s.state AS to_state, s.director, s.subject, s.tail, s.next_days
            FROM cases c JOIN step s ON s.no = c.step WHERE c.due <= (SELECT day FROM at) FOR UPDATE OF c),
        a AS (INSERT INTO audit(case_no, at, event, actor, from_state, to_state)
            SELECT case_no, day, event, 'system', state, to_state FROM c, at),
        o AS (INSERT INTO outbox(case_no, at, kind, recipient, subject, body)
            SELECT case_no, day, event, coalesce(director, email), subject, {BODY} || tail FROM c, at)
        UPDATE cases SET state = c.to_state, step = c.step + 1, due = c.opened + c.next_days
        FROM c WHERE c.case_no = cases.case_no"""

    def __init__(self, place: Place, sync: str) -> None:
        self.connection = psycopg.connect(str(place.dsn), autocommit=True)
        self.connection.execute(f"SET synchronous_commit = {'on' if sync == 'full' else 'off'}".encode())

    def make(self) -> None:
        self.connection.execute(self.SCHEMA.encode())
        with self.connection.cursor() as cursor:
            cursor.executemany("INSERT INTO step VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", steps())

    def open(self, rows: Sequence[Row]) -> None:
        self._run(self.OPEN, *map(list, zip(*rows, strict=True)), SUBJECTS["opened"], TAILS["opened"])

    def decide(self, rows: Sequence[Row], at: str) -> None:
        self._run(self.DECIDE, *map(list, zip(*rows, strict=True)), at)

    def sweep(self, at: str) -> None:
        self._run(self.SWEEP, at)

    def begin(self) -> None:
        self.connection.execute("BEGIN")

    def commit(self) -> None:
        self.connection.execute("COMMIT")

    def close(self) -> None:
        self.connection.close()

    def _run(self, statement: str, *given: object) -> None:
        self.connection.execute(statement.encode(), given)
