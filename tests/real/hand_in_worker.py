"""A process that hands in for many providers in the last hour, beside others that do the same."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.synchronize import Barrier

from models.session import Store
from tijdig.engine.errors import Refused
from tijdig.service.cases import Doing
from tijdig.service.people import Directory
from tijdig.service.register import Filing, hand_in

CLOSES = datetime.fromisoformat("2020-07-31T17:00:00+02:00")
NOW = CLOSES + timedelta(hours=1)
PATIENCE_SECONDS = 100
TOGETHER = 5
"""So many pieces are a registration (P-03)."""


@dataclass(frozen=True)
class Counter:
    """One of the processes at the counter: `number` of `crew`, for so many pieces together."""

    address: str
    number: int
    crew: int
    pieces: int
    together: Barrier

    def run(self) -> None:
        """Hand in its own share, one registration in a transaction; what met a lock for too long again."""
        store = Store.at(self.address, wait_seconds=30)
        self.together.wait(PATIENCE_SECONDS)
        for first in range(self.number * TOGETHER, self.pieces, self.crew * TOGETHER):
            filings = [a_filing(number, self.pieces) for number in range(first, first + TOGETHER)]
            while not self.handed_in(store, filings):
                pass

    def handed_in(self, store: Store, filings: Sequence[Filing]) -> bool:
        try:
            with store.write() as session:
                hand_in(session, Directory.load(session), Doing("desk1", NOW), "cz-2021", filings)
        except Refused as refusal:
            if refusal.code == "BUSY":
                return False
            raise
        return True


def a_filing(number: int, pieces: int) -> Filing:
    """The piece of this number: they come evenly over the last hour, the last one in the closing second."""
    left = timedelta(hours=1) * (pieces - 1 - number) / pieces
    return Filing(
        f"za-{number // TOGETHER % 240:03}", f"stuk-{number}", CLOSES - left, f"{number:064x}", channel="portaal"
    )


def hand_in_together(address: str, crew: int, pieces: int) -> None:
    """Let so many processes hand in so many pieces at once."""
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(crew)
    counters = [spawn.Process(target=Counter(address, number, crew, pieces, together).run) for number in range(crew)]
    for each in counters:
        each.start()
    for each in counters:
        each.join()
    assert [each.exitcode for each in counters] == [0] * crew
