"""The benchmark's house: a database of its own with its procedure, its advisers and director, and all members."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from models.base import Table
from models.organisation import Address, Assignment, Person, Subject
from models.session import Store
from tijdig.bench import workload as w
from tijdig.bench.definition import ADVISER, DIRECTOR, ORANGE_12W
from tijdig.engine.calendar import instant
from tijdig.service.pins import choose
from tijdig.service.setup import init

FOUNDED = instant(date(2026, 1, 1), time(9))

_AT_ONCE = 10_000
"""So many members are taken in by one statement."""


def found(url: str) -> None:
    """Make the installation: a live one that works every day of the year."""
    init(url, (ORANGE_12W,), (), trial=False, sample=False, wall=FOUNDED)
    store = Store.at(url)
    with store.write() as session:
        choose(session, "open_days", "all", by="bench", reason="de meting kent geen vrije dagen", now=FOUNDED)
    store.close()


def take_in(store: Store, members: int) -> None:
    """The people: the office, and so many members, each with its own mail address."""
    office = {w.adviser(no): ADVISER for no in range(w.ADVISERS)} | {DIRECTOR: DIRECTOR}
    with store.write() as session:
        _people(session, [(ref, ref, f"{ref}@cooperatie.example") for ref in office], colleagues=True)
        _insert(session, Assignment, [_holds(ref, role) for ref, role in office.items()])
    for first in range(0, members, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, members))
        with store.write() as session:
            _people(session, [(w.member(no), w.name(no), w.address(no)) for no in numbers], colleagues=False)
            _insert(session, Subject, [{"ref": w.member(no), "region": "", "profile": ""} for no in numbers])


def _people(session: Session, people: Sequence[tuple[str, str, str]], *, colleagues: bool) -> None:
    """People as (id, name, address). A colleague has an account of its own and a digest; a member has neither."""
    _insert(session, Person, [
        {"id": ref, "name": name, "channel": "mail", "digest": colleagues, "account": ref if colleagues else None}
        for ref, name, _ in people
    ])  # fmt: skip
    _insert(session, Address, [
        {"person_id": ref, "since": w.EPOCH, "email": email, "phone": ""} for ref, _, email in people
    ])  # fmt: skip


def _holds(person: str, role: str) -> dict[str, Any]:
    return {"person_id": person, "role": role, "scope": "all", "scope_value": "", "since": date.min, "until": date.max}


def _insert(session: Session, table: type[Table], rows: Sequence[dict[str, Any]]) -> None:
    session.execute(insert(table), rows)
