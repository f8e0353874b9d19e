"""How a law extends a term: the Algemene termijnenwet and Regulation 1182/71 (domain/deadlines.md, section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tests.checker.days import Office, Term
from tests.checker.finding import Unjudgeable

LAWS = ("atw", "eu")
_MOST = {"days": 90, "working_days": 90, "weeks": 12, "months": 3, "years": 0}
"""Longer terms the Algemene termijnenwet leaves alone (art. 4); the unit of the text decides."""

_DAYS = {"days": 1, "working_days": 1, "weeks": 7, "months": 28, "years": 365}
_TWO_DAYS_FROM = {"atw": 3, "eu": 2}
"""Terms of so many days or more hold two working days (Atw art. 2; Reg. 1182/71 art. 3 lid 5)."""


def extended(nominal: date, anchor: date, terms: Sequence[Term], law: str, office: Office) -> date:
    """The last day of a term that runs forward from an anchor, with its extensions; `office` has the law's days."""
    terms = [term for term in terms if term[0]]
    if law == "atw" and _too_long(terms):
        return nominal
    end, days = office.on_or_after(nominal), sum(n * _DAYS[unit] for n, unit in terms)
    return max(end, office.nth(anchor, 2)) if days >= _TWO_DAYS_FROM[law] else end


def _too_long(terms: Sequence[Term]) -> bool:
    units = {unit for _, unit in terms}
    if len(units) > 1:
        raise Unjudgeable(f"a statutory term in {' and '.join(sorted(units))}")  # the law does not say
    return any(sum(n for n, _ in terms) > _MOST[unit] for unit in units)
