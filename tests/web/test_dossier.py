"""One dossier on the screen of a colleague: what it says, who may see it, and deciding from it."""

import pytest
from sqlalchemy import Pool, event

from tests.web.town import ADVISER, DIRECTOR, Town, hidden, words
from tijdig.engine import Go, Procedure, Step
from tijdig.service import pins


@pytest.fixture
def case(town: Town) -> str:
    return town.open(orange_on="2021-07-23")


def test_it_says_what_happened_what_is_asked_and_what_is_to_come(town: Town, case: str) -> None:
    town.enter("ann")

    page = words(town.get(f"/dossier/{case}").text)

    assert "ORA-2021-001 Oranje dossier" in page
    assert "Dossier geopend" in page
    assert "Geef een oordeel: groen of rood" in page
    assert "gepland, naar directeur" in page


def test_its_head_says_which_colour_was_decided_apart_from_how_its_term_stands(town: Town, case: str) -> None:
    town.enter("ann")

    assert "Lid 014 ▲ Oranje besloten op vr 23 jul 2021 · staat: Loopt · termijn: " in words(
        town.get(f"/dossier/{case}").text
    )


def test_each_date_explains_itself(town: Town, case: str) -> None:
    town.enter("ann")

    page = town.get(f"/dossier/{case}").text

    assert 'id="waarom-judge"' in page
    assert "12 weken later is vr 15 okt 2021." in words(page)
    assert "Bron: JP KPI 15." in words(page)


@pytest.mark.parametrize("tab", ["", "/berichten", "/logboek", "/taak/judge"])
def test_who_has_no_role_in_it_does_not_see_it_and_that_they_tried_is_written_down(
    town: Town, case: str, tab: str
) -> None:
    town.join("eve", "inkoper")
    town.enter("eve")

    answer = town.get(f"/dossier/{case}{tab}")

    assert answer.status_code == 403
    assert "niet van een van uw rollen" in words(answer.text)
    assert "Lid 014" not in answer.text
    assert town.events("denied") == ["eve"]
    assert "Niets gevonden" in words(town.get("/dossiers?zoek=ORA").text)


@pytest.mark.parametrize("tab", ["", "/berichten", "/logboek", "/taak/judge"])
def test_who_read_it_is_written_down(town: Town, case: str, tab: str) -> None:
    town.enter("dir")

    town.get(f"/dossier/{case}{tab}")

    assert town.events("read") == ["dir"]


PAGES = [
    "/",
    "/dossiers",
    "/leden",
    "/termijnkalender",
    "/termijnkalender/terugrekenen",
    "/zoeken?q=lid",
    "/exporteren/leden.csv",
    "/lid/lid-014",
    "/procedures",
    "/dossier/{}",
    "/dossier/{}/berichten",
    "/dossier/{}/logboek",
]


@pytest.mark.parametrize("page", [*PAGES, "/dossier/{}/taak/judge", "POST /dossier/{}/taak/judge"])
def test_no_page_waits_for_a_second_connection_while_it_keeps_one(town: Town, case: str, page: str) -> None:
    """Else a few pages at once take all that there are, and wait for each other until they fail."""
    town.enter("ann")
    _, post, path = page.format(case).rpartition("POST ")
    before, kept = town.get(path).text, list[int]()
    pools = {id(each): each.pool for each in (town.app.state.house.store._acts, town.app.state.house.store._reads)}

    def taken(*_: object) -> None:
        kept.append(sum(pool.checkedout() for pool in {id(pool): pool for pool in pools.values()}.values()))

    event.listen(Pool, "checkout", taken)
    try:
        answer = town.post(path, {"uitkomst": "green"}, page=before) if post else town.get(path)
    finally:
        event.remove(Pool, "checkout", taken)

    assert answer.status_code == 200
    assert max(kept) == 1


def test_a_dossier_that_is_not_there_is_not_found(town: Town) -> None:
    town.enter("ann")

    assert town.get("/dossier/ORA-1999-001").status_code == 404


def test_a_decision_is_made_from_the_page(town: Town, case: str) -> None:
    town.enter("ann")

    answer = town.post(f"/dossier/{case}/taak/judge", {"uitkomst": "green"})

    assert answer.status_code == 200
    assert town.decisions(case) == [("judge", "green", "ann")]
    assert town.records(case)[-1].via == "web"
    assert "staat: Groen" in words(town.get(f"/dossier/{case}").text)


def test_the_same_form_twice_is_one_decision(town: Town, case: str) -> None:
    town.enter("ann")
    page = town.get(f"/dossier/{case}/taak/judge").text

    answers = [town.post(f"/dossier/{case}/taak/judge", {"uitkomst": "green"}, page=page) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(town.decisions(case)) == 1


def test_a_form_of_an_older_version_keeps_what_was_filled_in(town: Town, case: str) -> None:
    town.enter("ann")
    page = town.get(f"/dossier/{case}/taak/judge").text
    town.act(case, "remind", by="bob", step="improve")

    answer = town.post(f"/dossier/{case}/taak/judge", {"uitkomst": "green"}, page=page)

    assert answer.status_code == 409
    assert "Uw invoer is bewaard: Groen" in words(answer.text)
    assert town.decisions(case) == []
    again = town.post(f"/dossier/{case}/taak/judge", {}, page=answer.text)
    assert again.status_code == 200
    assert town.decisions(case) == [("judge", "green", "ann")]


def test_a_form_is_good_for_one_visitor_and_one_task(town: Town, case: str) -> None:
    town.enter("ann")
    page = town.get(f"/dossier/{case}/taak/judge").text
    form = hidden(page) | {"uitkomst": "green"}

    elsewhere = town.client.post(f"/dossier/{case}/taak/send_actions", data=form)
    town.enter("bob")
    by_another = town.client.post(f"/dossier/{case}/taak/judge", data=form)

    assert (elsewhere.status_code, by_another.status_code) == (403, 403)
    assert town.decisions(case) == []


HIDDEN = [
    pytest.param({"origin": "null"}, 403, id="hidden, in a browser that does not say more"),
    pytest.param({"origin": "null", "sec-fetch-site": "same-origin"}, 200, id="our own"),
]


@pytest.mark.parametrize(("headers", "status"), HIDDEN)
def test_who_signed_in_sends_no_form_from_a_page_that_hides_where_it_is(
    town: Town, case: str, headers: dict[str, str], status: int
) -> None:
    town.enter("ann")
    form = hidden(town.get(f"/dossier/{case}/taak/judge").text) | {"uitkomst": "green"}

    assert town.client.post(f"/dossier/{case}/taak/judge", data=form, headers=headers).status_code == status


def test_a_form_that_lay_overnight_is_taken_after_signing_in_again(town: Town, case: str) -> None:
    town.enter("ann")
    page = town.get(f"/dossier/{case}/taak/judge").text
    town.later(hours=13)
    asked = town.post(f"/dossier/{case}/taak/judge", {"uitkomst": "green"}, page=page)
    assert asked.headers["location"] == f"/aanmelden?naar=%2Fdossier%2F{case}%2Ftaak%2Fjudge"

    town.enter("ann")

    assert town.post(f"/dossier/{case}/taak/judge", {"uitkomst": "green"}, page=page).status_code == 200
    assert town.decisions(case) == [("judge", "green", "ann")]


def test_who_may_look_but_not_finish_it_reads_why(town: Town, case: str) -> None:
    town.enter("dir")

    answer = town.get(f"/dossier/{case}/taak/judge")

    assert "U mag dit niet afronden. De rol kwaliteitsadviseur wel." in words(answer.text)


def test_red_asks_for_a_reason_and_says_so_at_the_field(town: Town, case: str) -> None:
    town.enter("ann")

    answer = town.post(f"/dossier/{case}/taak/judge", {"uitkomst": "red", "reden": "kort"})

    assert answer.status_code == 422
    assert "Schrijf een reden van minimaal 10 tekens." in words(answer.text)
    assert 'aria-invalid="true"' in answer.text


def test_what_was_told_to_whom_stands_under_messages(town: Town, case: str) -> None:
    town.enter("ann")
    town.deliver()

    page = words(town.get(f"/dossier/{case}/berichten").text)

    assert "aan rol kwaliteitsadviseur" in page


def test_the_log_shows_every_entry_with_its_hash(town: Town, case: str) -> None:
    town.enter("ann")

    page = words(town.get(f"/dossier/{case}/logboek").text)

    assert "Logboek (" in page
    assert "act/1" in page


SEARCHES = [
    ("ORA-2021", 1),
    ("lid-014", 1),
    ("orange", 1),
    ("lid-999", 0),
    ("%", 0),
    ("lid_014", 0),
    ("'; drop table case_; --", 0),
]


@pytest.mark.parametrize(("search", "found"), SEARCHES)
def test_dossiers_are_found_by_number_subject_or_procedure(town: Town, case: str, search: str, found: int) -> None:
    town.enter("ann")

    page = town.client.get("/dossiers", params={"zoek": search})

    assert page.text.count(f'href="/dossier/{case}"') == found


def test_a_procedure_reads_as_the_house_agreed_it(town: Town) -> None:
    town.enter("ann")

    assert "Oranje dossier" in words(town.get("/procedures").text)
    assert "Geef een oordeel: groen of rood (kwaliteitsadviseur)" in words(town.get("/procedures/orange-status").text)
    assert town.get("/procedures/onbekend").status_code == 404


# --- two who give an opinion


def _opinion(step: str, other: str) -> Step:
    outcomes = (Go("well", "In orde"), Go("ill", "Niet in orde", reason=True))
    return Step(step, f"Beoordeel, {step}", ADVISER, needs=(), not_by=(other,), undated="proef", outcomes=outcomes)


TWO_OPINIONS = Procedure(
    "two-opinions", "TWE", "Twee oordelen", 1, "lid", owner=ADVISER, late_to=DIRECTOR, facts=(),
    steps=(_opinion("first", "second"), _opinion("second", "first"),
           Step("weigh", "Weeg af", DIRECTOR, needs=("first", "second"), undated="proef")),
)  # fmt: skip


@pytest.mark.parametrize(
    ("tab", "then", "tells"),
    [
        pytest.param("", "", "er ontbreekt een handtekening", id="the-reason"),
        pytest.param("", "", "first: Niet in orde", id="the-opinion"),
        pytest.param("/logboek", "/logboek", "first/1/decide/ill", id="the-log"),
        pytest.param("/taak/second", "/taak/weigh", "er ontbreekt een handtekening", id="the-task"),
    ],
)
def test_two_who_give_an_opinion_do_not_know_each_others_until_both_did(
    town: Town, tab: str, then: str, tells: str
) -> None:
    with town.store.write() as session:
        pins.publish(session, [TWO_OPINIONS], now=town.now, by="test")
    case = town.open("two-opinions")
    town.decide(case, "first", "ill", "ann", reason="er ontbreekt een handtekening")
    town.enter("bob")

    before = words(town.get(f"/dossier/{case}{tab}").text)
    town.decide(case, "second", "well", "bob")

    assert "Beoordeel, second" in before or "first/1/decide/" in before
    assert tells not in before
    assert tells in words(town.get(f"/dossier/{case}{then}").text)
