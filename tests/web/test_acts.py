"""Acts on a dossier beside deciding: what is offered to whom, and what becomes of what was filled in."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.web.town import Town, hidden, words

WHY = "zo is het afgesproken"


@pytest.fixture
def case(town: Town) -> str:
    return town.open(orange_on="2021-07-23")


def offered(page: str) -> list[str]:
    """The acts that a dossier offers, by their address."""
    return re.findall(r'<li><a href="/dossier/[^/]+/handeling/([^"]+)"', page)


def act(town: Town, case: str, slug: str, page: str = "", **given: str) -> Any:
    names = {"fact": "feit.orange_on"}
    path = f"/dossier/{case}/handeling/{slug}"
    return town.post(path, {names.get(name, name.replace("__", ".")): text for name, text in given.items()}, page=page)


# --- what is offered

ALL_OF_AN_ADVISER = [
    "oppakken", "herinneren", "overdragen", "vastleggen", "stuk-toevoegen", "corrigeren", "niet-van-toepassing",
    "intrekken", "samenvoegen", "vervallen",
]  # fmt: skip


def test_an_adviser_is_offered_what_she_may_do_now_and_no_more(town: Town, case: str) -> None:
    town.enter("ann")

    assert offered(town.get(f"/dossier/{case}").text) == ALL_OF_AN_ADVISER


def test_what_comes_and_goes_with_the_case_is_offered_while_it_may_be_done(town: Town, case: str) -> None:
    town.decide(case, "send_actions", "sent", by="ann", actions="Dossier aanvullen")
    town.enter("ann")
    assert "terugnemen" in offered(town.get(f"/dossier/{case}").text)

    town.decide(case, "judge", "green", by="ann")

    assert offered(town.get(f"/dossier/{case}").text) == ["corrigeren", "terugnemen", "heropenen"]


def test_a_director_extends_and_does_nothing_else(town: Town, case: str) -> None:
    town.enter("dir")

    assert offered(town.get(f"/dossier/{case}").text) == ["vastleggen", "stuk-toevoegen", "verlengen"]


def test_an_administrator_who_may_read_it_is_offered_nothing(town: Town, case: str) -> None:
    town.join("root", "beheerder")
    town.enter("root")

    page = town.get(f"/dossier/{case}")

    assert page.status_code == 200
    assert offered(page.text) == []
    assert "Wat wilt u doen?" not in page.text


def test_a_deputy_is_offered_what_the_absent_colleague_may_do(town: Town, case: str) -> None:
    town.join("eve", "inkoper")
    town.absent("ann", deputy="eve")
    town.enter("eve")

    assert "oppakken" in offered(town.get(f"/dossier/{case}").text)


def test_every_act_that_is_offered_has_a_page_and_every_other_says_why_not(town: Town, case: str) -> None:
    from tijdig.web.deeds import TABLE

    town.enter("dir")
    can = offered(town.get(f"/dossier/{case}").text)

    answers = {each.slug: town.get(f"/dossier/{case}/handeling/{each.slug}") for each in TABLE}

    assert {slug for slug, answer in answers.items() if answer.status_code == 200} == set(can)
    assert "U mag dit niet. De rol kwaliteitsadviseur wel." in words(answers["intrekken"].text)
    assert (answers["intrekken"].status_code, answers["opschorten"].status_code) == (403, 409)
    assert "‘Termijn opschorten’ kan nu niet in dit dossier." in words(answers["opschorten"].text)


def test_an_act_that_does_not_exist_is_not_found(town: Town, case: str) -> None:
    town.enter("ann")

    assert town.get(f"/dossier/{case}/handeling/afbranden").status_code == 404


# --- doing it

DEEDS = [
    pytest.param("ann", "oppakken", {"plaats": "judge"}, "take", "De taak staat op uw naam.", id="take"),
    pytest.param("ann", "herinneren", {"plaats": "improve", "reden": WHY}, "remind", "De herinnering staat klaar.",
                 id="remind"),
    pytest.param("ann", "overdragen", {"plaats": "judge", "aan": "bob", "reden": WHY}, "hand-over",
                 "De taak is overgedragen.", id="hand over"),
    pytest.param("ann", "vastleggen", {"feit.audit": "DC-12"}, "record", "Het gegeven is vastgelegd.", id="record"),
    pytest.param("ann", "niet-van-toepassing", {"plaats": "improve", "reden": WHY}, "not-applicable",
                 "De stap is niet van toepassing.", id="not applicable"),
    pytest.param("ann", "intrekken", {"reden": WHY}, "withdraw", "Het dossier is ingetrokken.", id="withdraw"),
    pytest.param("ann", "samenvoegen", {"reden": WHY}, "merge", "Het dossier is samengevoegd.", id="merge"),
    pytest.param("ann", "vervallen", {"reden": WHY}, "cancel", "Het dossier is vervallen verklaard.", id="cancel"),
]  # fmt: skip


@pytest.mark.parametrize(("person", "slug", "given", "done", "said"), DEEDS)
def test_an_act_is_recorded_and_the_dossier_says_so(
    town: Town, case: str, person: str, slug: str, given: dict[str, str], done: str, said: str
) -> None:
    town.enter(person)

    answer = town.post(f"/dossier/{case}/handeling/{slug}", given)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/dossier/{case}?gedaan={slug}")
    record = town.records(case)[-1]
    assert (record.act, record.by, record.via) == (done, person, "web")
    assert said in words(town.get(answer.headers["location"]).text)


def test_a_decision_is_taken_back_and_a_closed_dossier_reopened(town: Town, case: str) -> None:
    town.decide(case, "judge", "green", by="ann")
    town.enter("ann")

    act(town, case, "heropenen", plaats="judge", reden=WHY)

    assert town.records(case)[-1].act == "reopen"
    assert "staat: Loopt" in words(town.get(f"/dossier/{case}").text)


def test_a_document_is_added(town: Town, case: str) -> None:
    town.enter("ann")
    path = f"/dossier/{case}/handeling/stuk-toevoegen"
    files = {"feit.evidence": ("plan.pdf", b"%PDF-1.4 een plan")}

    answer = town.client.post(path, data=hidden(town.get(path).text), files=files, follow_redirects=False)

    assert answer.status_code == 303
    assert town.records(case)[-1].values["evidence"]["name"] == "plan.pdf"


def test_a_double_click_is_one_act(town: Town, case: str) -> None:
    town.enter("ann")
    page = town.get(f"/dossier/{case}/handeling/oppakken").text

    answers = [act(town, case, "oppakken", page=page, plaats="judge") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert [record.act for record in town.records(case)] == ["open", "take"]


def test_a_task_from_which_somebody_came_is_chosen_already(town: Town, case: str) -> None:
    town.enter("ann")

    page = town.get(f"/dossier/{case}/handeling/overdragen?taak=judge").text

    assert re.findall(r'value="([^"]+)" checked', page) == ["judge"]
    assert "checked" not in town.get(f"/dossier/{case}/handeling/overdragen").text


# --- what is wrong

WRONG = [
    pytest.param("oppakken", {}, "Maak een keuze.", id="no task"),
    pytest.param("oppakken", {"plaats": "supplement"}, "Deze keuze kan nu niet.", id="a task that waits"),
    pytest.param("herinneren", {"plaats": "improve", "reden": "kort"}, "Schrijf een reden van minimaal 10 tekens.",
                 id="no reason"),
    pytest.param("intrekken", {"reden": "dit gaat over 111222333"}, "Dit lijkt op een BSN.", id="a BSN"),
    pytest.param("overdragen", {"plaats": "judge", "reden": WHY}, "Aan wie?: Maak een keuze.", id="to nobody"),
    pytest.param("overdragen", {"plaats": "judge", "aan": "dir", "reden": WHY},
                 "dir heeft de rol kwaliteitsadviseur niet", id="to somebody without the role"),
    pytest.param("overdragen", {"plaats": "judge", "aan": "<i>x</i>", "reden": WHY}, "Aan wie?", id="to a stranger"),
    pytest.param("vastleggen", {}, "U hebt nog niets ingevuld.", id="nothing"),
    pytest.param("vastleggen", {"feit.left_on": "gisteren"}, "Vul een datum in, bijvoorbeeld 15-10-2021.",
                 id="no date"),
    pytest.param("corrigeren", {"feit.orange_on": "23-07-2021"}, "Dit gegeven staat al zo vast.", id="no change"),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "given", "said"), WRONG)
def test_what_is_wrong_is_said_and_nothing_is_done(
    town: Town, case: str, slug: str, given: dict[str, str], said: str
) -> None:
    town.enter("ann")

    answer = town.post(f"/dossier/{case}/handeling/{slug}", given)

    assert answer.status_code == 422
    assert said in words(answer.text)
    assert "Er is een probleem" in words(answer.text)
    assert "<i>x</i>" not in answer.text
    assert [record.act for record in town.records(case)] == ["open"]


def test_what_was_filled_in_stays_as_text(town: Town, case: str) -> None:
    town.enter("ann")

    page = act(town, case, "herinneren", reden="<b>wel een lange reden</b>").text

    assert "&lt;b&gt;wel een lange reden&lt;/b&gt;" in page
    assert "<b>wel" not in page


def test_a_reminder_by_hand_is_sent_once_a_day(town: Town, case: str) -> None:
    town.enter("ann")
    page = town.get(f"/dossier/{case}/handeling/herinneren").text
    town.act(case, "remind", by="bob", step="improve")

    answer = act(town, case, "herinneren", page=page, plaats="improve", reden=WHY)

    assert answer.status_code == 422
    assert "Deze keuze kan nu niet." in words(answer.text)


def test_who_lost_the_right_meanwhile_does_nothing_and_that_is_written_down(town: Town, case: str) -> None:
    town.enter("dir")
    form = hidden(town.get(f"/dossier/{case}/handeling/vastleggen").text)

    answer = town.client.post(f"/dossier/{case}/handeling/intrekken", data=form | {"reden": WHY})

    assert answer.status_code == 403
    town.enter("ann")
    page = town.get(f"/dossier/{case}/handeling/intrekken").text
    town.join("cas", "kwaliteitsteam")
    town.leave("ann")
    with town.store.write() as session:
        from models.organisation import Assignment

        session.add(Assignment(person_id="ann", role="kwaliteitsteam"))
    answer = act(town, case, "intrekken", page=page, reden=WHY)
    assert answer.status_code == 403
    assert town.events("denied") == ["ann"]
    assert [record.act for record in town.records(case)] == ["open"]


def test_when_the_case_changed_meanwhile_the_input_is_kept(town: Town, case: str) -> None:
    town.enter("ann")
    page = town.get(f"/dossier/{case}/handeling/overdragen").text
    town.act(case, "remind", by="bob", step="improve")

    answer = act(town, case, "overdragen", page=page, plaats="judge", aan="bob", reden=WHY)

    assert answer.status_code == 409
    said = words(answer.text)
    assert "U zag versie 1, het is nu versie 2: herinnering verstuurd" in said
    assert f'Geef een oordeel: groen of rood, Bob, "{WHY}"' in said
    again = act(town, case, "overdragen", page=answer.text)
    assert again.status_code == 303
    assert town.records(case)[-1].person == "bob"


def test_when_the_act_is_no_longer_possible_the_page_says_what_happened(town: Town, case: str) -> None:
    town.enter("ann")
    page = town.get(f"/dossier/{case}/handeling/intrekken").text
    town.decide(case, "judge", "green", by="bob")

    answer = act(town, case, "intrekken", page=page, reden=WHY)

    assert answer.status_code == 409
    assert "‘Geef een oordeel: groen of rood’ afgerond (kwaliteitsadviseur" in words(answer.text)


# --- what follows is shown first


def test_correcting_a_fact_shows_what_moves_then_asks_why_and_then_does_it(town: Town, case: str) -> None:
    town.enter("ann")

    preview = act(town, case, "corrigeren", fact="30-07-2021")

    said = words(preview.text)
    assert preview.status_code == 200
    assert "Oranje vastgesteld was vr 23 jul 2021, wordt vr 30 jul 2021" in said
    assert "Geef een oordeel: groen of rood uiterlijk vr 15 okt 2021 vr 22 okt 2021" in said
    assert town.version(case) == 1
    without = town.post(f"/dossier/{case}/handeling/corrigeren", {}, page=preview.text)
    assert without.status_code == 422
    assert "Schrijf een reden van minimaal 10 tekens." in words(without.text)
    assert "vr 22 okt 2021" in words(without.text)
    done = town.post(f"/dossier/{case}/handeling/corrigeren", {"reden": WHY}, page=without.text)
    assert done.status_code == 303
    assert (town.records(case)[-1].values, town.records(case)[-1].reason) == ({"orange_on": "2021-07-30"}, WHY)


def test_a_fact_is_corrected_from_where_it_stands(town: Town, case: str) -> None:
    town.record(case, audit="DC-1")
    town.enter("ann")
    path = f"/dossier/{case}/handeling/corrigeren?gegeven=audit"
    assert path in town.get(f"/dossier/{case}").text

    page = town.get(path).text

    assert 'value="DC-1"' in page
    assert "orange_on" not in page
    preview = town.post(path, {"feit.audit": "DC-2"})
    assert "Er schuift geen datum." in words(preview.text)
    assert town.post(path, {"reden": WHY}, page=preview.text).status_code == 303


def test_a_preview_that_was_overtaken_is_made_anew(town: Town, case: str) -> None:
    town.enter("ann")
    preview = act(town, case, "corrigeren", fact="30-07-2021").text
    town.act(case, "take", by="bob", step="judge")

    answer = town.post(f"/dossier/{case}/handeling/corrigeren", {"reden": WHY}, page=preview)

    assert answer.status_code == 409
    assert "Bekijk de gevolgen op versie 2" in words(answer.text)
    again = town.post(f"/dossier/{case}/handeling/corrigeren", {}, page=answer.text)
    assert again.status_code == 200
    assert "vr 22 okt 2021" in words(again.text)
    assert WHY in again.text
    assert town.version(case) == 2


EXTENSIONS = [
    pytest.param("3 dagen", 200, "vr 15 okt 2021 ma 18 okt 2021", id="to a working day"),
    pytest.param("2 weken", 422, "Zo wordt het later dan za 23 okt 2021, en dat mag niet.", id="too long"),
    pytest.param("een tijdje", 422, "Schrijf een getal en een eenheid", id="no term"),
    pytest.param("", 422, "Schrijf een getal en een eenheid", id="nothing"),
]


@pytest.mark.parametrize(("by", "status", "said"), EXTENSIONS)
def test_a_term_is_extended_as_far_as_its_procedure_allows(
    town: Town, case: str, by: str, status: int, said: str
) -> None:
    town.enter("dir")

    answer = act(town, case, "verlengen", plaats="norm", met=by)

    assert answer.status_code == status
    assert said in words(answer.text)
    assert town.version(case) == 1


def test_no_page_of_an_act_waits_for_a_second_connection(town: Town, case: str) -> None:
    from sqlalchemy import Pool, event

    town.enter("ann")
    page, kept = town.get(f"/dossier/{case}/handeling/herinneren").text, list[int]()
    pools = {id(each): each.pool for each in (town.app.state.house.store._acts, town.app.state.house.store._reads)}

    def taken(*_: object) -> None:
        kept.append(sum(pool.checkedout() for pool in {id(pool): pool for pool in pools.values()}.values()))

    event.listen(Pool, "checkout", taken)
    try:
        town.get(f"/dossier/{case}/handeling/herinneren")
        act(town, case, "herinneren", page=page, plaats="improve", reden="kort")
    finally:
        event.remove(Pool, "checkout", taken)

    assert max(kept) == 1
