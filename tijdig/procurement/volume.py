"""The volume of a production agreement (P-15), always per provider and region, in days (ZZP, VPT) or hours (MPT)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tijdig.procurement.amounts import check, rounded

CareForm = Literal["zzp", "vpt", "mpt"]

INITIAL_SHARE: dict[CareForm, Decimal] = {"zzp": Decimal("0.95"), "vpt": Decimal("0.95"), "mpt": Decimal("0.90")}
"""Which share of the corrected volume is agreed at first (ZI, P-15); the rest follows the clients."""

WHOLE_YEAR = Decimal(12) / 6
"""From half a year to a whole one: how is not in the source (Y-15), twice is our assumption."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """The five corrections of a reallocated agreement, each added to it: less is below zero (P-15)."""

    cash_year: Decimal = Decimal(0)
    low_zzp_run_down: Decimal = Decimal(0)
    not_allowed: Decimal = Decimal(0)
    board_talks: Decimal = Decimal(0)
    government: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        return self.cash_year + self.low_zzp_run_down + self.not_allowed + self.board_talks + self.government


@dataclass(frozen=True, slots=True)
class Volume:
    """A provider's volume: `full` is what it was corrected to, `initial` what is agreed of it at first."""

    form: CareForm
    full: Decimal
    initial: Decimal

    @property
    def reserve(self) -> Decimal:
        """What is not promised to the provider but kept for clients and bottlenecks, per care form (Y-11)."""
        return self.full - self.initial

    @property
    def scaled_up(self) -> Decimal:
        """The volume that January to April are paid by: up to at most 100 % again (W-2, F-1, Y-12)."""
        return min(self.full, rounded(self.initial / INITIAL_SHARE[self.form]))


def extrapolated(january_to_june: Decimal, factor: Decimal = WHOLE_YEAR) -> Decimal:
    """A year's volume out of the realisation of its first half (P-15, Y-15)."""
    check(january_to_june=january_to_june, factor=factor)
    return rounded(january_to_june * factor)


def corrected(reallocated: Decimal, corrections: Corrections) -> Decimal:
    """The reallocated agreement after its corrections, never below nothing (P-15)."""
    check(reallocated=reallocated)
    return max(Decimal(0), rounded(reallocated + corrections.total))


def initial(full: Decimal, form: CareForm) -> Volume:
    """What a provider that was contracted before is offered of its corrected volume (P-15, W-2)."""
    check(full=full)
    return Volume(form, full, rounded(full * INITIAL_SHARE[form]))


def for_new_provider(in_care: Decimal) -> Decimal:
    """What a new provider is offered: the volume of the Wlz clients already in its care, else none (P-15)."""
    check(in_care=in_care)
    return in_care


def raised(agreed: Decimal, approved_claims: Decimal, envelope_left: Decimal) -> Decimal:
    """What reallocation makes of a new provider's agreement: up to the approved claims, if the envelope suffices.

    All in one unit. It is raised as far as there is room and never lowered here (P-15, P-16).
    """
    check(agreed=agreed, approved_claims=approved_claims, envelope_left=envelope_left)
    return max(agreed, min(approved_claims, agreed + envelope_left))


def reimbursed(claimed: Decimal, last_agreed: Decimal) -> Decimal:
    """What of a claimed volume is paid: the last agreement is the maximum (P-15)."""
    check(claimed=claimed, last_agreed=last_agreed)
    return min(claimed, last_agreed)
