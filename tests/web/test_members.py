"""Leden: who stands where over all procedures, which colour people decided, and one member's page."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select

from models.organisation import Assignment, Person, Subject
from tests.web.town import ADVISER, Town, words
from tijdig.service import cases
from tijdig.service.cases import Doing
from tijdig.service.people import Directory
from tijdig.service.work import Work


def row(page: str, member: str) -> str:
    """What the table says of a member, on one line."""
    found = re.search(rf'<tr>\s*<th scope="row"><a href="/lid/{member}">.*?</tr>', page, re.S)
    assert found, f"no row of {member}"
    return words(f"<main>{found[0]}</main>")


@pytest.fixture
def ann(town: Town) -> Town:
    town.enter("ann")
    return town


# --- lidstatus


def opened(town: Town) -> None:
    town.open(orange_on="2021-07-23")


def judged_green(town: Town) -> None:
    opened(town)
    town.decide("ORA-2021-001", "judge", "green", "ann")


def proposed_red(town: Town) -> None:
    opened(town)
    town.decide("ORA-2021-001", "judge", "red", "ann", reason="verbetert niet meer")


def confirmed_red(town: Town) -> None:
    proposed_red(town)
    town.decide("ORA-2021-001", "confirm_red", "red", "dir", reason="verbetert niet meer")


def opened_in_error(town: Town) -> None:
    opened(town)
    town.act("ORA-2021-001", "cancel")


def long_late(town: Town) -> None:
    opened(town)
    town.later(days=300)
    town.enter("ann")


def corrected(town: Town) -> None:
    opened(town)
    with town.store.write() as session:
        work, doing = Work(session), Doing("ann", town.now, reason="verkeerd overgenomen")
        cases.correct(work, Directory.load(session), "ORA-2021-001", {"orange_on": "2021-07-26"}, doing)
        work.flush()


LIDSTATUS = [
    pytest.param(lambda _: None, "○ Geen besluit", "besloten", id="nothing-decided"),
    pytest.param(opened, "▲ Oranje besloten op vr 23 jul 2021", "○ Geen", id="orange-since-the-day-it-was-found"),
    pytest.param(corrected, "▲ Oranje besloten op ma 26 jul 2021", "vr 23 jul", id="on-the-day-as-corrected"),
    pytest.param(judged_green, "● Groen besloten op ma 4 okt 2021", "▲ Oranje", id="green-by-a-verdict"),
    pytest.param(proposed_red, "▲ Oranje besloten op vr 23 jul 2021", "Rood", id="a-proposal-decides-nothing"),
    pytest.param(confirmed_red, "■ Rood besloten op ma 4 okt 2021", "▲ Oranje", id="red-once-confirmed"),
    pytest.param(opened_in_error, "○ Geen besluit", "Oranje besloten", id="opened-in-error-says-nothing"),
    pytest.param(long_late, "▲ Oranje besloten op vr 23 jul 2021", "■ Rood", id="no-time-that-passes-makes-it-red"),
]


@pytest.mark.parametrize(("deeds", "said", "unsaid"), LIDSTATUS)
def test_lidstatus_is_what_people_decided(ann: Town, deeds: Callable[[Town], None], said: str, unsaid: str) -> None:
    deeds(ann)

    for page in (row(ann.get("/leden").text, "lid-014"), words(ann.get("/lid/lid-014").text)):
        assert said in page
        assert unsaid not in page


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [("oranje", ["lid-014"]), ("geen-besluit", ["lid-015"]), ("rood", []), ("paars", ["lid-014", "lid-015"])],
)
def test_members_are_chosen_by_lidstatus(ann: Town, chosen: str, shown: list[str]) -> None:
    opened(ann)

    page = ann.get(f"/leden?lidstatus={chosen}").text

    assert re.findall(r'<th scope="row"><a href="/lid/([^"]+)"', page) == shown
    assert ("Er zijn geen leden met deze lidstatus." in page) == (not shown)


# --- where they stand


def test_a_cell_is_the_computed_status_with_its_date_and_leads_to_the_dossier(ann: Town) -> None:
    opened(ann)

    page = ann.get("/leden").text

    assert "■ Te laat vr 30 jul 2021 dossier ORA-2021-001" in row(page, "lid-014")
    assert '<a href="/dossier/ORA-2021-001"><span class="status late">' in page
    assert "geen dossier" in row(page, "lid-015")


def test_what_is_closed_says_how_it_ended_and_no_date(ann: Town) -> None:
    judged_green(ann)

    assert "○ Gesloten: groen dossier ORA-2021-001" in row(ann.get("/leden").text, "lid-014")


def test_it_is_a_table_with_headings(ann: Town) -> None:
    page = ann.get("/leden").text

    assert re.findall(r'<th scope="col">([^<]+)</th>', page) == [
        "Lid", "Lidstatus", "Alle velden", "Oranje dossier", "Vervolg op rood",
    ]  # fmt: skip
    assert page.count("<h1>") == 1


SEARCHES = [
    ("014", 1),
    ("lid 014", 1),
    ("lid-014", 1),
    ("LID", 2),
    ("zuid", 1),
    ("zuid 015", 0),
    ("%", 0),
    ("014 x", 0),
]


@pytest.mark.parametrize(("search", "count"), SEARCHES)
def test_members_are_found_by_number_or_region(ann: Town, search: str, count: int) -> None:
    with ann.store.write() as session:
        session.exec(select(Subject).where(Subject.ref == "lid-014")).one().region = "Zuid"

    page = ann.client.get("/leden", params={"zoek": search}).text

    assert page.count('<th scope="row">') == count
    assert (f'Niets gevonden voor "{search}". Zoek op lidnummer of regio.' in words(page)) == (count == 0)


def test_many_members_stand_on_pages_that_keep_the_filter(ann: Town) -> None:
    with ann.store.write() as session:
        session.add_all(Subject(ref=f"lid-{number}") for number in range(100, 220))

    page = ann.get("/leden?zoek=lid&blad=2").text

    assert "122 leden, blad 2 van 3." in words(page)
    assert 'href="/leden?zoek=lid&amp;blad=3"' in page
    assert page.count('<th scope="row">') == 50
    assert ann.get("/leden?zoek=lid&blad=99").text.count('<th scope="row">') == 22


# --- who sees what


def test_an_adviser_of_one_member_sees_that_one_alone(town: Town) -> None:
    opened(town)
    town.join("eva")
    with town.store.write() as session:
        session.add(Assignment(person_id="eva", role=ADVISER, scope="subject", scope_value="lid-014"))
    town.enter("eva")

    page = town.get("/leden").text

    assert "▲ Oranje" in row(page, "lid-014")
    assert "lid-015" not in page
    town.enter("ann")
    assert "lid-014" not in town.get("/leden").text  # the narrowest scope holds the role


def test_who_has_no_role_over_a_member_does_not_see_it_and_that_they_tried_is_written_down(town: Town) -> None:
    opened(town)
    town.join("eve")
    town.enter("eve")

    assert "Er zijn geen leden waarover u een rol hebt." in words(town.get("/leden").text)
    answer = town.get("/lid/lid-014")
    assert answer.status_code == 403
    assert "Over dit lid hebt u geen rol." in words(answer.text)
    assert "ORA-2021-001" not in answer.text
    assert town.events("denied") == ["eve"]


def test_a_role_in_no_procedure_about_members_shows_no_member(town: Town) -> None:
    opened(town)
    town.join("ida", "inkoper")
    town.enter("ida")

    assert "lid-014" not in town.get("/leden").text
    assert town.get("/lid/lid-014").status_code == 403


def test_who_read_a_member_is_written_down(ann: Town) -> None:
    ann.get("/lid/lid-014")

    assert ann.events("read") == ["ann"]


def test_an_unknown_member_is_not_found(ann: Town) -> None:
    assert ann.get("/lid/lid-999").status_code == 404


def test_a_stranger_signs_in_first(town: Town) -> None:
    for path in ("/leden", "/lid/lid-014"):
        assert "/aanmelden?naar=" in town.client.get(path, follow_redirects=False).headers["location"]


# --- one member


def test_a_members_page_tells_who_does_what_and_begins_a_case(ann: Town) -> None:
    opened(ann)
    ann.absent("dir", deputy="bob")

    page = ann.get("/lid/lid-014").text

    assert "kwaliteitsadviseur Ann, Bob" in words(page)
    assert "directeur Bob (namens Dir)" in words(page)
    assert "kwaliteitsteam ■ niemand" in words(page)
    assert 'href="/dossiers/nieuw?onderwerp=lid-014"' in page
    assert "ORA-2021-001 Oranje dossier ma 4 okt 2021 Loopt ■ Te laat vr 30 jul 2021" in words(page)


def test_its_open_dossiers_stand_first(ann: Town) -> None:
    ann.open("kinds")
    opened(ann)
    ann.decide("ORA-2021-001", "judge", "green", "ann")

    page = ann.get("/lid/lid-014").text

    assert page.index("/dossier/KIN-2021-001") < page.index('<th scope="row"><a href="/dossier/ORA-2021-001"')


def test_nothing_that_somebody_called_a_member_runs_as_a_script(ann: Town) -> None:
    nasty = "<script>alert(1)<"
    with ann.store.write() as session:
        session.add(Subject(ref=nasty, region=nasty, profile=nasty))
        session.add(Person(id=nasty, name=nasty, digest=False))

    for path in ("/leden", "/leden?zoek=<script>", "/lid/%3Cscript%3Ealert(1)%3C"):
        answer = ann.get(path)
        assert answer.status_code == 200
        assert "<script>" not in answer.text
        assert "&lt;script&gt;" in answer.text


def test_deputies_see_what_those_see_whom_they_stand_in_for(town: Town) -> None:
    opened(town)
    town.join("eve")
    town.absent("dir", deputy="eve")
    town.enter("eve")

    assert "▲ Oranje" in row(town.get("/leden").text, "lid-014")
    town.now += timedelta(days=120)  # the absence is over
    town.enter("eve")
    assert "lid-014" not in town.get("/leden").text
