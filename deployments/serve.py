"""The whole service on one machine: `tijdig serve`.

The Prefect server, the runner and the worklist are processes of their own; this one starts them, watches them and
ends them, and holds the guard. It knows nothing of Prefect, so that nothing that ails Prefect ails the guard.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from select import select
from types import FrameType
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from deployments.children import PARENT
from deployments.environment import HOST, environment, prefect_home, prefect_port, prefect_url
from deployments.pace import NIGHTLY, VARIABLE, Pace
from models.schema import open_store
from tasks.here import Here, here
from tijdig.engine.errors import Misconfigured, TijdigError
from tijdig.service import audit as auditing
from tijdig.service.guard import GUARD, Round, Tick, watch, watch_clock
from tijdig.service.rounds import deliver_round, sweep_round
from tijdig.settings import Settings

START_WITHIN = 120
"""Seconds in which everything must be up; a slow machine needs forty to make Prefect's database."""

STOP_WITHIN = 9
"""Seconds that the processes get to end by themselves; half of them for the runner."""

LONGEST_PAUSE = 30
"""Seconds between two starts of a process that ends again and again."""

FREE_WITHIN = 3
"""Seconds in which ports come free that processes of a killed `serve` still held; they end by themselves."""


def main(settings: Settings, *, pace: Pace | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM; gives the exit status. `pace` replaces the usual times of the rounds.

    Raises Misconfigured, before anything is started, when there is no database, a port is taken, or another `serve`
    has this data folder; and when a process does not come up.
    """
    open_store(settings.database_url).close()
    with _stopping() as stop, _alone(settings):
        for port in (settings.port, prefect_port(settings)):
            _refuse_taken(port, settings)
        children = _children(settings, pace)
        try:
            _start(children, stop)
            guard = threading.Thread(target=_guard, args=(settings, pace or Pace(), stop), daemon=True)
            if not stop.is_set():
                print(f"Klaar: {settings.url}\nPrefect: {prefect_url(settings)}", flush=True)  # noqa: T201
                guard.start()
            while not stop.wait(1):
                for child in children:
                    child.keep_alive()
        finally:
            _end(children)
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


# --- before anything is started


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Set as soon as somebody wants us to stop; the second Ctrl-C is no different from the first."""
    stop = threading.Event()

    def wanted(_: int, __: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, wanted) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One `serve` for a data folder: two would share Prefect's database. The lock ends with the process."""
    home = prefect_home(settings)
    home.mkdir(parents=True, exist_ok=True)
    with (home / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misconfigured(
                f"Er draait al een tijdig serve met de map {settings.data}. Stop die, of kies een andere TIJDIG_DATA."
            ) from None
        yield


def _refuse_taken(port: int, settings: Settings) -> None:
    until = time.monotonic() + FREE_WITHIN
    while why := _why_taken(port):
        if time.monotonic() > until:
            raise Misconfigured(
                f"Poort {port} is niet vrij ({why}). Stop wat daar draait, of kies een andere TIJDIG_PORT: "
                f"serve gebruikt {settings.port} en {prefect_port(settings)}."
            )
        time.sleep(0.2)


def _why_taken(port: int) -> str:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just closed is free
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


# --- the processes


@dataclass
class Child:
    """A process of the service. What it says goes to a log; it is started again when it ends."""

    name: str
    log: Path
    env: dict[str, str]
    is_ready: Callable[[subprocess.Popen[bytes]], bool]
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _started: float = field(default=0, init=False)
    _pause: float = field(default=1, init=False)

    def start(self) -> None:
        self._started = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "deployments.children", self.name], env=self.env, cwd=self.log.parent,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if self.name == "runner" else log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    @property
    def ready(self) -> bool:
        """Whether it is up. Raises Misconfigured when it ended instead."""
        assert self._process
        if self._process.poll() is not None:
            raise Misconfigured(
                f"Het deel '{self.name}' start niet (code {self._process.returncode}). Kijk in {self.log}."
            )
        return self.is_ready(self._process)

    def keep_alive(self) -> None:
        """Start it again when it ended; each time it waits longer, unless it had been well for a while."""
        if self._process is None or self._process.poll() is None:
            return
        lived = time.monotonic() - self._started
        if lived < self._pause:
            return
        self._pause = 1 if lived > 2 * LONGEST_PAUSE else min(self._pause * 2, LONGEST_PAUSE)
        _say(
            f"Het deel '{self.name}' is gestopt (code {self._process.returncode}) en start opnieuw. Kijk in {self.log}."
        )
        self.signal(signal.SIGKILL)  # what it had started goes with it
        self.start()

    def signal(self, number: int) -> None:
        """Tell the whole group."""
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def wait(self, until: float) -> None:
        """Wait for its end; past `until` (monotonic seconds) it is killed."""
        if self._process:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(max(until - time.monotonic(), 0))
            self.signal(signal.SIGKILL)
            self._process.wait()


def _children(settings: Settings, pace: Pace | None) -> Sequence[Child]:
    """The runner first: it ends first."""
    home = prefect_home(settings)
    env = environment(settings) | {PARENT: str(os.getpid())} | ({VARIABLE: pace.to_environment()} if pace else {})
    ready = {
        "runner": _has_spoken,
        "server": lambda _: _answers(f"{prefect_url(settings)}/api/health"),
        "web": lambda _: _answers(f"http://{HOST}:{settings.port}/"),
    }
    return [Child(name, home / f"{name}.log", env, is_ready) for name, is_ready in ready.items()]


def _has_spoken(process: subprocess.Popen[bytes]) -> bool:
    return process.stdout is not None and bool(select([process.stdout], [], [], 0)[0])


def _answers(url: str) -> bool:
    """Whether a server on this machine answers at all; a proxy of the environment has no say in that."""
    try:
        build_opener(ProxyHandler({})).open(url, timeout=2).close()
    except URLError as error:
        return hasattr(error, "code")
    except OSError:
        return False
    return True


def _start(children: Sequence[Child], stop: threading.Event) -> None:
    """Start them all and wait until each is up, or somebody wants to stop."""
    until = time.monotonic() + START_WITHIN
    for child in children:
        child.log.unlink(missing_ok=True)
        child.start()
    waiting = list(children)
    while waiting and not stop.wait(0.2):
        waiting = [child for child in waiting if not child.ready]
        if waiting and time.monotonic() > until:
            raise Misconfigured(
                f"Het deel '{waiting[0].name}' is na {START_WITHIN} s nog niet klaar. Kijk in {waiting[0].log}."
            )


def _end(children: Sequence[Child]) -> None:
    """First the runner, so that the server still hears of its pauses and of the runs that it ends; then the others."""
    for group in (children[:1], children[1:]):
        until = time.monotonic() + STOP_WITHIN / 2
        for child in group:
            child.signal(signal.SIGINT)
        for child in group:
            child.wait(until)


# --- the guard


def _guard(settings: Settings, pace: Pace, stop: threading.Event) -> None:
    """Look a few times in each interval whether somebody swept and delivered."""
    began = datetime.now(UTC)
    before = _tick(began)
    while not stop.wait(min(pace.sweep, pace.deliver).total_seconds() / 5):
        try:
            with here(settings) as at:
                after = _tick(at.wall)
                watch_clock(at.store, before, after)
                before = after
                for each in _rounds(at, pace):
                    watch(at.store, each, up_since=began, now=at.now, wall=at.wall, say=_say)
        except TijdigError as refusal:
            _say(f"Bewaker: {refusal}")
        except Exception as error:  # the guard is the last one awake
            _say(f"Bewaker: {type(error).__name__}: {error}")


def _tick(wall: datetime) -> Tick:
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # only Linux counts a machine's sleep
    return Tick(wall, timedelta(seconds=time.clock_gettime(clock)))


def _rounds(at: Here, pace: Pace) -> Sequence[Round]:
    def sweep() -> None:
        sweep_round(at.store, now=at.now, wall=at.wall, by=GUARD, url=at.settings.url)

    def deliver() -> None:
        deliver_round(at.store, now=at.now, wall=at.wall, settings=at.settings, by=GUARD)

    def audit() -> None:
        auditing.audit(at.store, now=at.now, wall=at.wall, by=GUARD)

    return (
        Round("sweep", "controle", pace.sweep, sweep),
        Round("deliver", "verzending", pace.deliver, deliver),
        Round(auditing.KIND, "nachtelijke controle", NIGHTLY, audit),
    )
