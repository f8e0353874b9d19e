"""axe looks at every page of the table of routes, on a desk and on a phone: it finds nothing serious.

tests/axe holds axe-core 4.14.1 as its makers publish it, under their licence (MPL 2.0).
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.databases import Databases
from tests.real.conftest import served
from tests.web.stage import Staged, of, prepare
from tests.web.table import PERSONS, Stop, named, stops
from tests.web.town import Town, found
from tijdig.settings import Settings
from tijdig.web.visit import COOKIE

pytestmark = [pytest.mark.real, pytest.mark.long]

AXE = Path(__file__).parents[1] / "axe" / "axe.min.js"
SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 320, "height": 640}}
WEIGHTY = {"serious", "critical"}
LOOK = "axe.run({resultTypes: ['violations']}).then(found => found.violations)"


@pytest.fixture(scope="module")
def towns(shared_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Town]]:
    """A filled town, live and in a trial, whose pages a browser can open."""
    made: dict[str, Town] = {}
    with ExitStack() as stack:
        for mode in ("live", "trial"):
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            address, data = shared_databases.new(), str(tmp_path_factory.mktemp(mode))
            found(address)
            settings = Settings.read({
                "TIJDIG_DATA": data, "TIJDIG_DATABASE_URL": address,
                "TIJDIG_URL": f"http://127.0.0.1:{listening.getsockname()[1]}",
            })  # fmt: skip
            prepare(settings, mode)
            made[mode] = stack.enter_context(served(Staged(settings, mode), listening))
        yield made


@pytest.mark.parametrize("stop", [stop for stop in stops("GET") if stop.line.who.visitors], ids=named)
def test_axe_finds_nothing_serious(towns: Mapping[str, Town], browser: Browser, stop: Stop) -> None:
    town, script = of(towns, stop), AXE.read_text(encoding="utf-8")
    path, person = stop.path(town), stop.line.who.person or PERSONS["holder"]
    context = browser.new_context()
    if path != "/aanmelden":
        context.add_cookies([{"name": COOKIE, "value": town.enter(person), "url": town.settings.url}])
    kind = context.request.get(town.settings.url + path).headers["content-type"]
    if not kind.startswith("text/html"):
        context.close()
        return
    trouble: list[str] = []
    for size, viewport in SIZES.items():
        page = context.new_page()
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        answer = page.goto(town.settings.url + path)
        assert answer
        assert answer.ok
        page.evaluate(script)
        trouble += [f"{size}: {said}" for each in page.evaluate(LOOK) for said in _said(each)]
        page.close()
    context.close()

    assert trouble == []


def test_axe_sees_what_is_wrong(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<html lang=nl><title>x</title><main><h1>x</h1><img src=x><input></main>")
    page.evaluate(AXE.read_text(encoding="utf-8"))

    found = {each["id"] for each in page.evaluate(LOOK) if each["impact"] in WEIGHTY}

    assert {"image-alt", "label"} <= found
    page.close()


def _said(found: dict[str, Any]) -> Iterator[str]:
    """What is wrong, and where."""
    if found["impact"] in WEIGHTY:
        for node in found["nodes"]:
            yield f"{found['id']} ({found['impact']}): {node['html'][:200]} {node['failureSummary']}"
