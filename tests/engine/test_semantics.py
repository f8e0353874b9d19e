"""The semantics of the core, sentence by sentence: design.md "Semantics, exactly" and the traps of language.md."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.engine.play import Play, a_procedure, after, kinds
from tijdig.engine import (
    Close,
    DueRule,
    End,
    Escalate,
    Fact,
    Go,
    Goal,
    May,
    Remind,
    Repeat,
    Setting,
    Start,
    Step,
    at_least,
    days,
    done,
    is_,
    known,
    more,
    reached,
    same,
    took,
    weeks,
)
from tijdig.engine.calendar import midnight
from tijdig.engine.errors import FourEyes, Misconfigured, Refused
from tijdig.engine.terms import Term

FINISH = (Close("done", "Klaar"),)


def work(name: str = "work", role: str = "rol", **given: Any) -> Step:
    """A step of one role that closes the case, due four weeks after the case began."""
    return Step(name, f"Doe {name}", role, **{"due": after(), "outcomes": FINISH, **given})


# --- moments

SHIFTS = [
    # Due on Friday 3 April 2026 (28 days after 6 March); Easter Monday is the 6th.
    pytest.param(Remind("r", before=days(5)), "2026-03-29", "2026-03-27", id="sunday-reminder-goes-on-friday"),
    pytest.param(Remind("r", before=days(4)), "2026-03-30", "2026-03-30", id="monday-reminder-stays"),
    pytest.param(
        Remind("r", after=days(31), of="begun_on"), "2026-04-06", "2026-04-03", id="easter-monday-goes-before"
    ),
    pytest.param(Escalate("e", "baas"), "2026-04-04", "2026-04-07", id="saturday-escalation-goes-after-easter"),
    pytest.param(Escalate("e", "baas", after=days(3)), "2026-04-07", "2026-04-07", id="tuesday-escalation-stays"),
]


@pytest.mark.parametrize(("rule", "nominal", "goes_on"), SHIFTS)
def test_a_reminder_goes_before_a_closed_day_and_an_escalation_after_it_and_keys_keep_the_nominal_day(
    rule, nominal, goes_on
):
    remind = {"remind": (rule,)} if isinstance(rule, Remind) else {"when_late": (rule,)}
    play = Play.of(a_procedure(work(**remind)), "2026-03-06", begun_on="2026-03-06")
    day_before = date.fromisoformat(goes_on).toordinal() - 1

    assert play.sweep(str(date.fromordinal(day_before)), "23:59") == []
    assert len(play.sweep(goes_on, "00:00")) == 1
    assert {key for key in play.keys if key.endswith(nominal)}


def test_midnight_is_local_on_both_sides_of_the_clock_change():
    play = Play.of(a_procedure(work(due=after(weeks(12)))), "2026-01-05", begun_on="2026-01-05")

    assert [e.moment.isoformat() for e in play.last.ahead] == ["2026-03-30T22:00:00+00:00"]


def test_a_rule_that_names_an_hour_is_late_at_that_hour_and_not_at_midnight():
    row = {"date": "2026-06-12", "time": "17:00", "basis": "contract", "fatal": True}
    bid = Goal("filed", "Ingeschreven", DueRule(on="closes_on"), role="rol")
    definition = a_procedure(work(due="filed"), goals=(bid,), facts=(Fact("closes_on", "row", "Sluiting"),))
    play = Play.of(definition, "2026-06-01", begun_on="2026-06-01", closes_on=row)

    assert play.sweep("2026-06-12", "16:59") == []
    assert play.sweep("2026-06-12", "17:00") == ["escalate filed late > baas"]


def test_terms_chained_to_an_effect_count_from_its_nominal_day_and_not_from_the_sweep_that_saw_it():
    second = work(
        "second", needs=reached("later_on"), due=DueRule(after="opened:second", within=days(10), basis="norm")
    )
    definition = a_procedure(second, facts=(Fact("later_on", "date", "Later"),))
    play = Play.of(definition, "2026-01-05", begun_on="2026-01-05", later_on="2026-02-01")

    play.sweep("2026-02-20")

    assert play.asked("second").opened_on == date(2026, 2, 1)
    assert play.due("second") == "2026-02-11"


def test_catching_up_takes_in_now_itself_and_nothing_later():
    play = Play.of(a_procedure(work(remind=(Remind("r", before=weeks(1)),))), "2026-03-06", begun_on="2026-03-06")

    assert play.sweep("2026-03-26", "23:59") == []
    assert play.sweep("2026-03-27", "00:00") == ["remind work r > rol"]


def test_only_an_open_step_escalates():
    definition = a_procedure(work("first", due=after(weeks(20)), outcomes=(Go("done", "Klaar"),)), work("second"))
    play = Play.of(definition, "2026-03-06", begun_on="2026-03-06")

    assert play.sweep("2026-05-01") == []


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("2026-03-26", "on_time"),
        ("2026-03-27", "close"),  # five office days before Good Friday 3 April, on which the office is open
        ("2026-04-06", "close"),
        ("2026-04-07", "late"),
    ],
)
def test_close_begins_five_office_days_before_the_safe_date(day, status):
    # Due on Easter Monday 6 April; safe is Friday 3 April (D04).
    play = Play.of(a_procedure(work(due=after(weeks(12)))), "2026-01-12", begun_on="2026-01-12")

    at = midnight(date.fromisoformat(day))

    assert play.asked("work").status(at, play.terms) == status


# --- keys and rounds


def test_task_decide_and_close_happen_once_per_slot_and_reminders_once_per_nominal_day():
    ladder = (Escalate("weekly", "baas", every=weeks(1), times=3),)
    again = work("work", due=DueRule(after="opened:work", within=weeks(4), basis="norm"), when_late=ladder,
                 outcomes=(*FINISH, Repeat("again", "Nog eens", step="work")))  # fmt: skip
    play = Play.of(a_procedure(again), "2026-01-05", begun_on="2026-01-05")

    play.sweep("2026-04-01")
    play.decide("2026-04-01", "work", "again")
    play.decide("2026-04-02", "work")

    assert play.keys == {
        "case/1/open/", "work/1/task/", "work/1/decide/again", "work/2/task/", "work/2/decide/done",
        "case/1/close/done",
        "work/1/escalate/weekly/2026-02-03", "work/1/escalate/weekly/2026-02-10", "work/1/escalate/weekly/2026-02-17",
    }  # fmt: skip


# --- when a date moves

MOVING = a_procedure(work(remind=(Remind("week", before=weeks(1)),), when_late=(Escalate("late", "baas"),)))
# begun 6 March: reminder on Friday 27 March, due Friday 3 April, late from Saturday: told on Tuesday 7 April.


def test_an_effect_that_happened_is_not_repeated_for_the_past():
    play = Play.of(MOVING, "2026-03-06", begun_on="2026-03-06")
    play.sweep("2026-03-27")

    assert play.correct("2026-03-30", begun_on="2026-03-05") == []
    assert play.ahead == ["2026-04-03 escalate work late > baas"]


def test_an_effect_whose_new_moment_is_past_and_never_happened_happens_now():
    play = Play.of(MOVING, "2026-03-06", begun_on="2026-03-06")

    assert play.correct("2026-03-25", begun_on="2026-02-20") == ["remind work week > rol", "escalate work late > baas"]
    assert play.sweep("2026-06-01") == []


def test_an_effect_whose_new_moment_is_ahead_happens_then():
    play = Play.of(MOVING, "2026-03-06", begun_on="2026-03-06")
    play.sweep("2026-03-27")
    play.correct("2026-03-30", begun_on="2026-03-27")

    assert play.sweep("2026-04-16") == []
    assert play.sweep("2026-04-17") == ["remind work week > rol"]


@pytest.mark.parametrize(
    ("begun_on", "goes_on", "line"),
    [
        pytest.param("2026-03-12", "2026-04-02", "remind work week (overtaken)", id="four-office-days-later-is-silent"),
        pytest.param("2026-03-13", "2026-04-03", "remind work week > rol", id="five-office-days-later-speaks"),
    ],
)
def test_a_moved_reminder_is_silent_when_its_slot_was_mailed_less_than_five_office_days_ago(begun_on, goes_on, line):
    play = Play.of(MOVING, "2026-03-06", begun_on="2026-03-06")
    play.sweep("2026-03-27")
    play.correct("2026-03-30", begun_on=begun_on)

    assert play.sweep(goes_on) == [line]


def test_who_was_told_the_old_date_is_told_the_new_one():
    play = Play.of(MOVING, "2026-03-06", begun_on="2026-03-06")

    play.correct("2026-03-30", begun_on="2026-03-16")

    assert play.moved == ["work 2026-04-03 2026-04-13 > rol"]


def test_who_was_told_it_is_late_is_told_the_new_date_too():
    play = Play.of(MOVING, "2026-03-06", begun_on="2026-03-06")
    play.sweep("2026-04-08")

    play.correct("2026-04-09", begun_on="2026-03-16")

    assert play.moved == ["work 2026-04-03 2026-04-13 > rol, baas"]


def test_a_date_that_moves_twice_is_told_twice_to_who_was_told_the_first_one():
    goal = Goal("goal", "Doel", after(), role="rol", remind=(Remind("week", before=weeks(1)),))
    play = Play.of(
        a_procedure(work(role="ander", due=after(weeks(9))), goals=(goal,)), "2026-03-06", begun_on="2026-03-06"
    )
    play.sweep("2026-03-27")

    play.correct("2026-03-30", begun_on="2026-03-05")
    assert "goal 2026-04-03 2026-04-02 > rol" in play.moved

    play.correct("2026-03-31", begun_on="2026-03-20")
    assert "goal 2026-04-02 2026-04-17 > rol" in play.moved


def test_who_was_told_nothing_is_told_nothing_about_a_move():
    definition = a_procedure(work(), goals=(Goal("goal", "Doel", after(weeks(9)), role="ander"),))
    play = Play.of(definition, "2026-03-06", begun_on="2026-03-06")

    play.correct("2026-03-07", begun_on="2026-03-05")

    assert "goal 2026-05-08 2026-05-07 > " in play.moved


def test_who_heard_of_a_silent_reminder_only_was_told_nothing():
    late_opener = work("late", role="laat", needs=known("extra"), remind=(Remind("week", before=weeks(3)),))
    goal = Goal("goal", "Doel", after(), role="rol", remind=(Remind("early", before=weeks(3)),))
    definition = a_procedure(late_opener, goals=(goal,), facts=(Fact("extra", "text", "Extra"),))
    play = Play.of(definition, "2026-03-20", begun_on="2026-03-06")  # early's day lies before the opening

    play.correct("2026-03-20", begun_on="2026-03-05")

    assert play.moved == ["goal 2026-04-03 2026-04-02 > "]


def test_a_correction_on_the_day_itself_makes_the_effect_of_the_old_date_pointless():
    play = Play.of(MOVING, "2026-03-06", begun_on="2026-03-06")

    # Nobody swept yet on 7 April, the day of the escalation; the act catches it up and takes its ground away.
    assert play.correct("2026-04-07", begun_on="2026-03-20") == [
        "remind work week (overtaken)",
        "escalate work late (overtaken)",
    ]
    assert play.ahead == ["2026-04-10 remind work week > rol", "2026-04-18 escalate work late > baas"]


def test_a_correction_and_back_repeats_nothing_and_loses_nothing():
    play = Play.of(MOVING, "2026-03-06", begun_on="2026-03-06")
    play.correct("2026-03-09", begun_on="2026-03-16")
    play.correct("2026-03-10", begun_on="2026-03-06")

    assert play.sweep("2026-03-27") == ["remind work week > rol"]
    assert play.sweep("2026-04-07") == ["escalate work late > baas"]


# --- overtaken


def test_a_reminder_before_its_step_opened_is_keyed_and_silent():
    first = work("first", due=after(weeks(2)), outcomes=(Go("done", "Klaar"),))
    second = work("second", remind=(Remind("week_2", after=weeks(2), of="begun_on"), Remind("week", before=weeks(1))))
    play = Play.of(a_procedure(first, second), "2026-03-06", begun_on="2026-03-06")

    assert play.decide("2026-03-24", "first") == [
        "escalate first late (overtaken)", "decide first done", "remind second week_2 (overtaken)", "task second > rol",
    ]  # fmt: skip


@pytest.mark.parametrize("act", ["decide", "cancel", "not-applicable"])
def test_what_the_act_itself_makes_pointless_is_silent_even_at_its_very_moment(act):
    steps = work(remind=(Remind("week", before=weeks(1)),)), work("other", needs=(), due=after(weeks(30)))
    play = Play.of(a_procedure(*steps), "2026-03-06", begun_on="2026-03-06")
    step, outcome = ("", "") if act == "cancel" else ("work", "done" if act == "decide" else "")

    lines = play.act("2026-03-27", act, step, outcome, hour="00:00")

    assert lines[0] == "remind work week (overtaken)"


def test_of_reminders_caught_up_at_once_only_the_latest_speaks():
    reminders = (Remind("three", before=weeks(3)), Remind("two", before=weeks(2)), Remind("one", before=weeks(1)))
    play = Play.of(a_procedure(work(remind=reminders)), "2026-03-06", begun_on="2026-03-06")

    assert play.sweep("2026-03-28") == [
        "remind work three (overtaken)", "remind work two (overtaken)", "remind work one > rol",
    ]  # fmt: skip


LADDER = (
    Escalate("first", "baas"),
    Escalate("second", "directeur", after=days(3)),
    Escalate("third", "raad", after=weeks(2)),
)


def test_rungs_caught_up_at_once_are_keyed_at_their_own_days_and_the_later_ones_wait():
    play = Play.of(a_procedure(work(when_late=LADDER)), "2026-03-06", begun_on="2026-03-06")

    assert play.sweep("2026-05-01") == [
        "escalate work first > baas", "escalate work second (waits) > directeur", "escalate work third (waits) > raad",
    ]  # fmt: skip
    assert {key for key in play.keys if "escalate" in key} == {
        "work/1/escalate/first/2026-04-04", "work/1/escalate/second/2026-04-07", "work/1/escalate/third/2026-04-18",
    }  # fmt: skip


def test_rungs_on_their_own_days_do_not_wait():
    play = Play.of(a_procedure(work(when_late=LADDER)), "2026-03-06", begun_on="2026-03-06")

    assert play.sweep("2026-04-07", "00:00") == [
        "escalate work first > baas",
        "escalate work second (waits) > directeur",
    ]
    assert play.sweep("2026-04-20") == ["escalate work third > raad"]


# --- before opening

TAKEN_OVER = a_procedure(
    work("first", due=after(weeks(1)), outcomes=(Go("done", "Klaar"),)),
    work("second", due=after(weeks(4)), remind=(Remind("two", before=weeks(2)), Remind("one", before=weeks(1)))),
    work("third", needs=("second",), due=after(weeks(9))),
)


def test_running_work_is_taken_over_in_silence():
    play = Play.of(TAKEN_OVER, "2026-03-24", at_step="second", begun_on="2026-03-06")

    assert play.lines == ["remind second two (before_opening)", "open case", "task second (before_opening)"]
    assert play.open == ["second"]
    assert play.sweep("2026-03-27") == ["remind second one > rol"]


def test_of_running_work_only_a_due_that_stands_unmet_escalates_and_only_its_last_rung():
    second = work("second", when_late=LADDER)
    definition = a_procedure(work("first", outcomes=(Go("done", "Klaar"),)), second)

    play = Play.of(definition, "2026-04-10", at_step="second", begun_on="2026-03-06")

    assert play.lines == [
        "escalate second first (before_opening)", "escalate second second (summary) > directeur", "open case",
        "task second (before_opening)",
    ]  # fmt: skip
    assert play.ahead == ["2026-04-18 escalate second third > raad"]


@pytest.mark.parametrize("at_step", ["confirm", "more"])
def test_running_work_is_taken_over_at_a_step_that_only_one_outcome_leads_to(at_step):
    judge = work("judge", outcomes=(*FINISH, Go("red", "Rood"), Go("unclear", "Onduidelijk")))
    definition = a_procedure(
        judge, work("confirm", needs=took("judge", "red")), work("more", needs=took("judge", "unclear"))
    )

    play = Play.of(definition, "2026-03-24", at_step=at_step, begun_on="2026-03-06")

    assert play.open == [at_step]


# --- suspending and extending

GOAL = Goal("goal", "Doel", after(), role="rol", remind=(Remind("week", before=weeks(1)),))
MAY = (May("extend", ("rol",), of="goal", until="end"), May("suspend", ("rol",), of="goal"))
END = Goal("end", "Einde", after(weeks(6)), role="rol")
SUSPENDABLE = a_procedure(
    work(due="goal"), work("draft", needs=(), due=DueRule(before="due:goal", lead=weeks(2), basis="norm")),
    goals=(GOAL, END), may=MAY,
)  # fmt: skip


def test_while_suspended_its_due_and_what_derives_from_it_are_unknown_and_the_rest_runs():
    play = Play.of(SUSPENDABLE, "2026-03-06", begun_on="2026-03-06")

    play.act("2026-03-16", "suspend", "goal", until=date(2026, 4, 27))

    assert [play.due(name) for name in ("goal", "work", "draft", "end")] == ["None", "None", "None", "2026-04-17"]
    assert play.sweep("2026-04-26") == ["escalate end late > baas"]


def test_on_the_set_end_of_a_suspension_the_owner_checks_and_the_days_are_added():
    play = Play.of(SUSPENDABLE, "2026-03-06", begun_on="2026-03-06")
    play.act("2026-03-16", "suspend", "goal", until=date(2026, 3, 26))

    assert play.sweep("2026-03-26") == ["remind goal suspension_ends > eigenaar"]
    assert play.due("goal") == "2026-04-13"


def test_resuming_adds_the_days_that_were_suspended_and_reminders_go_on():
    play = Play.of(SUSPENDABLE, "2026-03-06", begun_on="2026-03-06")
    play.act("2026-03-16", "suspend", "goal", until=date(2026, 5, 1))

    play.act("2026-03-23", "resume", "goal")

    assert play.due("goal") == "2026-04-10"
    assert "2026-04-03 remind goal week > rol" in play.ahead


def test_suspended_over_its_due_day_it_is_not_late():
    play = Play.of(SUSPENDABLE, "2026-03-06", begun_on="2026-03-06")
    play.act("2026-04-01", "suspend", "goal", until=date(2026, 4, 13))

    assert "escalate goal late > baas" not in play.sweep("2026-04-12")
    play.sweep("2026-04-13")
    assert play.due("goal") == "2026-04-15"
    assert "escalate goal late > baas" in play.sweep("2026-04-16")


def test_a_suspension_on_the_day_of_its_escalation_takes_that_away():
    play = Play.of(SUSPENDABLE, "2026-03-06", begun_on="2026-03-06")

    lines = play.act("2026-04-07", "suspend", "goal", until=date(2026, 4, 20))

    assert "escalate goal late (overtaken)" in lines


def test_a_suspended_case_can_be_cancelled():
    play = Play.of(SUSPENDABLE, "2026-03-06", begun_on="2026-03-06")
    play.act("2026-03-16", "suspend", "goal", until=date(2026, 3, 26))

    play.act("2026-03-17", "cancel")

    assert (play.result, play.last.next_check_at, play.sweep("2026-09-01")) == ("cancelled", None, [])


def test_extending_adds_to_the_sum_so_leads_move_and_a_reminder_before_it_goes_again():
    play = Play.of(SUSPENDABLE, "2026-03-06", begun_on="2026-03-06")
    assert kinds(play.sweep("2026-03-27"), "remind") == ["remind goal week > rol"]

    play.act("2026-03-30", "extend", "goal", by_term=weeks(2))

    assert [play.due("goal"), play.due("draft")] == ["2026-04-17", "2026-04-03"]
    assert kinds(play.sweep("2026-04-10"), "remind") == ["remind goal week > rol"]


REFUSED_EXTENSIONS = [
    pytest.param("2026-03-30", weeks(3), "may not run past", id="past-what-the-procedure-allows"),
    pytest.param("2026-04-04", weeks(1), "its term is over", id="after-its-end"),
    pytest.param("2026-03-30", Term(0, "week"), "By how much", id="by-nothing"),
    pytest.param("2026-03-30", None, "By how much", id="by-nothing-at-all"),
]


@pytest.mark.parametrize(("day", "by", "says"), REFUSED_EXTENSIONS)
def test_an_extension_is_told_before_the_end_and_stays_within_what_is_allowed(day, by, says):
    play = Play.of(SUSPENDABLE, "2026-03-06", begun_on="2026-03-06")

    with pytest.raises(Refused, match=says):
        play.act(day, "extend", "goal", by_term=by)


def test_correct_then_extend_counts_both():
    play = Play.of(SUSPENDABLE, "2026-03-06", begun_on="2026-03-06")
    play.correct("2026-03-09", begun_on="2026-03-13")
    play.act("2026-03-10", "extend", "goal", by_term=weeks(1))

    play.correct("2026-03-11", begun_on="2026-03-06")

    assert play.due("goal") == "2026-04-10"


# --- lapse

RIGHT = Goal(
    "right", "Bezwaar", after(basis="contract", fatal=True), role="rol", met_by=known("objected_on"), lapse="lapsed"
)
OBJECT = a_procedure(
    work("object", due="right", form=("objected_on",), outcomes=(Go("objected", "Bezwaar gemaakt"),)),
    work("answer", undated="de wederpartij heeft geen termijn", due=None),
    goals=(RIGHT,), facts=(Fact("objected_on", "date", "Bezwaar gemaakt op"),),
)  # fmt: skip


def test_a_right_lapses_three_office_days_after_its_due_day_and_is_told_late_before_that():
    play = Play.of(OBJECT, "2026-03-06", begun_on="2026-03-06")  # due Friday 3 April, before Easter

    assert play.sweep("2026-04-08") == ["escalate right late > baas"]
    assert play.sweep("2026-04-09") == ["close case lapsed"]
    assert (play.result, play.asked("right").state) == ("lapsed", "none")


def test_done_in_time_and_recorded_late_still_counts():
    play = Play.of(OBJECT, "2026-03-06", begun_on="2026-03-06")

    play.decide("2026-04-08", "object", "objected", values={"objected_on": "2026-04-03"})

    assert play.sweep("2026-06-01") == []
    assert play.asked("right").done_on == date(2026, 4, 3)


def test_what_was_done_before_a_lapse_stands_as_it_was_when_the_case_lapsed():
    first = work("first", outcomes=(Go("done", "Klaar"),), due=after(weeks(9)))
    definition = a_procedure(first, work("second", due=after(weeks(9))), goals=(RIGHT,),
                             facts=(Fact("objected_on", "date", "Bezwaar gemaakt op"),))  # fmt: skip
    play = Play.of(definition, "2026-03-06", begun_on="2026-03-06")
    play.decide("2026-03-10", "first")
    play.sweep("2026-04-09")
    when_it_lapsed = {name: step.status for name, step in play.last.state.steps.items()}

    play.sweep("2026-04-10")

    assert when_it_lapsed == {"first": "done", "second": "withdrawn"}
    assert {name: step.status for name, step in play.last.state.steps.items()} == when_it_lapsed


def test_a_lapsed_case_that_a_person_reopens_does_not_lapse_again_at_once():
    play = Play.of(OBJECT, "2026-03-06", begun_on="2026-03-06")
    play.sweep("2026-04-10")

    play.act("2026-04-13", "reopen", "object")
    play.decide("2026-04-14", "object", "objected", values={"objected_on": "2026-04-02"})

    assert (play.result, play.open) == ("", ["answer"])


HELD = replace(OBJECT, goals=(replace(RIGHT, met_by=None, lapse_only=~known("objected_on") | done("answer")),),
               steps=(work("object", due="right", form=("objected_on",)),
                      work("answer", needs=known("objected_on"), undated="zij hebben geen termijn", due=None,
                           outcomes=(Go("done", "Beantwoord"),))))  # fmt: skip


@pytest.mark.parametrize("swept", [(), ("2026-04-09", "2026-04-20"), ("2026-04-22",)])
def test_a_right_does_not_lapse_over_what_waits_for_an_answer(swept: tuple[str, ...]):
    play = Play.of(HELD, "2026-03-06", begun_on="2026-03-06")
    play.act("2026-03-20", "record", values={"objected_on": "2026-03-20"})
    for day in swept:
        if day < "2026-04-21":
            play.sweep(day)

    standing = play.result
    play.decide("2026-04-21", "answer")
    for day in (*swept, "2026-05-10"):
        if day > "2026-04-21":
            play.sweep(day)

    assert (standing, play.result) == ("", "lapsed")
    assert [h.nominal for key, h in play.last.case.ledger.items() if "close" in key] == [date(2026, 4, 22)]


def test_where_nothing_waits_a_right_lapses_on_its_day():
    play = Play.of(HELD, "2026-03-06", begun_on="2026-03-06")

    assert "close case lapsed" in play.sweep("2026-04-09")


def test_a_reopened_right_lapses_anew_when_its_date_is_moved_ahead():
    play = Play.of(OBJECT, "2026-03-06", begun_on="2026-03-06")
    play.sweep("2026-04-10")
    play.act("2026-04-13", "reopen", "object")

    play.correct("2026-04-13", begun_on="2026-04-01")
    play.sweep("2026-05-15")

    assert play.result == "lapsed"


# --- taking back and reopening

JUDGED = a_procedure(
    work("judge", outcomes=(*FINISH, Go("red", "Rood")), due=after(weeks(4)), remind=(Remind("two", after=weeks(2)),)),
    work("confirm", needs=took("judge", "red"), due=DueRule(after="done:judge", within=days(5), basis="norm"),
         outcomes=(Close("red", "Rood"), Repeat("refused", "Geen rood", step="judge"))),
    work("file", needs=(), due=after(weeks(1)), outcomes=(Go("done", "Klaar"),)),
)  # fmt: skip


def test_taking_back_a_decision_opens_its_step_in_a_next_round_and_what_needs_it_waits_again():
    play = Play.of(JUDGED, "2026-03-06", begun_on="2026-03-06")
    play.decide("2026-03-10", "judge", "red")
    assert play.open == ["confirm", "file"]

    assert play.act("2026-03-11", "take-back", "judge") == ["task judge#2 > rol"]
    assert play.open == ["judge", "file"]


def test_taking_back_what_closed_the_case_undoes_the_closing_and_asks_nobody_twice():
    play = Play.of(JUDGED, "2026-03-06", begun_on="2026-03-06")
    play.sweep("2026-03-20")
    play.decide("2026-03-23", "judge")

    lines = play.act("2026-03-23", "take-back", "judge", hour="09:05")

    # `file` was withdrawn by the closing: it stands again, in the round that it had, and was told late before.
    assert lines == ["remind judge#2 two (overtaken)", "task judge#2 > rol"]
    assert play.asked("file").round == 1
    assert play.open == ["judge", "file"]


def test_a_goal_that_was_met_by_a_decision_runs_again_when_it_is_taken_back():
    visit = work("visit", due="goal", outcomes=(Go("physical", "Op locatie"), Go("digital", "Digitaal")))
    goal = Goal("goal", "Doel", after(), role="rol", met_by=took("visit", "physical"))
    play = Play.of(a_procedure(visit, work("report"), goals=(goal,)), "2026-03-06", begun_on="2026-03-06")
    play.decide("2026-03-10", "visit", "physical")
    assert play.asked("goal").state == "met"

    play.act("2026-03-11", "take-back", "visit")

    assert play.asked("goal").state == "open"
    play.decide("2026-03-12", "visit", "digital")
    assert "escalate goal late > baas" in play.sweep("2026-04-07")


def test_a_goal_that_was_met_does_not_start_again_when_a_step_is_repeated():
    goal = Goal("goal", "Doel", after(), role="rol", met_by=done("judge"))
    again = work("confirm", needs=("judge",), outcomes=(*FINISH, Repeat("back", "Terug", step="judge")))
    judge = work(
        "judge", outcomes=(Go("done", "Klaar"),), due=DueRule(after="opened:judge", within=weeks(1), basis="norm")
    )
    play = Play.of(a_procedure(judge, again, goals=(goal,)), "2026-03-06", begun_on="2026-03-06")
    play.decide("2026-03-10", "judge")

    play.decide("2026-03-11", "confirm", "back")

    assert play.asked("goal").state == "met"


def test_only_a_closed_case_is_reopened_and_only_a_decision_taken_back():
    play = Play.of(JUDGED, "2026-03-06", begun_on="2026-03-06")

    with pytest.raises(Refused, match="not closed"):
        play.act("2026-03-10", "reopen", "judge")
    with pytest.raises(Refused, match="was not decided"):
        play.act("2026-03-10", "take-back", "judge")


# --- the other acts


def test_a_step_that_does_not_apply_counts_as_done():
    definition = a_procedure(work("first", outcomes=(Go("done", "Klaar"),)), work("second"))
    play = Play.of(definition, "2026-03-06", begun_on="2026-03-06")

    play.act("2026-03-09", "not-applicable", "first")

    assert (play.asked("first").state, play.open) == ("skipped", ["second"])


def test_a_task_that_was_taken_or_handed_over_has_an_assignee_in_its_round_only():
    play = Play.of(JUDGED, "2026-03-06", begun_on="2026-03-06")
    play.act("2026-03-09", "take", "judge", by="ann")
    assert play.asked("judge").assignee == "ann"
    play.act("2026-03-09", "hand-over", "judge", person="bob")
    assert play.asked("judge").assignee == "bob"

    play.decide("2026-03-10", "judge", "red")
    play.decide("2026-03-11", "confirm", "refused", by="cor")

    assert play.asked("judge").assignee == ""


def test_a_reminder_by_hand_speaks_each_day_that_somebody_asks_and_once_a_day():
    play = Play.of(JUDGED, "2026-03-06", begun_on="2026-03-06")

    assert play.act("2026-03-09", "remind", "judge") == ["remind judge by_hand > rol"]
    with pytest.raises(Refused, match="already reminded"):
        play.act("2026-03-09", "remind", "judge", hour="12:00")
    assert play.act("2026-03-10", "remind", "judge") == ["remind judge by_hand > rol"]


@pytest.mark.parametrize(
    "act",
    ["correct", "extend", "suspend", "resume", "withdraw", "cancel", "hand-over", "merge", "not-applicable", "remind"],
)
def test_what_departs_from_the_course_needs_a_reason_of_ten_characters(act):
    play = Play.of(SUSPENDABLE, "2026-03-06", begun_on="2026-03-06")

    with pytest.raises(Refused, match="reason of at least 10"):
        play.act("2026-03-09", act, "work", reason="te kort")


@pytest.mark.parametrize(("act", "result"), [("cancel", "cancelled"), ("withdraw", "withdrawn"), ("merge", "merged")])
def test_closing_without_a_decision_reaches_no_goal(act, result):
    definition = a_procedure(work(due="goal"), goals=(GOAL,))
    play = Play.of(definition, "2026-03-06", begun_on="2026-03-06")

    play.act("2026-03-09", act)

    assert (play.result, play.asked("goal").state, play.asked("work").state) == (result, "none", "withdrawn")


def test_a_refused_act_says_what_is_wrong_and_what_to_do():
    play = Play.of(JUDGED, "2026-03-06", begun_on="2026-03-06")

    with pytest.raises(Refused, match=r"no outcome 'blue'. Choose one of: done, red"):
        play.decide("2026-03-09", "judge", "blue")
    play.decide("2026-03-09", "file")
    with pytest.raises(Refused, match=r"already done \(done, ma 9 mrt 2026\). Take it back first"):
        play.decide("2026-03-10", "file")


# --- four eyes

PAIR = a_procedure(
    work("propose", outcomes=(Go("red", "Rood"),)),
    work("confirm", not_by=("propose",), outcomes=(*FINISH, Repeat("refused", "Nee", step="propose"))),
)
EYES = [
    pytest.param({"by": "ann"}, {"by": "ann"}, True, id="who-proposed"),
    pytest.param({"by": "ann"}, {"by": "bob"}, False, id="somebody-else"),
    pytest.param({"by": "dep", "behalf": "ann"}, {"by": "ann"}, True, id="for-whom-it-was-entered"),
    pytest.param({"by": "dep", "behalf": "ann"}, {"by": "dep"}, True, id="who-entered-it-for-another"),
    pytest.param({"by": "ann"}, {"by": "dep", "behalf": "ann"}, True, id="a-deputy-of-who-proposed"),
    pytest.param({"by": "ann"}, {"by": "ann", "behalf": "bob"}, True, id="who-proposed-as-somebody's-deputy"),
]


@pytest.mark.parametrize(("proposed", "confirmed", "refused"), EYES)
def test_who_proposed_or_entered_it_may_not_decide_in_any_round_not_even_as_a_deputy(proposed, confirmed, refused):
    play = Play.of(PAIR, "2026-03-06", begun_on="2026-03-06")
    play.decide("2026-03-09", "propose", "red", **proposed)
    play.decide("2026-03-10", "confirm", "refused", by="zoe")
    play.decide("2026-03-11", "propose", "red", by="second")

    if refused:
        with pytest.raises(FourEyes):
            play.decide("2026-03-12", "confirm", **confirmed)
    else:
        play.decide("2026-03-12", "confirm", **confirmed)
        assert play.result == "done"


ENTERED = a_procedure(
    work("file", outcomes=(Go("filed", "Ingediend"),), form=("plan",)),
    work("decide", not_by=("plan",)),
    facts=(Fact("plan", "text", "Plan"), Fact("note", "text", "Notitie")),
)
ENTRIES = [
    pytest.param({"by": "ann", "values": {"plan": "A"}}, {"by": "ann"}, True, id="who-entered-it"),
    pytest.param({"by": "ann", "behalf": "lid-001", "values": {"plan": "A"}}, {"by": "ann"}, True, id="for-another"),
    pytest.param(
        {"by": "ann", "values": {"plan": "A"}}, {"by": "dep", "behalf": "ann"}, True, id="a-deputy-of-who-did"
    ),
    pytest.param({"by": "ann", "values": {"plan": "A"}}, {"by": "bob"}, False, id="somebody-else"),
    pytest.param({"by": "ann", "values": {"note": "A"}}, {"by": "ann"}, False, id="who-entered-something-else"),
]


@pytest.mark.parametrize(("entered", "decided", "refused"), ENTRIES)
@pytest.mark.parametrize("act", ["record", "correct"])
def test_who_entered_or_corrected_a_fact_may_be_kept_from_deciding(act, entered, decided, refused):
    play = Play.of(
        ENTERED, "2026-03-06", begun_on="2026-03-06", **({"plan": "0", "note": "0"} if act == "correct" else {})
    )
    play.act("2026-03-09", act, **entered)
    play.decide("2026-03-10", "file", "filed", by="member")

    if refused:
        with pytest.raises(FourEyes, match="entered 'plan'"):
            play.decide("2026-03-11", "decide", **decided)
    else:
        assert play.decide("2026-03-11", "decide", **decided) == ["decide decide done", "close case done"]


# --- needs, when, repeat

THREE = [
    pytest.param(is_("vg7", True), {}, "waiting", id="unknown-waits"),
    pytest.param(is_("vg7", True), {"vg7": False}, "skipped", id="false-skips"),
    pytest.param(is_("vg7", True), {"vg7": True}, "open", id="true-opens"),
    pytest.param(~is_("vg7", True), {}, "waiting", id="not-unknown-is-unknown"),
    pytest.param(is_("vg7", True) | known("vg7"), {}, "waiting", id="unknown-or-false-is-unknown"),
    pytest.param(is_("vg7", True) & known("vg7"), {}, "skipped", id="unknown-and-false-is-false"),
    pytest.param(same("left", "right"), {"left": 3}, "waiting", id="same-needs-both"),
    pytest.param(same("left", "right"), {"left": 3, "right": 3}, "open", id="same"),
    pytest.param(more("left", "right"), {"left": 3, "right": 4}, "skipped", id="more"),
    pytest.param(
        at_least(2, is_("vg7", True), known("left"), known("right")), {"left": 1}, "waiting", id="may-yet-be-two"
    ),
    pytest.param(at_least(2, is_("vg7", True), known("left")), {"vg7": False}, "skipped", id="never-two"),
    pytest.param(took("never", "done"), {}, "waiting", id="an-outcome-not-yet-taken"),
]


@pytest.mark.parametrize(("when", "facts", "state"), THREE)
def test_when_is_three_valued(when, facts, state):
    names = {"vg7": "yes_no", "left": "number", "right": "number"}
    definition = a_procedure(
        work("asked", needs=(), when=when), work("never", needs=()),
        facts=tuple(Fact(name, kind, name) for name, kind in names.items()),
    )  # fmt: skip

    play = Play.of(definition, "2026-03-06", begun_on="2026-03-06", **facts)

    assert play.asked("asked").state == state


def test_repeat_puts_back_the_step_and_all_that_needs_it_also_what_was_skipped():
    file = work("file", outcomes=(Go("filed", "Ingediend"),), form=("vg7",))
    opinion = work("opinion", outcomes=(Go("positive", "Positief"),))
    advice = work("advice", needs=("file",), when=is_("vg7", True), outcomes=(Go("given", "Gegeven"),))
    decide = work("decide", needs=("opinion", "advice"), outcomes=(*FINISH, Repeat("returned", "Terug", step="file")))
    definition = a_procedure(file, opinion, advice, decide, facts=(Fact("vg7", "yes_no", "VG7"),))
    play = Play.of(definition, "2026-03-06", begun_on="2026-03-06")
    play.decide("2026-03-09", "file", "filed", values={"vg7": False})
    play.decide("2026-03-10", "opinion", "positive")
    assert [play.asked(s).state for s in ("opinion", "advice", "decide")] == ["done", "skipped", "open"]

    play.decide("2026-03-11", "decide", "returned")
    assert (play.open, [play.asked(s).state for s in ("opinion", "advice", "decide")]) == (["file"], ["waiting"] * 3)

    play.decide("2026-03-12", "file", "filed", values={"vg7": True})
    assert play.open == ["opinion", "advice"]


ONLY = a_procedure(
    work(form=("count", "log"), outcomes=(Close("equal", "Gelijk", only=same("count", "log")),
                                          Close("explained", "Verklaard", reason=~same("count", "log")))),
    facts=(Fact("count", "number", "Telling", required=True), Fact("log", "number", "Log")),
)  # fmt: skip
ONLIES = [
    pytest.param("equal", {"count": 1, "log": 1}, "", None, id="only-sees-the-form's-own-values"),
    pytest.param("equal", {"count": 1, "log": 2}, "", "not possible now", id="false-is-no"),
    pytest.param("equal", {"count": 1}, "", "not possible now", id="unknown-is-not-yes"),
    pytest.param("explained", {"count": 1, "log": 2}, "kort", "needs a reason", id="reason-where-it-is-asked"),
    pytest.param("explained", {"count": 1, "log": 1}, "", None, id="no-reason-where-it-is-not"),
    pytest.param("equal", {"log": 1}, "", "needs 'count'", id="a-required-field"),
    pytest.param(
        "equal", {"count": 1, "begun_on": "2026-01-01"}, "", "has no field 'begun_on'", id="a-field-of-no-form"
    ),
]


@pytest.mark.parametrize(("outcome", "values", "reason", "says"), ONLIES)
def test_outcomes_and_fields_look_at_the_form_as_it_is_handed_in(outcome, values, reason, says):
    play = Play.of(ONLY, "2026-03-06", begun_on="2026-03-06")

    if says:
        with pytest.raises(Refused, match=says):
            play.decide("2026-03-09", "work", outcome, values=values, reason=reason)
    else:
        play.decide("2026-03-09", "work", outcome, values=values, reason=reason)
        assert play.result == outcome


# --- goals


def test_a_goal_speaks_to_its_own_role_and_to_the_roles_of_the_open_steps_that_serve_it():
    goal = Goal(
        "goal", "Doel", after(), role="rol", remind=(Remind("two", before=weeks(2)), Remind("one", before=weeks(1)))
    )
    steps = (
        work("first", role="eerste", due="goal", outcomes=(Go("done", "Klaar"),)),
        work("second", role="tweede", due="goal"),
    )
    play = Play.of(a_procedure(*steps, goals=(goal,)), "2026-03-06", begun_on="2026-03-06")

    assert play.sweep("2026-03-20") == ["remind goal two > rol, eerste"]
    play.decide("2026-03-23", "first")
    assert play.sweep("2026-03-27") == ["remind goal one > rol, tweede"]


def test_a_fatal_date_is_not_mute_behind_an_undone_step():
    goal = Goal("goal", "Doel", after(basis="contract", fatal=True), role="rol")
    steps = work("first", due=after(weeks(9)), outcomes=(Go("done", "Klaar"),)), work("deed", due="goal")
    play = Play.of(a_procedure(*steps, goals=(goal,)), "2026-03-06", begun_on="2026-03-06")

    assert play.sweep("2026-04-07") == ["escalate goal late > baas"]


def test_a_goal_is_met_on_the_day_of_what_met_it_also_by_the_act_that_closes_the_case():
    goal = Goal("goal", "Doel", after(), role="rol", met_by=known("sent_on"))
    definition = a_procedure(
        work(due="goal", form=("sent_on",)), goals=(goal,), facts=(Fact("sent_on", "date", "Verstuurd"),)
    )
    play = Play.of(definition, "2026-03-06", begun_on="2026-03-06")

    play.decide("2026-04-15", "work", values={"sent_on": "2026-04-02"})

    assert (play.asked("goal").state, play.asked("goal").done_on) == ("met", date(2026, 4, 2))


def test_closing_withdraws_open_steps_and_a_goal_that_nothing_met_ends_as_none():
    goal = Goal("goal", "Doel", after(), role="rol", met_by=done("other"))
    play = Play.of(a_procedure(work(), work("other", needs=()), goals=(goal,)), "2026-03-06", begun_on="2026-03-06")

    play.decide("2026-03-09", "work")

    assert (play.asked("other").state, play.asked("goal").state) == ("withdrawn", "none")
    assert play.sweep("2026-09-01") == []


def test_a_case_ends_by_itself_on_the_day_that_was_announced_and_never_before():
    definition = a_procedure(work(due=after(weeks(20))), facts=(Fact("left_on", "date", "Vertrokken", announced=True),),
                             ends=(End("left", "Vertrokken", reached("left_on")),))  # fmt: skip
    play = Play.of(definition, "2026-03-06", begun_on="2026-03-06")
    play.act("2026-03-09", "announce", values={"left_on": "2026-04-01"})
    assert play.last.next_check_at == midnight(date(2026, 4, 1))

    assert play.sweep("2026-03-31") == []
    assert play.sweep("2026-04-01") == ["close case left"]


# --- other cases

PARENT = a_procedure(
    work("collect", starts=(Start("return", over="members"),), when_late=(Escalate("late", "baas"),),
         outcomes=(Go("complete", "Compleet"), Go("accept_missing", "Verder zonder", reason=True))),
    work("send", due=after(weeks(9))),
)  # fmt: skip


def cohort(play: Play, *subjects: str) -> None:
    play.act("2026-03-06", "cohort", "collect", subjects=subjects)


def test_a_step_that_waits_for_a_cohort_takes_its_first_outcome_when_the_last_child_closes():
    play = Play.of(PARENT, "2026-03-06", begun_on="2026-03-06")
    assert [o.start.start for o in play.last.openings] == ["return"]
    cohort(play, "lid-1", "lid-2")

    play.act("2026-03-10", "child", "collect", person="lid-1", outcome="handed_in")
    with pytest.raises(Refused, match="still missing: lid-2"):
        play.decide("2026-03-11", "collect", "complete")
    play.act("2026-03-12", "child", "collect", person="lid-2", outcome="left")

    assert (play.asked("collect").outcome, play.open) == ("complete", ["send"])


def test_the_parent_is_caught_up_before_its_child_counts_so_an_outage_swallows_no_escalation():
    play = Play.of(PARENT, "2026-03-06", begun_on="2026-03-06")
    cohort(play, "lid-1")

    play.act("2026-04-20", "child", "collect", person="lid-1", outcome="handed_in")

    assert "collect/1/escalate/late/2026-04-04" in play.keys


def test_an_empty_cohort_passes_and_a_person_may_go_on_without_the_last():
    play = Play.of(PARENT, "2026-03-06", begun_on="2026-03-06")
    cohort(play)
    assert play.open == ["send"]

    play = Play.of(PARENT, "2026-03-06", begun_on="2026-03-06")
    cohort(play, "lid-1")
    play.decide("2026-03-20", "collect", "accept_missing")
    assert play.open == ["send"]


def test_a_child_that_closes_after_its_parent_closed_changes_nothing():
    play = Play.of(PARENT, "2026-03-06", begun_on="2026-03-06")
    cohort(play, "lid-1")
    play.decide("2026-03-20", "collect", "accept_missing")
    play.decide("2026-03-23", "send")

    assert play.act("2026-03-25", "child", "collect", person="lid-1", outcome="handed_in") == []
    assert play.result == "done"


def test_a_carried_goal_ends_here_as_none_and_goes_along_with_its_keys():
    goal = Goal(
        "on_site",
        "Op locatie",
        after(),
        role="rol",
        met_by=took("visit", "physical"),
        remind=(Remind("two", before=weeks(2)),),
    )
    visit = work(
        "visit", outcomes=(Go("physical", "Ja"), Go("digital", "Nee", starts=(Start("proef", carries=("on_site",)),)))
    )
    play = Play.of(a_procedure(visit, work("report"), goals=(goal,)), "2026-03-06", begun_on="2026-03-06")
    play.sweep("2026-03-20")

    play.decide("2026-03-23", "visit", "digital")

    assert [set(o.carried) for o in play.last.openings] == [{"on_site/1/remind/two/2026-03-20"}]
    assert play.asked("on_site").state == "none"
    assert kinds(play.sweep("2026-04-10"), "escalate on_site") == []


def test_an_announcement_moves_the_date_from_then_on_and_what_was_sent_stays():
    rows = Fact("closes_on", "row", "Sluiting", announced=True)
    goal = Goal("filed", "Ingeschreven", DueRule(on="closes_on"), role="rol", remind=(Remind("week", before=weeks(1)),))
    definition = a_procedure(work(due="filed"), goals=(goal,), facts=(rows,))
    play = Play.of(definition, "2026-03-06", begun_on="2026-03-06", closes_on={"date": "2026-04-03"})
    assert play.sweep("2026-03-27") == ["remind filed week > rol"]

    play.act("2026-03-30", "announce", values={"closes_on": {"date": "2026-04-17"}})

    assert play.moved == ["filed 2026-04-03 2026-04-17 > rol", "work 2026-04-03 2026-04-17 > rol"]
    assert "filed/1/remind/week/2026-03-27" in play.keys
    assert play.sweep("2026-04-10") == ["remind filed week > rol"]


# --- opening


def test_a_required_setting_that_nobody_set_refuses_the_case_and_says_so():
    decider = Setting("decider", "Wie besluit", kind="role", source="niet in de bronnen")

    with pytest.raises(Misconfigured, match=r"'decider'.*tijdig set decider"):
        Play.of(a_procedure(work(role=decider)), "2026-03-06", begun_on="2026-03-06")


def test_a_case_does_not_open_without_the_fact_that_it_hangs_on():
    with pytest.raises(Refused, match="opens with 'begun_on'"):
        Play.of(a_procedure(work()), "2026-03-06")


# --- terms that may stay unset, and terms of later rounds

VALIDITY = Setting("validity", "Geldigheid", optional=True)
EXPIRES = a_procedure(
    work(due="valid"),
    goals=(
        Goal("valid", "Geldig", after(VALIDITY), role="rol", remind=(Remind("r", after=VALIDITY),)),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("chosen", "due", "heard"),
    [
        pytest.param({}, "None", [], id="never set: no date, and nobody hears of it"),
        pytest.param({"validity": None}, "None", [], id="unset again"),
        pytest.param(
            {"validity": weeks(4)}, "2026-04-03", ["remind valid r > rol", "escalate valid late > baas"], id="set"
        ),
    ],
)
def test_what_counts_with_an_optional_term_has_no_date_while_it_is_unset(chosen, due, heard):
    play = Play.of(EXPIRES, "2026-03-05", begun_on="2026-03-06", settings=chosen)

    assert (play.due("valid"), play.due("work")) == (due, due)
    assert [*kinds(play.lines, "remind"), *play.sweep("2030-01-01")] == heard


def test_a_term_of_later_rounds_counts_from_the_second_opening_on():
    again = DueRule(after="opened:file", within=weeks(2), again=True)
    definition = a_procedure(
        work("file", due=again, undated="zelf te kiezen", outcomes=(Go("filed", "Ingediend"),)),
        work("decide", outcomes=(*FINISH, Repeat("returned", "Terug", step="file"))),
    )
    play = Play.of(definition, "2026-03-06", begun_on="2026-03-06")
    assert play.due("file") == "None"

    play.decide("2026-03-09", "file", "filed")
    play.decide("2026-03-10", "decide", "returned")

    assert play.due("file") == "2026-03-24"
    assert play.sweep("2026-03-25") == ["escalate file#2 late > baas"]
