"""The audit finds and mends whatever in the rows of a case differs from what its log comes to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models.case import Case, OpenObligation
from models.operation import Incident, Run
from models.organisation import Subject
from models.schema import METADATA
from tests.service.office import Office
from tijdig.service.audit import Audited, audit
from tijdig.service.cases import Doing
from tijdig.service.held import find
from tijdig.service.moving import move
from tijdig.service.sweep import sweep

CODE, CASE = "ORA-2026-001", "orange-status/lid-001"


@pytest.fixture
def orange(office: Office) -> Office:
    """An orange case in its fifth week, and one that became green."""
    office.choose("red_decider", "directeur")
    office.open("orange-status", "lid-001", orange_on="2026-01-05")
    office.open("orange-status", "lid-002", orange_on="2026-01-05")
    office.on("2026-01-07").act(CASE, "take", step="judge")
    office.on("2026-01-13").sweep()
    office.on("2026-01-20").decide("orange-status/lid-002", "judge", "green", "adviser1")
    office.on("2026-02-02").sweep()
    return office


def audited(office: Office) -> Audited:
    return audit(office.store, now=office.now, wall=office.now)


def differences(office: Office) -> list[tuple[str, bool]]:
    return [(each.case, each.mended) for each in audited(office).found]


def tamper(office: Office, statement: str) -> None:
    with office.store.write() as session:
        session.execute(text(statement))


def rows(office: Office) -> dict[str, list[Any]]:
    """All that stands beside the log."""
    tables = [METADATA.tables[str(table.__tablename__)] for table in (Case, OpenObligation)]
    with office.reading() as session:
        return {t.name: [tuple(row) for row in session.execute(t.select().order_by(*t.primary_key))] for t in tables}


def incidents(office: Office) -> list[str]:
    with office.reading() as session:
        return [incident.cause for incident in session.exec(select(Incident)) if incident.key]


def test_nothing_differs_in_what_tijdig_wrote(orange: Office) -> None:
    before = rows(orange)

    assert audited(orange) == Audited(1, [])

    assert rows(orange) == before
    assert incidents(orange) == []
    with orange.reading() as session:
        run = session.exec(select(Run).where(Run.kind == "audit")).one()
    assert run.counts == '{"checked":1,"incidents":0}'


CASES = [
    ("version = 7", "version was 7, moet 2"),
    ("seq = 3", "seq was 3, moet 8"),
    ("course = head", "course was"),
    ("alone = false", "alone was False, moet True"),
    ("state = 'green'", "state was green, moet open"),
    ("closed_on = '2026-01-20'", "closed_on was 2026-01-20, moet leeg"),
    ("next_check_at = null", "next_check_at was leeg, moet ma 2 mrt 2026, 00:00"),
    ("next_check_at = LATE", "next_check_at was ma 9 mrt 2026, 00:00, moet ma 2 mrt 2026, 00:00"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "said"), CASES, ids=[row[0] for row in CASES])
def test_a_column_of_a_case_that_was_changed_is_found_and_put_right(orange: Office, changed: str, said: str) -> None:
    before = rows(orange)
    late = "1773010800000000" if "sqlite" in str(orange.store.url) else "'2026-03-08T23:00Z'"
    tamper(orange, f"update case_ set {changed.replace('LATE', late)} where code = '{CODE}'")

    assert differences(orange) == [(CODE, True)]

    assert rows(orange) == before
    [cause] = incidents(orange)
    assert said in cause
    assert differences(orange) == []


STANDING = [
    "kind = 'goal'", "label = 'Iets anders'", "role = 'directeur'", "assignee = ''", "opened_on = '2026-01-06'",
    "start_on = null", "nominal = '2026-04-01'", "due = '2026-04-01'", "due_time = '17:00'", "late_from = null",
    "safe = null", "basis = 'wettelijk'", "fatal = true", "uncertain = true", "step = 'improved'", "round = 2",
]  # fmt: skip


@pytest.mark.parametrize("changed", STANDING)
def test_a_column_of_an_obligation_that_was_changed_is_found_and_put_right(orange: Office, changed: str) -> None:
    before = rows(orange)
    tamper(orange, f"update open_obligation set {changed} where step = 'judge'")

    assert differences(orange) == [(CODE, True)]

    assert rows(orange) == before
    [cause] = incidents(orange)
    assert "judge/1" in cause


def test_an_obligation_that_is_gone_comes_back_and_one_of_a_closed_case_goes(orange: Office) -> None:
    before = rows(orange)
    with orange.reading() as session:
        open_id, closed_id = (find(session, f"orange-status/lid-00{n}").id for n in (1, 2))
    tamper(orange, "delete from open_obligation where step = 'improve'")
    tamper(orange, f"update open_obligation set case_id = {closed_id} where step = 'judge' and case_id = {open_id}")

    assert differences(orange) == [(CODE, True), ("ORA-2026-002", True)]

    assert rows(orange) == before
    assert "judge/1 ontbrak" in incidents(orange)[0]
    assert "judge/1 stond er ten onrechte" in incidents(orange)[1]


def test_what_was_slept_through_is_for_the_sweep_to_do(orange: Office) -> None:
    tamper(orange, f"update case_ set next_check_at = null where code = '{CODE}'")
    orange.on("2026-03-10")

    assert differences(orange) == [(CODE, True)]

    assert "remind improve week_8 > E lid, E kwaliteitsadviseur" in orange.sweep()
    assert differences(orange) == []


def test_a_case_that_is_due_is_left_to_the_sweep(orange: Office) -> None:
    assert differences(orange.on("2026-03-10")) == []


def test_a_case_that_stands_apart_may_wait_for_its_retry(orange: Office) -> None:
    with orange.store.write() as session:
        seq = find(session, CASE).seq
        session.execute(text(f"update case_ set seq = 0 where code = '{CODE}'"))
    now = orange.on("2026-03-10").now
    assert sweep(orange.store, now=now, wall=now).incidents

    assert differences(orange) == [(CODE, True)]  # its seq, and nothing else

    with orange.reading() as session:
        assert find(session, CASE).seq == seq
    assert sweep(orange.store, now=now + timedelta(hours=2), wall=now).incidents == []


def test_a_log_that_lost_an_entry_is_told_and_left_as_it_is(orange: Office) -> None:
    with orange.reading() as session:
        last = find(session, CASE).seq
    with orange.store.write() as session:
        _unguard(session)
        session.execute(text("delete from notice where log_id in (select id from log where seq = :n)"), {"n": last})
        session.execute(text("delete from log where seq = :n and case_id = 1"), {"n": last})
    before = rows(orange)

    assert differences(orange) == [(CODE, False)]

    assert rows(orange) == before


def _unguard(session: Session) -> None:
    """As somebody would who may do anything with the database."""
    if session.get_bind().dialect.name == "sqlite":
        names = session.execute(text("select name from sqlite_master where type = 'trigger'")).scalars().all()
        for name in names:
            session.execute(text(f"drop trigger {name}"))
    else:
        session.execute(text("alter table log disable trigger user"))
        session.execute(text("alter table payload disable trigger user"))


def test_a_case_that_cannot_be_read_is_told_and_stops_no_other(orange: Office) -> None:
    orange.open("orange-status", "lid-003", orange_on="2026-02-02")
    with orange.store.write() as session:
        _unguard(session)
        session.execute(text("update payload set body = '{' where log_id in (select id from log where case_id = 1)"))
    tamper(orange, "update case_ set version = 9 where subject = 'lid-003'")

    assert differences(orange) == [(CODE, False), ("ORA-2026-003", True)]


def test_what_was_put_right_is_shown_for_three_days(orange: Office) -> None:
    tamper(orange, "update case_ set version = 9 where subject = 'lid-001'")
    audited(orange)

    shown = []
    for day in (3, 4, 5):
        audited(orange.on(date(2026, 2, day), "03:00"))
        shown.append(len(incidents(orange)))
    audited(orange.on("2026-02-05", "09:00"))

    assert shown == [1, 1, 1]
    assert incidents(orange) == []


MANY = 300


@pytest.fixture
def crowd(office: Office) -> Office:
    """Three hundred running cases in every stage: acted in, corrected, late, with a case that follows from them."""
    office.choose("red_decider", "directeur")
    with office.store.write() as session:
        session.add_all(Subject(ref=f"lid-{n}") for n in range(1000, 1000 + MANY))
    for n in range(MANY):
        case, day = f"orange-status/lid-{1000 + n}", office.day
        office.open("orange-status", f"lid-{1000 + n}", orange_on=str(day - timedelta(days=n % 80)))
        for deed in _DEEDS[: n % (len(_DEEDS) + 1)]:
            deed(office, case)
        if n % 30 == 29:
            office.on(office.day + timedelta(days=8)).sweep()
    office.choose("orange_term", "10 weken")
    return office


_DEEDS: list[Callable[[Office, str], object]] = [
    lambda office, case: office.decide(case, "send_actions", "sent", "adviser1", actions="Plannen bijwerken."),
    lambda office, case: office.act(case, "take", step="judge"),
    lambda office, case: office.correct(case, orange_on=str(office.day - timedelta(days=100))),
    lambda office, case: office.decide(case, "judge", "red", "adviser1"),
    lambda office, case: office.decide(case, "confirm_red", "red", "director1"),
]


def test_in_three_hundred_cases_of_every_stage_nothing_differs(crowd: Office) -> None:
    assert audited(crowd) == Audited(MANY, [])

    doing = Doing("adviser1", crowd.now, reason="besluit van het bestuur")
    assert len(move(crowd.store, [], None, doing).cases) == MANY

    assert audited(crowd) == Audited(MANY, [])
    assert audited(crowd.on(crowd.day + timedelta(days=1))) == Audited(MANY, [])
