"""A procurement round of a care office: what it does once for all, and its file of each provider.

The round publishes the document and the Nota van Inlichtingen, each version of which every provider is told at the same
moment. Each provider of the cohort has a file of its own on the same timetable: what was handed in and whether that is
whole, the opinions of two assessors who do not know each other's, a third where these differ, notice, budget,
certificate, signature, and the budget form at the NZa. Against each publication and decision one may object for twenty
days, counted strictly. Only people decide; the engine ends nothing but the right of who handed in nothing in time.
Sources: Zorginkoopdocument 2021 V&V (ZI) table 2, 5.2, 6.1-6.3; P-00 to P-13; Y-01 to Y-10.
"""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows import forms
from flows.forms import asked
from flows.tender_bidder import (
    ANSWERS,
    CLOSING,
    NOTICE,
    OBJECTION_TERM,
    OFFERED,
    PUBLISHES,
    SIGNED,
    notice,
    publication,
)
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
    Start,
    Step,
    Timetable,
    at_limit,
    days,
    done,
    each,
    in_time,
    is_,
    known,
    reached,
    took,
    weeks,
    working_days,
)  # fmt: skip

DESK, BUYER, ASSESSOR, LAWYER, MANAGER = "inkoopbureau", "zorginkoper", "beoordelaar", "jurist", "manager zorginkoop"
PROVIDER = "zorgaanbieder"

PROVIDERS = "providers"
"""The cohort of a round: all to whom it is open (P-03: existing providers too)."""

CHECK_TERM = Setting("completeness_term", "Termijn voor de volledigheidstoets", working_days(5), source="aanname")
ASSESS_LEAD = Setting("assess_lead", "Zo lang voor het bericht beide beoordelingen", working_days(3), source="aanname")
SETTLE_LEAD = Setting("settle_lead", "Zo lang voor het bericht het oordeel van de derde", working_days(1),
                      source="aanname")  # fmt: skip
DESK_TERM = Setting("desk_term", "Termijn om iets vast te leggen", working_days(2), source="aanname")
ANSWER_LEAD = Setting("answers_lead", "Zo lang voor de nota de antwoorden", working_days(3), source="aanname")

COUNTDOWN = (Remind("two_weeks", before=weeks(2)), Remind("three_days", before=days(3)))
LATE = (Escalate("overdue", to=MANAGER),)
OURS = ("zorgkantoor", "beide", "partijen")

DIFFER = (took("assess_1", "suitable") & took("assess_2", "unsuitable")) | (
    took("assess_1", "unsuitable") & took("assess_2", "suitable")
)
SUITABLE = (took("assess_1", "suitable") & took("assess_2", "suitable")) | took("settle", "suitable")
UNSUITABLE = (took("assess_1", "unsuitable") & took("assess_2", "unsuitable")) | took("settle", "unsuitable")
UPHELD = took("answer_notice", "upheld")
ANSWERED = (
    each("publications", ~known("objected_on_{row}") | done("answer_{row}"))
    & (~known("objected_on_notice") | done("answer_notice"))
    & (~known("objected_on_budget") | done("answer_budget"))
)
"""No objection waits for its answer: no file closes over one, to whatever it is."""


def on_the_day_of(goal: str) -> DueRule:
    """Our own work by a day that is fatal or statutory: a goal speaks of that day, and our work rides in a digest."""
    return DueRule(before=f"due:{goal}", lead=days(0))


def objected_on(name: str) -> Fact:
    """When an objection came in to what bears this name."""
    return Fact(f"objected_on_{name}", "date", "Bezwaar ontvangen op")


def right_to_object(name: str, what: str, since: str) -> Goal:
    """The twenty days within which one may object (P-13): calendar days, never extended (Y-01 to Y-03)."""
    return Goal(
        f"objection_{name}",
        f"Laatste dag bezwaar en kort geding: {what}",
        DueRule(after=since, within=OBJECTION_TERM, basis="contract", fatal=True, source="ZI 6.3 (P-13)"),
        role=LAWYER,
        met_by=reached(f"due:objection_{name}"),
        remind=(Remind("free_day", before=days(7), free_day=True),),  # a person looks at a term that ends then (Y-03)
    )


def answer(name: str, what: str) -> Step:
    """What becomes of an objection. One that came too late is barred, and only such a one or old arguments are."""
    in_the_term = in_time(f"objected_on_{name}", f"objection_{name}")
    return Step(
        f"answer_{name}",
        f"Beantwoord het bezwaar: {what}",
        LAWYER,
        needs=known(f"objected_on_{name}"),
        undated="De bronnen geven het zorgkantoor geen termijn (P-13)",
        outcomes=(
            Go("upheld", "Gegrond", only=in_the_term, reason=True, tells=(PROVIDER, BUYER)),
            Go("rejected", "Afgewezen", only=in_the_term, reason=True, tells=(PROVIDER,)),
            Go("barred", "Niet ontvankelijk: te laat, of had eerder gekund", reason=True, tells=(PROVIDER,)),
        ),
    )


#: What is published is open to objection, also before anybody is answered (Y-04); versions of a nota have a file each.
PUBLISHED = Rows(
    "publications",
    Match(PUBLISHES, but=(*ANSWERS, *NOTICE), ours=True, objection=True),
    beside=True,
    facts=(objected_on("{row}"),),
    goals=(right_to_object("{row}", "{title}", "{row}"),),
    steps=(answer("{row}", "{title}"),),
)

TENDER_CARE_OFFICE = Procedure(
    "tender-care-office",
    code="ZKI",
    title="Inschrijving van een zorgaanbieder",
    revision=1,
    subject="zorgaanbieder",
    owner=DESK,
    late_to=MANAGER,
    readers=(BUYER, LAWYER, MANAGER),
    source="ZI tabel 2; P-00 tot P-13",
    opens_with=("timetable",),
    timetable=Timetable("timetable", ours=OURS, needs=("filed", "noticed"), rows=(PUBLISHED,)),
    facts=(
        Fact("timetable", "text", "Tijdschema", required=True),
        Fact("new_provider", "yes_no", "Nieuwe aanbieder"),
        Fact("filed_at", "moment", "Ingeschreven op, volgens het register", required=~took("hand_in", "not_filed")),
        Fact("missing", "text", "Wat er ontbreekt", required=took("complete", "incomplete")),
        Fact("answer_by", "date", "Antwoord uiterlijk", required=took("complete", "incomplete")),
        Fact("offer_pdf", "document", "Offerte met prestaties, volume, tarief en omzet", required=True),
        Fact("agreement", "document", "Overeenkomst, getekend door de aanbieder", required=took("sign", "signed")),
        Fact("receipt", "text", "Ontvangstnummer van de NZa", required=True),
        objected_on("notice"),
        objected_on("budget"),
    ),
    goals=(
        Goal(
            "filed",
            "Ingeschreven",
            role=PROVIDER,
            met_by=in_time("filed_at", "filed"),
            when_late=(Escalate("not_filed", to=DESK, after=working_days(1)),),  # by then the register was opened
            row=(
                Match(CLOSING),
                Match(("indien inschrij", "indien offerte", "indien aanmeld", "inschrijv"), ours=False, fatal=True),
                Match(ours=False, fatal=True, timed=True),
            ),
        ),
        Goal(
            "noticed",
            "Bericht aan de aanbieder",
            role=BUYER,
            met_by=done("notice"),
            remind=COUNTDOWN,
            when_late=LATE,
            row=notice(ours=True),
        ),
        Goal(
            "talked",
            "Gesprek met de nieuwe aanbieder",
            role=BUYER,
            met_by=done("talk"),
            when_late=LATE,
            row=(Match(("gesprek nieuw",), ours=True, reading="by"),),
        ),
        Goal(
            "offered",
            "Overeenkomst aangeboden",
            role=BUYER,
            met_by=done("offer"),
            remind=COUNTDOWN,
            when_late=LATE,
            row=(Match(OFFERED, ours=True),),
        ),
        Goal(
            "budgeted",
            "Budgetafspraak verzonden",
            role=BUYER,
            met_by=done("budget"),
            remind=COUNTDOWN,
            when_late=LATE,
            row=(Match(("budgetafspraak", "productieafspraak", "offerte verzend"), ours=True),),
        ),
        Goal(
            "certified",
            "Certificaat werkt",
            role=PROVIDER,
            met_by=took("certificate", "works"),
            remind=(Remind("four_weeks", before=weeks(4)),),  # the last day to ask for one (P-05, Y-07)
            when_late=(Escalate("overdue", to=DESK),),
            row=(Match(("certificaat",), but=("aanvra",), ours=False),),
        ),
        Goal(
            "agreed",
            "Getekende overeenkomst terug",
            role=PROVIDER,
            met_by=took("sign", "signed"),
            when_late=(Escalate("overdue", to=DESK),),  # and a person decides: the source names no consequence (Y-09)
            row=(Match(SIGNED, ours=False),),
        ),
        Goal(
            "nza",
            "Budgetformulier bij de NZa",
            role=BUYER,
            met_by=done("file_nza"),
            when_late=LATE,
            row=(Match(("budgetformulier", "nza"), ours=True),),
        ),
        right_to_object("notice", "bericht", "done:notice"),
        right_to_object("budget", "budgetafspraak", "done:budget"),
    ),
    steps=(
        Step(
            "hand_in",
            "Leg vast wat het register zegt: tijdig ingeschreven, te laat of niet",
            DESK,
            due=on_the_day_of("filed"),
            when_late=(Escalate("overdue", to=MANAGER, after=working_days(3)),),
            form=("filed_at",),
            outcomes=(
                Go("in_time", "Op tijd", only=in_time("filed_at", "filed")),
                Close("too_late", "Te laat", only=~in_time("filed_at", "filed") & ANSWERED, tells=(PROVIDER,)),
                Close("not_filed", "Niet ingeschreven", only=~known("filed_at") & reached("due:filed") & ANSWERED,
                      tells=(PROVIDER,)),
            ),
        ),
        Step(
            "last_second",
            "Bekijk het bewijs: er is ingeschreven in de seconde van de sluiting",
            LAWYER,
            needs=at_limit("filed_at", "filed"),
            due=DueRule(after="opened:last_second", within=DESK_TERM),
            outcomes=(Go("seen", "Gezien, telt als op tijd"),),
        ),
        Step(
            "complete",
            "Toets of de inschrijving volledig is",
            DESK,
            needs=("hand_in",),
            due=DueRule(after="due:filed", within=CHECK_TERM),
            when_late=LATE,
            form=("missing", "answer_by"),
            outcomes=(
                Go("complete", "Volledig"),
                Go("incomplete", "Vraag om informatie", tells=(PROVIDER,)),
                Close("not_processed", "Niet in behandeling: VOG of WTZi ontbreekt", only=ANSWERED, reason=True,
                      tells=(PROVIDER,)),
            ),
        ),
        Step(
            "supplement",
            "Leg vast wat de aanbieder antwoordt",
            DESK,
            when=took("complete", "incomplete"),
            due=DueRule(on="answer_by", basis="contract"),
            outcomes=(
                Go("answered", "Beantwoord: het stond al zo op de dag van inschrijving (Y-10)"),
                Go("unanswered", "Niet of niet voldoende beantwoord"),
            ),
        ),
        Step(
            "assess_1",
            "Beoordeel de inschrijving, als eerste",
            ASSESSOR,
            needs=("supplement",),
            not_by=("assess_2",),
            due=DueRule(before="due:noticed", lead=ASSESS_LEAD),
            when_late=LATE,
            outcomes=(Go("suitable", "In aanmerking"), Go("unsuitable", "Niet in aanmerking", reason=True)),
        ),
        Step(
            "assess_2",
            "Beoordeel de inschrijving, als tweede",
            ASSESSOR,
            needs=("supplement",),
            not_by=("assess_1",),
            due=DueRule(before="due:noticed", lead=ASSESS_LEAD),
            when_late=LATE,
            outcomes=(Go("suitable", "In aanmerking"), Go("unsuitable", "Niet in aanmerking", reason=True)),
        ),
        Step(
            "settle",
            "De beoordelaars zijn het niet eens: beoordeel als derde",
            ASSESSOR,
            needs=("assess_1", "assess_2"),
            when=DIFFER,
            not_by=("assess_1", "assess_2"),
            due=DueRule(before="due:noticed", lead=SETTLE_LEAD),
            when_late=LATE,
            outcomes=(
                Go("suitable", "In aanmerking", reason=True),
                Go("unsuitable", "Niet in aanmerking", reason=True),
            ),
        ),
        Step(
            "notice",
            "Stuur het bericht: wel of niet in aanmerking",
            BUYER,
            not_by=("assess_1", "assess_2", "settle"),
            due="noticed",
            outcomes=(
                Go("eligible", "In aanmerking", only=SUITABLE | UPHELD, tells=(PROVIDER,)),
                Go("not_eligible", "Niet in aanmerking", only=UNSUITABLE, reason=True, tells=(PROVIDER,)),
            ),
        ),
        Step(
            "reject",
            "Sluit het dossier: niet in aanmerking, en de bezwaartermijn is om",
            DESK,
            needs=took("notice", "not_eligible") & reached("due:objection_notice"),
            due=DueRule(after="opened:reject", within=DESK_TERM),
            outcomes=(
                Close("not_eligible", "Niet in aanmerking", only=ANSWERED),
                Repeat("again", "Bezwaar gegrond: nieuw bericht", step="notice", only=UPHELD, reason=True),
            ),
        ),
        Step(
            "talk",
            "Spreek de nieuwe aanbieder",
            BUYER,
            needs=took("notice", "eligible"),
            when=known("new_provider") & is_("new_provider", True),
            due="talked",
            outcomes=(Go("on_site", "Op locatie"), Go("elsewhere", "Op kantoor of in een groep")),
        ),
        Step(
            "offer",
            "Bied de overeenkomst aan",
            BUYER,
            needs=took("notice", "eligible"),
            due="offered",
            outcomes=(Go("offered", "Aangeboden", tells=(PROVIDER,)),),
        ),
        Step(
            "budget",
            "Stuur de initiële budgetafspraak",
            BUYER,
            needs=took("notice", "eligible"),
            due="budgeted",
            form=("offer_pdf",),
            outcomes=(Go("sent", "Verstuurd", tells=(PROVIDER,)),),
        ),
        Step(
            "certificate",
            "Controleer of het certificaat van de aanbieder werkt",
            DESK,
            needs=took("notice", "eligible"),
            due=on_the_day_of("certified"),
            when_late=LATE,
            outcomes=(
                Go("works", "Werkt"),
                Close("no_agreement", "Geen werkend certificaat: geen overeenkomst", only=ANSWERED, reason=True,
                      tells=(PROVIDER,)),
            ),
        ),
        Step(
            "sign",
            "Leg de getekende overeenkomst vast",
            DESK,
            needs=done("offer") & done("certificate"),  # without certificate the offer is not delivered (Y-07)
            due=on_the_day_of("agreed"),
            when_late=LATE,
            form=("agreement",),
            outcomes=(
                Go("signed", "Getekend"),
                Close("not_signed", "Niet getekend: het aanbod vervalt", only=ANSWERED, reason=True, tells=(PROVIDER,)),
            ),
        ),
        Step(
            "file_nza",
            "Dien het tweezijdig getekende budgetformulier in bij de NZa",
            BUYER,
            needs=done("sign") & done("budget"),
            due=on_the_day_of("nza"),
            remind=COUNTDOWN,
            when_late=LATE,
            form=("receipt",),
            outcomes=(
                Close("contracted", "Ingediend en gecontracteerd", only=ANSWERED, tells=(PROVIDER,)),
                Go("filed", "Ingediend; er loopt nog een bezwaar", tells=(PROVIDER,)),
            ),
        ),
        Step(
            "finish",
            "Sluit het dossier: alles is gedaan en elk bezwaar is beantwoord",
            DESK,
            needs=took("notice", "eligible") & done("offer") & done("budget") & done("sign") & done("file_nza")
            & ANSWERED,
            due=DueRule(after="opened:finish", within=DESK_TERM),
            when_late=LATE,
            outcomes=(Close("contracted", "Gecontracteerd", tells=(PROVIDER,)),),
        ),
        answer("notice", "bericht"),
        answer("budget", "budgetafspraak"),
    ),
)  # fmt: skip

TENDER_NOTA = Procedure(
    "tender-nota",
    code="NVI",
    title="Nota van Inlichtingen",
    revision=1,
    subject="zorgaanbieder",
    owner=DESK,
    late_to=MANAGER,
    readers=(BUYER, LAWYER, MANAGER),
    source="ZI tabel 2 stap 4, 6.3; P-02, P-13; Y-04",
    opens_with=("published_on", "version"),
    one_open=False,  # one for each version
    facts=(
        Fact("published_on", "date", "Gepubliceerd op", required=True),
        Fact("version", "number", "Versie van de nota", required=True),
        Fact("nota", "document", "De nota"),
        Fact("objected_on_nota", "date", "Bezwaar ontvangen op", required=took("read", "objects")),
    ),
    goals=(
        Goal(
            "objection_nota",
            "Laatste dag bezwaar en kort geding: wat in deze versie nieuw is",
            DueRule(after="published_on", within=OBJECTION_TERM, basis="contract", fatal=True, source="ZI 6.3 (P-13)"),
            role=PROVIDER,
            met_by=done("read"),
            when_late=(Escalate("lapsed", to=LAWYER),),
            lapse="lapsed",
        ),
    ),
    steps=(
        Step(
            "read",
            "Lees de Nota van Inlichtingen; u kunt bezwaar maken",
            PROVIDER,
            due="objection_nota",
            shows=("version", "nota"),
            form=("objected_on_nota",),
            outcomes=(
                Go("objects", "Bezwaar", only=in_time("objected_on_nota", "objection_nota")),
                Close("no_objection", "Gelezen, geen bezwaar"),
                Close("too_late", "Bezwaar na de laatste dag", only=~in_time("objected_on_nota", "objection_nota")),
            ),
        ),
        Step(
            "answer",
            "Beantwoord het bezwaar tegen de nota",
            LAWYER,
            needs=took("read", "objects"),
            undated="De bronnen geven het zorgkantoor geen termijn (P-13)",
            outcomes=(
                Close("upheld", "Gegrond", reason=True, tells=(PROVIDER, BUYER)),
                Close("rejected", "Afgewezen", reason=True, tells=(PROVIDER,)),
                Close("barred", "Niet ontvankelijk: had eerder gekund", reason=True, tells=(PROVIDER,)),
            ),
        ),
    ),
)

#: A version of the nota goes to every provider at the same moment, and opens its own term for its own content (Y-04).
TO_ALL = Start(
    "tender-nota", over=PROVIDERS,
    facts=(("published_on", "nota_on"), ("version", "nota_version"), ("nota", "nota_document")),
)  # fmt: skip

#: What is the office's own to do and in no other part: information sessions, the portal, regional plans.
DEED = Step(
    "{row}",
    "{title}",
    BUYER,
    needs=(),
    due=DueRule(on="{row}"),
    when_late=LATE,
    outcomes=(Go("done", "Gedaan"), Go("not_needed", "Niet nodig", reason=True)),
)

TENDER_ROUND = Procedure(
    "tender-round",
    code="INK",
    title="Inkoopronde",
    revision=1,
    subject="inkoopronde",
    owner=DESK,
    late_to=MANAGER,
    readers=(BUYER, LAWYER, MANAGER, ASSESSOR),
    source="ZI tabel 2; P-00, P-01, P-02, P-12",
    opens_with=("timetable",),
    timetable=Timetable(
        "timetable",
        ours=OURS,
        needs=("published", "closed"),
        rows=(
            Rows("elsewhere", Match(("bericht", "overeenkomst", "budget", "gesprek", "einde", "eind"), ours=True)),
            Rows("windows", Match(ours=True, reading="window"), goals=(
                Goal("{row}", "{title}", DueRule(on="{row}"), met_by=reached("{row}")),
                Goal("{row}_until", "{title}, laatste dag", DueRule(on="{row}_until"), met_by=reached("{row}_until")),
            )),
            Rows("from", Match(ours=True, reading="from"), steps=(
                Step("{row}", "{title}", BUYER, needs=reached("{row}"), outcomes=DEED.outcomes,
                     undated="Het tijdschema noemt alleen een eerste dag"),
            )),
            Rows("deeds", Match(ours=True), steps=(DEED,)),
        ),
    ),
    facts=(
        Fact("timetable", "text", "Tijdschema", required=True),
        Fact("document", "document", "Inkoopdocument met bijlagen", required=took("publish", "published")),
        Fact("nota_document", "document", "Nota van Inlichtingen", required=True),
        Fact("nota_on", "date", "Nota gepubliceerd op", required=True, many=True),
        Fact("nota_version", "number", "Versie van de nota", required=True, min=1, many=True),
    ),
    goals=(
        Goal(
            "published",
            "Inkoopdocument gepubliceerd",
            role=BUYER,
            met_by=done("publish"),
            remind=COUNTDOWN,
            when_late=LATE,
            row=publication(ours=True),
        ),
        Goal(
            "asked",
            "Vragen gesteld",
            met_by=reached("due:asked"),
            row=(Match(("vragen", "vraag stel"), ours=False),),
        ),
        Goal(
            "informed",
            "Nota van Inlichtingen gepubliceerd",
            role=BUYER,
            met_by=done("nota"),
            remind=COUNTDOWN,
            when_late=LATE,
            row=(Match(("nota inlichting", "inlichtingen"), ours=True),),
        ),
        Goal(
            "closed",
            "Inschrijving gesloten",
            met_by=reached("due:closed"),
            row=(Match(CLOSING),),
        ),
        Goal(
            "opened",
            "Inschrijvingen geopend",
            role=DESK,
            met_by=done("open_register"),
            when_late=LATE,
            row=(Match(("opening van", "openen van", "niet-openbaar opening"), ours=True),),
        ),
    ),
    steps=(
        Step(
            "publish",
            "Publiceer het inkoopdocument en open het dossier van elke aanbieder",
            BUYER,
            due="published",
            form=("document",),
            outcomes=(
                Go("published", "Gepubliceerd",
                   starts=(Start("tender-care-office", over=PROVIDERS, facts=(("timetable", "timetable"),)),)),
                Close("stopped", "Gestopt", reason=True),
            ),
        ),
        Step(
            "answer_questions",
            "Beantwoord de vragen die in het format en op tijd binnenkwamen",
            DESK,
            needs=done("publish") & reached("due:asked"),
            due=DueRule(before="due:informed", lead=ANSWER_LEAD),
            when_late=LATE,
            outcomes=(Go("answered", "Beantwoord"), Go("none", "Geen vragen")),
        ),
        Step(
            "nota",
            "Publiceer de Nota van Inlichtingen, aan allen tegelijk",
            BUYER,
            needs=done("publish"),
            due="informed",
            form=("nota_document", "nota_version", "nota_on"),
            outcomes=(
                Go("last", "Gepubliceerd, de laatste versie", starts=(TO_ALL,)),
                Repeat("more", "Gepubliceerd, er volgt nog een versie", step="nota", starts=(TO_ALL,)),
            ),
        ),
        Step(
            "open_register",
            "Open de inschrijvingen: niet openbaar, na de sluiting",
            DESK,
            needs=reached("due:closed"),
            due="opened",
            outcomes=(Go("opened", "Geopend"),),
        ),
        Step(
            "finish",
            "Rond de inkoopronde af",
            BUYER,
            needs=done("nota") & done("open_register") & each("deeds"),
            due=DueRule(after="opened:finish", within=DESK_TERM),
            outcomes=(Close("done", "Afgerond"), Close("stopped", "Gestopt", reason=True)),
        ),
    ),
)  # fmt: skip


@flow(
    flow_run_name="inkoopronde {tender}",
    description="Begint een inkoopronde op haar tijdschema. Importeer eerst het tijdschema en de groep 'providers'.",
)
def start_tender_round(
    tender: str = asked("Inkoopronde", "De verwijzing van de ronde, bijvoorbeeld cz-2021."),
    timetable: str = asked("Tijdschema", "De naam waaronder het tijdschema is geïmporteerd."),
    by: str = asked("Wie start", "Uw eigen persoonscode, bijvoorbeeld buyer1."),
    dry_run: bool = asked("Alleen tonen", "Laat zien wat er zou gebeuren en open niets.", default=False),
) -> State[Any]:
    """Open a round; its publication opens the file of each provider."""
    return forms.start(TENDER_ROUND, tender, {"timetable": timetable}, by=by, dry_run=dry_run)


@flow(
    flow_run_name="inschrijving {provider}",
    description="Begint het dossier van één zorgaanbieder, bijvoorbeeld van wie later bij een inkoopronde komt.",
)
def start_tender_care_office(
    provider: str = asked("Zorgaanbieder", "De verwijzing van de aanbieder, bijvoorbeeld za-014. Nooit een naam."),
    timetable: str = asked("Tijdschema", "De naam waaronder het tijdschema is geïmporteerd."),
    by: str = asked("Wie start", "Uw eigen persoonscode, bijvoorbeeld buyer1."),
    dry_run: bool = asked("Alleen tonen", "Laat zien wat er zou gebeuren en open niets.", default=False),
) -> State[Any]:
    """Open the file of one provider; the shared sweep does all that follows."""
    return forms.start(TENDER_CARE_OFFICE, provider, {"timetable": timetable}, by=by, dry_run=dry_run)


@flow(description="Voert uit wat nu moet in inkoopronden en de dossiers daarin; de controle doet dit ook vanzelf.")
def follow_up_tender_care_office() -> State[Any]:
    """Catch up the cases of this file, by hand or on a schedule of its own."""
    return forms.follow_up(TENDER_ROUND, TENDER_CARE_OFFICE, TENDER_NOTA)
