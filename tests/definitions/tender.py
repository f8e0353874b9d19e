"""A tender of a care office, as the bidder lives through it, and the objection to what the office publishes.

All dates come from the office's timetable: each row brings its hour, basis and whether it is fatal, and an amended
timetable is announced to all open cases. What loses a right is a goal of the case, and the deed itself waits for no
paper. Each publication starts a term of twenty days to object, in a case of its own: the terms overlap (Y-04), and
signing the agreement does not end one (Y-06).
Sources: Zorginkoopdocument 2021 V&V (ZI) table 2, 5.2, 6.1-6.3; P-03, P-05, P-06, P-13; Y-01 to Y-10, Y-34.
"""

from tijdig.engine import (
    Close,
    DueRule,
    Escalate,
    Fact,
    Go,
    Goal,
    Procedure,
    Remind,
    Setting,
    Start,
    Step,
    days,
    done,
    known,
    more,
    reached,
    took,
    weeks,
    working_days,
)

BUYER, DIRECTOR = "inkoper", "directeur"

#: Which row of the office's timetable fills which fact of the bidder's case.
TIMETABLE = {
    "T-03": "questions_on",
    "T-06": "closes_on",
    "T-07": "notice_on",
    "T-08": "offer_on",
    "T-09b": "certificate_on",
    "T-10": "signed_on",
}

CERTIFICATE_LEAD = Setting("certificate_lead", "Tijd die een VECOZO-certificaat kost", weeks(4), source="ZI 6.2 (P-05)")
OBJECTION_TERM = Setting(
    "objection_term",
    "Termijn voor bezwaar en kort geding",
    days(20),
    source="ZI 6.3 (P-13); kalenderdagen: aanname (Y-01)",
)
NOTICE_TERM = Setting("notice_term", "Termijn om een bericht vast te leggen", working_days(2), source="aanname")

ELIGIBLE = took("notice", "eligible") | took("verdict", "eligible")
VOG_RECENT = ~known("vog_from") | ~more("vog_from", "vog_dated")
MISSED = (Escalate("missed", to=DIRECTOR),)
COUNTDOWN = (Remind("two_weeks", before=weeks(2)), Remind("three_days", before=days(3), also=(DIRECTOR,)))

TENDER_BIDDER = Procedure(
    "tender-bidder",
    code="AAN",
    title="Inschrijving bij het zorgkantoor",
    revision=1,
    subject="aanbesteding",
    owner=BUYER,
    late_to=DIRECTOR,
    source="ZI tabel 2; P-03, P-05, P-06, P-10",
    opens_with=tuple(TIMETABLE.values()),
    facts=(
        Fact("questions_on", "row", "Vragen indienen", announced=True),
        Fact("closes_on", "row", "Sluiting van de inschrijving", required=True, announced=True),
        Fact("notice_on", "row", "Bericht van het zorgkantoor verwacht", announced=True),
        Fact("offer_on", "row", "Overeenkomst aangeboden", announced=True),
        Fact("certificate_on", "row", "Werkend VECOZO-certificaat", announced=True),
        Fact("signed_on", "row", "Getekende overeenkomst terug", announced=True),
        Fact(
            "publication",
            "date",
            "Gepubliceerd of ontvangen op",
            many=True,
            announced=True,
            starts=(Start("objection", facts=(("published_on", "publication"), ("about", "published"))),),
        ),
        Fact("published", "text", "Wat is gepubliceerd", many=True, announced=True),
        Fact("questions", "document", "Vragen, in het Excel-format", required=took("ask", "asked")),
        Fact("board_declaration", "document", "Bestuursverklaring", required=True),
        Fact("registration_declaration", "document", "Inschrijvingsverklaring", required=True),
        Fact("subcontractors", "document", "Bijlage onderaannemers", required=True),
        Fact("wtzi", "document", "WTZi-toelating", required=True),
        Fact("vog_dated", "date", "Datum van de VOG rechtspersonen", required=True),
        Fact("vog_from", "date", "VOG rechtspersonen op zijn vroegst van"),
        Fact("filed_at", "moment", "Ontvangstbevestiging van het portaal", required=True),
        Fact("answer_by", "date", "Antwoord uiterlijk", required=took("notice", "more_info")),
        Fact(
            "contract", "document", "Overeenkomst, door beide partijen getekend", required=took("archive", "contracted")
        ),
    ),
    goals=(
        Goal(
            "questions_asked",
            "Vragen gesteld",
            DueRule(on="questions_on"),
            role=BUYER,
            met_by=done("ask"),
            remind=COUNTDOWN,
            when_late=MISSED,
        ),
        Goal(
            "filed",
            "Ingeschreven",
            DueRule(on="closes_on"),
            role=BUYER,
            met_by=known("filed_at"),
            remind=COUNTDOWN,
            when_late=MISSED,
            lapse="too_late",
        ),
        Goal(
            "certified",
            "Certificaat werkt",
            DueRule(on="certificate_on"),
            role=BUYER,
            met_by=done("certificate_works"),
            remind=COUNTDOWN,
            when_late=MISSED,
            lapse="no_agreement",
        ),
        Goal(
            "agreed",
            "Getekende overeenkomst terug",
            DueRule(on="signed_on"),
            role=BUYER,
            met_by=took("sign", "signed"),
            remind=COUNTDOWN,
            when_late=MISSED,  # and then a person decides: the source names no consequence (Y-09)
        ),
    ),
    steps=(
        Step(
            "join",
            "Besluit of wij inschrijven",
            DIRECTOR,
            due=DueRule(before="closes_on", lead=weeks(6)),
            when_late=(Escalate("overdue", to=BUYER),),
            outcomes=(Go("join", "Wij schrijven in"), Close("no_bid", "Wij schrijven niet in", reason=True)),
        ),
        Step(
            "ask",
            "Stel vragen, in het Excel-format aan het inkooppostvak",
            BUYER,
            needs=(),
            due="questions_asked",
            form=("questions",),
            outcomes=(Go("asked", "Gesteld"), Go("none", "Geen vragen")),
        ),
        Step(
            "request_certificate",
            "Vraag het VECOZO-certificaat aan",
            BUYER,
            needs=(),
            due=DueRule(before="certificate_on", lead=CERTIFICATE_LEAD, basis="norm", source="ZI 6.2"),
            remind=(Remind("one_week", before=weeks(1)),),
            outcomes=(Go("requested", "Aangevraagd"), Go("at_hand", "Wij hebben er een")),
        ),
        Step(
            "certificate_works",
            "Controleer of het certificaat werkt",
            BUYER,
            needs=(),
            due="certified",
            outcomes=(Go("works", "Werkt"),),
        ),
        Step(
            "declare",
            "Teken de bestuursverklaring en de inschrijvingsverklaring",
            DIRECTOR,
            needs=(),
            due=DueRule(before="closes_on", lead=working_days(5)),
            when_late=(Escalate("overdue", to=BUYER),),
            form=("board_declaration", "registration_declaration"),
            outcomes=(Go("signed", "Getekend"),),
        ),
        Step(
            "register",
            "Schrijf in op het portaal",
            BUYER,
            needs=(),
            due="filed",
            form=(
                "board_declaration",
                "registration_declaration",
                "subcontractors",
                "wtzi",
                "vog_from",
                "vog_dated",
                "filed_at",
            ),
            outcomes=(Go("filed", "Ingeschreven", only=VOG_RECENT),),
        ),
        Step(
            "notice",
            "Leg het bericht van het zorgkantoor vast",
            BUYER,
            due=DueRule(on="notice_on"),
            form=("answer_by",),
            outcomes=(
                Go("eligible", "Komt in aanmerking"),
                Go("more_info", "Vraag om informatie"),
                Close("not_eligible", "Komt niet in aanmerking", reason=True, tells=(DIRECTOR,)),
            ),
        ),
        Step(
            "answer",
            "Beantwoord de vraag van het zorgkantoor",
            BUYER,
            when=took("notice", "more_info"),
            due=DueRule(on="answer_by", basis="contract"),
            remind=(Remind("two_days", before=days(2)),),
            outcomes=(Go("answered", "Beantwoord"),),
        ),
        Step(
            "verdict",
            "Leg het eindbericht van het zorgkantoor vast",
            BUYER,
            when=took("notice", "more_info"),
            due=DueRule(on="notice_on"),
            outcomes=(
                Go("eligible", "Komt in aanmerking"),
                Close("not_eligible", "Komt niet in aanmerking", reason=True, tells=(DIRECTOR,)),
            ),
        ),
        Step(
            "sign",
            "Teken de overeenkomst op het portaal",
            DIRECTOR,
            needs=reached("offer_on"),
            due="agreed",
            outcomes=(Go("signed", "Getekend"), Close("declined", "Niet getekend", reason=True, tells=(BUYER,))),
        ),
        Step(
            "archive",
            "Leg de overeenkomst vast",
            BUYER,
            needs=took("sign", "signed") & done("certificate_works") & ELIGIBLE,
            due=DueRule(after="opened:archive", within=NOTICE_TERM),
            form=("contract",),
            outcomes=(
                Close("contracted", "Gecontracteerd"),
                Close("no_agreement", "Geen overeenkomst", reason=True, tells=(DIRECTOR,)),
            ),
        ),
    ),
)

OBJECTION = Procedure(
    "objection",
    code="BEZ",
    title="Bezwaar en kort geding",
    revision=1,
    subject="aanbesteding",
    owner=BUYER,
    late_to=DIRECTOR,
    source="ZI 6.3; P-13",
    opens_with=("published_on",),
    one_open=False,  # one for each publication
    facts=(
        Fact("published_on", "date", "Gepubliceerd of ontvangen op", required=True),
        Fact("about", "text", "Wat is gepubliceerd"),
        Fact("objected_on", "date", "Bezwaar gemaild op", required=took("object", "objected")),
        Fact("objection", "document", "Bezwaar met argumenten", required=took("object", "objected")),
        Fact("summoned_on", "date", "Dagvaarding uitgebracht op", required=took("summon", "summoned")),
    ),
    goals=(
        Goal(
            "right",
            "Bezwaar gemaakt",
            DueRule(after="published_on", within=OBJECTION_TERM, basis="contract", fatal=True, source="ZI 6.3 (P-13)"),
            role=BUYER,
            met_by=known("objected_on"),
            remind=(Remind("three_days", before=days(3), also=(DIRECTOR,)),),  # the answers come later (Y-04)
            lapse="lapsed",
        ),
        Goal(
            "court",
            "Kort geding begonnen",
            DueRule(after="published_on", within=OBJECTION_TERM, basis="contract", fatal=True, source="ZI 6.3 (P-13)"),
            role=DIRECTOR,
            met_by=done("summon"),
            remind=(Remind("three_days", before=days(3)),),
            when_late=(Escalate("missed", to=BUYER),),
        ),
    ),
    steps=(
        Step(
            "object",
            "Maak bezwaar of zie ervan af",
            BUYER,
            due="right",
            form=("objected_on", "objection"),
            outcomes=(Go("objected", "Bezwaar gemaakt"), Close("waived", "Geen bezwaar", reason=True)),
        ),
        Step(
            "summon",
            "Begin een kort geding of zie ervan af",
            DIRECTOR,
            needs=took("object", "objected"),
            due="court",
            form=("summoned_on",),
            outcomes=(Go("summoned", "Gedagvaard"), Go("waived", "Geen kort geding", reason=True)),
        ),
        Step(
            "answer",
            "Leg het antwoord van het zorgkantoor vast",
            BUYER,
            needs=took("object", "objected"),
            undated="De bronnen geven het zorgkantoor geen termijn (P-13)",
            outcomes=(Close("upheld", "Gegrond"), Close("rejected", "Afgewezen"), Close("barred", "Niet ontvankelijk")),
        ),
    ),
)
