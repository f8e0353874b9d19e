"""Beheer: who may come in, what waits in the outbox, and what stands apart."""

import json
import re
from collections.abc import Callable
from datetime import date

import pytest
from sqlmodel import select

from models.message import Mail
from models.operation import Event, Incident
from tests.web.town import Town, hidden, words
from tijdig.service.incidents import raise_incident

WHY = "nagevraagd per telefoon"


@pytest.fixture
def office(town: Town) -> Town:
    """A town with an administrator, who is in."""
    town.join("root", "beheerder")
    town.enter("root")
    return town


def mail(town: Town, state: str, why: str = "", subject: str = "Te doen", person: str = "ann") -> int:
    with town.store.write() as session:
        number = len(session.exec(select(Mail.id)).all())
        row = Mail(
            key=f"mail-{number}", person_id=person, address=f"{person}@zorg.example", kind="A", day=date(2021, 10, 4),
            subject=subject, text="Er staat een taak voor u klaar.", html="", next_try_at=town.now,
            created_at=town.now, state=state, why=why,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id or 0


def states(town: Town) -> list[str]:
    with town.store.read() as session:
        return list(session.exec(select(Mail.state).order_by(Mail.id)))  # type: ignore[arg-type]


def incident(town: Town, cause: str = "De rol heeft niemand.") -> int:
    with town.store.write() as session:
        return (
            raise_incident(session, "coverage", "coverage/x", cause=cause, mend="Wijs hem toe.", now=town.now).id or 0
        )


def details(town: Town, kind: str) -> list[dict[str, object]]:
    with town.store.read() as session:
        return [json.loads(detail) for detail in session.exec(select(Event.detail).where(Event.kind == kind))]


# --- who may come in


def routes(town: Town) -> list[tuple[str, str]]:
    paths = town.app.openapi()["paths"]
    return [(method, re.sub(r"{\w+}", "1", path)) for path, how in paths.items() for method in how
            if path.startswith("/beheer")]  # fmt: skip


@pytest.mark.parametrize("person", ["ann", "dir"])
def test_every_page_is_for_administrators_alone_and_who_else_tried_is_written_down(town: Town, person: str) -> None:
    town.enter(person)
    pages = routes(town)

    answers = [town.client.request(method, path, data={}) for method, path in pages]

    assert len(pages) > 8
    assert {answer.status_code for answer in answers} == {403}
    assert "Deze pagina is er voor de rol beheerder" in words(answers[0].text)
    assert [each["page"] for each in details(town, "denied")] == [path for _, path in pages]


def test_who_did_not_sign_in_is_asked_to_at_every_page(town: Town) -> None:
    answers = [town.client.request(method, path, follow_redirects=False) for method, path in routes(town)]

    assert {answer.status_code for answer in answers} == {303}
    assert all(answer.headers["location"].startswith("/aanmelden") for answer in answers)


def test_no_form_is_taken_that_was_not_made_here(office: Town) -> None:
    posts = [path for method, path in routes(office) if method == "post"]

    answers = [office.client.post(path, data={"formulier": "verzonnen"}) for path in posts]

    assert {answer.status_code for answer in answers} == {403}


def test_only_an_administrator_is_shown_the_way(office: Town) -> None:
    assert 'href="/beheer"' in office.get("/").text

    office.enter("ann")

    assert 'href="/beheer"' not in office.get("/").text


def test_a_deputy_of_the_administrator_comes_in(office: Town) -> None:
    office.absent("root", deputy="bob")
    office.enter("bob")

    assert office.get("/beheer").status_code == 200


def test_the_first_page_says_what_waits(office: Town) -> None:
    mail(office, "onzeker")
    mail(office, "mislukt")
    incident(office)

    page = words(office.get("/beheer").text)

    assert "2 berichten wachten op u" in page
    assert "1 staat open" in page


# --- the outbox


def test_the_outbox_begins_with_what_waits_for_a_person(office: Town) -> None:
    mail(office, "verzonden", subject="Al weg")
    mail(office, "onzeker", why="de mailserver viel weg na het versturen")

    page = words(office.get("/beheer/postvak-uit").text)

    assert "onzeker: 1" in page
    assert "de mailserver viel weg na het versturen" in page
    assert "Al weg" not in page


@pytest.mark.parametrize(("state", "shown"), [("verzonden", "Al weg"), ("alle", "Al weg"), ("klaar", "Komt nog")])
def test_the_outbox_is_filtered_by_state(office: Town, state: str, shown: str) -> None:
    mail(office, "verzonden", subject="Al weg")
    mail(office, "klaar", subject="Komt nog")

    assert shown in words(office.get(f"/beheer/postvak-uit?staat={state}").text)


def test_the_outbox_comes_in_pages(office: Town) -> None:
    for number in range(51):
        mail(office, "klaar", subject=f"Onderwerp {number:03}")

    first, second = (words(office.get(f"/beheer/postvak-uit?staat=klaar&blad={n}").text) for n in (1, 2))

    assert "Blad 1 van 2." in first
    assert "Onderwerp 050" in first
    assert "Onderwerp 000" in second
    assert "Onderwerp 001" not in second


SETTLED = [
    pytest.param("onzeker", "arrived", "verzonden", id="it arrived"),
    pytest.param("onzeker", "resend", "wacht", id="once more"),
    pytest.param("mislukt", "resend", "wacht", id="the address was mended"),
    pytest.param("aangehouden", "release", "klaar", id="let go"),
    pytest.param("klaar", "drop", "vervallen", id="no longer needed"),
]


@pytest.mark.parametrize(("state", "how", "becomes"), SETTLED)
def test_a_mail_is_settled_with_a_reason(office: Town, state: str, how: str, becomes: str) -> None:
    number = mail(office, state)

    answer = office.post(f"/beheer/postvak-uit/{number}", {"hoe": how, "reden": WHY})

    assert answer.status_code == 303
    assert "Het bericht is afgehandeld." in words(office.get(answer.headers["location"]).text)
    assert states(office) == [becomes]
    assert details(office, "settle_mail") == [{"from": state, "how": how, "mail": number, "reason": WHY}]
    assert office.events("settle_mail") == ["root"]


WRONG = [
    pytest.param({"hoe": "arrived", "reden": "kort"}, 422, "Schrijf een reden van minimaal 10 tekens.", id="no reason"),
    pytest.param({"reden": WHY}, 422, "Maak een keuze.", id="no choice"),
    pytest.param({"hoe": "release", "reden": WHY}, 409, "past daar niet bij", id="what cannot be"),
    pytest.param({"hoe": "arrived", "reden": "BSN 111222333 gebeld"}, 422, "lijkt op een BSN", id="a BSN"),
]


@pytest.mark.parametrize(("given", "status", "says"), WRONG)
def test_what_cannot_be_settled_so_says_why_and_keeps_what_was_typed(
    office: Town, given: dict[str, str], status: int, says: str
) -> None:
    number = mail(office, "onzeker")

    answer = office.post(f"/beheer/postvak-uit/{number}", given)

    assert answer.status_code == status
    assert says in words(answer.text)
    assert given["reden"] in answer.text
    assert states(office) == ["onzeker"]


def test_the_same_form_twice_settles_once(office: Town) -> None:
    number = mail(office, "onzeker")
    path = f"/beheer/postvak-uit/{number}"
    page = office.get(path).text

    answers = [office.post(path, {"hoe": "resend", "reden": WHY}, page=page) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert "al verwerkt" in words(office.get(answers[1].headers["location"]).text)
    assert len(details(office, "settle_mail")) == 1


def together(town: Town, given: dict[str, str], state: str = "") -> str:
    return town.post("/beheer/postvak-uit", given, page=town.get(f"/beheer/postvak-uit?staat={state}").text).text


def test_several_are_settled_at_once_after_a_look_at_each(office: Town) -> None:
    first, second = mail(office, "aangehouden"), mail(office, "aangehouden")
    chosen = {f"bericht.{first}": "ja", f"bericht.{second}": "ja", "hoe": "release"}

    preview = together(office, chosen)
    before = states(office)
    answer = office.post("/beheer/postvak-uit/samen", {"reden": WHY}, page=preview)

    assert "Vrijgeven: 2 berichten" in words(preview)
    assert before == ["aangehouden", "aangehouden"]
    assert answer.status_code == 303
    assert states(office) == ["klaar", "klaar"]


def test_of_those_that_were_chosen_it_says_which_cannot(office: Town) -> None:
    held, failed = mail(office, "aangehouden"), mail(office, "mislukt")

    preview = together(office, {f"bericht.{held}": "ja", f"bericht.{failed}": "ja", "hoe": "release"})

    assert "Vrijgeven: 1 bericht" in words(preview)
    assert "kan niet: het past niet bij de stand" in words(preview)
    assert hidden(preview)["berichten"] == str(held)


def test_all_that_a_storm_held_are_chosen_with_one_click(office: Town) -> None:
    for _ in range(51):
        mail(office, "aangehouden")

    preview = together(office, {"alle": "aangehouden", "hoe": "drop"}, "aangehouden")
    office.post("/beheer/postvak-uit/samen", {"reden": WHY}, page=preview)

    assert "Laten vervallen: 51 berichten" in words(preview)
    assert states(office) == ["vervallen"] * 51


def test_a_bulk_asks_for_a_reason_too(office: Town) -> None:
    number = mail(office, "aangehouden")
    preview = together(office, {f"bericht.{number}": "ja", "hoe": "drop"})

    answer = office.post("/beheer/postvak-uit/samen", {"reden": ""}, page=preview)

    assert answer.status_code == 422
    assert "Schrijf een reden van minimaal 10 tekens." in words(answer.text)
    assert states(office) == ["aangehouden"]


def test_nothing_chosen_says_so(office: Town) -> None:
    mail(office, "aangehouden")

    assert "Kies eerst één of meer berichten" in words(together(office, {"hoe": "drop"}))


# --- incidents


def test_what_stands_apart_is_shown_with_cause_and_mend(office: Town) -> None:
    incident(office)

    page = words(office.get("/beheer/incidenten").text)

    assert "De rol heeft niemand." in page
    assert "Wijs hem toe." in page


def test_an_incident_is_settled_with_a_reason(office: Town) -> None:
    number = incident(office)

    answer = office.post(f"/beheer/incidenten/{number}", {"reden": WHY})

    page = words(office.get(answer.headers["location"]).text)
    assert "opgelost" in page
    assert f"door root: {WHY}" in page
    assert "Er staat niets apart." in words(office.get("/beheer/incidenten").text)
    assert details(office, "settle_incident") == [{"incident": number, "kind": "coverage", "reason": WHY}]


def test_an_incident_that_somebody_settled_meanwhile_says_so(office: Town) -> None:
    number = incident(office)
    path = f"/beheer/incidenten/{number}"
    first, second = office.get(path).text, office.get(path).text
    office.post(path, {"reden": WHY}, page=first)

    answer = office.post(path, {"reden": WHY}, page=second)

    assert answer.status_code == 409
    assert "staat niet meer open" in words(answer.text)


def test_a_case_that_stands_apart_is_tried_again(office: Town) -> None:
    case = office.open("kinds", "lid-015")
    with office.store.write() as session:
        from tijdig.service.held import find

        number = raise_incident(
            session, "case", f"case/{case}", cause="Het lukte niet.", mend="Kijk.", now=office.now,
            case_id=find(session, case).id,
        ).id  # fmt: skip
    path = f"/beheer/incidenten/{number}"

    answer = office.post(f"{path}/opnieuw", {}, page=again_form(office.get(path).text))

    assert "opnieuw geprobeerd" in words(office.get(answer.headers["location"]).text)
    with office.store.read() as session:
        assert session.get_one(Incident, number).settled_by == "sweep"


def again_form(page: str) -> str:
    return page[page.index("opnieuw") :].partition("</form>")[0]


def test_what_is_about_no_case_is_not_tried_again(office: Town) -> None:
    number = incident(office)

    assert "Probeer opnieuw" not in office.get(f"/beheer/incidenten/{number}").text


SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize("begun", [
    pytest.param(lambda town: f"postvak-uit/{mail(town, 'mislukt', why=SCRIPT, subject=SCRIPT)}", id="a mail"),
    pytest.param(lambda town: f"incidenten/{incident(town, SCRIPT)}", id="an incident"),
])  # fmt: skip
def test_nothing_that_somebody_wrote_runs_as_a_script(office: Town, begun: Callable[[Town], str]) -> None:
    path = begun(office)

    for page in (office.get(f"/beheer/{path}").text, office.get(f"/beheer/{path.partition('/')[0]}").text):
        assert "<script>" not in page
        assert "&lt;script&gt;" in page
