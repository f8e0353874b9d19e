"""The yearly settlement of crisis beds (P-19): occupied days in full, empty ones as long as they are few enough."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tijdig.engine.errors import Refused

DAYS_A_BED = 365
"""The cap of one agreed bed in a year (ZI table 1), leap years too."""

Settled = Literal["full", "halved", "capped"]


@dataclass(frozen=True, slots=True)
class CrisisBeds:
    """What is settled for a year: `agreed` and `reimbursed` in days, `empty_share` of the agreed days, unrounded."""

    agreed: int
    empty_share: Decimal
    reimbursed: Decimal
    settled: Settled


def settle(beds: int, occupied: int, empty: int) -> CrisisBeds:
    """The days that are reimbursed for so many agreed beds (P-19, W-3).

    Occupied days come from claims, empty ones from the monitor. More than half of the agreed days empty: then half of
    all empty days counts (Y-13; exactly half counts in full). The sum is capped at the agreed days, which are also
    what the share is taken of (Y-14). Half a day stays half a day.
    """
    if beds < 1 or occupied < 0 or empty < 0:
        raise Refused(
            f"{beds} bedden, {occupied} bezette en {empty} lege dagen kan niet. Geef aantallen van nul of meer."
        )
    agreed = beds * DAYS_A_BED
    halved = 2 * empty > agreed
    counted = occupied + Decimal(empty) / (2 if halved else 1)
    capped = counted > agreed
    settled: Settled = "capped" if capped else "halved" if halved else "full"
    return CrisisBeds(agreed, Decimal(empty) / agreed, Decimal(agreed) if capped else counted, settled)
