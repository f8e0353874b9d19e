"""Due dates: the examples of domain/deadlines.md (D..), and what its sentences mean for every other combination.

Both tables have the columns of the batch file; `why` of the second is the sentence that decides the row.
"""

import csv
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from tijdig.engine.calendar import Calendar
from tijdig.engine.due import Due, due
from tijdig.engine.errors import Refused
from tijdig.engine.terms import Term, days, hours, months, weeks, working_days, years
from tijdig.service.explain import as_json, explain

DATA = Path(__file__).parents[1] / "data"
LAW = Calendar()


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def expected(row: Mapping[str, str]) -> dict[str, object]:
    return {
        "nominal": row["expected_nominal"],
        "due": row["expected_due"],
        "late_from": row["expected_late_from_utc"],
        "safe": row["expected_safe"],
        "uncertain": row["uncertain"] == "yes",
    }


@pytest.mark.parametrize("row", [*rows("deadlines.csv"), *rows("deadlines-reasoned.csv")], ids=lambda row: row["id"])
def test_a_due_date_is_counted_as_the_law_says(row: dict[str, str]) -> None:
    answer = as_json(explain(row))

    assert {key: answer[key] for key in expected(row)} == expected(row), answer["steps"]


# --- extensions: 3.6; suspension: 3.7


@pytest.mark.parametrize(
    ("anchor", "term", "extra", "rule", "nominal", "due_"),
    [
        # D23: six weeks and four more are ten weeks from receipt
        (date(2026, 3, 16), weeks(6), (weeks(4),), {"basis": "wettelijk"}, date(2026, 5, 25), date(2026, 5, 26)),
        # 8 + 5 = 13 weeks: art. 4 takes the whole out of the Atw
        (date(2026, 1, 5), weeks(8), (weeks(5),), {"basis": "wettelijk"}, date(2026, 4, 6), date(2026, 4, 6)),
        # a month and two more are three months from the start, clamped once (AVG art. 12)
        (date(2025, 11, 30), months(1), (months(2),), {"roll": "eu"}, date(2026, 2, 28), date(2026, 3, 2)),
        # a third of drie maanden and 8/12 of twaalf weken are one whole: still inside
        (date(2026, 2, 10), months(1), (weeks(8),), {"basis": "wettelijk"}, date(2026, 5, 5), date(2026, 5, 6)),
        # and a day more is not
        (date(2026, 2, 9), months(1), (weeks(8), days(1)), {"basis": "wettelijk"}, date(2026, 5, 5), date(2026, 5, 5)),
        # an extension of what is counted back gives time back
        (date(2026, 6, 22), weeks(4), (weeks(1),), {"direction": "backward"}, date(2026, 6, 1), date(2026, 6, 1)),
        # a fixed date may be extended; it stays a fixed date
        (date(2026, 4, 1), days(0), (days(5),), {"basis": "wettelijk"}, date(2026, 4, 6), date(2026, 4, 6)),
        (date(2026, 4, 1), working_days(1), (days(1),), {"basis": "norm"}, date(2026, 4, 3), date(2026, 4, 3)),
    ],
    ids=str,
)  # fmt: skip
def test_an_extension_counts_from_the_start_of_the_whole_term(
    anchor: date, term: Term, extra: tuple[Term, ...], rule: dict[str, Any], nominal: date, due_: date
) -> None:
    found = due(anchor, term, calendar=LAW, extra=extra, **{"basis": "norm", **rule})

    assert (found.nominal, found.due) == (nominal, due_)


def test_an_extension_in_hours_lengthens_hours() -> None:
    found = due(datetime.fromisoformat("2026-03-27T16:30"), hours(48), calendar=LAW, extra=(hours(24),), basis="norm")

    assert found.late_from.isoformat() == "2026-03-30T15:30:00+00:00"


def test_suspended_days_are_added_before_the_roll() -> None:
    found = due(date(2026, 3, 16), weeks(6), calendar=LAW, basis="wettelijk", paused_days=12)

    assert (found.nominal, found.due) == (date(2026, 5, 9), date(2026, 5, 11))
    assert "12 dagen opgeschort tellen niet mee: dat wordt za 9 mei 2026." in texts(found)


# --- the explanation (9, ux.md 3)


def texts(found: Due) -> list[str]:
    return [step.text for step in found.steps]


def test_an_orange_file_is_explained_as_a_person_reads_it() -> None:
    found = due(
        date(2021, 7, 23), weeks(12), calendar=LAW, basis="norm", label="Oranje vastgesteld", source="JP KPI 15"
    )

    assert texts(found) == [
        "Oranje vastgesteld op vr 23 jul 2021; die dag telt niet mee.",
        "12 weken later is vr 15 okt 2021.",
        "Niet verschoven: een norm verschuift niet.",
        "Te laat vanaf za 16 okt 2021, 00:00. Veilig: vr 15 okt 2021.",
    ]
    assert found.source == "JP KPI 15"


def test_d24_is_explained_with_every_free_day_that_it_passes() -> None:
    found = due(date(2026, 4, 2), weeks(6), calendar=LAW, basis="wettelijk", label="Besluit bekendgemaakt")

    assert texts(found)[2] == (
        "Dat is Hemelvaartsdag; daarna vrijdag na Hemelvaartsdag (bij besluit gelijkgesteld), zaterdag en zondag. "
        "Verlengd tot en met ma 18 mei 2026 (Atw art. 1)."
    )


@pytest.mark.parametrize(
    ("anchor", "term", "rule", "sentence"),
    [
        # why it did not roll
        (date(2026, 5, 5), days(20), {"basis": "contract"}, "Niet verlengd: contract."),
        (date(2026, 5, 5), days(20), {"basis": "wettelijk", "roll": "none"},
         "Niet verlengd: deze termijn valt buiten de Algemene termijnenwet."),
        (date(2026, 5, 5), days(20), {"roll": "none"}, "Niet verschoven: zo is deze interne datum afgesproken."),
        (date(2026, 6, 3), days(10), {"basis": "wettelijk", "direction": "backward"},
         "Niet verlengd: teruggerekend (Atw art. 1 lid 2)."),
        (date(2026, 6, 3), days(10), {"roll": "eu", "direction": "backward"},
         "Niet verlengd: teruggerekend (Vo. 1182/71 art. 3 lid 4)."),
        (date(2026, 1, 5), weeks(13), {"basis": "wettelijk"},
         "Niet verlengd: 13 weken is meer dan twaalf weken (Atw art. 4)."),
        (date(2026, 1, 5), days(91), {"basis": "wettelijk"},
         "Niet verlengd: 91 dagen is meer dan 90 dagen (Atw art. 4)."),
        (date(2026, 1, 5), weeks(8), {"basis": "wettelijk", "extra": (months(2),)},
         "Niet verlengd: 8 weken en 2 maanden is meer dan drie maanden (Atw art. 4)."),
        (date(2026, 1, 5), years(1), {"basis": "wettelijk"},
         "Niet verlengd: een termijn in jaren (Atw art. 4)."),
        (date(2026, 6, 1), weeks(2), {"basis": "wettelijk"},
         "Niet verlengd: ma 15 jun 2026 is een werkdag (Atw art. 1)."),
        (date(2026, 6, 1), weeks(2), {}, "Niet verschoven: ma 15 jun 2026 is een kantoordag."),
        (date(2026, 2, 12), days(0), {"basis": "wettelijk"}, "Niet verschoven: een vaste datum verschuift niet."),
        (date(2026, 6, 1), hours(24), {"basis": "wettelijk"},
         "Niet verschoven: een termijn in uren eindigt op de minuut."),
        # why it did
        (date(2026, 6, 12), days(3), {"basis": "wettelijk"},
         "De termijn moet twee werkdagen bevatten: verlengd tot en met di 16 jun 2026 (Atw art. 2)."),
        (date(2026, 6, 12), days(1), {"roll": "eu"},
         "Dat is zaterdag; daarna zondag. Verlengd tot en met ma 15 jun 2026 (Vo. 1182/71 art. 3 lid 4)."),
        (date(2026, 6, 22), weeks(4), {"direction": "backward"},
         "Dat is Tweede Pinksterdag; daarvoor zondag en zaterdag. Vervroegd naar vr 22 mei 2026."),
        (date(2026, 3, 13), weeks(6), {"roll": "next_workday", "days": "atw", "basis": "norm", "extra": (days(3),)},
         "Dat is Koningsdag. Verschoven naar di 28 apr 2026."),
        # how it was counted
        (date(2026, 6, 22), weeks(4), {"direction": "backward"}, "Gepland op ma 22 jun 2026; die dag telt niet mee."),
        (date(2026, 6, 22), weeks(4), {"direction": "backward"}, "4 weken eerder is ma 25 mei 2026."),
        (date(2026, 3, 16), weeks(6), {"extra": (weeks(4), days(1))},
         "6 weken later, verlengd met 4 weken en 1 dag, is di 26 mei 2026."),
        (date(2026, 4, 1), days(0), {"extra": (days(5),)}, "Verlengd met 5 dagen: ma 6 apr 2026."),
        (date(2026, 4, 2), working_days(3), {"days": "atw"},
         "3 werkdagen later is do 9 apr 2026 (geteld in Atw-werkdagen; niet mee: Goede Vrijdag en Tweede Paasdag)."),
        (date(2026, 1, 5), working_days(100), {"days": "atw"},
         "100 werkdagen later is wo 3 jun 2026 (geteld in Atw-werkdagen; niet mee: 7 vrije dagen)."),
        (date(2026, 1, 31), months(1), {},
         "1 maand later is za 28 feb 2026, de laatste dag van de maand: een 31e is er niet."),
        (datetime.fromisoformat("2026-03-27T16:30"), hours(72), {},
         "72 uur later is ma 30 mrt 2026, 17:30; de klok is tussendoor verzet."),
        (datetime.fromisoformat("2026-03-27T16:30"), hours(72), {"label": "Datalek ontdekt"},
         "Datalek ontdekt op vr 27 mrt 2026, 16:30."),
        (date(2026, 7, 1), days(0), {"boundary": "voor"},
         "‘Vóór’ telt die dag zelf niet mee: uiterlijk di 30 jun 2026."),
        (date(2026, 7, 1), days(0), {}, "Vaste datum: wo 1 jul 2026."),
        (date(2026, 7, 1), days(0), {"label": "Sluiting"}, "Sluiting op wo 1 jul 2026: een vaste datum."),
        (date(2026, 3, 16), weeks(6), {"paused_days": 1}, "1 dag opgeschort telt niet mee: dat wordt di 28 apr 2026."),
        # until when
        (date(2026, 6, 12), days(0), {"cutoff": time(12)},
         "Sluit om 12:00; wat precies dan binnen is, is op tijd en gaat langs een mens."),
        (date(2026, 6, 12), days(0), {"cutoff": time(12)}, "Te laat na vr 12 jun 2026, 12:00. Veilig: do 11 jun 2026."),
        (date(2026, 6, 13), days(1), {"basis": "norm"}, "Te laat vanaf ma 15 jun 2026, 00:00. Veilig: meteen."),
        (date(2028, 8, 12), days(0), {"basis": "norm"}, "Te laat vanaf zo 13 aug 2028, 00:00. Veilig: vr 11 aug 2028."),
        (date(2029, 3, 29), weeks(6), {"basis": "wettelijk"},
         "Nog niet zeker: niet alle gelijkgestelde dagen zijn bekend; de datum kan nog later worden."),
        (date(2029, 5, 14), working_days(1), {"days": "atw", "direction": "backward"},
         "Nog niet zeker: niet alle gelijkgestelde dagen zijn bekend; de datum kan nog eerder worden."),
    ],
    ids=str,
)  # fmt: skip
def test_each_step_says_why(anchor: date, term: Term, rule: dict[str, Any], sentence: str) -> None:
    assert sentence in texts(due(anchor, term, calendar=LAW, **rule))


def test_the_calendar_version_names_law_house_and_zone_data() -> None:
    house = Calendar(good_friday="closed")

    found = due(date(2026, 1, 12), weeks(12), calendar=house, basis="norm")

    assert found.calendar_version.startswith(f"{house.version}+tz20")


# --- what is refused


@pytest.mark.parametrize(
    ("anchor", "term", "rule", "code"),
    [
        (date(2026, 3, 1), weeks(4), {"cutoff": time(2, 30), "basis": "norm"}, "NO_SUCH_TIME"),  # 29 March
        (datetime.fromisoformat("2026-03-29T02:30"), hours(1), {}, "NO_SUCH_TIME"),
        (date(2026, 3, 1), hours(1), {"cutoff": time(12)}, "HOURS_ONLY"),
        (date(2026, 3, 1), hours(1), {"paused_days": 1}, "HOURS_ONLY"),
        (date(2026, 3, 1), hours(1), {"extra": (days(1),)}, "HOURS_ONLY"),
        (date(2026, 3, 1), days(1), {"extra": (hours(1),)}, "HOURS_ONLY"),
        (date(1899, 12, 31), days(1), {}, "OUT_OF_RANGE"),
        (date(2201, 1, 1), days(1), {"direction": "backward"}, "OUT_OF_RANGE"),
        (date(2026, 3, 1), years(175), {}, "OUT_OF_RANGE"),
        (date(2026, 3, 1), months(999_999), {"direction": "backward"}, "OUT_OF_RANGE"),
        (date(2026, 3, 1), weeks(999_999), {}, "OUT_OF_RANGE"),
        (date(2026, 3, 1), working_days(999_999), {}, "OUT_OF_RANGE"),
        (date(2026, 3, 1), hours(2_000_000), {}, "OUT_OF_RANGE"),
        (date(2026, 3, 1), hours(10**15), {"direction": "backward"}, "OUT_OF_RANGE"),
    ],
    ids=str,
)
def test_what_cannot_be_counted_is_refused(anchor: date, term: Term, rule: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        due(anchor, term, calendar=LAW, **rule)

    assert refused.value.code == code


def test_a_year_far_away_is_counted_by_the_same_rules_and_not_certain() -> None:
    found = due(date(2101, 3, 7), weeks(6), calendar=LAW, basis="wettelijk")  # Easter is 17 April 2101

    assert (found.nominal, found.due, found.uncertain) == (date(2101, 4, 18), date(2101, 4, 19), True)
