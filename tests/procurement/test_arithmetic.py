"""The care office's arithmetic: each row is a worked rule (W-..) or table (F-..) of the source, or an edge of it."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tijdig.engine.errors import Refused
from tijdig.procurement.amounts import rounded
from tijdig.procurement.crisis_beds import settle
from tijdig.procurement.payment import (
    Line,
    Order,
    advance_from,
    basis,
    in_arrears,
    is_sent,
    monthly,
    orders,
)
from tijdig.procurement.tariff import ALL_SERVICES, Maximum, Shares, Supplement, Verdict, supplement, tariff
from tijdig.procurement.volume import (
    CareForm,
    Corrections,
    corrected,
    extrapolated,
    for_new_provider,
    initial,
    raised,
    reimbursed,
)

D = Decimal

# --- the tariff: P-14, W-1

W1 = Maximum(care=D("200.00"), nhc=D("25.00"), nic=D("5.00"))


@pytest.mark.parametrize(
    ("service", "maximum", "standing", "expected"),
    [
        pytest.param("zzp", W1, "provisional", "222.00", id="W-1-with-a-plan"),
        pytest.param("zzp", W1, "none", "218.00", id="W-1-without"),
        pytest.param("zzp", W1, "granted", "222.00", id="P-14-a-granted-plan-keeps-it"),
        pytest.param("zzp", W1, "reversed", "218.00", id="P-00-12-a-refused-plan-loses-it"),
        pytest.param("vpt", Maximum(D("100.00")), "none", "94.00", id="P-14-base-share"),
        pytest.param("mpt", Maximum(D("100.00")), "granted", "96.00", id="P-14-at-most-96-percent"),
        pytest.param("zzp", Maximum(D(0), nhc=D("25.00"), nic=D("5.00")), "none", "30.00", id="P-14-NHC-and-NIC-whole"),
        pytest.param("zzp", Maximum(D("0.75")), "none", "0.71", id="0.705-rounds-half-up"),
        pytest.param("zzp", Maximum(D("0.25"), nhc=D("0.01")), "none", "0.25", id="0.245-rounds-once-at-the-end"),
    ],
)
def test_a_tariff_is_a_share_of_care_and_all_of_housing(
    service: str, maximum: Maximum, standing: Supplement, expected: str
) -> None:
    assert tariff(service, maximum, standing) == D(expected)


def test_a_service_that_the_source_gives_no_share_is_refused_unless_all_services_are_read_so() -> None:
    with pytest.raises(Refused, match="noemt de bron geen percentage"):
        tariff("dagbesteding", W1)

    assert tariff("dagbesteding", W1, shares=Shares(services=ALL_SERVICES)) == D("218.00")  # Y-18


@pytest.mark.parametrize(
    ("announced", "verdict", "expected"),
    [
        pytest.param(False, None, "none", id="P-14-not-ticked-no-supplement"),
        pytest.param(True, None, "provisional", id="Y-17-provisional-until-assessed"),
        pytest.param(True, "granted", "granted", id="P-14-granted"),
        pytest.param(True, "refused", "reversed", id="P-00-12-reversed"),
    ],
)
def test_the_supplement_is_provisional_from_the_tick_to_the_verdict(
    announced: bool, verdict: Verdict | None, expected: Supplement
) -> None:
    assert supplement(announced=announced, verdict=verdict) == expected


def test_there_is_no_verdict_on_a_plan_that_was_not_announced() -> None:
    with pytest.raises(Refused, match="geen plan aangekondigd"):
        supplement(announced=False, verdict="granted")


def test_shares_above_the_maximum_are_refused() -> None:
    with pytest.raises(Refused, match="meer dan het maximum"):
        Shares(base=D("0.99"), supplement=D("0.02"))


# --- the volume: P-15, W-2


@pytest.mark.parametrize(
    ("full", "form", "agreed", "reserve", "scaled_up"),
    [
        pytest.param("1000", "zzp", "950", "50", "1000", id="W-2-ZZP-days"),
        pytest.param("1000", "vpt", "950", "50", "1000", id="W-2-VPT-days"),
        pytest.param("1000", "mpt", "900", "100", "1000", id="W-2-MPT-hours"),
        pytest.param("1001.37", "zzp", "951.30", "50.07", "1001.37", id="to-the-hundredth"),
        pytest.param("0.90", "zzp", "0.86", "0.04", "0.90", id="F-1-never-more-than-100-percent"),
        pytest.param("0", "mpt", "0", "0", "0", id="nothing"),
    ],
)
def test_the_first_volume_leaves_a_reserve_and_is_scaled_up_for_january_to_april(
    full: str, form: CareForm, agreed: str, reserve: str, scaled_up: str
) -> None:
    volume = initial(D(full), form)

    assert (volume.initial, volume.reserve, volume.scaled_up) == (D(agreed), D(reserve), D(scaled_up))


@given(st.decimals(min_value=0, max_value=10**7, places=2), st.sampled_from(["zzp", "vpt", "mpt"]))
def test_initial_and_reserve_are_the_whole_and_no_month_is_paid_above_it(full: D, form: CareForm) -> None:
    volume = initial(full, form)

    assert volume.initial + volume.reserve == full
    assert volume.initial <= volume.scaled_up <= full
    assert full - volume.scaled_up <= D("0.01")


def test_half_a_year_is_extrapolated_and_corrected_five_times() -> None:
    year = extrapolated(D("612.5"))
    corrections = Corrections(
        cash_year=D(-10), low_zzp_run_down=D(-100), not_allowed=D(-5), board_talks=D(20), government=D("0.5")
    )

    assert year == D(1225)  # Y-15: twice
    assert extrapolated(D("612.5"), D("1.9")) == D("1163.75")
    assert corrected(year, corrections) == D("1130.50")
    assert corrected(D(50), corrections) == 0


@pytest.mark.parametrize(
    ("agreed", "claims", "envelope", "expected"),
    [
        pytest.param(0, 120, 500, 120, id="P-15-to-the-approved-claims"),
        pytest.param(100, 300, 50, 150, id="P-16-as-far-as-the-envelope-goes"),
        pytest.param(100, 80, 500, 100, id="never-lowered"),
        pytest.param(100, 300, 0, 100, id="no-room"),
    ],
)
def test_a_new_providers_agreement_rises_with_its_claims(
    agreed: int, claims: int, envelope: int, expected: int
) -> None:
    assert raised(D(agreed), D(claims), D(envelope)) == expected


def test_a_new_provider_begins_with_the_clients_it_has_and_the_last_agreement_is_the_most_that_is_paid() -> None:
    assert for_new_provider(D(0)) == 0
    assert for_new_provider(D(365)) == 365
    assert reimbursed(D(1200), D(950)) == 950
    assert reimbursed(D(900), D(950)) == 900


# --- crisis beds: P-19, W-3, F-2


@pytest.mark.parametrize(
    ("occupied", "empty", "reimbursed_days", "settled"),
    [
        pytest.param(387, 343, "730", "full", id="F-2-example-1"),
        pytest.param(365, 365, "730", "full", id="F-2-example-2-exactly-half-is-full"),
        pytest.param(340, 390, "535", "halved", id="F-2-example-3"),
        pytest.param(364, 366, "547", "halved", id="W-3-one-day-over-half"),
        pytest.param(0, 730, "365", "halved", id="W-3-all-empty"),
        pytest.param(400, 340, "730", "capped", id="W-3-740-claimed"),
        pytest.param(740, 0, "730", "capped", id="W-3-740-occupied"),
        pytest.param(363, 367, "546.5", "halved", id="half-a-day-stays-half"),
        pytest.param(100, 100, "200", "full", id="Y-14-share-of-the-agreed-days"),
        pytest.param(600, 390, "730", "capped", id="Y-14-halved-and-then-capped"),
    ],
)
def test_two_crisis_beds_are_settled(occupied: int, empty: int, reimbursed_days: str, settled: str) -> None:
    found = settle(2, occupied, empty)

    assert (found.agreed, found.reimbursed, found.settled) == (730, D(reimbursed_days), settled)


@pytest.mark.parametrize(("occupied", "share"), [(387, "0.47"), (365, "0.50"), (340, "0.53")], ids=["1", "2", "3"])
def test_the_shares_of_table_f_2(occupied: int, share: str) -> None:
    assert rounded(settle(2, occupied, 730 - occupied).empty_share) == D(share)


# --- payment: P-20, F-1, W-12


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        (date(2021, 1, 1), "initial"),
        (date(2021, 4, 30), "initial"),
        (date(2021, 5, 1), "reallocated"),
        (date(2021, 10, 31), "reallocated"),
        (date(2021, 11, 1), "final"),
        (date(2022, 3, 31), "final"),
        (date(2022, 4, 1), "settlement"),
        (date(2023, 1, 1), "settlement"),
    ],
    ids=str,
)
def test_a_month_of_2021_is_paid_by_table_f_1(month: date, expected: str) -> None:
    assert basis(2021, month) == expected


def test_reallocation_may_count_later_and_nothing_is_paid_before_the_book_year() -> None:
    assert basis(2021, date(2021, 6, 1), reallocated_from=7) == "initial"  # Y-21
    with pytest.raises(Refused, match="ligt voor boekjaar"):
        basis(2021, date(2020, 12, 31))


@pytest.mark.parametrize(
    ("amount", "sent"),
    [
        pytest.param("5000.00", False, id="W-12-not-sent"),
        pytest.param("5000.01", True, id="W-12-sent"),
        pytest.param("-5000.00", False, id="a-deduction-not-sent"),
        pytest.param("-5000.01", True, id="a-deduction-sent"),
        pytest.param("0", False, id="nothing"),
    ],
)
def test_only_more_than_5000_euro_is_sent(amount: str, sent: bool) -> None:
    assert is_sent(D(amount)) is sent


def test_the_threshold_weighs_a_month_of_a_provider_or_each_line() -> None:
    may, june = date(2021, 5, 1), date(2021, 6, 1)
    lines = (Line("z1", may, D(3000)), Line("z2", may, D(5001)), Line("z1", june, D(2500)), Line("z1", may, D(2500)))

    assert orders(lines) == (
        Order("z1", may, D(5500), True), Order("z1", june, D(2500), False), Order("z2", may, D(5001), True),
    )  # fmt: skip
    assert [(order.amount, order.sent) for order in orders(lines, "line")] == [
        (2500, False), (3000, False), (2500, False), (5001, True),
    ]  # fmt: skip


def test_a_month_is_a_twelfth_less_what_is_expected_not_to_be_produced() -> None:
    assert monthly(D(1_200_000)) == D(100_000)
    assert monthly(D(1_200_000), D(60_000)) == D(95_000)
    assert monthly(D(100)) == D("8.33")
    assert monthly(D(100), D(200)) == 0


def test_a_new_provider_is_paid_what_it_realised_up_to_the_month_of_its_agreement() -> None:
    assert in_arrears(D(4_000), D(120_000)) == 4_000
    assert in_arrears(D(14_000), D(120_000)) == 10_000


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (date(2021, 1, 1), date(2021, 7, 1)),
        (date(2021, 7, 15), date(2022, 1, 1)),
        (date(2021, 12, 1), date(2022, 6, 1)),
    ],
)
def test_an_advance_may_be_decided_after_half_a_year(first: date, expected: date) -> None:
    assert advance_from(first) == expected  # Y-19


@pytest.mark.parametrize("amount", ["-1", "NaN", "Infinity"])
def test_no_sum_goes_on_with_what_is_no_amount(amount: str) -> None:
    for wrong in (
        lambda: Maximum(D(amount)),
        lambda: initial(D(amount), "zzp"),
        lambda: monthly(D(amount)),
        lambda: reimbursed(D(1), D(amount)),
    ):
        with pytest.raises(Refused, match="van nul of meer"):
            wrong()
    with pytest.raises(Refused, match="van nul of meer"):
        settle(0, 1, 1)
