"""The same office as the service tests use, and a town whose pages a browser opens."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from tests.databases import Databases
from tests.service.conftest import founded, office
from tests.web.town import Town, found
from tijdig.settings import Settings

__all__ = ["browser", "founded", "office", "served", "town"]


@pytest.fixture
def town(databases: Databases, tmp_path: Path) -> Iterator[Town]:
    """A town whose pages a browser can open; its clock stands still."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        address = databases.new()
        found(address)
        settings = Settings.read({"TIJDIG_DATA": str(tmp_path), "TIJDIG_DATABASE_URL": address, "TIJDIG_URL": url})
        with served(Town(settings), listening) as town:
            yield town


@contextmanager
def served(town: Town, listening: socket.socket) -> Iterator[Town]:
    """A town whose pages are served on a socket that listens already."""
    town.swept()
    server = uvicorn.Server(uvicorn.Config(town.app, log_level="info"))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield town
    finally:
        server.should_exit = True
        thread.join()
        town.close()


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield browser
        browser.close()
