"""`tijdig due`: explain one due date, or every row of a file. It needs no database."""

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from tijdig.engine.calendar import CalendarName, short_date, short_moment
from tijdig.engine.due import Basis, Boundary, Due, Roll
from tijdig.engine.errors import Refused
from tijdig.engine.terms import parse
from tijdig.service import explain


def due(
    *,
    anchor: str | None = None,
    add: str | None = None,
    direction: Literal["forward", "backward", "back"] = "forward",
    calendar: CalendarName = "kantoor",
    basis: Basis = "intern",
    roll: Roll | None = None,
    boundary: Boundary = "binnen",
    cutoff: str | None = None,
    batch: Path | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Leg een uiterste datum uit, of elke rij van een bestand.

    Args:
        anchor: Dag of moment waarvan geteld wordt: 2026-01-05, of bij uren 2026-03-27T16:30.
        add: De termijn: "12 weken", "5 werkdagen", "72 uur", "P3M". Met "0 dagen" is het een vaste datum.
        direction: Vooruit, of terug vanaf een gebeurtenis.
        calendar: Waarin werkdagen tellen, en waarop een interne datum verschuift.
        basis: De grondslag van de termijn.
        roll: Hoe de datum verschuift. Zonder keuze: zoals de grondslag zegt.
        boundary: Het woord in de tekst. Bij 'voor' telt de dag zelf niet mee.
        cutoff: Sluitingstijd op de laatste dag, UU:MM.
        batch: CSV-bestand, een vraag per rij: id, anchor, n, unit, direction, calendar, basis, roll, boundary, options.
        as_json: Geef een JSON-document.
    """
    if not (anchor and add and not batch) and not (batch and not anchor and not add):
        _say("Give --anchor and --add for one due date, or only --batch for a file of them.")
        return 2
    try:
        if batch:
            answers = explain.explain_all(_rows(batch))
        else:
            term = parse(add or "")
            question = {
                "anchor": anchor, "n": str(term.n), "unit": term.unit, "calendar": calendar, "basis": basis,
                "direction": "forward" if direction == "forward" else "backward", "roll": roll, "boundary": boundary,
                "options": f"cutoff={cutoff}" if cutoff is not None else None,
            }  # fmt: skip
            answers = [("", explain.explain(question))]
    except Refused as refusal:
        return _refuse(refusal, as_json=as_json)
    if as_json:
        documents = [({"id": name} if batch else {}) | explain.as_json(answer) for name, answer in answers]
        _print_json(documents if batch else documents[0])
    else:
        _show(answers)
    return 0


def _rows(path: Path) -> Iterator[explain.Question]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{path} cannot be read as CSV in UTF-8 ({error}). Mend the file or the path.") from error


def _refuse(refusal: Refused, *, as_json: bool) -> int:
    problems = explain.problems_of(refusal)
    for problem in problems:
        _say(f"{problem.place}: {problem.problem} {problem.mend}".removeprefix(": "))
    if as_json:
        _print_json({"problems": [asdict(problem) for problem in problems]})
    return 1


def _show(answers: list[tuple[str, Due]]) -> None:
    """For people: the date first, then why."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for name, answer in answers:
        when = short_moment(answer.late_from) if answer.due_time else short_date(answer.due)
        unsure = ", nog niet zeker" if answer.uncertain else ""
        console.print(
            Text.assemble(f"{name}  " if name else "", "Uiterlijk ", (when, "bold"), f" ({answer.basis}{unsure})")
        )
        for number, step in enumerate(answer.steps, start=1):
            console.print(Text(f"  {number}. {step.text}"), soft_wrap=True)
        console.print(Text(f"  {answer.calendar_version}", style="dim"))


def _print_json(document: object) -> None:
    print(json.dumps(document, ensure_ascii=False))  # noqa: T201


def _say(message: str) -> None:
    print(message, file=sys.stderr)  # noqa: T201
