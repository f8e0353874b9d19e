"""What was declared and is not approved: no declaration before approval (C-11), VG7 only after advice (C-12, X-17)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.service.office import Office
from tests.service.test_arrangements import before
from tests.service.zap_office import approve, office, settled, unset
from tijdig.engine.errors import Refused
from tijdig.service.arrangements import Arrangement
from tijdig.service.declared import Judged, approved, gap, judge, read_profile

__all__ = ["office", "settled", "unset"]  # fixtures
MARCH = date(2026, 3, 1), date(2026, 3, 31)


def ghz(
    since: str, until: str = "", *, case: str = "ZGA-1", sector: str = "ghz_ggz", vg7: str = "", erased: bool = False
):
    def day(text: str) -> date | None:
        return date.fromisoformat(text) if text else None

    return Arrangement(
        case, "lid-001", date.fromisoformat(since), day(until), sector, "care_24h", day(vg7), erased=erased
    )


GAPS = [
    # arrangements, profile, the first day of March 2026 that is not covered with the reason and the nearest case
    pytest.param([], "VG6", "2026-03-01 no_approval ", id="nothing at all"),
    pytest.param([ghz("2026-01-19")], "VG6", "", id="all of it"),
    pytest.param([ghz("2026-03-01", "2026-03-31")], "VG6", "", id="to the day"),
    pytest.param([ghz("2026-03-02")], "VG6", "2026-03-01 before_approval ZGA-1", id="a day too early"),
    pytest.param([ghz("2026-04-01")], "VG6", "2026-03-01 before_approval ZGA-1", id="all of it too early"),
    pytest.param([ghz("2026-01-19", "2026-03-30")], "VG6", "2026-03-31 after_end ZGA-1", id="a day too long"),
    pytest.param([ghz("2026-01-19", "2026-02-28")], "VG6", "2026-03-01 after_end ZGA-1", id="all of it too late"),
    pytest.param([ghz("2026-01-19", "2026-03-10"), ghz("2026-03-11", case="ZGA-2")], "VG6", "", id="one after another"),
    pytest.param([ghz("2026-01-19", "2026-03-10"), ghz("2026-03-12", case="ZGA-2")], "VG6",
                 "2026-03-11 after_end ZGA-1", id="a day between two"),
    pytest.param([ghz("2026-01-19", "2026-03-20"), ghz("2026-02-01", "2026-03-31", case="ZGA-2")], "VG6", "",
                 id="two at a time"),
    pytest.param([ghz("2026-01-19", sector="vv")], "VG6", "2026-03-01 no_approval ", id="X-05 another sector"),
    pytest.param([ghz("2026-01-19", sector="vv")], "VV5", "", id="X-05 its sector"),
    pytest.param([ghz("2026-01-19")], "VG7", "2026-03-01 vg7_without_advice ZGA-1", id="C-12 without advice"),
    pytest.param([ghz("2026-01-19", vg7="2026-01-19")], "VG7", "", id="C-12 with advice"),
    pytest.param([ghz("2026-01-19", vg7="2026-03-16")], "VG7", "2026-03-01 vg7_without_advice ZGA-1",
                 id="X-17 before the advice"),
    pytest.param([ghz("2026-01-19", vg7="2026-03-16", until="2026-02-28")], "VG7", "2026-03-01 after_end ZGA-1",
                 id="X-17 after its end"),
    pytest.param([ghz("2026-01-19"), ghz("2026-02-02", vg7="2026-02-02", case="ZGA-2")], "VG7", "",
                 id="C-12 in one of two"),
    pytest.param([ghz("2026-01-19", erased=True, sector="")], "VG6", "2026-03-01 erased ZGA-1", id="no longer known"),
    pytest.param([ghz("2026-01-19", "2026-02-28", erased=True, sector="")], "VG6", "2026-03-01 no_approval ",
                 id="no longer known, and past"),
]  # fmt: skip


@pytest.mark.parametrize(("arrangements", "profile", "expected"), GAPS)
def test_the_first_day_that_is_not_covered_and_why(arrangements: list[Arrangement], profile: str, expected: str):
    found = gap(arrangements, read_profile(profile), *MARCH)

    assert (f"{found.day} {found.reason} {found.case}" if found else "") == expected


PROFILES = [
    ("VV5", "VV5", "vv"), ("vv 05", "VV5", "vv"), ("VG7", "VG7", "ghz_ggz"), ("VG07", "VG7", "ghz_ggz"),
    ("GGZ-B3", "GGZ-B3", "ghz_ggz"), ("SGLVG1", "SGLVG1", "ghz_ggz"), ("LG6", "LG6", "ghz_ggz"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "name", "sector"), PROFILES)
def test_a_profile_belongs_to_the_sector_of_a_plan(said: str, name: str, sector: str):
    assert (read_profile(said).name, read_profile(said).sector) == (name, sector)


@pytest.mark.parametrize("said", ["", "VG", "7", "VVT5", "VG7; VV5", "VG777"])
def test_what_is_no_profile_is_refused_with_the_mend(said: str):
    with pytest.raises(Refused, match="geen zorgprofiel"):
        read_profile(said)


# --- a file

HEADER = "member,client,profile,care,from,until,amount"


def judged(office: Office, *lines: str, header: str = HEADER) -> Judged:
    with office.reading() as session:
        return judge(session, "\n".join((header, *lines)).encode(), now=office.now)


@pytest.fixture
def house(office: Office) -> Office:
    """lid-001 is approved for GHZ/GGZ from 19 January with VG7, lid-002 without; lid-003 for V&V since 2022."""
    office.on("2026-01-19")
    approve(office, "lid-001", vg7="ja")
    approve(office, "lid-002")
    before(office, "lid-003")
    return office.on("2026-04-01")


LINES = [
    pytest.param('lid-001,C-1,VG7,care_24h,2026-02-01,2026-02-28,"4.250,00"', "", id="approved with VG7"),
    pytest.param("lid-001,C-1,VG6,care_24h,2026-01-18,2026-01-20,150", "before_approval 2026-01-18", id="a day early"),
    pytest.param("lid-002,C-2,VG7,care_24h,2026-02-01,2026-02-28,150", "vg7_without_advice 2026-02-01", id="VG7 alone"),
    pytest.param("lid-002,C-2,VG6,care_24h,2026-02-01,2026-02-28,150", "", id="VG6 needs no advice"),
    pytest.param("lid-002,C-2,VV5,vpt,2026-02-01,2026-02-28,150", "no_approval 2026-02-01", id="another sector"),
    pytest.param("lid-002,C-2,VV5,care_24h,2026-02-01,2026-02-28,150", "", id="X-05 needs no plan"),
    pytest.param("lid-002,C-2,VV5,,2026-02-01,2026-02-28,150", "no_approval 2026-02-01", id="form of care unknown"),
    pytest.param("lid-002,C-2,VG3,other,2020-02-01,2020-02-28,150", "", id="no 24-hour care"),
    pytest.param("lid-003,C-3,VV5,vpt,1-2-2026,,150", "", id="one day, in the Dutch way"),
    pytest.param("lid-003,C-3,VV5,vpt,2022-05-01,,150", "before_approval 2022-05-01", id="before the earlier approval"),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_a_line_is_held_against_the_register(house: Office, line: str, expected: str):
    found = judged(house, line)

    assert [f"{gap.reason} {gap.day}" for _, gap in found.unapproved] == ([expected] if expected else [])


def test_a_file_says_how_much_of_it_is_not_approved(house: Office):
    found = judged(house, "lid-001,C-1,VG7,,2026-02-01,,100", "lid-002,C-2,VG7,,2026-02-01,,\"1.050,25\"",
                   "lid-002,C-2,VG7,,2026-03-01,,-50")  # fmt: skip

    assert (found.lines, found.amount) == (3, 110025)
    assert [(line.row, line.amount) for line, _ in found.unapproved] == [(3, 105025), (4, -5000)]


def test_a_scope_that_the_house_reads_otherwise_counts_at_once(house: Office):
    line = "lid-002,C-2,VV5,care_24h,2026-02-01,2026-02-28,150"
    house.choose("zap_scope_vv", "ja")

    assert [gap.reason for _, gap in judged(house, line).unapproved] == ["no_approval"]


MISTAKES = [
    # a line, the column that is wrong, what is said about it
    pytest.param("lid-999,C-1,VG6,,2026-02-01,,1", "member", "importeer eerst de leden", id="nobody's member"),
    pytest.param(",C-1,VG6,,2026-02-01,,1", "member", "is leeg", id="no member"),
    pytest.param("lid-001,,VG6,,2026-02-01,,1", "client", "is leeg", id="no client"),
    pytest.param("lid-001,123456782,VG6,,2026-02-01,,1", "client", "Dit lijkt op een BSN", id="a BSN"),
    pytest.param("lid-001,123.456.782,VG6,,2026-02-01,,1", "client", "Dit lijkt op een BSN", id="a BSN with points"),
    pytest.param("lid-001,123-456-782,VG6,,2026-02-01,,1", "client", "Dit lijkt op een BSN", id="a BSN with strokes"),
    pytest.param("lid-001,10000008,VG6,,2026-02-01,,1", "client", "Dit lijkt op een BSN", id="a BSN without its zero"),
    pytest.param("lid-001,Bedacht,VG6,,2026-02-01,,1", "client", "nooit een naam", id="a name"),
    pytest.param("lid-001,B. Bedacht,VG6,,2026-02-01,,1", "client", "nooit een naam", id="a name with a blank"),
    pytest.param("lid-001,C-1,VPT,,2026-02-01,,1", "profile", "geen zorgprofiel", id="no profile"),
    pytest.param("lid-001,C-1,VG6,dag,2026-02-01,,1", "care", "Kies uit vpt, care_24h", id="no form of care"),
    pytest.param("lid-001,C-1,VG6,,gisteren,,1", "from", "is geen datum", id="no day"),
    pytest.param("lid-001,C-1,VG6,,,2026-02-01,1", "from", "is leeg", id="no first day"),
    pytest.param("lid-001,C-1,VG6,,2026-02-02,2026-02-01,1", "until", "ligt voor 'from'", id="ends before it begins"),
    pytest.param("lid-001,C-1,VG6,,2026-02-01,,12.50", "amount", "is geen bedrag", id="an amount with a point"),
    pytest.param("lid-001,C-1,VG6,,2026-02-01,,", "amount", "is leeg", id="no amount"),
]


@pytest.mark.parametrize(("line", "column", "says"), MISTAKES)
def test_with_a_bad_line_nothing_of_the_file_is_judged(house: Office, line: str, column: str, says: str):
    found = judged(house, "lid-002,C-2,VG7,,2026-02-01,,1", line)

    assert [(problem.row, problem.column) for problem in found.problems] == [(3, column)]
    assert says in found.problems[0].problem
    assert "Bedacht" not in found.problems[0].problem
    assert (found.lines, found.unapproved) == (0, ())


def test_all_problems_come_at_once(house: Office):
    found = judged(house, "lid-999,B. Bedacht,VPT,dag,x,,y", "lid-999,C-1,VG6,,2026-02-01,,1")

    assert [(problem.row, problem.column) for problem in found.problems] == [
        (2, "client"), (2, "profile"), (2, "care"), (2, "member"), (2, "from"), (2, "amount"), (3, "member"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "column"),
    [("member,client,profile,from,until", "amount"), (f"{HEADER},bsn", "bsn"), (f"{HEADER},amount", "amount")],
)
def test_a_file_has_its_columns_and_no_others(house: Office, header: str, column: str):
    assert [problem.column for problem in judged(house, header=header).problems] == [column]


# --- one question


@pytest.mark.parametrize(
    ("member", "profile", "care", "reason"),
    [("lid-001", "VG7", "", ""), ("lid-002", "VG7", "", "vg7_without_advice"), ("lid-002", "VV5", "care_24h", ""),
     ("lid-002", "VV5", "vpt", "no_approval"), ("lid-003", "VG3", "other", ""), ("lid-999", "VG3", "", "no_approval")],
)  # fmt: skip
def test_whether_a_member_may_declare_on_a_day(house: Office, member: str, profile: str, care: str, reason: str):
    with house.reading() as session:
        found = approved(session, member, read_profile(profile), day=date(2026, 3, 2), care=care, now=house.now)

    assert (found.reason if found else "") == reason
