"""The cohort grid, on a screen, as JSON or as CSV."""

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from tijdig.cli.command import AS_JSON, AT, command, option
from tijdig.cli.screen import day, line, show_json, table
from tijdig.cli.words import _

if TYPE_CHECKING:
    from tijdig.service.grid import Cell, Grid


@command(
    "grid", _("Wie staat waar: een regel per onderwerp, een kolom per doel en stap."),
    option("procedure", metavar=_("PROCEDURE"), help=_("bijvoorbeeld tender-care-office")),
    option("--cohort", default="", metavar=_("NAAM"), help=_("alleen deze groep, ook wie nog geen dossier heeft")),
    option("--timetable", default="", metavar=_("NAAM"), help=_("alleen de dossiers op dit tijdschema")),
    AT, AS_JSON, option("--csv", dest="as_csv", action="store_true", help=_("geef CSV, voor een spreadsheet")),
)  # fmt: skip
def grid(procedure: str, cohort: str, timetable: str, at: str | None, as_json: bool, as_csv: bool) -> None:
    """Subjects by steps."""
    from tijdig.cli import edge
    from tijdig.service.grid import grid as read

    with edge.store() as store:
        now = edge.clock(store, at)
        with store.read() as session:
            found = read(session, procedure, now=now, cohort_name=cohort, timetable=timetable)
    if as_json:
        show_json(_document(found))
    elif as_csv:
        _csv(found)
    else:
        _show(found)


def _document(found: "Grid") -> dict[str, Any]:
    from tijdig.service.views import local

    columns = [{"name": c.name, "label": c.label, "kind": c.kind, "row": c.row or None} for c in found.columns]
    lines = [
        {"subject": each.subject, "case": each.case or None, "state": each.state or None,
         "cells": {c.name: _cell(cell) for c, cell in zip(found.columns, each.cells, strict=False) if cell}}
        for each in found.lines
    ]  # fmt: skip
    return {"procedure": found.procedure, "cohort": found.cohort or None, "at": local(found.at), "columns": columns,
            "rows": lines}  # fmt: skip


def _cell(cell: "Cell") -> dict[str, Any]:
    return {
        "state": cell.state, "term_status": cell.term, "due": cell.due and cell.due.isoformat(),
        "done_on": cell.done and cell.done.isoformat(), "outcome": cell.outcome or None,
    }  # fmt: skip


def _csv(found: "Grid") -> None:
    """Three columns for each goal and step: how it stands, its term, and the day that counts."""
    from tijdig.service.tables import write_table

    names = [f"{c.name} {what}" for c in found.columns for what in ("state", "term_status", "date")]
    rows = [
        (each.subject, each.case, each.state, *(
            said for cell in each.cells
            for said in ((cell.state, cell.term, str(cell.day or "")) if cell else ("", "", ""))
        ))
        for each in found.lines
    ]  # fmt: skip
    sys.stdout.write(write_table(("subject", "case", "case_state", *names), rows))


def _show(found: "Grid") -> None:
    """A legend that counts, and one mark for each cell."""
    by_column = [[each.cells[i] for each in found.lines if each.cells] for i in range(len(found.columns))]
    rows = []
    for number, (column, cells) in enumerate(zip(found.columns, by_column, strict=True), start=1):
        marks, days = Counter(map(_mark, cells)), sorted({str(cell.due) for cell in cells if cell and cell.due})
        rows.append((number, column.name, column.label, "…".join(map(day, dict.fromkeys((*days[:1], *days[-1:])))),
                     *(marks[mark] or "" for mark in MARKS)))  # fmt: skip
    title = f"{found.title}: {len(found.lines)}"
    table((_("nr"), _("stap"), _("vraagt"), _("uiterlijk"), *(f"{m} {said}" for m, said in MARKS.items())), rows,
          title=title)  # fmt: skip
    for i in range(0, len(found.columns), 10):
        line(_("kolommen {first} tot en met {last}").format(first=i + 1, last=min(i + 10, len(found.columns))))
        table(
            (_("onderwerp"), _("dossier"), _("stand"), *(str(row[0]) for row in rows[i : i + 10])),
            [(each.subject, each.case, each.state, *map(_mark, each.cells[i : i + 10])) for each in found.lines],
        )


def _mark(cell: "Cell | None") -> str:
    if cell is None or cell.state in ("withdrawn", "none", "skipped"):
        return "–"
    if cell.state == "waiting":
        return "○"
    if cell.state in ("done", "met"):
        return "✗" if cell.term == "late" else "✓"
    return {"on_time": "●", "close": "▲", "late": "■", "none": "●"}[cell.term]


MARKS = {
    "✓": _("gedaan"), "✗": _("te laat gedaan"), "●": _("open"), "▲": _("bijna"), "■": _("te laat"), "○": _("wacht"),
    "–": _("n.v.t."),
}  # fmt: skip
