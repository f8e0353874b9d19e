"""A complaint about care: a written judgement within six weeks.

The klachtenfunctionaris receives and mediates. What is not settled becomes a formal complaint and gets a reasoned
letter in six weeks after it was filed; four weeks more, if the complainant was told so before the six weeks ended.
Complaints stand apart from what the same person hears as confidant of staff (X-14): nobody else reads along.
Sources: Wkkgz art. 17; kwaliteitsrapport (KR) 4.7-4.8; C-18, X-14.
"""

from tijdig.engine import (
    Close,
    DueRule,
    Escalate,
    Fact,
    Go,
    Goal,
    May,
    Procedure,
    Remind,
    Setting,
    Step,
    known,
    took,
    weeks,
    working_days,
)

OFFICER, DIRECTOR = "klachtenfunctionaris", "directeur"

TERM = Setting("complaint_term", "Termijn voor het oordeel", weeks(6), source="Wkkgz art. 17 lid 1")
EXTENSION = Setting("complaint_extension", "Verlenging van die termijn", weeks(4), source="Wkkgz art. 17 lid 2")
CONTACT_TERM = Setting("complaint_contact_term", "Termijn voor het eerste contact", working_days(5), source="aanname")

COMPLAINT = Procedure(
    "complaint",
    code="KLA",
    title="Klacht",
    revision=1,
    subject="klacht",
    owner=OFFICER,
    late_to=DIRECTOR,
    source="Wkkgz art. 17; C-18",
    opens_with=("received_on",),
    facts=(
        Fact("received_on", "date", "Klacht ingediend op", required=True),
        Fact("location", "ref", "Lid of locatie"),
        Fact("agreed", "text", "Wat is afgesproken, zonder namen", required=took("mediate", "settled")),
        Fact("draft", "document", "Concept van het oordeel", required=True),
        Fact("letter", "document", "Brief met het oordeel, de besluiten en de data", required=True),
        Fact("answered_on", "date", "Brief verstuurd op", required=True),
    ),
    goals=(
        Goal(
            "answer",
            "Oordeel verstuurd",
            DueRule(after="received_on", within=TERM, basis="wettelijk", source="Wkkgz art. 17"),
            role=OFFICER,
            met_by=known("answered_on"),
            remind=(
                Remind("two_weeks", before=weeks(2)),
                Remind("three_days", before=working_days(3), also=(DIRECTOR,)),
            ),
            when_late=(Escalate("overdue", to=DIRECTOR),),
        ),
    ),
    steps=(
        Step(
            "contact",
            "Neem contact op met de klager",
            OFFICER,
            due=DueRule(after="received_on", within=CONTACT_TERM),
            outcomes=(Go("heard", "Gesproken"),),
        ),
        Step(
            "mediate",
            "Bemiddel tussen klager en lid",
            OFFICER,
            due=DueRule(before="due:answer", lead=weeks(3)),
            form=("agreed",),
            outcomes=(Close("settled", "Opgelost"), Go("formal", "Formele klacht")),
        ),
        Step(
            "draft_judgement",
            "Onderzoek de klacht en schrijf een concept",
            OFFICER,
            due=DueRule(before="due:answer", lead=weeks(1)),
            form=("draft",),
            outcomes=(Go("drafted", "Concept klaar"),),
        ),
        Step(
            "judge",
            "Geef het oordeel en verstuur de brief",
            DIRECTOR,
            due="answer",
            form=("letter", "answered_on"),
            outcomes=(
                Close("founded", "Gegrond"),
                Close("partly_founded", "Deels gegrond"),
                Close("unfounded", "Ongegrond"),
            ),
        ),
    ),
    may=(
        May("extend", (OFFICER,), of="answer", by=EXTENSION),
        May("suspend", (OFFICER,), of="answer"),
    ),
)
