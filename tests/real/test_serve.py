"""`tijdig serve` as a process among others: it comes up, works, survives, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import randrange
from typing import Any, TypeVar

import httpx
import pytest
from sqlmodel import select

from models.case import Case
from models.operation import Incident, Run
from models.schema import open_store
from tests.databases import Databases

pytestmark = [pytest.mark.real, pytest.mark.long, pytest.mark.timeout(600)]

T = TypeVar("T")
TIJDIG = (str(Path(sys.executable).with_name("tijdig")),)
HURRIED = (
    sys.executable, "-c",
    "import os, sys; from datetime import timedelta; from tijdig.settings import Settings;"
    "from deployments.pace import Pace; from deployments.serve import main;"
    "sys.exit(main(Settings.read(os.environ), pace=Pace(timedelta(seconds=20), timedelta(seconds=20))))",
)  # fmt: skip
"""The same service in which a sweep and a delivery come every twenty seconds."""


def until(what: Callable[[], T], *, within: float) -> T:
    """What a check gives as soon as it gives anything."""
    end = time.monotonic() + within
    while not (found := what()):
        assert time.monotonic() < end, f"not within {within} s"
        time.sleep(0.3)
    return found


@dataclass
class Service:
    """A trial with the sample, and the process that serves it."""

    folder: Path
    port: int
    address: str
    process: subprocess.Popen[str] | None = None

    @property
    def env(self) -> dict[str, str]:
        theirs = {name: value for name, value in os.environ.items() if not name.startswith(("TIJDIG_", "PREFECT_"))}
        ours = {"TIJDIG_DATA": str(self.folder), "TIJDIG_PORT": str(self.port), "TIJDIG_DATABASE_URL": self.address}
        return theirs | ours

    def start(self, command: Sequence[str] = (*TIJDIG, "serve")) -> None:
        """Start it and wait until it says that it is ready."""
        self.process = subprocess.Popen(
            command, env=self.env, cwd=self.folder, text=True, stdout=subprocess.PIPE,
            stderr=(self.folder / "stderr").open("w"),
        )  # fmt: skip
        assert self.process.stdout
        first = self.process.stdout.readline()
        assert first == f"Klaar: http://127.0.0.1:{self.port}\n", self.stderr
        assert self.process.stdout.readline() == f"Prefect: http://127.0.0.1:{self.port + 1}\n"

    @property
    def stderr(self) -> str:
        return (self.folder / "stderr").read_text(encoding="utf-8")

    def family(self) -> dict[int, str]:
        """The process and all that came from it, with their command lines."""
        assert self.process
        return {self.process.pid: "serve"} | descendants(self.process.pid)

    def child(self, name: str) -> int:
        assert self.process
        return next(pid for pid, said in descendants(self.process.pid).items() if said.endswith(f"children {name}"))

    # --- Prefect's own interface

    def api(self, method: str, path: str, **body: Any) -> httpx.Response:
        """Ask as Prefect's own client does: its server says 503 when SQLite was busy, and did nothing then."""
        url = f"http://127.0.0.1:{self.port + 1}/api{path}"

        def answer() -> httpx.Response | None:
            said = httpx.request(method, url, json=body or None, timeout=30, trust_env=False)
            return said if said.status_code != httpx.codes.SERVICE_UNAVAILABLE else None

        return until(answer, within=60)

    def fill_in(self, **parameters: Any) -> httpx.Response:
        name = "start-orange-status"
        deployment = self.api("GET", f"/deployments/name/{name}/{name}").json()["id"]
        return self.api("POST", f"/deployments/{deployment}/create_flow_run", parameters=parameters)

    def ended(self, run: httpx.Response) -> tuple[str, str]:
        """How a run that was just asked for ended, and with which words."""
        assert run.status_code == 201, run.text

        def state() -> tuple[str, str] | None:
            found = self.api("GET", f"/flow_runs/{run.json()['id']}").json()["state"]
            return (found["type"], found["message"]) if found["type"] in ("COMPLETED", "FAILED", "CRASHED") else None

        return until(state, within=300)

    def log_of(self, run: httpx.Response) -> str:
        logs = self.api("POST", "/logs/filter", logs={"flow_run_id": {"any_": [run.json()["id"]]}}).json()
        return "\n".join(line["message"] for line in logs)

    # --- our own tables

    def rows(self, table: type[T]) -> Sequence[T]:
        store = open_store(self.address)
        with store.read() as session:
            found = session.exec(select(table)).all()
        store.close()
        return found

    def runs(self, kind: str, by: str) -> int:
        return sum((run.kind, run.by) == (kind, by) for run in self.rows(Run))


def descendants(ancestor: int) -> dict[int, str]:
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended meanwhile
    found: dict[int, str] = {}
    grown = {ancestor}
    while grown := {pid for pid, parent in parents.items() if parent in grown}:
        found |= {pid: command(pid) for pid in grown}
    return found


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return ""


def alive(family: dict[int, str]) -> list[str]:
    return [said for pid, said in family.items() if command(pid)]


@pytest.fixture
def service(databases: Databases, tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path, free_port(), databases.new())
    subprocess.run([*TIJDIG, "init", "--trial", "--sample"], env=made.env, check=True, capture_output=True)
    yield made
    if made.process and made.process.poll() is None:
        made.process.kill()
        made.process.wait()


def free_port() -> int:
    """A port that is free together with the one after it.

    Below the range from which the system gives ports to callers (from 32768): in that range a part that asks whether
    another is up may be given that very port to call from, and then it is taken.
    """
    while True:
        port = randrange(20_000, 32_000, 2)
        with socket.socket() as first, socket.socket() as second, suppress(OSError):
            first.bind(("127.0.0.1", port))
            second.bind(("127.0.0.1", port + 1))
            return port


ORANGE = {"member": "lid-001", "orange_on": "2021-07-23", "by": "adviser1"}


def test_it_serves_sweeps_takes_forms_and_ends_without_a_trace(service: Service) -> None:
    service.start()
    assert httpx.get(f"http://127.0.0.1:{service.port}/", trust_env=False, follow_redirects=True).status_code < 500
    until(lambda: service.runs("sweep", "prefect"), within=300)

    missing = service.fill_in(member="lid-001", orange_on="2021-07-23")
    number = service.fill_in(**ORANGE | {"member": 1})
    good, date, member = (
        service.fill_in(**ORANGE),
        service.fill_in(**ORANGE | {"orange_on": "2021-02-31"}),
        service.fill_in(**ORANGE | {"member": "lid-999"}),
    )

    assert [missing.status_code, number.status_code] == [409, 409]
    assert "'by' is a required property" in missing.text
    state, message = service.ended(date)
    assert (state, "'2021-02-31' is geen datum" in message) == ("FAILED", True)
    state, message = service.ended(member)
    assert (state, "lid-999" in message) == ("FAILED", True)
    assert "Traceback" not in service.log_of(date) + service.log_of(member)
    state, message = service.ended(good)
    [case] = service.rows(Case)
    assert (state, message) == ("COMPLETED", f"Oranje dossier: geopend als {case.code}")
    assert (case.procedure, case.subject) == ("orange-status", "lid-001")

    family = service.family()
    assert service.process
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(timeout=30) == 0
    assert alive(family) == []
    assert service.stderr == ""


def test_the_guard_sweeps_while_the_server_is_dead_and_prefect_takes_over_again(service: Service) -> None:
    service.start(HURRIED)
    until(lambda: service.runs("sweep", "prefect"), within=300)

    def keep_down() -> bool:
        with suppress(StopIteration, ProcessLookupError):  # it is not up again yet
            os.kill(service.child("server"), signal.SIGKILL)
        return bool(service.runs("sweep", "guard") and service.runs("deliver", "guard"))

    until(keep_down, within=300)
    assert "De controle is sinds" in service.stderr
    assert "Het deel 'server' is gestopt (code -9) en start opnieuw." in service.stderr

    before = service.runs("sweep", "prefect")
    until(lambda: service.runs("sweep", "prefect") > before, within=180)
    until(lambda: not [i for i in service.rows(Incident) if i.key == "guard/sweep"], within=60)

    assert service.process
    service.process.send_signal(signal.SIGINT)
    assert service.process.wait(timeout=30) == 0


def test_nothing_outlives_a_serve_that_was_killed_and_the_next_one_goes_on(service: Service) -> None:
    service.start(HURRIED)
    until(lambda: [said for said in service.family().values() if "prefect.engine" in said], within=300)
    family = service.family()
    assert service.process
    service.process.kill()

    until(lambda: not alive(family), within=10)

    swept = service.runs("sweep", "prefect")
    service.start(HURRIED)
    until(lambda: service.runs("sweep", "prefect") > swept, within=300)


def refused(service: Service) -> str:
    done = subprocess.run([*TIJDIG, "serve"], env=service.env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


@pytest.mark.parametrize("which", [0, 1], ids=["the worklist's", "Prefect's"])
def test_a_taken_port_is_refused_before_anything_starts(service: Service, which: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", service.port + which))
        other.listen()

        said = refused(service)

    assert f"Poort {service.port + which} is niet vrij" in said
    assert "TIJDIG_PORT" in said
    assert not list((service.folder / "prefect").glob("*.log"))


def test_a_second_serve_on_the_same_data_is_refused(service: Service) -> None:
    service.start()
    other = Service(service.folder, free_port(), service.address)

    assert "Er draait al een tijdig serve met de map" in refused(other)


def test_without_a_database_it_says_what_to_do(databases: Databases, tmp_path: Path) -> None:
    assert "tijdig init" in refused(Service(tmp_path, free_port(), databases.new()))


def test_prefects_database_may_be_thrown_away(service: Service) -> None:
    service.start()
    opened = service.ended(service.fill_in(**ORANGE))
    assert service.process
    service.process.send_signal(signal.SIGTERM)
    service.process.wait(timeout=30)
    for file in (service.folder / "prefect").glob("prefect.db*"):
        file.unlink()
    swept = service.runs("sweep", "prefect")  # perhaps none yet: the file was opened first

    service.start()

    assert opened[0] == "COMPLETED"
    assert [case.subject for case in service.rows(Case)] == ["lid-001"]
    until(lambda: service.runs("sweep", "prefect") > swept, within=300)
    assert json.dumps(service.api("GET", "/deployments/name/sweep/sweep").json()["tags"]) == '["tijdig"]'
