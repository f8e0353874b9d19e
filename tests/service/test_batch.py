"""Many cases from one file: opened or decided on the trial clock, all of them or none (cli.md, `--batch`)."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import event
from sqlmodel import col, select

from models.case import Case, Log, OpenObligation
from models.operation import Installation
from models.session import Store
from tests.databases import Databases
from tests.service.house import NOW, new_house
from tijdig.service.batch import Batched, decide_batch, start_batch
from tijdig.service.held import find
from tijdig.service.sample import load_sample

WALL = datetime(2026, 11, 24, 7, tzinfo=UTC)
START, DECIDE = "procedure,subject,by,at,orange_on", "case,step,outcome,by,for,reason,at"
REASON = "geen voortgang na twee gesprekken"


@pytest.fixture(scope="module")
def founded(shared_databases: Databases) -> str:
    address = shared_databases.new()
    store = new_house(address)
    with store.write() as session:
        load_sample(session, by="beheer", now=NOW)
    store.close()
    return address


@pytest.fixture
def store(databases: Databases, founded: str) -> Iterator[Store]:
    """A trial with the sample, in which nothing was done yet."""
    store = Store.at(databases.copy(founded))
    yield store
    store.close()


def start(store: Store, *rows: str, header: str = START, plan: bool = False) -> Batched:
    with store.write() as session:
        return start_batch(session, "\n".join((header, *rows)).encode(), wall=WALL, plan=plan)


def decide(store: Store, *rows: str, header: str = DECIDE) -> Batched:
    with store.write() as session:
        return decide_batch(session, "\n".join((header, *rows)).encode(), wall=WALL)


def places(done: Batched) -> list[str]:
    assert done.problems
    assert (done.cases, done.effects) == ((), ())
    return [f"{problem.row} {problem.column}" for problem in done.problems]


def clock(store: Store) -> datetime | None:
    with store.read() as session:
        return session.exec(select(Installation.trial_now)).one()


def states(store: Store) -> dict[str, str]:
    with store.read() as session:
        return {case.subject: case.state for case in session.exec(select(Case))}


# --- opening


def test_each_row_opens_a_case_at_its_own_moment_and_leaves_the_clock_at_the_last(store: Store) -> None:
    done = start(
        store,
        "orange-status,lid-001,adviser1,2026-01-05,2026-01-05",
        "orange-status,lid-011,adviser2,2026-01-07T14:30,5-1-2026",
    )

    assert (done.cases, done.problems) == (("ORA-2026-001", "ORA-2026-002"), ())
    assert clock(store) == datetime(2026, 1, 7, 13, 30, tzinfo=UTC)
    with store.read() as session:
        second = find(session, "orange-status/lid-011")
        norm = session.get_one(OpenObligation, (second.id, "norm", 1))
        assert (str(second.opened_on), str(norm.due)) == ("2026-01-07", "2026-03-30")


def test_running_work_is_taken_over_half_way_with_its_earlier_facts(store: Store) -> None:
    start(store, "orange-status,lid-001,adviser1,2026-02-23,2026-01-05,recheck", header=f"{START},step")

    with store.read() as session:
        standing = session.exec(select(OpenObligation.step).where(OpenObligation.kind == "step"))
        spoke = session.exec(select(Log.key).where(col(Log.key).contains("/remind/"), col(Log.overtaken).is_(None)))
        assert (sorted(standing), spoke.all()) == (["judge", "recheck"], [])


def test_a_plan_tells_what_would_happen_and_does_nothing(store: Store) -> None:
    done = start(store, "orange-status,lid-001,adviser1,2026-03-23,2026-01-05", plan=True)

    assert done.cases == ("ORA-2026-001",)
    assert {"task", "remind"} <= {each.effect.kind for each in done.effects}
    assert (states(store), clock(store)) == ({}, None)


WRONG_STARTS = {
    "an unknown procedure": ("orange,lid-001,adviser1,2026-01-05,2026-01-05", "2 procedure", "orange-status"),
    "an unknown member": ("orange-status,lid-099,adviser1,2026-01-05,2026-01-05", "2 ", "lid-099"),
    "who may not": ("orange-status,lid-001,buyer1,2026-01-05,2026-01-05", "2 by", "kwaliteitsadviseur"),
    "nobody": ("orange-status,lid-001,,2026-01-05,2026-01-05", "2 by", "leeg"),
    "no such moment": ("orange-status,lid-001,adviser1,maandag,2026-01-05", "2 at", "2026-03-30T17:00"),
    "an hour that the clock skips": ("orange-status,lid-001,adviser1,2026-03-29T02:30,2026-01-05", "2 at", "02:30"),
    "a fact that does not fit": ("orange-status,lid-001,adviser1,2026-01-05,gisteren", "2 orange_on", "15-10-2021"),
    "a required fact that is absent": ("orange-status,lid-001,adviser1,2026-01-05,", "2 ", "orange_on"),
}


@pytest.mark.parametrize(("row", "place", "said"), WRONG_STARTS.values(), ids=WRONG_STARTS)
def test_a_row_that_cannot_be_opened_says_where_and_what_to_do(store: Store, row: str, place: str, said: str) -> None:
    done = start(store, row)

    assert places(done) == [place]
    assert said in done.problems[0].problem


def test_a_bad_row_hides_no_other_and_none_is_opened(store: Store) -> None:
    done = start(
        store,
        "orange-status,lid-001,adviser1,2026-01-05,2026-01-05,,",
        "orange-status,lid-002,adviser1,2026-01-06,gisteren,123456782,",
        "orange-status,lid-003,adviser1,2026-01-06,2026-01-05,,ja",
        "orange-status,lid-001,adviser1,2026-01-06,2026-01-05,,",
        "orange-status,lid-004,adviser1,2026-01-05,2026-01-05,,",
        header=f"{START},explanation,vg7",
    )

    assert places(done) == ["3 orange_on", "3 explanation", "4 vg7", "5 subject", "6 at"]
    assert (states(store), clock(store)) == ({}, None)


def test_a_file_without_its_columns_is_told_so_and_not_tried(store: Store) -> None:
    assert places(start(store, "orange-status,lid-001", header="procedure,subject")) == ["1 by", "1 at"]


def test_nothing_goes_back_before_the_clock(store: Store) -> None:
    start(store, "orange-status,lid-001,adviser1,2026-01-07,2026-01-05")

    assert places(start(store, "orange-status,lid-002,adviser1,2026-01-06,2026-01-05")) == ["2 at"]


def test_a_live_installation_opens_now_and_takes_no_moment(databases: Databases) -> None:
    live = new_house(databases.new(), mode="live")
    with live.write() as session:
        load_sample(session, by="beheer", now=NOW)

    assert places(start(live, "orange-status,lid-001,adviser1,2026-01-05,2026-01-05")) == ["2 at"]
    assert start(live, "orange-status,lid-001,adviser1,,2026-11-23").cases == ("ORA-2026-001",)
    live.close()


# --- deciding


@pytest.fixture
def orange(store: Store) -> Store:
    """With orange cases of lid-001 (adviser1) and lid-011 (adviser2) since 5 January."""
    start(
        store,
        "orange-status,lid-001,adviser1,2026-01-05,2026-01-05",
        "orange-status,lid-011,adviser2,2026-01-05,2026-01-05",
    )
    return store


def test_each_row_decides_at_its_own_moment_by_code_or_by_procedure_and_subject(orange: Store) -> None:
    done = decide(
        orange,
        "ORA-2026-001,judge,green,adviser1,,,2026-02-16",
        f"orange-status/lid-011,judge,red,adviser2,,{REASON},2026-03-27",
        f"ORA-2026-002,confirm_red,red,director1,,{REASON},2026-03-30",
    )

    assert (len(done.cases), done.problems) == (3, ())
    with orange.read() as session:
        assert [find(session, case).state for case in ("ORA-2026-001", "ORA-2026-002")] == ["green", "red"]


def test_a_decision_catches_its_case_up_first(orange: Store) -> None:
    done = decide(orange, "ORA-2026-001,judge,green,adviser1,,,2026-03-09")

    reminded = [each.effect.rule for each in done.effects if each.effect.kind == "remind"]
    assert reminded == ["week_4", "week_8"]


def test_the_fields_of_a_form_are_columns_and_who_enters_for_a_member_says_so(orange: Store) -> None:
    done = decide(
        orange,
        "ORA-2026-001,send_actions,sent,adviser1,,,2026-01-06,Mist: risico-inventarisatie",
        header=f"{DECIDE},actions",
    )

    assert done.problems == ()
    assert places(decide(orange, "ORA-2026-001,improve,handed_in,buyer1,lid-001,,2026-01-07")) == ["2 by"]


WRONG_DECISIONS = {
    "an unknown case": ("ORA-2026-009,judge,green,adviser1,,,2026-02-16,", "2 case", "tijdig cases"),
    "an unknown step": ("ORA-2026-001,advise,green,adviser1,,,2026-02-16,", "2 step", "advise"),
    "an unknown outcome": ("ORA-2026-001,judge,blue,adviser1,,,2026-02-16,", "2 outcome", "green, red"),
    "no reason where one is asked": ("ORA-2026-001,judge,red,adviser1,,,2026-02-16,", "2 ", "reason"),
    "a BSN as reason": ("ORA-2026-001,judge,red,adviser1,,client 123456782,2026-02-16,", "2 reason", "BSN"),
    "a field that no form has": ("ORA-2026-001,judge,green,adviser1,,,2026-02-16,x", "2 colour", "colour"),
    "somebody without the role": ("ORA-2026-001,judge,green,wlz1,,,2026-02-16,", "2 by", "adviser1"),
}


@pytest.mark.parametrize(("row", "place", "said"), WRONG_DECISIONS.values(), ids=WRONG_DECISIONS)
def test_a_row_that_cannot_be_decided_says_where_and_what_to_do(orange: Store, row: str, place: str, said: str) -> None:
    before = states(orange)

    done = decide(orange, "orange-status/lid-011,judge,green,adviser2,,,2026-02-15,", row, header=f"{DECIDE},colour")

    assert places(done) == [place.replace("2 ", "3 ")]
    assert said in done.problems[0].problem
    assert states(orange) == before


def test_who_proposed_red_cannot_confirm_it_in_the_same_file_either(orange: Store) -> None:
    done = decide(
        orange,
        f"ORA-2026-001,judge,red,beheer,,{REASON},2026-02-16",
        f"ORA-2026-001,confirm_red,red,beheer,,{REASON},2026-02-16",
    )

    assert places(done) == ["3 by"]


# --- cost


def test_a_file_takes_no_statement_for_each_row(store: Store) -> None:
    few = statements(store, 20)

    assert statements(store, 40) <= few + 1  # on PostgreSQL ids come in growing blocks


def statements(store: Store, members: int) -> int:
    """How many statements it takes to plan an orange case for so many members."""
    rows = (f"orange-status,lid-{n:03},beheer,2026-01-05,2026-01-05" for n in range(1, members + 1))
    counted: list[object] = []
    with store.write() as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *said: counted.append(said[2]))
        start_batch(session, "\n".join((START, *rows)).encode(), wall=WALL, plan=True)
    return len(counted)
