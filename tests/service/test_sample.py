"""The sample cooperative: people for every role, forty members, nothing that anybody could take for real."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from sqlmodel import func, select

from flows.kpi_report import KPI_COUNT, KPI_REPORT, KPI_RETURN
from flows.orange_status import ORANGE_STATUS, RED_FOLLOW_UP
from flows.tender_bidder import TENDER_BIDDER
from flows.tender_care_office import TENDER_CARE_OFFICE, TENDER_NOTA, TENDER_ROUND
from flows.wzd_half_year import WZD_HALF_YEAR, WZD_RETURN, WZD_YEAR
from flows.zap_approval import ZAP_APPROVAL, ZAP_ARRANGEMENT
from models.case import Case
from models.operation import Installation
from models.organisation import Subject
from models.session import Store
from tests.databases import Databases
from tests.definitions.complaint import COMPLAINT
from tests.definitions.site_visit import SITE_VISIT
from tests.service.house import NOW, new_house
from tijdig.engine.calendar import Calendar
from tijdig.engine.errors import Misconfigured
from tijdig.engine.language import Procedure
from tijdig.service import pins
from tijdig.service.exports import COLUMNS, export_table
from tijdig.service.people import Directory
from tijdig.service.sample import colours, load_sample

PROCEDURES = (
    KPI_REPORT, KPI_RETURN, KPI_COUNT, ORANGE_STATUS, RED_FOLLOW_UP, ZAP_APPROVAL, ZAP_ARRANGEMENT, WZD_HALF_YEAR,
    WZD_RETURN, WZD_YEAR, COMPLAINT, SITE_VISIT, TENDER_BIDDER, TENDER_ROUND, TENDER_CARE_OFFICE, TENDER_NOTA,
)  # fmt: skip
MEMBERS = [f"lid-{n:03}" for n in range(1, 41)]
DAYS = [date(2021, 1, 4), date(2026, 1, 5), date(2040, 1, 2)]


@pytest.fixture(scope="module")
def sample(shared_databases: Databases) -> Iterator[Store]:
    store = new_house(shared_databases.new())
    with store.write() as session:
        load_sample(session, by="beheer", now=NOW)
    yield store
    store.close()


@pytest.fixture
def people(sample: Store) -> Iterator[Directory]:
    with sample.read() as session:
        yield Directory.load(session)


def files(store: Store) -> str:
    with store.read() as session:
        return "".join(export_table(session, kind, today=NOW.date()) for kind in COLUMNS)


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda procedure: procedure.id)
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_role_of_every_procedure_has_somebody_for_every_member_on_any_day(
    people: Directory, procedure: Procedure, day: date
) -> None:
    nobody = {
        (role, member)
        for role in {*pins.roles_named(procedure), "beheerder"}
        for member in MEMBERS
        if not people.recipients(role, subject=member, case="", on=day)
    }

    assert nobody == set()


def test_the_people_are_those_of_the_command_line(people: Directory) -> None:
    named = {"adviser1", "adviser2", "adviser3", "adviser4", "quality1", "quality2", "wlz1", "behaviour1", "wzd1",
             "director1", "admin1", "buyer1", "buyer2", "secretary1", "beheer"}  # fmt: skip

    assert all(people.has_digest(person) for person in named)
    assert all(people.roles_of(person, DAYS[1]) for person in named)


def test_four_advisers_share_all_members_also_those_that_are_imported_later(people: Directory) -> None:
    for member in (*MEMBERS, "lid-999"):
        held = people.holders("kwaliteitsadviseur", subject=member, case="", on=DAYS[1])
        assert held == ("adviser1", "adviser2", "adviser3", "adviser4")


def test_there_are_forty_members_of_all_four_profiles(sample: Store) -> None:
    with sample.read() as session:
        members = session.exec(select(Subject)).all()

    assert sorted(member.ref for member in members) == MEMBERS
    assert {member.profile for member in members} == {"1", "2", "3", "4"}


def test_every_address_is_one_that_cannot_exist(sample: Store) -> None:
    domains = set(re.findall(r"@[\w.-]+", files(sample)))

    assert domains
    assert all(domain.endswith(".example") for domain in domains)


def test_every_required_setting_is_chosen(sample: Store) -> None:
    with sample.read() as session:
        chosen = pins.settings_values(session)

    required = {s.id for procedure in PROCEDURES for s in procedure.settings if s.default is None and not s.optional}
    assert required == set(chosen)


def test_it_opens_no_case_and_sets_no_clock(sample: Store) -> None:
    with sample.read() as session:
        assert session.exec(select(func.count()).select_from(Case)).one() == 0
        assert session.exec(select(Installation.trial_now)).one() is None


def test_loading_it_again_changes_nothing(sample: Store) -> None:
    before = files(sample)

    with sample.write() as session:
        load_sample(session, by="beheer", now=NOW)

    assert files(sample) == before


def test_without_the_procedures_whose_settings_it_chooses_it_says_so(databases: Databases) -> None:
    bare = new_house(databases.new(), procedures=())

    with pytest.raises(Misconfigured, match=r"settings.csv, row 2: .*red_decider.*Publish"), bare.write() as session:
        load_sample(session, by="beheer", now=NOW)

    assert "lid-001" not in files(bare)
    bare.close()


@pytest.mark.parametrize("day", [date(2021, 10, 11), date(2026, 5, 17)], ids=str)
def test_there_are_green_orange_and_red_members_judged_on_office_days_before(day: date) -> None:
    known = colours(day)

    assert {colour.colour for colour in known} == {"green", "orange", "red"}
    assert {colour.member for colour in known} < set(MEMBERS)
    assert all(colour.since < day and Calendar().is_workday(colour.since, "kantoor") for colour in known)
