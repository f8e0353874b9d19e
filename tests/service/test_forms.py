"""What people fill in: amounts as they write them, and no free text with what looks like a BSN."""

from __future__ import annotations

import pytest

from tests.service.office import Office
from tijdig.engine import Fact, Procedure
from tijdig.engine.errors import Refused
from tijdig.service.forms import read_values

PRICED = Procedure(
    "priced", code="PRI", title="Met een prijs", revision=1, subject="lid", owner="directeur", late_to="directeur",
    facts=(Fact("price", "money", "Prijs"),), steps=(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        pytest.param("1.250,00", 125_000, id="with points and a comma"),
        pytest.param("€ 1250", 125_000, id="with a euro sign and no cents"),
        pytest.param("1250,5", 125_050, id="one digit after the comma"),
        pytest.param("1.000.000", 100_000_000, id="two points"),
        pytest.param("-12,50", -1_250, id="negative"),
    ],
)
def test_an_amount_is_read_in_cents(written: str, cents: int) -> None:
    assert read_values(PRICED, {"price": written}) == {"price": cents}


@pytest.mark.parametrize("written", ["12.50", "1250.00", "1,250.00", "0,999", "1.25", "NaN", "Infinity", "1e9"])
def test_what_may_be_a_hundredfold_is_not_taken_for_an_amount(written: str) -> None:
    with pytest.raises(Refused, match="geen bedrag"):
        read_values(PRICED, {"price": written})


def test_a_reason_with_a_bsn_is_refused_whatever_the_door(office: Office) -> None:
    office.choose("red_decider", "directeur")
    office.open("orange-status", "lid-001", orange_on="2026-01-05")

    with pytest.raises(Refused, match="lijkt op een BSN"):
        office.decide("ORA-2026-001", "send_actions", "done", "adviser1", reason="Besproken met 111222333 en familie")
