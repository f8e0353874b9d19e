"""When mail may go out: in office hours, and outside them only what would else come too late (ux.md, section 6)."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from tijdig.engine.calendar import ZONE, Calendar, instant, local_day

OPENS, CLOSES = time(7, 30), time(17, 0)
"""The sending window on office days, Amsterdam time; at CLOSES it is shut."""

LAST_CALL = timedelta(hours=4)
"""Fatal mail passes the window when less working time than this is left between its next opening and too late."""

_DAY = timedelta(days=1)


def is_open(now: datetime, calendar: Calendar) -> bool:
    """Whether the sending window is open."""
    local = now.astimezone(ZONE)
    return calendar.is_workday(local.date(), "kantoor") and OPENS <= local.time() < CLOSES


def next_opening(now: datetime, calendar: Calendar) -> datetime:
    """When the window is open next; now when it is open."""
    if is_open(now, calendar):
        return now
    today = local_day(now)
    opening = instant(calendar.next_workday(today, "kantoor"), OPENS)
    return opening if opening > now else instant(calendar.next_workday(today + _DAY, "kantoor"), OPENS)


def working_time(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """How much of the sending window lies between two instants."""
    total, day = timedelta(), calendar.next_workday(local_day(start), "kantoor")
    while day <= local_day(end):
        total += max(min(end, instant(day, CLOSES)) - max(start, instant(day, OPENS)), timedelta())
        day = calendar.next_workday(day + _DAY, "kantoor")
    return total


def may_go(now: datetime, calendar: Calendar, *, fatal: bool, late_from: datetime | None) -> bool:
    """Whether a mail may go out now; `late_from` is when what it is about is too late."""
    if is_open(now, calendar):
        return True
    if not fatal or late_from is None or late_from <= now:
        return False
    opening = next_opening(now, calendar)
    return opening >= late_from or working_time(opening, min(late_from, opening + 7 * _DAY), calendar) < LAST_CALL
