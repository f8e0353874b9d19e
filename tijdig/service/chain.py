"""The log of a case: entries chained by hash, payloads apart; and the engine's case read back from it.

An entry's hash is the SHA-256 of the previous hash and the canonical JSON of [case, seq, at, kind, key, actor, nominal,
overtaken, commitment]. The commitment is the SHA-256 of salt and payload, so that a payload may be erased and the chain
still holds. Bytes stand in JSON as hexadecimal, instants as ISO text in UTC.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha256
from operator import attrgetter
from typing import Any

from sqlalchemy import select as columns
from sqlmodel import Session, col

from models.case import Log, Payload
from tijdig.engine.case import Case, Effect, Happened, Record, Terms
from tijdig.engine.errors import Damaged
from tijdig.engine.snapshot import canonical_bytes, value_from_json, value_to_json

ACT = "act/"
"""The key of a record begins so; what follows is the version it made."""

COURSE_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Entry:
    """A log entry before it has a place in a chain."""

    at: datetime
    kind: str
    key: str
    actor: str = ""
    nominal: date | None = None
    overtaken: str | None = None
    commitment: bytes | None = None

    @property
    def said(self) -> bytes:
        """What is hashed of it after its case and its place."""
        nominal, commitment = self.nominal and self.nominal.isoformat(), self.commitment and self.commitment.hex()
        entry = [_text(self.at), self.kind, self.key, self.actor, nominal, self.overtaken, commitment]
        return canonical_bytes(entry)[1:]


@lru_cache
def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def link(previous: bytes, begin: bytes, seq: int, said: bytes) -> bytes:
    """The hash of the entry that follows `previous`; `begin` is what `beginning` gives for its case."""
    return sha256(b"%b%b%d,%b" % (previous, begin, seq, said)).digest()


def beginning(code: str) -> bytes:
    """How the text that is hashed begins for every entry of a case."""
    return canonical_bytes([code])[:-1] + b","


def commit(salt: bytes, body: str) -> bytes:
    """What an entry shows of its payload."""
    return sha256(salt + body.encode()).digest()


def follow(course: bytes, said: bytes) -> bytes:
    """The course of a case after one more entry (see `models.case.Case`)."""
    return sha256(course + said).digest()[:COURSE_LENGTH]


def courses(session: Session, apart: Mapping[int, bool]) -> dict[int, bytes]:
    """The courses of cases as their logs have them; for each, whether its terms keep people apart.

    Raises TypeError for a case of which a payload was erased.
    """
    found = dict.fromkeys(apart, b"")
    for case_id, at, kind, key, actor, nominal, overtaken, body in _logs(session, apart):
        if key.startswith(ACT):
            entry = Entry(at, kind, body, actor if apart[case_id] or kind == "take" else "")
        else:
            entry = Entry(at, kind, key, nominal=nominal, overtaken=overtaken)
        found[case_id] = follow(found[case_id], entry.said)
    return found


def entry_of_effect(effect: Effect, at: datetime) -> Entry:
    """The entry of an effect; it holds nothing personal."""
    return Entry(at, effect.kind, effect.key, nominal=effect.nominal, overtaken=effect.overtaken)


def record_to_json(record: Record) -> dict[str, Any]:
    """What a record says beside when and who, empty parts left out."""
    parts = zip(_SAID, _parts(record), strict=True)
    return {name: value if type(value) is str else _plain(value) for name, value in parts if value}


_SAID = tuple(part.name for part in fields(Record) if part.name not in ("at", "act", "by"))


_parts = attrgetter(*_SAID)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value_to_json(value)


def record_from_json(at: datetime, act: str, by: str, said: Mapping[str, Any]) -> Record:
    """A record as it was logged."""
    values = {key: value if key == "values" else value_from_json(value) for key, value in said.items()}
    if "until" in values:
        values["until"] = date.fromisoformat(values["until"])
    return Record(at, act, by, **values)  # type: ignore[arg-type]


def read(session: Session, terms: Mapping[int, Terms]) -> dict[int, Case]:
    """Engine cases from their logs, by case id, each on its own terms: one statement however many cases."""
    records: dict[int, list[Record]] = {i: [] for i in terms}
    ledgers: dict[int, dict[str, Happened]] = {i: {} for i in terms}
    for case_id, at, kind, key, actor, nominal, overtaken, body in _logs(session, terms):
        if key.startswith(ACT):
            records[case_id].append(record_from_json(at, kind, actor, json.loads(body)))
        else:
            ledgers[case_id][key] = Happened(nominal, at, overtaken)
    return {i: Case(terms[i], tuple(records[i]), ledgers[i]) for i in terms}


def _logs(session: Session, cases: Collection[int]) -> Iterator[Any]:
    """What the logs of cases say, case by case. Raises Damaged when a payload is not what was written."""
    logs = columns(*(col(c) for c in (Log.case_id, Log.at, Log.kind, Log.key, Log.actor, Log.nominal, Log.overtaken,
                                      Payload.body, Payload.salt, Log.commitment)))  # fmt: skip
    joined = logs.join(Payload, col(Payload.log_id) == col(Log.id), isouter=True)
    wanted = joined.where(col(Log.case_id).in_(cases)).order_by(col(Log.case_id), col(Log.seq))
    for *said, body, salt, commitment in session.execute(wanted):
        if body is not None and commit(salt, body) != commitment:
            raise Damaged(f"'{said[3]}' of its log is not what was written. Put back a backup in which it is whole.")
        yield *said, body
