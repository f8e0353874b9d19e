"""W-4: when a registration is in time, and when it is whole."""

from datetime import UTC, date, datetime

import pytest

from tijdig.engine.calendar import ZONE, Calendar
from tijdig.engine.due import due
from tijdig.engine.terms import days, weeks, working_days
from tijdig.procurement.registration import Piece, arrival, findings, required

CLOSES = datetime(2020, 7, 31, 17, 0, tzinfo=ZONE)
FILED = date(2020, 7, 20)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        pytest.param("16:59:59", "in_time", id="the-second-before"),
        pytest.param("17:00:00", "last_second", id="W-4-17:00:00-passes-and-is-flagged"),
        pytest.param("17:00:00.999999", "last_second", id="within-that-second"),
        pytest.param("17:00:01", "late", id="W-4-17:00:01-fails"),
        pytest.param("23:59:59", "late", id="that-evening"),
    ],
)
def test_registration_closes_to_the_second(clock: str, expected: str) -> None:
    received = datetime.fromisoformat(f"2020-07-31T{clock}").replace(tzinfo=ZONE)

    assert arrival(received, CLOSES) == expected
    assert arrival(received.astimezone(UTC), CLOSES) == expected


WHOLE = (
    Piece("bestuursverklaring"),
    Piece("inschrijvingsverklaring"),
    Piece("onderaannemers"),
    Piece("vog", date(2020, 1, 1)),
    Piece("wtzi"),
)


@pytest.mark.parametrize(
    ("without", "and_with", "expected"),
    [
        pytest.param("", (), [], id="W-4-whole-with-a-VOG-of-1-January"),
        pytest.param("bestuursverklaring", (), [("bestuursverklaring", "missing", False)], id="P-03-board-declaration"),
        pytest.param("onderaannemers", (), [("onderaannemers", "missing", False)], id="P-03-subcontractors-always"),
        pytest.param("wtzi", (), [("wtzi", "missing", True)], id="P-03-not-processed-without-WTZi"),
        pytest.param("vog", (), [("vog", "missing", True)], id="P-03-not-processed-without-VOG"),
        pytest.param("vog", (Piece("vog", date(2019, 12, 31)),), [("vog", "too_old", True)], id="W-4-VOG-of-2019"),
        pytest.param("vog", (Piece("vog"),), [("vog", "undated", True)], id="a-VOG-without-a-date"),
        pytest.param(
            "vog", (Piece("vog", date(2020, 7, 21)),), [("vog", "after_filing", True)], id="Y-10-after-filing"
        ),
        pytest.param("wtzi", (Piece("wtzi", date(2020, 8, 3)),), [("wtzi", "after_filing", True)], id="Y-10-WTZi-too"),
        pytest.param("", (Piece("vog", date(2019, 1, 1)),), [], id="one-good-one-is-enough"),
        pytest.param("", (Piece("brief"),), [], id="what-nobody-asked-for"),
    ],
)
def test_a_registration_is_whole_or_says_what_it_lacks(
    without: str, and_with: tuple[Piece, ...], expected: list[tuple[str, str, bool]]
) -> None:
    pieces = (*(piece for piece in WHOLE if piece.piece != without), *and_with)

    found = findings(pieces, required(vog_from=date(2020, 1, 1)), FILED)

    assert [(finding.piece, finding.fault, finding.stops) for finding in found] == expected


def test_nothing_handed_in_lacks_everything() -> None:
    needed = required(vog_from=date(2020, 1, 1))

    assert [finding.piece for finding in findings((), needed, FILED)] == [piece.piece for piece in needed]


@pytest.mark.parametrize(
    ("published", "ends"),
    [
        pytest.param(date(2020, 5, 29), date(2020, 6, 18), id="T-03x-publication"),
        pytest.param(date(2020, 6, 26), date(2020, 7, 16), id="T-05x-nota-van-inlichtingen"),
        pytest.param(date(2020, 8, 24), date(2020, 9, 13), id="T-07x-notice-ends-on-a-Sunday-Y-03"),
        pytest.param(date(2020, 10, 9), date(2020, 10, 29), id="T-09x-budget"),
    ],
)
def test_the_right_to_object_ends_strictly_on_the_twentieth_day(published: date, ends: date) -> None:
    assert due(published, days(20), calendar=Calendar(), basis="contract").due == ends  # W-4, P-13


def test_the_certificate_is_asked_for_four_weeks_before_and_the_other_reading_of_twenty_days() -> None:
    asked = due(date(2020, 10, 15), weeks(4), calendar=Calendar(), direction="backward", basis="contract")
    in_working_days = due(date(2020, 5, 29), working_days(20), calendar=Calendar(), basis="contract")

    assert asked.due == date(2020, 9, 17)  # T-08v, W-4
    assert in_working_days.due == date(2020, 6, 29)  # Y-01, not chosen
