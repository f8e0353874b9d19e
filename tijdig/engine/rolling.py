"""Rolling a nominal date: the Algemene termijnenwet (Atw), Regulation 1182/71 and the house's own rolls.

Once, at the end of the count (domain/deadlines.md, 5 and 6); a date that stays where it is says why.
"""

from collections.abc import Iterator
from datetime import date
from typing import Literal, NamedTuple

from tijdig.engine.calendar import CalendarName, short_date
from tijdig.engine.counting import DAYS_NL, Asked, Basis, Reason, Roll, Rule, join, title
from tijdig.engine.terms import Unit, words


class _Law(NamedTuple):
    """How a law extends. Terms of `least` days or more hold two working days; nothing moves that counts backward."""

    extends: Rule
    article: str
    asks_two: Rule
    article_two: str
    least: int
    article_back: str


_LAWS: dict[Literal["atw", "eu"], _Law] = {
    "atw": _Law("atw1", "Atw art. 1", "atw2", "Atw art. 2", 3, "Atw art. 1 lid 2"),
    "eu": _Law("eu4", "Vo. 1182/71 art. 3 lid 4", "eu5", "Vo. 1182/71 art. 3 lid 5", 2, "Vo. 1182/71 art. 3 lid 4"),
}

# Atw art. 4 goes by the unit of the text. Not said there, so the nearest: a working day is held to the limit of a
# day, and of a term in several units each part takes its share.
_ATW_MOST: dict[Unit, tuple[int, str]] = {
    "day": (90, "90 dagen"),
    "working_day": (90, "90 dagen"),
    "week": (12, "twaalf weken"),
    "month": (3, "drie maanden"),
}
_WHOLE = 180  # divisible by 90, 12 and 3

_SHORTEST: dict[Unit, int] = {"hour": 0, "day": 1, "working_day": 1, "week": 7, "month": 28, "year": 365}
"""In days."""

_STAYS: dict[Basis, str] = {
    "wettelijk": "Niet verlengd: deze termijn valt buiten de Algemene termijnenwet.",
    "contract": "Niet verlengd: contract.",
    "norm": "Niet verschoven: een norm verschuift niet.",
    "intern": "Niet verschoven: zo is deze interne datum afgesproken.",
}


def default_roll(basis: Basis, *, fixed: bool) -> Roll:
    """How a date of this basis rolls when its rule does not say (1)."""
    if basis == "intern":
        return "prev_workday"
    return "atw" if basis == "wettelijk" and not fixed else "none"


def rolled(asked: Asked, nominal: date) -> Iterator[Reason]:
    """The steps from the nominal to the due date: one, or two when a term must hold two working days."""
    if stays := _stays(asked):
        rule, text = stays
        yield Reason(rule, nominal, nominal, text)
        return
    match asked.roll:
        case "atw" | "eu" as name:
            yield from _extended(asked, nominal, name)
        case "next_workday" | "prev_workday" as roll:
            yield _moved(asked, nominal, roll)


def leans(asked: Asked) -> bool:
    """Whether statutory days had a say, which a coming decree may still change (9)."""
    rolls = _stays(asked) is None and (asked.roll in ("atw", "eu") or asked.days != "kantoor")
    counts = asked.days != "kantoor" and any(term.n and term.unit == "working_day" for term in asked.terms)
    return rolls or counts


def _stays(asked: Asked) -> tuple[Rule, str] | None:
    """Why a date cannot roll at all; None when it may."""
    if asked.moment:
        return "atw4" if asked.roll == "atw" else "none", "Niet verschoven: een termijn in uren eindigt op de minuut."
    match asked.roll:
        case "next_workday" | "prev_workday":
            return None
        case _ if asked.fixed and (asked.roll != "none" or asked.basis == "wettelijk"):
            return "none", "Niet verschoven: een vaste datum verschuift niet."
        case "none":
            return "none", _STAYS[asked.basis]
        case "atw" | "eu" as name if asked.back:
            return "none", f"Niet verlengd: teruggerekend ({_LAWS[name].article_back})."
        case "atw" if too_long := _too_long(asked):
            return "atw4", f"Niet verlengd: {too_long} (Atw art. 4)."
    return None


def _too_long(asked: Asked) -> str:
    """Why Atw art. 4 takes the term out of the Atw; empty when it does not."""
    terms = [term for term in asked.terms if term.n]
    if any(term.unit == "year" for term in terms):
        return "een termijn in jaren"
    if sum(term.n * _WHOLE // _ATW_MOST[term.unit][0] for term in terms) <= _WHOLE:
        return ""
    most = _ATW_MOST[max(terms, key=lambda term: _SHORTEST[term.unit]).unit][1]
    return f"{join([words(term) for term in terms])} is meer dan {most}"


def _extended(asked: Asked, nominal: date, name: Literal["atw", "eu"]) -> Iterator[Reason]:
    """To the next working day; and on, until two of them lie after the anchor up to and including the end."""
    law, calendar = _LAWS[name], asked.calendar
    end = calendar.next_workday(nominal, name)
    if end > nominal:
        text = f"{_passed(asked, nominal, end, name)} Verlengd tot en met {short_date(end)} ({law.article})."
        yield Reason(law.extends, nominal, end, text)
    holds = sum(term.n * _SHORTEST[term.unit] for term in asked.terms)
    if holds >= law.least and (second := calendar.add_workdays(asked.anchor, 2, name)) > end:
        text = f"De termijn moet twee werkdagen bevatten: verlengd tot en met {short_date(second)} ({law.article_two})."
        yield Reason(law.asks_two, end, second, text)
    elif end == nominal:
        yield Reason("none", nominal, nominal, f"Niet verlengd: {short_date(end)} is een werkdag ({law.article}).")


def _moved(asked: Asked, nominal: date, roll: Literal["next_workday", "prev_workday"]) -> Reason:
    one = DAYS_NL[asked.days][0]
    if asked.calendar.is_workday(nominal, asked.days):
        return Reason("none", nominal, nominal, f"Niet verschoven: {short_date(nominal)} is een {one}.")
    earlier = roll == "prev_workday"
    find = asked.calendar.prev_workday if earlier else asked.calendar.next_workday
    end = find(nominal, asked.days)
    text = (
        f"{_passed(asked, nominal, end, asked.days)} {'Vervroegd' if earlier else 'Verschoven'} naar {short_date(end)}."
    )
    return Reason(roll, nominal, end, text)


def _passed(asked: Asked, nominal: date, end: date, name: CalendarName) -> str:
    """The free days that a roll passes, in its own order."""
    step = 1 if end > nominal else -1
    span = map(date.fromordinal, range(nominal.toordinal(), end.toordinal(), step))
    first, *rest = (title(asked.calendar, day, name) for day in span)
    return f"Dat is {first}; {'daarna' if step > 0 else 'daarvoor'} {join(rest)}." if rest else f"Dat is {first}."
