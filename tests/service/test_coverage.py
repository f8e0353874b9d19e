"""Dekking: who is there for a role, week by week, by assignments, absences and deputies."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session

from models.organisation import Absence, Assignment, Person, Subject
from tests.service.office import Office
from tijdig.service.coverage import WEEKS, Asked, Coverage, State, coverage

MONDAY = date(2021, 10, 4)
ROLE = "jurist"


def week(number: int, day: int = 0) -> date:
    return MONDAY + timedelta(weeks=number, days=day)


def of(session: Session, role: str = ROLE, today: date = MONDAY) -> dict[str, str]:
    """The first six weeks of each line of a role, a letter a week."""
    session.flush()
    letters: dict[State, str] = {"nobody": "n", "deputy": "d", "held": "h"}
    lines = coverage(session, today).lines
    return {line.where: "".join(letters[state] for state in line.weeks[:6]) for line in lines if line.role == role}


def held(
    person: str, scope: str = "all", value: str = "", since: date = date.min, until: date = date.max
) -> Assignment:
    return Assignment(person_id=person, role=ROLE, scope=scope, scope_value=value, since=since, until=until)


def away(person: str, since: date, until: date, deputy: str | None = None) -> Absence:
    return Absence(person_id=person, since=since, until=until, deputy_id=deputy)


CASES = [
    pytest.param([], {}, id="a role that nobody needs is not there"),
    pytest.param([held("p1")], {"alles": "hhhhhh"}, id="always somebody"),
    pytest.param([held("p1", until=week(2, 2))], {"alles": "hhnnnn"}, id="a week counts as its worst working day"),
    pytest.param([held("p1", until=week(2, 4))], {"alles": "hhhnnn"}, id="a weekend does not count"),
    pytest.param([held("p1"), away("p1", week(1), week(2, 4))], {"alles": "hnnhhh"}, id="away without a deputy"),
    pytest.param([held("p1"), away("p1", week(1), week(2, 4), "p2")], {"alles": "hddhhh"}, id="away with a deputy"),
    pytest.param([held("p1"), away("p1", week(1), week(1, 4), "p2"), away("p2", week(1), week(1, 4))],
                 {"alles": "hnhhhh"}, id="the deputy is away too"),
    pytest.param([held("p1"), held("p2"), away("p1", week(1), week(1, 4), "p3")], {"alles": "hhhhhh"},
                 id="another one is there"),
    pytest.param([held("p1", "region", "oost"), held("p2", since=week(3))],
                 {"regio oost": "hhhhhh", "regio west": "nnnhhh", "alles": "nnnhhh"}, id="by region, else by all"),
    pytest.param([held("p1", "subject", "s1"), held("p2", "subject", "s2", until=week(0, 4))],
                 {"per lid": "hnnnnn"}, id="for each member somebody"),
    pytest.param([held("p1", "subject", "s1", until=week(0, 4)), held("p2", "region", "oost")],
                 {"regio oost": "hhhhhh", "regio west": "nnnnnn", "per lid": "hhhhhh"}, id="a member falls back"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "weeks"), CASES)
def test_a_week_is_held_by_a_deputy_or_by_nobody(
    office: Office, rows: list[Assignment | Absence], weeks: dict[str, str]
) -> None:
    with office.store.write() as session:
        session.add_all(Person(id=f"p{n}", name=f"P{n}") for n in (1, 2, 3))
        session.add_all((Subject(ref="s1", region="oost"), Subject(ref="s2", region="west")))
        session.flush()
        session.add_all(type(row)(**row.model_dump(exclude={"id"})) for row in rows)

        assert of(session) == weeks
        session.rollback()


def test_what_is_over_this_week_is_not_told(office: Office) -> None:
    with office.store.write() as session:
        session.add(Person(id="p1", name="P1"))
        session.flush()
        session.add_all((held("p1"), away("p1", week(0), week(0, 1))))

        assert of(session, today=week(0, 2)) == {"alles": "hhhhhh"}
        session.rollback()


def test_weeks_that_stand_alike_are_one_stretch_with_what_falls_due() -> None:
    from tijdig.service.coverage import Line

    mondays = tuple(week(n) for n in range(4))
    weeks: tuple[State, ...] = ("held", "nobody", "nobody", "deputy")
    asked = {(ROLE, week(1)): Asked(2, 1), (ROLE, week(2)): Asked(1, 0), ("directeur", week(1)): Asked(9, 9)}

    found = Coverage(mondays, (Line(ROLE, "alles", weeks),), asked).troubles

    assert [(each.state, each.first, each.last, each.asked) for each in found] == [
        ("nobody", week(1), week(2, 6), Asked(3, 1)), ("deputy", week(3), week(3, 6), Asked(0, 0)),
    ]  # fmt: skip


def test_it_looks_a_year_ahead(office: Office) -> None:
    with office.store.read() as session:
        found = coverage(session, date(2021, 10, 6))

    assert len(found.mondays) == WEEKS == 52
    assert found.mondays[0] == MONDAY
