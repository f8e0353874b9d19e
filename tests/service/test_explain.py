"""Questions for a due date as they come in a file: defaults, answers and all problems at once."""

import csv
from pathlib import Path

import pytest

from tijdig.engine.errors import Refused
from tijdig.service.explain import Question, as_json, explain, explain_all, problems_of

ASKED = {"anchor": "2026-01-05", "n": "12", "unit": "week"}


def problems(*rows: Question) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refused:
        explain_all(rows)
    return [(problem.place, problem.problem) for problem in problems_of(refused.value)]


def test_what_stands_empty_takes_its_default() -> None:
    plain = explain({**ASKED, "roll": "", "options": None})

    spelt = explain(
        {
            **ASKED, "direction": "forward", "calendar": "kantoor", "basis": "intern", "roll": "prev_workday",
            "boundary": "binnen", "options": "may5=lustrum;good_friday=open",
        }
    )  # fmt: skip
    assert plain == spelt


def test_an_answer_has_the_fields_of_the_contract() -> None:
    answer = as_json(explain({"anchor": "2026-06-12", "n": "0", "unit": "day", "options": "cutoff=12:00"}))

    assert list(answer) == [
        "nominal", "due", "late_from", "safe", "basis", "calendar_version", "uncertain", "steps",
    ]  # fmt: skip
    assert (answer["nominal"], answer["due"]) == ("2026-06-12", "2026-06-12T12:00+02:00")
    assert answer["uncertain"] is False


def test_seconds_are_kept_where_a_moment_has_them() -> None:
    answer = as_json(explain({"anchor": "2026-06-12T10:00:30", "n": "1", "unit": "hour"}))

    assert (answer["due"], answer["late_from"]) == ("2026-06-12T11:00:30+02:00", "2026-06-12T09:00:30Z")


def test_a_row_without_an_id_goes_by_its_number() -> None:
    assert [name for name, _ in explain_all([{**ASKED, "id": "A"}, ASKED])] == ["A", "3"]


def test_a_file_without_rows_has_no_answers() -> None:
    assert explain_all([]) == []


def test_columns_of_others_are_passed_over() -> None:
    assert explain({**ASKED, "expected_due": "never"}) == explain(ASKED)


@pytest.mark.parametrize(
    ("column", "value", "mend"),
    [
        ("anchor", "05-01-2026", "2026-01-05"),
        ("anchor", "2026-02-30", "2026-01-05"),
        ("anchor", "0001-01-01T00:00+14:00", "1900-2200"),
        ("anchor", "", "2026-01-05"),
        ("n", "-1", "backward"),
        ("n", "1.5", "whole number"),
        ("n", "", "whole number"),
        ("unit", "fortnight", "hour day week month year working_day"),
        ("unit", "", "hour day week month year working_day"),
        ("direction", "up", "forward backward"),
        ("calendar", "gregorian", "atw kantoor eu"),
        ("basis", "wet", "wettelijk contract norm intern"),
        ("roll", "forward", "atw eu none next_workday prev_workday"),
        ("boundary", "tot", "binnen uiterlijk voor"),
        ("options", "cutoff=25:00", "HH:MM"),
        ("options", "cutoff=9:00", "HH:MM"),
        ("options", "cutoff", "HH:MM"),
        ("options", "good_friday=maybe", "open closed"),
        ("options", "may5=never", "lustrum open closed"),
        ("options", "extra_closed=soon", "2026-12-24"),
        ("options", "colour=red", "cutoff good_friday may5 open_days extra_closed"),
    ],
)
def test_a_bad_value_names_its_column_its_value_and_the_mend(column: str, value: str, mend: str) -> None:
    with pytest.raises(Refused) as refused:
        explain({**ASKED, column: value})

    (problem,) = problems_of(refused.value)
    assert (problem.place, problem.code) == (column, "BAD_VALUE")
    assert f"'{value}'" in problem.problem or problem.problem == f"'{column}' is empty."
    assert mend in problem.mend


def test_all_problems_of_all_rows_come_at_once_and_nothing_is_answered() -> None:
    found = problems(
        ASKED,
        {"id": "R1", **ASKED, "n": "many", "unit": "moon"},
        {**ASKED, "anchor": "2026-03-29", "n": "0", "unit": "day", "basis": "norm", "options": "cutoff=02:30"},
        {**ASKED, "n": "200", "unit": "year"},
    )

    assert found == [
        ("row 3 (R1), n", "'many' does not fit 'n'."),
        ("row 3 (R1), unit", "'moon' does not fit 'unit'."),
        ("row 4", "02:30 on 2026-03-29 does not exist: the clock skips that hour."),
        ("row 5", "Counting from 2026-01-05 leaves the years 1900-2200."),
    ]


def test_a_missing_column_is_told_once() -> None:
    assert problems({"anchor": "2026-01-05"}, {"anchor": "2026-01-05"}) == [
        ("n", "There is no column 'n'."),
        ("unit", "There is no column 'unit'."),
    ]


def test_the_whole_table_is_answered_in_its_order() -> None:
    with (Path(__file__).parents[1] / "data/deadlines.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert [name for name, _ in explain_all(rows)] == [row["id"] for row in rows]
