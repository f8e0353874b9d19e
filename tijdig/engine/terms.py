"""Terms: an amount and a unit, as laws and procedures write them.

The unit is part of the meaning: 12 weeks are not 3 months, and the Atw looks at the unit of the text.
"""

import re
from dataclasses import dataclass
from typing import Literal

from tijdig.engine.errors import Refused

Unit = Literal["hour", "day", "week", "month", "year", "working_day"]


@dataclass(frozen=True, slots=True)
class Term:
    """So many of one unit; never negative. Raises Refused when it is."""

    n: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.n < 0:
            raise Refused(f"A term cannot be {self.n}. Give a positive amount, and the direction apart.", n=self.n)


def hours(n: int) -> Term:
    """Elapsed hours, whatever the clock does."""
    return Term(n, "hour")


def days(n: int) -> Term:
    """Calendar days."""
    return Term(n, "day")


def weeks(n: int) -> Term:
    """Weeks of seven days: the same weekday."""
    return Term(n, "week")


def months(n: int) -> Term:
    """Months: the same day number, or the last day of a shorter month."""
    return Term(n, "month")


def years(n: int) -> Term:
    """Years: the same day, or 28 February."""
    return Term(n, "year")


def working_days(n: int) -> Term:
    """Working days of the calendar that the rule names."""
    return Term(n, "working_day")


_DUTCH: dict[Unit, tuple[str, str]] = {
    "hour": ("uur", "uur"),
    "day": ("dag", "dagen"),
    "week": ("week", "weken"),
    "month": ("maand", "maanden"),
    "year": ("jaar", "jaar"),
    "working_day": ("werkdag", "werkdagen"),
}

# A quarter is three months and half a year six (domain/deadlines.md, 3.3).
_SPELLINGS: tuple[tuple[str, int, Unit], ...] = (
    ("uur uren hour hours", 1, "hour"),
    ("dag dagen kalenderdag kalenderdagen day days", 1, "day"),
    ("week weken weeks", 1, "week"),
    ("maand maanden month months", 1, "month"),
    ("kwartaal kwartalen quarter quarters", 3, "month"),
    ("halfjaar halfjaren", 6, "month"),
    ("jaar jaren year years", 1, "year"),
    ("werkdag werkdagen workingday workingdays", 1, "working_day"),
)
_SPELT = {spelling: (factor, unit) for spellings, factor, unit in _SPELLINGS for spelling in spellings.split()}
_ISO: dict[str, Unit] = {"pd": "day", "pw": "week", "pm": "month", "py": "year", "pth": "hour"}

_WORDS = re.compile(r"([0-9]{1,6})\s*([a-z][a-z _-]*)")
_DURATION = re.compile(r"(pt?)([0-9]{1,6})([dwmyh])")


def parse(text: str) -> Term:
    """A term as people write it ("12 weken", "5 working days") or as ISO 8601 has it ("P12W", "PT72H").

    Raises Refused for anything else; an ISO duration of several parts is no term of a law.
    """
    plain = text.strip().lower()
    if iso := _DURATION.fullmatch(plain):
        if unit := _ISO.get(iso[1] + iso[3]):
            return Term(int(iso[2]), unit)
    elif (written := _WORDS.fullmatch(plain)) and (meant := _SPELT.get(re.sub(r"[ _-]", "", written[2]))):
        factor, unit = meant
        return Term(int(written[1]) * factor, unit)
    raise Refused(
        f"'{text}' is not a term. Write a whole number and one unit, such as '12 weken', '5 werkdagen' or 'P3M'.",
        code="BAD_TERM",
        text=text,
    )


def words(term: Term) -> str:
    """The term in Dutch: "12 weken", "1 werkdag"."""
    one, more = _DUTCH[term.unit]
    return f"{term.n} {one if term.n == 1 else more}"
