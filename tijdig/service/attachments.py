"""The documents of a case: what was handed in and drawn up, when, by whom, and whether another took its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tijdig.engine.advance import Advance


@dataclass(frozen=True, slots=True)
class Attachment:
    """One of them. `sha256` names its content; `size` is in bytes. `by` is a person, empty for the installation."""

    label: str
    name: str
    sha256: str
    size: int
    at: datetime
    by: str
    stands: bool
    """False when a later one took its place."""


def attachments(result: Advance) -> list[Attachment]:
    """In the order in which they came; not those of a decision that is withheld yet."""
    return list(_found(result))


def _found(result: Advance) -> Iterator[Attachment]:
    procedure, state = result.case.terms.procedure, result.state
    for record in result.case.records:
        if record.step in state.withheld:
            continue
        for name, value in record.values.items():
            fact = procedure.fact(name)
            if fact and fact.kind in ("document", "register") and isinstance(value, dict) and value.get("sha256"):
                yield Attachment(
                    fact.label, str(value.get("name", "")), value["sha256"], int(value.get("size", 0)), record.at,
                    record.by, state.fact(name) == value,
                )  # fmt: skip
