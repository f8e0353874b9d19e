"""Days and clocks, counted anew from domain/deadlines.md and the standard library's zones."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Amsterdam")
DAY = timedelta(days=1)
OPENS, CLOSES = time(7, 30), time(17, 0)
"""The sending window (ux.md, section 6)."""

Term = tuple[int, str]
"""An amount and a unit in the plural, as snapshots write them."""


@cache
def midnight(day: date) -> datetime:
    """The instant at which a local day begins."""
    return instant(day, time())


def instant(day: date, at: time) -> datetime:
    """The instant of a local time; of one that exists twice, the first."""
    return datetime.combine(day, at, ZONE).astimezone(UTC)


def day_of(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


@dataclass(frozen=True, eq=False)
class Office:
    """On which days the office works (deadlines.md, section 2: kantoor). Known by itself, so that counts are kept."""

    may5: str
    good_friday: str
    extra_closed: frozenset[date]
    daily: bool
    decreed: frozenset[date] = frozenset()
    """Days that a royal decree equates with holidays: free by the Algemene termijnenwet, not for the office."""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Office:
        extra, decreed = (frozenset(map(date.fromisoformat, body.get(k, ()))) for k in ("extra_closed", "decree_days"))
        return cls(body["may5"], body["good_friday"], extra, body.get("open_days") == "all", decreed)

    def reading(self, calendar: str) -> Office:
        """The working days of `kantoor` (its own), `atw` or `eu` (deadlines.md, section 2)."""
        return self if calendar == "kantoor" else _by_law(self.decreed if calendar == "atw" else frozenset())

    def works(self, day: date) -> bool:
        if day in self.extra_closed:
            return False
        return self.daily or (day.weekday() < 5 and day not in self._feasts(day.year))

    def on_or_before(self, day: date) -> date:
        return day if self.works(day) else self.on_or_before(day - DAY)

    def on_or_after(self, day: date) -> date:
        return day if self.works(day) else self.on_or_after(day + DAY)

    def nth(self, day: date, n: int) -> date:
        """The n-th office day after the day, or before it when n is negative."""
        step = DAY if n > 0 else -DAY
        for _ in range(abs(n)):
            day += step
            while not self.works(day):
                day += step
        return day

    def count(self, after: date, until: date) -> int:
        """How many office days come after a day, up to and including another."""
        return sum(self.works(after + n * DAY) for n in range(1, (until - after).days + 1))

    def is_open(self, moment: datetime) -> bool:
        """Whether mail may go out now."""
        local = moment.astimezone(ZONE)
        return self.works(local.date()) and OPENS <= local.time() < CLOSES

    def _feasts(self, year: int) -> frozenset[date]:
        return _feasts(year, self.may5, self.good_friday)


@cache
def _by_law(decreed: frozenset[date]) -> Office:
    return Office("closed", "closed", decreed, daily=False)


@cache
def _feasts(year: int, may5: str, good_friday: str) -> frozenset[date]:
    sunday, king = _easter(year), date(year, 4, 27)
    days = {date(year, 1, 1), date(year, 12, 25), date(year, 12, 26), king - DAY if king.weekday() == 6 else king}
    days |= {sunday + n * DAY for n in (1, 39, 50)}
    if good_friday == "closed":
        days.add(sunday - 2 * DAY)
    if may5 == "closed" or (may5 == "lustrum" and year % 5 == 0):
        days.add(date(year, 5, 5))
    return frozenset(days)


def _easter(year: int) -> date:
    """Gauss's way, with the corrections for 1900-2199."""
    d = (19 * (year % 19) + 24) % 30
    e = (2 * (year % 4) + 4 * (year % 7) + 6 * d + 5) % 7
    if e == 6 and (d == 29 or (d == 28 and year % 19 > 10)):
        d -= 7
    return date(year, 3, 22) + (d + e) * DAY


@lru_cache(maxsize=100_000)
def count(day: date, terms: tuple[Term, ...], office: Office, sign: int = 1) -> date:
    """The day these terms together end: months first, so that they clamp once, then days, then office days (3.6)."""
    months = days = workdays = 0
    for n, unit in terms:
        match unit:
            case "months" | "years":
                months += n * (12 if unit == "years" else 1)
            case "days" | "weeks":
                days += n * (7 if unit == "weeks" else 1)
            case "working_days":
                workdays += n
    year, month = divmod(12 * day.year + day.month - 1 + sign * months, 12)
    clamped = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    return office.nth(clamped + sign * days * DAY, sign * workdays)
