"""Wzd figures: half-yearly to the inspectorate, and once a year the analysis of them.

Each half-year the office collects what members registered as involuntary care, takes the care file's register (ONS)
and compares it with the log of the Wzd-functionaris, who knew of nine measures where the file showed none (X-07). Each
difference is settled by a person with a reason, or the registers are handed in anew; then the figures are frozen.
A half-year without any measure is not delivered but recorded. What must be corrected after delivery is delivered again,
as a new version beside the first: the dossier is reopened. The yearly analysis goes to the clients' council first, and
is approved by the director.
Sources: Wzd art. 2 lid 1, 15-18, Rzd art. 5 and chapter 3; kwaliteitsverslag (KV) 4.2; kwaliteitsrapport (KR) 2.5.5;
C-22, C-29, X-07, X-12. Dates of the inspectorate and the letters of art. 2 are to be checked each year (law.md).
"""

from datetime import date
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows import forms
from flows.forms import asked
from tijdig.engine import (
    Close,
    Column,
    Comparison,
    DueRule,
    End,
    Escalate,
    Fact,
    Go,
    Goal,
    Procedure,
    Programme,
    Remind,
    Repeat,
    Setting,
    Start,
    Step,
    Sum,
    days,
    is_,
    known,
    months,
    on,
    took,
    weeks,
    working_days,
    years,
)  # fmt: skip

ADVISER, ADMIN, MEMBER, DIRECTOR = "kwaliteitsadviseur", "zorgadministratie", "lid", "directeur"
WZD, COUNCIL = "wzd-functionaris", "clientenraad"

NORM = Setting(
    "wzd_report_norm",
    "Eigen norm voor het halfjaaroverzicht",
    weeks(6),
    source="regeling 2019: zes weken, strikt gelezen de 11e",
)
BLOCKS = Setting("wzd_mismatch_blocks_report", "Verschil houdt het overzicht tegen", False, "yes_no", "X-07")
RETURN_TERM = Setting("wzd_return_term", "Termijn voor de opgave van een lid", weeks(3), source="aanname")
COLLECT_TERM = Setting("wzd_collect_term", "Termijn om opgaven te verzamelen", weeks(4), source="aanname")
COUNT_TERM = Setting("wzd_count_term", "Termijn om een register in te leveren", working_days(10), source="aanname")
COMPARE_TERM = Setting("wzd_compare_term", "Termijn om te vergelijken", working_days(5), source="aanname")
COUNCIL_TERM = Setting(
    "ccr_term",
    "Termijn voor de reactie van de cliëntenraad",
    weeks(4),
    source="Wmcz 2018 art. 7: geen vaste weken; gebruikelijk 4 tot 6",
)

PERIOD = (
    Fact("period_from", "date", "Eerste dag van de periode", required=True),
    Fact("period_until", "date", "Laatste dag van de periode", required=True),
)
SPAN = ("period_from", "period_until")
SAME_PERIOD = tuple((name, name) for name in SPAN)

KINDS = (
    ("a", "vocht, voeding, medicatie, medische handelingen"),
    ("b", "beperken van de bewegingsvrijheid"),
    ("c", "insluiten"),
    ("d", "toezicht"),
    ("e", "onderzoek aan kleding of lichaam"),
    ("f", "onderzoek van de woonruimte"),
    ("g", "controle op beïnvloedende middelen"),
    ("h", "beperkingen om het eigen leven in te richten"),
    ("i", "beperken van bezoek"),
)
"""Involuntary care by the letters of Wzd art. 2 lid 1."""

MEASURES = Comparison(
    "measures",
    left="care_file",
    right="officer_log",
    columns=(
        Column("member", "member", "Lid"),
        Column("client", "ref", "Cliëntreferentie, geen naam en geen BSN"),
        Column("kind", "choice", "Soort onvrijwillige zorg", choices=KINDS),
        Column("begin", "moment", "Begonnen op"),
        Column("end", "moment", "Geëindigd op; leeg als het nog duurt", required=False),
        Column("emergency", "yes_no", "Buiten het zorgplan om (Wzd art. 15)"),
    ),
    key=("member", "client", "kind", "begin"),
    during=("begin", "end"),
    step="reconcile",
    settled="settled",
    differences="differences",
    unsettled="unsettled",
    total="total",
    lines="delivery",
    figures="figures",
    per=("member", "kind"),
    over="collect",
    returned="measures",
)
EQUAL = is_("differences", 0)
NIL = is_("total", 0)

WZD_HALF_YEAR = Procedure(
    "wzd-half-year",
    code="WZH",
    title="Wzd-halfjaaroverzicht",
    revision=1,
    subject="halfjaar",
    owner=ADVISER,
    late_to=DIRECTOR,
    readers=(WZD, ADMIN, DIRECTOR),
    source="Wzd art. 17-18; Rzd art. 5; C-22",
    opens_with=(*SPAN, "igj_on"),
    span=SPAN,
    comparisons=(MEASURES,),
    facts=(
        *PERIOD,
        Fact("igj_on", "date", "Laatste dag volgens de inspectie (12 februari of 12 augustus)", required=True),
        Fact("care_file", "register", "Register uit het cliëntdossier (ONS)", required=True),
        Fact("officer_log", "register", "Logboek van de Wzd-functionaris", required=True),
        Fact("settled", "settlement", "Afgedaan verschil", many=True),
        Fact("differences", "number", "Verschillen tussen de registers", min=0),
        Fact("unsettled", "number", "Verschillen die nog open staan", min=0),
        Fact("total", "number", "Toepassingen die gelden"),
        Fact("delivery", "document", "Toepassingen om aan te leveren"),
        Fact("figures", "document", "Cijfers van het halfjaar"),
        Fact("sent_on", "date", "Ontvangen door de inspectie op", required=took("send", "sent")),
        Fact("receipt", "text", "Ontvangstnummer van het portaal", required=took("send", "sent")),
        Fact("proof", "document", "Ontvangstbewijs van het portaal", required=took("send", "sent")),
    ),
    goals=(
        Goal(
            "igj",
            "Overzicht bij de inspectie",
            DueRule(on="igj_on", basis="wettelijk", roll="none", source="Wzd art. 17-18; Rzd art. 5"),
            role=ADVISER,
            met_by=known("sent_on") | took("send", "nil"),
            when_late=(Escalate("overdue", to=DIRECTOR),),
        ),
        Goal(
            "norm",
            "Overzicht binnen zes weken",
            DueRule(after="period_until", within=NORM, basis="norm", source="regeling 2019, strikt gelezen"),
            role=ADVISER,
            met_by=known("sent_on") | took("send", "nil"),
            remind=(Remind("two_weeks", before=weeks(2)), Remind("three_days", before=days(3))),
            when_late=(Escalate("overdue", to=DIRECTOR),),
        ),
    ),
    steps=(
        Step(
            "collect",
            "Verzamel de opgaven van de leden",
            ADVISER,
            due=DueRule(after="period_until", within=COLLECT_TERM),
            starts=(Start("wzd-return", over="wzd-members", facts=SAME_PERIOD),),
            outcomes=(
                Go("complete", "Compleet"),
                Go("accept_missing", "Verder zonder de opgaven die ontbreken", reason=True),
            ),
        ),
        Step(
            "extract",
            "Lever het register uit ONS in",
            ADMIN,
            needs=(),
            due=DueRule(after="opened:extract", within=COUNT_TERM),
            form=("care_file",),
            outcomes=(Go("handed_in", "Ingeleverd"),),
        ),
        Step(
            "log",
            "Lever uw logboek in",
            WZD,
            needs=(),
            due=DueRule(after="opened:log", within=COUNT_TERM),
            form=("officer_log",),
            outcomes=(Go("handed_in", "Ingeleverd"),),
        ),
        Step(
            "reconcile",
            "Doe de verschillen tussen ONS en het logboek af, een voor een",
            WZD,
            needs=("collect", "extract", "log"),
            due=DueRule(after="opened:reconcile", within=COMPARE_TERM),
            outcomes=(
                Go("equal", "Gelijk", only=EQUAL),
                Go("settled", "Elk verschil is afgedaan", only=~EQUAL & ~on(BLOCKS)),
                Repeat("new_extract", "ONS is verbeterd: lever het register opnieuw in", step="extract",
                       only=~EQUAL, reason=True, tells=(ADMIN,)),
                Repeat("new_log", "Het logboek is verbeterd: lever het opnieuw in", step="log",
                       only=~EQUAL, reason=True),
            ),
        ),
        Step(
            "send",
            "Lever het overzicht aan bij de inspectie",
            ADVISER,
            due="norm",
            form=("sent_on", "receipt", "proof"),
            outcomes=(
                Close("sent", "Aangeleverd", only=~NIL),
                Close("nil", "Niets te melden, vastgelegd", only=NIL),
            ),
        ),
    ),
)  # fmt: skip

WZD_RETURN = Procedure(
    "wzd-return",
    code="WZO",
    title="Opgave onvrijwillige zorg",
    revision=1,
    subject="lid",
    owner=ADVISER,
    late_to=DIRECTOR,
    readers=(WZD,),
    source="C-21, C-22",
    opens_with=SPAN,
    one_open=False,  # a late return of the last half-year does not keep the next one shut
    facts=(
        *PERIOD,
        Fact("measures", "number", "Keren onvrijwillige zorg, zoals in ONS vastgelegd", required=True, min=0),
        Fact("remark", "text", "Opmerking, zonder namen van deelnemers"),
        Fact("left_on", "date", "Lid vertrokken", announced=True),
    ),
    steps=(
        Step(
            "hand_in",
            "Geef op hoe vaak onvrijwillige zorg is gegeven, ook als dat nul keer is",
            MEMBER,
            due=DueRule(after="period_until", within=RETURN_TERM),
            form=("measures", "remark"),
            shows=SPAN,
            outcomes=(Close("handed_in", "Opgegeven"),),
            remind=(Remind("one_week", before=weeks(1)), Remind("two_days", before=days(2))),
            when_late=(Escalate("overdue", to=ADVISER), Escalate("week_late", to=DIRECTOR, after=weeks(1))),
        ),
    ),
    ends=(End("left", "Lid vertrokken", when=known("left_on")),),
)

WZD_YEAR = Procedure(
    "wzd-year",
    code="WZJ",
    title="Wzd-jaaranalyse",
    revision=1,
    subject="jaar",
    owner=ADVISER,
    late_to=DIRECTOR,
    readers=(WZD, COUNCIL, DIRECTOR),
    source="Wzd art. 18; Rzd hoofdstuk 3; C-22",
    opens_with=(*SPAN, "before"),
    span=SPAN,
    facts=(
        *PERIOD,
        Fact("before", "date", "Bij de inspectie vóór", required=True),
        Fact("uses", "number", "Toepassingen in het jaar, volgens de twee halfjaren", required=took("add_up", "typed")),
        Fact("analysis", "document", "Analyse", required=~is_("uses", 0)),
        Fact("ccr_reaction", "document", "Reactie van de cliëntenraad", required=took("ccr_reacts", "reacted")),
        Fact("sent_on", "date", "Ontvangen door de inspectie op", required=True),
        Fact("receipt", "text", "Ontvangstnummer van het portaal", required=True),
        Fact("proof", "document", "Ontvangstbewijs van het portaal", required=True),
    ),
    goals=(
        Goal(
            "igj",
            "Analyse bij de inspectie",
            DueRule(
                on="before", boundary="voor", basis="wettelijk", roll="none", source="Wzd art. 18; Rzd hoofdstuk 3"
            ),
            role=ADVISER,
            met_by=known("sent_on") | took("draft", "nil"),
            remind=(Remind("four_weeks", before=weeks(4)), Remind("one_week", before=weeks(1), also=(DIRECTOR,))),
            when_late=(Escalate("overdue", to=DIRECTOR),),
        ),
    ),
    steps=(
        Step(
            "add_up",
            "Tel de cijfers van de twee halfjaren op",
            ADVISER,
            due=DueRule(before="due:igj", lead=weeks(14)),
            form=("uses",),
            sums=(Sum("uses", of="wzd-half-year", fact="total"),),
            outcomes=(
                Go("added", "Opgeteld uit de cijfers die zijn vastgesteld"),
                Go("typed", "Zelf opgegeven: niet het hele jaar staat in Tijdig", reason=True),
            ),
        ),
        Step(
            "draft",
            "Schrijf de analyse, met de inbreng van de leden en de Wzd-functionaris",
            ADVISER,
            due=DueRule(before="due:igj", lead=weeks(12)),
            form=("analysis",),
            outcomes=(
                Go("drafted", "Concept klaar", only=~is_("uses", 0)),
                Close("nil", "Niets te melden, vastgelegd", only=is_("uses", 0), tells=(COUNCIL, DIRECTOR)),
            ),
        ),
        Step(
            "ccr_reacts",
            "Reageer op de analyse",
            COUNCIL,
            due=DueRule(after="opened:ccr_reacts", within=COUNCIL_TERM, basis="norm", source="Wmcz 2018 art. 7"),
            shows=("analysis",),
            form=("ccr_reaction",),
            outcomes=(Go("reacted", "Reactie gegeven"), Go("no_reaction", "Geen reactie", reason=True)),
            remind=(Remind("one_week", before=weeks(1)),),
            when_late=(Escalate("overdue", to=ADVISER),),
        ),
        Step(
            "finish",
            "Verwerk de reactie en maak de analyse definitief",
            ADVISER,
            due=DueRule(after="opened:finish", within=weeks(2)),
            form=("analysis",),
            outcomes=(Go("final", "Definitief"),),
        ),
        Step(
            "approve",
            "Keur de analyse goed namens het bestuur",
            DIRECTOR,
            due=DueRule(after="opened:approve", within=weeks(1)),
            not_by=("draft", "finish"),
            shows=("analysis", "ccr_reaction"),
            when_late=(Escalate("overdue", to=ADVISER),),
            outcomes=(
                Go("approved", "Goedgekeurd"),
                Repeat("returned", "Terug", step="finish", reason=True, tells=(ADVISER,)),
            ),
        ),
        Step(
            "send",
            "Lever de analyse aan bij de inspectie",
            ADVISER,
            due="igj",
            form=("sent_on", "receipt", "proof"),
            outcomes=(Close("sent", "Aangeleverd", tells=(COUNCIL,)),),
        ),
    ),
)

EACH_HALF_YEAR = Programme(
    "wzd-half-years",
    opens="wzd-half-year",
    every=months(6),
    first=date(2021, 1, 1),
    facts=(
        ("igj_on", (months(1), days(11))),  # 12 February and 12 August
    ),
)

EACH_YEAR = Programme(
    "wzd-years",
    opens="wzd-year",
    every=years(1),
    first=date(2021, 1, 1),
    facts=(("before", (months(6),)),),
)


@flow(
    flow_run_name="Wzd-halfjaar {half_year}",
    description="Begint een halfjaar met de hand; het programma opent elk halfjaar ook vanzelf, op de dag erna.",
)
def start_wzd_half_year(
    half_year: str = asked("Halfjaar", "Zoals het programma het noemt: 2026-01..2026-06."),
    period_from: str = asked("Eerste dag", "De eerste dag van de periode.", format="date"),
    period_until: str = asked("Laatste dag", "De laatste dag van de periode.", format="date"),
    igj_on: str = asked("Bij de inspectie", "Uiterlijk op deze dag: 12 februari of 12 augustus.", format="date"),
    by: str = asked("Wie start", "Uw eigen persoonscode, bijvoorbeeld adviser1."),
    dry_run: bool = asked("Alleen tonen", "Laat zien wat er zou gebeuren en open niets.", default=False),
) -> State[Any]:
    """Open a half-year; the shared sweep does all that follows."""
    values = {"period_from": period_from, "period_until": period_until, "igj_on": igj_on}
    return forms.start(WZD_HALF_YEAR, half_year, values, by=by, dry_run=dry_run)


@flow(description="Voert uit wat nu moet in de Wzd-halfjaren, de opgaven en de jaaranalyse.")
def follow_up_wzd_half_year() -> State[Any]:
    """Catch up the cases of this file, by hand or on a schedule of its own."""
    return forms.follow_up(WZD_HALF_YEAR, WZD_RETURN, WZD_YEAR)
