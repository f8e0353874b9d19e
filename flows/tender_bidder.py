"""A tender of a care office, as the bidder lives through it, on the timetable of that office.

Every date comes from the timetable: each of its rows is a goal or a task of the case, with its own hour, basis and
boundary, and an amended timetable is announced to all open cases. From each fatal date is counted back when must begin
what comes before it; what can no longer be done in time is told on the day on which that becomes so. Each publication
opens a right to object of twenty days, counted from the day on which it came; the terms overlap (Y-04), and signing
the agreement ends none (Y-06), nor does being turned down: the case closes when each objection was settled.
Sources: Zorginkoopdocument 2021 V&V (ZI) table 2, 5.2, 6.1-6.3; P-00 to P-13, C-37; Y-01 to Y-10, Y-34.
"""

from dataclasses import replace
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
    Goal,
    Match,
    Procedure,
    Remind,
    Repeat,
    Rows,
    Setting,
    Step,
    Timetable,
    at_limit,
    days,
    done,
    each,
    in_time,
    known,
    months,
    more,
    reached,
    took,
    weeks,
    working_days,
)

BUYER, DIRECTOR = "inkoper", "directeur"

CERTIFICATE_LEAD = Setting("certificate_lead", "Tijd die een VECOZO-certificaat kost", weeks(4), source="ZI 6.2 (P-05)")
OBJECTION_TERM = Setting("objection_term", "Termijn voor bezwaar en kort geding", days(20),
                         source="ZI 6.3 (P-13); kalenderdagen: aanname (Y-01)")  # fmt: skip
VOG_LEAD = Setting("vog_lead", "Tijd die een VOG rechtspersonen kost", weeks(8), source="aanname")
VOG_AGE = Setting("vog_max_age", "Oudste VOG op de dag van de sluiting", months(7),
                  source="ZI 6.1 (P-03): van 1 januari 2020 of later, bij sluiting op 31 juli (afleiding)")  # fmt: skip
GO_LEAD = Setting("go_lead", "Zo lang voor de sluiting het besluit om in te schrijven", weeks(5), source="aanname")
SIGN_LEAD = Setting("sign_lead", "Zo lang voor de interne goedkeuring stukken getekend en binnen", working_days(3),
                    source="aanname")  # fmt: skip
APPROVAL_LEAD = Setting("approval_lead", "Zo lang voor de sluiting de interne goedkeuring", working_days(2),
                        source="aanname")  # fmt: skip
RECORD_TERM = Setting("record_term", "Termijn om een bericht vast te leggen", working_days(2), source="aanname")

VOG_RECENT = ~known("vog_from") | ~more("vog_from", "vog_dated")
MISSED = (Escalate("missed", to=DIRECTOR),)
INFEASIBLE = (Escalate("infeasible", to=DIRECTOR),)
"""The last day on which to begin is over: the date that it serves can no longer be met in the ordinary way."""
COUNTDOWN = (Remind("two_weeks", before=weeks(2)), Remind("three_days", before=days(3), also=(DIRECTOR,)))

#: What a date of the other side comes to: it is reached, and asks nothing of us.
THEIRS = Goal("{row}", "{title}", DueRule(on="{row}"), met_by=reached("{row}"))

PUBLISHES = (
    "publicatie", "publiceren", "gepubliceerd", "bekendmaking", "bekend maken", "aankondiging", "inkoopdocument",
)  # fmt: skip
ANSWERS = ("nota", "inlichtingen")
QUESTIONS = ("vragen", "vraag stel")
CLOSING = (
    "sluit inschrij", "uiterst inschrij", "eind inschrij", "laatst inschrij", "deadline inschrij", "sluit offerte",
    "sluit aanmeld",
)  # fmt: skip
NOTICE = ("bericht aanmerking", "toetsbericht", "uitslag", "gunning", "voorlopig besluit")
OFFERED = (
    "overeenkomst aanb", "overeenkomst aangeb", "contract aanb", "contract aangeb", "overeenkomst verzend",
    "overeenkomst verstu", "overeenkomst toezend",
)  # fmt: skip
SIGNED = (
    "getekend overeenkomst", "ondertekend overeenkomst", "overeenkomst teken", "overeenkomst onderteken",
    "getekend contract", "contract teken",
)  # fmt: skip
OFFER = (*OFFERED, "budgetafspraak", "productieafspraak", "offerte verzend")
"""By which words rows are known; of the offer and what is in it only who may have an agreement hears."""
OTHERS = (*PUBLISHES, *ANSWERS, *QUESTIONS, *OFFER)


def publication(*, ours: bool) -> tuple[Match, ...]:
    """The row of the publication with which it begins: by its words, else the first that is open to objection."""
    documents = ("publicatie inkoop", "publicatie document", "publicatie stukken", "publicatie bestek")
    return (
        Match(documents, but=ANSWERS, ours=ours),
        Match(PUBLISHES, but=(*ANSWERS, *NOTICE), ours=ours),
        Match(but=(*ANSWERS, *NOTICE), ours=ours, objection=True),
    )


def notice(*, ours: bool) -> tuple[Match, ...]:
    """The row of the notice: by its words, else what is open to objection and is nothing else that we know."""
    return (
        Match(NOTICE, ours=ours),
        Match(("besluit", "beslissing", "mededeling", "selectie"), but=OTHERS, ours=ours),
        Match(but=OTHERS, ours=ours, objection=True),
    )


SETTLED = each("objections", ~known("objected_on_{row}") | (done("answer_{row}") & done("summon_{row}")))
"""No objection that we made waits for its answer, or for whether we go to court: nothing ends the case over it."""

REJECTED = took("notice", "not_eligible") | took("verdict", "not_eligible")
UNSIGNED = took("sign", "declined") | took("certificate_works", "no_agreement")
UNANSWERED = took("archive", "no_agreement")
WON = took("archive", "contracted") & each("deeds") & each("within")
"""How it comes out; whichever it is, the case closes when each objection to what was heard of was settled."""

#: What one may do against what comes out: object, and only after that go to court (P-13, Y-34). The twenty days count
#: from the day on which it came out; until that is known, from the day of its row.
OBJECTION = Rows(
    "objections",
    Match(but=OFFER, ours=False, objection=True),
    beside=True,
    facts=(
        Fact("published_{row}", "date", "Uitgekomen op: {title}", expected="{row}"),
        Fact("objected_on_{row}", "date", "Bezwaar gemaild op", required=took("object_{row}", "objected")),
        Fact("objection_letter_{row}", "document", "Bezwaar met argumenten", required=took("object_{row}", "objected")),
        Fact("summoned_on_{row}", "date", "Dagvaarding uitgebracht op", required=took("summon_{row}", "summoned")),
    ),
    goals=(
        Goal(
            "objection_{row}",
            "Laatste dag bezwaar en kort geding: {title}",
            DueRule(after="{row}", within=OBJECTION_TERM, basis="contract", fatal=True, source="ZI 6.3 (P-13)"),
            role=BUYER,
            met_by=done("summon_{row}"),
            remind=(
                Remind("three_days", before=days(3), also=(DIRECTOR,)),  # the answers may come later (Y-04)
                Remind("free_day", before=days(7), also=(DIRECTOR,), free_day=True),  # Y-03
            ),
            when_late=MISSED,
            row=(Match(after="{row}"),),
        ),
    ),
    steps=(
        Step(
            "object_{row}",
            "Maak bezwaar of zie ervan af: {title}",
            BUYER,
            needs=reached("{row}"),
            due="objection_{row}",
            form=("objected_on_{row}", "objection_letter_{row}"),
            outcomes=(
                Go("objected", "Bezwaar gemaakt", only=in_time("objected_on_{row}", "objection_{row}")),
                Go("waived", "Geen bezwaar", reason=True),
            ),
        ),
        Step(
            "summon_{row}",
            "Begin een kort geding of zie ervan af: {title}",
            DIRECTOR,
            needs=("object_{row}",),
            when=took("object_{row}", "objected"),
            due="objection_{row}",
            form=("summoned_on_{row}",),
            outcomes=(
                Go(
                    "summoned",
                    "Gedagvaard",
                    only=in_time("summoned_on_{row}", "objection_{row}")
                    & ~more("objected_on_{row}", "summoned_on_{row}"),
                ),
                Go("waived", "Geen kort geding", reason=True),
            ),
        ),
        Step(
            "answer_{row}",
            "Leg het antwoord op het bezwaar vast: {title}",
            BUYER,
            needs=("object_{row}",),
            when=took("object_{row}", "objected"),
            undated="De bronnen geven het zorgkantoor geen termijn (P-13)",
            outcomes=(Go("upheld", "Gegrond"), Go("rejected", "Afgewezen"), Go("barred", "Niet ontvankelijk")),
        ),
    ),
)

#: What both sides bring out; to ask a question brings out nothing (Y-05).
OBJECTION_TO_BOTH = replace(OBJECTION, match=Match(but=(*OFFER, *QUESTIONS), ours=True, objection=True))
#: Who gets no agreement hears of no offer, and waits for none.
OBJECTION_TO_OFFER = replace(OBJECTION, rows="offers", match=Match(OFFER, objection=True))

#: What is ours to do, and in no other part of this definition.
DEED = Step(
    "{row}",
    "{title}",
    BUYER,
    needs=(),
    due=DueRule(on="{row}"),
    remind=COUNTDOWN,
    when_late=MISSED,
    outcomes=(Go("done", "Gedaan"), Go("not_needed", "Niet nodig", reason=True)),
)

TIMETABLE = Timetable(
    "timetable",
    ours=("aanbieder", "inschrijver", "beide", "partijen"),
    needs=("published", "filed", "noticed"),
    rows=(
        OBJECTION,
        OBJECTION_TO_BOTH,
        OBJECTION_TO_OFFER,
        Rows("windows", Match(ours=False, reading="window"), goals=(
            THEIRS,
            Goal("{row}_until", "{title}, laatste dag", DueRule(on="{row}_until"), met_by=reached("{row}_until")),
        )),
        Rows("theirs", Match(ours=False), goals=(THEIRS,)),
        Rows("ends", Match(("einde", "eind")), goals=(THEIRS,)),
        Rows("from", Match(ours=True, reading="from"), steps=(
            Step("{row}", "{title}", BUYER, needs=reached("{row}"), undated="Alleen de eerste dag staat vast",
                 outcomes=DEED.outcomes),
        )),
        Rows("within", Match(ours=True, reading="window"), steps=(
            Step("{row}", "{title}", BUYER, needs=reached("{row}"), due=DueRule(on="{row}_until"), remind=COUNTDOWN,
                 when_late=MISSED, outcomes=DEED.outcomes),
        )),
        Rows("deeds", Match(ours=True), steps=(DEED,)),
    ),
)  # fmt: skip

TENDER_BIDDER = Procedure(
    "tender-bidder",
    code="AAN",
    title="Inschrijving bij het zorgkantoor",
    revision=1,
    subject="aanbesteding",
    owner=BUYER,
    late_to=DIRECTOR,
    readers=(DIRECTOR,),
    source="ZI tabel 2; P-00 tot P-13; C-37",
    opens_with=("timetable",),
    timetable=TIMETABLE,
    facts=(
        Fact("timetable", "text", "Tijdschema", required=True),
        Fact("questions", "document", "Vragen, in het Excel-format", required=took("ask", "asked")),
        Fact("board_declaration", "document", "Bestuursverklaring", required=True),
        Fact("registration_declaration", "document", "Inschrijvingsverklaring", required=True),
        Fact("subcontractors", "document", "Bijlage onderaannemers", required=True),
        Fact("wtzi", "document", "WTZi-toelating", required=True),
        Fact("vog", "document", "VOG rechtspersonen", True, max_age=VOG_AGE, dated="vog_dated", fresh_on="due:filed"),
        Fact("vog_dated", "date", "Datum van de VOG rechtspersonen", required=True),
        Fact("vog_from", "date", "VOG rechtspersonen op zijn vroegst van"),
        Fact("filed_at", "moment", "Tijdstip op de ontvangstbevestiging van het portaal", required=True),
        Fact("noticed_on", "date", "Dag van het bericht", required=True, expected="due:noticed"),
        Fact("answer_by", "date", "Antwoord uiterlijk", required=took("notice", "more_info")),
        Fact("contract", "document", "Overeenkomst, door beide partijen getekend",
             required=took("archive", "contracted")),
    ),
    goals=(
        Goal(
            "published",
            "Inkoopdocument gepubliceerd",
            met_by=reached("{row}"),
            row=publication(ours=False),
        ),
        Goal(
            "questions_asked",
            "Vragen gesteld",
            role=BUYER,
            met_by=done("ask"),
            remind=COUNTDOWN,
            when_late=MISSED,
            row=(Match(QUESTIONS, ours=True),),
        ),
        Goal(
            "filed",
            "Ingeschreven",
            role=BUYER,
            met_by=in_time("filed_at", "filed"),
            remind=COUNTDOWN,
            when_late=MISSED,
            lapse="too_late",
            lapse_only=SETTLED,
            row=(
                Match(CLOSING),
                Match(("indien inschrij", "indien offerte", "indien aanmeld", "inschrijv"), ours=True, fatal=True),
                Match(ours=True, fatal=True, timed=True),
            ),
        ),
        Goal(
            "noticed",
            "Bericht van het zorgkantoor",
            role=BUYER,
            met_by=done("notice"),
            when_late=MISSED,
            row=notice(ours=False),
        ),
        Goal(
            "offered",
            "Overeenkomst aangeboden",
            met_by=reached("due:offered"),
            row=(Match(OFFERED, ours=False),),
        ),
        Goal(
            "certificate_requested",
            "Laatste dag om het VECOZO-certificaat aan te vragen",
            DueRule(before="due:certified", lead=CERTIFICATE_LEAD, basis="norm", source="ZI 6.2 (P-05)"),
            role=BUYER,
            met_by=done("request_certificate"),
            remind=(Remind("one_week", before=weeks(1)),),
            when_late=INFEASIBLE,
            row=(Match(("certificaat aanvra",), ours=True),),
        ),
        Goal(
            "certified",
            "Certificaat werkt",
            role=BUYER,
            met_by=done("certificate_works"),
            remind=COUNTDOWN,
            when_late=MISSED,
            row=(Match(("certificaat",), but=("aanvra",), ours=True),),
        ),
        Goal(
            "agreed",
            "Getekende overeenkomst terug",
            role=BUYER,
            met_by=done("sign"),
            remind=COUNTDOWN,
            when_late=MISSED,  # and then a person decides: the source names no consequence (Y-09)
            row=(Match(SIGNED, ours=True),),
        ),
    ),
    steps=(
        Step(
            "advise",
            "Geef als eerste uw oordeel: inschrijven of niet",
            BUYER,
            due=DueRule(before="due:decide", lead=weeks(1)),
            when_late=(Escalate("overdue", to=DIRECTOR),),
            outcomes=(Go("go", "Inschrijven"), Go("no_go", "Niet inschrijven", reason=True)),
        ),
        Step(
            "decide",
            "Besluit als tweede: inschrijven of niet",
            DIRECTOR,
            due=DueRule(before="due:filed", lead=GO_LEAD),
            not_by=("advise",),
            when_late=(Escalate("overdue", to=BUYER),),
            outcomes=(
                Go("go", "Wij schrijven in", tells=(BUYER,)),
                Close("no_bid", "Wij schrijven niet in", only=SETTLED, reason=True, tells=(BUYER,)),
                Repeat("differs", "Niet eens: opnieuw wegen", step="advise", reason=True, tells=(BUYER,)),
            ),
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
            "request_vog",
            "Vraag de VOG rechtspersonen aan",
            BUYER,
            needs=(),
            due=DueRule(before="due:hand_in_vog", lead=VOG_LEAD),
            remind=(Remind("one_week", before=weeks(1)),),
            when_late=INFEASIBLE,
            outcomes=(Go("requested", "Aangevraagd"), Go("at_hand", "Wij hebben een geldige")),
        ),
        Step(
            "hand_in_vog",
            "Lever de VOG rechtspersonen in",
            BUYER,
            needs=(),
            due=DueRule(before="due:approve", lead=SIGN_LEAD),
            when_late=INFEASIBLE,
            form=("vog_from", "vog", "vog_dated"),
            outcomes=(Go("handed_in", "Ingeleverd", only=VOG_RECENT),),
        ),
        Step(
            "declare",
            "Teken de bestuursverklaring en de inschrijvingsverklaring",
            DIRECTOR,
            needs=(),
            due=DueRule(before="due:approve", lead=SIGN_LEAD),
            when_late=(Escalate("infeasible", to=BUYER),),
            form=("board_declaration", "registration_declaration"),
            outcomes=(Go("signed", "Getekend"),),
        ),
        Step(
            "approve",
            "Keur de inschrijving goed",
            DIRECTOR,
            needs=done("decide") & done("declare") & done("hand_in_vog"),
            due=DueRule(before="due:filed", lead=APPROVAL_LEAD),
            when_late=(Escalate("infeasible", to=BUYER),),
            outcomes=(Go("approved", "Goedgekeurd"),),
        ),
        Step(
            "register",
            "Schrijf in op het portaal",
            BUYER,
            needs=(),  # the fatal deed stands behind no paper
            due="filed",
            form=("board_declaration", "registration_declaration", "subcontractors", "wtzi", "vog", "vog_dated",
                  "filed_at"),
            outcomes=(Go("filed", "Ingeschreven", only=VOG_RECENT & in_time("filed_at", "filed")),),
        ),
        Step(
            "confirm_limit",
            "Bewaar het bewijs: er is ingeschreven op het tijdstip van de sluiting zelf",
            DIRECTOR,
            needs=at_limit("filed_at", "filed"),
            due=DueRule(after="opened:confirm_limit", within=working_days(1)),
            when_late=(Escalate("overdue", to=BUYER),),
            outcomes=(Go("kept", "Bewijs bewaard"),),
        ),
        Step(
            "notice",
            "Leg het bericht van het zorgkantoor vast",
            BUYER,
            needs=("register",),
            due="noticed",
            form=("noticed_on", "answer_by"),
            outcomes=(
                Go("eligible", "Komt in aanmerking"),
                Go("more_info", "Vraag om informatie"),
                Go("not_eligible", "Komt niet in aanmerking", reason=True, tells=(DIRECTOR,)),
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
            due=DueRule(after="opened:verdict", within=RECORD_TERM),
            outcomes=(
                Go("eligible", "Komt in aanmerking"),
                Go("not_eligible", "Komt niet in aanmerking", reason=True, tells=(DIRECTOR,)),
            ),
        ),
        Step(
            "request_certificate",
            "Vraag het VECOZO-certificaat aan",
            BUYER,
            needs=(),
            due="certificate_requested",
            outcomes=(Go("requested", "Aangevraagd"), Go("at_hand", "Wij hebben er een")),
        ),
        Step(
            "certificate_works",
            "Controleer of het certificaat werkt",
            BUYER,
            needs=(),
            due="certified",
            outcomes=(
                Go("works", "Werkt"),
                Go("no_agreement", "Werkt niet op tijd: geen overeenkomst", reason=True, tells=(DIRECTOR,)),
            ),
        ),
        Step(
            "sign",
            "Teken de overeenkomst op het portaal",
            DIRECTOR,
            needs=reached("due:offered"),
            due="agreed",
            outcomes=(Go("signed", "Getekend"), Go("declined", "Niet getekend", reason=True, tells=(BUYER,))),
        ),
        Step(
            "archive",
            "Leg de overeenkomst vast",
            BUYER,
            needs=done("register") & done("notice") & done("verdict") & done("sign") & done("certificate_works")
            & ~UNSIGNED,
            due=DueRule(after="opened:archive", within=RECORD_TERM),
            form=("contract",),
            outcomes=(
                Go("contracted", "Gecontracteerd"),
                Go("no_agreement", "Geen overeenkomst", reason=True, tells=(DIRECTOR,)),
            ),
        ),
        Step(
            "finish",
            "Rond de inschrijving af",
            BUYER,
            needs=each("objections") & (REJECTED | each("offers") & (UNSIGNED | UNANSWERED | WON)),
            due=DueRule(after="opened:finish", within=RECORD_TERM),
            outcomes=(
                Close("contracted", "Gecontracteerd", only=WON),
                Close("not_eligible", "Niet in aanmerking", only=REJECTED),
                Close("declined", "Niet getekend", only=took("sign", "declined")),
                Close("no_agreement", "Geen overeenkomst", only=UNANSWERED | took("certificate_works", "no_agreement")),
                Repeat("again", "Bezwaar gegrond: nieuw bericht", step="notice", only=REJECTED, reason=True),
            ),
        ),
    ),
)  # fmt: skip


@flow(
    flow_run_name="inschrijving {tender}",
    description="Begint een inschrijving bij een zorgkantoor, op zijn tijdschema. Importeer eerst het tijdschema.",
)
def start_tender_bidder(
    tender: str = asked("Aanbesteding", "De verwijzing van de aanbesteding, bijvoorbeeld cz-2021."),
    timetable: str = asked("Tijdschema", "De naam waaronder het tijdschema is geïmporteerd."),
    by: str = asked("Wie start", "Uw eigen persoonscode, bijvoorbeeld buyer1."),
    vog_from: str = asked("VOG vanaf", "Hoe oud de VOG mag zijn volgens het document.", default="", format="date"),
    dry_run: bool = asked("Alleen tonen", "Laat zien wat er zou gebeuren en open niets.", default=False),
) -> State[Any]:
    """Open a case; the shared sweep does all that follows."""
    values = {"timetable": timetable, "vog_from": vog_from}
    return forms.start(TENDER_BIDDER, tender, values, by=by, dry_run=dry_run)


@flow(description="Voert uit wat nu moet in inschrijvingen; de controle doet dit ook vanzelf.")
def follow_up_tender_bidder() -> State[Any]:
    """Catch up the cases of this file, by hand or on a schedule of its own."""
    return forms.follow_up(TENDER_BIDDER)
