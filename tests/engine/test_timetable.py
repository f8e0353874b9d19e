"""What the rows of a timetable come to in a case (language.Timetable), and the conditions that came with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flows.tender_bidder import TENDER_BIDDER
from tests.engine.play import Play, a_procedure, after
from tijdig.engine import (
    Close,
    DueRule,
    Fact,
    Go,
    Goal,
    Match,
    Procedure,
    Remind,
    Rows,
    Step,
    Timetable,
    at_limit,
    days,
    done,
    each,
    in_time,
    known,
    months,
    reached,
    weeks,
)
from tijdig.engine.checks import check
from tijdig.engine.conditions import AllOf
from tijdig.engine.errors import Refused
from tijdig.engine.snapshot import canonical, from_json, to_json
from tijdig.engine.timetable import Row, matched, weave

DEED = Step("{row}", "{title} ({channel})", "rol", needs=(), due=DueRule(on="{row}"))
CLOSING = Goal("closing", "Gesloten", role="rol", met_by=in_time("filed_at", "closing"),
               row=(Match(("sluit inschrij",)), Match(ours=True, timed=True)))  # fmt: skip
LIMIT = Step("limit", "Kijk ernaar", "baas", needs=at_limit("filed_at", "closing"), undated="proef")
TENDER = a_procedure(
    Step("file", "Schrijf in", "rol", needs=(), due="closing", form=("filed_at",),
         outcomes=(Go("filed", "Ingeschreven", only=in_time("filed_at", "closing")),)),
    Step("prepare", "Bereid voor", "rol", needs=(), due=DueRule(before="due:closing", lead=weeks(4))),
    LIMIT,
    Step("finish", "Klaar", "rol", needs=done("file") & each("deeds"), undated="proef",
         outcomes=(Close("done", "Klaar"),)),
    facts=(Fact("plan", "text", "Tijdschema"), Fact("filed_at", "moment", "Ontvangen"),
           ),
    goals=(CLOSING,),
    timetable=Timetable("plan", ours=("wij",), rows=(
        Rows("terms", Match(ours=False, objection=True), beside=True, goals=(
            Goal("term_{row}", "Bezwaar {title}", DueRule(after="{row}", within=days(20), basis="contract"), role="rol",
                 row=(Match(after="{row}"),)),)),
        Rows("theirs", Match(ours=False), goals=(
            Goal("{row}", "{title}", DueRule(on="{row}"), met_by=reached("{row}")),)),
        Rows("deeds", Match(ours=True), steps=(DEED,)),
    )),
)  # fmt: skip

PUBLISHED = Row("A-1", "publicatie stukken", "zij", objection=True)
SUNDAY_TERM = Row("A-1x", "vervaldag bezwaar", "wij",
                  rule=DueRule(after="A-1", within=days(20), basis="contract", fatal=True))  # fmt: skip
CLOSES = Row("A-2", "Digitale inschrijving sluit", "wij", "portaal", fatal=True, timed=True)
REPORT = Row("A-3", "jaarverslag insturen", "wij", "e-mail")


def woven(*rows: Row, procedure: Procedure = TENDER) -> Procedure:
    return weave(procedure, "plan-2031", rows)


def row(day: str, **said: Any) -> dict[str, Any]:
    return {"date": day, "basis": "contract", "fatal": False, **said}


def played(day: str = "2031-03-03", **rows: Any) -> Play:
    known = {"A-1": row("2031-03-03"), "A-2": row("2031-05-30", time="17:00", fatal=True), "A-3": row("2031-06-30")}
    return Play.of(woven(PUBLISHED, SUNDAY_TERM, CLOSES, REPORT), day, begun_on=day, **{**known, **rows})


def dues(play: Play) -> dict[str, str]:
    asked = (*play.terms.goals, *play.terms.steps)
    return {name: str(due.due) for name in asked if (due := play.last.state.due(name))}


# --- weaving


def test_a_goal_is_the_row_that_it_matches_and_all_that_counts_from_it_follows() -> None:
    found = dues(played())

    assert found == {
        "A-1x": "2031-03-23", "A-1": "2031-03-03", "A-2": "2031-05-30", "file": "2031-05-30", "prepare": "2031-05-02",
        "A-3": "2031-06-30",
    }  # fmt: skip


MATCHES = {
    "by its words": ((Row("K-7", "De inschrijving sluit", "de wederpartij"), REPORT), "K-7"),
    "else by what it is": ((REPORT, Row("K-8", "uiterste moment", "wij", timed=True)), "K-8"),
    "words before what it is": ((Row("K-8", "anders", "wij", timed=True), Row("K-9", "sluiting inschrijfronde", "wij")),
                                "K-9"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "name"), MATCHES.values(), ids=MATCHES)
def test_the_row_that_a_goal_is_is_found(rows: tuple[Row, ...], name: str) -> None:
    step = woven(*rows).step("file")

    assert step is not None
    assert step.due == name


def test_a_goal_that_no_row_is_is_left_out_with_all_that_hangs_on_it() -> None:
    procedure = woven(REPORT)

    assert [goal.goal for goal in procedure.goals] == []
    assert [step.step for step in procedure.steps] == ["limit", "finish", "A-3"]
    played = Play.of(procedure, "2031-03-03", begun_on="2031-03-03", **{"A-3": row("2031-06-30")})
    played.decide("2031-03-04", "A-3")
    played.decide("2031-03-05", "finish")
    assert played.last.state.result == "done"


NEEDY = replace(TENDER, timetable=replace(TENDER.timetable, needs=("closing",)))


def test_a_timetable_without_a_row_that_a_definition_needs_is_refused_with_the_words_to_name_it() -> None:
    assert woven(CLOSES, procedure=NEEDY).goals

    with pytest.raises(Refused, match=r"‘Gesloten’.*plan-2031.*sluit inschrij"):
        woven(REPORT, procedure=NEEDY)


def test_each_goal_tells_which_row_it_is() -> None:
    assert matched(TENDER, [PUBLISHED, CLOSES]) == {"closing": "A-2"}
    assert matched(TENDER, [PUBLISHED]) == {"closing": ""}


NEEDS = {
    "nothing that exists": ("closed", "goal 'closed' does not exist"),
    "a goal that no row is": ("counted", "needs 'counted', which no row of a timetable is"),
}


@pytest.mark.parametrize(("name", "said"), NEEDS.values(), ids=NEEDS)
def test_a_definition_that_needs_no_row_of_a_timetable_is_refused(name: str, said: str) -> None:
    counted = Goal("counted", "Telt", DueRule(after="begun_on", within=days(20)), role="rol")
    broken = replace(TENDER, goals=(CLOSING, counted), timetable=replace(TENDER.timetable, needs=(name,)))

    assert said in {problem.problem for problem in check(broken)}


def test_what_is_woven_of_a_sound_definition_is_sound() -> None:
    assert check(woven(PUBLISHED, SUNDAY_TERM, CLOSES, REPORT)) == ()
    assert [problem.code for problem in check(woven(CLOSES, Row("case", "dossier", "wij")))] == ["BAD_NAME"]


def test_a_publication_without_a_row_for_its_term_gets_one_of_its_own() -> None:
    procedure = woven(PUBLISHED, CLOSES)

    play = Play.of(procedure, "2031-03-03", begun_on="2031-03-03", **{"A-1": row("2031-03-03")})

    assert play.due("term_A-1") == "2031-03-23"


def test_texts_of_a_part_say_what_the_row_says() -> None:
    step = woven(REPORT).step("A-3")

    assert step is not None
    assert step.asks == "jaarverslag insturen (e-mail)"


def test_a_row_with_the_name_of_something_else_is_refused() -> None:
    with pytest.raises(Refused, match=r"'finish'.*step_id"):
        woven(Row("finish", "klaar", "wij"))


def test_what_is_woven_is_a_definition_like_any_other() -> None:
    procedure = woven(PUBLISHED, SUNDAY_TERM, CLOSES, REPORT)

    assert from_json(to_json(procedure)) == procedure
    assert canonical(to_json(from_json(to_json(TENDER)))) == canonical(to_json(TENDER))
    assert weave(procedure, "plan-2031", ()).timetable == procedure.timetable


def test_the_checks_look_at_a_definition_with_a_timetable_that_is_made_up() -> None:
    broken = a_procedure(
        Step("file", "Schrijf in", "rol", needs=(), due="closing"), goals=(CLOSING,),
        timetable=Timetable("plan", ours=("wij",)),
    )  # fmt: skip

    assert {problem.problem for problem in check(broken)} >= {
        "fact 'plan' does not exist",
        "fact 'filed_at' does not exist",
    }
    assert check(TENDER_BIDDER) == ()


def test_a_condition_of_each_row_is_said_of_every_one_of_them() -> None:
    fact, waits = Fact("sent_{row}", "date", "Verstuurd"), each("deeds", ~known("sent_{row}") | done("{row}"))
    deeds = Rows("deeds", Match(ours=True), facts=(fact,), steps=(DEED,))
    step = Step("finish", "Klaar", "rol", needs=waits, undated="proef", outcomes=(Close("done", "Klaar"),))
    definition = replace(TENDER, steps=(*TENDER.steps[:-1], step), timetable=Timetable("plan", ("wij",), rows=(deeds,)))

    made = woven(CLOSES, REPORT, replace(REPORT, row="A-4"), procedure=definition).step("finish")

    assert made
    assert made.needs == AllOf(tuple(~known(f"sent_{row}") | done(row) for row in ("A-3", "A-4")))
    assert from_json(to_json(definition)) == definition
    assert check(definition) == ()


def test_a_definition_that_waits_for_rows_of_no_name_is_refused() -> None:
    step = Step("finish", "Klaar", "rol", needs=each("deds"), undated="proef", outcomes=(Close("done", "Klaar"),))

    for timetable in (TENDER.timetable, None):
        broken = a_procedure(step, facts=(Fact("plan", "text", "Tijdschema"),), timetable=timetable)
        assert "rows 'deds' does not exist" in {problem.problem for problem in check(broken)}


# --- dates that move


def test_an_amended_row_moves_what_counts_from_it_and_nothing_else() -> None:
    play = played()

    play.act("2031-03-04", "announce", values={"A-1": row("2031-03-10")})

    moved = {move.step: (str(move.before), str(move.after)) for move in play.last.moves if move.kind == "due"}
    assert moved == {"A-1x": ("2031-03-23", "2031-03-30")}


def test_a_day_that_was_reached_and_lies_ahead_after_all_is_no_longer_met() -> None:
    play = played()
    assert play.last.state.goals["A-1"].met_on is not None

    play.act("2031-03-04", "announce", values={"A-1": row("2031-03-10")})

    assert play.last.state.goals["A-1"].met_on is None


def test_a_row_without_a_date_says_what_it_waits_for() -> None:
    play = played(**{"A-3": row("", said="nog te bepalen")})

    asked = play.asked("A-3")

    assert (asked.due, asked.undated) == (None, "Nog geen datum in het tijdschema: nog te bepalen.")


# --- what happened on another day than was expected

HAPPENED = replace(
    TENDER,
    facts=(*TENDER.facts, Fact("answered_on", "date", "Antwoord gekregen op", expected="due:answered")),
    goals=(*TENDER.goals, Goal("answered", "Antwoord", met_by=known("answered_on"), row=(Match(("antwoord",)),))),
    timetable=replace(TENDER.timetable, rows=(
        Rows("happened", Match(ours=False, objection=True), beside=True, facts=(
            Fact("published_{row}", "date", "Uitgekomen op", expected="{row}"),
        )),
        *TENDER.timetable.rows,
    )),
)  # fmt: skip
ANSWER = Row("A-4", "antwoord op de inschrijving", "zij", objection=True)


def expecting() -> Play:
    rows = {"A-1": row("2031-03-03"), "A-4": row("2031-06-16")}
    procedure = woven(PUBLISHED, SUNDAY_TERM, ANSWER, procedure=HAPPENED)
    return Play.of(procedure, "2031-02-03", begun_on="2031-02-03", **rows)


def test_until_it_happened_the_day_of_the_row_counts() -> None:
    assert {name: expecting().due(name) for name in ("A-1x", "term_A-4")} == {
        "A-1x": "2031-03-23", "term_A-4": "2031-07-06",
    }  # fmt: skip


HAPPENINGS = {
    "earlier than its row, and another row is counted from it": ("published_A-1", "2031-02-24", "A-1x", "2031-03-16"),
    "later than its row": ("published_A-1", "2031-03-05", "A-1x", "2031-03-25"),
    "said by the definition's own fact": ("answered_on", "2031-06-10", "term_A-4", "2031-06-30"),
}


@pytest.mark.parametrize(("fact", "day", "part", "due"), HAPPENINGS.values(), ids=HAPPENINGS)
def test_what_counts_from_a_row_counts_from_the_day_on_which_it_happened(
    fact: str, day: str, part: str, due: str
) -> None:
    play = expecting()

    play.act("2031-06-20", "record", values={fact: day})

    assert play.due(part) == due
    assert (play.due("A-1"), play.due("A-4")) == ("2031-03-03", "2031-06-16")  # by then it had to happen
    assert any(play.terms.labels[fact] in step.text for step in play.asked(part).due.steps)


def test_a_row_has_one_fact_that_says_when_it_happened() -> None:
    facts = [fact.fact for fact in woven(PUBLISHED, ANSWER, procedure=HAPPENED).facts if fact.expected]

    assert facts == ["answered_on", "published_A-1"]


EXPECTED = {
    "nothing that exists": ("due:nothing", "UNKNOWN_NAME"),
    "a date that counts from it": ("due:counted", "ANCHOR_CYCLE"),
    "another that is expected": ("later", "ANCHOR_CYCLE"),
}


@pytest.mark.parametrize(("anchor", "code"), EXPECTED.values(), ids=EXPECTED)
def test_what_is_expected_on_no_day_is_refused(anchor: str, code: str) -> None:
    procedure = a_procedure(
        Step("work", "Doe", "rol", due=after(), outcomes=(Close("done", "Klaar"),)),
        facts=(Fact("came_on", "date", "Gekomen", expected=anchor),
               Fact("later", "date", "Later", expected="begun_on")),
        goals=(Goal("counted", "Telt", DueRule(after="came_on", within=days(20)), role="rol"),),
    )  # fmt: skip

    assert code in {problem.code for problem in check(procedure)}


# --- to the second


HOURS = {
    "a second before": ("2031-05-30T16:59:59+02:00", True, False),
    "at the hour itself": ("2031-05-30T17:00:00+02:00", True, True),
    "a second after": ("2031-05-30T17:00:01+02:00", False, False),
}


@pytest.mark.parametrize(("filed_at", "in_time_", "looked_at"), HOURS.values(), ids=HOURS)
def test_what_closes_at_an_hour_closes_to_the_second(filed_at: str, in_time_: bool, looked_at: bool) -> None:
    play = played()

    if in_time_:
        play.decide("2031-05-30", "file", "filed", hour="17:30", values={"filed_at": filed_at})
        assert play.last.state.steps["limit"].status == ("open" if looked_at else "waiting")
        assert str(play.last.state.goals["A-2"].met_on) == "2031-05-30"
    else:
        with pytest.raises(Refused, match=r"30-05-2031 17:00:01.*too late"):
            play.decide("2031-05-30", "file", "filed", hour="17:30", values={"filed_at": filed_at})


# --- documents that grow old

PAPER = Fact("vog", "document", "VOG", max_age=months(3), dated="vog_dated", fresh_on="due:goal")
AGED = a_procedure(
    Step("hand_in", "Lever in", "rol", needs=(), due=after(), form=("vog", "vog_dated"),
         outcomes=(Close("done", "Klaar"),)),
    facts=(PAPER, Fact("vog_dated", "date", "Datum van de VOG"),
           Fact("closes", "date", "Sluit")),
    goals=(Goal("goal", "Sluiting", DueRule(on="closes", basis="contract"), role="rol"),),
)  # fmt: skip
AGES = {
    "of no day": (None, "Of which day"),
    "of tomorrow": ("2031-05-03", "future"),
    "just good enough": ("2031-02-28", ""),  # and three months later is 28 May, the day of the closing
    "good now, too old at the closing": ("2031-02-27", "too old on wo 28 mei 2031, when it is needed"),
    "too old already": ("2031-02-01", "too old"),
}


@pytest.mark.parametrize(("dated", "refusal"), AGES.values(), ids=AGES)
@pytest.mark.parametrize("how", ["decide", "record"])
def test_a_document_is_refused_that_is_too_old_now_or_when_it_is_needed(
    how: str, dated: str | None, refusal: str
) -> None:
    play = Play.of(AGED, "2031-04-01", begun_on="2031-04-01", closes="2031-05-28")
    values = {"vog": {"name": "vog.pdf", "sha256": "0" * 64}} | ({"vog_dated": dated} if dated else {})

    def hand_in() -> None:
        if how == "decide":
            play.decide("2031-05-02", "hand_in", "done", values=values)
        else:
            play.act("2031-05-02", "record", values=values)

    if refusal:
        with pytest.raises(Refused, match=refusal):
            hand_in()
    else:
        hand_in()


CORRECTIONS = {
    "to a day on which it is too old when it is needed": ("2031-05-05", "2031-02-27", "too old on wo 28 mei 2031"),
    "to that, when it was needed before": ("2031-06-30", "2031-02-27", "too old on wo 28 mei 2031"),
    "to tomorrow": ("2031-05-05", "2031-05-06", "future"),
    "to another good day": ("2031-05-05", "2031-03-05", ""),
    "to another good day, when it is no longer needed": ("2031-09-05", "2031-03-05", ""),
}


@pytest.mark.parametrize(("day", "dated", "refusal"), CORRECTIONS.values(), ids=CORRECTIONS)
def test_the_day_of_a_document_is_not_corrected_to_one_on_which_it_would_be_refused(
    day: str, dated: str, refusal: str
) -> None:
    play = Play.of(AGED, "2031-04-01", begun_on="2031-04-01", closes="2031-05-28")
    play.act("2031-05-02", "record", values={"vog": {"name": "vog.pdf", "sha256": "0" * 64}, "vog_dated": "2031-04-01"})

    if refusal:
        with pytest.raises(Refused, match=refusal):
            play.correct(day, vog_dated=dated)
    else:
        play.correct(day, vog_dated=dated)


def test_what_may_only_be_so_old_must_say_of_which_day_it_is() -> None:
    undated = Fact("vog", "document", "VOG", max_age=months(3))
    procedure = a_procedure(Step("work", "Doe", "rol", due=after(), outcomes=(Close("done", "Klaar"),)), facts=(
        undated,))  # fmt: skip

    assert [problem.code for problem in check(procedure)] == ["AGE_UNKNOWN"]


# --- a term that ends on a free day

FREE = {"a Friday": ("2031-05-09", []), "a Sunday": ("2031-05-11", ["remind goal look > rol"])}


@pytest.mark.parametrize(("closes", "lines"), FREE.values(), ids=FREE)
def test_a_person_looks_at_a_term_that_ends_on_a_free_day(closes: str, lines: list[str]) -> None:
    goal = Goal("goal", "Sluiting", DueRule(on="closes", basis="contract"), role="rol",
                remind=(Remind("look", before=days(7), free_day=True),))  # fmt: skip
    procedure = a_procedure(
        Step("work", "Doe", "rol", due=DueRule(after="begun_on", within=weeks(52)), outcomes=(Close("done", "Klaar"),)),
        facts=(Fact("closes", "date", "Sluit"),), goals=(goal,),
    )  # fmt: skip
    play = Play.of(procedure, "2031-04-01", begun_on="2031-04-01", closes=closes)

    assert play.sweep("2031-05-08") == lines
