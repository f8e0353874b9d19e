"""Dutch words for what the engine computes: dates, terms, subjects, as a careful colleague writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from tijdig.engine.calendar import short_date

_KEEP_CAPITAL = ("Wzd", "Wlz", "Wmo")
"""Names of laws keep their capital in the middle of a sentence."""


def one_line(text: str) -> str:
    """The text with every run of white space as one blank: a line break has no place in a subject or a sentence."""
    return " ".join(text.split())


def inside(text: str) -> str:
    """The text as it stands in the middle of a sentence: no capital (unless it is a name), no full stop."""
    text = one_line(text).rstrip(".")
    first = re.match(r"[^\W\d_]*", text)
    word = first[0] if first else ""
    return text if word.startswith(_KEEP_CAPITAL) or not word[1:].islower() else text[:1].lower() + text[1:]


def sentence(text: str) -> str:
    """The text as a sentence: a capital and one full stop, unless it ends in another mark."""
    text = one_line(text)
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def shortened(text: str, length: int) -> str:
    """The text in at most `length` characters, cut at a blank where there is one."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(",;: ") + "…"


def subject_name(ref: str) -> str:
    """A subject as people call it: "lid 014" for `lid-014`; another reference as it is."""
    member = re.fullmatch(r"lid-(\w+)", ref)
    return f"lid {member[1]}" if member else ref


def basis_words(basis: str, fatal: bool) -> str:
    """The basis of a date as it stands between brackets: "contract, fataal"; empty when there is none."""
    return ", ".join(filter(None, (basis, "fataal" if fatal else "")))


def due_words(day: date | None, at: str = "") -> str:
    """A due day, with its hour where that counts: "vr 29 okt 2021, 17:00"."""
    return ", ".join(filter(None, (short_date(day) if day else "", at)))


def without_year(day: date, other: date) -> str:
    """A day beside another one that shows the year: "vr 12 nov", in full when the years differ."""
    words = short_date(day)
    return words.rpartition(" ")[0] if day.year == other.year else words


def all_days(days: Sequence[date]) -> str:
    """Days as a list: "vr 24 sep en vr 1 okt 2021"."""
    *before, last = days
    return and_(*(without_year(day, last) for day in before), short_date(last))


def and_(*parts: str) -> str:
    """Parts as a list: "a, b en c"."""
    return " en ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def days_left(due: date, today: date) -> str:
    """How far off a day is, beside the date itself: "nog 4 dagen", "vandaag", "3 dagen te laat"."""
    left = (due - today).days
    if left < 0:
        return f"{count(-left, 'dag', 'dagen')} te laat"
    return ("vandaag", "morgen")[left] if left < 2 else f"nog {left} dagen"


def euros(cents: int) -> str:
    """An amount: "1.250,00"."""
    whole = f"{abs(cents) // 100:,}".replace(",", ".")
    return f"{'-' if cents < 0 else ''}{whole},{abs(cents) % 100:02d}"


def count(number: int, one: str, more: str) -> str:
    """A number of things: "1 dag", "3 dagen"."""
    return f"{number} {one if number == 1 else more}"


def whole(number: int) -> str:
    """A whole number as people read it: "1.204"."""
    return f"{number:,}".replace(",", ".")
