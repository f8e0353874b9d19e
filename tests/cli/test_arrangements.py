"""The register of approvals and the check of declarations, as outside scripts call them."""

from pathlib import Path

import pytest

from tests.cli.conftest import Tijdig

BEFORE = ("start", "zap-arrangement", "--subject", "lid-014", "--by", "director1", "--at", "2026-01-05", "--set",
          "approved_on=2022-05-02", "sector=ghz_ggz", "care=care_24h", "vg7=ja", "decision=brief-14")  # fmt: skip
ROW = {
    "member": "lid-014", "sector": "ghz_ggz", "care": "care_24h", "from": "2022-05-02", "until": None, "vg7": False,
    "vg7_from": None, "case": "ZGA-2026-001", "decision": "brief-14", "decided_by": "director1", "on_behalf_of": None,
    "erased": False,
}  # fmt: skip


@pytest.fixture
def house(trial: Tijdig) -> Tijdig:
    """lid-014 was approved for GHZ and GGZ before Tijdig; advice on VG7 is still to come."""
    assert trial(*BEFORE).status == 0
    return trial


def test_the_register_gives_a_row_for_each_arrangement(house: Tijdig) -> None:
    assert house("register", "--json").json == [ROW]
    assert house("register", "--member", "lid-015", "--json").json == []
    assert "ZGA-2026-001" in house("register").out


@pytest.mark.parametrize(("day", "rows"), [("2022-05-01", []), ("2022-05-02", [ROW]), ("2030-01-01", [ROW])])
def test_the_register_of_a_day_holds_what_stands_on_it(house: Tijdig, day: str, rows: list[dict[str, object]]) -> None:
    assert house("register", "--on", day, "--json").json == rows


def test_the_register_is_a_file_too(house: Tijdig) -> None:
    assert house("register", "--csv").out.splitlines() == [
        "member,sector,care,from,until,vg7,vg7_from,case,decision,decided_by,on_behalf_of,erased",
        "lid-014,ghz_ggz,care_24h,2022-05-02,,nee,,ZGA-2026-001,brief-14,director1,,nee",
    ]


def test_a_declaration_system_asks_one_thing(house: Tijdig) -> None:
    words = ("approved", "lid-014", "VG7", "--on", "2026-02-02")

    assert house(*words, "--json").json == {
        "member": "lid-014", "profile": "VG7", "day": "2026-02-02", "approved": False, "reason": "vg7_without_advice",
        "case": "ZGA-2026-001",
    }  # fmt: skip
    assert house(*words).out == "Nee: VG7 zonder positief advies van de gedragskundige.\n"
    assert house("approved", "lid-014", "VG6").out == "Ja.\n"  # today is that of the trial


def test_lines_without_approval_come_with_their_reason(house: Tijdig, tmp_path: Path) -> None:
    file = tmp_path / "declaraties.csv"
    file.write_text("member;client;profile;from;until;amount\nlid-014;C-1;VG7;2026-02-01;2026-02-28;1.250,00\n"
                    "lid-014;C-2;VG6;2026-02-01;;100\n")  # fmt: skip

    assert house("declared", file, "--json").json == {
        "lines": 2, "amount_cents": 135000, "unapproved_cents": 125000, "problems": [], "unapproved": [{
            "row": 2, "member": "lid-014", "client": "C-1", "profile": "VG7", "care": None, "from": "2026-02-01",
            "until": "2026-02-28", "amount_cents": 125000, "day": "2026-02-01", "reason": "vg7_without_advice",
            "case": "ZGA-2026-001"}],
    }  # fmt: skip
    assert house("declared", file, "--csv").out.splitlines()[1:] == [
        '2,lid-014,C-1,VG7,,2026-02-01,2026-02-28,"1.250,00",2026-02-01,vg7_without_advice,ZGA-2026-001'
    ]
    assert house("declared", file).out.splitlines()[-1] == (
        "1 van 2 regels zijn niet goedgekeurd: € 1.250,00 van € 1.350,00."
    )


def test_a_file_with_a_bsn_is_refused_whole_with_its_place(house: Tijdig, tmp_path: Path) -> None:
    file = tmp_path / "declaraties.csv"
    file.write_text("member,client,profile,from,until,amount\nlid-014,123456782,VG7,2026-02-01,,1\n")

    ran = house("declared", file)

    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "rij 2, client: Dit lijkt op een BSN. Haal het weg. Gebruik de cliëntreferentie.\n"
    assert house("declared", file, "--json").json["unapproved"] == []
