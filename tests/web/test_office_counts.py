"""Beheer asks the database as often for many rows as for few."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, event

from models.message import Mail
from models.organisation import Absence, Address, Assignment, Person, Subject
from tests.web.town import ADVISER, Town
from tijdig.service.incidents import raise_incident

PAGES = ("", "/postvak-uit", "/postvak-uit?staat=alle", "/incidenten", "/personen", "/personen?soort=leden", "/rollen",
         "/afwezigheid", "/dekking", "/instellingen", "/kalenders", "/mailstand", "/bewaking")  # fmt: skip
DAY = date(2021, 10, 4)


def fill(town: Town, first: int, last: int) -> None:
    """Rows of all that these pages list."""
    numbers = range(first, last)
    with town.store.write() as session:
        session.add_all(Person(id=f"p{n}", name=f"P {n}") for n in numbers)
        session.add_all(Person(id=f"m{n}", name=f"M {n}", digest=False) for n in numbers)
        session.add_all(Subject(ref=f"m{n}", region=f"r{n % 3}") for n in numbers)
        session.flush()
        session.add_all(Address(person_id=f"p{n}", since=DAY, email=f"p{n}@zorg.example") for n in numbers)
        session.add_all(
            Assignment(person_id=f"p{n}", role=ADVISER, scope="subject", scope_value=f"m{n}") for n in numbers
        )
        session.add_all(Absence(person_id=f"p{n}", since=DAY, until=DAY, deputy_id="ann") for n in numbers)
        for n in numbers:
            session.add(Mail(
                key=f"k{n}", person_id=f"m{n}", address="x@zorg.example", kind="A", day=DAY, subject="Te doen", text="",
                html="", next_try_at=town.now, created_at=town.now, state=("onzeker", "klaar")[n % 2],
            ))  # fmt: skip
            raise_incident(session, "mail", f"mail/{n}", cause="Mislukt.", mend="Kijk.", now=town.now)


def statements(town: Town, path: str) -> int:
    """How many statements a page takes, once it is warm."""
    town.get(path)
    counted: list[str] = []

    def count(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        counted.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        assert town.get(path).status_code == 200
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    return len(counted)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_as_often_for_many_rows_as_for_few(town: Town, page: str) -> None:
    town.join("root", "beheerder")
    town.enter("root")
    fill(town, 0, 3)
    few = statements(town, f"/beheer{page}")
    fill(town, 3, 45)

    assert statements(town, f"/beheer{page}") == few
