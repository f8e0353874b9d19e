"""What the checker finds, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Law = Literal[
    "missed",  # what had to happen by now did not
    "early",  # something happened before its moment
    "late",  # a round passed it by
    "twice",  # something happened, or somebody was told, more than once
    "no cause",  # nothing in the log accounts for it
    "silent",  # it was kept from people, or told, against the rules
    "told",  # somebody was not told, or told something else
    "chain",  # the log is not what was written
    "read model",  # an index says something else than the log
    "next check",  # the case sleeps past a moment that matters
    "mail",  # what went out and what stands written differ
    "decision",  # a state, or a decision, that nobody could have made
    "cannot judge",  # the checker does not know this, and says so
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach: where, of which law, and what is wrong there."""

    place: str
    law: Law
    problem: str

    def __str__(self) -> str:
        return f"{self.law}: {self.place}: {self.problem}"


class Unjudgeable(Exception):  # noqa: N818 - it says what is the case
    """Something that the checker has no rules for."""
