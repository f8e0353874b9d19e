"""One contender in one trial: started, timed by our clock, ended, and its store verified."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Literal

from bench import verify
from bench.expected import transitions
from bench.server import Server

SPREAD = 28
"""Files are opened over so many days."""

Who = Literal["floor", "tijdig"]

COMMAND: Mapping[Who, tuple[str, ...]] = {
    "floor": (sys.executable, "-m", "bench.floor"),
    "tijdig": (sys.executable, "-c", "from tijdig.cli import main; main()", "bench"),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What is run: a phase with so many cases, on a store, with one transaction for a day or for each request."""

    phase: Literal["workload", "sweep"]
    cases: int
    store: Literal["sqlite", "postgresql"] = "sqlite"
    commit: Literal["day", "request"] = "day"
    sync: Literal["normal", "full"] = "normal"
    due: int = 1000


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of it; seconds, bytes, and transitions a second.

    `idle` and `due` are single sweeps; `in_database` is what statements took of the idle ones, where it is known.
    """

    cold: float
    wall: float
    rate: float | None
    idle: tuple[float, ...]
    due: tuple[float, ...]
    in_database: tuple[float, ...]
    bytes_per_case: float
    peak_bytes: int
    seconds: Mapping[str, float]


class WrongError(Exception):
    """A contender failed, or left other rows than it must: such a run has no figures."""


def run(who: Who, trial: Trial, folder: Path, server: Server | None) -> Figures:
    """Run a contender and verify what it left. Raises WrongError."""
    dsn = server.fresh() if server and trial.store == "postgresql" else None
    with TemporaryDirectory(prefix=f"{who}-", dir=folder) as own:
        try:
            return _watched(who, trial, own, dsn)
        finally:
            if server and dsn:
                server.drop(dsn)


def _watched(who: Who, trial: Trial, folder: str, dsn: str | None) -> Figures:
    asked = [
        trial.phase, "--n", str(trial.cases), "--spread", str(SPREAD), "--due", str(trial.due), "--dir", folder,
        "--commit", trial.commit, "--sync", trial.sync, *(["--pg", dsn] if dsn else []),
    ]  # fmt: skip
    began = perf_counter()
    came: dict[str, tuple[float, dict[str, Any]]] = {}
    with subprocess.Popen([*COMMAND[who], *asked], stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout or ():
            said = json.loads(line)
            came[said["ev"]] = perf_counter(), said
    if child.returncode or "result" not in came:
        raise WrongError(f"{who} ended with status {child.returncode} in {trial}.")
    result = came["result"][1]
    faults = (
        verify.workload(result["store"], result["queries"], trial.cases, SPREAD) if trial.phase == "workload"
        else verify.sweeps(result["store"], result["queries"], trial.cases, trial.due)
    )  # fmt: skip
    wall = came["day"][0] - came["start"][0]
    if faults:
        raise WrongError(f"{who} is wrong in {trial}: {'; '.join(faults)}")
    return Figures(
        came["start"][0] - began, wall, transitions(trial.cases) / wall if trial.phase == "workload" else None,
        tuple(result.get("idle", ())), tuple(result.get("due", ())), tuple(result.get("idle_in_database", ())),
        result["db_bytes"] / trial.cases, result["peak_bytes"], result.get("seconds", {}),
    )  # fmt: skip
