"""Who must do what in the weeks to come (design, law 8: people of that day), what cannot be kept, who is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from models.organisation import Assignment
from tests.service.office import Office
from tests.service.test_ahead import VISIT
from tijdig.engine import Close, DueRule, Fact, Go, Goal, Procedure, Step, days, done, known
from tijdig.service import pins
from tijdig.service.forecast import document, forecast
from tijdig.service.foretell import period, world_of
from tijdig.service.world import Scenario

TWO_STEPS = Procedure(
    "bid", "INS", "Inschrijving", 1, "aanbesteding", owner="kwaliteitsadviseur", late_to="directeur",
    opens_with=("asks_on", "closes_on"),
    facts=(
        Fact("asks_on", "date", "Vragen tot en met", required=True),
        Fact("closes_on", "date", "Sluiting", required=True),
    ),
    goals=(
        Goal("filed", "Ingeschreven", DueRule(on="closes_on", basis="contract", fatal=True, cutoff="17:00"),
             role="zorgadministratie", met_by=done("file")),
    ),
    steps=(
        Step("ask", "Stel uw vragen", "kwaliteitsteam", due=DueRule(on="asks_on"), outcomes=(Go("asked", "Gesteld"),)),
        Step("file", "Schrijf in", "zorgadministratie", due=DueRule(before="closes_on", lead=days(1)),
             outcomes=(Close("sent", "Ingeschreven"),)),
    ),
)  # fmt: skip


def look(
    office: Office, since: str = "2026-01-05", until: str = "2026-12-31", scenario: Scenario = "on-time"
) -> dict[str, Any]:
    with office.reading() as session:
        within = period(since, until, now=office.now)
        world = world_of(session, within, now=office.now, scenario=scenario)
        return document(forecast(session, world, within))


@pytest.fixture
def orange(office: Office) -> Office:
    """An orange file of Monday 5 January 2026: send the points by the 12th, judge by 30 March."""
    office.choose("red_decider", "directeur")
    office.open("orange-status", "lid-001", orange_on="2026-01-05")
    return office


def weeks_of(found: dict[str, Any]) -> list[tuple[str, str, int, dict[str, float]]]:
    return [
        (week["week"], week["role"], week["tasks"], {who["person"]: who["tasks"] for who in week["people"]})
        for week in found["weeks"]
    ]


def test_each_step_counts_in_the_week_of_its_due_day_and_its_holders_share_it(orange: Office) -> None:
    assert weeks_of(look(orange)) == [
        ("2026-01-12", "kwaliteitsadviseur", 1, {"adviser1": 0.5, "adviser2": 0.5}),
        ("2026-03-16", "lid", 1, {"lid-001": 1}),
        ("2026-03-30", "kwaliteitsadviseur", 2, {"adviser1": 1, "adviser2": 1}),  # the recheck opens on 16 March
    ]


def test_if_nobody_acts_nothing_opens_behind_what_is_not_done(orange: Office) -> None:
    found = look(orange, scenario="nobody")

    assert [task["step"] for task in found["tasks"]] == ["send_actions", "improve", "judge"]


def test_who_is_away_on_the_day_is_stood_in_for(orange: Office) -> None:
    orange.absent("adviser1", "2026-03-30", "2026-03-30", "quality1")

    week = next(week for week in look(orange)["weeks"] if week["week"] == "2026-03-30")

    assert week["people"] == [
        {"person": "adviser2", "behalf": None, "tasks": 1}, {"person": "quality1", "behalf": "adviser1", "tasks": 1},
    ]  # fmt: skip


def test_who_gets_the_role_later_has_the_work_from_then_on(orange: Office) -> None:
    with orange.store.write() as session:
        session.add(Assignment(person_id="quality1", role="kwaliteitsadviseur", scope="subject", scope_value="lid-001",
                               since=date(2026, 3, 1)))  # fmt: skip

    found = weeks_of(look(orange))

    assert [who for _, role, _, who in found if role != "lid"] == [
        {"adviser1": 0.5, "adviser2": 0.5}, {"quality1": 2},
    ]  # fmt: skip


def test_who_took_a_task_has_it_alone(orange: Office) -> None:
    orange.act("orange-status/lid-001", "take", "adviser2", step="judge")

    assert weeks_of(look(orange))[-1] == ("2026-03-30", "kwaliteitsadviseur", 2, {"adviser1": 0.5, "adviser2": 1.5})


def test_what_is_overdue_counts_in_the_first_week(orange: Office) -> None:
    week = look(orange.on("2026-02-10"), since="2026-02-10")["weeks"][0]

    assert (week["week"], week["tasks"], week["overdue"]) == ("2026-02-09", 1, 1)


def test_what_was_done_before_the_period_is_not_counted_in_it(orange: Office) -> None:
    assert weeks_of(look(orange, since="2026-03-28"))[0][0] == "2026-03-30"


def test_a_week_in_which_a_role_has_nobody_is_told_with_its_days_and_cases(orange: Office) -> None:
    orange.absent("adviser1", "2026-01-10", "2026-04-10")
    orange.absent("adviser2", "2026-01-12", "2026-01-12")
    orange.absent("adviser2", "2026-03-25", "2026-04-10")

    found = look(orange)

    assert found["uncovered"] == [
        {"week": "2026-01-12", "role": "kwaliteitsadviseur", "days": ["2026-01-12"], "cases": ["ORA-2026-001"]},
        {"week": "2026-03-30", "role": "kwaliteitsadviseur", "days": ["2026-03-30"], "cases": ["ORA-2026-001"]},
    ]
    assert [week["nobody"] for week in found["weeks"]] == [1, 0, 2]


# --- dates that cannot be kept


def infeasible(office: Office, **how: Any) -> list[tuple[str, str]]:
    return [(each["step"], each["why"]) for each in look(office, **how)["infeasible"]]


LEADS = [
    pytest.param("2026-03-04", [], id="four weeks before it lies ahead"),
    pytest.param(
        "2026-01-20",
        [("prepare", "‘Bereid het bezoek voor’ moet uiterlijk ma 19 jan 2026 en vraagt 4 weken: het had op "
                     "ma 22 dec 2025 begonnen moeten zijn, maar kan pas op ma 5 jan 2026")],
        id="its lead lies in the past",
    ),
    pytest.param("2026-01-05", [], id="it is late already: that is no news"),
]  # fmt: skip


@pytest.mark.parametrize(("visit_on", "why"), LEADS)
def test_work_whose_lead_lies_in_the_past_cannot_be_kept(
    office: Office, visit_on: str, why: list[tuple[str, str]]
) -> None:
    with office.store.write() as session:
        pins.publish(session, [VISIT], now=office.now, by="test")
    office.open("visit", "lid-001", visit_on=visit_on)

    assert infeasible(office) == why


BIDS = [
    pytest.param("2026-02-02", "2026-02-10", [], id="a week between them"),
    pytest.param(
        "2026-02-11", "2026-02-10",
        [("file", "‘Schrijf in’ moet uiterlijk ma 9 feb 2026, maar kan pas beginnen op wo 11 feb 2026"),
         ("filed", "‘Ingeschreven’ moet uiterlijk di 10 feb 2026, en dat lukt niet, ook niet als ieder op tijd is")],
        id="it ends before what it needs is done",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("asks_on", "closes_on", "why"), BIDS)
def test_a_date_before_what_it_needs_cannot_be_kept(
    office: Office, asks_on: str, closes_on: str, why: list[tuple[str, str]]
) -> None:
    with office.store.write() as session:
        pins.publish(session, [TWO_STEPS], now=office.now, by="test")
    office.open("bid", "cz-2027", asks_on=asks_on, closes_on=closes_on)

    assert infeasible(office) == why


def test_what_falls_after_the_period_is_left_out(office: Office) -> None:
    with office.store.write() as session:
        pins.publish(session, [TWO_STEPS], now=office.now, by="test")
    office.open("bid", "cz-2027", asks_on="2026-02-11", closes_on="2026-02-10")

    found = look(office, until="2026-02-01")

    assert (found["tasks"], found["infeasible"], found["running"], found["opened"]) == ([], [], 1, 0)


ANNOUNCED = Procedure(
    "visitor", "GAS", "Gast", 1, "lid", owner="kwaliteitsadviseur", late_to="directeur",
    facts=(Fact("comes_on", "date", "Komt op", required=True),),
    goals=(Goal("ready", "Alles klaar", DueRule(on="comes_on"), role="directeur", met_by=done("prepare")),),
    steps=(
        Step("invite", "Nodig uit", "kwaliteitsadviseur", undated="wanneer het uitkomt", form=("comes_on",)),
        Step("prepare", "Zet klaar", "kwaliteitsadviseur", due=DueRule(before="due:ready", lead=days(1)),
             outcomes=(Close("ready_to_go", "Klaar"),)),
    ),
)  # fmt: skip


def test_a_day_that_the_run_filled_in_itself_is_nobodys_fault(office: Office) -> None:
    with office.store.write() as session:
        pins.publish(session, [ANNOUNCED], now=office.now, by="test")
    office.open("visitor", "lid-001")

    found = look(office)

    assert [(task["step"], task["due"]) for task in found["tasks"]] == [("invite", None), ("prepare", "2026-01-05")]
    assert found["infeasible"] == []


def test_a_right_that_nobody_need_use_is_no_date_that_is_missed(office: Office) -> None:
    right = Goal("right", "Bezwaar", DueRule(after="asks_on", within=days(20), basis="contract"),
                 role="zorgadministratie", met_by=known("objected_on"))  # fmt: skip
    objected = Fact("objected_on", "date", "Bezwaar gemaakt op")
    with office.store.write() as session:
        definition = replace(TWO_STEPS, goals=(*TWO_STEPS.goals, right), facts=(*TWO_STEPS.facts, objected))
        pins.publish(session, [definition], now=office.now, by="test")
    office.open("bid", "cz-2027", asks_on="2026-02-02", closes_on="2026-06-10")

    assert infeasible(office) == []
