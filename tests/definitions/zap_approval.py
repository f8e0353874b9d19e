"""ZAP approval: a member may declare 24-hour care only after its zorgaanbodplan (ZAP) was approved.

The member files the plan; the Wlz team and the quality team give an opinion side by side, and for VG7 the
gedragskundige gives advice. The quality adviser decides, with reasons where an opinion was negative, and never
who filed or gave an opinion. A plan that is returned is filed and judged again in a next round.
The sources give no terms (X-16): the ones here are our own planning. Validity is unset, so nothing expires.
Sources: kwaliteitsverslag (KV) 3.3; kwaliteitsrapport (KR) 2.3; C-11, C-12, X-05, X-16, X-17.
"""

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
    Step,
    at_least,
    done,
    is_,
    known,
    on,
    took,
    weeks,
    working_days,
)
from tijdig.engine.conditions import Condition

ADVISER, MEMBER, DIRECTOR = "kwaliteitsadviseur", "lid", "directeur"
WLZ_TEAM, QUALITY_TEAM, BEHAVIOUR = "wlz-team", "kwaliteitsteam", "gedragskundige"

OPINIONS = Setting("zap_opinions_required", "Adviezen die nodig zijn voor een besluit", 2, "number", "X-16: beide")
BINDING = Setting("zap_opinion_binding", "Negatief advies houdt goedkeuring tegen", False, "yes_no", "X-16")
VG7_FIRST = Setting("vg7_before_start", "VG7-advies voor de start van de zorg", True, "yes_no", "aanname (X-17)")
OPINION_TERM = Setting("zap_opinion_term", "Termijn voor een advies", working_days(10), source="aanname (X-16)")
DECIDE_TERM = Setting("zap_decide_term", "Termijn voor het besluit", working_days(5), source="aanname (X-16)")

VG7_GATE = is_("vg7", True) & on(VG7_FIRST)
VG7_OK = ~VG7_GATE | took("vg7_advice", "positive")
NEGATIVE = took("wlz_opinion", "negative") | took("kt_opinion", "negative")


def opinion(step: str, asks: str, role: str, when: Condition | None = None) -> Step:
    """An opinion on the plan as it was filed in this round."""
    return Step(
        step,
        asks,
        role,
        needs=("file",),
        when=when,
        due=DueRule(after=f"opened:{step}", within=OPINION_TERM),
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
        Fact("zap", "document", "Zorgaanbodplan", required=True),
        Fact(
            "sector",
            "choice",
            "Sector",
            required=True,
            choices=(("vv", "V&V: VPT"), ("ghz_ggz", "GHZ of GGZ: 24-uurszorg of 24-uursverantwoordelijkheid")),
        ),
        Fact("vg7", "yes_no", "Zorg voor deelnemers met VG7", required=True),
        Fact("declares_from", "date", "Eerste declaratie, zoals het lid die wil"),
        Fact("left_on", "date", "Lid vertrokken", announced=True),
    ),
    goals=(
        Goal(
            "before_care",
            "Besluit voor de eerste declaratie",
            DueRule(on="declares_from", boundary="voor", basis="contract", source="KV 3.3; KR 2.3"),
            role=ADVISER,
            remind=(Remind("two_weeks", before=weeks(2)),),
            when_late=(Escalate("overdue", to=DIRECTOR),),
        ),
    ),
    steps=(
        Step(
            "file",
            "Dien het zorgaanbodplan in",
            MEMBER,
            undated="Het lid kiest zelf wanneer; zonder goedkeuring kan het niet declareren (X-16)",
            form=("zap", "sector", "vg7", "declares_from"),
            outcomes=(Go("filed", "Ingediend"),),
        ),
        opinion("wlz_opinion", "Geef advies over het zorgaanbodplan", WLZ_TEAM),
        opinion("kt_opinion", "Geef advies: is het haalbaar onder richtlijnen en leveringseisen?", QUALITY_TEAM),
        opinion("vg7_advice", "Geef advies over zorg bij VG7", BEHAVIOUR, when=VG7_GATE),
        Step(
            "decide",
            "Besluit over het zorgaanbodplan",
            ADVISER,
            needs=at_least(OPINIONS, done("wlz_opinion"), done("kt_opinion")) & done("vg7_advice"),
            due=DueRule(after="opened:decide", within=DECIDE_TERM),
            not_by=("file", "wlz_opinion", "kt_opinion", "vg7_advice"),
            outcomes=(
                Close(
                    "approved",
                    "Goedgekeurd",
                    only=VG7_OK & (~on(BINDING) | ~NEGATIVE),
                    reason=NEGATIVE,
                    tells=(MEMBER,),
                ),
                Repeat("returned", "Terug naar het lid", step="file", reason=True, tells=(MEMBER,)),
                Close("refused", "Geweigerd", reason=True, tells=(MEMBER,)),
            ),
        ),
    ),
    ends=(End("left", "Lid vertrokken", when=known("left_on")),),
    may=(
        May("open", (MEMBER, ADVISER)),
        May("withdraw", (MEMBER, ADVISER)),
    ),
)
