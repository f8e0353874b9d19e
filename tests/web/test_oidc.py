"""Signing in by the identity provider: who gets in and as what, and each way in which somebody else might try."""

from __future__ import annotations

import hmac
import logging
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from json import dumps
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest
from joserfc import jws, jwt
from joserfc.jwk import OctKey
from sqlmodel import select

from models.organisation import Address, Assignment
from tests.web import provider as providers
from tests.web.provider import CLIENT, KEY, NEW_KEY, SECRET, STRANGE_KEY, Claims, Provider, provider, signed
from tests.web.town import START, Town, words
from tijdig.service import access
from tijdig.service.clock import parse_moment
from tijdig.service.doctor import examine
from tijdig.service.oidc import AGAIN, AT_ONCE, FRESH
from tijdig.settings import IdentityProvider, Settings
from tijdig.web.oidc import COOKIE, TAKES
from tijdig.web.shield import mask_tokens
from tijdig.web.visit import COOKIE as VISIT


@pytest.fixture
def idp() -> Iterator[Provider]:
    with provider(lambda: parse_moment(START)) as made:
        yield made


@pytest.fixture
def make_with(settings: Settings, idp: Provider) -> Iterator[Callable[..., Town]]:
    made: list[Town] = []

    def begun(mode: str = "live", **more: Any) -> Town:
        groups = {"zorg": "werklijst", "zorg-beheer": "beheer"}
        known = IdentityProvider(idp.url, CLIENT, SECRET, **{"groups": groups, **more})
        made.append(Town(replace(settings, provider=known), mode))
        return made[-1]

    yield begun
    for town in made:
        town.close()


@pytest.fixture
def town(make_with: Callable[..., Town]) -> Town:
    return make_with()


def go(town: Town, to: str = "/") -> str:
    """Set out from the sign-in page; gives the address at the provider."""
    asked = town.client.get("/aanmelden/organisatie", params={"naar": to}, follow_redirects=False)
    assert asked.status_code == 303, asked.text
    return asked.headers["location"]


def there(door: str) -> str:
    """Sign in at the provider; gives the address that it sends the browser back to."""
    return httpx.get(door).headers["location"]


def back(town: Town, address: str, **instead: str) -> httpx.Response:
    parts = urlsplit(address)
    query = urlencode(dict(parse_qsl(parts.query)) | instead)
    return town.client.get(f"{parts.path}?{query}", follow_redirects=False)


def enter(town: Town, to: str = "/") -> httpx.Response:
    return back(town, there(go(town, to)))


def is_in(town: Town) -> bool:
    return town.client.get("/dossiers", follow_redirects=False).status_code == 200


# --- who gets in


def test_a_colleague_signs_in_and_comes_out_where_she_wanted_to_be(town: Town) -> None:
    asked = town.client.get("/dossiers?zoek=ORA", follow_redirects=False)
    page = town.get(asked.headers["location"]).text
    assert 'href="/aanmelden/organisatie?naar=%2Fdossiers%3Fzoek%3DORA"' in page
    assert "Met een wachtwoord" in words(page)

    entered = enter(town, "/dossiers?zoek=ORA")

    assert (entered.status_code, entered.headers["location"]) == (303, "/dossiers?zoek=ORA")
    assert ">Ann<" in town.get("/").text
    assert town.events("sign_in") == ["ann"]


def test_what_goes_to_the_provider_holds_a_challenge_and_not_what_answers_it(town: Town) -> None:
    asked = {name: value for name, [value] in parse_qs(urlsplit(go(town)).query).items()}

    assert asked["redirect_uri"] == "http://testserver/aanmelden/terug"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["scope"] == "openid email profile"
    cookie = town.client.cookies[COOKIE]
    assert all(asked[name] not in cookie for name in ("state", "nonce", "code_challenge"))
    assert "code_verifier" not in asked


def test_the_key_of_the_way_back_is_for_this_site_and_no_script_reads_it(town: Town) -> None:
    said = town.client.get("/aanmelden/organisatie", follow_redirects=False).headers["set-cookie"].lower()

    assert all(part in said for part in ("httponly", "samesite=lax", "path=/", f"max-age={15 * 60}"))


def test_over_https_no_neighbouring_site_can_plant_the_key(settings: Settings, idp: Provider) -> None:
    known = IdentityProvider(idp.url, CLIENT, SECRET, {"zorg": "werklijst"})
    town = Town(replace(settings, url="https://testserver", provider=known))

    said = town.client.get("/aanmelden/organisatie", follow_redirects=False).headers["set-cookie"]
    entered = enter(town)

    assert said.startswith("__Host-")
    assert "secure" in said.lower()
    assert entered.status_code == 303
    town.close()


GROUPS = [
    pytest.param(["zorg"], False, id="of the work"),
    pytest.param(["zorg-beheer"], True, id="of administrators"),
    pytest.param(["zorg", "elders", "zorg-beheer"], True, id="the widest counts"),
    pytest.param("zorg-beheer", True, id="one without a list"),
]


@pytest.mark.parametrize(("groups", "opens"), GROUPS)
def test_a_group_opens_the_pages_of_administrators_for_who_has_that_role(
    town: Town, idp: Provider, groups: Any, opens: bool
) -> None:
    town.join("bea", "beheerder")
    with town.store.write() as session:
        session.add(Address(person_id="bea", since=town.now.date(), email="Bea@Zorg.example"))
    idp.signs_in(email="bea@zorg.example", groups=groups)

    enter(town)

    assert town.get("/beheer/postvak-uit").status_code == (200 if opens else 403)


def test_a_group_gives_no_role(town: Town, idp: Provider) -> None:
    idp.signs_in(groups=["zorg-beheer"])

    enter(town)

    assert town.get("/beheer/postvak-uit").status_code == 403
    with town.store.read() as session:
        held = session.exec(select(Assignment.role).where(Assignment.person_id == "ann")).all()
    assert held == ["kwaliteitsadviseur"]


def test_another_claim_may_say_who_somebody_is(make_with: Callable[..., Town], idp: Provider) -> None:
    town = make_with(claim="personeelsnummer")
    idp.signs_in(email_verified=False, personeelsnummer="bob")

    enter(town)

    assert ">Bob<" in town.get("/").text


def test_what_the_token_does_not_hold_is_asked_at_userinfo(town: Town, idp: Provider) -> None:
    idp.person = {"sub": "1"}
    idp.userinfo = {"sub": "1", "email": "ann@zorg.example", "email_verified": True, "groups": ["zorg"]}

    assert enter(town).status_code == 303


def test_in_a_trial_one_may_also_still_choose_as_whom_to_look(make_with: Callable[..., Town]) -> None:
    town = make_with("trial")
    page = town.get("/aanmelden").text
    assert "Kijk als Dir" in words(page)

    town.post("/kijk-als", {"persoon": "dir"}, page=page)
    assert ">Dir<" in town.get("/").text
    town.client.cookies.clear()

    assert enter(town).status_code == 303


def test_a_local_account_still_gets_in(town: Town) -> None:
    with town.store.write() as session:
        access.choose_password(session, "ann", "een haas in het hoge gras", by="root", wall=town.now)

    entered = town.post("/aanmelden", {"naam": "ann", "wachtwoord": "een haas in het hoge gras"})

    assert entered.status_code == 303
    assert is_in(town)


# --- who does not

UNKNOWN = [
    pytest.param({"email": "eva@zorg.example"}, "Tijdig kent u niet", id="nobody here"),
    pytest.param(
        {"email": "\N{KELVIN SIGN}im@zorg.example"}, "Tijdig kent u niet", id="a letter that only looks alike"
    ),
    pytest.param({"email": "lid-014@zorg.example"}, "Tijdig kent u niet", id="a member has a link"),
    pytest.param({"email_verified": False}, "Uw adres is niet bevestigd", id="an unverified address"),
    pytest.param({"email_verified": "true"}, "Uw adres is niet bevestigd", id="verified in words"),
    pytest.param({"email_verified": None}, "Uw adres is niet bevestigd", id="nothing about it"),
    pytest.param({"email": None}, "Tijdig weet niet wie u bent", id="no address"),
    pytest.param({"email": ["ann@zorg.example"]}, "Tijdig weet niet wie u bent", id="a list"),
    pytest.param({"email": "x" * 300}, "Tijdig weet niet wie u bent", id="far too long"),
    pytest.param({"groups": ["elders"]}, "U hebt geen toegang", id="another group"),
    pytest.param({"groups": []}, "U hebt geen toegang", id="no group"),
    pytest.param({"groups": {"zorg": True}}, "U hebt geen toegang", id="groups of another shape"),
    pytest.param({"groups": [["zorg"], 1]}, "U hebt geen toegang", id="groups of other kinds"),
]


@pytest.mark.parametrize(("claims", "heading"), UNKNOWN)
def test_who_may_not_come_in_reads_why_and_it_is_written_down(
    town: Town, idp: Provider, claims: Claims, heading: str
) -> None:
    town.join("kim", "directeur")
    with town.store.write() as session:
        session.add(Address(person_id="kim", since=town.now.date(), email="kim@zorg.example"))
    idp.signs_in(**claims)

    refused = enter(town)

    assert refused.status_code == 403
    assert f"<h1>{heading}</h1>" in refused.text
    assert len(town.events("denied")) == 1
    assert not is_in(town)


def test_who_is_not_let_in_may_try_as_another_whom_the_provider_asks_anew(town: Town, idp: Provider) -> None:
    idp.signs_in(email="eva@zorg.example")
    assert 'href="/aanmelden/organisatie?ander=ja"' in enter(town).text

    door = town.client.get("/aanmelden/organisatie?ander=ja", follow_redirects=False).headers["location"]
    idp.signs_in()

    assert parse_qs(urlsplit(door).query)["prompt"] == ["login"]
    assert back(town, there(door)).status_code == 303


def test_an_address_of_two_colleagues_lets_in_neither(town: Town) -> None:
    with town.store.write() as session:
        session.add(Address(person_id="bob", since=town.now.date(), email="ann@zorg.example"))

    refused = enter(town)

    assert refused.status_code == 403
    assert "Meer dan een collega" in refused.text


def test_what_the_provider_says_stays_text(town: Town, idp: Provider) -> None:
    idp.signs_in(email="<script>alert(1)</script>@zorg.example")

    assert "<script>" not in enter(town).text


# --- who tries as another


def test_a_made_up_state_gets_nowhere_and_spoils_nothing(town: Town, idp: Provider) -> None:
    address = there(go(town))

    refused = back(town, address, state="verzonnen")

    assert refused.status_code == 400
    assert "<h1>Begin opnieuw met aanmelden</h1>" in refused.text
    assert "/token" not in idp.asked
    assert back(town, address).status_code == 303


def test_an_answer_in_a_browser_that_did_not_ask_gets_nowhere(make_with: Callable[..., Town], idp: Provider) -> None:
    """So that nobody is signed in as another without noticing, nor by a code that was taken from another."""
    town = make_with()
    address = there(go(town))
    town.client.cookies.clear()

    assert back(town, address).status_code == 400

    go(town)
    assert back(town, address).status_code == 400
    assert "/token" not in idp.asked


def test_a_code_of_another_browser_is_of_no_use_with_a_state_of_ones_own(town: Town) -> None:
    stolen = dict(parse_qsl(urlsplit(there(go(town))).query))["code"]
    town.client.cookies.clear()

    refused = back(town, there(go(town)), code=stolen)

    assert refused.status_code == 400
    assert "<h1>Uw aanmelding klopt niet</h1>" in refused.text


def test_an_answer_counts_once(town: Town) -> None:
    address = there(go(town))
    key = town.client.cookies[COOKIE]
    assert back(town, address).status_code == 303
    town.client.cookies.clear()
    assert back(town, address).status_code == 400

    town.client.cookies.set(COOKIE, key)
    again = back(town, address)

    assert again.status_code == 400
    assert not is_in(town)


def test_who_takes_too_long_begins_again(town: Town) -> None:
    address = there(go(town))
    town.now += TAKES + timedelta(seconds=1)

    assert back(town, address).status_code == 400


def test_a_key_that_was_not_made_here_gets_nowhere(town: Town) -> None:
    address = there(go(town))
    town.client.cookies.clear()
    town.client.cookies.set(COOKIE, "WyJ4IiwxNjMzMzMwODAwLCIvIl0.verzonnen")

    assert back(town, address).status_code == 400


def but(**claims: Any) -> Callable[[Claims], str]:
    return lambda said: signed({name: value for name, value in {**said, **claims}.items() if value is not ...})


def later(seconds: int, *names: str) -> Callable[[Claims], str]:
    return lambda said: signed(said | {name: said[name] + seconds for name in names})


def unsigned(said: Claims) -> str:
    return jws.serialize_compact({"alg": "none"}, dumps(said), OctKey.import_key("x"), algorithms=["none"])


def by_the_public_key(said: Claims) -> str:
    """What anybody can sign: with the provider's public key as if it were a secret that we share."""
    parts = ({"alg": "HS256", "kid": "een"}, said)
    text = ".".join(urlsafe_b64encode(dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    made = hmac.digest(KEY.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{urlsafe_b64encode(made).rstrip(b'=').decode()}"


def by_a_key_of_its_own(said: Claims) -> str:
    header = {"alg": "ES256", "jwk": dict(STRANGE_KEY.as_dict(private=False))}
    return jwt.encode(header, said, STRANGE_KEY)


LIES = [
    pytest.param(but(nonce="van een ander"), id="another nonce"),
    pytest.param(but(nonce=...), id="no nonce"),
    pytest.param(but(iss="https://elders.example"), id="another issuer"),
    pytest.param(but(iss=...), id="no issuer"),
    pytest.param(but(aud="een ander"), id="for another audience"),
    pytest.param(but(aud=...), id="for nobody"),
    pytest.param(but(aud=[CLIENT, "een ander"]), id="for another too, and to whom is not said"),
    pytest.param(but(azp="een ander"), id="issued to another client"),
    pytest.param(but(sub=""), id="about nobody"),
    pytest.param(later(-400, "iat", "exp"), id="expired"),
    pytest.param(but(exp=...), id="without an end"),
    pytest.param(but(exp="morgen"), id="with an end in words"),
    pytest.param(later(400, "iat", "exp"), id="of later"),
    pytest.param(unsigned, id="alg none"),
    pytest.param(by_the_public_key, id="the public key as a shared secret"),
    pytest.param(by_a_key_of_its_own, id="a key that it brings along"),
    pytest.param(lambda said: jwt.encode({"alg": "ES256", "kid": "een"}, said, STRANGE_KEY), id="another's signature"),
    pytest.param(lambda said: jwt.encode({"alg": "ES256", "kid": "twee"}, said, NEW_KEY), id="a key it does not show"),
    pytest.param(lambda said: signed(said)[:-8] + "AAAAAAAA", id="a signature that was changed"),
    pytest.param(lambda said: "dit is geen token", id="no token"),
    pytest.param(lambda said: "", id="nothing"),
]


@pytest.mark.parametrize("sign", LIES)
def test_a_token_that_does_not_verify_lets_nobody_in(
    town: Town, idp: Provider, sign: Callable[[Claims], str], caplog: pytest.LogCaptureFixture
) -> None:
    idp.sign = sign

    refused = enter(town)

    assert refused.status_code == 400
    assert "<h1>Uw aanmelding klopt niet</h1>" in refused.text
    assert not is_in(town)
    assert "a sign-in was refused" in caplog.text


GOOD = [
    pytest.param(but(aud=[CLIENT]), id="in a list"),
    pytest.param(but(aud=[CLIENT, "een ander"], azp=CLIENT), id="for another too, but issued to us"),
    pytest.param(later(-330, "iat", "exp"), id="ended half a minute ago by our clock"),
]


@pytest.mark.parametrize("sign", GOOD)
def test_a_token_may_say_the_same_in_another_way(town: Town, idp: Provider, sign: Callable[[Claims], str]) -> None:
    idp.sign = sign

    assert enter(town).status_code == 303


def test_userinfo_about_another_person_lets_nobody_in(town: Town, idp: Provider) -> None:
    idp.person = {"sub": "1"}
    idp.userinfo = {"sub": "2", "email": "ann@zorg.example", "email_verified": True, "groups": ["zorg"]}

    assert enter(town).status_code == 400


ISSUERS = [
    pytest.param({}, {"iss": "https://elders.example"}, id="of another provider"),
    pytest.param({"authorization_response_iss_parameter_supported": True}, {"iss": ""}, id="of whom is not said"),
]


@pytest.mark.parametrize(("says", "instead"), ISSUERS)
def test_an_answer_of_another_provider_gets_nowhere(
    town: Town, idp: Provider, says: Claims, instead: dict[str, str]
) -> None:
    idp.says = says

    assert back(town, there(go(town)), **instead).status_code == 400
    assert "/token" not in idp.asked


ELSEWHERE = ["https://elders.example", "//elders.example", "/\\elders.example", "javascript:alert(1)"]


@pytest.mark.parametrize("to", ELSEWHERE)
def test_the_way_back_leads_to_no_other_site(town: Town, to: str) -> None:
    assert enter(town, to).headers["location"] == "/"


def test_a_visit_that_was_planted_before_is_not_the_one_that_begins(town: Town) -> None:
    town.client.cookies.set(VISIT, "geplant")

    entered = enter(town)

    assert entered.cookies[VISIT] != "geplant"
    assert access.visitor(town.store, "geplant", wall=town.now) == ""


ODD = ["", "code=x", "state=", "state=%FF%FE", "state=\u00e9&code=x", "code=%00&state=x", "state=a&state=b&code=x",
       f"state={'x' * 5000}&code=x", "error=%3Cscript%3E&state=x", "state[]=x&code[]=x"]  # fmt: skip


@pytest.mark.parametrize("query", ODD, ids=repr)
@pytest.mark.parametrize("went", [True, False], ids=["went", "never went"])
def test_an_odd_answer_gets_nowhere(town: Town, idp: Provider, query: str, went: bool) -> None:
    if went:
        go(town)

    refused = town.client.get(f"/aanmelden/terug?{query}", follow_redirects=False)

    assert refused.status_code in (400, 404)
    assert "<script>" not in refused.text
    assert "/token" not in idp.asked


def test_who_was_turned_away_there_reads_so_and_nothing_of_what_the_address_says(town: Town) -> None:
    address = there(go(town))

    refused = back(town, address, code="", error="access_denied", error_description="Bel 0900-1234")

    assert refused.status_code == 403
    assert "<h1>U bent niet aangemeld</h1>" in refused.text
    assert "0900" not in refused.text


def test_a_code_stays_out_of_the_access_log() -> None:
    path = "/aanmelden/terug?code=geheim&state=ook"
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, "%s %s", ("GET", path), None)

    mask_tokens(record)

    assert record.getMessage() == "GET /aanmelden/terug?…"


# --- the provider is ill

ILL = [
    pytest.param({"/.well-known/openid-configuration": 500}, {}, id="no metadata"),
    pytest.param({"/keys": 404}, {}, id="no keys"),
    pytest.param({}, {"issuer": "https://elders.example"}, id="it calls itself otherwise"),
    pytest.param({}, {"token_endpoint": "ftp://elders.example"}, id="a token endpoint of another kind"),
    pytest.param({}, {"authorization_endpoint": "javascript:alert(1)"}, id="a door that is a script"),
    pytest.param({}, {"jwks_uri": "http://127.0.0.1:1/"}, id="its keys are with a party that is down"),
    pytest.param({}, {"jwks_uri": None}, id="it names no keys"),
    pytest.param({}, {"vulling": "x" * 600_000}, id="it says too much"),
]


@pytest.mark.parametrize(("fails", "says"), ILL)
def test_when_the_provider_is_ill_one_reads_so_before_going(
    town: Town, idp: Provider, fails: dict[str, int], says: Claims
) -> None:
    idp.fails, idp.says = fails, says

    refused = town.client.get("/aanmelden/organisatie", follow_redirects=False)

    assert refused.status_code == 503
    assert "<h1>Aanmelden kan nu even niet</h1>" in refused.text


@pytest.mark.parametrize("path", ["/token", "/userinfo"])
def test_when_the_provider_falls_ill_on_the_way_one_reads_so_afterwards(town: Town, idp: Provider, path: str) -> None:
    idp.person, idp.fails = {"sub": "1"}, {path: 503}

    assert enter(town).status_code == 503


def test_a_provider_that_is_ill_is_left_alone_for_a_while(town: Town, idp: Provider) -> None:
    idp.fails = {"/keys": 500}
    for _ in range(3):
        town.client.get("/aanmelden/organisatie", follow_redirects=False)
    assert idp.asked.count("/keys") == 1

    idp.fails = {}
    town.now += AGAIN

    assert enter(town).status_code == 303


def test_what_it_offers_is_asked_once_an_hour(town: Town, idp: Provider) -> None:
    for _ in range(3):
        enter(town)
    assert idp.asked.count("/keys") == 1

    town.now += FRESH
    go(town)

    assert idp.asked.count("/keys") == 2


def test_a_new_key_is_found_without_waiting_that_long(town: Town, idp: Provider) -> None:
    enter(town)
    idp.keys = [NEW_KEY]
    idp.sign = lambda said: jwt.encode({"alg": "ES256", "kid": "twee"}, said, NEW_KEY)
    town.now += AGAIN

    assert enter(town).status_code == 303


def test_when_too_many_come_at_once_one_is_asked_to_try_again(town: Town) -> None:
    provider = town.app.state.house.provider
    with ExitStack() as others:
        for _ in range(AT_ONCE):
            others.enter_context(provider.asking())

        assert town.client.get("/aanmelden/organisatie", follow_redirects=False).status_code == 503

    assert enter(town).status_code == 303


def test_a_wrong_secret_is_told_to_the_administrator_and_not_to_the_visitor(
    make_with: Callable[..., Town], idp: Provider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    town = make_with()
    monkeypatch.setattr(providers, "SECRET", "een ander")

    refused = enter(town)

    assert refused.status_code == 503
    assert "invalid_client" in caplog.text
    assert SECRET not in caplog.text
    assert "invalid" not in refused.text


# --- what the doctor says


def signing_in(town: Town) -> tuple[bool, str]:
    found = {check.name: check for check in examine(town.settings, wall=town.now)}["sign-in"]
    return found.ok, found.detail


def test_the_doctor_says_where_colleagues_sign_in(town: Town, idp: Provider) -> None:
    assert signing_in(town) == (True, f"via {idp.url}, herkend aan email; afmelden ook daar")


def test_the_doctor_says_what_is_wrong_with_the_provider(town: Town, idp: Provider) -> None:
    idp.says = {"issuer": f"{idp.url}/"}

    ok, said = signing_in(town)

    assert not ok
    assert f"it calls itself '{idp.url}/': set TIJDIG_OIDC_ISSUER to exactly that" in said


def test_the_doctor_names_who_would_not_be_recognised(town: Town) -> None:
    town.join("eve", "directeur")
    with town.store.write() as session:
        session.add(Address(person_id="bob", since=town.now.date(), email="Ann@zorg.example"))

    ok, said = signing_in(town)

    assert not ok
    assert "zonder mailadres: eve; met dat van een ander: ann, bob" in said


# --- out again


def test_signing_out_shows_the_way_out_there_too(town: Town, idp: Provider) -> None:
    enter(town)

    left = town.post("/afmelden", {}, page=town.get("/").text)
    page = town.get(left.headers["location"]).text

    assert left.headers["location"] == "/afgemeld"
    assert (
        f'href="{idp.url}/end?client_id=tijdig&amp;post_logout_redirect_uri=http%3A%2F%2Ftestserver%2Faanmelden' in page
    )
    assert not is_in(town)


WITHOUT = [pytest.param({}, {"end_session_endpoint": None}, id="it has none"),
           pytest.param({"/keys": 500}, {}, id="it is ill")]  # fmt: skip


@pytest.mark.parametrize(("fails", "says"), WITHOUT)
def test_without_a_way_out_there_one_is_signed_out_here(
    town: Town, idp: Provider, fails: dict[str, int], says: Claims
) -> None:
    idp.fails, idp.says = fails, says

    page = town.get("/afgemeld").text

    assert "U bent afgemeld bij Tijdig" in words(page)
    assert "Ook afmelden" not in page


def test_who_came_in_by_a_password_is_not_sent_there(town: Town) -> None:
    town.enter("ann")

    assert town.post("/afmelden", {}, page=town.get("/").text).headers["location"] == "/aanmelden"


def test_a_visit_by_the_provider_ends_within_the_day_however_busy_it_is(town: Town) -> None:
    enter(town)
    for _ in range(11):
        town.later(hours=1)
        assert is_in(town)

    town.later(hours=1)

    assert not is_in(town)


@pytest.mark.parametrize("path", ["/aanmelden/organisatie", "/aanmelden/terug", "/afgemeld"])
def test_without_a_provider_there_are_no_such_pages(make: Callable[[str], Town], path: str) -> None:
    town = make("live")

    assert town.get(path).status_code == 404
    assert "organisatie" not in town.get("/aanmelden").text
