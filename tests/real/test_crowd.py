"""Fifty people on two processes of the web service: each does its work, and nobody sees an error."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url
from sqlmodel import func, select

from flows import PROCEDURES, PROGRAMMES
from models.case import Log
from models.schema import open_store
from tests.databases import Databases
from tests.web.town import hidden
from tijdig.service.batch import start_batch
from tijdig.service.imports import import_table
from tijdig.service.setup import init
from tijdig.service.verify import verify

pytestmark = [pytest.mark.real, pytest.mark.long]

PEOPLE, PROCESSES = 50, 2
AT_ONCE = {"postgresql": 50, "sqlite": 20}
"""SQLite lets one write at a time, and serves a small office."""
ADVISERS = ("adviser1", "adviser2", "adviser3", "adviser4")


def member(number: int) -> str:
    return f"boer-{number:03d}"


@pytest.fixture
def address(databases: Databases) -> str:
    """A trial with the sample, and an orange file of a member for each who comes."""
    address, now = databases.new(), datetime(2026, 1, 5, 9, tzinfo=UTC)
    init(address, PROCEDURES, PROGRAMMES, trial=True, sample=True, wall=now)
    members = "".join(f"{member(i)},Boerderij {i},{member(i)}@boer.example\n" for i in range(PEOPLE))
    opened = "".join(f"orange-status,{member(i)},adviser1,2026-01-05T09:00,2026-01-05\n" for i in range(PEOPLE))
    with open_store(address).write() as session:
        taken = import_table(session, "members", f"reference,name,email\n{members}".encode(), by="beheer", now=now)
        started = start_batch(session, f"procedure,subject,by,at,orange_on\n{opened}".encode(), wall=now)
    assert (taken.problems, started.problems) == ((), ())
    return address


@pytest.fixture
def urls(address: str, tmp_path: Path) -> Iterator[list[str]]:
    """The web services, each in a process of its own, over one database."""
    with ExitStack() as stack:
        yield [stack.enter_context(serving(address, tmp_path)) for _ in range(PROCESSES)]


@contextmanager
def serving(address: str, data: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {**os.environ, "TIJDIG_DATA": str(data), "TIJDIG_DATABASE_URL": address, "TIJDIG_PORT": str(port)}
    url, log = f"http://127.0.0.1:{port}", (data / f"{port}.log").open("w")
    with log, subprocess.Popen((sys.executable, "-m", "deployments.web"), env=env, stderr=log) as process:
        end = time.monotonic() + 60
        while not answers(url):
            assert time.monotonic() < end, (data / f"{port}.log").read_text()
            time.sleep(0.2)
        yield url
        process.terminate()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/gezond", trust_env=False).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def a_morning(number: int, url: str) -> list[tuple[str, int]]:
    """What one colleague does: sign in, look at the work, open a file, finish a task of it. Gives pages and answers."""
    seen: list[tuple[str, int]] = []
    with httpx.Client(base_url=url, trust_env=False, timeout=60, headers={"Origin": url}) as browser:

        def get(path: str) -> str:
            answer = browser.get(path)
            seen.append((path, answer.status_code))
            return answer.text

        def post(path: str, page: str, **given: str) -> None:
            answer = browser.post(path, data=hidden(page) | given)
            seen.append((path, answer.status_code))

        post("/kijk-als", get("/aanmelden"), persoon=ADVISERS[number % len(ADVISERS)])
        found = re.findall(r'href="/dossier/([^"/]+)"', get(f"/dossiers?zoek={member(number)}"))
        assert found, seen
        case = found[0]
        for path in ("/", f"/dossier/{case}", f"/dossier/{case}/berichten", f"/dossier/{case}/logboek", "/procedures"):
            get(path)
        task = f"/dossier/{case}/taak/send_actions"
        post(task, get(task), **{"feit.actions": "Zorgplannen bijwerken.", "uitkomst": "sent"})
    return seen


def test_fifty_people_do_their_work_without_an_error(address: str, urls: list[str]) -> None:
    with ThreadPoolExecutor(AT_ONCE[make_url(address).get_backend_name()]) as crowd:
        mornings = list(crowd.map(a_morning, range(PEOPLE), (urls * PEOPLE)[:PEOPLE]))

    assert [seen for morning in mornings for seen in morning if seen[1] >= httpx.codes.BAD_REQUEST] == []
    store = open_store(address)
    with store.read() as session:
        decided = session.exec(select(func.count()).select_from(Log).where(Log.kind == "decide", Log.actor != "")).one()
        _, _, broken = verify(session)
    store.close()
    assert (decided, list(broken)) == (PEOPLE, [])
