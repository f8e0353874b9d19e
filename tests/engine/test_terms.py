"""Terms as people, laws and ISO 8601 write them."""

import pytest

from tijdig.engine.errors import Refused
from tijdig.engine.terms import Term, days, hours, months, parse, weeks, words, working_days, years


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("12 weken", weeks(12)),
        ("12 weeks", weeks(12)),
        ("P12W", weeks(12)),
        ("1 week", weeks(1)),
        ("1 maand", months(1)),
        ("P3M", months(3)),
        ("1 kwartaal", months(3)),
        ("2 halfjaren", months(12)),
        ("5 werkdagen", working_days(5)),
        ("5 working days", working_days(5)),
        ("5 working_days", working_days(5)),
        ("20 kalenderdagen", days(20)),
        ("0 dagen", days(0)),
        ("P10D", days(10)),
        ("72 uur", hours(72)),
        ("PT72H", hours(72)),
        ("2 jaar", years(2)),
        ("P1Y", years(1)),
        ("  6 Weken ", weeks(6)),
    ],
)
def test_a_term_is_read_as_it_is_written(text: str, term: Term) -> None:
    assert parse(text) == term


@pytest.mark.parametrize(
    "text", ["", "12", "weken", "zes weken", "-1 dag", "1.5 week", "P1Y6M", "PT3M", "P", "3 manen"]
)
def test_what_is_no_term_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(Refused, match=r"is not a term\. Write .* '12 weken'") as refused:
        parse(text)

    assert refused.value.code == "BAD_TERM"


@pytest.mark.parametrize(
    ("term", "dutch"),
    [
        (weeks(12), "12 weken"),
        (weeks(1), "1 week"),
        (working_days(1), "1 werkdag"),
        (working_days(5), "5 werkdagen"),
        (months(0), "0 maanden"),
        (years(2), "2 jaar"),
        (hours(72), "72 uur"),
        (days(1), "1 dag"),
    ],
)
def test_a_term_is_told_in_dutch_and_read_back(term: Term, dutch: str) -> None:
    assert words(term) == dutch
    assert parse(dutch) == term


def test_a_term_is_never_negative() -> None:
    with pytest.raises(Refused, match="-1"):
        days(-1)
