"""What becomes of what is handed in through a link (ux.md section 4): once, checked again, and with the input kept."""

import re
from collections.abc import Callable

import pytest

from tests.web.town import Town, hidden, words
from tijdig.service import documents

PLAN = ("plan.pdf", b"%PDF-hello")
SHA256 = "af0777e69811767e40230a448f2bc60a3ce3b0525c6fb62ca218ef9db5a826e4"


def test_what_is_handed_in_stands_in_the_case_and_has_a_receipt(town: Town) -> None:
    case = town.open()

    answer = town.fill(town.link(case), {"evidence": PLAN}, explanation="Plan is\r\nuitgevoerd")

    assert answer.status_code == 200
    assert "Ontvangen op ma 4 okt 2021, 09:00 , nummer ORA-2021-001/2." in words(answer.text)
    record = town.records(case)[-1]
    assert (record.act, record.step, record.outcome, record.by) == ("decide", "improve", "handed_in", "lid-014")
    assert record.values == {
        "evidence": {"name": "plan.pdf", "sha256": SHA256, "size": 10},
        "explanation": "Plan is\nuitgevoerd",
    }
    assert documents.path_of(documents.folder_of(town.settings.data), SHA256).read_bytes() == b"%PDF-hello"
    assert record.via == "link"
    assert town.events("form") == ["lid-014"]


def test_a_colleague_decides_with_a_reason(town: Town) -> None:
    case = town.open()

    answer = town.fill(town.link(case, "judge", "ann"), outcome="red", reason="al te lang niet in orde")

    assert answer.status_code == 200
    assert town.decisions(case) == [("judge", "red", "ann")]
    assert town.records(case)[-1].reason == "al te lang niet in orde"


def test_a_deputy_hands_in_on_behalf_of_who_is_away(town: Town) -> None:
    case = town.open()
    town.join("eve")
    town.absent("ann", "eve")

    town.fill(town.link(case, "judge", "eve"), outcome="green")

    assert (town.records(case)[-1].by, town.records(case)[-1].behalf) == ("eve", "ann")


# --- once


def test_a_double_click_is_one_decision_with_one_receipt(town: Town) -> None:
    case = town.open()
    token = town.link(case)
    page = town.get(f"/t/{token}").text

    first = town.fill(token, page=page, explanation="klaar")
    town.later(minutes=5)
    second = town.fill(token, page=page, explanation="klaar")

    assert (first.status_code, second.status_code) == (200, 200)
    assert words(first.text) == words(second.text)
    assert town.decisions(case) == [("improve", "handed_in", "lid-014")]


def test_two_browsers_with_one_form_are_one_decision_and_one_409(town: Town) -> None:
    case = town.open()
    token = town.link(case)
    pages = [town.get(f"/t/{token}").text for _ in range(2)]

    answers = [town.fill(token, page=page, explanation="klaar") for page in pages]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert "Deze taak is al afgerond door lid op ma 4 okt 2021 ." in words(answers[1].text)
    assert "<form" not in answers[1].text
    assert town.decisions(case) == [("improve", "handed_in", "lid-014")]


def test_two_people_with_the_same_task_are_one_decision_and_one_409(town: Town) -> None:
    case = town.open()
    tokens = [town.link(case, "judge", person) for person in ("ann", "bob")]
    pages = [town.get(f"/t/{token}").text for token in tokens]

    answers = [town.fill(t, page=p, outcome="green") for t, p in zip(tokens, pages, strict=True)]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert town.decisions(case) == [("judge", "green", "ann")]


# --- the case changed meanwhile


def test_a_case_that_changed_meanwhile_keeps_the_input_and_asks_again(town: Town) -> None:
    case = town.open()
    token = town.link(case, "judge", "ann")
    page = town.get(f"/t/{token}").text
    town.later(minutes=14)
    town.fill(town.link(case), {"evidence": PLAN})

    answer = town.fill(token, page=page, outcome="red", reason="plan is niet uitgevoerd")

    assert answer.status_code == 409
    said = words(answer.text)
    assert "U zag versie 1, het is nu versie 2: ‘Lever bewijs van de verbeteringen aan’ afgerond (lid, 09:14)." in said
    assert 'Uw invoer is bewaard: Rood, "plan is niet uitgevoerd".' in said
    assert town.decisions(case) == [("improve", "handed_in", "lid-014")]

    again = town.send(token, hidden(answer.text))

    assert again.status_code == 200
    assert town.decisions(case)[1:] == [("judge", "red", "ann")]
    assert town.records(case)[-1].reason == "plan is niet uitgevoerd"


CHANGES: list[object] = [
    pytest.param(lambda t, c: t.record(c, audit="DC-7"), "gegeven toegevoegd (kwaliteitsadviseur, 09:00)", id="a fact"),
    pytest.param(lambda t, c: t.act(c, "take", step="judge"), "taak opgepakt (kwaliteitsadviseur, 09:00)", id="an act"),
]


@pytest.mark.parametrize(("change", "said"), CHANGES)
def test_the_page_says_what_changed_and_by_which_role(
    town: Town, change: Callable[[Town, str], None], said: str
) -> None:
    case = town.open()
    token = town.link(case)
    page = town.get(f"/t/{token}").text
    change(town, case)

    assert f"U zag versie 1, het is nu versie 2: {said}." in words(town.fill(token, page=page, explanation="ja").text)


def test_a_file_is_not_asked_for_twice_when_the_case_changed(town: Town) -> None:
    case = town.open()
    token = town.link(case)
    page = town.get(f"/t/{token}").text
    town.record(case, audit="DC-7")

    answer = town.fill(token, {"evidence": PLAN}, page=page)
    again = town.send(token, hidden(answer.text))

    assert "Uw invoer is bewaard: plan.pdf." in words(answer.text)
    assert again.status_code == 200
    assert town.records(case)[-1].values["evidence"]["sha256"] == SHA256


# --- mistakes


MISTAKES = [
    pytest.param({}, {"visited_on": "Vul dit in."}, id="a required field is empty"),
    pytest.param(
        {"visited_on": "eind mei"}, {"visited_on": "Vul een datum in, bijvoorbeeld 15-10-2021."}, id="no date"
    ),
    pytest.param({"visited_at": "straks"}, {"visited_at": "Vul een datum en een tijd in"}, id="no moment"),
    pytest.param({"places": "veel"}, {"places": "Vul een heel getal in vanaf 1 tot en met 20."}, id="no number"),
    pytest.param({"places": "21"}, {"places": "Vul een heel getal in vanaf 1 tot en met 20."}, id="out of range"),
    pytest.param({"price": "duur"}, {"price": "Vul een bedrag in, bijvoorbeeld 1.250,00."}, id="no amount"),
    pytest.param({"clean": "misschien"}, {"clean": "Kies ja of nee."}, id="neither yes nor no"),
    pytest.param({"kind": "week"}, {"kind": "Maak een keuze."}, id="no such choice"),
    pytest.param({"kind": "night"}, {"beds": "Vul dit in."}, id="required because of another field"),
    pytest.param({"beds": "cliënt 123456782"}, {"beds": "Dit lijkt op een BSN. Haal het weg."}, id="a BSN"),
    pytest.param({"offer": "x" * 10_001}, {"offer": "Deze tekst is te lang"}, id="too long"),
    pytest.param(
        {"places": "0", "price": "?"},
        {"places": "Vul een heel getal in", "price": "Vul een bedrag in"},
        id="two at once",
    ),
]


@pytest.mark.parametrize(("given", "wrong"), MISTAKES)
def test_a_mistake_is_shown_at_its_field_and_the_input_is_kept(
    town: Town, given: dict[str, str], wrong: dict[str, str]
) -> None:
    case = town.open("kinds")
    filled = ({"visited_on": "4 okt 2021"} if given else {}) | given

    answer = town.fill(town.link(case, "fill"), **filled)

    assert answer.status_code == 422
    assert "<title>Fout: " in answer.text
    number = f"{len(wrong)} veld" + ("en" if len(wrong) > 1 else "")
    assert f"Er is een probleem: {number}." in words(answer.text)
    for name, said in wrong.items():
        assert f'id="feit-{name}-fout"><span class="hidden">Fout: </span>{said}' in answer.text
        assert re.search(rf'aria-describedby="[^"]*\bfeit-{name}-fout" aria-invalid="true"', answer.text)
        assert f'<a href="#feit-{name}' in answer.text
    assert answer.text.count('aria-invalid="true"') == len(wrong)
    for text in given.values():
        assert text in answer.text or text in ("misschien", "week")
    assert town.decisions(case) == []


def test_a_form_that_is_right_is_taken_as_it_was_meant(town: Town) -> None:
    case = town.open("kinds")

    answer = town.fill(
        town.link(case, "fill"), visited_on="4 okt 2021", visited_at="2021-10-04T10:30", places="12", price="1.250,00",
        clean="ja", kind="night", beds="twee kamers", offer="K-7",
    )  # fmt: skip

    assert answer.status_code == 200
    assert town.records(case)[-1].values == {
        "visited_on": "2021-10-04", "visited_at": "2021-10-04T08:30:00+00:00", "places": 12, "price": 125_000,
        "clean": True, "kind": "night", "beds": "twee kamers", "offer": "K-7",
    }  # fmt: skip


REASONS = [
    pytest.param({"outcome": "red"}, "Schrijf een reden van minimaal 10 tekens.", id="missing"),
    pytest.param({"outcome": "red", "reason": "  kort    "}, "Schrijf een reden van minimaal 10 tekens.", id="short"),
    pytest.param({"outcome": "red", "reason": "zie 123456782 in ons"}, "Dit lijkt op een BSN.", id="with a BSN"),
    pytest.param({"outcome": "green", "reason": "123456782"}, "Dit lijkt op een BSN.", id="not asked, with a BSN"),
    pytest.param({"reason": "het is in orde"}, "Maak een keuze.", id="without a choice"),
    pytest.param({"outcome": "purple"}, "Deze keuze kan nu niet. Maak een andere keuze.", id="no such choice"),
]


@pytest.mark.parametrize(("given", "said"), REASONS)
def test_a_decision_needs_a_choice_and_where_it_is_asked_a_reason(town: Town, given: dict[str, str], said: str) -> None:
    case = town.open()

    answer = town.fill(town.link(case, "judge", "ann"), **given)

    assert answer.status_code == 422
    assert said in answer.text
    assert " checked" in answer.text or given.get("outcome") not in ("green", "red")
    assert town.decisions(case) == []


def test_a_choice_that_hangs_on_another_field_is_refused_when_that_says_no(town: Town) -> None:
    case = town.open("kinds")
    token = town.link(case, "weigh", "ann")
    assert "Niet goed" in town.get(f"/t/{token}").text  # not known yet, so it is offered
    town.fill(town.link(case, "fill"), visited_on="4-10-2021", kind="day")

    assert "Niet goed" not in town.get(f"/t/{token}").text
    assert "Deze keuze kan nu niet." in town.fill(token, outcome="ill").text


def test_an_empty_form_is_not_taken_for_a_hand_in(town: Town) -> None:
    case = town.open()

    answer = town.fill(town.link(case))

    assert answer.status_code == 422
    assert "U hebt nog niets ingevuld. Vul minstens één veld in." in words(answer.text)
    assert town.decisions(case) == []


FILES = [
    pytest.param(("123456782.pdf", b"%PDF-x"), "Dit lijkt op een BSN. Haal het weg.", id="a BSN in its name"),
    pytest.param(("plan.pdf", b""), "Dit bestand is leeg.", id="empty"),
    pytest.param(("plan.pdf", b"MZ"), "In dit bestand zit iets anders", id="something else than its name says"),
    pytest.param(("plan.pdf", b"%PDF-" * (documents.MOST_BYTES // 5 + 1)), "Dit bestand is te groot.", id="over 10 MB"),
    pytest.param(("plan.pdf", b"%PDF-" * (documents.MOST_BYTES // 2)), "Dit bestand is te groot.", id="far over 10 MB"),
]


@pytest.mark.parametrize(("file", "said"), FILES)
def test_a_file_that_cannot_be_taken_does_not_cost_the_text(town: Town, file: tuple[str, bytes], said: str) -> None:
    case = town.open()

    answer = town.fill(town.link(case), {"evidence": file}, explanation="een lange toelichting")

    assert answer.status_code == 422
    assert said in words(answer.text)
    assert "een lange toelichting</textarea>" in answer.text
    assert [p for p in documents.folder_of(town.settings.data).rglob("*") if p.is_file()] == []


def test_a_file_is_not_asked_for_twice_after_a_mistake(town: Town) -> None:
    case = town.open()
    token = town.link(case)

    wrong = town.fill(token, {"evidence": PLAN}, explanation="cliënt 123456782")
    right = town.fill(token, page=wrong.text, explanation="zonder nummer")

    assert "Ontvangen: plan.pdf ." in words(wrong.text)
    assert right.status_code == 200
    assert town.records(case)[-1].values["evidence"]["sha256"] == SHA256


def test_a_file_that_came_in_through_another_link_cannot_be_claimed(town: Town) -> None:
    case = town.open()
    wrong = town.fill(town.link(case), {"evidence": PLAN}, explanation="cliënt 123456782")
    kept = {name: text for name, text in hidden(wrong.text).items() if name.startswith("bewaard")}
    other = town.link(case)

    answer = town.send(other, hidden(town.get(f"/t/{other}").text) | kept)

    assert kept
    assert "U hebt nog niets ingevuld." in words(answer.text)


# --- who may


REFUSED: list[object] = [
    pytest.param(lambda t, c: t.revoke("ann"), 404, "Deze link werkt niet meer", id="the link was revoked"),
    pytest.param(lambda t, c: t.leave("ann"), 403, "De rol kwaliteitsadviseur wel.", id="the role was lost"),
    pytest.param(lambda t, c: t.act(c, "hand-over", step="judge", person="bob"), 403,
                 "Een ander heeft deze taak opgepakt.", id="handed over"),
    pytest.param(lambda t, c: t.act(c, "cancel"), 409, "Deze taak is niet meer nodig.", id="the case was cancelled"),
]  # fmt: skip


@pytest.mark.parametrize(("meanwhile", "status", "said"), REFUSED)
def test_all_is_asked_again_when_the_form_comes_in(
    town: Town, meanwhile: Callable[[Town, str], None], status: int, said: str
) -> None:
    case = town.open()
    token = town.link(case, "judge", "ann")
    page = town.get(f"/t/{token}").text
    meanwhile(town, case)

    answer = town.fill(token, page=page, outcome="green")

    assert answer.status_code == status
    assert said in words(answer.text)
    assert town.decisions(case) == []
    assert town.events("denied") == (["ann"] if status == 403 else [])


def test_who_proposed_may_not_decide(town: Town) -> None:
    town.join("eve", "kwaliteitsadviseur", "directeur")
    case = town.open()
    town.fill(town.link(case, "judge", "eve"), outcome="red", reason="al te lang niet in orde")
    token = town.link(case, "confirm_red", "eve")
    form = {
        "formulier": town.app.state.house.seal.form(token, 2),
        "uitkomst": "red",
        "reden": "al te lang niet in orde",
    }

    answer = town.send(token, form)

    assert answer.status_code == 403
    assert "U maakte dit voorstel zelf. Een ander moet besluiten." in words(answer.text)
    assert town.decisions(case) == [("judge", "red", "eve")]
