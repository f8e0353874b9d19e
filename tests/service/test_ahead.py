"""What will go wrong in the coming weeks is an incident now (design, law 8)."""

import pytest
from sqlmodel import col, select

from models.operation import Incident, Run
from tests.service.office import Office
from tijdig.engine import Close, DueRule, Fact, Procedure, Step, days, weeks
from tijdig.service import pins
from tijdig.service.ahead import check_ahead

VISIT = Procedure(
    "visit", "BEZ", "Bezoek", 1, "lid", owner="kwaliteitsadviseur", late_to="directeur", opens_with=("visit_on",),
    facts=(Fact("visit_on", "date", "Dag van het bezoek", required=True),),
    steps=(
        Step("prepare", "Bereid het bezoek voor", "kwaliteitsadviseur", due=DueRule(before="visit_on", lead=days(1)),
             lead=weeks(4), outcomes=(Close("ready", "Klaar"),)),
    ),
)  # fmt: skip


@pytest.fixture
def orange(office: Office) -> Office:
    """An orange file of Monday 5 January 2026: the points are due to be sent on the twelfth."""
    office.choose("red_decider", "directeur")
    office.open("orange-status", "lid-001", orange_on="2026-01-05")
    return office


def troubles(office: Office) -> dict[str, str]:
    found = check_ahead(office.store, now=office.now, wall=office.now)
    assert sorted(trouble.key for trouble in found.troubles) == sorted(standing(office))
    return {trouble.key: trouble.cause for trouble in found.troubles}


def standing(office: Office) -> list[str]:
    with office.reading() as session:
        return [key for key in session.exec(select(Incident.key)) if key]


def test_nothing_is_wrong_while_somebody_is_there_for_everything(orange: Office) -> None:
    assert troubles(orange) == {}


UNCOVERED = [
    pytest.param([("lid-001", "2026-01-12", "2026-03-30", None)], "lid", "ma 16 mrt 2026", id="the member is away"),
    pytest.param(
        [("adviser1", "2026-01-10", "2026-01-14", None), ("adviser2", "2026-01-12", "2026-01-12", None)],
        "kwaliteitsadviseur", "ma 12 jan 2026", id="all who share a role are away on that one day",
    ),
    pytest.param(
        [("adviser1", "2026-01-12", "2026-01-12", "adviser2"), ("adviser2", "2026-01-12", "2026-01-12", "adviser1")],
        "kwaliteitsadviseur", "ma 12 jan 2026", id="deputies of each other are both away",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("absences", "role", "day"), UNCOVERED)
def test_a_role_that_nobody_will_hold_on_a_due_day_is_an_incident_now(
    orange: Office, absences: list[tuple[str, str, str, str | None]], role: str, day: str
) -> None:
    orange.on("2026-01-26" if role == "lid" else "2026-01-05")
    for absence in absences:
        orange.absent(*absence)

    found = troubles(orange)

    cause = f"Rol {role}: er is niemand op de dag dat iets moet, in ORA-2026-001 ({day})."
    assert found == {f"coverage/{role}": cause}


def test_what_is_due_in_nine_weeks_can_still_wait(orange: Office) -> None:
    orange.absent("lid-001", "2026-03-01", "2026-03-30")  # the member must hand in by 16 March

    assert troubles(orange.on("2026-01-12")) == {}


def test_what_is_overdue_is_needed_today(orange: Office) -> None:
    orange.absent("adviser1", "2026-01-20", "2026-01-20")
    orange.absent("adviser2", "2026-01-20", "2026-01-20")

    assert "ORA-2026-001 (di 20 jan 2026)" in troubles(orange.on("2026-01-20"))["coverage/kwaliteitsadviseur"]


def test_a_role_is_one_incident_that_names_three_cases_and_counts_the_others(office: Office) -> None:
    with office.store.write() as session:
        pins.publish(session, [VISIT], now=office.now, by="test")
    for member, day in zip(("lid-001", "lid-002", "lid-003"), ("2026-02-10", "2026-02-11", "2026-02-12"), strict=True):
        office.open("visit", member, visit_on=day)
    office.choose("red_decider", "directeur")
    office.open("orange-status", "lid-001", orange_on="2026-01-05")
    office.absent("adviser1", "2026-01-05", "2026-03-01")
    office.absent("adviser2", "2026-01-05", "2026-03-01")

    cause = troubles(office)["coverage/kwaliteitsadviseur"]

    named = "ORA-2026-001 (ma 12 jan 2026), BEZ-2026-001 (ma 9 feb 2026), BEZ-2026-002 (di 10 feb 2026) en nog 1"
    assert cause == f"Rol kwaliteitsadviseur: er is niemand op de dag dat iets moet, in {named}."


def test_an_incident_stands_once_however_often_it_is_seen_and_settles_itself(orange: Office) -> None:
    orange.absent("adviser1", "2026-01-12", "2026-01-12")
    orange.absent("adviser2", "2026-01-12", "2026-01-12")
    troubles(orange)
    troubles(orange.on("2026-01-06"))
    assert len(standing(orange)) == 1

    orange.decide("orange-status/lid-001", "send_actions", "sent", "adviser1", actions="Vul het zorgplan aan")

    assert troubles(orange) == {}
    with orange.reading() as session:
        settled = session.exec(select(Incident)).one()
    assert (settled.count, settled.settled_by) == (2, "check_ahead")


INFEASIBLE = [
    pytest.param("2026-03-04", "2026-02-03", "", id="four weeks before the day before is tomorrow"),
    pytest.param("2026-03-04", "2026-02-04", "‘Bereid het bezoek voor’ had op di 3 feb 2026 begonnen moeten zijn en "
                 "niemand heeft het opgepakt", id="that day has passed"),
    pytest.param("2026-01-20", "2026-01-05", "‘Bereid het bezoek voor’ had op ma 22 dec 2025 begonnen moeten zijn en "
                 "niemand heeft het opgepakt", id="the case opened too late for it"),
    pytest.param("2026-01-20", "2026-01-20", "", id="late already: that was escalated"),
]  # fmt: skip


@pytest.mark.parametrize(("visit_on", "today", "why"), INFEASIBLE)
def test_work_that_was_not_begun_in_time_is_an_incident(office: Office, visit_on: str, today: str, why: str) -> None:
    with office.store.write() as session:
        pins.publish(session, [VISIT], now=office.now, by="test")
    office.open("visit", "lid-001", visit_on=visit_on)

    found = troubles(office.on(today))

    assert found == ({"infeasible/BEZ-2026-001": f"BEZ-2026-001 haalt het niet: {why}."} if why else {})


def test_work_that_somebody_took_is_under_way(office: Office) -> None:
    with office.store.write() as session:
        pins.publish(session, [VISIT], now=office.now, by="test")
    office.open("visit", "lid-001", visit_on="2026-01-20")
    troubles(office)

    office.act("visit/lid-001", "take", step="prepare")

    assert troubles(office) == {}


def test_the_saturday_after_the_safe_day_is_too_late_to_do_it_in_office_hours(office: Office) -> None:
    office.choose("red_decider", "directeur")
    office.on("2026-01-05").open("orange-status", "lid-001", orange_on="2026-01-04")  # a Sunday; so is its norm
    office.decide("orange-status/lid-001", "send_actions", "sent", "adviser1", actions="Vul het zorgplan aan")
    office.on("2026-01-07").decide("orange-status/lid-001", "improve", "handed_in", "adviser1", behalf="lid-001")
    office.decide("orange-status/lid-001", "recheck", "in_order", "adviser1")

    assert troubles(office.on("2026-03-27")) == {}
    assert (
        "de veilige dag voor ‘Geef een oordeel: groen of rood’ was vr 27 mrt 2026"
        in (troubles(office.on("2026-03-28"))["infeasible/ORA-2026-001"])
    )


def test_each_look_is_noted_with_what_it_found(orange: Office) -> None:
    check_ahead(orange.store, now=orange.now, wall=orange.now, by="prefect")

    with orange.reading() as session:
        run = session.exec(select(Run).where(col(Run.kind) == "check_ahead")).one()
    assert (run.by, run.counts) == ("prefect", '{"checked":1,"incidents":0,"solved":0}')
