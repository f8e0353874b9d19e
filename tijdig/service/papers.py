"""The documents that can be made, one line each: kind, procedure, title, and the tables that it has of its own."""

from __future__ import annotations

from functools import partial

from tijdig.engine.errors import Refused
from tijdig.service import tabled
from tijdig.service.produce import Columns, Paper

_PER = (("member", "Lid"), ("kind", "Soort"), ("count", "Aantal"))
FIGURES = Columns("figures", "Cijfers", _PER, tabled.frozen_figures)
EVERYBODY = Columns("everybody", "Alle leden", _PER, tabled.all_figures)
LINES = Columns(
    "lines", "Toepassingen",
    (("member", "Lid"), ("client", "Cliëntreferentie"), ("kind", "Soort"), ("begin", "Begin"), ("end", "Einde"),
     ("emergency", "Buiten het zorgplan om")),
    tabled.frozen_lines,
)  # fmt: skip
DIFFERENCES = Columns(
    "differences", "Verschillen",
    (("line", "Regel"), ("column", "Wat verschilt"), ("left", "ONS"), ("right", "Logboek"), ("holds", "Wat geldt"),
     ("reason", "Reden"), ("by", "Door")),
    tabled.settled_differences,
)  # fmt: skip
RETURNS = Columns(
    "returns", "Opgaven van de leden",
    (("member", "Lid"), ("state", "Stand"), ("measures", "Opgegeven"), ("remark", "Opmerking")), tabled.returns,
)  # fmt: skip
GRID = Columns(
    "grid", "Wie staat waar", (), partial(tabled.cohort_grid, procedure="tender-care-office", cohort="providers")
)

PAPERS = (
    Paper("orange-letter", "orange-status", "Oranje dossier"),
    Paper("zap-decision", "zap-approval", "Besluit over het zorgaanbodplan"),
    Paper("tender-checklist", "tender-bidder", "Checklist inschrijving"),
    Paper("wzd-report", "wzd-half-year", "Wzd-halfjaaroverzicht", tables=(FIGURES, DIFFERENCES, RETURNS)),
    Paper("wzd-figures", "wzd-half-year", "Cijfers Wzd-halfjaar", ("xlsx",), (EVERYBODY, LINES, DIFFERENCES, RETURNS)),
    Paper("cohort-grid", "tender-round", "Overzicht inkoopronde", ("xlsx",), (GRID,)),
)


def paper(kind: str) -> Paper:
    """The document of this kind. Raises Refused when there is none."""
    found = next((each for each in PAPERS if each.kind == kind), None)
    if found is None:
        raise Refused(f"Er is geen document '{kind}'. Kies uit: {', '.join(each.kind for each in PAPERS)}.")
    return found
