"""Site visit: each member is visited every year, and at least once in two years at the place itself.

Each visit opens the next case, on the day of the visit and not when its report is done. A digital visit serves the
year only: the term for a visit on the spot goes along to the next case, with what was already told about it.
Sources: jaarplan (JP) 7-8, KPI 16; kwaliteitsverslag (KV) 3.4.2; kwaliteitsrapport (KR) 2.4.2, 6.4; C-04, C-35, X-03.
"""

from tijdig.engine import (
    Close,
    DueRule,
    End,
    Escalate,
    Fact,
    Go,
    Goal,
    Procedure,
    Remind,
    Setting,
    Start,
    Step,
    known,
    months,
    took,
    weeks,
    years,
)

OFFICE, MANAGER, MEMBER, DIRECTOR = "bedrijfsondersteuning", "regiomanager", "lid", "directeur"

VISIT_INTERVAL = Setting("visit_interval", "Tijd tussen twee bezoeken", years(1), source="KR 6.4 (X-03)")
PHYSICAL_INTERVAL = Setting(
    "physical_interval", "Tijd tussen twee bezoeken op locatie", years(2), source="JP KPI 16 (X-03)"
)
REPORT_TERM = Setting("visit_report_term", "Termijn voor het verslag", weeks(2), source="aanname")


def next_visit(last_visit: str, last_physical: str, *carries: str) -> tuple[Start, ...]:
    """The next case of the same member, counted from these facts or days."""
    return (Start("site-visit", facts=(("last_visit", last_visit), ("last_physical", last_physical)), carries=carries),)


SITE_VISIT = Procedure(
    "site-visit",
    code="BBZ",
    title="Bedrijfsbezoek",
    revision=1,
    subject="lid",
    owner=MANAGER,
    late_to=DIRECTOR,
    readers=(OFFICE, "kwaliteitsadviseur", DIRECTOR),
    source="JP KPI 16; KV 3.4.2; KR 2.4.2, 6.4; C-04",
    opens_with=("last_visit", "last_physical"),
    one_open=False,  # the report of this visit may still be open when the next case begins
    facts=(
        Fact("last_visit", "date", "Vorige bezoek", required=True),
        Fact("last_physical", "date", "Vorige bezoek op locatie", required=True),
        Fact("rejected_lines", "yes_no", "Veel afkeur in de declaraties", required=True),
        Fact("hours_approved", "yes_no", "Uren vastgelegd en gefiatteerd", required=True),
        Fact("accounts_checked", "yes_no", "Jaarcijfers bekeken", required=True),
        Fact("staff_overview", "yes_no", "Overzicht van VOG en diploma's ingevuld", required=True),
        Fact("visited_on", "date", "Bezocht op", required=~took("visit", "missed")),
        Fact("grade", "number", "Cijfer van het lid voor onze dienstverlening", min=1, max=10),
        Fact("report", "document", "Verslag", required=True),
        Fact("left_on", "date", "Lid vertrokken", announced=True),
    ),
    goals=(
        Goal(
            "yearly",
            "Bezoek van dit jaar",
            DueRule(after="last_visit", within=VISIT_INTERVAL, basis="norm", source="KR 6.4"),
            role=MANAGER,
            met_by=known("visited_on"),
            remind=(Remind("two_months", before=months(2)), Remind("two_weeks", before=weeks(2))),
            when_late=(Escalate("overdue", to=DIRECTOR),),
        ),
        Goal(
            "on_site",
            "Bezoek op locatie",
            DueRule(after="last_physical", within=PHYSICAL_INTERVAL, basis="norm", source="JP KPI 16"),
            role=MANAGER,
            met_by=took("visit", "physical"),
            remind=(Remind("three_months", before=months(3)),),
            when_late=(Escalate("overdue", to=DIRECTOR),),
        ),
    ),
    steps=(
        Step(
            "prepare",
            "Bundel de controles in het bezoekformulier",
            OFFICE,
            due=DueRule(before="due:yearly", lead=weeks(4)),
            lead=weeks(2),
            form=("rejected_lines", "hours_approved", "accounts_checked", "staff_overview"),
            outcomes=(Go("ready", "Klaar"),),
            when_late=(Escalate("overdue", to=MANAGER),),
        ),
        Step(
            "visit",
            "Bezoek het lid",
            MANAGER,
            needs=(),  # no visit waits for a form
            due="yearly",
            lead=weeks(6),
            form=("visited_on", "grade"),
            outcomes=(
                Go("physical", "Op locatie", starts=next_visit("visited_on", "visited_on")),
                Go("digital", "Digitaal", starts=next_visit("visited_on", "last_physical", "on_site")),
                Close(
                    "missed",
                    "Dit jaar niet bezocht",
                    reason=True,
                    tells=(DIRECTOR,),
                    starts=next_visit("due:yearly", "last_physical", "on_site"),
                ),
            ),
        ),
        Step(
            "write_report",
            "Schrijf het verslag en bespreek de signalen",
            MANAGER,
            due=DueRule(after="visited_on", within=REPORT_TERM),
            form=("report",),
            outcomes=(
                Close("done", "Geen punten", tells=(MEMBER,)),
                Close("points", "Met verbeterpunten", tells=(MEMBER,)),
            ),
        ),
    ),
    ends=(End("left", "Lid vertrokken", when=known("left_on")),),
)
