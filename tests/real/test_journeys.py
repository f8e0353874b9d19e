"""What people come for, in a real browser, on the last day of the demo's story: one journey for each reason to come."""

import re
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from flows import PROCEDURES, PROGRAMMES
from models.schema import open_store
from tests.databases import Databases
from tijdig.service.batch import start_batch
from tijdig.service.dossier import dossier
from tijdig.service.setup import init
from tijdig.service.story import play
from tijdig.service.trial import captured_mail
from tijdig.settings import Settings
from tijdig.web.app import create_app

pytestmark = [pytest.mark.real, pytest.mark.long, pytest.mark.timeout(300)]

TODAY = datetime(2026, 11, 24, 20, tzinfo=UTC)
PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 900}
MOST_TABS = 80
FOCUSED = "document.activeElement.id || document.activeElement.textContent.trim().replace(/\\s+/g, ' ')"

Settled = Callable[[str], Settings]


@pytest.fixture(scope="module")
def told(shared_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The story, played once."""
    settings = _settings(shared_databases.new(), tmp_path_factory.mktemp("told"), port=80)
    init(settings.database_url, PROCEDURES, PROGRAMMES, trial=True, sample=True, wall=TODAY)
    store = open_store(settings.database_url)
    play(store, settings, today=TODAY.date(), wall=TODAY)
    store.close()
    return settings


def _settings(address: str, data: Path, port: int) -> Settings:
    return Settings.read(
        {"TIJDIG_DATABASE_URL": address, "TIJDIG_DATA": str(data), "TIJDIG_URL": f"http://127.0.0.1:{port}"}
    )


@dataclass(frozen=True)
class House:
    """A copy of the story that a browser can enter."""

    settings: Settings
    browser: Browser

    @contextmanager
    def visited(self, person: str = "", *, scripts: bool = True, viewport: Any = DESK) -> Iterator[Page]:
        """A page of a browser of its own, entered as somebody; what goes wrong in it is an error of the test."""
        context = self.browser.new_context(java_script_enabled=scripts, viewport=viewport, base_url=self.settings.url)
        context.set_default_timeout(10_000)
        page, trouble = context.new_page(), list[str]()
        page.on("console", lambda message: trouble.append(message.text))
        if person:
            page.goto("/aanmelden")
            page.locator(f"button[value={person}]").click()
            page.get_by_role("heading", name="Mijn werk").wait_for()
        try:
            yield page
        finally:
            page.screenshot(path=self.settings.data / "seen.png", full_page=True)  # where it ended, well or ill
            context.close()
        assert [said for said in trouble if "422" not in said] == []  # so is a form answered that has to be mended

    def dossier(self, case: str) -> dict[str, Any]:
        store = open_store(self.settings.database_url)
        with store.read() as session:
            found = dossier(session, case, TODAY)
        store.close()
        return found

    def log_of(self, case: str) -> list[str]:
        return [entry["key"] for entry in self.dossier(case)["log"]]

    def link(self, person: str, about: str) -> str:
        """The way in of a mail that somebody got about something: of all that stand open, any leads there."""
        files = (captured_mail(self.settings.data, path.stem) for path in (self.settings.data / "mail").glob("*.eml"))
        texts = [mail.text for mail in files if mail and person in mail.to and about in mail.subject]
        return re.findall(r"https?://[^/\s]+(/t/\S+)", texts[0])[0]


@pytest.fixture
def house(told: Settings, databases: Databases, browser: Browser, tmp_path: Path) -> Iterator[House]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        data = tmp_path / "data"
        shutil.copytree(told.data, data)
        settings = _settings(databases.copy(told.database_url), data, listening.getsockname()[1])
        server = uvicorn.Server(uvicorn.Config(create_app(settings, wall=lambda: TODAY), log_level="warning"))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield House(settings, browser)
        server.should_exit = True
        thread.join()


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the focus is there: on an id, or on words."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == wanted:
            return
    raise AssertionError(f"no Tab leads to {wanted}")


# --- the adviser


def test_the_adviser_judges_what_is_due_today_by_keyboard_alone(house: House) -> None:
    with house.visited("adviser1") as page:
        tab_to(page, "Geef een oordeel: groen of rood, Lid 014")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="ORA-2026-002 Oranje dossier").wait_for()
        tab_to(page, "Geef een oordeel: groen of rood")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Besluit vastleggen").wait_for()
        tab_to(page, "uitkomst-1")
        page.keyboard.press("Space")
        tab_to(page, "Besluit vastleggen")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Ontvangen").wait_for()

    assert house.log_of("ORA-2026-002")[-1] == "case/1/close/green"


def test_the_adviser_finds_on_a_phone_without_scripts_why_a_date_is_that_date(house: House) -> None:
    with house.visited("adviser1", scripts=False, viewport=PHONE) as page:
        page.locator('a[href$="/dossier/ORA-2026-002#waarom-judge"]').click()

        assert page.locator("#waarom-judge").get_by_text("12 weken later is di 24 nov 2026.").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_adviser_corrects_a_date_after_seeing_what_moves(house: House) -> None:
    with house.visited("adviser1") as page:
        page.goto("/dossier/ORA-2026-002")
        page.locator("dd", has_text="di 1 sep 2026").get_by_role("link", name="Corrigeren").click()
        page.get_by_label("Oranje vastgesteld").fill("8-9-2026")
        page.get_by_role("button", name="Bekijk de gevolgen").click()
        page.get_by_role("heading", name="Gevolgen").wait_for()
        assert page.get_by_text("di 1 dec 2026").count() > 0
        page.get_by_label("Reden").fill("het verslag noemt 8 september")
        page.get_by_role("button", name="Doorvoeren").click()
        page.get_by_text("Het gegeven is gecorrigeerd.").wait_for()

    norm = next(asked for asked in house.dossier("ORA-2026-002")["obligations"] if asked["step"] == "norm")
    assert norm["due"] == "2026-12-01"


def test_the_adviser_starts_a_review_from_the_page_of_a_member(house: House) -> None:
    with house.visited("adviser1") as page:
        page.get_by_role("link", name="Leden").click()
        page.get_by_role("link", name="Lid 030").click()
        page.get_by_role("link", name="Nieuw dossier").click()
        page.get_by_label("Oranje dossier").check()
        page.get_by_role("button", name="Verder").click()
        page.get_by_label("Oranje vastgesteld").fill("20-11-2026")
        page.get_by_role("button", name="Bekijk wat er gebeurt").click()
        page.get_by_role("heading", name="Dit zou er gebeuren").wait_for()
        assert page.get_by_text("vr 12 feb 2027").count() > 0
        page.get_by_role("button", name="Dossier openen").click()
        page.get_by_role("heading", name=re.compile("Oranje dossier")).wait_for()

    assert house.dossier("orange-status/lid-030")["facts"]["orange_on"] == "2026-11-20"


# --- the member, who has no account


def test_a_member_hands_in_from_the_mail_on_a_phone_without_scripts(house: House) -> None:
    with house.visited(scripts=False, viewport=PHONE) as page:
        page.goto(house.link("lid-007", "bewijs"))
        page.get_by_label("Toelichting").fill("Alle dossiers zijn bijgewerkt.")
        page.get_by_role("button", name="Versturen").click()
        page.get_by_role("heading", name="Ontvangen").wait_for()

    assert "improve/1/decide/handed_in" in house.log_of("ORA-2026-003")


# --- the director


def test_the_director_decides_from_the_list_by_keyboard_alone(house: House) -> None:
    with house.visited("director1") as page:
        tab_to(page, "Kies: afscheid van het lid of verplichte ondersteuning, Lid 011")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="ROO-2026-001").wait_for()
        tab_to(page, "Kies: afscheid van het lid of verplichte ondersteuning")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Besluit vastleggen").wait_for()
        tab_to(page, "uitkomst-1")
        page.keyboard.press("ArrowDown")
        tab_to(page, "reden")
        page.keyboard.type("begeleiding door een collega-boer")
        tab_to(page, "Besluit vastleggen")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Ontvangen").wait_for()

    assert any(key.startswith("choose/1/decide/") for key in house.log_of("ROO-2026-001"))


# --- the buyer


def test_the_buyer_hands_in_a_paper_for_the_tender(house: House, tmp_path: Path) -> None:
    vog = tmp_path / "vog.pdf"
    vog.write_bytes(b"%PDF-1.7 vog")
    with house.visited("buyer1") as page:
        page.get_by_role("link", name=re.compile("Lever de VOG rechtspersonen in")).click()
        page.get_by_role("link", name="Lever de VOG rechtspersonen in").click()
        page.get_by_label("VOG rechtspersonen", exact=True).set_input_files(vog)
        page.get_by_label("Datum van de VOG rechtspersonen").fill("1-10-2026")
        page.get_by_role("button", name="Versturen").click()
        page.get_by_role("heading", name="Ontvangen").wait_for()

    assert "hand_in_vog/1/decide/handed_in" in house.log_of("AAN-2026-001")


def test_the_buyer_sees_what_must_begin_when_to_be_in_time(house: House) -> None:
    with house.visited("buyer1", scripts=False) as page:
        page.get_by_role("link", name="Termijnkalender").click()
        page.get_by_role("link", name="Terugrekenen").click()
        page.get_by_role("heading", name=re.compile("Terugrekenen")).wait_for()
        row = page.locator("tr", has_text="certificaat").first
        assert row.get_by_text("do 21 jan 2027").is_visible()


# --- the quality team


def test_the_quality_team_gives_an_opinion_without_scripts(house: House) -> None:
    with house.visited("quality1", scripts=False) as page:
        page.get_by_role("link", name=re.compile("Geef advies")).click()
        page.get_by_role("link", name=re.compile("Geef advies")).click()
        page.get_by_label("Positief", exact=True).check()
        page.get_by_label("Reden").fill("het team is groot genoeg")
        page.get_by_role("button", name="Besluit vastleggen").click()
        page.get_by_role("heading", name="Ontvangen").wait_for()

    assert "quality_opinion/1/decide/positive" in house.log_of("ZAP-2026-001")


# --- the Wzd officer


def test_the_wzd_officer_hands_in_the_log_and_sees_who_is_missing(house: House, tmp_path: Path) -> None:
    half_year = "wzd-half-year,2026-1,adviser1,2026-11-24T09:00,2026-01-01,2026-06-30,2026-12-15"
    store = open_store(house.settings.database_url)
    with store.write() as session:
        opened = start_batch(
            session, f"procedure,subject,by,at,period_from,period_until,igj_on\n{half_year}\n".encode(), wall=TODAY
        )
    store.close()
    log = tmp_path / "logboek.csv"
    log.write_text("member,client,kind,begin,end,emergency\nlid-001,c-1,a,2026-02-03 14:00,2026-02-03 15:00,nee\n")
    with house.visited("wzd1") as page:
        page.get_by_role("link", name=re.compile("Lever uw logboek in")).click()
        page.get_by_role("link", name="Lever uw logboek in").click()
        page.locator("input[type=file]").set_input_files(log)
        page.get_by_role("button", name="Versturen").click()
        page.get_by_role("heading", name="Ontvangen").wait_for()
        page.get_by_role("link", name="Rapportages").click()
        page.get_by_role("link", name="Wzd-halfjaaroverzicht 2026-1").click()
        assert page.get_by_text("0 van 40 · ontbreekt: Lid 001").is_visible()

    assert opened.problems == ()
    assert any(key.startswith("log/1/decide/") for key in house.log_of("WZH-2026-001"))


# --- the administrator


def test_the_administrator_takes_over_forty_running_files_and_mends_a_row_on_the_page(
    house: House, tmp_path: Path
) -> None:
    theirs = [f"nieuw-{number}" for number in range(1, 41)]
    files = [f"orange-status,{member},adviser1,2026-11-24T09:00,2026-10-05,improve" for member in theirs]
    files[5] = files[5].replace("2026-10-05", "2026-13-05")
    members, running = tmp_path / "leden.csv", tmp_path / "lopend.csv"
    members.write_text("\n".join(["reference,name,email", *(f"{m},Boerderij {m},{m}@boer.example" for m in theirs)]))
    running.write_text("\n".join(["procedure,subject,by,at,orange_on,step", *files]))
    with house.visited("beheer") as page:
        page.get_by_role("link", name="Beheer").click()
        page.get_by_role("main").get_by_role("link", name="Overnemen").click()
        page.get_by_label("Leden").set_input_files(members)
        page.get_by_label("Lopende dossiers").set_input_files(running)
        page.get_by_role("button", name="Bekijk elke rij").click()
        page.get_by_role("heading", name=re.compile("verbeter eerst")).wait_for()
        page.get_by_label("orange_on (rij 7)").fill("2026-10-06")
        page.get_by_role("button", name="Bekijk opnieuw").click()
        page.get_by_role("heading", name=re.compile("Klopt alles")).wait_for()
        assert page.get_by_text("40 dossiers gaan open").is_visible()
        page.get_by_label("Reden").fill("wij stoppen met de spreadsheet")
        page.get_by_role("button", name="Alles overnemen").click()
        page.get_by_role("heading", name=re.compile("vergenomen")).wait_for()

    assert [house.dossier(f"orange-status/{member}")["state"] for member in theirs] == ["open"] * 40


def test_the_administrator_notes_who_is_away_on_a_phone(house: House) -> None:
    with house.visited("beheer", viewport=PHONE) as page:
        page.goto("/beheer/afwezigheid/nieuw")
        page.get_by_label("Persoon").select_option("quality2")
        page.get_by_label("Vervanger").select_option("quality1")
        page.get_by_label("Eerste dag").fill("25-11-2026")
        page.get_by_label("Laatste dag").fill("4-12-2026")
        page.get_by_role("button", name="Afwezigheid vastleggen").click()
        page.get_by_text("Foxtrot Kwaliteit").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
