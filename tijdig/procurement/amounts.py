"""Amounts: euros, days and hours as decimals, and the one way in which they are rounded."""

from decimal import ROUND_HALF_UP, Decimal

from tijdig.engine.errors import Refused

HUNDREDTH = Decimal("0.01")


def rounded(amount: Decimal) -> Decimal:
    """To the cent, or the hundredth of a day or hour, half up and away from zero.

    Once, at the end of each sum. The sources name no rounding (assumption); W-5 rounds its shares half up too.
    """
    return amount.quantize(HUNDREDTH, rounding=ROUND_HALF_UP)


def check(**amounts: Decimal) -> None:
    """Raises Refused for an amount below zero, or one that is no number: a sum must not go on with either."""
    for name, amount in amounts.items():
        if not amount.is_finite() or amount < 0:
            raise Refused(f"{name} is {amount}. Geef een bedrag of aantal van nul of meer.", name=name, amount=amount)
