"""What a sweep leaves behind: an up-to-date read model; and one bad case stops nobody (design, law 5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, update
from sqlmodel import col, select

from models.case import Case, OpenObligation
from models.operation import Incident
from models.organisation import Person
from models.session import Store
from tests.databases import Databases
from tests.service.office import Office, found
from tijdig.engine import Close, DueRule, Fact, Goal, Procedure, Step, reached, weeks
from tijdig.engine.errors import Refused
from tijdig.service.compose import compose
from tijdig.service.sweep import sweep
from tijdig.service.work import Work

URL = "https://tijdig.zorg.example"
VISIT = Procedure(
    "visit", code="VIS", title="Bezoek", revision=1, subject="lid", owner="kwaliteitsadviseur", late_to="directeur",
    facts=(Fact("visit_on", "date", "Dag van het bezoek"),), opens_with=("visit_on",),
    goals=(Goal("visited", "Bezocht", DueRule(after="visit_on", within=weeks(2)), met_by=reached("visit_on")),),
    steps=(Step("report", "Schrijf het verslag", "kwaliteitsadviseur", outcomes=(Close("done", "Gedaan"),)),),
)  # fmt: skip


def spoil(office: Office, code: str) -> None:
    """Make a case's row contradict its log: nothing can be added to that any more."""
    with office.store.write() as session:
        session.exec(select(Case).where(Case.code == code)).one().seq = 0


def test_a_case_that_stays_bad_for_months_is_tried_each_day_and_stops_no_other(office: Office) -> None:
    office.choose("red_decider", "directeur")
    office.open("orange-status", "lid-001", orange_on="2026-01-05")
    office.on("2026-01-06").open("orange-status", "lid-002", orange_on="2026-01-06")
    spoil(office, "ORA-2026-001")

    others = set()
    for day in range(90):
        now = office.on("2026-01-07").now + timedelta(days=day)
        others |= {done.case for done in sweep(office.store, now=now, wall=now).effects}

    with office.reading() as session:
        incident = session.exec(select(Incident)).one()
    assert others == {"ORA-2026-002"}
    assert incident.retry_at
    assert incident.retry_at - incident.last_at == timedelta(days=1)
    assert incident.count > 40


def test_what_a_day_alone_changes_leaves_the_lists_though_nothing_happens(databases: Databases) -> None:
    office = Office(found(databases.new(), [VISIT]))
    office.open("visit", "lid-001", visit_on="2026-02-02")

    assert office.on("2026-02-02").sweep() == []

    with office.reading() as session:
        assert session.exec(select(OpenObligation.step)).all() == ["report"]
    office.store.close()


def test_a_batch_whose_commit_failed_is_told_once(office: Office) -> None:
    office.choose("red_decider", "directeur")
    office.open("orange-status", "lid-001", orange_on="2026-01-05")
    now, left = office.on("2026-02-10").now, [True]

    def fail_once(_: object) -> None:
        if left and left.pop():
            raise RuntimeError("the commit failed")

    event.listen(office.store._sweeps, "commit", fail_once)
    swept = sweep(office.store, now=now, wall=now)

    assert not left
    assert (swept.checked, len(swept.effects)) == (1, len({done.key for done in swept.effects}))
    assert swept.effects


def test_who_finds_a_case_changed_since_it_was_claimed_is_told_so_and_not_that_a_lock_was_held(office: Office) -> None:
    office.choose("red_decider", "directeur")
    office.open("orange-status", "lid-001", orange_on="2026-01-05")

    with office.store.write() as session:
        work = Work(session)
        cases = work.claim("code = ?", "ORA-2026-001")
        session.execute(update(Case).values(seq=col(Case.seq) + 1))
        work.sweep(cases, office.on("2026-02-02").now)
        with pytest.raises(Refused, match="this very moment") as refused:
            work.flush()

    assert refused.value.code == "CHANGED"


@pytest.mark.only_on("postgresql", reason="SQLite has one lock: who does not get it does nothing")
def test_a_case_that_is_kept_waiting_by_a_lock_is_due_still_and_not_set_apart(office: Office) -> None:
    office.choose("red_decider", "directeur")
    for member in ("lid-001", "lid-002"):
        office.open("orange-status", member, orange_on="2026-01-05")
    with office.store.write() as session:
        compose(session, now=office.now, url=URL)
    hasty = Store.at(office.store.url.render_as_string(hide_password=False), wait_seconds=0.05)
    now = office.on("2026-02-02").now

    with office.store.write() as holding:
        holding.exec(select(Person).where(Person.id == "lid-001").with_for_update()).one()  # whom its mail is for
        meanwhile = sweep(hasty, now=now, wall=now, url=URL)
    after = sweep(hasty, now=now, wall=now, url=URL)
    hasty.close()

    assert {done.case for done in meanwhile.effects} == {"ORA-2026-002"}
    assert {done.case for done in after.effects} == {"ORA-2026-001"}
    assert meanwhile.incidents == after.incidents == []
