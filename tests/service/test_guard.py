"""The guard does a round itself when two intervals passed without one, and says so."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from models.operation import Incident, Installation, Run
from tests.service.office import Office
from tijdig.engine.calendar import instant
from tijdig.service.guard import GUARD, Round, Tick, watch, watch_clock
from tijdig.service.rounds import sweep_round

EVERY = timedelta(minutes=15)


@dataclass
class Watched:
    """A guard over the sweeps of an office; `minutes` count from when the service began."""

    office: Office
    said: list[str] = field(default_factory=list)

    def at(self, minutes: float) -> datetime:
        return instant(self.office.day, self.office.hour) + timedelta(minutes=minutes)

    def swept(self, minutes: float, by: str = "prefect", kind: str = "sweep") -> None:
        with self.office.store.write() as session:
            session.add(Run(kind=kind, by=by, started_at=self.at(minutes), finished_at=self.at(minutes)))

    def looks(self, minutes: float) -> bool:
        wall, store = self.at(minutes), self.office.store
        sweep = Round("sweep", "controle", EVERY, lambda: sweep_round(store, now=wall, wall=wall, by=GUARD))
        return watch(store, sweep, up_since=self.at(0), wall=wall, now=wall, say=self.said.append)

    @property
    def incidents(self) -> list[str]:
        with self.office.reading() as session:
            return [incident.cause for incident in session.exec(select(Incident)) if incident.key]


@pytest.fixture
def watched(office: Office) -> Watched:
    return Watched(office)


NEEDED = [
    pytest.param([], 29, False, id="the service is just up"),
    pytest.param([], 30, True, id="nobody swept since it is up"),
    pytest.param([-600], 29, False, id="an outage before that is not its own"),
    pytest.param([0, 15], 44, False, id="one round is late"),
    pytest.param([0, 15], 45, True, id="two rounds are missed"),
]


@pytest.mark.parametrize(("swept", "now", "needed"), NEEDED)
def test_two_intervals_may_not_pass_without_a_sweep(
    watched: Watched, swept: list[float], now: float, needed: bool
) -> None:
    for minutes in swept:
        watched.swept(minutes)

    assert watched.looks(now) is needed


def test_a_sweep_of_one_procedure_does_not_pass_for_a_whole_one(watched: Watched) -> None:
    watched.swept(29, kind="sweep/orange-status")

    assert watched.looks(30)


def test_it_says_so_in_words_in_the_run_and_as_an_incident(watched: Watched) -> None:
    watched.looks(30)

    said = "De controle is sinds ma 5 jan 2026, 09:00 niet door Prefect gedaan; de bewaker deed het zelf."
    assert watched.said == watched.incidents == [said]
    with watched.office.reading() as session:
        assert [run.by for run in session.exec(select(Run))] == [GUARD]


def test_its_own_sweep_counts_and_leaves_the_incident_open(watched: Watched) -> None:
    watched.looks(30)

    assert not watched.looks(59)
    assert watched.looks(60)
    assert len(watched.incidents) == 1


def test_the_incident_is_over_when_prefect_sweeps_again(watched: Watched) -> None:
    watched.looks(30)
    watched.swept(45)

    assert not watched.looks(46)
    assert watched.incidents == []


def test_a_sweep_that_fails_leaves_the_incident_and_is_tried_again(watched: Watched) -> None:
    store, wall = watched.office.store, watched.at(30)

    def broken() -> None:
        raise RuntimeError("the disk is full")

    for _ in range(2):
        with pytest.raises(RuntimeError):
            watch(
                store, Round("sweep", "controle", EVERY, broken), up_since=watched.at(0), wall=wall, now=wall, say=print
            )

    assert len(watched.incidents) == 1


# --- the clock


def ticks(watched: Watched, wall: float, up: float) -> Tick:
    """So many minutes after the service began by the wall, and by how long the machine is up."""
    return Tick(watched.at(wall), timedelta(minutes=up))


DAY = 24 * 60
LEAPS = [
    pytest.param(3, 3, [], id="a clock that goes well"),
    pytest.param(10 * DAY, 10 * DAY, [], id="a machine that slept"),
    pytest.param(6, 3, [], id="a clock that is set right by minutes"),
    pytest.param(-60, 3, [], id="a clock that is set back: what was noted ahead tells of that"),
    pytest.param(
        30 * DAY, 3,
        ["De klok sprong van ma 5 jan 2026, 09:03 naar wo 4 feb 2026, 09:00: wat daartussen lag, gebeurt nu."],
        id="a clock that jumps ahead",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("wall", "up", "told"), LEAPS)
def test_a_clock_that_jumps_ahead_is_an_incident(watched: Watched, wall: float, up: float, told: list[str]) -> None:
    after = ticks(watched, wall, up)

    watch_clock(watched.office.store, ticks(watched, 0, 0), after)

    assert watched.incidents == told


@pytest.mark.parametrize(
    ("wall", "over"),
    [
        pytest.param(33 * DAY, False, id="three days later"),
        pytest.param(38 * DAY, True, id="a week later, when everybody knows"),
        pytest.param(6, True, id="set right"),
    ],
)
def test_that_incident_is_over_when_the_clock_is_set_right_or_a_week_went_by(
    watched: Watched, wall: float, over: bool
) -> None:
    watch_clock(watched.office.store, ticks(watched, 0, 0), ticks(watched, 30 * DAY, 3))

    watch_clock(watched.office.store, ticks(watched, wall, 6), ticks(watched, wall, 6))

    assert (watched.incidents == []) is over


def test_a_trial_has_a_clock_of_its_own(watched: Watched) -> None:
    with watched.office.store.write() as session:
        session.get_one(Installation, 1).mode = "trial"

    watch_clock(watched.office.store, ticks(watched, 0, 0), ticks(watched, 30 * DAY, 3))

    assert watched.incidents == []
