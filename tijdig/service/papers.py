"""The documents that can be made, one line each: kind, procedure, title, and the tables that it has of its own."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlmodel import Session

from tijdig.engine.errors import Refused
from tijdig.service import tabled
from tijdig.service.documents import Keeper
from tijdig.service.fields import seen
from tijdig.service.held import Held
from tijdig.service.pins import BETWEEN
from tijdig.service.produce import Columns, Paper, Source

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

KPIS = Columns(
    "lines", "KPI's",
    (("kpi", "KPI"), ("goal", "Doel/KPI"), ("norm", "Norm"), ("realised", "Realisatie"), ("analysis", "Analyse"),
     ("action", "Actie"), ("who", "Wie"), ("sources", "Bronnen")),
    tabled.kpi_lines,
)  # fmt: skip

PAPERS = (
    Paper("orange-letter", "orange-status", "Oranje dossier"),
    Paper("zap-decision", "zap-approval", "Besluit over het zorgaanbodplan"),
    Paper("tender-checklist", "tender-bidder", "Checklist inschrijving"),
    Paper("wzd-report", "wzd-half-year", "Wzd-halfjaaroverzicht", tables=(FIGURES, DIFFERENCES, RETURNS)),
    Paper("wzd-figures", "wzd-half-year", "Cijfers Wzd-halfjaar", ("xlsx",), (EVERYBODY, LINES, DIFFERENCES, RETURNS)),
    Paper("kpi-report", "kpi-report", "KPI-rapport", ("docx", "pdf", "xlsx"), (KPIS,)),
    Paper("cohort-grid", "tender-round", "Overzicht inkoopronde", ("xlsx",), (GRID,)),
)


def drawn(session: Session, held: Held, keeper: Keeper, step: str) -> dict[str, Any]:
    """The documents that are drawn up in a step, as facts: the table of that name, as CSV. From then on it is that."""
    found = {each.name: each for one in PAPERS if one.procedure == held.procedure for each in one.tables}
    source = Source(session, seen(session, held), keeper)
    return {name: keeper.keep(f"{held.code}-{name}.csv", found[name].text(source))
            for name in held.terms.steps[step].draws}  # fmt: skip


def papers_of(procedure: str) -> tuple[Paper, ...]:
    """The documents that can be made of a case of this procedure, also as it is woven with a timetable."""
    return tuple(each for each in PAPERS if each.procedure == procedure.partition(BETWEEN)[0])


def paper(kind: str) -> Paper:
    """The document of this kind. Raises Refused when there is none."""
    found = next((each for each in PAPERS if each.kind == kind), None)
    if found is None:
        raise Refused(f"Er is geen document '{kind}'. Kies uit: {', '.join(each.kind for each in PAPERS)}.")
    return found
