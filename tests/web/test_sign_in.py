"""Signing in: who gets in, where they come out, and what a browser may and may not do."""

import re
from dataclasses import replace

import pytest
from sqlmodel import select

from models.access import Visit
from tests.web.town import Town, hidden, words
from tijdig.service import access
from tijdig.settings import Settings
from tijdig.web.visit import COOKIE, KNOWN, local_path

PASSWORD = "een haas in het hoge gras"


@pytest.fixture
def known(town: Town) -> Town:
    with town.store.write() as session:
        access.choose_password(session, "ann", PASSWORD, by="root", wall=town.now)
    return town


def test_a_stranger_is_asked_to_sign_in_and_comes_out_where_they_wanted_to_be(known: Town) -> None:
    asked = known.client.get("/dossiers?zoek=ORA", follow_redirects=False)
    assert (asked.status_code, asked.headers["location"]) == (303, "/aanmelden?naar=%2Fdossiers%3Fzoek%3DORA")

    page = known.get(asked.headers["location"]).text
    entered = known.post("/aanmelden", {"naam": "ann", "wachtwoord": PASSWORD}, page=page)

    assert (entered.status_code, entered.headers["location"]) == (303, "/dossiers?zoek=ORA")
    assert known.get("/dossiers").status_code == 200


def test_a_wrong_password_is_refused_beside_the_form_and_what_was_typed_stays_but_for_the_password(known: Town) -> None:
    refused = known.post("/aanmelden", {"naam": "ann", "wachtwoord": "iets anders dan dat"})

    assert refused.status_code == 403
    assert "horen niet bij elkaar" in words(refused.text)
    assert 'value="ann"' in refused.text
    assert "iets anders" not in refused.text
    assert COOKIE not in refused.cookies


def test_who_keeps_guessing_is_told_to_wait(known: Town) -> None:
    for _ in range(access.MOST_FAILURES):
        known.post("/aanmelden", {"naam": "ann", "wachtwoord": "iets anders dan dat"})

    assert known.post("/aanmelden", {"naam": "ann", "wachtwoord": PASSWORD}).status_code == 429


def test_who_guesses_elsewhere_does_not_keep_the_owner_out_of_their_own_browser(known: Town) -> None:
    right = {"naam": "ann", "wachtwoord": PASSWORD}
    known.post("/aanmelden", right)
    own = dict(known.client.cookies)
    known.client.cookies.clear()
    for _ in range(access.MOST_FAILURES):
        known.post("/aanmelden", {"naam": "ann", "wachtwoord": "iets anders dan dat"})

    elsewhere = known.post("/aanmelden", right)
    known.client.cookies = {name: value for name, value in own.items() if name != COOKIE}
    at_home = known.post("/aanmelden", right)

    assert (elsewhere.status_code, at_home.status_code) == (429, 303)


def test_a_browser_is_known_for_one_person_only_and_nobody_makes_one_up(known: Town) -> None:
    with known.store.write() as session:
        access.choose_password(session, "bob", f"{PASSWORD} en klaver", by="root", wall=known.now)
    known.post("/aanmelden", {"naam": "bob", "wachtwoord": f"{PASSWORD} en klaver"})
    of_bob = known.client.cookies[KNOWN]
    known.client.cookies.clear()
    for _ in range(access.MOST_FAILURES):
        known.post("/aanmelden", {"naam": "ann", "wachtwoord": "iets anders dan dat"})

    answers = []
    for cookie in (of_bob, "verzonnen"):
        known.client.cookies = {KNOWN: cookie}
        answers.append(known.post("/aanmelden", {"naam": "ann", "wachtwoord": PASSWORD}).status_code)

    assert answers == [429, 429]


def test_who_guesses_in_a_known_browser_is_told_to_wait_too(known: Town) -> None:
    known.post("/aanmelden", {"naam": "ann", "wachtwoord": PASSWORD})
    known.client.cookies.delete(COOKIE)
    for _ in range(access.MOST_FAILURES):
        known.post("/aanmelden", {"naam": "ann", "wachtwoord": "iets anders dan dat"})

    assert known.post("/aanmelden", {"naam": "ann", "wachtwoord": PASSWORD}).status_code == 429


@pytest.mark.parametrize("name", ["naam", "wachtwoord"])
def test_what_is_wrong_stands_above_the_form_and_at_its_fields(known: Town, name: str) -> None:
    page = known.post("/aanmelden", {"naam": "ann", "wachtwoord": "iets anders dan dat"}).text
    field = re.search(rf'<input[^>]*id="{name}"[^>]*>', page)
    assert field

    assert "Er is een probleem: 2 velden." in words(page)
    assert f'href="#{name}"' in page
    assert 'aria-invalid="true"' in field[0]
    assert f"{name}-fout" in field[0].partition("aria-describedby=")[2]
    assert f'id="{name}-fout"' in page


PATHS = {
    "/dossiers": "/dossiers", "/dossier/ORA-2026-001#waarom-judge": "/dossier/ORA-2026-001#waarom-judge",
    "https://elders.example": "/", "//elders.example": "/", "/\\elders.example": "/", "javascript:alert(1)": "/",
    "/\n//elders.example": "/", "": "/",
}  # fmt: skip


@pytest.mark.parametrize(("wanted", "path"), PATHS.items(), ids=repr)
def test_signing_in_leads_to_no_other_site(wanted: str, path: str) -> None:
    assert local_path(wanted) == path


def test_the_cookie_is_for_this_site_and_no_script_reads_it(known: Town) -> None:
    entered = known.post("/aanmelden", {"naam": "ann", "wachtwoord": PASSWORD})

    said = entered.headers["set-cookie"].lower()
    assert all(part in said for part in ("httponly", "samesite=lax", "path=/"))


def test_over_https_the_cookies_are_bound_to_this_host(settings: Settings) -> None:
    town = Town(replace(settings, url="https://testserver"))
    with town.store.write() as session:
        access.choose_password(session, "ann", PASSWORD, by="root", wall=town.now)

    town.post("/aanmelden", {"naam": "ann", "wachtwoord": PASSWORD})

    assert sorted(town.client.cookies) == [f"__Host-{KNOWN}", f"__Host-{COOKIE}"]
    assert town.get("/dossiers").status_code == 200
    assert town.post("/afmelden", {}, page=town.get("/").text).status_code == 303
    assert sorted(town.client.cookies) == [f"__Host-{KNOWN}"]
    town.close()


def test_that_somebody_looked_is_not_worth_waiting_for_a_lock(known: Town) -> None:
    known.enter("ann")
    known.later(minutes=6)

    with known.impatient(), known.store.write() as session:
        session.exec(select(Visit).with_for_update()).all()
        answer = known.get("/procedures")

    assert answer.status_code == 200


def test_a_token_that_somebody_planted_before_is_worth_nothing_after(known: Town) -> None:
    known.client.cookies.set(COOKIE, "geplant")

    entered = known.post("/aanmelden", {"naam": "ann", "wachtwoord": PASSWORD})

    assert entered.cookies[COOKIE] != "geplant"
    assert access.visitor(known.store, "geplant", wall=known.now) == ""


def test_signing_out_takes_a_form_of_ones_own(known: Town) -> None:
    token = known.enter("ann")
    page = known.get("/").text
    known.enter("bob")
    assert known.post("/afmelden", {}, page=page).status_code == 403

    known.client.cookies.set(COOKIE, token)
    left = known.post("/afmelden", {}, page=known.get("/").text)

    assert left.headers["location"] == "/aanmelden"
    assert access.visitor(known.store, token, wall=known.now) == ""


def test_a_form_from_another_site_is_refused(known: Town) -> None:
    form = hidden(known.get("/aanmelden").text) | {"naam": "ann", "wachtwoord": PASSWORD}

    sent = known.client.post("/aanmelden", data=form, headers={"Origin": "https://elders.example"})
    made_up = known.client.post("/aanmelden", data=form | {"formulier": "verzonnen"})

    assert (sent.status_code, made_up.status_code) == (403, 403)


def test_in_a_trial_one_chooses_as_whom_to_look(trial: Town) -> None:
    page = trial.get("/aanmelden").text
    assert "Kijk als Ann" in words(page)
    assert "Kijk als Lid-014" not in words(page)

    trial.post("/kijk-als", {"persoon": "dir"}, page=page)

    assert ">Dir<" in trial.get("/").text


def test_in_a_live_installation_nobody_looks_as_another(known: Town) -> None:
    page = known.get("/aanmelden").text
    assert "Kijk als" not in page

    assert known.post("/kijk-als", {"persoon": "dir"}, page=page).status_code == 409
    assert known.client.get("/dossiers", follow_redirects=False).status_code == 303


AWAY = ["https://elders.example", "//elders.example", "/\\elders.example", "/\t/elders.example", "javascript:alert(1)"]


@pytest.mark.parametrize("wanted", AWAY)
def test_whoever_comes_in_or_is_in_stays_on_this_site(known: Town, wanted: str) -> None:
    form = hidden(known.client.get("/aanmelden", params={"naar": wanted}).text)
    assert form["naar"] == "/"

    entered = known.client.post(
        "/aanmelden", data=form | {"naam": "ann", "wachtwoord": PASSWORD, "naar": wanted}, follow_redirects=False
    )
    known.client.cookies.set(COOKIE, entered.cookies[COOKIE])
    again = known.client.get("/aanmelden", params={"naar": wanted}, follow_redirects=False)

    assert (entered.headers["location"], again.headers["location"]) == ("/", "/")
