"""Wzd figures: half-yearly to the inspectorate, and once a year the analysis of them.

Each half-year the office collects what members registered as involuntary care, takes the count from the client
files and compares it with the log of the Wzd-functionaris, who knew of nine measures where the files showed none
(X-07). A difference is counted again or explained; it does not block the report unless the house chooses so.
A half-year without any measure is not delivered but recorded. The yearly analysis first goes to the clients' council.
Sources: Wzd art. 17-18, Rzd art. 5 and chapter 3; kwaliteitsverslag (KV) 4.2; kwaliteitsrapport (KR) 2.5.5; C-22, C-29,
X-07, X-12.
"""

from datetime import date

from tijdig.engine import (
    Close,
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
    days,
    is_,
    known,
    months,
    on,
    same,
    took,
    weeks,
    working_days,
    years,
)

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
COUNT_TERM = Setting("wzd_count_term", "Termijn om te tellen", working_days(10), source="aanname")
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
SAME_PERIOD = (("period_from", "period_from"), ("period_until", "period_until"))
EQUAL = same("ons_count", "log_count")
NIL = is_("ons_count", 0) & is_("log_count", 0)

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
    opens_with=("period_from", "period_until", "igj_on"),
    facts=(
        *PERIOD,
        Fact("igj_on", "date", "Laatste dag volgens de inspectie (12 februari of 12 augustus)", required=True),
        Fact("ons_count", "number", "Toepassingen volgens ONS", required=True, min=0),
        Fact("log_count", "number", "Toepassingen volgens het logboek van de Wzd-functionaris", required=True, min=0),
        Fact("receipt", "text", "Ontvangstnummer van het portaal", required=took("send", "sent")),
        Fact("sent_on", "date", "Ontvangen door de inspectie op", required=took("send", "sent")),
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
            due=DueRule(after="period_until", within=weeks(4)),
            starts=(Start("wzd-return", over="wzd-members", facts=SAME_PERIOD),),
            outcomes=(
                Go("complete", "Compleet"),
                Go("accept_missing", "Verder zonder de opgaven die ontbreken", reason=True),
            ),
        ),
        Step(
            "extract",
            "Haal de telling uit ONS",
            ADMIN,
            needs=(),
            due=DueRule(after="opened:extract", within=COUNT_TERM),
            form=("ons_count",),
            outcomes=(Go("counted", "Geteld"),),
        ),
        Step(
            "log",
            "Geef de telling uit uw logboek",
            WZD,
            needs=(),
            due=DueRule(after="opened:log", within=COUNT_TERM),
            form=("log_count",),
            outcomes=(Go("counted", "Geteld"),),
        ),
        Step(
            "reconcile",
            "Vergelijk ONS met het logboek, per lid",
            WZD,
            needs=("collect", "extract", "log"),
            due=DueRule(after="opened:reconcile", within=COMPARE_TERM),
            outcomes=(
                Go("equal", "Gelijk", only=EQUAL),
                Go("explained", "Verschil verklaard", only=~EQUAL & ~on(BLOCKS), reason=True),
                Repeat("recount", "Opnieuw tellen in ONS", step="extract", only=~EQUAL, reason=True),
            ),
        ),
        Step(
            "send",
            "Lever het overzicht aan bij de inspectie",
            ADVISER,
            due="norm",
            form=("sent_on", "receipt"),
            outcomes=(
                Close("sent", "Aangeleverd", only=~NIL),
                Close("nil", "Niets te melden, vastgelegd", only=NIL),
            ),
        ),
    ),
)

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
    opens_with=("period_from", "period_until"),
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
            outcomes=(Close("handed_in", "Opgegeven"),),
            remind=(Remind("one_week", before=weeks(1)),),
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
    opens_with=("period_from", "period_until", "before"),
    facts=(
        *PERIOD,
        Fact("before", "date", "Bij de inspectie vóór", required=True),
        Fact("analysis", "document", "Analyse", required=True),
        Fact("ccr_reaction", "document", "Reactie van de cliëntenraad", required=took("ccr_reacts", "reacted")),
        Fact("receipt", "text", "Ontvangstnummer van het portaal", required=True),
        Fact("sent_on", "date", "Ontvangen door de inspectie op", required=True),
    ),
    goals=(
        Goal(
            "igj",
            "Analyse bij de inspectie",
            DueRule(
                on="before", boundary="voor", basis="wettelijk", roll="none", source="Wzd art. 18; Rzd hoofdstuk 3"
            ),
            role=ADVISER,
            met_by=known("sent_on"),
            remind=(Remind("four_weeks", before=weeks(4)), Remind("one_week", before=weeks(1), also=(DIRECTOR,))),
            when_late=(Escalate("overdue", to=DIRECTOR),),
        ),
    ),
    steps=(
        Step(
            "draft",
            "Schrijf de analyse, met de inbreng van de leden en de Wzd-functionaris",
            ADVISER,
            due=DueRule(before="due:igj", lead=weeks(12)),
            form=("analysis",),
            outcomes=(Go("drafted", "Concept klaar"),),
        ),
        Step(
            "ccr_reacts",
            "Reageer op de analyse",
            COUNCIL,
            due=DueRule(after="opened:ccr_reacts", within=COUNCIL_TERM, basis="norm", source="Wmcz 2018 art. 7"),
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
            "sign",
            "Teken de analyse namens het bestuur",
            DIRECTOR,
            due=DueRule(after="opened:sign", within=weeks(1)),
            not_by=("finish",),
            when_late=(Escalate("overdue", to=ADVISER),),
            outcomes=(
                Go("signed", "Getekend"),
                Repeat("returned", "Terug", step="finish", reason=True, tells=(ADVISER,)),
            ),
        ),
        Step(
            "send",
            "Lever de analyse aan bij de inspectie",
            ADVISER,
            due="igj",
            form=("sent_on", "receipt"),
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
