"""What an installation holds, as plain values, whatever its tables look like (`store` reads those)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

ACT = "act/"
"""The key of a record begins so."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a case's log. `body` is its payload; None when there is none, or none any more."""

    id: int
    case: int
    seq: int
    at: datetime
    kind: str
    key: str
    actor: str
    nominal: date | None
    overtaken: str | None
    commitment: bytes
    hash: bytes
    salt: bytes = b""
    body: str | None = None

    @property
    def is_record(self) -> bool:
        return self.key.startswith(ACT)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """The row of a case: the index of its log."""

    id: int
    code: str
    procedure: str
    subject: str
    key: str | None
    parent: int | None
    definition: int
    settings: int
    calendar: int
    opened_on: date
    state: str
    closed_on: date | None
    version: int
    seq: int
    head: bytes
    next_check_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """An obligation that stands, as the read model has it or as the checker derives it."""

    step: str
    round: int
    kind: str
    role: str
    assignee: str
    opened_on: date
    start_on: date | None
    nominal: date | None = None
    due: date | None = None
    late_from: datetime | None = None
    safe: date | None = None
    basis: str = ""
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """What a role is to be told; `entry` is the key of the log entry that it tells."""

    id: int
    case: int
    entry: str
    kind: str
    role: str
    step: str
    round: int
    said: Mapping[str, Any]
    fatal: bool
    summary: bool
    not_before: datetime | None
    state: str
    why: str


@dataclass(frozen=True, slots=True)
class Mail:
    id: int
    key: str
    person: str
    address: str
    kind: str
    day: date
    subject: str
    text: str
    html: str
    message_id: str
    fatal: bool
    state: str
    why: str
    attempts: int
    created_at: datetime
    sent_at: datetime | None
    notices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Link:
    token_sha256: str
    mail: int
    person: str
    case: int
    step: str
    round: int


@dataclass(frozen=True, slots=True)
class Incident:
    kind: str
    key: str | None
    case: int | None
    cause: str
    mend: str
    first_at: datetime
    last_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    kind: str
    actor: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Definition:
    procedure: str
    revision: int
    sha256: bytes
    snapshot: str


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    channel: str
    digest: bool


@dataclass(frozen=True, slots=True)
class Holding:
    """Somebody holds a role over a scope in a period, both days included."""

    person: str
    role: str
    scope: str
    value: str
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Absence:
    person: str
    since: date
    until: date
    deputy: str


@dataclass(frozen=True)
class Book:
    """The whole installation at one moment of its database."""

    uuid: str
    mode: str
    trial_now: datetime | None
    definitions: Mapping[int, Definition]
    settings: Mapping[int, Mapping[str, Any]]
    calendars: Mapping[int, tuple[datetime, Mapping[str, Any]]]
    cases: Sequence[CaseRow]
    entries: Mapping[int, Sequence[Entry]]
    """By case, in the order in which they were written."""
    standing: Mapping[int, Sequence[Standing]]
    notices: Sequence[Notice]
    mails: Sequence[Mail]
    links: Sequence[Link]
    incidents: Sequence[Incident]
    events: Sequence[Event]
    people: Mapping[str, Person]
    addresses: Mapping[str, Sequence[tuple[date, str]]]
    regions: Mapping[str, str]
    holdings: Sequence[Holding]
    absences: Sequence[Absence]
    runs: Sequence[tuple[str, datetime]] = field(default=())
    """Kind and wall time of the rounds that ran."""

    @cached_property
    def codes(self) -> Mapping[int, str]:
        return {case.id: case.code for case in self.cases}

    @cached_property
    def notices_of(self) -> Mapping[int, Sequence[Notice]]:
        found: dict[int, list[Notice]] = defaultdict(list)
        for notice in self.notices:
            found[notice.case].append(notice)
        return found
