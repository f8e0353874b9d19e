"""A new dossier by hand: who may start which, what the form asks, what would follow, and the dossier itself."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.web.town import ADVISER, DIRECTOR, Town, words
from tijdig.engine import Procedure, Setting, Step
from tijdig.service import pins

ORANGE = "/dossiers/nieuw?procedure=orange-status&onderwerp=lid-014"


def opened(town: Town) -> int:
    from sqlmodel import func, select

    from models.case import Case

    with town.store.read() as session:
        return session.exec(select(func.count()).select_from(Case)).one()


def preview(town: Town, path: str = ORANGE, **facts: str) -> Any:
    form = {f"feit.{name}": text for name, text in facts.items()}
    return town.post("/dossiers/nieuw", form, page=town.get(path).text)


def test_it_asks_first_which_procedure_and_about_whom(town: Town) -> None:
    town.enter("ann")
    assert 'href="/dossiers/nieuw"' in town.get("/dossiers").text

    page = town.get("/dossiers/nieuw?onderwerp=lid-014")

    assert page.status_code == 200
    assert set(re.findall(r'name="procedure" value="([^"]+)"', page.text)) == {
        "orange-status", "red-follow-up", "kinds"
    }  # fmt: skip
    assert "checked" not in page.text
    assert 'value="lid-014"' in page.text


def test_who_may_start_nothing_reads_so(town: Town) -> None:
    town.join("eve", "inkoper")
    town.enter("eve")

    assert "Met uw rollen kunt u geen dossier starten." in words(town.get("/dossiers/nieuw").text)


def test_the_form_has_the_fields_that_the_procedure_opens_with(town: Town) -> None:
    town.enter("ann")

    page = town.get(ORANGE).text

    assert re.findall(r'name="(feit\.[^"]+)"', page) == ["feit.orange_on", "feit.audit"]
    assert "Oranje vastgesteld" in words(page)


@pytest.mark.parametrize("typed", ["lid-014", "Lid 014", " lid014 "])
def test_a_member_is_found_as_people_write_it(town: Town, typed: str) -> None:
    town.enter("ann")

    page = town.client.get("/dossiers/nieuw", params={"procedure": "orange-status", "onderwerp": typed})

    assert "Nieuw dossier: Oranje dossier Lid 014" in words(page.text)


def test_what_would_follow_is_shown_and_nothing_is_opened(town: Town) -> None:
    town.enter("ann")

    answer = preview(town, orange_on="4-10-2021")

    said = words(answer.text)
    assert answer.status_code == 200
    assert "Geef een oordeel: groen of rood kwaliteitsadviseur ma 27 dec 2021 norm" in said
    assert "opdracht aan rol lid: Lever bewijs van de verbeteringen aan" in said
    assert "herinnering: Lever bewijs van de verbeteringen aan, aan lid, kwaliteitsadviseur" in said
    assert "12 weken later is ma 27 dec 2021." in said
    assert opened(town) == 0


def test_who_saw_that_opens_it_once_however_often_they_click(town: Town) -> None:
    town.enter("ann")
    page = preview(town, orange_on="4-10-2021", audit="DC-9").text

    answers = [town.post("/dossiers/nieuw", {}, page=page) for _ in range(2)]

    assert {answer.headers["location"] for answer in answers} == {"/dossier/ORA-2021-001?gedaan=begonnen"}
    assert opened(town) == 1
    record = town.records("ORA-2021-001")[0]
    assert (record.by, record.via, record.values) == ("ann", "web", {"orange_on": "2021-10-04", "audit": "DC-9"})
    assert "Het dossier is geopend." in words(town.get(answers[0].headers["location"]).text)


WRONG = [
    pytest.param({}, 422, "Vul dit in.", id="nothing filled in"),
    pytest.param({"orange_on": "gisteren"}, 422, "Vul een datum in, bijvoorbeeld 15-10-2021.", id="no date"),
    pytest.param({"orange_on": "4-10-2021", "audit": "<b>111222333</b>"}, 422, "Dit lijkt op een BSN.", id="a BSN"),
]


@pytest.mark.parametrize(("facts", "status", "said"), WRONG)
def test_what_is_wrong_stands_at_the_field_and_what_was_typed_stays(
    town: Town, facts: dict[str, str], status: int, said: str
) -> None:
    town.enter("ann")

    answer = preview(town, **facts)

    assert answer.status_code == status
    assert said in words(answer.text)
    assert 'aria-invalid="true"' in answer.text
    assert "<b>111" not in answer.text
    assert all(text.replace("<", "&lt;").replace(">", "&gt;") in answer.text for text in facts.values())
    assert opened(town) == 0


def test_a_second_dossier_is_refused_and_the_first_is_named(town: Town) -> None:
    town.open()
    town.enter("ann")

    answer = preview(town, orange_on="4-10-2021")

    assert answer.status_code == 409
    assert "loopt al een dossier van deze procedure: ORA-2021-001. Ga daarin verder." in words(answer.text)


def test_a_required_setting_that_nobody_chose_is_named_with_its_place(town: Town) -> None:
    with town.store.write() as session:
        decider = Setting("visit_decider", "Rol die beslist", kind="role", source="niet in de bronnen")
        steps = (Step("visit", "Bezoek het lid", decider, undated="Er is geen haast bij."),)
        visit = Procedure("visit", "BEZ", "Bezoek", 1, "lid", ADVISER, DIRECTOR, (), steps)
        pins.publish(session, [visit], now=town.now, by="test")
    town.enter("ann")

    answer = town.get("/dossiers/nieuw?procedure=visit&onderwerp=lid-014")

    assert answer.status_code == 409
    said = words(answer.text)
    assert "De instelling ‘Rol die beslist’ (visit_decider) is verplicht en nog niet gekozen." in said
    assert "Beheer, Instellingen" in said
    assert "Bekijk wat er gebeurt" not in said


SUBJECTS = [
    pytest.param("lid-999", "Er is geen lid ‘lid-999’.", id="no member"),
    pytest.param("111222333", "Er is geen lid ‘111222333’.", id="a BSN"),
    pytest.param("<script>alert(1)</script>", "Er is geen lid", id="a script"),
]


@pytest.mark.parametrize(("subject", "said"), SUBJECTS)
def test_about_somebody_unknown_nothing_is_started(town: Town, subject: str, said: str) -> None:
    town.enter("ann")

    answer = town.get("/dossiers/nieuw?" + urlencode({"procedure": "orange-status", "onderwerp": subject}))

    assert answer.status_code == 422
    assert said in words(answer.text)
    assert "<script>alert" not in answer.text


def test_who_may_not_start_it_reads_who_may_and_that_is_written_down(town: Town) -> None:
    town.enter("dir")

    answers = town.get(ORANGE), town.client.post("/dossiers/nieuw", data=form_of_nobody(town))

    assert [answer.status_code for answer in answers] == [403, 403]
    assert "De rol kwaliteitsadviseur of kwaliteitsteam wel." in words(answers[0].text)
    assert town.events("denied") == ["dir", "dir"]
    assert DIRECTOR not in words(answers[0].text)


def form_of_nobody(town: Town) -> dict[str, str]:
    """A form that the page would not give to who may not start it."""
    about = {"procedure": "orange-status", "onderwerp": "lid-014"}
    return about | {"formulier": town.app.state.house.seal.form(f"dir/dossiers/nieuw?{urlencode(about)}", 0)}


def test_a_procedure_that_does_not_exist_is_not_found(town: Town) -> None:
    town.enter("ann")

    assert town.get("/dossiers/nieuw?procedure=bestaat-niet&onderwerp=lid-014").status_code == 404


def test_a_form_of_somebody_else_opens_nothing(town: Town) -> None:
    town.enter("ann")
    page = preview(town, orange_on="4-10-2021").text
    town.enter("bob")

    assert town.post("/dossiers/nieuw", {}, page=page).status_code == 403
    assert opened(town) == 0
