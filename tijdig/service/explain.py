"""Explaining one due date that is asked for in words, or a whole file of them (`tijdig due`).

A question has the columns of the file; what stands empty takes its default. Bad values are problems, all of them at
once, each with its column.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any, TypeVar, get_args

from tijdig.engine.calendar import FIRST, LAST, ZONE, Calendar, CalendarName, GoodFriday, May5, OpenDays
from tijdig.engine.due import Basis, Boundary, Direction, Due, Roll, due
from tijdig.engine.errors import Problem, Refused
from tijdig.engine.terms import Term, Unit

T = TypeVar("T")

Question = Mapping[str, str | None]
"""The cells of one row by column; columns that are not asked for here are passed over."""

_REQUIRED = ("anchor", "n", "unit")


def explain(question: Question) -> Due:
    """The due date that is asked for. Raises Refused with all its `problems`, each at a column."""
    form = _Form(question)
    anchor = form.read("anchor", _moment, "Write a day (2026-01-05) or a moment (2026-03-27T16:30), 1900-2200.")
    n = form.read("n", _whole, "Write a whole number, 0 or more; to count back, the direction is 'backward'.")
    unit = form.choose("unit", get_args(Unit))
    rule: dict[str, Any] = {
        "direction": form.choose("direction", get_args(Direction), "forward"),
        "days": form.choose("calendar", get_args(CalendarName), "kantoor"),
        "basis": form.choose("basis", get_args(Basis), "intern"),
        "roll": form.choose("roll", (*get_args(Roll), ""), "") or None,
        "boundary": form.choose("boundary", get_args(Boundary), "binnen"),
    }
    house = form.options()
    rule["cutoff"] = house.pop("cutoff", None)
    if anchor is not None and n is not None and not form.problems:
        try:
            return due(anchor, Term(n, unit), calendar=Calendar(**house), **rule)
        except Refused as refusal:
            form.problems += problems_of(refusal)
    raise Refused("This question has no answer. Mend what each problem names.", problems=tuple(form.problems))


def explain_all(questions: Iterable[Question]) -> list[tuple[str, Due]]:
    """The answer to each row, with its id (or its row number). One bad row refuses all, as `explain` does."""
    found: list[tuple[str, Due]] = []
    problems: list[Problem] = []
    for row, question in enumerate(questions, start=2):  # as a spreadsheet counts: the headings are row 1
        if row == 2 and (missing := [column for column in _REQUIRED if column not in question]):
            problems = [Problem(name, "NO_COLUMN", f"There is no column '{name}'.", "Add it.") for name in missing]
            break
        name = (question.get("id") or "").strip()
        try:
            found.append((name or str(row), explain(question)))
        except Refused as refusal:
            place = f"row {row} ({name})" if name else f"row {row}"
            problems += (replace(p, place=f"{place}, {p.place}".removesuffix(", ")) for p in problems_of(refusal))
    if problems:
        raise Refused("Nothing was explained. Mend what each problem names.", problems=tuple(problems))
    return found


def as_json(answer: Due) -> dict[str, object]:
    """The answer as the command line's contract has it; a date with an hour stands with its local offset."""
    local = answer.late_from.astimezone(ZONE)
    clock = local.isoformat(timespec="seconds" if local.second or local.microsecond else "minutes")
    in_hours = answer.due_time is not None and all(step.rule != "cutoff" for step in answer.steps)
    return {
        "nominal": clock if in_hours else answer.nominal.isoformat(),
        "due": clock if answer.due_time is not None else answer.due.isoformat(),
        "late_from": f"{answer.late_from:%Y-%m-%dT%H:%M:%SZ}",
        "safe": answer.safe.isoformat(),
        "basis": answer.basis,
        "calendar_version": answer.calendar_version,
        "uncertain": answer.uncertain,
        "steps": [step.text for step in answer.steps],
    }


def problems_of(refusal: Refused) -> tuple[Problem, ...]:
    """All that a refusal names: its `problems`, or else itself, whose last sentence is the mend."""
    what, _, mend = str(refusal).rpartition(". ")
    problems: tuple[Problem, ...] = getattr(refusal, "problems", (Problem("", refusal.code, f"{what}.", mend),))
    return problems


class _Form:
    """The cells of a question; reading a bad one notes a problem and gives None."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.problems: list[Problem] = []

    def read(self, column: str, make: Callable[[str], T], mend: str) -> T | None:
        text = (self.question.get(column) or "").strip()
        return self._made(column, text, make, mend)

    def choose(self, column: str, choices: tuple[str, ...], default: str = "") -> Any:
        text = (self.question.get(column) or "").strip() or default
        return self._made(column, text, _one_of(choices), f"Choose one of: {' '.join(choices).strip()}.")

    def options(self) -> dict[str, Any]:
        """The options of a row, `k=v;k=v`: a closing time, and when the office is closed."""
        found: dict[str, Any] = {}
        for option in filter(None, map(str.strip, (self.question.get("options") or "").split(";"))):
            key, _, value = (part.strip() for part in option.partition("="))
            make, mend = _OPTIONS.get(key, (_unknown, f"Known are: {' '.join(_OPTIONS)}, each as name=value."))
            found[key] = self._made("options", value, make, mend, told=option)
        return found

    def _made(self, column: str, text: str, make: Callable[[str], T], mend: str, *, told: str = "") -> T | None:
        try:
            return make(text)
        except ValueError:
            told = told or text
            what = f"'{told}' does not fit '{column}'." if told else f"'{column}' is empty."
            self.problems.append(Problem(column, "BAD_VALUE", what, mend))
            return None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if not FIRST.year <= moment.year <= LAST.year:
        raise ValueError(text)
    return moment


def _whole(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise ValueError(text)
    return int(text)


def _time(text: str) -> time:
    if not re.fullmatch("[0-9]{2}:[0-9]{2}", text):
        raise ValueError(text)
    return time.fromisoformat(text)


def _days(text: str) -> tuple[date, ...]:
    return tuple(date.fromisoformat(day.strip()) for day in text.split(","))


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def choose(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return choose


def _unknown(text: str) -> None:
    raise ValueError(text)


_OPTIONS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "cutoff": (_time, "Write a local time as HH:MM, such as cutoff=12:00."),
    "good_friday": (_one_of(get_args(GoodFriday)), "Choose one of: open closed."),
    "may5": (_one_of(get_args(May5)), "Choose one of: lustrum open closed."),
    "open_days": (_one_of(get_args(OpenDays)), "Choose one of: weekdays all."),
    "extra_closed": (_days, "Write days as 2026-12-24, with commas between them."),
}
