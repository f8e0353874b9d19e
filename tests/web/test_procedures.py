"""Procedures: read, drawn, compared with earlier revisions, and on trial: the whole future of a case nobody opened."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from sqlmodel import func, select

from flows.orange_status import ORANGE_STATUS
from models.case import Case, Log
from models.organisation import Assignment
from tests.web.town import DIRECTOR, Town, words
from tijdig.engine import weeks
from tijdig.service import pins

START = "start=23-7-2021&tot=31-12-2021"
SVG = "{http://www.w3.org/2000/svg}"


def trial(town: Town, asked: str = START, procedure: str = "orange-status") -> str:
    return town.get(f"/procedures/{procedure}/proefdraaien?{asked}").text


def lines(page: str) -> list[str]:
    table = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [words(row) for row in table.split("<tr>")[1:]]


# --- drawn


def drawing(town: Town, procedure: str = "orange-status") -> ElementTree.Element:
    answer = town.get(f"/procedures/{procedure}/schema.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    return ElementTree.fromstring(answer.text)


def test_the_drawing_has_each_step_and_where_it_ends(town: Town) -> None:
    town.enter("ann")

    said = [text.text or "" for text in drawing(town).iter(f"{SVG}text")]

    assert "5 Geef een oordeel: groen of rood" in said
    assert "Groen: het dossier sluit" in said
    assert "Geen rood: terug naar stap 5" in said
    assert "Begint als stap 5 uitkomt op ‘Rood’" in said


def test_the_drawing_stands_within_its_own_edges_and_needs_no_style(town: Town) -> None:
    town.enter("ann")

    found = drawing(town)

    width, height = int(found.get("width") or 0), int(found.get("height") or 0)
    boxes = [[int(box.get(side) or 0) for side in ("x", "y", "width", "height")] for box in found.iter(f"{SVG}rect")]
    assert all(x + w <= width and y + h <= height for x, y, w, h in boxes)
    assert not [each for each in found.iter() if each.get("style") or each.tag == f"{SVG}style"]


def test_the_page_says_in_words_what_the_drawing_shows(town: Town) -> None:
    town.enter("ann")

    page = town.get("/procedures/orange-status").text

    assert 'alt="Schema van de stappen. Dezelfde inhoud staat hieronder in woorden."' in page
    assert (
        "Begint als stap 5 uitkomt op ‘Rood’. Uitkomsten: Rood: het dossier sluit en opent een vervolgdossier"
        in words(page)
    )


@pytest.mark.parametrize("path", ["", "/schema.svg", "/proefdraaien"])
def test_a_procedure_that_is_not_there_is_not_found(town: Town, path: str) -> None:
    town.enter("ann")

    assert town.get(f"/procedures/onbekend{path}").status_code == 404


@pytest.mark.parametrize("path", ["", "/schema.svg", "/proefdraaien"])
def test_a_stranger_signs_in_first(town: Town, path: str) -> None:
    answer = town.client.get(f"/procedures/orange-status{path}", follow_redirects=False)

    assert answer.headers["location"].startswith("/aanmelden")


# --- compared


def test_a_revision_says_what_reads_otherwise_in_it(town: Town) -> None:
    judge = ORANGE_STATUS.steps[4]
    steps = (*ORANGE_STATUS.steps[:4], replace(judge, asks="Geef uw oordeel"), ORANGE_STATUS.steps[5])
    with town.store.write() as session:
        pins.publish(session, [replace(ORANGE_STATUS, revision=2, steps=steps)], now=town.now, by="test")
    town.enter("ann")

    page = words(town.get("/procedures/orange-status").text)

    changes = page[page.index("Revisies") :]
    assert "was: 5 · Geef een oordeel: groen of rood (kwaliteitsadviseur)" in changes
    assert "wordt: 5 · Geef uw oordeel (kwaliteitsadviseur)" in changes
    assert "De eerste revisie." in changes


# --- on trial


def test_when_nobody_acts_each_reminder_and_escalation_is_told_with_its_day_and_reader(town: Town) -> None:
    town.enter("ann")

    told = lines(trial(town))

    expected = [
        "vr 20 aug 2021 herinnering : lever bewijs van de verbeteringen aan lid kwaliteitsadviseur (Ann, Bob)",
        "vr 8 okt 2021 herinnering : groen of rood kwaliteitsadviseur (Ann, Bob)",
        "ma 18 okt 2021 escalatie : groen of rood (za 16 okt 2021 is kantoor dicht) directeur (Dir)",
    ]
    assert [line for line in expected if line in told] == expected


def test_when_all_are_on_time_it_says_who_did_what_and_how_it_ends(town: Town) -> None:
    town.enter("ann")

    told = lines(trial(town, f"{START}&scenario=on-time"))

    assert any("gedaan : kwaliteitsadviseur: geef een oordeel: groen of rood: groen" in line for line in told)
    assert told[-1].startswith("vr 15 okt 2021 gesloten : het dossier sluit: groen")
    assert not any("escalatie" in line for line in told)


def test_each_date_of_the_future_explains_itself(town: Town) -> None:
    town.enter("ann")

    page = trial(town)

    assert "12 weken later is vr 15 okt 2021." in words(page)
    assert "Bron: JP KPI 15." in words(page)
    ids = [part.partition('"')[0] for part in page.split('id="')[1:]]
    assert len(ids) == len(set(ids))
    assert all(f'id="{part.partition(chr(34))[0]}"' in page for part in page.split('href="#')[1:])


def test_a_role_that_nobody_holds_is_warned_of_with_the_first_day(town: Town) -> None:
    with town.store.write() as session:
        session.delete(session.exec(select(Assignment).where(Assignment.role == DIRECTOR)).one())
    town.enter("ann")

    assert "■ Let op. ma 2 aug 2021: de rol directeur is door niemand bezet." in words(trial(town))


def test_with_a_member_the_holders_for_that_member_are_named(town: Town) -> None:
    with town.store.write() as session:
        session.add(Assignment(person_id="bob", role="kwaliteitsadviseur", scope="subject", scope_value="lid-014"))
    town.enter("ann")

    told = lines(trial(town, f"{START}&over=lid-014"))

    assert any(line.endswith("kwaliteitsadviseur (Bob)") for line in told)
    assert any("lid (Lid-014)" in line for line in told)


def test_other_settings_give_another_future(town: Town) -> None:
    with town.store.write() as session:
        pins.choose(session, "orange_term", str(10) + " weken", by="ann", reason="zo besloten", now=town.now)
    town.enter("ann")

    assert f"{weeks(10).n} weken later is vr 1 okt 2021." in words(trial(town))


def test_what_was_made_up_for_it_is_said(town: Town) -> None:
    town.enter("ann")

    page = words(trial(town))

    assert "Deze gegevens zijn voor de proef verzonnen. Oranje vastgesteld vr 23 jul 2021" in page


DAY = "Vul een datum in, bijvoorbeeld 15-10-2021."
WRONG = [
    pytest.param("start=morgen&tot=31-12-2021", DAY, 'value="morgen" aria-invalid="true"', id="no day"),
    pytest.param("start=1-1-2021&tot=1-1-9999", DAY, 'value="1-1-9999" aria-invalid="true"', id="beyond calendars"),
    pytest.param("start=2-1-2021&tot=1-1-2021", "ligt voor de startdag", 'id="tot-fout"', id="turned round"),
    pytest.param("start=1-1-2021&tot=1-1-2031", "hoogstens drie jaar", 'id="tot-fout"', id="too long"),
    pytest.param(f"{START}&over=lid-999", "Dit lid is hier niet bekend.", 'id="over-fout"', id="nobody"),
]


@pytest.mark.parametrize(("asked", "said", "shown"), WRONG)
def test_what_is_wrong_stands_at_the_field(town: Town, asked: str, said: str, shown: str) -> None:
    town.enter("ann")

    answer = town.get(f"/procedures/orange-status/proefdraaien?{asked}")

    assert answer.status_code == 422
    assert said in words(answer.text)
    assert shown in answer.text


def test_before_anything_is_asked_there_is_a_form_for_the_coming_year(town: Town) -> None:
    town.enter("ann")

    page = trial(town, "")

    assert 'value="ma 4 okt 2021"' not in page
    assert 'name="start" value="04-10-2021"' in page
    assert "Wat er gebeurt" not in page


def test_a_trial_writes_nothing(town: Town) -> None:
    town.enter("ann")

    trial(town, f"{START}&scenario=on-time")

    with town.store.read() as session:
        assert session.exec(select(func.count()).select_from(Case)).one() == 0
        assert session.exec(select(func.count()).select_from(Log)).one() == 0


def test_text_that_is_html_stays_text(town: Town) -> None:
    town.enter("ann")

    assert "<script>" not in trial(town, "start=<script>alert(1)</script>&over=<script>")
