"""How many statements a page asks: as many with 200 open cases as with 20. One for each row would show here.

They are counted by SQLite itself, so that none is missed, whatever layer asks it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Pool, event
from sqlmodel import Session

from models.organisation import Subject
from tests.databases import Databases
from tests.web.stage import Staged, at, enter
from tests.web.table import Stop, named, stops
from tests.web.town import Town
from tijdig.service import cases
from tijdig.service.cases import Doing
from tijdig.service.people import Directory
from tijdig.service.work import Work
from tijdig.settings import Settings

FEW, MANY = 20, 200
CASES = [stop for stop in stops("GET") if not stop.line.trial and stop.line.who.visitors]

pytestmark = pytest.mark.only_on("sqlite", "SQLite counts its statements by itself")


@pytest.fixture(scope="module")
def sizes(prepared: Mapping[str, Settings], shared_databases: Databases) -> Iterator[tuple[Town, Town]]:
    """Two towns that differ in how many cases they have."""
    address = prepared["live"].database_url
    towns = [Staged(at(prepared["live"], shared_databases.copy(address))) for _ in range(2)]
    for town, number in zip(towns, (FEW, MANY), strict=True):
        with town.store.write() as session:
            fill(session, number, town)
    yield towns[0], towns[1]
    for town in towns:
        town.close()


def fill(session: Session, number: int, town: Town) -> None:
    """Open so many cases, each of another member."""
    refs = [f"lid-{n:03}" for n in range(200, 200 + number)]
    session.add_all(Subject(ref=ref) for ref in refs)
    session.flush()
    work, people = Work(session), Directory.load(session)
    for n, ref in enumerate(refs):
        procedure, facts = ("kinds", {}) if n % 2 else ("orange-status", {"orange_on": "2021-07-23"})
        cases.open_case(work, people, procedure, ref, facts, Doing("ann", town.now))
    work.flush()


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that SQLite is asked meanwhile."""
    asked: list[str] = []

    def traced(how: Callable[[Any], None] | None) -> Callable[..., None]:
        return lambda connection, *_: connection.set_trace_callback(how)

    begin, end = traced(asked.append), traced(None)
    event.listen(Pool, "checkout", begin)
    event.listen(Pool, "checkin", end)
    try:
        yield asked
    finally:
        event.remove(Pool, "checkout", begin)
        event.remove(Pool, "checkin", end)


def statements(town: Town, stop: Stop, path: str) -> list[str]:
    """What a page asks when what is known of the people is not remembered; definitions are."""
    person = stop.line.who.person or "ann"
    enter(town, person)
    town.client.get(path, follow_redirects=False)
    town.join(f"new{next(NUMBERS)}")
    with counted() as asked:
        answer = town.client.get(path, follow_redirects=False)
    assert answer.status_code in (200, 303)
    return [statement for statement in asked if not statement.startswith("--")]  # what a trigger does is no question


NUMBERS = iter(range(10**6))


@pytest.mark.parametrize("stop", CASES, ids=named)
def test_a_page_asks_no_more_of_many_cases_than_of_few(sizes: tuple[Town, Town], stop: Stop) -> None:
    few, many = (statements(town, stop, stop.path(town)) for town in sizes)

    assert len(many) == len(few), "\n".join(sorted(set(many) - set(few)))
    assert few, "nothing was counted"
