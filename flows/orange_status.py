"""Orange status: a member whose files were judged orange is green again within twelve weeks.

The file audit (C-01) gives the colour; this procedure follows it up. Orange ends in green or, exceptionally,
in red; only people decide which, and red takes two of them. Red has its own follow-up: the member leaves, or
takes mandatory support from outside until it is green.
Sources: jaarplan (JP) KPI 15, kwaliteitsverslag (KV) 3.4.1, kwaliteitsrapport (KR) 2.4.1; C-02, C-03, X-01, X-02.
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
    done,
    months,
    reached,
    took,
    weeks,
    working_days,
)  # fmt: skip

ADVISER, TEAM, MEMBER, DIRECTOR = "kwaliteitsadviseur", "kwaliteitsteam", "lid", "directeur"

ORANGE_TERM = Setting("orange_term", "Termijn van oranje", weeks(12), source="JP KPI 15 (X-01)")
ORANGE_MAX = Setting("orange_max", "Langste duur van oranje", months(3), source="KV 3.4.1, KR 2.4.1 (X-01)")
RED_DECIDER = Setting("red_decider", "Rol die rood bevestigt", kind="role", source="niet in de bronnen (X-02)")
ALLOW_SECOND_ORANGE = Setting(
    "allow_second_orange", "Tweede oranje dossier toegestaan", False, "yes_no", "aanname (X-02)"
)
ACTIONS_TERM = Setting("orange_actions_term", "Termijn voor de verbeterpunten", working_days(5), source="aanname")
RECHECK_TERM = Setting("orange_recheck_term", "Termijn voor de hercontrole", working_days(10), source="aanname")
SUPPLEMENT_TERM = Setting("orange_supplement_term", "Termijn om aan te vullen", weeks(2), source="aanname")
CONFIRM_TERM = Setting("red_confirm_term", "Termijn om rood te bevestigen", working_days(5), source="aanname")
CHOOSE_TERM = Setting("red_choose_term", "Termijn voor de keuze na rood", weeks(2), source="aanname (X-02)")
SUPPORT_TERM = Setting("red_support_term", "Termijn voor de ondersteuning na rood", months(3), source="aanname (X-02)")

ORANGE_STATUS = Procedure(
    "orange-status",
    code="ORA",
    title="Oranje dossier",
    revision=1,
    subject="lid",
    owner=ADVISER,
    late_to=DIRECTOR,
    readers=(TEAM, DIRECTOR),
    source="JP KPI 15; KV 3.4.1; KR 2.4.1; C-02",
    opens_with=("orange_on",),
    again=ALLOW_SECOND_ORANGE,
    facts=(
        Fact("orange_on", "date", "Oranje vastgesteld", required=True),
        Fact("audit", "ref", "Dossiercontrole waaruit oranje volgt"),
        Fact("actions", "text", "Verbeterpunten", required=True),
        Fact("missing", "text", "Wat er nog ontbreekt", required=took("recheck", "not_in_order")),
        Fact("evidence", "document", "Bewijs van de verbetering"),
        Fact("explanation", "text", "Toelichting"),
        Fact("left_on", "date", "Lid vertrokken", announced=True),
    ),
    goals=(
        Goal(
            "norm",
            "Groen of rood",
            DueRule(after="orange_on", within=ORANGE_TERM, basis="norm", source="JP KPI 15"),
            remind=(Remind("week_11", before=weeks(1)),),
            when_late=(Escalate("overdue", to=DIRECTOR),),
        ),
        Goal(
            "max",
            "Einde van oranje",
            DueRule(after="orange_on", within=ORANGE_MAX, basis="norm", source="KV 3.4.1, KR 2.4.1"),
            when_late=(Escalate("max", to=RED_DECIDER),),
        ),
    ),
    steps=(
        Step(
            "send_actions",
            "Stuur het lid de verbeterpunten",
            ADVISER,
            due=DueRule(after="orange_on", within=ACTIONS_TERM),
            form=("actions",),
            outcomes=(Go("sent", "Verbeterpunten verstuurd", tells=(MEMBER,)),),
        ),
        Step(
            "improve",
            "Lever bewijs van de verbeteringen aan",
            MEMBER,
            needs=(),
            due=DueRule(before="due:norm", lead=weeks(2)),
            shows=("actions",),
            form=("evidence", "explanation"),
            outcomes=(Go("handed_in", "Aangeleverd"),),
            remind=(
                Remind("week_4", after=weeks(4), of="orange_on", also=(ADVISER,)),
                Remind("week_8", after=weeks(8), of="orange_on", also=(ADVISER,)),
            ),
            when_late=(Escalate("overdue", to=ADVISER),),
        ),
        Step(
            "recheck",
            "Controleer de dossiers opnieuw",
            ADVISER,
            due=DueRule(after="opened:recheck", within=RECHECK_TERM),
            form=("missing",),
            outcomes=(Go("in_order", "In orde"), Go("not_in_order", "Niet in orde")),
        ),
        Step(
            "supplement",
            "Vul het bewijs aan",
            MEMBER,
            needs=took("recheck", "not_in_order"),
            due=DueRule(after="opened:supplement", within=SUPPLEMENT_TERM),
            shows=("actions", "missing"),
            form=("evidence", "explanation"),
            outcomes=(Repeat("handed_in", "Aangeleverd", step="recheck"),),
            when_late=(Escalate("overdue", to=ADVISER),),
        ),
        Step(
            "judge",
            "Geef een oordeel: groen of rood",
            ADVISER,
            needs=(),  # green does not wait for the last paper
            due="norm",
            outcomes=(
                Close("green", "Groen", tells=(MEMBER,)),
                Go("red", "Rood", reason=True),  # a proposal: confirm_red decides
            ),
        ),
        Step(
            "confirm_red",
            "Bevestig of weiger rood",
            RED_DECIDER,
            needs=took("judge", "red"),
            not_by=("judge",),
            due=DueRule(after="done:judge", within=CONFIRM_TERM),
            when_late=(Escalate("overdue", to=ADVISER),),
            outcomes=(
                Close("red", "Rood", reason=True, tells=(MEMBER, ADVISER),
                      starts=(Start("red-follow-up", facts=(("red_on", "done:confirm_red"),)),)),
                Repeat("refused", "Geen rood", step="judge", reason=True, tells=(ADVISER,)),
            ),
        ),
    ),
    ends=(End("left", "Lid vertrokken", when=reached("left_on")),),
    may=(
        May("open", (ADVISER, TEAM)),
        May("extend", (DIRECTOR,), of="norm", until="max"),
    ),
)  # fmt: skip

RED_FOLLOW_UP = Procedure(
    "red-follow-up",
    code="ROO",
    title="Vervolg op rood",
    revision=1,
    subject="lid",
    owner=ADVISER,
    late_to=DIRECTOR,
    readers=(TEAM, DIRECTOR),
    source="KV 3.4.1; KR 2.4.1; C-03",
    opens_with=("red_on",),
    facts=(
        Fact("red_on", "date", "Rood vastgesteld", required=True),
        Fact("support", "text", "Ondersteuning van buiten: door wie en vanaf wanneer", required=True),
        Fact("explanation", "text", "Toelichting"),
        Fact("left_on", "date", "Lid vertrokken", announced=True),
    ),
    steps=(
        Step(
            "choose",
            "Kies: afscheid van het lid of verplichte ondersteuning",
            RED_DECIDER,
            due=DueRule(after="opened:choose", within=CHOOSE_TERM),
            when_late=(Escalate("overdue", to=ADVISER),),
            outcomes=(
                Close("left", "Afscheid", reason=True, tells=(MEMBER, ADVISER)),
                Go("support", "Verplichte ondersteuning", reason=True, tells=(MEMBER, ADVISER)),
            ),
        ),
        Step(
            "arrange",
            "Regel ondersteuning van buiten",
            MEMBER,
            needs=took("choose", "support"),
            due=DueRule(after="opened:arrange", within=SUPPLEMENT_TERM),
            form=("support", "explanation"),
            outcomes=(Go("arranged", "Geregeld"),),
            when_late=(Escalate("overdue", to=ADVISER),),
        ),
        Step(
            "recheck",
            "Beoordeel of het lid weer groen is",
            ADVISER,
            needs=done("arrange"),
            due=DueRule(after="opened:recheck", within=SUPPORT_TERM),
            remind=(Remind("two_weeks", before=weeks(2), also=(MEMBER,)),),
            outcomes=(
                Close("green", "Groen", tells=(MEMBER,)),
                Repeat("not_yet", "Nog niet groen", step="recheck", reason=True, tells=(MEMBER,)),
                Repeat("stop", "Ondersteuning helpt niet", step="choose", reason=True),
            ),
        ),
    ),
    ends=(End("left", "Lid vertrokken", when=reached("left_on")),),
)


@flow(
    flow_run_name="oranje dossier {member}",
    description="Begint een oranje dossier voor een lid. Vul het formulier in; alles daarna gaat vanzelf.",
)
def start_orange_status(
    member: str = asked("Lid", "De verwijzing van het lid, bijvoorbeeld lid-014. Nooit een naam."),
    orange_on: str = asked("Oranje vastgesteld op", "De dag van het oordeel oranje.", format="date"),
    by: str = asked("Wie start", "Uw eigen persoonscode, bijvoorbeeld adviser1."),
    audit: str = asked("Dossiercontrole", "Het nummer van de dossiercontrole waaruit oranje volgt.", default=""),
    dry_run: bool = asked("Alleen tonen", "Laat zien wat er zou gebeuren en open niets.", default=False),
) -> State[Any]:
    """Open a case; the shared sweep does all that follows."""
    values = {"orange_on": orange_on, "audit": audit}
    return forms.start(ORANGE_STATUS, member, values, by=by, dry_run=dry_run)


@flow(description="Voert uit wat nu moet in oranje dossiers en hun vervolg; de controle doet dit ook vanzelf.")
def follow_up_orange_status() -> State[Any]:
    """Catch up the cases of this file, by hand or on a schedule of its own."""
    return forms.follow_up(ORANGE_STATUS, RED_FOLLOW_UP)
