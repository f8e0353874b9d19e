"""The installation chain: seals over all that stands outside the case chains, and daily over the heads of these.

A seal names rows, each with a mark: half a SHA-256 of what may never change in it. Its hash takes in the seal before
it, so that one hash stands for the whole installation up to then. That hash goes to the administrators by mail, where
nobody who holds the database can reach it. Chains of cases are sealed by what changed: cost grows with what happened,
and a cut or deleted one is found by name.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import column, table
from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select

from models.case import Case, Log
from models.operation import Installation
from models.seal import Seal
from tijdig.engine.calendar import local_day
from tijdig.engine.snapshot import canonical

LATE = timedelta(days=1)
"""On PostgreSQL a row may come to light after one with a higher number: for so long each seal looks back for it."""

MARK_LENGTH = 32
"""Characters of hexadecimal: half a SHA-256."""

PAGE = 500


class Sealed:
    """A table whose rows are sealed: by the columns that never change, as the database itself has them."""

    def __init__(self, name: str, *names: str) -> None:
        self.columns = names
        made = table(name, *map(column, ("id", *names)))  # without types: a mark is about bytes, not about meaning
        self.id = made.c.id
        self.rows = columns(*made.c)
        """What is marked, the number first."""


ROWS: Mapping[str, Sealed] = {
    "event": Sealed("event", "at", "kind", "actor", "detail"),
    "definition": Sealed("definition", "procedure", "revision", "language", "sha256", "snapshot", "published_at"),
    "settings_version": Sealed("settings_version", "at", "by", "reason", "values"),
    "calendar_version": Sealed("calendar_version", "version", "body", "at"),
    "mail": Sealed(
        "mail", "key", "person_id", "kind", "day", "subject", "text", "html", "thread", "fatal", "created_at"
    ),
    "hand_in": Sealed(
        "hand_in", "tender", "provider", "piece", "dated", "channel", "name", "sha256", "received_at", "closes_at",
        "entered_at", "actor",
    ),
}  # fmt: skip
SENT = Sealed("mail", "address", "state", "why", "attempts", "next_try_at", "leased_until", "sent_at", "code")
"""What is known of a mail once it was sent: nothing touches it any more."""


def seal_heads(session: Session, *, now: datetime) -> None:
    """Once each local day: take in the heads of all case chains that grew since the last time.

    The caller holds the row of the installation, so that seals come one by one.
    """
    last = session.exec(_newest("case")).first()
    if last and local_day(last.at) == local_day(now):
        return
    since = floor(session, "case", now)
    heads = columns(col(Case.code), col(Case.seq), col(Case.head)).order_by(col(Case.id))
    if since:
        heads = heads.where(col(Case.id).in_(select(Log.case_id).where(col(Log.id) > since)))
    known = _named_since(session, "case", since)
    grown = (
        (f"{code} {seq}", mark_of_head(head))
        for code, seq, head in session.execute(heads.execution_options(yield_per=10_000))
    )
    upto = session.exec(select(func.max(Log.id))).one() or 0
    _append(session, "case", ((name, mark) for name, mark in grown if name not in known), upto, now)


def seal_rows(session: Session, *, now: datetime) -> None:
    """Take in the rows that are not sealed yet; the caller holds the row of the installation."""
    for kind, (top, last) in _standing(session).items():
        if top > last:
            _seal_new(session, kind, floor(session, kind, now), top, now)


def seal_sent(session: Session, mails: Sequence[int], *, now: datetime) -> None:
    """Take in what became of these mails, which were sent and are done with."""
    if mails:
        session.exec(select(Installation).with_for_update()).one()
        _append(session, "sent", marks(session, SENT, mails), max(mails), now)


def floor(session: Session, kind: str, now: datetime) -> int:
    """No row with this number or a lower one will be sealed any more."""
    newest = _newest(kind)
    if session.get_bind().dialect.name == "postgresql":  # a trial's clock may jump: so one seal further back than that
        newest = newest.where(col(Seal.at) <= now - LATE).offset(1)
    last = session.exec(newest).first()
    return last.upto if last else 0


def head(session: Session) -> tuple[int, bytes]:
    """The number and hash of the newest seal; before the first one the installation's own id stands in."""
    last = session.exec(select(Seal).order_by(col(Seal.id).desc()).limit(1)).first()
    return (last.id, last.hash) if last else (0, beginning(session))


def beginning(session: Session) -> bytes:
    """What the first seal follows."""
    return session.exec(select(Installation.uuid)).one().encode()


def link(previous: bytes, seal: Seal) -> bytes:
    """The hash of a seal that follows `previous`."""
    said = canonical([seal.id, seal.kind, seal.at.isoformat(), seal.upto])
    return sha256(previous + said.encode() + seal.body).digest()


def lines(seal: Seal) -> Iterator[tuple[str, str]]:
    """What a seal names, each with its mark."""
    for line in zlib.decompress(seal.body).decode().splitlines():
        name, _, mark = line.rpartition(" ")
        yield name, mark


def mark(row: Sequence[Any]) -> str:
    """The mark of a row: its number and its columns, each with its length before it."""
    parts = [value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value) for value in row]
    said = "".join([f"{len(part)}:{part}" for part in parts])
    return sha256(said.encode()).hexdigest()[:MARK_LENGTH]


def mark_of_head(head: bytes) -> str:
    """The mark of the head of a case's chain."""
    return head.hex()[:MARK_LENGTH]


def marks(session: Session, sealed: Sealed, ids: Sequence[int]) -> Iterator[tuple[str, str]]:
    """The rows of these numbers, each with its mark."""
    for first in range(0, len(ids), PAGE):
        page = sealed.rows.where(sealed.id.in_(ids[first : first + PAGE])).order_by(sealed.id)
        yield from ((str(row[0]), mark(row)) for row in session.execute(page))


def _seal_new(session: Session, kind: str, since: int, top: int, now: datetime) -> None:
    sealed, known = ROWS[kind], _named_since(session, kind, since)
    ids = session.execute(columns(sealed.id).where(sealed.id > since).order_by(sealed.id)).scalars()
    _append(session, kind, marks(session, sealed, [i for i in ids if str(i) not in known]), top, now)


def _append(session: Session, kind: str, said: Iterable[tuple[str, str]], upto: int, now: datetime) -> None:
    number, previous = head(session)
    seal = Seal(id=number + 1, at=now.astimezone(UTC), kind=kind, upto=upto, body=_packed(said), hash=b"")
    seal.hash = link(previous, seal)
    session.add(seal)
    session.flush()


def _packed(said: Iterable[tuple[str, str]]) -> bytes:
    packer = zlib.compressobj(1)  # marks do not get smaller, and the names soon do
    parts = [packer.compress(f"{name} {mark}\n".encode()) for name, mark in said]
    return b"".join([*parts, packer.flush()])


def _newest(kind: str) -> Any:
    return select(Seal).where(Seal.kind == kind).order_by(col(Seal.id).desc()).limit(1)


def _named_since(session: Session, kind: str, since: int) -> frozenset[str]:
    later = select(Seal).where(Seal.kind == kind, col(Seal.upto) > since)
    return frozenset(name for seal in session.exec(later) for name, _ in lines(seal))


def _standing(session: Session) -> dict[str, tuple[int, int]]:
    """For each table that is sealed its highest number, and up to where its newest seal looked: one statement."""
    asked: list[Any] = []
    for kind, sealed in ROWS.items():
        upto = columns(col(Seal.upto)).where(col(Seal.kind) == kind).order_by(col(Seal.id).desc()).limit(1)
        asked += [columns(func.max(sealed.id)).scalar_subquery(), upto.scalar_subquery()]
    found = [number or 0 for number in session.execute(columns(*asked)).one()]
    return dict(zip(ROWS, zip(found[::2], found[1::2], strict=True), strict=True))
