"""Counting from an anchor to the nominal date: terms, suspension and boundary words (domain/deadlines.md, 3 and 4)."""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple

from tijdig.engine.calendar import (
    FIRST,
    LAST,
    ZONE,
    Calendar,
    CalendarName,
    local_day,
    out_of_range,
    short_date,
    short_moment,
)
from tijdig.engine.errors import Refused
from tijdig.engine.terms import Term, words

Basis = Literal["wettelijk", "contract", "norm", "intern"]
Roll = Literal["atw", "eu", "none", "next_workday", "prev_workday"]
Direction = Literal["forward", "backward"]
Boundary = Literal["binnen", "uiterlijk", "voor"]
Rule = Literal[
    "start", "count", "pause", "boundary", "atw1", "atw2", "atw4", "eu4", "eu5", "next_workday", "prev_workday", "none",
    "cutoff", "uncertain", "safe",
]  # fmt: skip

DAYS_NL: dict[CalendarName, tuple[str, str]] = {
    "atw": ("Atw-werkdag", "Atw-werkdagen"),
    "kantoor": ("kantoordag", "kantoordagen"),
    "eu": ("EU-werkdag", "EU-werkdagen"),
}

MOST_NAMES = 5
"""More free days than this are told as a number."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One step from the anchor to the due date; `after` of one is `before` of the next. `text` is for people."""

    rule: Rule
    before: date
    after: date
    text: str


class Asked(NamedTuple):
    """One question for a due date, complete and comparable. `moment` (UTC) is the anchor of a term in hours only."""

    anchor: date
    moment: datetime | None
    term: Term
    calendar: Calendar
    back: bool
    days: CalendarName
    basis: Basis
    roll: Roll
    boundary: Boundary
    cutoff: time | None
    extra: tuple[Term, ...]
    paused_days: int
    source: str
    label: str

    @property
    def terms(self) -> tuple[Term, ...]:
        """The term with its extensions: the whole that the law looks at (3.6)."""
        return (self.term, *self.extra)

    @property
    def fixed(self) -> bool:
        """A date that the text itself names, not a term that runs to it."""
        return self.term.n == 0 and self.moment is None

    @property
    def limit(self) -> datetime:
        """The end of a term in hours (UTC): elapsed time, whatever the clock does (3.5)."""
        assert self.moment
        count = sum(term.n for term in self.extra) + (-self.term.n if self.back else self.term.n)
        try:
            end = self.moment + timedelta(hours=count)
        except OverflowError:
            raise out_of_range(self.anchor) from None
        if not FIRST <= end.date() <= LAST:
            raise out_of_range(self.anchor)
        return end


def check(asked: Asked) -> None:
    """Raise Refused for what cannot be counted."""
    if not FIRST <= asked.anchor <= LAST:
        raise out_of_range(asked.anchor)
    units = {term.unit for term in asked.terms}
    if "hour" in units and (len(units) > 1 or asked.paused_days or asked.cutoff):
        raise Refused(
            "A term in hours ends at its own minute, without days, suspension or closing time. "
            "Give the whole term in hours, or all of it in days.",
            code="HOURS_ONLY",
        )


def counted(asked: Asked) -> list[Reason]:
    """The steps from the anchor to the nominal date, in order: count, suspension, boundary word."""
    steps = [_start(asked)]
    for part in (_count, _pause, _boundary):
        steps += part(asked, steps[-1].after)
    return steps


def _start(asked: Asked) -> Reason:
    label, day = asked.label, short_date(asked.anchor)
    if asked.moment:
        text = f"{label or 'Vastgesteld'} op {short_moment(asked.moment)}."
    elif asked.fixed:
        text = f"{label} op {day}: een vaste datum." if label else f"Vaste datum: {day}."
    else:
        text = f"{label or ('Gepland' if asked.back else 'Vastgesteld')} op {day}; die dag telt niet mee."
    return Reason("start", asked.anchor, asked.anchor, text)


def _count(asked: Asked, day: date) -> Iterator[Reason]:
    if asked.fixed and not asked.extra:
        return
    end = _end(asked)
    when = short_moment(asked.limit) if asked.moment else short_date(end)
    extension = f"verlengd met {join(map(words, asked.extra))}" if asked.extra else ""
    if asked.fixed:
        text = f"{extension.capitalize()}: {when}."
    else:
        term = f"{words(asked.term)} {'eerder' if asked.back else 'later'}"
        text = f"{term}{extension and f', {extension},'} is {when}{_remark(asked, end)}."
    yield Reason("count", day, end, text)


def _end(asked: Asked) -> date:
    """Where the count ends. An extension lengthens the whole term (3.6); of a backward term it gives back time."""
    if asked.moment:
        return local_day(asked.limit)
    if asked.back:
        return _shift(asked, _shift(asked, asked.anchor, (asked.term,), -1), asked.extra, 1)
    return _shift(asked, asked.anchor, asked.terms, 1)


def _shift(asked: Asked, day: date, terms: tuple[Term, ...], sign: int) -> date:
    """Whole amounts from one day: months first, so that they clamp once (3.3), then days, then working days."""
    months = days = workdays = 0
    for term in terms:
        match term.unit:
            case "year":
                months += sign * 12 * term.n
            case "month":
                months += sign * term.n
            case "week":
                days += sign * 7 * term.n
            case "day":
                days += sign * term.n
            case "working_day":
                workdays += sign * term.n
    ordinal = _add_months(day, months).toordinal() + days
    if not FIRST.toordinal() <= ordinal <= LAST.toordinal():
        raise out_of_range(asked.anchor)
    return asked.calendar.add_workdays(date.fromordinal(ordinal), workdays, asked.days)


def _add_months(day: date, months: int) -> date:
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    if not FIRST.year <= year <= LAST.year:
        raise out_of_range(day)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _remark(asked: Asked, end: date) -> str:
    """What a reader might stumble over: free days that did not count, a shorter month, a clock that changed."""
    match asked.term.unit:
        case "working_day":
            free = [*_free_days(asked, *sorted((asked.anchor, end)))]
            told = join(free) if len(free) <= MOST_NAMES else f"{len(free)} vrije dagen"
            return f" (geteld in {DAYS_NL[asked.days][1]}{told and '; niet mee: ' + told})"
        case "month" | "year" if end.day != asked.anchor.day and not asked.extra:
            return f", de laatste dag van de maand: een {asked.anchor.day}e is er niet"
        case "hour" if asked.moment and _offset(asked.moment) != _offset(asked.limit):
            return "; de klok is tussendoor verzet"
    return ""


def _free_days(asked: Asked, first: date, last: date) -> Iterator[str]:
    """The names of the weekdays that did not count as working days."""
    for day in map(date.fromordinal, range(first.toordinal() + 1, last.toordinal() + 1)):
        if day.weekday() < 5 and not asked.calendar.is_workday(day, asked.days):
            yield title(asked.calendar, day, asked.days)


def _offset(moment: datetime) -> timedelta | None:
    return moment.astimezone(ZONE).utcoffset()


def _pause(asked: Asked, day: date) -> Iterator[Reason]:
    """Suspended days do not count: the end moves by as many (3.7)."""
    if asked.paused_days:
        end = _shift(asked, day, (Term(asked.paused_days, "day"),), 1)
        count = "1 dag opgeschort telt" if asked.paused_days == 1 else f"{asked.paused_days} dagen opgeschort tellen"
        yield Reason("pause", day, end, f"{count} niet mee: dat wordt {short_date(end)}.")


def _boundary(asked: Asked, day: date) -> Iterator[Reason]:
    """`Voor` a day ends the day before; `voor` an hour ends at that hour (4)."""
    if asked.boundary == "voor" and not (asked.moment or asked.cutoff):
        end = day - timedelta(days=1)
        yield Reason("boundary", day, end, f"‘Vóór’ telt die dag zelf niet mee: uiterlijk {short_date(end)}.")


def title(calendar: Calendar, day: date, name: CalendarName) -> str:
    """What a free day is called."""
    holiday = calendar.holiday(day, name)
    if holiday is None:
        return "zaterdag" if day.weekday() == 5 else "zondag"
    return f"{holiday} (bij besluit gelijkgesteld)" if name == "atw" and day in calendar.decree_days else holiday


def join(words: Iterable[str]) -> str:
    """A list in Dutch: "a, b en c"."""
    *head, last = (*words,) or ("",)
    return f"{', '.join(head)} en {last}" if head else last
