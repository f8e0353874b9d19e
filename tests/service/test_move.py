"""Moving running cases to newer versions in bulk: previewed, resumable, and one bad case stops nobody (law 4, 5)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from models.case import Case, Log, Payload
from models.message import Notice
from models.operation import Event, Incident
from models.schema import METADATA
from tests.databases import Databases
from tests.service.office import REASON, Office, found
from tijdig.engine import Close, DueRule, Fact, Go, Procedure, Step, weeks
from tijdig.engine.errors import FourEyes
from tijdig.service import pins
from tijdig.service.cases import Doing
from tijdig.service.chain import courses
from tijdig.service.held import LOADER, find
from tijdig.service.moving import Moved, To, begin_move, move, staying
from tijdig.service.pins import pins_of

ONE, TWO, THREE = (f"orange-status/lid-00{n}" for n in (1, 2, 3))


@pytest.fixture
def running(office: Office) -> Office:
    """Three orange cases of 5 January, swept until 9 February; then the house chose ten weeks instead of twelve."""
    office.choose("red_decider", "directeur")
    for member in ("lid-001", "lid-002", "lid-003"):
        office.open("orange-status", member, orange_on="2026-01-05")
    for day in ("2026-01-13", "2026-02-02", "2026-02-09"):
        office.on(day).sweep()
    office.choose("orange_term", "10 weken")
    return office


def moves(office: Office, *names: str, to: To | None = None, plan: bool = False) -> Moved:
    doing = Doing("adviser1", office.now, reason=REASON)
    with office.store.write() as session:
        named = begin_move(session, names, to, doing)
        if plan:
            session.rollback()
    return move(office.store, named, to, doing, plan=plan)


def dump(office: Office) -> dict[str, list[Any]]:
    with office.reading() as session:
        return {t.name: sorted(session.execute(t.select()).all(), key=repr) for t in METADATA.sorted_tables}


def codes(moved: Moved) -> list[str]:
    return [code for code, _ in moved.cases]


def test_the_dates_of_all_running_cases_move_and_each_says_so_in_its_log(running: Office) -> None:
    moved = moves(running)

    assert codes(moved) == ["ORA-2026-001", "ORA-2026-002", "ORA-2026-003"]
    assert {(m.step, str(m.before), str(m.after)) for _, found in moved.cases for m in found if m.kind == "due"} == {
        ("norm", "2026-03-30", "2026-03-16"), ("judge", "2026-03-30", "2026-03-16"),
        ("improve", "2026-03-16", "2026-03-02"),
    }  # fmt: skip
    assert [running.due(case, "judge") for case in (ONE, TWO, THREE)] == ["2026-03-16"] * 3
    with running.reading() as session:
        entry, body = session.exec(
            select(Log, Payload.body)
            .join(Payload, col(Payload.log_id) == col(Log.id))
            .where(Log.kind == "move")
            .limit(1)
        ).one()
        [event] = session.exec(select(Event).where(Event.kind == "move"))
    assert (entry.actor, json.loads(body)) == (
        "adviser1", {"outcome": "revision 1 -> 1, settings 2 -> 3, calendar 1 -> 1", "reason": REASON}
    )  # fmt: skip
    assert json.loads(event.detail) == {"cases": [], "reason": REASON, "to": None}


def test_who_was_told_the_old_date_is_told_the_new_one_and_no_storm_holds_that(running: Office) -> None:
    moves(running)

    told = running.said("F", "judge")
    assert {(each["to"], each["before"], each["after"], each["released"]) for each in told} == {
        ("kwaliteitsadviseur", "2026-03-30", "2026-03-16", True)
    }


def test_what_was_caught_up_on_the_way_is_not_released_and_what_the_move_brings_is(running: Office) -> None:
    running.on("2026-03-10")  # the reminder of week 8 was not swept yet, and that of the shorter term is past too

    moves(running, ONE)

    with running.reading() as session:
        fresh = session.exec(select(Notice).where(Notice.kind == "E").order_by(col(Notice.id).desc()).limit(3)).all()
    assert {(each.step, "released" in json.loads(each.variables)) for each in fresh} == {
        ("improve", False), ("norm", True),
    }  # fmt: skip


def test_a_plan_tells_the_same_and_leaves_nothing(running: Office) -> None:
    before = dump(running)

    planned = moves(running, plan=True)

    assert dump(running) == before
    assert planned == moves(running)


def test_a_move_goes_on_where_it_was_broken_off(running: Office) -> None:
    assert codes(moves(running, TWO)) == ["ORA-2026-002"]
    assert codes(moves(running)) == ["ORA-2026-001", "ORA-2026-003"]
    assert codes(moves(running)) == []


TO = [("calendar", []), ("definition", []), ("settings", ["ORA-2026-001", "ORA-2026-002", "ORA-2026-003"])]


@pytest.mark.parametrize(("to", "moved"), TO)
def test_one_kind_of_version_moves_alone(running: Office, to: To, moved: list[str]) -> None:
    assert codes(moves(running, to=to)) == moved


def test_a_closed_day_moves_by_the_calendar(office: Office) -> None:
    office.choose("red_decider", "directeur")
    office.open("orange-status", "lid-001", orange_on="2026-01-05")
    office.choose("extra_closed", "2026-01-08")
    with office.reading() as session:
        assert (staying(session, "extra_closed"), staying(session, "orange_term")) == (1, 0)

    [(_, found)] = moves(office, to="calendar").cases

    assert [(m.step, m.kind, str(m.before), str(m.after)) for m in found] == [
        ("send_actions", "due", "2026-01-12", "2026-01-13"), ("send_actions", "escalate", "2026-01-13", "2026-01-14"),
    ]  # fmt: skip
    with office.reading() as session:
        assert staying(session, "extra_closed") == 0


def test_a_closed_case_is_refused_by_name_and_left_alone_in_bulk(running: Office) -> None:
    running.decide(ONE, "judge", "green", "adviser1")

    by_name = moves(running, ONE)

    assert [(case, problem.code) for case, problem in by_name.refused] == [("ORA-2026-001", "CLOSED")]
    assert codes(by_name) == []
    assert codes(moves(running)) == ["ORA-2026-002", "ORA-2026-003"]


def test_a_case_that_fails_is_an_incident_until_it_moves(running: Office) -> None:
    with running.store.write() as session:
        seq = find(session, TWO).seq
        session.execute(text("update case_ set seq = 0 where code = 'ORA-2026-002'"))

    moved = moves(running)

    assert codes(moved) == ["ORA-2026-001", "ORA-2026-003"]
    assert [each["case"] for each in moved.incidents] == ["ORA-2026-002"]
    with running.store.write() as session:
        assert session.exec(select(Incident.key)).all() == ["move/ORA-2026-002"]
        session.execute(text(f"update case_ set seq = {seq} where code = 'ORA-2026-002'"))
    assert codes(moves(running)) == ["ORA-2026-002"]
    with running.reading() as session:
        assert session.exec(select(Incident.key)).all() == [None]


# --- definitions


def visit(revision: int, **more: Any) -> Procedure:
    steps = (
        Step("ask", "Vraag", "kwaliteitsadviseur", undated="proef", outcomes=(Go("yes", "Ja"), Go("no", "Nee"))),
        Step("weigh", "Weeg", "kwaliteitsadviseur", due=DueRule(after="visit_on", within=weeks(4), basis="norm"),
             outcomes=(Close("done", "Klaar"),)),
    )  # fmt: skip
    given: dict[str, Any] = {"steps": steps, "facts": (Fact("visit_on", "date", "Dag van het bezoek"),)}
    return Procedure(
        "visit", code="VIS", title="Bezoek", revision=revision, subject="lid", owner="kwaliteitsadviseur",
        late_to="directeur", opens_with=("visit_on",), **{**given, **more},
    )  # fmt: skip


FIRST = visit(1)
ASK, WEIGH = FIRST.steps


@pytest.fixture
def visits(databases: Databases) -> Iterator[Office]:
    """Two visits under revision 1, alike but for who did the first step."""
    office = Office(found(databases.new(), [FIRST]))
    for member, by in (("lid-001", "adviser1"), ("lid-002", "adviser2")):
        office.open("visit", member, visit_on="2026-01-05")
        office.decide(f"visit/{member}", "ask", "yes", by)
    yield office
    office.store.close()


def publish(office: Office, *procedures: Procedure) -> None:
    with office.store.write() as session:
        pins.publish(session, procedures, now=office.now, by="test")


def test_a_case_of_which_the_log_names_what_is_gone_is_refused_and_the_others_move(visits: Office) -> None:
    visits.open("visit", "lid-003", visit_on="2026-01-05")
    publish(visits, visit(2, steps=(replace(ASK, outcomes=(Go("no", "Nee"),)), WEIGH)))

    moved = moves(visits)

    assert codes(moved) == ["VIS-2026-003"]
    assert [(case, problem.code, problem.problem) for case, problem in moved.refused] == [
        (f"VIS-2026-00{n}", "NO_OUTCOME", "Step 'ask' has no outcome 'yes' any more") for n in (1, 2)
    ]


def test_four_eyes_that_a_move_brings_look_at_what_was_done_before(visits: Office) -> None:
    publish(visits, visit(2, steps=(ASK, replace(WEIGH, not_by=("ask",)))))

    assert len(moves(visits).cases) == 2

    visits.decide("visit/lid-002", "weigh", "done", "adviser1")
    with pytest.raises(FourEyes):
        visits.decide("visit/lid-001", "weigh", "done", "adviser1")


def test_a_subject_with_two_cases_keeps_both_where_the_new_revision_allows_one(databases: Databases) -> None:
    office = Office(found(databases.new(), [visit(1, one_open=False)]))
    for _ in range(2):
        office.open("visit", "lid-001", visit_on="2026-01-05")
    publish(office, visit(2))

    moved = moves(office)

    assert codes(moved) == ["VIS-2026-001"]
    assert [(case, problem.code) for case, problem in moved.refused] == [("VIS-2026-002", "ALREADY_OPEN")]
    office.store.close()


def test_after_a_move_a_case_stands_where_its_log_says(visits: Office) -> None:
    publish(visits, visit(2, steps=(ASK, replace(WEIGH, not_by=("ask",)))))
    moves(visits)
    publish(visits, visit(3))
    visits.on("2026-01-06")
    moves(visits)

    with visits.reading() as session:
        for row in session.exec(select(Case)):
            assert row.course == course(session, row)


def course(session: Session, row: Case) -> bytes:
    apart = LOADER.load(session, pins_of(row)).keeps_apart
    return courses(session, {row.id or 0: apart})[row.id or 0]


def test_moved_cases_go_on_as_one_that_was_opened_so(running: Office) -> None:
    moves(running)
    ends = running.on("2026-03-17").sweep()

    assert [line for line in ends if line.startswith("escalate norm")] == ["escalate norm overdue > D directeur"] * 3
