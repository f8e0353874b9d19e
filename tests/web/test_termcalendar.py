"""Termijnkalender: which terms end in a month, and counting back from the dates of a timetable."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.tender_bidder import TENDER_BIDDER
from tests.web.town import Town, words
from tijdig.service import cases, pins
from tijdig.service.cases import Doing
from tijdig.service.imports import import_table
from tijdig.service.people import Directory
from tijdig.service.work import Work

CZ = (Path(__file__).parents[1] / "data" / "cz-2021-timetable.csv").read_bytes()
ORANGE = "/dossier/ORA-2021-001"


@pytest.fixture
def ann(town: Town) -> Town:
    town.open(orange_on="2021-07-23")  # judge by vr 15 okt
    town.open("kinds", "lid-015")
    town.enter("ann")
    return town


def test_the_terms_of_a_month_stand_by_day_with_basis_and_reasons(ann: Town) -> None:
    page = ann.get("/termijnkalender").text

    assert "okt 2021" in words(page)
    assert "vr 15 okt 2021 ● Op schema Geef een oordeel: groen of rood, Lid 014 ORA-2021-001" in words(page)
    assert f'class="badge norm" href="{ORANGE}#waarom-judge"' in page
    assert words(page).index("ma 11 okt 2021") < words(page).index("vr 15 okt 2021")


def test_a_goal_and_the_step_that_serves_it_are_one_line(ann: Town) -> None:
    page = words(ann.get("/termijnkalender?maand=2021-10").text)

    assert page.count("vr 15 okt 2021") == 1
    assert "Einde van oranje" in page  # a goal that no step serves


MONTHS = [
    ("/termijnkalender?maand=2021-07", "Stuur het lid de verbeterpunten, Lid 014", "Geef een oordeel"),
    ("/termijnkalender?maand=2021-7", "■ Te laat", "Geef een oordeel"),
    ("/termijnkalender?maand=2021-12", "geen termijn af die nu openstaat", "Lid 014"),
    ("/termijnkalender?grondslag=norm", "Geef een oordeel", "Vul het formulier in"),
    ("/termijnkalender?grondslag=wettelijk", "geen termijnen die passen", "Lid 014"),
    ("/termijnkalender?rol=lid", "Vul het formulier in", "Geef een oordeel"),
    ("/termijnkalender?grondslag=norm&rol=lid", "geen termijnen die passen", "Vul het formulier in"),
]


@pytest.mark.parametrize(("path", "shown", "unshown"), MONTHS)
def test_month_and_filter_live_in_the_address(ann: Town, path: str, shown: str, unshown: str) -> None:
    page = words(ann.get(path).text)

    assert shown in page
    assert unshown not in page


def test_one_goes_from_month_to_month_and_keeps_the_filter(ann: Town) -> None:
    page = ann.get("/termijnkalender?maand=2021-12&grondslag=norm").text

    assert 'href="/termijnkalender?maand=2021-11&amp;grondslag=norm"' in page
    assert 'href="/termijnkalender?maand=2022-01&amp;grondslag=norm"' in page


@pytest.mark.parametrize(
    "month", ["x", "2021-13", "2021-00", "9999-12", "0000-01", "<script>", "2021-10-01", "²021-10"]
)
def test_what_is_no_month_is_said_at_the_field(ann: Town, month: str) -> None:
    answer = ann.client.get("/termijnkalender", params={"maand": month})

    assert answer.status_code == 422
    assert "Vul een maand in, bijvoorbeeld 2021-10." in words(answer.text)
    assert 'aria-describedby="maand-fout"' in answer.text
    assert "<title>Fout: Termijnkalender" in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize("month", ["1900-01", "2200-12"])
def test_the_calendar_ends_where_dates_do(ann: Town, month: str) -> None:
    assert ann.get(f"/termijnkalender?maand={month}").status_code == 200


def test_a_full_month_stands_on_pages(ann: Town) -> None:
    for number in range(101):
        ann.open("kinds", f"lid-1{number:02}") if _member(ann, f"lid-1{number:02}") else None

    first, second = ann.get("/termijnkalender").text, ann.get("/termijnkalender?blad=2").text

    assert first.count("<li>\n<p") == 100
    assert 'href="/termijnkalender?maand=2021-10&amp;blad=2"' in first
    assert 0 < second.count("<li>\n<p") < 100


def _member(town: Town, ref: str) -> bool:
    from models.organisation import Subject

    with town.store.write() as session:
        session.add(Subject(ref=ref))
    return True


def test_terms_of_others_are_not_there(ann: Town) -> None:
    ann.join("eve", "inkoper")
    ann.enter("eve")

    page = ann.get("/termijnkalender").text

    assert "Lid 014" not in page
    assert "geen termijn af die nu openstaat" in words(page)


# --- counting back


@pytest.fixture
def tender(town: Town) -> Town:
    """A bid that was begun late: on 13 July, for a closing on 31 July 2020."""
    town.join("buyer1", "inkoper")
    town.now = datetime(2020, 7, 13, 9, tzinfo=UTC)
    with town.store.write() as session:
        pins.publish(session, [TENDER_BIDDER], now=town.now, by="test")
        import_table(session, "timetable", CZ, by="buyer1", now=town.now, name="cz-2021")
        work = Work(session)
        cases.open_case(
            work, Directory.load(session), "tender-bidder", "cz", {"timetable": "cz-2021"}, Doing("buyer1", town.now)
        )
        work.flush()
    town.enter("buyer1")
    return town


def test_the_last_day_to_begin_and_the_slack_are_counted_back_from_the_closing(tender: Town) -> None:
    page = words(tender.get("/termijnkalender/terugrekenen").text)

    assert "AAN-2020-001" in page
    assert "Ingeschreven uiterlijk vr 31 jul 2020, 17:00 Grondslag: contract, fataal" in page
    assert (
        "Teken de bestuursverklaring en de inschrijvingsverklaring directeur 3 werkdagen vr 24 jul 2020 9 wd ● haalt"
        in page
    )
    assert "Vraag de VOG rechtspersonen aan inkoper 8 weken vr 29 mei 2020 −30 wd ■ haalt het niet" in page
    assert "Schrijf in op het portaal inkoper vr 31 jul 2020 14 wd ● haalt het" in page


def test_the_slack_runs_out(tender: Town) -> None:
    tender.now = datetime(2020, 7, 22, 9, tzinfo=UTC)
    tender.enter("buyer1")

    page = words(tender.get("/termijnkalender/terugrekenen?dossier=AAN-2020-001").text)

    assert "vr 24 jul 2020 2 wd ▲ krap" in page


def test_who_may_not_read_the_dossier_does_not_see_it_and_that_they_tried_is_written_down(tender: Town) -> None:
    tender.enter("ann")

    assert "Er loopt van uw rollen geen dossier op een tijdschema." in words(
        tender.get("/termijnkalender/terugrekenen").text
    )
    answer = tender.get("/termijnkalender/terugrekenen?dossier=AAN-2020-001")
    assert answer.status_code == 403
    assert "portaal" not in answer.text
    assert tender.events("denied") == ["ann"]
    assert tender.get("/termijnkalender/terugrekenen?dossier=AAN-1999-001").status_code == 404


def test_a_dossier_with_nothing_to_count_back_says_so(ann: Town) -> None:
    page = ann.get("/termijnkalender/terugrekenen?dossier=KIN-2021-001").text

    assert "staat geen werk meer open dat voor een datum af moet zijn" in words(page)
