"""The log of a case: entries chained by hash, payloads apart; and the engine's case read back from it.

An entry hashes (previous, case, seq, at, kind, key, actor, nominal, overtaken, commitment). The commitment is the
SHA-256 of salt and payload, so that a payload may be erased and the chain still holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any

from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from models.case import Case as CaseRow
from models.case import Log, Payload
from tijdig.engine.case import Case, Effect, Happened, Record, Terms
from tijdig.engine.snapshot import canonical, value_from_json, value_to_json

ACT = "act/"
"""The key of a record begins so; what follows is the version it made."""


@dataclass(slots=True)
class Entry:
    """A log entry before it is chained."""

    kind: str
    key: str
    actor: str = ""
    nominal: date | None = None
    overtaken: str | None = None
    body: str = ""


@dataclass(slots=True)
class Chain:
    """The end of one case's chain; gives rows as entries are added."""

    case_id: int
    code: str
    seq: int
    head: str
    logs: list[dict[str, Any]] = field(default_factory=list)
    payloads: list[dict[str, Any]] = field(default_factory=list)

    def add(self, entry: Entry, at: datetime) -> None:
        self.seq += 1
        commitment = ""
        if entry.body:
            salt = token_hex(16)
            commitment = commit(salt, entry.body)
            self.payloads.append({"case_id": self.case_id, "seq": self.seq, "salt": salt, "body": entry.body})
        row = {
            "case_id": self.case_id, "seq": self.seq, "at": at, "kind": entry.kind, "key": entry.key,
            "actor": entry.actor, "nominal": entry.nominal, "overtaken": entry.overtaken, "commitment": commitment,
        }  # fmt: skip
        self.head = link(self.head, self.code, row)
        self.logs.append({**row, "hash": self.head})


def commit(salt: str, body: str) -> str:
    """What an entry shows of its payload."""
    return sha256(f"{salt}{body}".encode()).hexdigest()


def link(previous: str, code: str, row: Mapping[str, Any]) -> str:
    """The hash of an entry that follows `previous`."""
    at: datetime = row["at"]
    nominal = row["nominal"].isoformat() if row["nominal"] else None
    said = [previous, code, row["seq"], at.astimezone(UTC).isoformat(), row["kind"], row["key"], row["actor"], nominal,
            row["overtaken"], row["commitment"]]  # fmt: skip
    return sha256(canonical(said).encode()).hexdigest()


def entry_of_record(record: Record, version: int) -> Entry:
    """The entry of a fact or act; what it says is in the payload."""
    return Entry(record.act, f"{ACT}{version}", record.by, body=canonical(record_to_json(record)))


def entry_of_effect(effect: Effect) -> Entry:
    """The entry of an effect; it holds nothing personal."""
    return Entry(effect.kind, effect.key, nominal=effect.nominal, overtaken=effect.overtaken)


def record_to_json(record: Record) -> dict[str, Any]:
    """What a record says beside when and who, empty parts left out."""
    said = {}
    for part in fields(record):
        value = getattr(record, part.name)
        if part.name not in ("at", "act", "by") and value:
            said[part.name] = dict(value) if isinstance(value, Mapping) else value_to_json(value)
    return said


def record_from_json(at: datetime, act: str, by: str, said: Mapping[str, Any]) -> Record:
    """A record as it was logged."""
    values = {key: value if key == "values" else value_from_json(value) for key, value in said.items()}
    if "until" in values:
        values["until"] = date.fromisoformat(values["until"])
    return Record(at, act, by, **values)  # type: ignore[arg-type]


def read(session: Session, rows: Sequence[CaseRow], terms: Mapping[int, Terms]) -> dict[int, Case]:
    """Engine cases from their logs, by case id: two statements however many cases."""
    ids = [row.id for row in rows if row.id is not None]
    bodies = {
        (case_id, seq): body
        for case_id, seq, body in session.exec(
            select(Payload.case_id, Payload.seq, Payload.body).where(col(Payload.case_id).in_(ids))
        )
    }
    records: dict[int, list[Record]] = {i: [] for i in ids}
    ledgers: dict[int, dict[str, Happened]] = {i: {} for i in ids}
    logs = columns(*(col(c) for c in (Log.case_id, Log.seq, Log.at, Log.kind, Log.key, Log.actor, Log.nominal,
                                      Log.overtaken)))  # fmt: skip
    for case_id, seq, at, kind, key, actor, nominal, overtaken in session.execute(
        logs.where(col(Log.case_id).in_(ids)).order_by(col(Log.case_id), col(Log.seq))
    ):
        if key.startswith(ACT):
            records[case_id].append(record_from_json(at, kind, actor, json.loads(bodies[case_id, seq])))
        else:
            ledgers[case_id][key] = Happened(nominal, at, overtaken)
    return {i: Case(terms[i], tuple(records[i]), ledgers[i]) for i in ids}


@dataclass(frozen=True, slots=True)
class Broken:
    """A place where a chain does not hold."""

    case: str
    seq: int
    problem: str


def verify(session: Session, codes: Iterable[str] = ()) -> tuple[int, int, list[Broken]]:
    """Re-compute the chains of these cases (none: of all): numbers of cases and entries, and what is broken."""
    wanted = select(CaseRow).order_by(col(CaseRow.id))
    if chosen := list(codes):
        wanted = wanted.where(col(CaseRow.code).in_(chosen))
    cases = {row.id: row for row in session.exec(wanted)}
    heads = dict.fromkeys(cases, "")
    seqs = dict.fromkeys(cases, 0)
    broken, entries = [], 0
    joined = select(Log, Payload).join(
        Payload, (col(Payload.case_id) == col(Log.case_id)) & (col(Payload.seq) == col(Log.seq)), isouter=True
    )
    if chosen:
        joined = joined.where(col(Log.case_id).in_([i for i in cases if i is not None]))
    for log, payload in session.exec(joined.order_by(col(Log.case_id), col(Log.seq)).execution_options(yield_per=1000)):
        case = cases[log.case_id]
        entries += 1
        broken += [
            Broken(case.code, log.seq, problem) for problem in _faults(log, payload, heads[log.case_id], case, seqs)
        ]
        heads[log.case_id], seqs[log.case_id] = log.hash, log.seq
    for i, case in cases.items():
        if heads[i] != case.head or seqs[i] != case.seq:
            broken.append(Broken(case.code, case.seq, "the case does not end where its log ends"))
    return len(cases), entries, broken


def _faults(log: Log, payload: Payload | None, head: str, case: CaseRow, seqs: Mapping[int | None, int]) -> list[str]:
    faults = []
    if log.seq != seqs[log.case_id] + 1:
        faults.append("an entry is missing before this one")
    if log.hash != link(head, case.code, log.model_dump()):
        faults.append("the entry is not what was hashed")
    if payload and commit(payload.salt, payload.body) != log.commitment:
        faults.append("the payload is not what was committed to")
    if log.commitment and payload is None:
        faults.append("the payload is gone")
    return faults
