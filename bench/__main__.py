"""Run the benchmark: `make bench`, or `python -m bench --quick` to see that it works."""

# ruff: noqa: T201 - this is a program that prints

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import plans, report
from bench.child import Figures, Trial, Who, WrongError, run
from bench.server import Server, server
from bench.trials import QUICK, WHOLE, Comparison, Plan

BOTH: tuple[Who, Who] = ("floor", "tijdig")
OUT, DOCS = Path("bench/results.json"), Path("docs")


def main() -> int:
    """Exit status 1 when a contender left other rows than it must."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of small numbers")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each comparison")
    parser.add_argument("--only", help="only comparisons whose name holds this; no curves")
    parser.add_argument("--work", type=Path, help="a folder on the disk that is to be measured")
    parser.add_argument("--out", type=Path, default=OUT, help="where the results go, as JSON")
    parser.add_argument("--publish", action="store_true", help="write docs/performance.md and its charts too")
    asked = parser.parse_args()
    plan, rounds = (QUICK, 1) if asked.quick else (WHOLE, asked.rounds)
    if asked.only:
        plan = Plan(tuple(c for c in plan.comparisons if asked.only in c.name), (), (), ())
    with TemporaryDirectory(prefix="bench-", dir=asked.work) as folder:
        os.chmod(folder, 0o711)  # PostgreSQL runs as another account and must get through
        try:
            results = _all(plan, rounds, Path(folder), seconds=0.2 if asked.quick else 2)
        except WrongError as wrong:
            print(wrong, file=sys.stderr)
            return 1
    asked.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(report.table(results))
    print(f"\n{asked.out} holds all figures.")
    if asked.publish:
        report.write(results, DOCS)
    return 0


def _all(plan: Plan, rounds: int, folder: Path, *, seconds: float) -> dict[str, Any]:
    with server(folder) as postgresql:
        comparisons = [c for c in plan.comparisons if postgresql or c.trial.store == "sqlite"]
        return {
            "machine": {
                "python": platform.python_version(), "sqlite": sqlite3.sqlite_version, "cores": os.cpu_count(),
                "postgresql": postgresql.version if postgresql else "absent", "rounds": rounds,
            },
            "plans": plans.per_second(seconds),
            "comparisons": _compared(comparisons, rounds, folder, postgresql),
            "curves": {
                "open": _curve(plan.open_cases, folder),
                "due": _curve(plan.due_cases, folder),
                "workload": _curve(plan.workloads, folder),
            },
        }  # fmt: skip


def _compared(
    comparisons: Sequence[Comparison], rounds: int, folder: Path, postgresql: Server | None
) -> list[dict[str, Any]]:
    """Floor and product in turns, in each round all comparisons: what the machine does meanwhile hits all of them."""
    made: list[dict[str, Any]] = [{**asdict(c), "floor": [], "tijdig": []} for c in comparisons]
    for nth in range(rounds):
        for each, comparison in zip(made, comparisons, strict=True):
            for who in BOTH if nth % 2 else reversed(BOTH):
                each[who].append(asdict(_run(who, comparison.trial, folder, postgresql)))
    return made


def _curve(trials: Sequence[Trial], folder: Path) -> list[Mapping[str, Any]]:
    return [{"trial": asdict(t), **{who: asdict(_run(who, t, folder, None)) for who in BOTH}} for t in trials]


def _run(who: Who, trial: Trial, folder: Path, postgresql: Server | None) -> Figures:
    figures = run(who, trial, folder, postgresql)
    said = f"{figures.rate:,.0f}/s" if figures.rate else f"{1000 * figures.due[-1]:.1f} ms"
    print(f"{who:7} {trial.phase} {trial.store} {trial.commit} {trial.sync} {trial.cases:,}: {said}", file=sys.stderr)
    return figures


if __name__ == "__main__":
    sys.exit(main())
