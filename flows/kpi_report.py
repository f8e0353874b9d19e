"""The quarterly KPI report of the cooperative: what was realised, what that says, and what is done about it.

Each KPI is data, taken in from the year plan (`tijdig import kpis`). A programme opens the report on the day after each
quarter; each KPI is a case of its own, so that each has its term and its own reminders. Who answers for it fills in the
realisation; where the engine can count it from its own cases, it does, and nobody is asked. The kwaliteitsadviseur
analyses and acts, the director fixes the report (*vaststellen*): from then on its lines, each with the log head of what
it came from, stand as a file whose hash is in the log.
Sources: jaarplan (JP) 2021 §8 (Doel/KPI, Realisatie, Analyse, Actie, Wie); C-31. No source gives a term, so each is a
setting with an assumption; none says who fixes the report, here it is the director.
"""

from datetime import date
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows import forms
from flows.forms import asked
from tijdig.engine import (
    Close,
    DueRule,
    Escalate,
    Fact,
    Go,
    Procedure,
    Programme,
    Remind,
    Repeat,
    Setting,
    Start,
    Step,
    months,
    weeks,
    working_days,
)

ADVISER, DIRECTOR, OWNER = "kwaliteitsadviseur", "directeur", "kpi-eigenaar"

RETURN_TERM = Setting("kpi_return_term", "Termijn voor de realisatie van een KPI", weeks(2), source="aanname (C-31)")
ANALYSE_TERM = Setting("kpi_analyse_term", "Termijn voor analyse en actie", working_days(5), source="aanname (C-31)")
COLLECT_TERM = Setting("kpi_collect_term", "Termijn om de KPI's te verzamelen", weeks(3), source="aanname (C-31)")
FIX_TERM = Setting("kpi_fix_term", "Termijn om het rapport vast te stellen", working_days(5), source="aanname (C-31)")

SPAN = ("period_from", "period_until")
PERIOD = (
    Fact("period_from", "date", "Eerste dag van het kwartaal", required=True),
    Fact("period_until", "date", "Laatste dag van het kwartaal", required=True),
)
SAME_PERIOD = tuple((name, name) for name in SPAN)
ANALYSIS = (
    Fact("analysis", "text", "Analyse", required=True),
    Fact("action", "text", "Actie; leeg als er niets hoeft"),
)

KPI_REPORT = Procedure(
    "kpi-report",
    code="KPR",
    title="KPI-rapport",
    revision=1,
    subject="kwartaal",
    owner=ADVISER,
    late_to=DIRECTOR,
    readers=(DIRECTOR,),
    source="JP §8; C-31",
    opens_with=SPAN,
    span=SPAN,
    facts=(*PERIOD, Fact("lines", "document", "Het rapport zoals het is vastgesteld")),
    steps=(
        Step(
            "collect",
            "Verzamel de realisaties",
            ADVISER,
            due=DueRule(after="period_until", within=COLLECT_TERM),
            starts=(Start("kpi-return", over="kpis", facts=SAME_PERIOD),),
            outcomes=(Go("complete", "Compleet"), Go("accept_missing", "Verder zonder wat ontbreekt", reason=True)),
        ),
        Step(
            "review",
            "Verzamel de KPI's die Tijdig zelf telt",
            ADVISER,
            needs=(),
            due=DueRule(after="period_until", within=COLLECT_TERM),
            starts=(Start("kpi-count", over="kpis-counted", facts=SAME_PERIOD),),
            outcomes=(Go("complete", "Compleet"), Go("accept_missing", "Verder zonder wat ontbreekt", reason=True)),
        ),
        Step(
            "fix",
            "Stel het rapport vast",
            DIRECTOR,
            needs=("collect", "review"),
            due=DueRule(after="opened:fix", within=FIX_TERM),
            when_late=(Escalate("overdue", to=ADVISER),),
            draws=("lines",),
            outcomes=(Close("fixed", "Vastgesteld", tells=(ADVISER,)),),
        ),
    ),
)

KPI_RETURN = Procedure(
    "kpi-return",
    code="KPI",
    title="KPI",
    revision=1,
    subject="kpi",
    owner=ADVISER,
    late_to=DIRECTOR,
    source="JP §8; C-31",
    opens_with=SPAN,
    one_open=False,  # a late answer of the last quarter does not keep the next one shut
    facts=(
        *PERIOD,
        Fact("realised", "text", "Realisatie, en waar die vandaan komt", required=True),
        *ANALYSIS,
    ),
    steps=(
        Step(
            "fill",
            "Vul de realisatie van uw KPI in",
            OWNER,
            due=DueRule(after="opened:fill", within=RETURN_TERM),
            shows=SPAN,
            form=("realised",),
            outcomes=(Go("filled", "Ingevuld"),),
            remind=(Remind("one_week", before=weeks(1)),),
            when_late=(Escalate("overdue", to=ADVISER),),
        ),
        Step(
            "analyse",
            "Analyseer de KPI en bepaal de actie",
            ADVISER,
            due=DueRule(after="opened:analyse", within=ANALYSE_TERM),
            shows=("realised",),
            form=("analysis", "action"),
            outcomes=(
                Close("analysed", "Geanalyseerd"),
                Repeat("unclear", "Realisatie is niet duidelijk", step="fill", reason=True, tells=(OWNER,)),
            ),
        ),
    ),
)

KPI_COUNT = Procedure(
    "kpi-count",
    code="KPT",
    title="KPI die Tijdig telt",
    revision=1,
    subject="kpi",
    owner=ADVISER,
    late_to=DIRECTOR,
    source="JP §8; C-31",
    opens_with=SPAN,
    one_open=False,
    facts=(*PERIOD, *ANALYSIS),
    steps=(
        Step(
            "analyse",
            "Analyseer de KPI en bepaal de actie",
            ADVISER,
            due=DueRule(after="opened:analyse", within=ANALYSE_TERM),
            form=("analysis", "action"),
            outcomes=(Close("analysed", "Geanalyseerd"),),
        ),
    ),
)

EACH_QUARTER = Programme(
    "kpi-quarters", opens="kpi-report", every=months(3), first=date(2021, 1, 1), among=("kpis", "kpis-counted")
)


@flow(
    flow_run_name="KPI-rapport {quarter}",
    description="Begint een KPI-rapport met de hand; het programma opent elk kwartaal ook vanzelf, op de dag erna.",
)
def start_kpi_report(
    quarter: str = asked("Kwartaal", "Zoals het programma het noemt: 2026-01..2026-03."),
    period_from: str = asked("Eerste dag", "De eerste dag van het kwartaal.", format="date"),
    period_until: str = asked("Laatste dag", "De laatste dag van het kwartaal.", format="date"),
    by: str = asked("Wie start", "Uw eigen persoonscode, bijvoorbeeld adviser1."),
    dry_run: bool = asked("Alleen tonen", "Laat zien wat er zou gebeuren en open niets.", default=False),
) -> State[Any]:
    """Open a report; the shared sweep does all that follows."""
    values = {"period_from": period_from, "period_until": period_until}
    return forms.start(KPI_REPORT, quarter, values, by=by, dry_run=dry_run)


@flow(description="Voert uit wat nu moet in de KPI-rapporten en hun KPI's.")
def follow_up_kpi_report() -> State[Any]:
    """Catch up the cases of this file, by hand or on a schedule of its own."""
    return forms.follow_up(KPI_REPORT, KPI_RETURN, KPI_COUNT)
