"""The tariff of a service (P-14): a share of the care authority's maximum, and what a plan adds to it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tijdig.engine.errors import Refused
from tijdig.procurement.amounts import check, rounded

Supplement = Literal["none", "provisional", "granted", "reversed"]
"""What became of the supplement; `reversed` is not in the source, it is what an assessment may lead to (P-00, 12)."""

Verdict = Literal["granted", "refused"]

ZZP, VPT, MPT, SURCHARGE, EXTRA_CARE = "zzp", "vpt", "mpt", "toeslag", "meerzorg"

NAMED_SERVICES = frozenset({ZZP, VPT, MPT, SURCHARGE, EXTRA_CARE})
"""The services that ZI 4.3 puts under the base share."""

ALL_SERVICES: frozenset[str] = frozenset()
"""The other reading, of ZI 3.2: every service (Y-18)."""


@dataclass(frozen=True, slots=True)
class Maximum:
    """The care authority's maximum for one unit of a service: its care, housing (NHC) and inventory (NIC), in euros."""

    care: Decimal
    nhc: Decimal = Decimal(0)
    nic: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        check(care=self.care, nhc=self.nhc, nic=self.nic)


@dataclass(frozen=True, slots=True)
class Shares:
    """Which share of the care maximum is paid. ZI 3.2, 4.3; other terms may be granted in hardship (P-14)."""

    base: Decimal = Decimal("0.94")
    supplement: Decimal = Decimal("0.02")
    services: frozenset[str] = NAMED_SERVICES

    def __post_init__(self) -> None:
        check(base=self.base, supplement=self.supplement)
        if self.base + self.supplement > 1:
            raise Refused(f"{self.base} + {self.supplement} is meer dan het maximum. Kies lagere percentages.")

    def of(self, service: str, supplement: Supplement) -> Decimal:
        """The share of the care part of this service. Raises Refused for a service that the source gives no share."""
        if self.services and service not in self.services:
            known = ", ".join(sorted(self.services))
            raise Refused(f"Voor '{service}' noemt de bron geen percentage. Kies een van: {known}.", service=service)
        return self.base + (self.supplement if supplement in ("provisional", "granted") else 0)


def supplement(*, announced: bool, verdict: Verdict | None = None) -> Supplement:
    """Where the supplement stands (P-14, Y-17).

    A provider that ticked the plan has it provisionally until the plan is assessed, also while no date for that is
    set. Not ticked: no plan, no supplement, so that a verdict is refused.
    """
    if not announced:
        if verdict:
            raise Refused("Er is geen plan aangekondigd bij de inschrijving. Zonder plan is er niets te beoordelen.")
        return "none"
    match verdict:
        case "granted":
            return "granted"
        case "refused":
            return "reversed"
    return "provisional"


def tariff(service: str, maximum: Maximum, supplement: Supplement = "none", shares: Shares | None = None) -> Decimal:
    """Euros for one unit, to the cent (P-14, W-1).

    `(base + supplement) x care + NHC + NIC`: housing and inventory are paid in full, with or without a plan.
    """
    share = (shares or Shares()).of(service, supplement)
    return rounded(share * maximum.care + maximum.nhc + maximum.nic)
