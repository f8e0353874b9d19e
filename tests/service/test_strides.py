"""What is worked out once for all cases that stand alike holds for these only (tijdig/service/strides.py)."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import select

from models.case import Case
from models.operation import Cohort
from tests.databases import Databases
from tests.service.office import Office, found
from tijdig.engine import Close, DueRule, Fact, Go, Goal, Procedure, Remind, Start, Step, known, weeks
from tijdig.service.audit import audit

OFFER = Procedure(
    "offer", code="OFF", title="Aanbod", revision=1, subject="lid", owner="kwaliteitsadviseur", late_to="directeur",
    opens_with=("asked_on",), one_open=False,
    facts=(Fact("asked_on", "date", "Dag van de vraag"), Fact("said_on", "date", "Dag van het antwoord")),
    goals=(Goal("right", "Antwoord", DueRule(after="asked_on", within=weeks(2), basis="contract", fatal=True),
                role="kwaliteitsadviseur", met_by=known("said_on"), lapse="lapsed"),),
    steps=(Step("answer", "Antwoord", "kwaliteitsadviseur", outcomes=(Close("done", "Gedaan"),)),),
)  # fmt: skip
ROUND = Procedure(
    "round", code="RND", title="Ronde", revision=1, subject="lid", owner="kwaliteitsadviseur", late_to="directeur",
    opens_with=("asked_on",),
    facts=(Fact("asked_on", "date", "Dag van de vraag"),),
    steps=(
        Step("collect", "Verzamel", "kwaliteitsadviseur", due=DueRule(after="asked_on", within=weeks(4)),
             starts=(Start("offer", over="some", facts=(("asked_on", "asked_on"),)),),
             remind=(Remind("two_weeks", after=weeks(2)),),
             outcomes=(Go("complete", "Compleet"), Go("without", "Zonder"))),
        Step("close", "Sluit af", "directeur", outcomes=(Close("done", "Gedaan"),)),
    ),
)  # fmt: skip


def test_a_case_that_another_one_of_the_same_sweep_answered_goes_on_from_there(databases: Databases) -> None:
    office = Office(found(databases.new(), [ROUND, OFFER]))
    with office.store.write() as session:
        session.add(Cohort(name="some", subject="lid-003"))
    office.open("round", "lid-001", asked_on="2026-01-05")
    office.open("round", "lid-002", asked_on="2026-01-05")
    with office.store.write() as session:  # each child has its turn before its parent, and answers it by lapsing
        for row in session.exec(select(Case).where(Case.procedure == "offer")):
            assert row.next_check_at
            row.next_check_at -= timedelta(days=30)

    office.on("2026-01-27").sweep()

    assert office.codes("offer") == ["OFF-2026-001", "OFF-2026-002"]
    assert [office.state(code) for code in office.codes("offer")] == ["lapsed", "lapsed"]
    assert audit(office.store, now=office.now, wall=office.now).found == []
    office.store.close()
