"""Which days are working days, and what the clock says in Amsterdam.

Three calendars (domain/deadlines.md, 2): `atw` for statutory terms, `kantoor` for the days on which the office
works, `eu` for terms out of EU regulations. A calendar is data with a version; a case keeps the one it runs on.
"""

import json
import pkgutil
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from hashlib import sha256
from io import BytesIO
from itertools import chain
from typing import Any, Literal
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped]

from tijdig.engine.errors import Refused

CalendarName = Literal["atw", "kantoor", "eu"]
May5 = Literal["lustrum", "open", "closed"]
GoodFriday = Literal["open", "closed"]
OpenDays = Literal["weekdays", "all"]


class _Zone(ZoneInfo):
    """A zone that was read from a file, and yet can be copied and pickled: there is only one."""

    def __reduce__(self) -> tuple[Callable[[], ZoneInfo], tuple[()]]:
        return _zone, ()


def _zone() -> ZoneInfo:
    return ZONE


# Not ZoneInfo("Europe/Amsterdam"): that reads the zone files of the machine first, and their version is unknown.
_ZONE_DATA = pkgutil.get_data("tzdata", "zoneinfo/Europe/Amsterdam")
assert _ZONE_DATA is not None
ZONE: ZoneInfo = _Zone.from_file(BytesIO(_ZONE_DATA), key="Europe/Amsterdam")
ZONE_VERSION: str = tzdata.IANA_VERSION

FIRST, LAST = date(1900, 1, 1), date(2200, 12, 31)
"""The days that can be computed with."""

DECREE_DAYS = tuple(map(date.fromisoformat, (
    "2020-05-22", "2021-05-14", "2022-05-27",  # KB 20-09-2019
    "2023-04-28", "2023-05-19", "2024-05-10", "2024-12-27", "2025-05-30",  # Besluit gelijkstelling 2023-2025
    "2026-01-02", "2026-05-15", "2027-05-07", "2028-04-28", "2028-05-26",  # Besluit gelijkstelling 2026-2028
)))  # fmt: skip
"""Days equated with a holiday by royal decree (Atw art. 3 lid 3)."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The law's days and the house's own choices, under one version.

    `may5`, `good_friday` and `extra_closed` say when the office is closed; a house that works every day of the year
    (`open_days` all) closes on `extra_closed` only. They never touch `atw` and `eu`.
    Decrees are known from `covered_from` to `covered_until`; beyond it a statutory date is not yet certain.
    All methods raise Refused for days outside 1900-2200.
    """

    may5: May5 = "lustrum"
    good_friday: GoodFriday = "open"
    extra_closed: tuple[date, ...] = ()
    open_days: OpenDays = "weekdays"
    edition: str = "atw-2026.1"
    decree_days: tuple[date, ...] = DECREE_DAYS
    covered_from: date = date(2020, 1, 1)
    covered_until: date = date(2028, 12, 31)
    version: str = field(init=False)

    def __post_init__(self) -> None:
        daily = ("all",) if self.open_days == "all" else ()
        house = (self.may5, self.good_friday, *daily, *map(str, sorted(set(self.extra_closed))))
        own = "" if house == ("lustrum", "open") else f".{sha256(' '.join(house).encode()).hexdigest()[:8]}"
        object.__setattr__(self, "extra_closed", tuple(sorted(set(self.extra_closed))))
        object.__setattr__(self, "version", self.edition + own)

    def __hash__(self) -> int:  # asked for every due date: the version is enough, and a string keeps its hash
        return hash(self.version)

    def is_workday(self, day: date, name: CalendarName) -> bool:
        return (_known(day).weekday() < 5 or self.works_daily(name)) and day not in _closed(self, name)

    def works_daily(self, name: CalendarName) -> bool:
        """Whether weekends and holidays are working days like any other."""
        return name == "kantoor" and self.open_days == "all"

    def next_workday(self, day: date, name: CalendarName) -> date:
        """The first working day on or after `day`."""
        table = _workdays(self, name)
        return _nth(table, bisect_left(table, _known(day).toordinal()), day)

    def prev_workday(self, day: date, name: CalendarName) -> date:
        """The last working day on or before `day`."""
        table = _workdays(self, name)
        return _nth(table, bisect_right(table, _known(day).toordinal()) - 1, day)

    def add_workdays(self, day: date, n: int, name: CalendarName) -> date:
        """The n-th working day after `day`, or before it when n is negative; `day` itself is not counted."""
        if n == 0:
            return day
        table, ordinal = _workdays(self, name), _known(day).toordinal()
        here = bisect_right(table, ordinal) - 1 if n > 0 else bisect_left(table, ordinal)
        return _nth(table, here + n, day)

    def workdays_between(self, a: date, b: date, name: CalendarName) -> int:
        """How many working days come after `a`, up to and including `b`; negative when `b` lies before `a`."""
        table = _workdays(self, name)
        return bisect_right(table, _known(b).toordinal()) - bisect_right(table, _known(a).toordinal())

    def holiday(self, day: date, name: CalendarName) -> str | None:
        """The Dutch name of what makes `day` a free day, weekends apart."""
        return _closed(self, name).get(_known(day))

    def covered(self, day: date) -> bool:
        """Whether the royal decrees for `day` are known."""
        return self.covered_from <= day <= self.covered_until

    def to_dict(self) -> dict[str, Any]:
        """All that makes this version, ready for JSON; `from_dict` gives an equal calendar back."""
        data = asdict(self)
        del data["version"]
        return json.loads(json.dumps(data, default=date.isoformat))  # type: ignore[no-any-return]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Calendar":
        day = date.fromisoformat
        return cls(
            may5=data["may5"],
            good_friday=data["good_friday"],
            extra_closed=tuple(map(day, data["extra_closed"])),
            open_days=data.get("open_days", "weekdays"),
            edition=data["edition"],
            decree_days=tuple(map(day, data["decree_days"])),
            covered_from=day(data["covered_from"]),
            covered_until=day(data["covered_until"]),
        )


def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), g = divmod(b, 4), (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    n = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * n) // 451
    month, day = divmod(h + n - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _holidays(year: int) -> Mapping[date, str]:
    """The days of Atw art. 3 lid 1 and 2. Ascension may fall on 5 May (2016); then that name counts."""
    sunday, king = easter(year), date(year, 4, 27)
    return {
        date(year, 1, 1): "Nieuwjaarsdag",
        sunday - 2 * _DAY: "Goede Vrijdag",
        sunday + _DAY: "Tweede Paasdag",
        king - _DAY if king.weekday() == 6 else king: "Koningsdag",
        date(year, 5, 5): "Bevrijdingsdag",
        sunday + 39 * _DAY: "Hemelvaartsdag",
        sunday + 50 * _DAY: "Tweede Pinksterdag",
        date(year, 12, 25): "Eerste Kerstdag",
        date(year, 12, 26): "Tweede Kerstdag",
    }


@cache
def _law() -> Mapping[date, str]:
    return {day: title for year in range(FIRST.year, LAST.year + 1) for day, title in _holidays(year).items()}


@cache
def _days(a_week: int) -> list[int]:
    """The first so many days of each week."""
    monday, last = FIRST.toordinal(), LAST.toordinal()  # 1 January 1900 was a Monday
    return sorted(chain.from_iterable(range(monday + n, last + 1, 7) for n in range(a_week)))


@lru_cache(maxsize=64)
def _closed(calendar: Calendar, name: CalendarName) -> Mapping[date, str]:
    """Every free day of a calendar with its name, weekends apart."""
    law = _law()
    match name:
        case "eu":
            return law
        case "atw":
            return {**law, **{day: f"vrijdag na {law.get(day - _DAY, 'een feestdag')}" for day in calendar.decree_days}}
        case "kantoor":
            daily = calendar.works_daily(name)
            house = {} if daily else {day: title for day, title in law.items() if _office_closes(calendar, day, title)}
            return dict.fromkeys(calendar.extra_closed, "extra sluitingsdag") | house


def _office_closes(calendar: Calendar, day: date, title: str) -> bool:
    match title:
        case "Goede Vrijdag":
            return calendar.good_friday == "closed"
        case "Bevrijdingsdag":
            return calendar.may5 == "closed" or (calendar.may5 == "lustrum" and day.year % 5 == 0)
    return True


@lru_cache(maxsize=64)
def _workdays(calendar: Calendar, name: CalendarName) -> list[int]:
    """The working days in order, as ordinals: an index in it is a count of working days."""
    closed = {day.toordinal() for day in _closed(calendar, name)}
    return [day for day in _days(7 if calendar.works_daily(name) else 5) if day not in closed]


def _nth(table: list[int], index: int, day: date) -> date:
    if not 0 <= index < len(table):
        raise out_of_range(day)
    return date.fromordinal(table[index])


def _known(day: date) -> date:
    if not FIRST <= day <= LAST:
        raise out_of_range(day)
    return day


def out_of_range(day: date | int) -> Refused:
    """The refusal for a day, or a count from it, that no calendar holds."""
    return Refused(
        f"Counting from {day} leaves the years {FIRST.year}-{LAST.year}. Check the date and the term.",
        code="OUT_OF_RANGE",
        day=day,
    )


# --- the clock


@lru_cache(maxsize=4096)
def midnight(day: date) -> datetime:
    """The instant (UTC) at which a local day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)


@lru_cache(maxsize=4096)
def local_day(moment: datetime) -> date:
    """The local day of an instant; a date-time without a zone is local already."""
    return (moment if moment.tzinfo is None else moment.astimezone(ZONE)).date()


def instant(day: date, at: time) -> datetime:
    """The instant (UTC) of a local time; of one that exists twice, the first.

    Raises Refused for a local time that the clock skips, such as 02:30 on the last Sunday of March.
    """
    local = datetime(day.year, day.month, day.day, at.hour, at.minute, at.second, at.microsecond, tzinfo=ZONE)
    moment = local.astimezone(UTC)
    if moment.astimezone(ZONE).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Refused(
            f"{at:%H:%M} on {day} does not exist: the clock skips that hour. Give the hour that was meant.",
            code="NO_SUCH_TIME",
            day=day,
            at=at,
        )
    return moment


def as_instant(moment: datetime) -> datetime:
    """A recorded date-time as an instant (UTC); without a zone it is local, as for `instant`."""
    return moment.astimezone(UTC) if moment.tzinfo else instant(moment.date(), moment.time())


# --- Dutch dates; no locale, so that the server's setting changes nothing

_WEEKDAYS = ("ma", "di", "wo", "do", "vr", "za", "zo")
_MONTHS = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")


def short_date(day: date) -> str:
    """A day as people read it: "vr 15 okt 2021"."""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def short_moment(moment: datetime) -> str:
    """An instant as people read it, on the Amsterdam clock: "vr 29 okt 2021, 17:00"."""
    local = moment.astimezone(ZONE)
    return f"{short_date(local)}, {local:%H:%M}"
