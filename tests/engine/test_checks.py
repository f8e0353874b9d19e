"""Each check has a smallest definition that breaks it, and the procedures of the house break none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from flows.orange_status import ORANGE_STATUS, RED_FOLLOW_UP
from flows.tender_bidder import TENDER_BIDDER
from flows.wzd_half_year import WZD_HALF_YEAR, WZD_RETURN, WZD_YEAR
from flows.zap_approval import ZAP_APPROVAL, ZAP_ARRANGEMENT
from tests.definitions.complaint import COMPLAINT
from tests.definitions.house import SETTINGS
from tests.definitions.site_visit import SITE_VISIT
from tests.engine.play import a_procedure, after
from tijdig.engine import (
    Close,
    Column,
    Comparison,
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
    Sum,
    days,
    done,
    is_,
    known,
    reached,
    took,
    weeks,
    working_days,
)
from tijdig.engine.calendar import Calendar
from tijdig.engine.case import Terms
from tijdig.engine.checks import check
from tijdig.engine.language import FactKind
from tijdig.engine.simulate import rehearse, stand_ins
from tijdig.service.rehearsal import SPARSE

PROCEDURES = (
    ORANGE_STATUS, RED_FOLLOW_UP, ZAP_APPROVAL, ZAP_ARRANGEMENT, WZD_HALF_YEAR, WZD_RETURN, WZD_YEAR, TENDER_BIDDER,
    COMPLAINT, SITE_VISIT,
)  # fmt: skip
FINISH = (Close("done", "Klaar"),)
GO = (Go("on", "Verder"),)
TWO = (Go("on", "Verder"), Go("off", "Anders"))
AGAIN = (*FINISH, Repeat("again", "Opnieuw", step="work"))
UNSET = Setting("unset", "Misschien", optional=True)
GOAL = Goal("goal", "Doel", after(), role="rol")


def work(name: str = "work", **given: Any) -> Step:
    return Step(name, f"Doe {name}", **{"role": "rol", "due": after(), "outcomes": FINISH, **given})


def one(**given: Any) -> Procedure:
    return a_procedure(work(**given))


LINE = Column("line", "ref", "Regel")
COUNTED = {
    "settled": "settlement", "differences": "number", "unsettled": "number", "total": "number", "lines": "document",
    "figures": "document",
}  # fmt: skip


def comparing(form: tuple[str, ...] = (), **changed: Any) -> Procedure:
    """Two registers handed in by one step and settled in the next, with something changed."""
    said = {"left": "left", "right": "right", "columns": (LINE,), "key": ("line",), "per": ("line",), "step": "settle",
            **{name: name for name in COUNTED}, **changed}  # fmt: skip
    kinds = {"left": "register", "right": "register", **COUNTED}
    return a_procedure(
        work("hand_in", form=("left", "right"), outcomes=GO), work("settle", form=form),
        facts=tuple(Fact(name, kind, name) for name, kind in kinds.items()),
        comparisons=(Comparison("both", **said),),
    )  # fmt: skip


def summing(kind: FactKind = "number", form: tuple[str, ...] = ("n",), **changed: Any) -> Procedure:
    """A step that adds up a number over the cases of its own procedure, with something changed."""
    days_ = tuple(Fact(name, "date", name) for name in ("from", "until"))
    given = {"span": ("from", "until"), **changed}
    step = work(form=form, sums=(Sum("n", "proef", "n"),))
    return a_procedure(step, facts=(*days_, Fact("n", kind, "Aantal")), **given)


BROKEN = [
    ("BAD_NAME", "'Work'", a_procedure(work("Work"))),
    ("BAD_NAME", "'case'", a_procedure(work("case"))),
    ("NAME_CLASH", "'work'", a_procedure(work(), work())),
    ("NAME_CLASH", "step 'work'", one(outcomes=(*FINISH, *FINISH))),
    ("NAME_CLASH", "step 'work'", one(remind=(Remind("r", before=days(1)), Remind("r", before=days(2))))),
    ("UNKNOWN_NAME", "step 'work'", one(needs=("nowhere",))),
    ("UNKNOWN_NAME", "step 'work'", one(needs=took("work", "nowhere"))),
    ("UNKNOWN_NAME", "step 'work'", one(when=known("nothing"))),
    ("UNKNOWN_NAME", "step 'work'", one(due=DueRule(after="nothing", within=weeks(1)))),
    ("UNKNOWN_NAME", "step 'work'", one(due=DueRule(after="done:nowhere", within=weeks(1)))),
    ("UNKNOWN_NAME", "step 'work'", one(due="nowhere")),
    ("UNKNOWN_NAME", "step 'work'", one(form=("nothing",))),
    ("UNKNOWN_NAME", "step 'work'", one(not_by=("nowhere",))),
    ("UNKNOWN_NAME", "step 'work'", one(outcomes=(*FINISH, Repeat("again", "Terug", step="nowhere")))),
    ("UNKNOWN_NAME", "start 'elsewhere'", one(starts=(Start("elsewhere"),))),
    ("UNKNOWN_NAME", "start 'proef'", one(starts=(Start("proef", facts=(("nothing", "begun_on"),)),))),
    ("UNKNOWN_NAME", "opens_with", a_procedure(work(), opens_with=("nothing",))),
    ("UNKNOWN_NAME", "may 'extend'", a_procedure(work(), may=(May("extend", ("rol",), of="nowhere"),))),
    ("UNKNOWN_NAME", "ends or facts", a_procedure(work(), ends=(End("left", "Weg", known("nothing")),))),
    ("UNKNOWN_NAME", "ends or facts", a_procedure(work(), facts=(Fact("x", "text", "X", required=done("nowhere")),))),
    ("UNKNOWN_NAME", "span", a_procedure(work(), span=("nothing", "begun_on"))),
    ("SPAN_UNCLEAR", "span", a_procedure(work(), span=("begun_on",))),
    ("SPAN_UNCLEAR", "span", a_procedure(work(), span=("why", "begun_on"), facts=(Fact("why", "text", "Waarom"),))),
    ("NOT_COMPARED", "'left'", a_procedure(work(), facts=(Fact("left", "register", "Links"),))),
    ("UNKNOWN_NAME", "comparison 'both'", comparing(step="nowhere")),
    ("UNKNOWN_NAME", "comparison 'both'", comparing(over="nowhere")),
    ("UNKNOWN_NAME", "comparison 'both'", comparing(total="nothing")),
    ("UNKNOWN_NAME", "comparison 'both'", comparing(over="hand_in", returned="nothing")),
    ("UNKNOWN_NAME", "comparison 'both'", comparing(key=("nothing",))),
    ("UNKNOWN_NAME", "comparison 'both'", comparing(per=("nothing",))),
    ("OTHER_KIND", "comparison 'both'", comparing(total="begun_on")),
    ("NAME_CLASH", "comparison 'both'", comparing(unsettled="differences")),
    ("COLUMNS_UNCLEAR", "comparison 'both'", comparing(key=())),
    ("COLUMNS_UNCLEAR", "comparison 'both'", comparing(columns=(LINE, LINE))),
    ("SPAN_UNCLEAR", "comparison 'both'", comparing(during=("line", "line"))),
    ("UNREACHABLE", "comparison 'both'", comparing(step="hand_in")),
    ("COUNTED", "step 'settle'", comparing(form=("total",))),
    ("UNKNOWN_NAME", "step 'work'", one(draws=("nothing",))),
    ("DRAWN", "step 'work'", one(draws=("begun_on",))),
    ("DRAWN", "step 'work'", a_procedure(
        work(form=("lines",), draws=("lines",)), facts=(Fact("lines", "document", "Regels"),))),
    ("UNKNOWN_NAME", "step 'work'", one(form=("n",), sums=(Sum("n", "else", "n"),))),
    ("SUMMED", "step 'work'", summing(form=())),
    ("SUMMED", "step 'work'", summing(span=())),
    ("SUMMED", "step 'work'", summing(kind="text")),
    ("NO_END", "procedure", one(outcomes=GO)),
    ("NEEDS_CYCLE", "step 'second'", a_procedure(work("first", needs=("second",)), work("second", needs=("first",)))),
    ("ANCHOR_CYCLE", "goal 'goal'", a_procedure(
        work(due=DueRule(before="due:goal", lead=days(1))),
        goals=(Goal("goal", "Doel", DueRule(before="due:work", lead=days(1)), role="rol"),))),
    ("ANCHOR_NOT_DATE", "step 'work'", a_procedure(
        work(due=DueRule(on="why")), facts=(Fact("why", "text", "Waarom"),))),
    ("UNDATED", "step 'work'", one(due=None)),
    ("DUE_UNCLEAR", "step 'work'", one(due=DueRule(after="begun_on", within=weeks(1), on="begun_on"))),
    ("DUE_UNCLEAR", "step 'work'", one(due=DueRule(after="begun_on"))),
    ("BASIS_CLASH", "step 'work'", one(due=DueRule(on="begun_on", basis="intern", fatal=True))),
    ("BASIS_CLASH", "step 'work'", one(due=DueRule(on="begun_on", basis="wettelijk"))),
    ("FATAL_BEHIND_PERSON", "step 'second'", a_procedure(
        work("first", outcomes=GO), work("second", due=after(basis="contract", fatal=True)))),
    ("TWO_VOICES", "step 'work'", a_procedure(
        work(due="goal", when_late=(Escalate("late", "baas"),)), goals=(GOAL,))),
    ("MUTE", "step 'work'", a_procedure(work(), late_to="")),
    ("LATE_TO_SELF", "step 'work'", one(when_late=(Escalate("late", "rol"),))),
    ("LATE_TO_SELF", "step 'work'", one(role="baas")),
    ("REMIND_UNCLEAR", "step 'work'", one(remind=(Remind("r"),))),
    ("REMIND_NO_ANCHOR", "step 'work'", one(due=None, undated="zomaar", remind=(Remind("r", before=days(1)),))),
    ("ENDLESS_EVERY", "step 'work'", one(when_late=(Escalate("weekly", "baas", every=weeks(1)),))),
    ("UNREACHABLE", "step 'second'", a_procedure(work("first"), work("second", needs=took("first", "done")))),
    ("LOOP_STRAY", "step 'second'", a_procedure(
        work("first", outcomes=GO),
        work("second", needs=(), outcomes=(*FINISH, Repeat("again", "Terug", step="first"))))),
    ("AGAIN_NEVER", "step 'work'", one(due=DueRule(after="opened:work", within=weeks(1), again=True), undated="zo")),
    ("AGAIN_NEVER", "step 'work'", one(due=after(again=True), undated="zo", outcomes=AGAIN)),
    ("UNDATED", "step 'work'", one(
        due=DueRule(after="opened:work", within=weeks(1), again=True), outcomes=AGAIN)),
    ("OPTIONAL_HERE", "setting 'unset'", one(role=replace(UNSET, kind="role"))),
    ("OPTIONAL_HERE", "setting 'unset'", one(when_late=(Escalate("late", "baas", after=UNSET),))),
    ("OPTIONAL_HERE", "setting 'unset'", one(due=after(UNSET), lead=UNSET)),
    ("OPTIONAL_HERE", "setting 'unset'", one(due=after(replace(UNSET, default=weeks(1))))),
    ("STALE_ROUND", "step 'work'", one(outcomes=(*FINISH, Repeat("again", "Opnieuw", step="work")))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "place", "procedure"), BROKEN, ids=[f"{code} at {place}" for code, place, _ in BROKEN]
)
def test_a_broken_definition_is_refused_with_place_and_mend(code: str, place: str, procedure: Procedure):
    found = [problem for problem in check(procedure) if (problem.code, problem.place) == (code, place)]

    assert found
    assert all(problem.problem and problem.mend.endswith(".") for problem in found)


def test_all_problems_come_at_once():
    broken = one(form=("nothing",), due=None, when_late=(Escalate("late", "rol"),), outcomes=GO)

    assert [problem.code for problem in check(broken)] == ["UNKNOWN_NAME", "NO_END", "UNDATED", "LATE_TO_SELF"]


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda procedure: procedure.id)
def test_the_procedures_of_the_house_have_no_problem(procedure: Procedure):
    assert check(procedure, PROCEDURES) == ()


# --- what only shows when it runs

NEW_YEAR = date(2026, 1, 1)
RUNS = [
    ("REMIND_AFTER_DUE", "step 'work'", one(remind=(Remind("r", after=weeks(5)),))),
    ("MUTE", "step 'work'", a_procedure(work(), late_to="")),
    ("STUCK", "procedure", a_procedure(work(outcomes=GO), ends=(End("left", "Weg", is_("never", True)),),
                                       facts=(Fact("never", "yes_no", "Nooit", announced=True),))),
    ("BORN_LATE", "step 'second'", a_procedure(
        work("first", due=after(weeks(8)), outcomes=GO), work("second", due=after(weeks(4))))),
    ("GO_NOWHERE", "step 'first'", a_procedure(
        work("first", outcomes=(Go("on", "Verder"), Go("off", "Anders"))), work("second", needs=took("first", "on")))),
    ("UNREACHABLE", "step 'second'", a_procedure(
        work("first", outcomes=TWO), work("second", needs=took("first", "on") & took("first", "off")))),
    ("GO_NOWHERE", "step 'second'", a_procedure(
        work("first", outcomes=TWO), work("second", needs=took("first", "off"), outcomes=TWO),
        work("third", needs=took("first", "on") | took("second", "on")))),
]  # fmt: skip


COME_TO = {
    "what-an-outcome-leads-to-that-another-outcome-led-to": a_procedure(
        work("first", outcomes=(*FINISH, *GO)), work("second", needs=took("first", "on"), outcomes=(*FINISH, *GO)),
        work("third", needs=took("second", "on"))),
    "what-needs-a-fact-that-no-form-asks": a_procedure(
        work("first"), work("second", needs=is_("said", True)), facts=(Fact("said", "yes_no", "Gezegd"),)),
}  # fmt: skip


@pytest.mark.parametrize("procedure", COME_TO.values(), ids=COME_TO)
def test_a_rehearsal_comes_to(procedure: Procedure) -> None:
    assert list(rehearse(Terms(procedure, {}, Calendar()), [NEW_YEAR])) == []


@pytest.mark.parametrize(("code", "place", "procedure"), RUNS, ids=[code for code, *_ in RUNS])
def test_a_contradiction_shows_in_a_rehearsal_with_the_first_day_that_shows_it(
    code: str, place: str, procedure: Procedure
):
    problems = list(rehearse(Terms(procedure, {}, Calendar()), [NEW_YEAR, NEW_YEAR + timedelta(days=1)]))

    found = [problem for problem in problems if (problem.code, problem.place) == (code, place)]
    assert len(found) == 1
    assert "2026-01-01" in found[0].problem


def test_a_contradiction_of_some_days_only_is_found_on_those_days():
    # Eight days against five office days, which is seven days, but eight where Easter Monday lies between.
    five = DueRule(after="begun_on", within=working_days(5), basis="norm")
    definition = a_procedure(work("first", due=after(days(8)), outcomes=GO), work("second", due=five))
    around_easter = [date(2026, 3, 26) + timedelta(days=i) for i in range(5)]

    def born_late(day: date) -> bool:
        return any(p.code == "BORN_LATE" for p in rehearse(Terms(definition, {}, Calendar()), [day]))

    assert {born_late(day) for day in around_easter} == {True, False}


OPTIONAL = {
    "while it is not set the step opens too late": (Goal("goal", "Doel", after(UNSET), role="rol"), "BORN_LATE"),
    "once it is set the reminder comes too late": (
        Goal("goal", "Doel", after(days(3)), role="rol", remind=(Remind("late", after=UNSET),)), "REMIND_AFTER_DUE"),
}  # fmt: skip


@pytest.mark.parametrize(("goal", "code"), OPTIONAL.values(), ids=OPTIONAL)
def test_what_may_stay_unset_is_rehearsed_both_ways(goal: Goal, code: str) -> None:
    late = Goal("late", "Later", after(weeks(8)), role="rol")
    last = work("last", needs=reached("due:goal") | reached("due:late"))
    procedure = a_procedure(work("first", outcomes=GO), last, goals=(goal, late))

    found = [p for terms in stand_ins(procedure, {}, Calendar()) for p in rehearse(terms, [date(2026, 1, 5)])]

    assert {problem.code for problem in found} == {code}


def test_what_ends_on_a_date_that_may_stay_unset_may_stand_without_it() -> None:
    procedure = a_procedure(
        work(needs=reached("due:goal"), due="goal"), goals=(Goal("goal", "Doel", after(UNSET), role="rol"),)
    )

    assert list(rehearse(Terms(procedure, {}, Calendar()), [date(2026, 1, 5)])) == []


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda procedure: procedure.id)
def test_no_rehearsal_of_the_house_ends_in_a_contradiction(procedure: Procedure):
    sample = [date(2026, 1, 1) + timedelta(days=37 * i) for i in range(10)]

    assert list(rehearse(Terms(procedure, SETTINGS, Calendar()), sample)) == []


@pytest.mark.long
@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda procedure: procedure.id)
def test_no_rehearsal_from_any_day_of_five_years_ends_in_a_contradiction(procedure: Procedure):
    step = SPARSE if procedure.timetable else 1
    every_day = [date(2026, 1, 1) + timedelta(days=i) for i in range(0, 5 * 365 + 1, step)]

    assert list(rehearse(Terms(procedure, SETTINGS, Calendar()), every_day)) == []
