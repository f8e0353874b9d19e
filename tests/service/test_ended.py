"""A case that its day has ended keeps nobody from anything, also where no sweep was there since (design, law 1)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.service.office import Office
from tijdig.engine.errors import Refused
from tijdig.service import announce

CASE = "ORA-2026-001"
LEAVES, LATER = "2026-03-20", "2026-04-01"

Deed = Callable[[Office], list[str]]


def leave(office: Office, member: str) -> None:
    office._do(lambda work, _: announce.announce(work, member, "left_on", LEAVES, office._doing("adviser1")))


def opened(office: Office) -> None:
    office.on("2026-01-05").open("orange-status", "lid-001", orange_on="2026-01-05")


def turned_red(office: Office) -> None:
    opened(office)
    office.on("2026-03-02").decide(CASE, "judge", "red", "adviser1")
    office.on("2026-03-03").decide(CASE, "confirm_red", "red", "director1")


def followed_by_another(office: Office) -> None:
    opened(office)
    office.on("2026-02-02").decide(CASE, "judge", "green", "adviser1")
    office.on("2026-02-03").open("orange-status", "lid-001", orange_on="2026-02-03")


DEEDS: dict[str, tuple[Callable[[Office], None], Deed]] = {
    "open-another": (opened, lambda office: office.open("orange-status", "lid-001", orange_on=LATER)),
    "reopen-an-earlier-one": (followed_by_another, lambda office: office.act(CASE, "reopen", step="judge")),
    "take-back-what-it-followed-from": (
        turned_red, lambda office: office.act(CASE, "take-back", step="confirm_red")
    ),
}  # fmt: skip


@pytest.mark.parametrize("swept", [True, False], ids=["swept", "not-swept"])
@pytest.mark.parametrize(("begin", "deed"), DEEDS.values(), ids=DEEDS)
def test_what_its_day_has_ended_keeps_nobody_from(
    office: Office, begin: Callable[[Office], None], deed: Deed, swept: bool
) -> None:
    office.choose("red_decider", "directeur")
    office.choose("allow_second_orange", "ja")
    begin(office)
    leave(office.on("2026-03-10"), "lid-001")
    office.on(LATER)
    if swept:
        office.sweep()

    deed(office)

    assert office.state("orange-status/lid-001") == "open"


@pytest.mark.parametrize(("begin", "deed"), DEEDS.values(), ids=DEEDS)
def test_what_runs_still_does(office: Office, begin: Callable[[Office], None], deed: Deed) -> None:
    office.choose("red_decider", "directeur")
    office.choose("allow_second_orange", "ja")
    begin(office)

    with pytest.raises(Refused):
        deed(office.on(LATER))
