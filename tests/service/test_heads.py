"""Seals on PostgreSQL, where a row may come to light after one with a higher number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models.operation import Event, Installation
from models.seal import Seal
from models.session import Store
from tijdig.service import pins
from tijdig.service.heads import lines, seal_heads, seal_rows
from tijdig.service.verify import verify

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.fixture
def begun(store: Store) -> Store:
    with store.write() as session:
        session.add(Installation(uuid="0f8d", mode="live", created_at=NOW))
        pins.first_versions(session, now=NOW, by="test")
    return store


def happen(session: Session, actor: str) -> None:
    session.add(Event(at=NOW, kind="k", actor=actor, detail="{}"))
    session.flush()


def seal(store: Store, now: datetime) -> list[str]:
    """Seal what there is; the events that this seal names."""
    with store.write() as session:
        seal_rows(session, now=now)
        made = session.exec(select(Seal).where(Seal.kind == "event")).all()
        return [name for name, _ in lines(made[-1])] if made else []


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize("then", [timedelta(minutes=1), timedelta(days=7)], ids=["live", "a-trial-jumps"])
def test_an_event_that_was_committed_after_a_later_one_is_sealed_next_time(begun: Store, then: timedelta) -> None:
    with begun.write() as slow:
        happen(slow, "slow")  # has its number, and is not there yet for others
        with begun.write() as quick:
            happen(quick, "quick")
        first = seal(begun, NOW)
    with begun.write() as session:
        happen(session, "next")

    assert first == ["2"]
    assert seal(begun, NOW + then) == ["1", "3"]
    with begun.read() as session:
        assert verify(session)[2] == []


@pytest.mark.only_on("postgresql")
def test_an_event_that_comes_to_light_much_later_was_put_in(begun: Store) -> None:
    with begun.write() as session:
        session.execute(text("select setval('event_id_seq', 10)"))
    for day in range(4):
        with begun.write() as session:
            happen(session, "daily")
        seal(begun, NOW + timedelta(days=day))
    with begun.write() as session:
        session.add(Event(id=5, at=NOW, kind="k", actor="eve", detail="{}"))

    with begun.read() as session:
        assert [(each.place, each.problem) for each in verify(session)[2]] == [
            ("gebeurtenis 5", "is er achteraf bij gezet")
        ]


def test_nothing_new_makes_no_seal_and_a_day_makes_one(begun: Store) -> None:
    def count() -> int:
        with begun.write() as session:
            seal_heads(session, now=NOW)
            seal_rows(session, now=NOW)
            return len(session.exec(select(Seal)).all())

    first, again = count(), count()
    with begun.write() as session:
        seal_heads(session, now=NOW + timedelta(days=1))
        kinds = session.exec(select(Seal.kind).order_by(Seal.id)).all()  # type: ignore[arg-type]

    assert first == again
    assert kinds[-1] == "case"
