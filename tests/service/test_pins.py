"""What a case is pinned to: read once, and never mixed up."""

from datetime import date
from typing import Any

import pytest

from models.pins import CalendarVersion
from tests.databases import Databases
from tests.service.office import Office, found
from tijdig.engine.calendar import DECREE_DAYS, Calendar
from tijdig.engine.errors import AlreadyOpen
from tijdig.engine.snapshot import canonical
from tijdig.service import pins


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


KNOWN = [
    pytest.param({"decree_days": DECREE_DAYS[:-1]}, True, id="a decree named a day"),
    pytest.param({"covered_until": date(2025, 12, 31)}, True, id="the decrees reach further"),
    pytest.param({"edition": "atw-2025.4"}, False, id="only the edition has another name"),
    pytest.param({}, False, id="nothing changed"),
]


@pytest.mark.parametrize(("known", "renewed"), KNOWN)
def test_a_release_that_knows_other_days_makes_a_calendar_version_once(office: Office, known: Any, renewed: bool):
    house = Calendar(extra_closed=(date(2026, 12, 24),), **known)
    with office.store.write() as session:
        session.add(CalendarVersion(version=house.version, body=canonical(house.to_dict()), at=office.now))

        assert pins.renew_calendar(session, now=office.now, by="test") == renewed
        assert not pins.renew_calendar(session, now=office.now, by="test")

        now = pins.current_calendar(session)
    assert (now.extra_closed, now.decree_days) == (house.extra_closed, DECREE_DAYS)
