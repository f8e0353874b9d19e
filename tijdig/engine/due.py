"""Due dates that explain themselves, counted as domain/deadlines.md says; its section numbers stand in the code.

The order is law: count to the nominal date, then the boundary word, then roll once (3.6).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from tijdig.engine.calendar import (
    ZONE,
    ZONE_VERSION,
    Calendar,
    CalendarName,
    as_instant,
    instant,
    local_day,
    midnight,
    short_date,
    short_moment,
)
from tijdig.engine.counting import Asked, Basis, Boundary, Direction, Reason, Roll, Rule, check, counted
from tijdig.engine.rolling import default_roll, leans, rolled
from tijdig.engine.terms import Term

__all__ = ["CLOSING", "Basis", "Boundary", "Direction", "Due", "Reason", "Roll", "Rule", "due"]

CLOSING = time(17, 0)
"""When the office closes: work that must be safe is done by then."""


@dataclass(frozen=True, slots=True)
class Due:
    """The last local day on which the work is still in time, and why.

    `due_time` (local) stands only with hour terms and closing times; from `late_from` (UTC) on it is late, with a
    closing time after it. `safe` is the last office day that closes no later than `late_from`.
    `uncertain`: a coming royal decree may still move it.
    """

    nominal: date
    due: date
    due_time: time | None
    late_from: datetime
    safe: date
    basis: Basis
    roll: Roll
    steps: tuple[Reason, ...]
    calendar_version: str
    uncertain: bool
    source: str


def due(
    anchor: date | datetime,
    term: Term,
    *,
    calendar: Calendar,
    direction: Direction = "forward",
    days: CalendarName = "kantoor",
    basis: Basis = "intern",
    roll: Roll | None = None,
    boundary: Boundary = "binnen",
    cutoff: time | None = None,
    extra: tuple[Term, ...] = (),
    paused_days: int = 0,
    source: str = "",
    label: str = "",
) -> Due:
    """The last local day (Europe/Amsterdam) on which the work is still in time, with its reasons.

    `anchor` is the day of the event; for hours its instant (a day counts from 00:00, no zone means local).
    `days` counts working days and serves the rolls to the next and previous one; `roll` None is what the basis
    says. `extra` are extensions, counted from the start of the whole term; `paused_days` were suspended.
    `label` begins the first sentence. Raises Refused outside 1900-2200 and for a local time that does not exist.
    """
    day = local_day(anchor) if isinstance(anchor, datetime) else anchor
    moment = None
    if term.unit == "hour":
        moment = as_instant(anchor) if isinstance(anchor, datetime) else midnight(anchor)
    if roll is None:
        roll = default_roll(basis, fixed=term.n == 0)
    back = direction == "backward"
    return _due(
        Asked(day, moment, term, calendar, back, days, basis, roll, boundary, cutoff, extra, paused_days, source, label)
    )


@lru_cache(maxsize=16_384)
def _due(asked: Asked) -> Due:
    check(asked)
    steps = counted(asked)
    nominal = steps[-1].after
    steps += rolled(asked, nominal)
    end = steps[-1].after
    late_from, at = _limit(asked, end)
    safe = _safe(asked.calendar, late_from)
    uncertain = leans(asked) and not (asked.calendar.covered(nominal) and asked.calendar.covered(end))
    steps += _closing(asked, end, late_from, safe, uncertain)
    version = f"{asked.calendar.version}+tz{ZONE_VERSION}"
    return Due(
        nominal, end, at, late_from, safe, asked.basis, asked.roll, tuple(steps), version, uncertain, asked.source
    )


def _limit(asked: Asked, end: date) -> tuple[datetime, time | None]:
    """From which instant on it is late, and the local time that says so, if one does (7)."""
    if asked.moment:
        return asked.limit, asked.limit.astimezone(ZONE).time()
    if asked.cutoff:
        return instant(end, asked.cutoff), asked.cutoff
    return midnight(end + timedelta(days=1)), None


def _safe(calendar: Calendar, late_from: datetime) -> date:
    day = local_day(late_from)
    in_time = instant(day, CLOSING) <= late_from
    return calendar.prev_workday(day if in_time else day - timedelta(days=1), "kantoor")


def _closing(asked: Asked, end: date, late_from: datetime, safe: date, uncertain: bool) -> Iterator[Reason]:
    if asked.cutoff:
        text = f"Sluit om {asked.cutoff:%H:%M}; wat precies dan binnen is, is op tijd en gaat langs een mens."
        yield Reason("cutoff", end, end, text)
    if uncertain:
        how = "eerder" if asked.back or asked.roll == "prev_workday" else "later"
        text = f"Nog niet zeker: niet alle gelijkgestelde dagen zijn bekend; de datum kan nog {how} worden."
        yield Reason("uncertain", end, end, text)
    # Only a term that runs from its anchor has a start; an event that is counted back from has none to be late for.
    at_once = safe < asked.anchor and not (asked.back or asked.fixed)
    late = "Te laat na" if asked.cutoff else "Te laat vanaf"
    text = f"{late} {short_moment(late_from)}. Veilig: {'meteen' if at_once else short_date(safe)}."
    yield Reason("safe", end, end, text)
