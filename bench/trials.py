"""What is tried: comparisons with the floor, in rounds, and curves that show how cost grows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench.child import Trial


@dataclass(frozen=True, slots=True)
class Comparison:
    """Product beside floor. `least` and `aim` are of the ratio of rates; for sweeps, of how many times as long."""

    name: str
    trial: Trial
    least: float
    aim: float


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one run of the benchmark tries. A curve is run once at each point, floor and product."""

    comparisons: tuple[Comparison, ...]
    open_cases: tuple[Trial, ...]
    due_cases: tuple[Trial, ...]
    workloads: tuple[Trial, ...]


DAY = Comparison("SQLite, a transaction for all of a day", Trial("workload", 10_000), 0.4, 0.55)
FULL = Comparison("The same, each commit synced", Trial("workload", 10_000, sync="full"), 0.4, 0.55)
REQUEST = Comparison(
    "SQLite, a transaction for each opening and decision", Trial("workload", 2_000, commit="request"), 0.35, 0.5
)
SERVER = Comparison("PostgreSQL", Trial("workload", 10_000, store="postgresql", sync="full"), 0.4, 0.55)
SWEEP = Comparison("1,000 due of 100,000 open", Trial("sweep", 100_000), 5, 2.5)

WHOLE = Plan(
    (DAY, FULL, REQUEST, SERVER, SWEEP),
    tuple(Trial("sweep", n, due=min(1000, n // 4)) for n in (1_000, 10_000, 100_000, 1_000_000)),
    tuple(Trial("sweep", 100_000, due=n) for n in (10, 100, 1_000, 10_000)),
    tuple(Trial("workload", n) for n in (200, 1_000, 3_000, 10_000, 30_000)),
)


def _small(comparison: Comparison) -> Comparison:
    trial = comparison.trial
    return replace(comparison, trial=replace(trial, cases=600 if trial.phase == "sweep" else 40, due=100))


QUICK = Plan(
    tuple(map(_small, (DAY, REQUEST, SERVER, SWEEP))),
    tuple(Trial("sweep", n, due=50) for n in (200, 2_000)),
    (),
    (),
)
"""Shows that all of it works, and no more."""
