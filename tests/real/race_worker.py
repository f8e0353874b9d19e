"""Several processes that play one story together: each one does everything, and leaves what another one did.

Apart from the tests, whose imports would cost each process seconds.
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

from models.session import Store
from tests.real.crash_worker import Stage, do
from tijdig.service.rounds import deliver_round, sweep_round

PATIENCE_SECONDS = 100
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
