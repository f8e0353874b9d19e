"""The link's page in a real browser, served by uvicorn: by keyboard, on a phone, without scripts, and twice at once."""

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.town import Town, hidden

pytestmark = [pytest.mark.real, pytest.mark.long]

PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 900}
FOCUSED = "document.activeElement.id || document.activeElement.textContent.trim()"
MOST_TABS = 15
TARGETS = "button, .button, input:not([type=radio], [type=hidden]), textarea, label.choice, .badge, summary"


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.pdf"
    path.write_bytes(b"%PDF-1.7 een plan")
    return path


def at(town: Town, token: str) -> str:
    return f"{town.settings.url}/t/{token}"


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the focus is there: on an id, or on words."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == wanted:
            assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
            return
    raise AssertionError(f"no Tab leads to {wanted}")


def test_a_member_hands_in_a_file_by_keyboard_alone(town: Town, browser: Browser, plan: Path) -> None:
    case = town.open()
    page = browser.new_page(viewport=PHONE)
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    # Before the page is there: a listener that comes with the key press may come after the chooser.
    page.on("filechooser", lambda chooser: chooser.set_files(plan))
    page.goto(at(town, town.link(case)))

    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "Naar de inhoud"
    tab_to(page, "feit-evidence")
    page.keyboard.press("Space")
    expect(page.locator("#feit-evidence")).to_have_value(re.compile(r"plan\.pdf$"))
    tab_to(page, "feit-explanation")
    page.keyboard.type("Zie bladzijde 2")
    tab_to(page, "Versturen")
    page.keyboard.press("Enter")

    page.get_by_text("Ontvangen op ma 4 okt 2021, 09:00, nummer ORA-2021-001/2.").wait_for()
    assert town.decisions(case) == [("improve", "handed_in", "lid-014")]
    assert town.records(case)[-1].values["evidence"]["name"] == "plan.pdf"
    assert trouble == []
    assert all(url.startswith(town.settings.url) for url in asked)
    page.close()


def test_without_scripts_a_mistake_leads_to_its_field_and_then_it_is_taken(town: Town, browser: Browser) -> None:
    case = town.open()
    context = browser.new_context(java_script_enabled=False, viewport=DESK)
    page = context.new_page()
    page.goto(at(town, town.link(case, "judge", "ann")))
    page.get_by_label("Rood", exact=True).check()
    page.get_by_role("button", name="Besluit vastleggen").click()

    assert page.title().startswith("Fout: ")
    assert page.get_by_label("Rood", exact=True).is_checked()
    assert page.locator(".summary").evaluate("element => element === document.activeElement")
    page.get_by_role("link", name="Schrijf een reden van minimaal 10 tekens.").click()
    page.get_by_label("Reden (verplicht bij rood)").fill("al te lang niet in orde")
    page.get_by_role("button", name="Besluit vastleggen").click()

    assert page.get_by_role("heading", name="Ontvangen").is_visible()
    assert town.decisions(case) == [("judge", "red", "ann")]
    context.close()


def test_two_browsers_with_one_form_are_one_decision_and_one_409(town: Town, browser: Browser) -> None:
    case = town.open()
    link = at(town, town.link(case))
    pages = [browser.new_context().new_page() for _ in range(2)]
    statuses = []
    for page in pages:
        page.goto(link)
        page.get_by_label("Toelichting").fill("klaar")
    for page in pages:
        with page.expect_navigation() as gone:
            page.get_by_role("button", name="Versturen").click()
        statuses.append(gone.value.status)

    assert statuses == [200, 409]
    assert pages[1].get_by_text("Deze taak is al afgerond door lid op ma 4 okt 2021.").is_visible()
    assert town.decisions(case) == [("improve", "handed_in", "lid-014")]


def test_a_double_click_is_one_decision(town: Town, browser: Browser) -> None:
    case = town.open()
    page = browser.new_page()
    page.goto(at(town, town.link(case)))
    page.get_by_label("Toelichting").fill("klaar")

    page.get_by_role("button", name="Versturen").dblclick()

    page.get_by_text("Ontvangen op").wait_for()
    assert town.decisions(case) == [("improve", "handed_in", "lid-014")]
    page.close()


def test_forms_that_come_in_at_the_same_instant_are_one_decision(town: Town) -> None:
    case = town.open()
    token = town.link(case)
    forms = [hidden(town.get(f"/t/{token}").text) | {"feit.explanation": "klaar"} for _ in range(4)]

    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(lambda form: httpx.post(at(town, token), data=form), forms * 2))

    statuses = [answer.status_code for answer in sent]
    assert sorted(statuses) == [200] * 2 + [409] * 6  # the one that won twice, by its one-time key
    assert statuses[:4] == statuses[4:]
    assert town.decisions(case) == [("improve", "handed_in", "lid-014")]


def test_what_scans_mail_decides_nothing_and_leaves_no_token_in_the_log(
    town: Town, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    case = town.open()
    token = town.link(case)
    before = town.records(case)
    logging.getLogger("uvicorn.access").addHandler(caplog.handler)

    scanner = browser.new_context().request
    for _ in range(3):
        assert scanner.get(at(town, token)).ok

    assert town.records(case) == before
    assert '"GET /t/… HTTP/1.1" 200' in caplog.text
    assert token not in caplog.text


@pytest.mark.parametrize("shown", ["hand-in", "judge", "mistakes", "changed", "receipt", "dead", "home", "late"])
def test_each_page_fits_a_phone_with_room_for_a_thumb(town: Town, browser: Browser, shown: str, tmp_path: Path) -> None:
    page = browser.new_page(viewport=DESK)
    _show(town, page, shown)
    page.screenshot(path=tmp_path / f"{shown}-desk.png", full_page=True)
    page.set_viewport_size(PHONE)
    page.screenshot(path=tmp_path / f"{shown}-phone.png", full_page=True)

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.locator("h1").count() == 1
    targets = page.locator(
        "button, input:not([type=radio]):not([type=hidden]), textarea, label.choice, .badge, summary"
    )
    for target in targets.all():
        box = target.bounding_box()
        assert box is None or box["height"] >= 44, target.inner_text()
    page.close()


def _show(town: Town, page: Page, shown: str) -> None:
    case = town.open()
    judge = shown in ("judge", "mistakes", "changed")
    if judge:
        town.fill(town.link(case), {"evidence": ("plan.pdf", b"een plan")}, explanation="Zie bladzijde 2")
    if shown == "late":
        town.later(hours=3)
    paths = {"home": "/", "dead": "/t/nergens"}
    path = paths.get(shown) or f"/t/{town.link(case, 'judge', 'ann') if judge else town.link(case)}"
    page.goto(town.settings.url + path)
    if shown == "changed":
        town.record(case, audit="DC-7")
    if shown in ("mistakes", "changed"):
        page.get_by_label("Rood", exact=True).check()
    if shown == "changed":
        page.get_by_label("Reden").fill("al te lang niet in orde")
    if shown == "receipt":
        page.get_by_label("Toelichting").fill("klaar")
    if shown in ("mistakes", "changed", "receipt"):
        page.locator("button").click()
        page.wait_for_load_state()
