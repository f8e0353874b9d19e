"""Several processes do all the work of an installation at once: it ends as when one does it alone.

Everybody does everything: sweeps, acts (who finds by the version that another one did it, leaves it), composes and
delivers. The story, and what must be equal at its end, are those of the crash tests.
"""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from multiprocessing.synchronize import Barrier
from threading import BrokenBarrierError

import pytest

from models.session import Store
from tests.checker.judge import judge
from tests.real.crash_worker import Stage, Story, do
from tests.real.test_crash import Play, Theatre, as_undisturbed, theatre
from tijdig.service.rounds import deliver_round, sweep_round

__all__ = ["theatre"]
pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("ignore:.*imghdr.*:DeprecationWarning")]

PATIENCE_SECONDS = 100
SHORT, LONG = Story(members=6, every=10, days=80), Story(members=18, every=1, days=80)
CREWS = [
    pytest.param(SHORT, 2, id="two"),
    pytest.param(LONG, 4, id="four", marks=[pytest.mark.long, pytest.mark.timeout(1200)]),
]
Part = Callable[[], object]


@dataclass(frozen=True)
class Racer:
    """One of the processes that play a story together, each day from the same moment on."""

    stage: Stage
    number: int
    together: Barrier
    by_turns: bool
    """Whether all sweep first, then all act, and then all deliver."""

    def run(self) -> None:
        """The whole story."""
        store = Store.at(self.stage.address)
        try:
            for page in range(self.stage.story.pages):
                for part in self.parts(store, page):
                    part()
                    if self.by_turns:
                        self.together.wait(PATIENCE_SECONDS)
                self.together.wait(PATIENCE_SECONDS)
        except BrokenBarrierError:  # another one failed, and says why
            raise SystemExit(1) from None
        except BaseException:
            self.together.abort()
            raise

    def parts(self, store: Store, page: int) -> Iterator[Part]:
        now, settings = self.stage.story.moment(page), self.stage.settings
        yield partial(sweep_round, store, now=now, wall=now, url=settings.url)
        yield partial(self.open, store, page, now)
        self.together.wait(PATIENCE_SECONDS)
        yield partial(self.act, store, page, now)
        yield partial(deliver_round, store, now=now, wall=now, settings=settings)

    def open(self, store: Store, page: int, now: datetime) -> None:
        """The first one opens the cases: they are numbered as they open."""
        for member, version, deed in self.stage.story.deeds(page):
            if deed is None and self.number == 0:
                do(store, now, member, version, deed)

    def act(self, store: Store, page: int, now: datetime) -> None:
        """What people do, each of us in another order of members, and a sweep after each."""
        files = [list(told) for _, told in groupby(self.stage.story.deeds(page), key=lambda told: told[0])]
        random.Random(f"{page}/{self.number}").shuffle(files)
        for member, version, deed in (told for file in files for told in file):
            if deed:
                do(store, now, member, version, deed)
                sweep_round(store, now=now, wall=now)


def race(stage: Stage, crew: int, *, by_turns: bool) -> None:
    """Let so many processes play the story together."""
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(crew)
    racers = [spawn.Process(target=Racer(stage, number, together, by_turns).run) for number in range(crew)]
    for each in racers:
        each.start()
    for each in racers:
        each.join()
    assert [each.exitcode for each in racers] == [0] * crew


def incidents(play: Play) -> list[str]:
    with play.reading() as rows:
        return [cause for (cause,) in rows("select cause from incident where kind <> 'mail_role'")]


@pytest.mark.parametrize(("story", "crew"), CREWS)
def test_all_that_sweep_then_act_then_deliver_do_what_one_does_alone(theatre: Theatre, story: Story, crew: int) -> None:
    alone, together = theatre.open(story), theatre.open(story)
    alone.stage.play()

    race(together.stage, crew, by_turns=True)

    as_undisturbed(together, alone)
    assert incidents(together) == incidents(alone) == []


@pytest.mark.parametrize(("story", "crew"), CREWS)
def test_all_that_do_everything_at_once_miss_nothing_and_do_nothing_twice(
    theatre: Theatre, story: Story, crew: int
) -> None:
    """An act that comes before the sweep silences what it makes pointless: who is first decides what is told."""
    alone, together = theatre.open(story), theatre.open(story)
    alone.stage.play()

    race(together.stage, crew, by_turns=False)

    assert effects(together) == effects(alone)
    sent = {key for key, (state, _) in together.mails().items() if state == "verzonden"}
    assert {key: n for key, n in together.arrived().items() if n} == dict.fromkeys(sent, 1)
    assert {state for state, _ in together.mails().values()} <= {"verzonden", "vervallen"}
    *earlier, last = map(story.moment, range(story.pages))
    assert judge(together.stage.address, together.catcher.caught, last, rounds=earlier) == []
    assert incidents(together) == []


def effects(play: Play) -> list[tuple[object, ...]]:
    """How each case stands, and what happened in it, in order and when."""
    with play.reading() as rows:
        stand = rows("select code, state, version, closed_on, next_check_at from case_ order by code")
        log = rows(
            "select code, log.seq, log.key, at, nominal from log join case_ c on c.id = case_id order by code, 2"
        )
        return [tuple(row) for row in (*stand, *log)]
