"""What a mail's link shows, and to whom (ux.md, Ledenlink and sections 4 to 6)."""

from collections.abc import Callable
from datetime import date

import pytest

from tests.web.town import ADVISER, Town, words


def test_the_page_names_task_subject_and_date_with_its_basis(town: Town) -> None:
    page = town.get(f"/t/{town.link(town.open(orange_on='2021-07-30'))}").text

    assert "<h1>Lever bewijs van de verbeteringen aan</h1>" in page
    assert "<strong>Lid 014</strong> · Oranje dossier · dossier ORA-2021-001 · versie 1" in page
    assert '<time datetime="2021-10-08">vr 8 okt 2021</time>' in page
    assert 'class="badge intern"' in page
    assert "▲ Bijna" in page
    assert "nog 4 dagen" in page
    assert "2 weken eerder is vr 8 okt 2021." in page  # why this date


STATUS = [
    pytest.param("2021-08-20", "● Op schema", id="far off"),
    pytest.param("2021-07-30", "▲ Bijna", id="within five office days"),
    pytest.param("2021-07-16", "■ Te laat", id="past"),
]


@pytest.mark.parametrize(("orange_on", "status"), STATUS)
def test_the_term_status_is_a_shape_and_a_word(town: Town, orange_on: str, status: str) -> None:
    assert status in town.get(f"/t/{town.link(town.open(orange_on=orange_on))}").text


def test_the_form_asks_what_the_step_asks_and_chooses_nothing_beforehand(town: Town) -> None:
    case = town.open()

    hand_in = town.get(f"/t/{town.link(case)}").text
    judge = town.get(f"/t/{town.link(case, 'judge', 'ann')}").text

    assert 'type="file" id="feit-evidence"' in hand_in
    assert '<textarea id="feit-explanation"' in hand_in
    assert 'type="radio"' not in hand_in  # one outcome: nothing to choose
    assert '<button type="submit">Versturen</button>' in hand_in
    assert judge.count('type="radio"') == 2
    assert " checked" not in judge
    assert "Reden (verplicht bij rood)" in judge
    assert '<button type="submit">Besluit vastleggen</button>' in judge


def test_what_each_choice_brings_about_stands_above_the_button(town: Town) -> None:
    page = town.get(f"/t/{town.link(town.open(), 'judge', 'ann')}").text

    said = words(page)
    assert "Groen : het dossier sluit; de rol lid krijgt bericht; herinneringen voor deze taak vervallen." in said
    assert "Rood : het dossier gaat verder; daarna komt ‘Bevestig of weiger rood’ (directeur)" in said
    assert page.index("Dit gebeurt er") < page.index("Besluit vastleggen")


def test_every_kind_of_field_has_its_label_and_control(town: Town) -> None:
    page = town.get(f"/t/{town.link(town.open('kinds'), 'fill')}").text

    for name in ("visited_on", "visited_at", "places", "price", "beds", "offer"):
        assert f'<label for="feit-{name}">' in page
        assert f'id="feit-{name}" name="feit.{name}"' in page
    assert page.count('name="feit.clean"') == page.count('name="feit.kind"') == 2
    assert 'type="datetime-local"' in page
    assert 'inputmode="numeric"' in page
    assert "Dag van het bezoek</label>" in page  # always asked: nothing beside its label
    assert 'Toelichting bij logeren <span class="optional">(soms verplicht)</span>' in page
    assert page.count("(mag leeg blijven)") == 6


def test_looking_changes_nothing(town: Town) -> None:
    case = town.open()
    token = town.link(case)
    before = town.records(case)

    for _ in range(3):
        assert town.get(f"/t/{token}").status_code == 200

    assert town.records(case) == before
    assert town.mails() == []


DEAD: list[object] = [
    pytest.param({}, "nergens", id="unknown"),
    pytest.param({"expires_on": date(2021, 10, 3)}, "", id="over"),
    pytest.param({"revoked_at": "now"}, "", id="revoked"),
]


@pytest.mark.parametrize(("more", "other"), DEAD)
def test_a_link_that_leads_nowhere_says_the_same_whatever_the_cause(
    town: Town, more: dict[str, object], other: str
) -> None:
    token = town.link(town.open(), **{k: town.now if v == "now" else v for k, v in more.items()})

    for answer in (town.get(f"/t/{other or token}"), town.send(other or token, {})):
        assert answer.status_code == 404
        assert words(answer.text) == (
            "Deze link werkt niet meer Deze link werkt niet meer. Vraag een nieuwe aan: Stuur nieuwe link"
        )


def test_a_link_to_a_task_that_is_done_says_by_which_role_and_when(town: Town) -> None:
    case = town.open()
    token = town.link(case)
    town.decide(case, "improve", "handed_in", "lid-014", explanation="klaar")
    town.later(days=1)

    answer = town.get(f"/t/{token}")

    assert answer.status_code == 200
    assert "Deze taak is al afgerond door lid op ma 4 okt 2021 ." in words(answer.text)
    assert "<form" not in answer.text


def test_a_link_to_a_round_that_is_over_does_not_open_the_next_one(town: Town) -> None:
    case = town.open()
    town.decide(case, "improve", "handed_in", "lid-014", explanation="klaar")
    first = town.link(case, "recheck", "ann")
    town.decide(case, "recheck", "not_in_order", "ann", missing="Het plan ontbreekt.")
    town.decide(case, "supplement", "handed_in", "lid-014", explanation="nu wel")

    assert "al afgerond door kwaliteitsadviseur" in words(town.get(f"/t/{first}").text)
    assert "<form" in town.get(f"/t/{town.link(case, 'recheck', 'ann', 2)}").text


def test_a_link_to_a_task_of_a_closed_case_is_no_longer_needed(town: Town) -> None:
    case = town.open()
    token = town.link(case)
    town.decide(case, "judge", "green", "ann")

    assert "Deze taak is niet meer nodig." in town.get(f"/t/{token}").text


REFUSALS: list[object] = [
    pytest.param(lambda t, c: None, "judge", "lid-014", "U mag dit niet afronden. De rol kwaliteitsadviseur wel.",
                 id="without the role"),
    pytest.param(lambda t, c: t.act(c, "take", by="bob", step="judge"), "judge", "ann",
                 "Een ander heeft deze taak opgepakt. U hoeft niets te doen.", id="taken by another"),
    pytest.param(lambda t, c: t.decide(c, "judge", "red", "dir_too", reason="ernstig genoeg hiervoor"), "confirm_red",
                 "dir_too", "U maakte dit voorstel zelf. Een ander moet besluiten.", id="their own proposal"),
    pytest.param(lambda t, c: None, "norm", "dir", "Op deze pagina hoeft u niets in te vullen.", id="a goal, no task"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "step", "person", "why"), REFUSALS)
def test_who_may_not_finish_a_task_sees_it_and_why_not(
    town: Town, before: Callable[[Town, str], None], step: str, person: str, why: str
) -> None:
    town.join("dir_too", ADVISER, "directeur")
    case = town.open()
    before(town, case)

    answer = town.get(f"/t/{town.link(case, step, person)}")

    assert answer.status_code == 200
    assert why in words(answer.text)
    assert "<form" not in answer.text


def test_a_deputy_acts_on_behalf_of_who_is_away(town: Town) -> None:
    town.join("eve")
    town.absent("ann", "eve")

    assert "U doet dit namens Ann." in town.get(f"/t/{town.link(town.open(), 'judge', 'eve')}").text


def test_a_task_of_somebody_absent_is_open_to_the_others(town: Town) -> None:
    case = town.open()
    town.act(case, "take", by="bob", step="judge")
    town.absent("bob")

    assert "<form" in town.get(f"/t/{town.link(case, 'judge', 'ann')}").text


def test_who_needs_help_finds_the_number_of_who_looks_after_the_case(town: Town) -> None:
    case = town.open()
    assert "Antwoord op het bericht waarin deze link stond." in town.get(f"/t/{town.link(case)}").text

    town.phone("ann", "0172 - 12 34 56")

    assert '<a href="tel:0172-123456">0172 - 12 34 56</a>' in town.get(f"/t/{town.link(case, person='lid-014')}").text


def test_a_colleague_sees_what_there_is_to_weigh_and_a_member_only_the_task(town: Town) -> None:
    case = town.open()
    member = town.link(case)
    town.fill(member, {"evidence": ("plan.pdf", b"%PDF-hello")}, explanation="Zie bladzijde 2")
    town.decide(case, "recheck", "not_in_order", "ann", missing="Het plan ontbreekt.")

    judge = words(town.get(f"/t/{town.link(case, 'judge', 'ann')}").text)
    supplement = words(town.get(f"/t/{town.link(case, 'supplement')}").text)

    for said in (
        "vr 23 jul 2021",
        "plan.pdf",
        "Zie bladzijde 2",
        "Niet in orde , kwaliteitsadviseur",
    ):
        assert said in judge
        assert said not in supplement


def test_a_member_sees_what_the_step_shows_and_no_more(town: Town) -> None:
    case = town.open()
    assert "Verbeterpunten" not in words(town.get(f"/t/{town.link(case)}").text)
    town.decide(case, "send_actions", "sent", "ann", actions="Doelen noemen in de rapportage")
    town.fill(town.link(case), {}, explanation="Zie bladzijde 2")
    town.decide(case, "recheck", "not_in_order", "ann", missing="Het plan ontbreekt")

    supplement = words(town.get(f"/t/{town.link(case, 'supplement')}").text)

    assert "Doelen noemen in de rapportage" in supplement
    assert "Het plan ontbreekt" in supplement
    assert "Zie bladzijde 2" not in supplement


def test_only_a_colleague_gets_a_file_and_only_one_of_this_case(town: Town) -> None:
    case = town.open()
    town.fill(town.link(case), {"evidence": ("plan.pdf", b"%PDF-hello")})
    colleague, member = town.link(case, "judge", "ann"), town.link(case, "norm", "lid-014")
    sha256 = "af0777e69811767e40230a448f2bc60a3ce3b0525c6fb62ca218ef9db5a826e4"

    answer = town.get(f"/t/{colleague}/stuk/{sha256}")

    assert answer.content == b"%PDF-hello"
    assert answer.headers["content-disposition"] == 'attachment; filename="plan.pdf"'
    assert answer.headers["content-type"] == "application/octet-stream"
    assert town.get(f"/t/{member}/stuk/{sha256}").status_code == 404
    assert town.get(f"/t/{colleague}/stuk/{'0' * 64}").status_code == 404
