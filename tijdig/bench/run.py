"""One run of the benchmark: a database of its own, a phase, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal

from models.session import Store
from tijdig.bench.days import Days
from tijdig.bench.house import found, take_in
from tijdig.bench.meter import metered
from tijdig.bench.place import Place
from tijdig.bench.protocol import Phase, peak_bytes, say, sweeps, to_fill, workload
from tijdig.bench.queries import queries


@dataclass(frozen=True, slots=True)
class Options:
    """What the runner asks. `commit`: one transaction for a day's openings and one for its decisions, or for each."""

    cases: int
    spread: int
    due: int
    folder: Path
    dsn: str | None
    commit: Literal["day", "request"]
    sync: Literal["full", "normal"] | None

    @property
    def place(self) -> Place:
        return Place(self.folder, self.dsn)


def run(phase: Phase, options: Options) -> None:
    """Set up, in a process of its own whose memory is not that of the phase, and run a phase."""
    with ProcessPoolExecutor(1, get_context("fork")) as apart:
        empty = apart.submit(_set_up, phase, options).result()
    place = options.place
    known = {"store": place.told, "queries": queries(postgresql=bool(options.dsn))}
    say("start", **known)
    store = Store.at(place.url, sync=options.sync)
    days = Days(store, each=options.commit == "request")
    took = workload(days, options.cases, options.spread) if phase == "workload" else _metered_sweeps(days)
    peak = peak_bytes()
    store.close()
    name = f"tijdig-{place.told['kind']}-{options.commit}-{options.sync or 'own'}"
    say("result", contender=name, db_bytes=place.bytes() - empty, peak_bytes=peak, **known, **took)


def _set_up(phase: Phase, options: Options) -> int:
    """Installation, people and, before sweeps, open cases; gives the bytes of an empty database on a server."""
    place = options.place
    found(place.url)
    empty = place.bytes() if options.dsn else 0
    store = Store.at(place.url, sync="normal")
    take_in(store, options.cases)
    days = Days(store, each=False)
    for day, cases in to_fill(options.cases, options.due) if phase == "sweep" else ():
        days.open(day, cases)
    store.close()
    if phase == "sweep":  # of an empty table the server would believe from then on that it stays so
        place.tidy()
    return empty


def _metered_sweeps(days: Days) -> Mapping[str, Any]:
    with metered() as meter:
        return sweeps(days, lambda: meter.seconds)
