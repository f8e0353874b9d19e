"""The log of a case is what was written: its chain computed anew, in the form that design.md and the log document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC
from hashlib import sha256

from tests.checker.finding import Finding
from tests.checker.rows import ACT, CaseRow, Entry


def judge_chain(case: CaseRow, entries: Sequence[Entry], *, erased: bool) -> Iterator[Finding]:
    """`erased`: a logged retention run took payloads away, so that one that is gone is no breach."""
    head, seq, last = b"", 0, None
    keys: set[str] = set()
    for entry in entries:
        problems = [
            (entry.seq != seq + 1, f"follows {seq}: an entry is missing or doubled"),
            (entry.hash != link(head, case.code, entry), "is not what was hashed"),
            (entry.key in keys, f"has {entry.key} again"),
            (bool(last and entry.at < last), "goes back in time"),
            (entry.body is not None and sha256(entry.salt + entry.body.encode()).digest() != entry.commitment,
             "has another payload than it committed to"),
            (bool(entry.commitment) and entry.body is None and not erased, "lost its payload; no retention says so"),
            (entry.is_record and not entry.commitment, "is a record that commits to nothing"),
        ]  # fmt: skip
        yield from (Finding(f"{case.code} entry {entry.seq}", "chain", told) for wrong, told in problems if wrong)
        head, seq, last = entry.hash, entry.seq, entry.at
        keys.add(entry.key)
    if (head, seq) != (case.head, case.seq):
        yield Finding(case.code, "chain", f"the case ends at {case.seq}, its log at {seq}, or with another hash")
    versions = [entry.key for entry in entries if entry.is_record]
    if versions != [f"{ACT}{n}" for n in range(1, case.version + 1)]:
        yield Finding(case.code, "chain", f"version {case.version}, but its records are {', '.join(versions)}")


def link(previous: bytes, code: str, entry: Entry) -> bytes:
    """The hash of an entry: of the hash before it, and of what it says as canonical JSON."""
    nominal = entry.nominal.isoformat() if entry.nominal else None
    said = [code, entry.seq, entry.at.astimezone(UTC).isoformat(), entry.kind, entry.key, entry.actor, nominal,
            entry.overtaken, entry.commitment.hex() or None]  # fmt: skip
    written = json.dumps(said, separators=(",", ":"), ensure_ascii=False)
    return sha256(previous + written.encode()).digest()
