"""Signing in: who gets in, where they come out, and what a browser may and may not do."""

import pytest

from tests.web.town import Town, hidden, words
from tijdig.service import access
from tijdig.web.visit import COOKIE, local_path

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
