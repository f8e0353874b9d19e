"""How long each page of the worklist takes with many open cases: `python -m bench.pages [--open 2000] [--as adviser1]`.

It walks from the front page along all links, one page of each kind, in one process; times are the server's.
"""

# ruff: noqa: T201 - this is a program that prints

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from fastapi.testclient import TestClient

from flows import PROCEDURES, PROGRAMMES
from models.schema import open_store
from tijdig.service import access
from tijdig.service.batch import start_batch
from tijdig.service.imports import import_table
from tijdig.service.setup import init
from tijdig.settings import Settings
from tijdig.web.app import create_app
from tijdig.web.visit import COOKIE

FIRST = datetime(2026, 1, 5, 8, tzinfo=UTC)
URL = "http://localhost"
TIMES = 11
A_NAME = re.compile(r"[A-Z]{3}-\d{4}-\d+|[0-9a-f]{32,}|\d+|(?<=/lid/)[^/]+|(?<=/procedures/)[^/]+|(?<=/taak/)[^/]+")
"""What differs between two pages of one kind."""


def main() -> None:
    """Print the pages, the slowest first."""
    parser = argparse.ArgumentParser(prog="bench.pages", description=__doc__)
    parser.add_argument("--open", type=int, default=2000, help="so many open cases")
    parser.add_argument("--as", dest="person", default="adviser1", help="who looks")
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="bench-pages-") as folder:
        settings = Settings.read({"TIJDIG_DATA": folder, "TIJDIG_URL": URL})
        token = _town(settings, asked.open, asked.person)
        with TestClient(create_app(settings), base_url=URL, cookies={COOKIE: token}) as browser:
            found = [(kind, path, _milliseconds(browser, path)) for kind, path in _pages(browser)]
    print(f"{asked.open} open cases, {asked.person}, median of {TIMES} (ms)\n")
    for _, path, took in sorted(found, key=lambda each: -each[2]):
        print(f"{took:8.1f}  {path}")


def _town(settings: Settings, many: int, person: str) -> str:
    """A trial in which so many orange files were opened, over ten weeks; gives the token of a visit."""
    init(settings.database_url, PROCEDURES, PROGRAMMES, trial=True, sample=True, wall=FIRST)
    store = open_store(settings.database_url)
    members = "".join(f"boer-{i:05d},Boerderij {i},boer-{i:05d}@boer.example\n" for i in range(many))
    days = (FIRST + timedelta(days=i * 70 // many) for i in range(many))
    opened = "".join(
        f"orange-status,boer-{i:05d},adviser1,{day:%Y-%m-%d}T09:00,{day:%Y-%m-%d}\n" for i, day in enumerate(days)
    )
    with store.write() as session:
        taken = import_table(session, "members", f"reference,name,email\n{members}".encode(), by="beheer", now=FIRST)
        started = start_batch(session, f"procedure,subject,by,at,orange_on\n{opened}".encode(), wall=FIRST)
        token = access.begin(session, person, how="bench", wall=datetime.now(UTC))
    for problem in (*taken.problems, *started.problems):
        raise SystemExit(problem.problem)
    store.close()
    return token


def _pages(browser: TestClient) -> Iterator[tuple[str, str]]:
    """One page of each kind that a link leads to, with what names its kind."""
    todo, seen = ["/"], {"/"}
    while todo:
        path = todo.pop()
        answer = browser.get(path)
        yield A_NAME.sub("*", path), path
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        for found in re.findall(r'href="([^"#]+)', answer.text):
            link = found.replace("&amp;", "&")
            kind = A_NAME.sub("*", link)
            if kind not in seen and link.startswith("/") and not link.startswith("/static"):
                seen.add(kind)
                todo.append(link)


def _milliseconds(browser: TestClient, path: str) -> float:
    return median(_once(browser, path) for _ in range(TIMES))


def _once(browser: TestClient, path: str) -> float:
    began = perf_counter()
    browser.get(path)
    return (perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
