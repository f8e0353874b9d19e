"""A year by chance ends well: the checker finds nothing, whatever people, machines and the calendar did.

What fails is played again by its seed: `pytest tests/soak --seed=SEED` (with `-m long` for a thousand cases).
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import SystemRandom

import pytest

from tests.databases import Databases
from tests.soak.soaked import soak
from tests.soak.year import DAILY, WEEKLY

FIXED = 20260105
"""The same year in every run; the long soak plays one beside it that nobody saw before."""

THOUSAND = 900
"""So many members have a thousand cases: some turn orange twice, and some red."""

SHOWN = 20


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int | None:
    seed: int | None = request.config.getoption("--seed")
    return seed


def test_a_year_of_forty_cases(databases: Databases, tmp_path: Path, seed: int | None) -> None:
    problems = soak(seed or FIXED, 40, WEEKLY, (databases.new(), databases.new()), tmp_path)

    assert not problems, shown(seed or FIXED, problems)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_year_of_a_thousand_cases(
    databases: Databases, tmp_path: Path, seed: int | None, capfd: pytest.CaptureFixture[str]
) -> None:
    seeds = [seed] if seed else [FIXED, SystemRandom().randrange(10**6)]

    with capfd.disabled(), ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        soaking = {
            each: pool.submit(soak, each, THOUSAND, DAILY, (databases.new(), databases.new()), tmp_path / str(each),
                              partial(aloud, each))
            for each in seeds
        }  # fmt: skip
        problems = {each: soaked.result() for each, soaked in soaking.items()}

    assert not any(problems.values()), "\n".join(shown(*each) for each in problems.items())


def aloud(seed: int, said: str) -> None:
    print(f"--seed={seed}  {said}", flush=True)  # noqa: T201 - it takes minutes


def shown(seed: int, problems: list[str]) -> str:
    return "\n".join([f"--seed={seed}: {len(problems)} problems", *problems[:SHOWN]])
