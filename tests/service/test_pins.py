"""What a case is pinned to: read once, and never mixed up."""

import pytest

from tests.databases import Databases
from tests.service.office import Office, found
from tijdig.engine.errors import AlreadyOpen


def test_two_installations_in_one_process_keep_their_own_settings(databases: Databases):
    strict, lenient = (Office(found(databases.new())) for _ in range(2))
    for office, allowed in ((strict, "nee"), (lenient, "ja")):
        office.choose("red_decider", "directeur")
        office.choose("allow_second_orange", allowed)
        office.open("orange-status", "lid-001", orange_on="2026-01-05")
        office.decide("orange-status/lid-001", "judge", "green", "adviser1")

    lenient.open("orange-status", "lid-001", orange_on="2026-01-05")
    with pytest.raises(AlreadyOpen):
        strict.open("orange-status", "lid-001", orange_on="2026-01-05")
    strict.store.close()
    lenient.store.close()
