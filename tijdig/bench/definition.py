"""The benchmark's own procedure: one step, a ladder of reminders, and a director who hears of what stays late."""

from tijdig.engine import Close, DueRule, Escalate, Fact, May, Procedure, Remind, Step
from tijdig.engine.terms import days

ADVISER, MEMBER, DIRECTOR = "kwaliteitsadviseur", "lid", "directeur"

STEP = "judge"

ORANGE_12W = Procedure(
    "orange-12w",
    code="OTW",
    title="Oranje dossier (meting)",
    revision=1,
    subject="lid",
    owner=ADVISER,
    late_to=DIRECTOR,
    opens_with=("orange_on",),
    facts=(Fact("orange_on", "date", "Oranje vastgesteld", required=True),),
    steps=(
        Step(
            STEP,
            "Breng het dossier op groen",
            MEMBER,
            due=DueRule(after="orange_on", within=days(84), basis="norm", cutoff="12:00"),
            remind=(
                Remind("reminder_w4", after=days(28)),
                Remind("reminder_w8", after=days(56)),
                Remind("warning_w11", after=days(77)),
            ),
            when_late=(Escalate("escalated", to=DIRECTOR),),
            outcomes=(Close("green", "Groen", tells=(MEMBER,)), Close("red", "Rood", tells=(MEMBER,))),
        ),
    ),
    may=(May("open", (ADVISER,)), May("decide", (ADVISER,), of=STEP)),
)
