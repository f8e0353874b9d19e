"""Ten thousand hand-ins in the last hour, by several processes at once, and none is lost (P-03)."""

from __future__ import annotations

from collections import Counter

import pytest

from models.session import Store
from tests.databases import Databases
from tests.real.hand_in_worker import NOW, a_filing, hand_in_together
from tests.service.test_register import House, furnished
from tijdig.service.cases import Doing
from tijdig.service.people import Directory
from tijdig.service.register import hand_in

__all__ = ["furnished"]
pytestmark = pytest.mark.real


@pytest.mark.parametrize(
    ("crew", "pieces"),
    [
        pytest.param(3, 600, id="600-by-three"),
        pytest.param(4, 10_000, id="10,000-by-four", marks=[pytest.mark.long, pytest.mark.timeout(1200)]),
    ],
)
def test_all_that_is_handed_in_at_once_stands_in_the_register_once(
    databases: Databases, furnished: str, crew: int, pieces: int
) -> None:
    address = databases.copy(furnished)
    store = Store.at(address)
    House(store).new()

    hand_in_together(address, crew, pieces)

    with store.write() as session:  # what is asked again, after a doubtful answer, adds nothing
        filings = [a_filing(number, pieces) for number in range(pieces)]
        again = hand_in(session, Directory.load(session), Doing("desk1", NOW), "cz-2021", filings)
    assert not any(each.new for each in again)
    receipts = House(store).read()
    assert sorted(each.filing.sha256 for each in receipts) == [f"{number:064x}" for number in range(pieces)]
    assert len({each.number for each in receipts}) == pieces
    assert Counter(each.arrival for each in receipts) == {"in_time": pieces - 1, "last_second": 1}
    store.close()
