"""The front page, and what only a trial has: its clock, its next day and its captured mail."""

import pytest

from tests.web.town import Town, hidden, words


def test_the_front_page_says_what_this_is(town: Town) -> None:
    said = words(town.get("/").text)

    assert "Tijdig bewaakt de termijnen van kwaliteit en inkoop" in said
    assert "Meld u aan" in said
    assert "Volgende dag" not in said


TRIAL_ONLY = [("GET", "/postvak"), ("GET", "/postvak/abc"), ("POST", "/volgende-dag")]


@pytest.mark.parametrize(("method", "path"), TRIAL_ONLY)
def test_a_live_installation_has_none_of_it(town: Town, method: str, path: str) -> None:
    assert town.client.request(method, path).status_code == 404
    assert "Proefinstallatie" not in town.get("/").text


def test_every_page_of_a_trial_says_what_its_clock_says(trial: Town) -> None:
    bar = 'Proefinstallatie: klok staat op <time datetime="2021-10-04T09:00+02:00">ma 4 okt 2021, 09:00</time>'

    for path in ("/", "/nergens", f"/t/{trial.link(trial.open())}"):
        assert bar in trial.get(path).text


def test_the_next_day_checks_the_terms_and_delivers_mail_with_links_that_work(trial: Town) -> None:
    trial.open(orange_on="2021-10-04")

    page = trial.client.post("/volgende-dag", data=hidden(trial.get("/").text))

    assert "klok staat op" in page.text
    assert "di 5 okt 2021, 09:00" in page.text
    assert "Te doen uiterlijk" in words(page.text)
    assert "aan lid-014@zorg.example" in words(page.text).lower()

    name = page.text.split('href="/postvak/')[1].split('"')[0]
    mail = trial.get(f"/postvak/{name}").text
    link = mail.split('<a href="http://testserver')[1].split('"')[0]
    assert link.startswith("/t/")
    assert trial.get(link).status_code == 200


def test_opening_the_front_page_moves_no_clock(trial: Town) -> None:
    trial.get("/")
    forged = trial.client.post("/volgende-dag", data={"formulier": "verzonnen"})
    elsewhere = trial.client.post(
        "/volgende-dag", data=hidden(trial.get("/").text), headers={"origin": "https://elders.example"}
    )

    assert (forged.status_code, elsewhere.status_code) == (403, 403)
    assert "ma 4 okt 2021, 09:00" in trial.get("/").text


def test_a_mailbox_without_mail_says_so_and_gives_no_other_file(trial: Town) -> None:
    assert "Er is nog niets verstuurd." in words(trial.get("/postvak").text)
    for name in ("nergens", "..%2Ftijdig", "%2e%2e"):
        assert trial.get(f"/postvak/{name}").status_code == 404
