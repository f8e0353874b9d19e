"""Signing in by a certified identity provider (oidc-provider of npm) in a real browser, and out again there too.

It asks for PKCE, takes a code once and tells mail address and groups at userinfo only. How a liar fares: tests/web.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.databases import Databases
from tests.real.conftest import served
from tests.web.town import Town, found
from tijdig.service.doctor import examine
from tijdig.settings import Settings
from tijdig.web.oidc import COOKIE

pytestmark = [pytest.mark.real, pytest.mark.long]

PROGRAM = Path(__file__).parent / "provider"
SECRET = "een geheim: van de + beheerder"
PEOPLE = {
    "Ann": {"email": "ann@zorg.example", "email_verified": True, "groups": ["elders", "zorg"]},
    "Bob": {"email": "bob@zorg.example", "email_verified": True, "groups": ["elders"]},
    "Dir": {"email": "dir@zorg.example", "email_verified": False, "groups": ["zorg"]},
    "Eva": {"email": "eva@zorg.example", "email_verified": True, "groups": ["zorg"]},
}
PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def program(npm_path: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The provider with all that it needs, as its lock file says."""
    folder = tmp_path_factory.mktemp("provider")
    for name in ("package.json", "package-lock.json", "provider.mjs"):
        shutil.copy(PROGRAM / name, folder)
    subprocess.run([npm_path, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True)
    return folder


@contextmanager
def provider(program: Path, url: str) -> Iterator[str]:
    """It runs as a process and lets in whoever types a name; gives its issuer."""
    said = {"CLIENT_SECRET": SECRET, "BACK": f"{url}/aanmelden/terug", "AFTER": f"{url}/aanmelden",
            "PEOPLE": json.dumps(PEOPLE), "PATH": os.environ["PATH"]}  # fmt: skip
    with subprocess.Popen(
        ["node", "provider.mjs"], cwd=program, env=said, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        issuer = next(line.split()[1] for line in running.stdout if line.startswith("issuer "))
        try:
            yield issuer
        finally:
            running.terminate()


@pytest.fixture
def town(databases: Databases, program: Path, tmp_path: Path) -> Iterator[Town]:
    """A town whose colleagues sign in by that provider; its clock is the real one, as the provider's is."""
    with ExitStack() as opened:
        listening = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        address = databases.new()
        found(address)
        settings = Settings.read({
            "TIJDIG_DATA": str(tmp_path), "TIJDIG_DATABASE_URL": address, "TIJDIG_URL": url,
            "TIJDIG_OIDC_ISSUER": opened.enter_context(provider(program, url)), "TIJDIG_OIDC_CLIENT_ID": "tijdig",
            "TIJDIG_OIDC_CLIENT_SECRET": SECRET, "TIJDIG_OIDC_GROUPS": "zorg=werklijst",
        })  # fmt: skip
        yield opened.enter_context(served(Town(settings, now=datetime.now(UTC)), listening))


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A page in a browser of its own, without scripts unless told."""
    contexts = []

    def page(scripts: bool = False, **more: object) -> Page:
        contexts.append(browser.new_context(java_script_enabled=scripts, **more))
        return contexts[-1].new_page()

    yield page
    for context in contexts:
        context.close()


def sign_in(town: Town, page: Page, name: str, path: str = "/dossiers") -> None:
    go(town, page, path)
    come_back(page, name)


def go(town: Town, page: Page, path: str = "/dossiers") -> None:
    """From a page of ours to the provider's."""
    page.goto(f"{town.settings.url}{path}")
    page.get_by_role("link", name="Aanmelden met uw organisatie").click()
    page.get_by_placeholder("Enter any login").wait_for()


def come_back(page: Page, name: str) -> str:
    """Sign in there as somebody; gives the address on which one came back."""
    page.get_by_placeholder("Enter any login").fill(name)
    page.get_by_placeholder("and password").fill("wat dan ook")
    page.get_by_role("button", name="Sign-in").click()
    with page.expect_request("**/aanmelden/terug?*") as answered:
        page.get_by_role("button", name="Continue").click()
    page.wait_for_load_state()
    return answered.value.url


def test_a_colleague_comes_in_by_her_organisation_and_goes_out_there_too(
    town: Town, open_page: Callable[..., Page]
) -> None:
    page = open_page(viewport=DESK)

    sign_in(town, page, "Ann", "/dossiers?zoek=ORA")
    assert page.url == f"{town.settings.url}/dossiers?zoek=ORA"
    assert page.get_by_role("heading", name="Dossiers").is_visible()
    assert page.get_by_text("Ann", exact=True).is_visible()

    page.get_by_role("button", name="Afmelden").click()
    page.get_by_role("link", name="Ook afmelden bij uw organisatie").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    page.wait_for_url(f"{town.settings.url}/aanmelden")
    go(town, page)


def test_an_answer_that_is_given_again_lets_nobody_in(town: Town, open_page: Callable[..., Page]) -> None:
    page, other = open_page(), open_page()
    go(town, page)
    [key] = [cookie["value"] for cookie in page.context.cookies(town.settings.url) if cookie["name"] == COOKIE]
    answer = come_back(page, "Ann")

    other.goto(answer)
    assert other.get_by_role("heading", name="Begin opnieuw met aanmelden").is_visible()
    other.context.add_cookies([{"name": COOKIE, "value": key, "url": town.settings.url}])
    other.goto(answer)

    assert other.get_by_role("heading", name="Uw aanmelding klopt niet").is_visible()
    assert town.events("sign_in") == ["ann"]


REFUSED = [("Eva", "Tijdig kent u niet"), ("Bob", "U hebt geen toegang"), ("Dir", "Uw adres is niet bevestigd")]


@pytest.mark.parametrize(("name", "heading"), REFUSED)
def test_who_may_not_come_in_reads_why_on_a_phone(
    town: Town, open_page: Callable[..., Page], name: str, heading: str, tmp_path: Path
) -> None:
    page = open_page(scripts=True, viewport=PHONE)

    sign_in(town, page, name)
    page.screenshot(path=tmp_path / "refused.png", full_page=True)

    assert page.get_by_role("heading", level=1).all_inner_texts() == [heading]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("link", name="Met een ander account aanmelden").click()
    come_back(page, "Ann")
    assert page.get_by_text("Ann", exact=True).is_visible()


def test_the_doctor_finds_it_well(town: Town) -> None:
    found = {check.name: check for check in examine(town.settings, wall=town.now)}["sign-in"]

    assert found.ok, found.detail
    assert found.detail.endswith("herkend aan email; afmelden ook daar")
