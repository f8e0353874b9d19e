"""The monthly payment of a book year (P-20, F-1): what it goes by, how much it is, and what is worth sending."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Literal

from tijdig.engine.errors import Refused
from tijdig.procurement.amounts import check, rounded

Basis = Literal["initial", "reallocated", "final", "settlement"]
"""What a month is paid by: the initial agreement scaled up, the reallocated one, the final one, or nacalculatie."""

Netting = Literal["provider_month", "line"]
"""The two readings of the threshold (Y-20): what a provider has in a month together, or each payment line apart."""

THRESHOLD = Decimal(5000)
"""Only more than this is sent to who pays (P-20); to the cent (W-12)."""

REALLOCATED_FROM = 5
"""The month from which a reallocated agreement counts; it may start later (F-1, Y-21)."""

MONTHS_IN_ARREARS = 6
"""How many months a new provider is paid in arrears at least; a decision ends it, no date does (P-20, Y-19)."""

_MONTHS = 12


def basis(book_year: int, month: date, reallocated_from: int = REALLOCATED_FROM) -> Basis:
    """What a month is paid by (F-1). `month` is any day in it.

    January to April by the initial agreement, May to October by the reallocated one, November to March of the next
    year by the final one, then by the decision on nacalculatie. Raises Refused for a month before the book year.
    """
    number = (month.year - book_year) * _MONTHS + month.month
    if number < 1:
        raise Refused(f"{month:%m-%Y} ligt voor boekjaar {book_year}. Kies een maand vanaf januari {book_year}.")
    if number > _MONTHS + 3:
        return "settlement"
    if number >= _MONTHS - 1:
        return "final"
    return "reallocated" if number >= reallocated_from else "initial"


def monthly(agreement: Decimal, expected_under_production: Decimal = Decimal(0)) -> Decimal:
    """Euros for a month, to the cent: a twelfth of the year's agreement less the expected under-production (P-20).

    Both in euros a year. The deduction is one of liquidity and lowers no agreement. A twelfth each month is our
    assumption (the source names no spread); what rounding leaves is settled at nacalculatie.
    """
    check(agreement=agreement, expected_under_production=expected_under_production)
    return rounded(max(Decimal(0), agreement - expected_under_production) / _MONTHS)


def in_arrears(realised: Decimal, agreement: Decimal) -> Decimal:
    """Euros for a month of a new provider, which has no advance: what it realised, up to the agreement (P-20).

    `realised` of that month, `agreement` of the year; the ceiling is the production agreement per month.
    """
    check(realised=realised)
    return min(rounded(realised), monthly(agreement))


def advance_from(first_month: date, min_months: int = MONTHS_IN_ARREARS) -> date:
    """The first day of the first month in which an advance may be decided for a new provider (P-20, Y-19)."""
    months = first_month.year * _MONTHS + first_month.month - 1 + min_months
    return date(months // _MONTHS, months % _MONTHS + 1, 1)


def is_sent(amount: Decimal, threshold: Decimal = THRESHOLD) -> bool:
    """Whether a payment, or below zero a deduction, is sent; the rest waits for nacalculatie (P-20, W-12)."""
    return abs(amount) > threshold


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One payment line: euros for a provider in a month (its first day); below zero it is a deduction."""

    provider: str
    month: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Order:
    """What is paid or deducted in one go, or held for nacalculatie."""

    provider: str
    month: date
    amount: Decimal
    sent: bool


def orders(lines: Iterable[Line], netting: Netting = "provider_month") -> tuple[Order, ...]:
    """The payment orders of these lines by provider and month, each sent or held (P-20).

    Lines are netted per provider and month first (assumption, Y-20); with `line` each is weighed by itself.
    """
    ordered = sorted(lines)
    if netting == "provider_month":
        ordered = [
            Line(provider, month, sum((line.amount for line in same), Decimal(0)))
            for (provider, month), same in groupby(ordered, key=lambda line: (line.provider, line.month))
        ]
    return tuple(Order(line.provider, line.month, line.amount, is_sent(line.amount)) for line in ordered)
