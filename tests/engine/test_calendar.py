"""The three calendars, their versions, and the Amsterdam clock (domain/deadlines.md 2 and 7)."""

import copy
import csv
import json
import pickle
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tijdig.engine.calendar import (
    ZONE,
    ZONE_VERSION,
    Calendar,
    CalendarName,
    as_instant,
    easter,
    instant,
    local_day,
    midnight,
    short_date,
    short_moment,
)
from tijdig.engine.errors import Refused

LAW = Calendar()
NAMES: tuple[CalendarName, ...] = ("atw", "kantoor", "eu")
LINES = (Path(__file__).parents[1] / "data/atw-days.csv").read_text(encoding="utf-8").splitlines()
ROWS = list(csv.DictReader(line for line in LINES if not line.startswith("#")))
YEARS = range(2015, 2041)
LAWS = settings(derandomize=True, deadline=None, database=None, max_examples=200)

a_day = st.dates(date(2015, 1, 1), date(2040, 12, 31))
a_name = st.sampled_from(NAMES)
a_settled_house = st.sampled_from(
    [
        LAW,
        Calendar(may5="closed", good_friday="closed", extra_closed=(date(2026, 12, 24),)),
        Calendar(open_days="all", extra_closed=(date(2026, 12, 24),)),
    ]
)
a_house = st.builds(
    Calendar,
    may5=st.sampled_from(["lustrum", "open", "closed"]),
    good_friday=st.sampled_from(["open", "closed"]),
    extra_closed=st.lists(a_day, max_size=4).map(tuple),
    open_days=st.sampled_from(["weekdays", "all"]),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["date"])
def test_each_listed_day_is_free_where_the_list_says_so(row: dict[str, str]) -> None:
    day = date.fromisoformat(row["date"])

    assert bool(LAW.holiday(day, "atw")) == (row["atw"] == "yes")
    assert bool(LAW.holiday(day, "kantoor")) == (row["kantoor"] == "yes")  # config: open by default
    assert bool(LAW.holiday(day, "eu")) == (row["kind"] == "wet")


def test_no_day_of_2020_to_2030_is_free_that_is_not_listed() -> None:
    listed = {date.fromisoformat(row["date"]) for row in ROWS if row["atw"] == "yes"}
    days = [date(2020, 1, 1) + timedelta(days=n) for n in range(4018)]

    assert {day for day in days if LAW.holiday(day, "atw")} == listed


@pytest.mark.parametrize("year", YEARS)
def test_the_statutory_days_are_those_of_the_holidays_package(year: int) -> None:
    """It lists both Sundays and keeps 5 May to lustrum years; the Atw needs no Sundays and has 5 May always."""
    theirs = set(holidays.country_holidays("NL", years=year)) - {easter(year), easter(year) + timedelta(days=49)}

    ours = {
        day for n in range(366) if LAW.holiday(day := date(year, 1, 1) + timedelta(days=n), "eu") and day.year == year
    }

    assert ours == theirs | {date(year, 5, 5)}


@pytest.mark.parametrize(
    ("day", "name", "free"),
    [
        (date(2025, 4, 26), "atw", "Koningsdag"),  # the 27th is a Sunday
        (date(2025, 4, 27), "atw", None),
        (date(2016, 5, 5), "kantoor", "Hemelvaartsdag"),  # also 5 May: closed, though no lustrum year
        (date(2026, 5, 5), "atw", "Bevrijdingsdag"),
        (date(2026, 5, 5), "kantoor", None),
        (date(2030, 5, 5), "kantoor", "Bevrijdingsdag"),
        (date(2026, 4, 3), "eu", "Goede Vrijdag"),
        (date(2026, 5, 15), "atw", "vrijdag na Hemelvaartsdag"),
        (date(2026, 1, 2), "atw", "vrijdag na Nieuwjaarsdag"),
        (date(2026, 5, 15), "eu", None),
        (date(2026, 5, 4), "atw", None),
        (date(2026, 12, 24), "atw", None),
        (date(2026, 12, 31), "atw", None),
    ],
)
def test_a_free_day_has_its_name(day: date, name: CalendarName, free: str | None) -> None:
    assert LAW.holiday(day, name) == free


@pytest.mark.parametrize(
    ("house", "day", "open_"),
    [
        (Calendar(may5="open"), date(2025, 5, 5), True),
        (Calendar(may5="closed"), date(2026, 5, 5), False),
        (Calendar(good_friday="closed"), date(2026, 4, 3), False),
        (Calendar(extra_closed=(date(2026, 12, 24),)), date(2026, 12, 24), False),
        (Calendar(may5="open"), date(2016, 5, 5), False),  # Ascension
        (Calendar(open_days="all"), date(2026, 4, 4), True),  # a Saturday
        (Calendar(open_days="all"), date(2026, 12, 25), True),
        (Calendar(open_days="all", may5="closed"), date(2026, 5, 5), True),
        (Calendar(open_days="all", extra_closed=(date(2026, 12, 25),)), date(2026, 12, 25), False),
    ],
)
def test_house_settings_change_the_office_and_nothing_else(house: Calendar, day: date, open_: bool) -> None:
    assert house.is_workday(day, "kantoor") == open_
    assert house.is_workday(day, "atw") == LAW.is_workday(day, "atw")
    assert house.is_workday(day, "eu") == LAW.is_workday(day, "eu")


def test_decrees_are_known_from_2020_to_2028() -> None:
    assert [LAW.covered(date(*d)) for d in ((2019, 12, 31), (2020, 1, 1), (2028, 12, 31), (2029, 1, 1))] == [
        False, True, True, False,
    ]  # fmt: skip


# --- versions


def test_the_version_names_the_edition_and_tells_houses_apart() -> None:
    houses = [
        LAW, Calendar(may5="open"), Calendar(good_friday="closed"), Calendar(extra_closed=(date(2026, 12, 24),)),
        Calendar(open_days="all"),
    ]  # fmt: skip

    assert LAW.version == "atw-2026.1"
    assert all(house.version.startswith("atw-2026.1") for house in houses)
    assert len({house.version for house in houses}) == 5


@LAWS
@given(a_house)
def test_a_calendar_to_json_and_back_is_the_same(house: Calendar) -> None:
    back = Calendar.from_dict(json.loads(json.dumps(house.to_dict())))

    assert back == house
    assert back.version == house.version


def test_a_pinned_calendar_keeps_the_decrees_it_had() -> None:
    old = replace(LAW, edition="atw-2025.1", decree_days=LAW.decree_days[:8], covered_until=date(2025, 12, 31))

    pinned = Calendar.from_dict(old.to_dict())

    assert pinned.is_workday(date(2026, 5, 15), "atw")
    assert not pinned.covered(date(2026, 5, 15))


# --- working days


@LAWS
@given(a_settled_house, a_day, st.integers(-60, 60), a_name)
def test_adding_working_days_is_stepping_over_each_day(house: Calendar, day: date, n: int, name: CalendarName) -> None:
    step, walked = timedelta(days=1 if n > 0 else -1), day
    for _ in range(abs(n)):
        walked += step
        while not house.is_workday(walked, name):
            walked += step

    assert house.add_workdays(day, n, name) == walked
    assert n <= 0 or house.workdays_between(day, walked, name) == n
    assert n >= 0 or house.workdays_between(walked, day, name) in (-n, -n - 1)  # the start may itself be free


@LAWS
@given(a_settled_house, a_day, a_name)
def test_the_next_and_previous_working_day_are_the_nearest(house: Calendar, day: date, name: CalendarName) -> None:
    before, after = house.prev_workday(day, name), house.next_workday(day, name)

    assert before <= day <= after
    assert house.is_workday(before, name)
    assert house.is_workday(after, name)
    assert (before == after) == house.is_workday(day, name)
    assert house.workdays_between(before, after, name) == (before != after)


@pytest.mark.parametrize("day", [date(1899, 12, 31), date(2201, 1, 1)])
def test_days_that_no_calendar_holds_are_refused(day: date) -> None:
    for ask in (LAW.is_workday, LAW.next_workday, LAW.prev_workday, LAW.holiday):
        with pytest.raises(Refused, match="1900-2200"):
            ask(day, "kantoor")
    with pytest.raises(Refused, match="1900-2200"):
        LAW.add_workdays(day, 1, "kantoor")


# --- the clock


@pytest.mark.parametrize(
    ("day", "starts"),
    [
        (date(2026, 3, 29), "2026-03-28T23:00+00:00"),  # the clock goes forward at 02:00
        (date(2026, 3, 30), "2026-03-29T22:00+00:00"),
        (date(2026, 10, 25), "2026-10-24T22:00+00:00"),  # and back at 03:00
        (date(2026, 10, 26), "2026-10-25T23:00+00:00"),
    ],
)
def test_a_local_day_begins_at_local_midnight(day: date, starts: str) -> None:
    moment = midnight(day)

    assert moment.isoformat(timespec="minutes") == starts
    assert local_day(moment) == day
    assert local_day(moment - timedelta(seconds=1)) == day - timedelta(days=1)


def test_a_local_time_that_the_clock_skips_is_refused() -> None:
    with pytest.raises(Refused, match="02:30 on 2026-03-29 does not exist") as refused:
        instant(date(2026, 3, 29), time(2, 30))

    assert refused.value.code == "NO_SUCH_TIME"


def test_a_local_time_that_comes_twice_is_the_first() -> None:
    assert instant(date(2026, 10, 25), time(2, 30)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert instant(date(2026, 10, 25), time(2, 30, fold=1)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_moment_without_a_zone_is_local() -> None:
    moment = datetime.fromisoformat("2026-06-11T23:30")

    assert local_day(moment) == date(2026, 6, 11)
    assert as_instant(moment) == datetime(2026, 6, 11, 21, 30, tzinfo=UTC)


def test_dates_are_told_in_dutch() -> None:
    assert short_date(date(2021, 10, 15)) == "vr 15 okt 2021"
    assert short_date(date(2026, 3, 1)) == "zo 1 mrt 2026"
    assert short_moment(datetime(2021, 10, 29, 15, tzinfo=UTC)) == "vr 29 okt 2021, 17:00"


def test_a_local_moment_can_be_copied_and_pickled() -> None:
    moment = datetime(2026, 7, 1, tzinfo=ZONE)

    assert copy.deepcopy(moment).tzinfo is ZONE
    assert pickle.loads(pickle.dumps(moment)).isoformat() == "2026-07-01T00:00:00+02:00"


def test_the_zone_data_says_which_it_is() -> None:
    assert ZONE_VERSION[:2] == "20"
    assert ZONE_VERSION[4:].isalpha()
