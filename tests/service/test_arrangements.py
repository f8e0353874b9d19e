"""The register of what was approved, computed from cases: C-11 and C-12, with X-16 and X-17."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlmodel import select

from flows.zap_approval import ZAP_APPROVAL, ZAP_ARRANGEMENT
from models.organisation import Subject
from tests.service.office import REASON, Office
from tests.service.zap_office import approve, office, settled, unset
from tijdig.engine.errors import Refused
from tijdig.service.arrangements import APPROVAL, ARRANGEMENT, VOID, Arrangement, Scope, register
from tijdig.service.cases import Doing
from tijdig.service.moving import move

__all__ = ["office", "settled", "unset"]  # fixtures
ZAP, ZGA = "zap-approval/lid-001", "zap-arrangement/lid-001"
Deed = Callable[[Office], Any]


def before(office: Office, member: str = "lid-001", **facts: str) -> None:
    """An approval of before Tijdig, entered by the director."""
    known = {"approved_on": "2022-05-02", "sector": "vv", "care": "vpt", "vg7": "nee", "decision": "brief-14", **facts}
    office.open("zap-arrangement", member, "director1", **known)


def asked(office: Office, member: str = "") -> list[Arrangement]:
    with office.reading() as session:
        return register(session, now=office.now, member=member)


def said(found: Arrangement) -> str:
    vg7 = f" vg7 {found.vg7_since}" if found.vg7_since else ""
    return f"{found.sector or '?'} {found.since} > {found.until or ''}{vg7}"


# --- one approval, and what becomes of it


def test_an_approval_stands_from_its_day_with_who_decided(office: Office):
    office.on("2026-01-19")
    approve(office, vg7="ja")

    assert asked(office) == [
        Arrangement("ZGA-2026-001", "lid-001", date(2026, 1, 19), None, "ghz_ggz", "care_24h", date(2026, 1, 19), False,
                    "ZAP-2026-001", "adviser1")
    ]  # fmt: skip


def test_who_decided_for_an_absent_colleague_is_named_with_whom(office: Office):
    office.absent("adviser1", "2026-01-19", "2026-01-19", deputy="director1")
    office.on("2026-01-19")
    approve(office, by="director1")

    [found] = asked(office)
    assert (found.decided_by, found.behalf) == ("director1", "adviser1")


def test_before_the_decision_nothing_is_approved(office: Office):
    office.open("zap-approval", "lid-001")

    assert asked(office) == []


ENDINGS = [
    pytest.param("2026-03-02", lambda o: None, "ghz_ggz 2026-01-19 > ", id="nothing: no end (X-16)"),
    pytest.param("2026-03-02", lambda o: o.act(ZGA, "withdraw"), "ghz_ggz 2026-01-19 > 2026-03-02", id="ended"),
    pytest.param("2026-03-02", lambda o: o.record(ZGA, left_on="2026-02-28"), "ghz_ggz 2026-01-19 > 2026-02-28",
                 id="the member left"),
    pytest.param("2026-03-02", lambda o: o.record(ZGA, left_on="2026-12-31"), "ghz_ggz 2026-01-19 > 2026-12-31",
                 id="the member is going to leave"),
    pytest.param("2026-03-02", lambda o: leaves(o, "2026-09-30"), "ghz_ggz 2026-01-19 > 2026-09-30",
                 id="the members' list has its last day"),
    pytest.param("2026-03-02", lambda o: o.correct(ZGA, "director1", approved_on="2026-02-01"),
                 "ghz_ggz 2026-02-01 > ", id="the day was corrected"),
]  # fmt: skip


def leaves(office: Office, day: str) -> None:
    with office.store.write() as session:
        session.exec(select(Subject).where(Subject.ref == "lid-001")).one().until = date.fromisoformat(day)


@pytest.mark.parametrize(("day", "deed", "line"), ENDINGS)
def test_an_arrangement_ends_as_its_case_and_the_members_list_say(office: Office, day: str, deed: Deed, line: str):
    office.on("2026-01-19")
    approve(office)

    deed(office.on(day))

    assert [said(found) for found in asked(office)] == [line]


VALIDITIES = [
    pytest.param("", "2028-01-19", id="on its last day of validity"),
    pytest.param("renewing", "2028-01-19", id="also when a new plan was asked before"),
    pytest.param("expiring", "2028-01-19", id="also when somebody let it run out before"),
]


@pytest.mark.parametrize(("outcome", "until"), VALIDITIES)
def test_with_a_validity_it_ends(office: Office, outcome: str, until: str):
    office.choose("zap_validity", "2 jaar")
    office.choose("zap_renewal_lead", "3 maanden")
    office.on("2026-01-19")
    approve(office)
    office.on("2027-10-20").sweep()
    if outcome:
        office.decide(ZGA, "renew", outcome, "adviser1")

    assert [said(found) for found in asked(office)] == [f"ghz_ggz 2026-01-19 > {until}"]


def test_a_chosen_validity_reaches_what_was_approved_before_by_a_move(office: Office):
    office.on("2026-01-19")
    approve(office)
    office.choose("zap_validity", "2 jaar")
    assert said(asked(office)[0]) == "ghz_ggz 2026-01-19 > "

    move(office.store, (), "settings", Doing("adviser1", office.now, reason=REASON))

    assert said(asked(office)[0]) == "ghz_ggz 2026-01-19 > 2028-01-19"


# --- what never stood


@pytest.mark.parametrize("act", ["cancel", "merge"])
def test_what_was_opened_in_error_never_stood(office: Office, act: str):
    office.on("2026-01-19")
    approve(office)

    office.act(ZGA, act)

    assert asked(office) == []


def test_an_approval_that_was_taken_back_never_stood_and_a_new_one_counts_from_its_own_day(office: Office):
    office.on("2026-01-19")
    approve(office)
    office.act(ZGA, "withdraw")
    assert said(asked(office)[0]) == "ghz_ggz 2026-01-19 > 2026-01-19"

    office.on("2026-01-20").act(ZAP, "take-back", step="decide")
    assert asked(office) == []

    office.on("2026-01-26").decide(ZAP, "decide", "approved", "adviser2", replaces="nee")
    assert [(said(found), found.decided_by) for found in asked(office)] == [
        ("ghz_ggz 2026-01-19 > 2026-01-19", "adviser2"),
        ("ghz_ggz 2026-01-26 > ", "adviser2"),
    ]


# --- care of VG7: C-12, X-17


def test_vg7_counts_from_its_advice_when_that_may_come_later(office: Office):
    office.choose("vg7_before_start", "nee")
    office.on("2026-01-19").open("zap-approval", "lid-001")
    office.decide(ZAP, "file", "filed", "lid-001", zap="@z", sector="ghz_ggz", care="care_24h", vg7="ja")
    office.decide(ZAP, "wlz_opinion", "positive", "wlz1")
    office.decide(ZAP, "quality_opinion", "positive", "quality1")
    office.decide(ZAP, "decide", "approved", "adviser1", replaces="nee")
    assert said(asked(office)[0]) == "ghz_ggz 2026-01-19 > "

    office.on("2026-02-02").decide(ZGA, "vg7_advice", "positive", "behaviour1")

    assert said(asked(office)[0]) == "ghz_ggz 2026-01-19 >  vg7 2026-02-02"


SLY = [
    pytest.param(lambda o: o.correct(ZGA, "director1", vg7="ja"), id="by a correction"),
    pytest.param(lambda o: o.act(ZGA, "not-applicable", step="vg7_advice"), id="by passing the advice over"),
]


@pytest.mark.parametrize("deed", SLY)
def test_nobody_comes_by_vg7_without_advice(office: Office, deed: Deed):
    office.on("2026-01-19")
    approve(office)

    with suppress(Refused):
        deed(office)

    assert asked(office)[0].vg7_since is None


def test_of_an_approval_from_before_the_advice_is_asked_unless_it_is_known(office: Office):
    before(office, "lid-001", vg7="ja")
    before(office, "lid-002", vg7="ja", vg7_on="2022-06-01")

    assert [said(found) for found in asked(office)] == ["vv 2022-05-02 > ", "vv 2022-05-02 >  vg7 2022-06-01"]
    assert office.tasks(ZGA) == ["vg7_advice gedragskundige"]
    assert [(found.decision, found.decided_by) for found in asked(office)] == [("brief-14", "director1")] * 2


# --- several plans


def test_a_plan_of_another_sector_stands_beside_and_one_that_replaces_ends_the_earlier_of_its_own(office: Office):
    before(office, sector="vv")
    before(office, sector="ghz_ggz", vg7="ja", vg7_on="2022-05-02")
    office.on("2026-01-19")

    approve(office, replaces="ja")

    assert [said(found) for found in asked(office)] == [
        "ghz_ggz 2022-05-02 > 2026-01-18 vg7 2022-05-02", "ghz_ggz 2026-01-19 > ", "vv 2022-05-02 > ",
    ]  # fmt: skip


def test_a_plan_that_replaces_nothing_stands_beside_the_earlier_one(office: Office):
    before(office, sector="ghz_ggz")
    office.on("2026-01-19")

    approve(office)

    assert [said(found) for found in asked(office)] == ["ghz_ggz 2022-05-02 > ", "ghz_ggz 2026-01-19 > "]


def test_one_member_is_asked_alone(office: Office):
    for member in ("lid-001", "lid-002"):
        before(office, member)

    assert [found.member for found in asked(office, "lid-002")] == ["lid-002"]


# --- what is no longer known


@pytest.mark.parametrize("ended", [False, True])
def test_of_an_erased_approval_only_its_days_are_known(office: Office, ended: bool):
    office.on("2026-01-19")
    approve(office)
    if ended:
        office.on("2026-03-02").act(ZGA, "withdraw")
    with office.store.write() as session:  # as a retention run will be let through
        on_sqlite = office.store.path is not None
        session.execute(text(f"drop trigger {'payload_delete' if on_sqlite else 'payload_append_only on payload'}"))
        session.execute(text("delete from payload where log_id in (select id from log where case_id in "
                             "(select id from case_ where procedure like 'zap-%'))"))  # fmt: skip

    [found] = asked(office)

    assert (found.erased, said(found)) == (True, f"? 2026-01-19 > {'2026-03-02' if ended else ''}")
    assert (found.decision, found.decided_by) == ("ZAP-2026-001", "adviser1")
    assert not found.covers(date(2026, 2, 1), sector="ghz_ggz", vg7=False)


# --- how it is asked


def test_it_takes_as_many_statements_for_many_cases_as_for_one(office: Office):
    before(office, "lid-001")
    approve(office, "lid-003")
    asked(office)  # definitions are loaded once
    one = statements(office)
    for member in ("lid-001", "lid-002"):
        before(office, member, sector="ghz_ggz")
        approve(office, member)

    assert statements(office) == one
    assert len(asked(office)) == 6


def statements(office: Office) -> int:
    seen: list[str] = []
    with office.reading() as session:
        event.listen(session.get_bind(), "before_cursor_execute", lambda *said: seen.append(said[2]))
        register(session, now=office.now)
    return len(seen)


def test_it_knows_the_procedures_by_what_they_are_called():
    facts = {fact.fact for fact in ZAP_ARRANGEMENT.facts}

    assert (ZAP_APPROVAL.id, ZAP_ARRANGEMENT.id) == (APPROVAL, ARRANGEMENT)
    assert {"approved_on", "sector", "care", "vg7", "vg7_on", "replaces", "decision", "left_on"} <= facts
    assert ZAP_ARRANGEMENT.goal("valid")
    assert ZAP_ARRANGEMENT.step("vg7_advice")
    assert not set(VOID) & set(ZAP_ARRANGEMENT.results)


@pytest.mark.parametrize(("setting", "sector", "care", "asked"), [
    ("", "vv", "vpt", True), ("", "vv", "care_24h", False), ("", "vv", "", True), ("", "ghz_ggz", "", True),
    ("", "ghz_ggz", "responsibility_24h", True), ("zap_scope_ghz_ggz=nee", "ghz_ggz", "responsibility_24h", False),
    ("zap_scope_vv=ja", "vv", "care_24h", True),
])  # fmt: skip
def test_what_needs_a_plan_is_what_the_procedure_asks_opinions_on(
    office: Office, setting: str, sector: str, care: str, asked: bool
):
    if setting:
        office.choose(*setting.split("="))

    with office.reading() as session:
        assert Scope.load(session).needs_plan(sector, care) is asked
