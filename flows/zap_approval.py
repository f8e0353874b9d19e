"""ZAP approval: a member may declare 24-hour care only after its zorgaanbodplan (ZAP) was approved.

The member files the plan by link; the Wlz team and the quality team give an opinion side by side, and for VG7 the
gedragskundige gives advice. The quality adviser decides with reasons, and is never who entered the plan or gave an
opinion. A plan that is returned is filed and judged again in a next round, with a fresh term.
What was approved runs on as a case of its own, an arrangement, until somebody ends it, the member leaves or its
validity is over. The register of arrangements is what declarations are held against (service/arrangements.py).
The sources give no terms and no validity (X-16): the terms are required settings, and validity may stay unset.
Sources: kwaliteitsverslag (KV) 3.3; kwaliteitsrapport (KR) 2.3; C-11, C-12, X-05, X-16, X-17.
"""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows import forms
from flows.forms import asked
from tijdig.engine import (
    Close,
    DueRule,
    End,
    Escalate,
    Fact,
    Go,
    Goal,
    May,
    Procedure,
    Remind,
    Repeat,
    Setting,
    Start,
    Step,
    at_least,
    done,
    is_,
    known,
    on,
    reached,
    took,
    weeks,
)  # fmt: skip
from tijdig.engine.conditions import Condition

ADVISER, MEMBER, DIRECTOR, ADMINISTRATION = "kwaliteitsadviseur", "lid", "directeur", "zorgadministratie"
WLZ_TEAM, QUALITY_TEAM, BEHAVIOUR = "wlz-team", "kwaliteitsteam", "gedragskundige"

NO_TERM = "niet in de bronnen (X-16)"
OPINIONS = Setting("zap_opinions_required", "Adviezen die nodig zijn voor een besluit", 2, "number", "X-16: beide")
BINDING = Setting("zap_opinion_binding", "Negatief advies houdt goedkeuring tegen", False, "yes_no", "X-16")
WLZ_TERM = Setting("zap_wlz_opinion_term", "Termijn voor het advies van het Wlz-team", source=NO_TERM)
QUALITY_TERM = Setting("zap_quality_opinion_term", "Termijn voor het advies van het kwaliteitsteam", source=NO_TERM)
ADVICE_TERM = Setting("vg7_advice_term", "Termijn voor het advies over VG7", source="niet in de bronnen (X-17)")
DECIDE_TERM = Setting("zap_decide_term", "Termijn voor het besluit", source=NO_TERM)
REPAIR_TERM = Setting("zap_repair_term", "Termijn om een teruggegeven plan te herstellen", source=NO_TERM)
VALIDITY = Setting("zap_validity", "Geldigheid van een goedkeuring", source=NO_TERM, optional=True)
RENEWAL_LEAD = Setting("zap_renewal_lead", "Begin van de vernieuwing, voor het einde", source=NO_TERM, optional=True)
VG7_FIRST = Setting("vg7_before_start", "VG7-advies nodig voor de goedkeuring", True, "yes_no", "aanname (X-17)")
SCOPE_VV = Setting(
    "zap_scope_vv", "V&V: ook zonder VPT, bij alle 24-uurszorg", False, "yes_no", "KV 3.3: alleen VPT (X-05)"
)
SCOPE_GHZ_GGZ = Setting(
    "zap_scope_ghz_ggz", "GHZ en GGZ: ook bij 24-uursverantwoordelijkheid", True, "yes_no", "KR 2.3 (X-05)"
)

SECTOR = Fact("sector", "choice", "Sector", required=True, choices=(("vv", "V&V"), ("ghz_ggz", "GHZ of GGZ")))
CARE = Fact(
    "care",
    "choice",
    "Vorm van de zorg",
    required=True,
    choices=(
        ("vpt", "VPT (volledig pakket thuis)"),
        ("care_24h", "24-uurszorg"),
        ("responsibility_24h", "24-uursverantwoordelijkheid"),
    ),
)
VG7 = Fact("vg7", "yes_no", "Zorg voor deelnemers met VG7", required=True)
REPLACES = Fact("replaces", "yes_no", "Vervangt het eerder goedgekeurde plan van deze sector")
LEFT = Fact("left_on", "date", "Lid vertrokken", announced=True)

IN_SCOPE = (
    is_("care", "vpt")
    | (is_("sector", "vv") & on(SCOPE_VV))
    | (is_("sector", "ghz_ggz") & (is_("care", "care_24h") | on(SCOPE_GHZ_GGZ)))
)
NEGATIVE = took("wlz_opinion", "negative") | took("quality_opinion", "negative")
VG7_OK = is_("vg7", False) | took("vg7_advice", "positive") | (~on(VG7_FIRST) & ~done("vg7_advice"))


def given(step: str) -> Condition:
    """The opinion was given, not skipped."""
    return took(step, "positive") | took(step, "negative")


def opinion(
    step: str, asks: str, role: str, term: Setting, when: Condition, needs: tuple[str, ...] = ("file",)
) -> Step:
    """An opinion on the plan as it was filed in this round."""
    return Step(
        step,
        asks,
        role,
        needs=needs,
        when=when,
        due=DueRule(after=f"opened:{step}", within=term),
        outcomes=(Go("positive", "Positief"), Go("negative", "Negatief", reason=True)),
    )


ZAP_APPROVAL = Procedure(
    "zap-approval",
    code="ZAP",
    title="Goedkeuring zorgaanbodplan",
    revision=1,
    subject="lid",
    owner=ADVISER,
    late_to=DIRECTOR,
    readers=(WLZ_TEAM, QUALITY_TEAM, DIRECTOR),
    source="KV 3.3; KR 2.3; C-11, C-12",
    facts=(
        Fact("zap", "document", "Zorgaanbodplan", required=took("file", "filed")),
        *(
            Fact(fact.fact, fact.kind, fact.label, required=took("file", "filed"), choices=fact.choices)
            for fact in (SECTOR, CARE, VG7)
        ),
        Fact("declares_from", "date", "Eerste declaratie, zoals het lid die wil"),
        Fact("missing", "text", "Wat het lid moet herstellen", required=took("decide", "returned")),
        Fact(REPLACES.fact, REPLACES.kind, REPLACES.label, required=took("decide", "approved")),
        LEFT,
    ),
    goals=(
        Goal(
            "before_care",
            "Besluit voor de eerste declaratie",
            DueRule(on="declares_from", boundary="voor", basis="contract", source="KV 3.3; KR 2.3"),
            role=ADVISER,
            met_by=done("decide"),
            remind=(Remind("two_weeks", before=weeks(2)),),
            when_late=(Escalate("overdue", to=DIRECTOR),),
        ),
    ),
    steps=(
        Step(
            "file",
            "Dien het zorgaanbodplan in",
            MEMBER,
            due=DueRule(after="opened:file", within=REPAIR_TERM, again=True),
            undated="Het lid kiest zelf wanneer; zonder goedkeuring kan het niet declareren (X-16)",
            shows=("missing",),
            form=("zap", "sector", "care", "vg7", "declares_from"),
            outcomes=(Go("filed", "Ingediend"), Close("withdrawn", "Ingetrokken")),
            when_late=(Escalate("overdue", to=ADVISER),),
        ),
        opinion("wlz_opinion", "Geef advies over het zorgaanbodplan", WLZ_TEAM, WLZ_TERM, IN_SCOPE),
        opinion(
            "quality_opinion",
            "Geef advies: is het plan haalbaar onder de richtlijnen en de leveringseisen?",
            QUALITY_TEAM,
            QUALITY_TERM,
            IN_SCOPE,
        ),
        opinion("vg7_advice", "Geef advies over zorg bij VG7", BEHAVIOUR, ADVICE_TERM, IN_SCOPE & is_("vg7", True)),
        Step(
            "decide",
            "Besluit over het zorgaanbodplan",
            ADVISER,
            needs=done("file")
            & (
                ~IN_SCOPE
                | (
                    at_least(OPINIONS, given("wlz_opinion"), given("quality_opinion"))
                    & (done("vg7_advice") | ~on(VG7_FIRST))
                )
            ),
            due=DueRule(after="opened:decide", within=DECIDE_TERM),
            not_by=("file", "zap", "sector", "care", "vg7", "wlz_opinion", "quality_opinion", "vg7_advice"),
            form=("missing", "replaces"),
            outcomes=(
                Close(
                    "approved",
                    "Goedgekeurd",
                    only=IN_SCOPE & VG7_OK & (~on(BINDING) | ~NEGATIVE),
                    reason=True,
                    tells=(MEMBER, ADMINISTRATION),
                    starts=(
                        Start(
                            "zap-arrangement",
                            facts=(
                                ("approved_on", "done:decide"),
                                ("sector", "sector"),
                                ("care", "care"),
                                ("vg7", "vg7"),
                                ("vg7_on", "done:vg7_advice"),
                                ("replaces", "replaces"),
                            ),
                        ),
                    ),
                ),
                Repeat("returned", "Terug naar het lid", step="file", tells=(MEMBER,)),
                Close("refused", "Geweigerd", reason=True, tells=(MEMBER,)),
                Close("not_needed", "Geen goedkeuring nodig", only=~IN_SCOPE, reason=True, tells=(MEMBER,)),
            ),
        ),
    ),
    ends=(End("left", "Lid vertrokken", when=reached("left_on")),),
    may=(
        May("open", (MEMBER, ADVISER)),
        May("withdraw", (MEMBER, ADVISER)),
    ),
)

ZAP_ARRANGEMENT = Procedure(
    "zap-arrangement",
    code="ZGA",
    title="Goedgekeurd zorgaanbod",
    revision=1,
    subject="lid",
    owner=ADVISER,
    late_to=DIRECTOR,
    readers=(ADMINISTRATION, WLZ_TEAM, QUALITY_TEAM, DIRECTOR),
    source="KV 3.3; KR 2.3; C-11, C-12, X-16, X-17",
    opens_with=("approved_on", "sector", "care", "vg7"),
    one_open=False,  # a member may have a plan for each sector
    facts=(
        Fact("approved_on", "date", "Goedgekeurd op", required=True),
        SECTOR,
        CARE,
        VG7,
        Fact("vg7_on", "date", "Positief advies over VG7"),
        REPLACES,
        Fact("decision", "ref", "Besluit van voor Tijdig"),
        LEFT,
    ),
    goals=(
        Goal(
            "valid",
            "Einde van de goedkeuring",
            DueRule(after="approved_on", within=VALIDITY, basis="contract", roll="none", source="X-16"),
            role=ADVISER,
            when_late=(Escalate("overdue", to=DIRECTOR),),
        ),
        Goal(
            "ask",
            "Begin van de vernieuwing",
            DueRule(before="due:valid", lead=RENEWAL_LEAD),
            met_by=reached("due:ask"),
        ),
    ),
    steps=(
        opinion(
            "vg7_advice",
            "Geef advies over zorg bij VG7",
            BEHAVIOUR,
            ADVICE_TERM,
            is_("vg7", True) & ~known("vg7_on"),
            (),
        ),
        Step(
            "renew",
            "Vraag het lid om een nieuw zorgaanbodplan, of laat de goedkeuring aflopen",
            ADVISER,
            needs=reached("due:ask") | reached("due:valid"),
            due="valid",
            outcomes=(  # both leave it standing until its last day
                Close("renewing", "Nieuw plan gevraagd", starts=(Start("zap-approval"),)),
                Close("expiring", "Loopt af", tells=(MEMBER, ADMINISTRATION)),
            ),
        ),
    ),
    ends=(End("left", "Lid vertrokken", when=reached("left_on")),),
    may=(  # what only a decision gives, nobody gives alone afterwards
        May("open", (DIRECTOR,)),
        May("correct", (DIRECTOR,)),
        May("reopen", (DIRECTOR,)),
        May("withdraw", (ADVISER, DIRECTOR)),
    ),
)


@flow(
    flow_run_name="zorgaanbodplan {member}",
    description="Vraagt een lid om een zorgaanbodplan. Het lid krijgt een link; alles daarna gaat vanzelf.",
)
def start_zap_approval(
    member: str = asked("Lid", "De verwijzing van het lid, bijvoorbeeld lid-014. Nooit een naam."),
    by: str = asked("Wie start", "Uw eigen persoonscode, bijvoorbeeld adviser1."),
    declares_from: str = asked(
        "Eerste declaratie", "De dag waarop het lid wil gaan declareren, als die bekend is.", default="", format="date"
    ),
    dry_run: bool = asked("Alleen tonen", "Laat zien wat er zou gebeuren en open niets.", default=False),
) -> State[Any]:
    """Open a case; the shared sweep does all that follows."""
    return forms.start(ZAP_APPROVAL, member, {"declares_from": declares_from}, by=by, dry_run=dry_run)


@flow(description="Voert uit wat nu moet rond zorgaanbodplannen en wat ervan goedgekeurd is.")
def follow_up_zap_approval() -> State[Any]:
    """Catch up the cases of this file, by hand or on a schedule of its own."""
    return forms.follow_up(ZAP_APPROVAL, ZAP_ARRANGEMENT)
