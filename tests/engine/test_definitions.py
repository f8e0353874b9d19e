"""The procedures of the house, run on a clock of their own: all on time, and nobody acts.

The orange file has its own day-by-day tables in tests/flows. Here stand the main effects of each run, and the law
that one late sweep does what daily ones would have done.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest

from flows.orange_status import ORANGE_STATUS, RED_FOLLOW_UP
from flows.tender_bidder import TENDER_BIDDER
from flows.wzd_half_year import WZD_HALF_YEAR, WZD_RETURN, WZD_YEAR
from flows.zap_approval import ZAP_APPROVAL, ZAP_ARRANGEMENT
from tests.definitions.complaint import COMPLAINT
from tests.definitions.house import SETTINGS
from tests.definitions.site_visit import SITE_VISIT
from tests.engine.play import Play, line
from tijdig.engine.advance import advance, open_case
from tijdig.engine.calendar import Calendar, instant, local_day, midnight
from tijdig.engine.case import Case, Record, Terms
from tijdig.engine.language import Procedure
from tijdig.engine.simulate import opening, simulate
from tijdig.engine.timetable import sample

_NINE, _REASON = time(9), "op tijd gedaan, als proef"
DOCUMENT = {"name": "stuk.pdf", "sha256": "0" * 64}
PROCEDURES = (
    ORANGE_STATUS, RED_FOLLOW_UP, ZAP_APPROVAL, ZAP_ARRANGEMENT, WZD_HALF_YEAR, WZD_RETURN, WZD_YEAR,
    sample(TENDER_BIDDER), COMPLAINT, SITE_VISIT,
)  # fmt: skip


OPENINGS: dict[str, tuple[Procedure, str, dict[str, Any]]] = {
    "orange-status": (ORANGE_STATUS, "2026-01-05", {"orange_on": "2026-01-05"}),
    "zap-approval": (ZAP_APPROVAL, "2026-01-05", {}),
    "zap-arrangement": (ZAP_ARRANGEMENT, "2026-01-05", {
        "approved_on": "2026-01-05", "sector": "ghz_ggz", "care": "care_24h", "vg7": True}),
    "wzd-half-year": (WZD_HALF_YEAR, "2026-07-01", {
        "period_from": "2026-01-01", "period_until": "2026-06-30", "igj_on": "2026-08-12"}),
    "complaint": (COMPLAINT, "2026-03-16", {"received_on": "2026-03-16"}),
    "site-visit": (SITE_VISIT, "2026-01-05", {"last_visit": "2026-01-05", "last_physical": "2026-01-05"}),
}  # fmt: skip


def begun(name: str) -> Play:
    procedure, day, facts = OPENINGS[name]
    return Play.of(procedure, day, settings=SETTINGS, **facts)


# --- nobody acts

NOBODY = [
    ("orange-status", [
        "2026-01-13 escalate send_actions late > directeur",
        "2026-02-02 remind improve week_4 > lid, kwaliteitsadviseur",
        "2026-03-02 remind improve week_8 > lid, kwaliteitsadviseur",
        "2026-03-17 escalate improve overdue > kwaliteitsadviseur",
        "2026-03-23 remind norm week_11 > kwaliteitsadviseur",
        "2026-03-31 escalate norm overdue > directeur",
        "2026-04-07 escalate max max > directeur"]),
    ("zap-approval", []),  # the member chooses when it files: no date, so nobody is late
    ("zap-arrangement", [
        "2026-01-20 escalate vg7_advice late > directeur",
        "2028-01-06 escalate valid overdue > directeur"]),
    ("wzd-half-year", [
        "2026-07-16 escalate extract late > directeur",
        "2026-07-16 escalate log late > directeur",
        "2026-07-28 remind norm two_weeks > kwaliteitsadviseur",
        "2026-07-29 escalate collect late > directeur",
        "2026-08-07 remind norm three_days > kwaliteitsadviseur",  # nominal Saturday 8 August
        "2026-08-12 escalate norm overdue > directeur",
        "2026-08-13 escalate igj overdue > directeur"]),  # C-22: due on the 12th, whatever the own norm says
    ("complaint", [
        "2026-03-24 escalate contact late > directeur",
        "2026-04-14 remind answer two_weeks > klachtenfunctionaris",  # two weeks before Tuesday 28 April (D22)
        "2026-04-22 remind answer three_days > klachtenfunctionaris, directeur",
        "2026-04-29 escalate answer overdue > directeur"]),
    ("site-visit", [
        "2026-11-05 remind yearly two_months > regiomanager",
        "2026-12-09 escalate prepare overdue > regiomanager",
        "2026-12-22 remind yearly two_weeks > regiomanager",
        "2027-01-06 escalate yearly overdue > directeur",
        "2027-10-05 remind on_site three_months > regiomanager",
        "2028-01-06 escalate on_site overdue > directeur"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), NOBODY, ids=[name for name, _ in NOBODY])
def test_when_nobody_acts_this_is_heard(name: str, expected: list[str]):
    play = begun(name)

    foretold = simulate(play.last.case, until=midnight(date(2028, 12, 31)))

    heard = [f"{local_day(each.at)} {line(each.effect)}" for each in foretold if each.effect.kind != "task"]
    assert [each for each in heard if not each.endswith("open case")] == expected


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda procedure: procedure.id)
def test_one_late_sweep_does_what_daily_ones_do(procedure: Procedure):
    start = date(2026, 1, 5)
    case = Case(Terms(procedure, SETTINGS, Calendar()), (opening(procedure, start),), {})
    opened = open_case(case)

    daily = opened
    for i in range(1, 800):
        daily = advance(daily.case, midnight(start + timedelta(days=i)))
    late = advance(opened.case, midnight(start + timedelta(days=799)))

    assert set(late.case.ledger) == set(daily.case.ledger)
    assert {name: each.nominal for name, each in late.case.ledger.items()} == {
        name: each.nominal for name, each in daily.case.ledger.items()
    }
    assert (late.state.result, late.state.steps) == (daily.state.result, daily.state.steps)


# --- all on time

Deeds = list[tuple[str, str, str, dict[str, Any]]]
ON_TIME: list[tuple[str, Deeds, list[str], str]] = [
    ("orange-status", [
        ("2026-01-08", "send_actions", "sent", {"actions": "Plan"}),
        ("2026-02-09", "improve", "handed_in", {"evidence": DOCUMENT}),
        ("2026-02-16", "recheck", "in_order", {}),
        ("2026-02-17", "judge", "green", {})],
     ["2026-02-02 remind improve week_4 > lid, kwaliteitsadviseur", "2026-02-17 close case green"], "green"),
    ("zap-approval", [
        ("2026-01-12", "file", "filed", {"zap": DOCUMENT, "sector": "vv", "care": "vpt", "vg7": False}),
        ("2026-01-19", "wlz_opinion", "positive", {}),
        ("2026-01-20", "quality_opinion", "positive", {}),
        ("2026-01-22", "decide", "approved", {"replaces": False})],
     ["2026-01-22 close case approved"], "approved"),
    ("zap-arrangement", [("2026-01-12", "vg7_advice", "positive", {}), ("2027-10-05", "renew", "renewing", {})],
     ["2027-10-05 close case renewing"], "renewing"),
    ("wzd-half-year", [
        ("2026-07-09", "extract", "handed_in", {"care_file": DOCUMENT}),
        ("2026-07-10", "log", "handed_in", {"officer_log": DOCUMENT, "differences": 9, "unsettled": 0}),
        ("2026-07-24", "collect", "accept_missing", {}),
        ("2026-07-27", "reconcile", "settled", {"total": 9, "delivery": DOCUMENT, "figures": DOCUMENT}),
        ("2026-08-03", "send", "sent", {"sent_on": "2026-08-03", "receipt": "2026-114", "proof": DOCUMENT})],
     ["2026-07-28 remind norm two_weeks > kwaliteitsadviseur", "2026-08-03 close case sent"], "sent"),
    ("complaint", [
        ("2026-03-18", "contact", "heard", {}),
        ("2026-03-30", "mediate", "formal", {}),
        ("2026-04-15", "draft_judgement", "drafted", {"draft": DOCUMENT}),
        ("2026-04-20", "judge", "partly_founded", {"letter": DOCUMENT, "answered_on": "2026-04-20"})],
     ["2026-04-14 remind answer two_weeks > klachtenfunctionaris", "2026-04-20 close case partly_founded"],
     "partly_founded"),
    ("site-visit", [
        ("2026-11-02", "prepare", "ready", {"rejected_lines": False, "hours_approved": True, "accounts_checked": True,
                                             "staff_overview": True}),
        ("2026-11-23", "visit", "physical", {"visited_on": "2026-11-20", "grade": 8}),
        ("2026-11-30", "write_report", "done", {"report": DOCUMENT})],
     ["2026-11-05 remind yearly two_months > regiomanager", "2026-11-30 close case done"], "done"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "deeds", "expected", "result"), ON_TIME, ids=[name for name, *_ in ON_TIME])
def test_when_all_is_done_on_time_this_is_heard(name: str, deeds: Deeds, expected: list[str], result: str):
    play = begun(name)
    script = [
        Record(
            instant(date.fromisoformat(day), _NINE), "decide", f"doer-of-{step}", values, step, outcome, reason=_REASON
        )
        for day, step, outcome, values in deeds
    ]

    foretold = list(simulate(play.last.case, until=midnight(date(2028, 12, 31)), script=script))

    heard = [
        f"{local_day(f.at)} {line(f.effect)}" for f in foretold if f.effect.kind in ("remind", "escalate", "close")
    ]
    assert [each for each in heard if not each.endswith("(overtaken)")] == expected
    assert expected[-1].endswith(result)
