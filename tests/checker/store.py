"""Reads an installation from its tables. The only file that knows how they are laid out."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.checker.rows import (
    Absence,
    Book,
    CaseRow,
    Definition,
    Entry,
    Event,
    Holding,
    Incident,
    Link,
    Mail,
    Notice,
    Person,
    Standing,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Ask = Callable[[str], Iterable[tuple[Any, ...]]]


def read(address: str) -> Book:
    """The installation at an address: a SQLite file, or an address of SQLite or PostgreSQL; one moment of it."""
    with _asking(address) as ask:
        return _book(ask)


@contextmanager
def _asking(address: str) -> Iterator[Ask]:
    if address.startswith("postgres"):
        import psycopg

        with psycopg.connect(address.replace("+psycopg", "", 1)) as there:
            there.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield lambda query: there.execute(query.encode()).fetchall()
        return
    file = Path(address.removeprefix("sqlite:///")).absolute()
    with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as here:
        here.execute("begin")
        yield here.execute


def _book(ask: Ask) -> Book:
    ((uuid, mode, trial_now),) = ask("select uuid, mode, trial_now from installation")
    keys: dict[int, str] = dict(ask("select id, key from log"))
    return Book(
        uuid=uuid, mode=mode, trial_now=_instant(trial_now),
        definitions={i: Definition(p, r, bytes.fromhex(h), s) for i, p, r, h, s in
                     ask("select id, procedure, revision, sha256, snapshot from definition")},
        settings={i: json.loads(v) for i, v in ask('select id, "values" from settings_version')},
        calendars={i: (_at(at), json.loads(body)) for i, at, body in ask("select id, at, body from calendar_version")},
        cases=[_case(*row) for row in ask(
            "select id, code, procedure, subject, key, parent_id, definition_id, settings_id, calendar_id, opened_on, "
            "state, closed_on, version, seq, head, next_check_at from case_ order by id")],
        entries=_by_case(_entry(*row) for row in ask(
            "select id, case_id, seq, at, kind, key, actor, nominal, overtaken, commitment, hash, salt, body from log "
            "left join payload on log_id = id order by case_id, id")),
        standing=_standing(ask),
        notices=[_notice(keys, *row) for row in ask(
            "select id, case_id, log_id, kind, role, step, round, variables, fatal, summary, not_before, state, why "
            "from notice order by id")],
        mails=_mails(ask, uuid),
        links=[Link(*row) for row in ask("select token_sha256, mail_id, person_id, case_id, step, round from link")],
        incidents=[Incident(*row[:5], *map(_instant, row[5:])) for row in ask(
            "select kind, key, case_id, cause, mend, first_at, last_at, settled_at from incident order by id")],
        events=[Event(_at(at), kind, actor, json.loads(detail)) for at, kind, actor, detail in
                ask("select at, kind, actor, detail from event order by id")],
        people={i: Person(i, channel, bool(digest)) for i, channel, digest in
                ask("select id, channel, digest from person")},
        addresses=_addresses(ask), regions=dict(ask("select ref, region from subject")),
        holdings=[Holding(*row[:4], *map(_day, row[4:])) for row in
                  ask("select person_id, role, scope, scope_value, since, until from assignment")],
        absences=[Absence(who, _day(since), _day(until), deputy or "") for who, since, until, deputy in
                  ask("select person_id, since, until, deputy_id from absence")],
        runs=[(kind, _at(at)) for kind, at in ask("select kind, started_at from run order by id")],
    )  # fmt: skip


def _case(*row: Any) -> CaseRow:
    number, code, procedure, subject, key, parent, definition, settings, calendar, *since = row
    opened_on, state, closed_on, version, seq, head, check = since
    return CaseRow(
        number, code, procedure, subject, key, parent, definition, settings, calendar, _day(opened_on), state,
        _day(closed_on), version, seq, bytes(head), _instant(check),
    )  # fmt: skip


def _entry(*row: Any) -> Entry:
    number, case, seq, at, kind, key, actor, nominal, overtaken, commitment, end, salt, body = row
    return Entry(number, case, seq, _at(at), kind, key, actor, _day(nominal), overtaken, bytes(commitment or b""),
                 bytes(end), bytes(salt or b""), body)  # fmt: skip


def _by_case(entries: Iterable[Entry]) -> Mapping[int, list[Entry]]:
    found: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.case].append(entry)
    return found


def _standing(ask: Ask) -> Mapping[int, list[Standing]]:
    found: dict[int, list[Standing]] = defaultdict(list)
    for case, step, nth, kind, role, assignee, opened, start, nominal, due, late_from, safe, basis, fatal in ask(
        "select case_id, step, round, kind, role, assignee, opened_on, start_on, nominal, due, late_from, safe, basis, "
        "fatal from open_obligation"
    ):
        found[case].append(Standing(step, nth, kind, role, assignee, _day(opened), _day(start), _day(nominal),
                                    _day(due), _instant(late_from), _day(safe), basis, bool(fatal)))  # fmt: skip
    return found


def _notice(keys: Mapping[int, str], *row: Any) -> Notice:
    number, case, log, kind, role, step, nth, said, fatal, summary, not_before, state, why = row
    return Notice(number, case, keys.get(log, ""), kind, role, step, nth, json.loads(said), bool(fatal), bool(summary),
                  _instant(not_before), state, why)  # fmt: skip


def _mails(ask: Ask, uuid: str) -> list[Mail]:
    told: dict[int, list[int]] = defaultdict(list)
    for mail, notice in ask("select mail_id, notice_id from mail_notice"):
        told[mail].append(notice)
    return [
        Mail(number, key, person, address, kind, _day(day), subject, text, html, message_id(uuid, key), bool(fatal),
             state, why, attempts, _at(created), _instant(sent), tuple(told[number]))
        for number, key, person, address, kind, day, subject, text, html, fatal, state, why, attempts, created, sent in
        ask("select id, key, person_id, address, kind, day, subject, text, html, fatal, state, why, attempts, "
            "created_at, sent_at from mail order by id")
    ]  # fmt: skip


def message_id(uuid: str, key: str) -> str:
    """A Message-ID derives from the mail's key and the installation, so that a replay is recognised (design, law 3)."""
    return f"<{sha256(f'{uuid}/{key}'.encode()).hexdigest()[:32]}@{uuid}.tijdig>"


def _addresses(ask: Ask) -> Mapping[str, list[tuple[date, str]]]:
    found: dict[str, list[tuple[date, str]]] = defaultdict(list)
    for person, since, email in ask("select person_id, since, email from address"):
        found[person].append((_day(since) or date.min, email.strip()))
    return found


def _at(value: Any) -> datetime:
    return value.astimezone(UTC) if isinstance(value, datetime) else _EPOCH + timedelta(microseconds=value)


def _instant(value: Any) -> datetime | None:
    return None if value is None else _at(value)


def _day(value: Any) -> Any:
    """A date; None as it is."""
    return date.fromisoformat(value) if isinstance(value, str) else value
