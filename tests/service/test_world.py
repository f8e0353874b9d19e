"""The installation run ahead (design, law 2): what it foretells is what daily rounds then do, children and all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select as columns
from sqlalchemy import text
from sqlmodel import col, select

from flows.kpi_report import EACH_QUARTER, KPI_COUNT, KPI_REPORT, KPI_RETURN
from flows.wzd_half_year import EACH_HALF_YEAR, WZD_HALF_YEAR, WZD_RETURN
from models.case import Case, Log
from models.operation import Cohort, Kpi
from models.schema import METADATA
from tests.service.office import Office
from tijdig.engine import Close, Fact, Procedure, Start, Step
from tijdig.engine.calendar import local_day
from tijdig.service import pins
from tijdig.service.foretell import effects, period, world_of
from tijdig.service.programmes import install, open_periods
from tijdig.service.views import EFFECTS
from tijdig.service.world import Scenario, World

YEAR = ("2026-06-01", "2027-05-31")


@pytest.fixture
def house(office: Office) -> Iterator[Office]:
    """An office with an orange file, and half-years to come over two members."""
    office.on("2026-06-01").choose("red_decider", "directeur")
    with office.store.write() as session:
        pins.publish(session, [WZD_HALF_YEAR, WZD_RETURN], now=office.now, by="test")
        session.add_all(Cohort(name="wzd-members", subject=member) for member in ("lid-001", "lid-002"))
        install(session, [EACH_HALF_YEAR], now=office.now)
    office.open("orange-status", "lid-001", orange_on="2026-05-29")
    return office


def run(office: Office, scenario: Scenario = "nobody", *, script: str = "") -> tuple[list[dict[str, object]], World]:
    with office.reading() as session:
        within = period(*YEAR, now=office.now)
        world = world_of(session, within, now=office.now, scenario=scenario, script=script.encode() or None)
        return effects(world, within), world


def stored(office: Office) -> list[tuple[object, ...]]:
    with office.reading() as session:
        tables = METADATA.sorted_tables
        held = [(table.name, *row) for table in tables for row in session.connection().execute(columns(table))]
    return sorted(held, key=repr)


def test_what_it_foretells_if_nobody_acts_is_what_daily_rounds_then_do(house: Office) -> None:
    foretold, world = run(house)

    day = local_day(house.now) + timedelta(days=1)
    with house.reading() as session:
        before = max(session.exec(select(Log.id)))
    while day <= date.fromisoformat(YEAR[1]):
        house.day, house.hour = day, datetime.min.time()
        open_periods(house.store, now=house.now)
        house.sweep()
        day += timedelta(days=1)

    with house.reading() as session:
        rows = session.exec(
            select(Case.procedure, Case.subject, Log.key, Log.nominal, Log.overtaken)
            .join(Case, col(Case.id) == col(Log.case_id))
            .where(col(Log.id) > before, col(Log.kind).in_(EFFECTS), col(Log.nominal).is_not(None))
        )
        happened = Counter((f"{p}/{s}", key.split("/")[0], str(nominal), over) for p, s, key, nominal, over in rows)
    names = {"ORA-2026-001": "orange-status/lid-001"}
    told = Counter(
        (names.get(str(row["case"]), row["case"]), row["step"] or "case", row["nominal"], row["overtaken"])
        for row in foretold
    )
    assert told == happened
    assert world.apart == []
    assert {name for name, *_ in told} == {
        "orange-status/lid-001", "wzd-half-year/2026-01..2026-06", "wzd-half-year/2026-07..2026-12",
        "wzd-return/lid-001", "wzd-return/lid-002",
    }  # fmt: skip


@pytest.mark.parametrize(("kpis", "reports"), [((), 0), (("K-01",), 4)])
def test_a_house_without_kpis_is_foretold_no_reports(house: Office, kpis: tuple[str, ...], reports: int) -> None:
    with house.store.write() as session:
        pins.publish(session, [KPI_REPORT, KPI_RETURN, KPI_COUNT], now=house.now, by="test")
        install(session, [EACH_QUARTER], now=house.now)
        session.add_all(Kpi(id=kpi, body='{"computed":"","kind":"kpi"}') for kpi in kpis)

    foretold, _ = run(house)

    assert len({row["case"] for row in foretold if str(row["case"]).startswith("kpi-report/")}) == reports


@pytest.mark.parametrize("scenario", ["nobody", "on-time"])
def test_a_run_writes_nothing(house: Office, scenario: Scenario) -> None:
    before, files = stored(house), _bytes(house)

    run(house, scenario)

    assert stored(house) == before
    assert _bytes(house) == files


def _bytes(office: Office) -> dict[str, bytes]:
    """The files of the database, its journal too; nothing of PostgreSQL."""
    path = office.store.path
    found = path.parent.glob(f"{path.name}*") if path else ()
    return {each.name: each.read_bytes() for each in found if not each.name.endswith("-shm")}


def test_where_all_is_done_on_time_children_end_and_the_parent_goes_on(house: Office) -> None:
    foretold, world = run(house, "on-time")

    ended = {str(row["case"]): (str(row["at"])[:10], row["rule"]) for row in foretold if row["kind"] == "close"}
    late = [row for row in foretold if row["kind"] == "escalate"]

    assert late == []
    assert world.apart == []
    assert ended["ORA-2026-001"] == ("2026-08-21", "green")
    assert ended["wzd-half-year/2026-01..2026-06"][1] == "sent"
    assert ended["wzd-return/lid-001"][0] > "2027-01-01"  # that of the second half-year came last


def test_a_script_says_what_people_do_in_which_case(house: Office) -> None:
    script = (
        "case,at,step,outcome,by,reason,actions\n"
        "ORA-2026-001,2026-06-03T09:00,send_actions,sent,adviser1,,Vul de plannen aan\n"
        "orange-status/lid-001,2026-06-10T09:00,judge,green,adviser1,,\n"
        "wzd-half-year/2026-01..2026-06,2026-07-09T09:00,collect,accept_missing,adviser1,dit is met elkaar besproken,\n"
    )

    foretold, _ = run(house, script=script)

    decided = [(row["case"], str(row["at"])[:10], row["rule"]) for row in foretold if row["kind"] == "decide"]
    assert decided == [
        ("ORA-2026-001", "2026-06-03", "sent"),
        ("ORA-2026-001", "2026-06-10", "green"),
        ("wzd-half-year/2026-01..2026-06", "2026-07-09", "accept_missing"),
    ]


BAD_SCRIPTS = [
    ("an unknown case", "ORA-1999-001,2026-06-03,judge,green,adviser1,", "Row 2 of the script: There is no open case"),
    ("an unknown outcome", "ORA-2026-001,2026-06-03,judge,groen,adviser1,", "Row 2 of the script: Step 'judge' has no"),
    ("no day", "ORA-2026-001,morgen,judge,green,adviser1,", "Row 2 of the script: 'morgen' is not a moment"),
]


@pytest.mark.parametrize(("row", "says"), [case[1:] for case in BAD_SCRIPTS], ids=[case[0] for case in BAD_SCRIPTS])
def test_an_act_that_does_not_fit_is_refused_with_its_row(house: Office, row: str, says: str) -> None:
    with pytest.raises(Exception, match=says):
        run(house, script=f"case,at,step,outcome,by,reason\n{row}\n")


# --- what cannot be opened

FOLLOWS = Procedure(
    "follows", "VOL", "Vervolg", 1, "lid", owner="kwaliteitsadviseur", late_to="directeur",
    facts=(Fact("why", "text", "Waarom"),),
    steps=(
        Step("begin", "Begin", "kwaliteitsadviseur", undated="proef",
             outcomes=(Close("over", "Klaar", starts=(Start("orange-status"),)),)),
    ),
)  # fmt: skip


def test_what_could_not_be_opened_stands_apart_and_the_rest_goes_on(house: Office) -> None:
    with house.store.write() as session:
        pins.publish(session, [FOLLOWS], now=house.now, by="test")
    house.open("follows", "lid-001")
    house.open("follows", "lid-002")

    foretold, world = run(house, "on-time")

    assert [(each.case, each.cause.split(".")[0]) for each in world.apart] == [
        ("orange-status/lid-001", "lid-001 has an open case of orange-status by then: ORA-2026-001"),
        ("orange-status/lid-002", "orange-status opens with 'orange_on' (Oranje vastgesteld)"),
    ]
    assert any(row["kind"] == "close" and row["case"] == "ORA-2026-001" for row in foretold)


def test_a_case_of_which_the_log_was_changed_stands_apart_and_the_rest_goes_on(house: Office) -> None:
    house.open("orange-status", "lid-002", orange_on="2026-05-30")
    with house.store.write() as session:
        on = "payload_update" if house.store.path else "payload_append_only on payload"
        session.execute(text(f"drop trigger {on}"))
        session.execute(text("update payload set body = '{}' where log_id = (select min(log_id) from payload)"))

    foretold, world = run(house)

    assert [each.case for each in world.apart] == ["ORA-2026-001"]
    assert "ORA-2026-002" in {row["case"] for row in foretold}


def test_cases_that_stand_alike_share_one_course_and_keep_their_own_names(house: Office) -> None:
    house.open("orange-status", "lid-002", orange_on="2026-05-29")

    foretold, _ = run(house)

    def of(case: str) -> list[tuple[object, ...]]:
        return [(row["at"], row["step"], row["rule"]) for row in foretold if row["case"] == case]

    assert of("ORA-2026-002") == of("ORA-2026-001") != []


def test_a_period_that_was_missed_opens_on_its_own_day_and_is_caught_up_at_once(house: Office) -> None:
    house.on("2026-07-20")  # nobody swept since June

    foretold, _ = run(house)

    opened = [row for row in foretold if row["case"] == "wzd-half-year/2026-01..2026-06" and row["kind"] == "open"]
    assert {str(row["at"])[:10] for row in opened} == {"2026-07-20"}
    assert opened[0]["nominal"] == "2026-07-01"
