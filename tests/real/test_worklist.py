"""The worklist in a real browser: from signing in to a decision, by keyboard, on a phone, and without scripts."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.web.town import Town
from tijdig.service import access

pytestmark = [pytest.mark.real, pytest.mark.long]

PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 900}
PASSWORD = "een haas in het hoge gras"
FOCUSED = "document.activeElement.id || document.activeElement.textContent.trim()"
MOST_TABS = 40


@pytest.fixture
def known(town: Town) -> Town:
    with town.store.write() as session:
        access.choose_password(session, "ann", PASSWORD, by="root", wall=town.now)
    return town


def tab_to(page: Page, wanted: str) -> None:
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == wanted:
            return
    raise AssertionError(f"no Tab leads to {wanted}")


def sign_in(town: Town, page: Page) -> None:
    page.goto(f"{town.settings.url}/aanmelden")
    page.get_by_label("Naam").fill("ann")
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Aanmelden").click()
    page.get_by_role("heading", name="Mijn werk").wait_for()


def test_an_adviser_decides_from_her_worklist_by_keyboard_alone(known: Town, browser: Browser) -> None:
    case = known.open()
    page = browser.new_page(viewport=DESK)
    page.goto(f"{known.settings.url}/aanmelden")

    tab_to(page, "naam")
    page.keyboard.type("ann")
    tab_to(page, "wachtwoord")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Mijn werk").wait_for()
    tab_to(page, "Geef een oordeel: groen of rood, Lid 014")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="ORA-2021-001 Oranje dossier").wait_for()
    tab_to(page, "Geef een oordeel: groen of rood")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Besluit vastleggen").wait_for()
    tab_to(page, "uitkomst-1")
    page.keyboard.press("Space")
    tab_to(page, "Besluit vastleggen")
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="Ontvangen").wait_for()
    assert known.decisions(case) == [("judge", "green", "ann")]
    page.close()


def test_without_scripts_on_a_phone_one_finds_why_a_date_is_that_date(known: Town, browser: Browser) -> None:
    known.open()
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    sign_in(known, page)

    page.locator('a[href$="#waarom-judge"]').click()

    assert page.locator("#waarom-judge").get_by_text("12 weken later is vr 15 okt 2021.").is_visible()
    context.close()


def test_without_scripts_on_a_phone_tasks_are_handed_over_together(known: Town, browser: Browser) -> None:
    known.open()
    known.open("kinds", "lid-015")
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    sign_in(known, page)

    page.get_by_label("Kies Geef een oordeel: groen of rood, Lid 014, ORA-2021-001").check()
    page.get_by_label("Kies Weeg af, Lid 015, KIN-2021-001").check()
    page.get_by_role("button", name="Overdragen…").click()
    page.get_by_label("Aan wie?").select_option("Bob")
    page.get_by_role("button", name="Bekijk wat er gebeurt").click()
    page.get_by_label("Reden").fill("ann is een maand met verlof")
    page.get_by_role("button", name="Doorvoeren").click()

    page.get_by_text("2 taken overgedragen.").wait_for()
    assert [known.records(case)[-1].person for case in ("ORA-2021-001", "KIN-2021-001")] == ["bob", "bob"]
    context.close()


def test_a_fact_is_corrected_by_keyboard_after_its_consequences(known: Town, browser: Browser) -> None:
    case = known.open()
    page = browser.new_page(viewport=DESK)
    sign_in(known, page)
    page.goto(f"{known.settings.url}/dossier/{case}/handeling/corrigeren?gegeven=orange_on")

    tab_to(page, "feit-orange_on")
    page.keyboard.type("30-07-2021")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Gevolgen").wait_for()
    assert (
        page.get_by_role("row", name="Geef een oordeel: groen of rood uiterlijk vr 15 okt 2021 vr 22 okt").count() == 1
    )
    tab_to(page, "reden")
    page.keyboard.type("datum stond verkeerd in het verslag")
    tab_to(page, "Doorvoeren")
    page.keyboard.press("Enter")

    page.get_by_text("Het gegeven is gecorrigeerd.").wait_for()
    assert known.records(case)[-1].values == {"orange_on": "2021-07-30"}
    page.close()


def test_a_filter_renews_the_list_alone_says_so_and_can_be_gone_back_from(known: Town, browser: Browser) -> None:
    known.open()
    page = browser.new_page(viewport=DESK)
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    sign_in(known, page)
    page.evaluate("window.same = true")

    page.get_by_label("Procedure").select_option("orange-status")
    page.get_by_role("button", name="Toon").click()
    page.locator("#vernieuwd", has_text="Mijn werk is bijgewerkt.").wait_for(state="attached")

    assert "procedure=orange-status" in page.url
    assert page.evaluate("window.same") is True  # the page is the one that it was
    assert page.get_by_label("Procedure").input_value() == "orange-status"
    assert page.evaluate("document.activeElement.textContent") == "Mijn werk"
    page.go_back()
    page.wait_for_url(f"{known.settings.url}/")
    assert page.get_by_label("Procedure").input_value() == ""
    assert trouble == []
    page.close()


PAGES = ("/", "/dossiers", "/dossier/ORA-2021-001", "/dossier/ORA-2021-001/berichten",
         "/dossier/ORA-2021-001/logboek", "/dossier/ORA-2021-001/taak/judge", "/procedures",
         "/procedures/orange-status", "/dossiers/nieuw", "/dossiers/nieuw?procedure=red-follow-up&onderwerp=lid-014",
         "/dossier/ORA-2021-001/handeling/overdragen", "/dossier/ORA-2021-001/handeling/corrigeren",
         "/dossier/ORA-2021-001/documenten", "/logboek", "/rapportages",
         "/procedures/orange-status/proefdraaien?start=1-10-2021&tot=31-12-2021")  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_each_page_fits_a_phone_and_has_one_heading(known: Town, browser: Browser, path: str, tmp_path: Path) -> None:
    known.open()
    page = browser.new_page(viewport=PHONE)
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    sign_in(known, page)

    page.goto(known.settings.url + path)
    page.screenshot(path=tmp_path / "phone.png", full_page=True)

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.locator("h1").count() == 1
    assert trouble == []
    page.close()
