"""`tijdig due`: explain one due date, or every row of a file. It needs no database."""

import csv
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tijdig.cli.command import AS_JSON, command, option
from tijdig.cli.screen import complain, line, say, show_json
from tijdig.cli.words import _

if TYPE_CHECKING:
    from tijdig.engine.due import Due
    from tijdig.service.explain import Question


@command(
    "due", _("Leg een uiterste datum uit, of een bestand vol."),
    option("--anchor", metavar=_("DAG"), help=_("waarvan geteld wordt: 2026-01-05, of bij uren 2026-03-27T16:30")),
    option("--add", metavar=_("TERMIJN"),
           help=_("'12 weken', '5 werkdagen', '72 uur', 'P3M'; '0 dagen' is een vaste datum")),
    option("--direction", choices=("forward", "backward", "back"), default="forward",
           help=_("vooruit, of terug vanaf een gebeurtenis")),
    option("--calendar", choices=("atw", "kantoor", "eu"), default="kantoor",
           help=_("waarin werkdagen tellen en waarop een interne datum verschuift")),
    option("--basis", choices=("wettelijk", "contract", "norm", "intern"), default="intern", help=_("de grondslag")),
    option("--roll", choices=("atw", "eu", "none", "next_workday", "prev_workday"),
           help=_("hoe de datum verschuift; anders zoals de grondslag zegt")),
    option("--boundary", choices=("binnen", "uiterlijk", "voor"), default="binnen",
           help=_("het woord in de tekst; bij 'voor' telt de dag zelf niet mee")),
    option("--cutoff", metavar=_("UU:MM"), help=_("sluitingstijd op de laatste dag")),
    option("--batch", metavar=_("BESTAND"),
           help=_("CSV, één vraag per rij: id, anchor, n, unit, direction, calendar, basis, roll, boundary, options")),
    AS_JSON,
)  # fmt: skip
def due(
    anchor: str | None, add: str | None, direction: str, calendar: str, basis: str, roll: str | None, boundary: str,
    cutoff: str | None, batch: str | None, as_json: bool,
) -> int:  # fmt: skip
    """One due date, or one for each row of a file."""
    if not (anchor and add and not batch) and not (batch and not anchor and not add):
        say(_("Geef --anchor en --add voor één datum, of alleen --batch voor een bestand. Zie: tijdig due --help"))
        return 2
    from tijdig.engine.errors import Refused
    from tijdig.engine.terms import parse
    from tijdig.service import explain

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
        complain(refusal)
        if as_json and batch:
            show_json({"problems": [asdict(problem) for problem in explain.problems_of(refusal)]})
        return 1
    if as_json:
        documents = [({"id": name} if batch else {}) | explain.as_json(answer) for name, answer in answers]
        show_json(documents if batch else documents[0])
    else:
        _show(answers)
    return 0


def _rows(path: str) -> "Iterator[Question]":
    from tijdig.engine.errors import Refused

    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{path} cannot be read as CSV in UTF-8 ({error}). Mend the file or the path.") from error


def _show(answers: "list[tuple[str, Due]]") -> None:
    """For people: the date first, then why."""
    from tijdig.engine.calendar import short_date, short_moment

    for name, answer in answers:
        when = short_moment(answer.late_from) if answer.due_time else short_date(answer.due)
        unsure = _(", nog niet zeker") if answer.uncertain else ""
        line(
            f"{name}  " * bool(name)
            + _("Uiterlijk {when} ({basis}{unsure})").format(when=when, basis=answer.basis, unsure=unsure)
        )
        for number, step in enumerate(answer.steps, start=1):
            line(f"  {number}. {step.text}")
        line(f"  {answer.calendar_version}")
