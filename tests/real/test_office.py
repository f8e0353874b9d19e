"""Beheer in a real browser: each page on a phone, and a running administration taken over without scripts."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.real.test_worklist import PASSWORD, PHONE
from tests.web.test_office import incident, mail
from tests.web.town import Town
from tijdig.service import access

pytestmark = [pytest.mark.real, pytest.mark.long]

MEMBERS = "reference,name,email\n" + "".join(f"lid-{n},Hoeve {n},lid-{n}@zorg.example\n" for n in range(100, 140))
CASES = "procedure,subject,by,orange_on,step\n" + "".join(
    f"orange-status,lid-{n},ann,2021-08-02,improve\n" for n in range(100, 140)
)
PAGES = ("", "/postvak-uit", "/postvak-uit/1", "/incidenten", "/incidenten/1", "/personen", "/personen/nieuw",
         "/personen/ann", "/rollen", "/rollen/nieuw", "/rollen/1", "/afwezigheid", "/afwezigheid/nieuw", "/dekking",
         "/instellingen", "/instellingen/orange_term", "/kalenders", "/mailstand", "/bewaking", "/verzetten",
         "/overnemen")  # fmt: skip


@pytest.fixture
def office(town: Town) -> Town:
    town.join("root", "beheerder")
    with town.store.write() as session:
        access.choose_password(session, "root", PASSWORD, by="test", wall=town.now)
    mail(town, "onzeker")
    incident(town)
    return town


def sign_in(town: Town, page: Page) -> None:
    page.goto(f"{town.settings.url}/aanmelden?naar=/beheer")
    page.get_by_label("Naam").fill("root")
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Aanmelden").click()
    page.get_by_role("heading", name="Beheer").wait_for()


def test_each_page_fits_a_phone_and_has_one_heading(office: Town, browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page(viewport=PHONE)
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    sign_in(office, page)

    for path in PAGES:
        page.goto(f"{office.settings.url}/beheer{path}")
        page.screenshot(path=tmp_path / f"{path.strip('/').replace('/', '-') or 'beheer'}.png", full_page=True)

        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        assert page.locator("h1").count() == 1, path
    assert trouble == []
    page.close()


def test_without_scripts_forty_running_files_are_taken_over_and_a_bad_row_is_mended(
    office: Town, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(office, page)

    page.get_by_role("link", name="Overnemen").first.click()
    bad = MEMBERS.replace("lid-103@zorg.example", "lid-103@")
    for label, name, text in (("Leden", "leden.csv", bad), ("Lopende dossiers", "dossiers.csv", CASES)):
        page.get_by_label(label).set_input_files({"name": name, "mimeType": "text/csv", "buffer": text.encode()})
    page.get_by_role("button", name="Bekijk elke rij").click()
    page.get_by_label("email (rij 5)").fill("lid-103@zorg.example")
    page.get_by_role("button", name="Bekijk opnieuw").click()
    page.get_by_text("Lopende dossiers: 40 rijen kloppen").wait_for()
    page.get_by_label("Reden").fill("overgang van het oude systeem")
    page.get_by_role("button", name="Alles overnemen").click()

    page.get_by_role("heading", name="Overgenomen").wait_for()
    assert page.get_by_text("40 dossiers zijn geopend").is_visible()
    context.close()
