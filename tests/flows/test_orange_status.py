"""Orange and red, day by day: C-02 and C-03 of domain/cooperative.md, with X-01 and X-02 as settings.

A row is a day, what somebody does on it, and what comes of it: each effect, and behind > to whom it is told, by the
letter of the mail (A task, C approval, D escalation, E reminder, F changed date, G decision).
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from models.case import OpenObligation
from models.session import Store
from tests.service.office import REASON, Office
from tijdig.engine.errors import AlreadyOpen, FourEyes, Misconfigured, Refused
from tijdig.service.people import Directory

ORANGE, RED = "orange-status/lid-001", "red-follow-up/lid-001"
Deed = Callable[[Office], list[str]]
Row = tuple[str, Deed, list[str]]


@pytest.fixture
def office(office: Office) -> Office:
    """The house has said who confirms red (X-02)."""
    office.choose("red_decider", "directeur")
    return office


def opens(member: str = "lid-001", by: str = "adviser1", at_step: str = "", **facts: str) -> Deed:
    return lambda office: office.open("orange-status", member, by, at_step=at_step, **facts)


def decides(who: str, step: str, outcome: str, case: str = ORANGE, **form: str) -> Deed:
    return lambda office: office.decide(case, step, outcome, who, **form)


def does(who: str, act: str, case: str = ORANGE, **given: str) -> Deed:
    return lambda office: office.act(case, act, who, **given)


def records(case: str = ORANGE, **facts: str) -> Deed:
    return lambda office: office.record(case, **facts)


def corrects(**facts: str) -> Deed:
    return lambda office: office.correct(ORANGE, **facts)


def time_passes(office: Office) -> list[str]:
    return office.sweep()


def play(office: Office, rows: list[Row]) -> None:
    for day, deed, lines in rows:
        assert (day, deed(office.on(day))) == (day, lines)


OPENED: Row = (
    "2026-01-05", opens(orange_on="2026-01-05"),
    ["open case", "task send_actions > A kwaliteitsadviseur", "task improve > A lid",
     "task judge > A kwaliteitsadviseur"],
)  # fmt: skip
SENT: Row = (
    "2026-01-07", decides("adviser1", "send_actions", "sent", actions="Zorgplannen bijwerken"),
    ["decide send_actions sent > G lid"],
)  # fmt: skip
WEEK_4: Row = ("2026-02-02", time_passes, ["remind improve week_4 > E lid, E kwaliteitsadviseur"])
WEEK_8: Row = ("2026-03-02", time_passes, ["remind improve week_8 > E lid, E kwaliteitsadviseur"])
JUDGED_RED: Row = (
    "2026-03-09",
    decides("adviser1", "judge", "red"),
    ["decide judge red", "task confirm_red > C directeur"],
)

TIMELINES = [
    pytest.param([
        OPENED,
        ("2026-01-13", time_passes, ["escalate send_actions late > D directeur"]),
        WEEK_4,
        WEEK_8,
        ("2026-03-17", time_passes, ["escalate improve overdue > D kwaliteitsadviseur"]),
        ("2026-03-23", time_passes, ["remind norm week_11 > E kwaliteitsadviseur"]),
        ("2026-03-30", time_passes, []),
        ("2026-03-31", time_passes, ["escalate norm overdue > D directeur"]),
        ("2026-04-07", time_passes, ["escalate max max > D directeur"]),  # 5 April is Easter Sunday
        ("2027-01-04", time_passes, []),
    ], "open", id="C-02 nobody acts"),
    pytest.param([
        OPENED,
        SENT,
        WEEK_4,
        ("2026-02-16", decides("adviser1", "judge", "green"), ["decide judge green > G lid", "close case green"]),
        ("2026-03-02", time_passes, []),
        ("2026-06-01", time_passes, []),
    ], "green", id="C-02 early green stops the week-eight reminder"),
    pytest.param([
        OPENED,
        SENT,
        ("2026-02-02", decides("lid-001", "improve", "handed_in", evidence="@plan.pdf"), [
            "remind improve week_4 (overtaken)", "decide improve handed_in", "task recheck > A kwaliteitsadviseur"]),
        ("2026-02-09", decides("adviser1", "recheck", "not_in_order", missing="Het plan ontbreekt."), [
            "decide recheck not_in_order", "task supplement > A lid"]),
        ("2026-02-24", decides("lid-001", "supplement", "handed_in"), [
            "escalate supplement overdue (overtaken)", "decide supplement handed_in",
            "task recheck#2 > A kwaliteitsadviseur"]),
        ("2026-03-02", decides("adviser2", "recheck", "in_order"), ["decide recheck#2 in_order"]),
        ("2026-03-23", time_passes, ["remind norm week_11 > E kwaliteitsadviseur"]),
        ("2026-03-30", decides("adviser1", "judge", "green"), ["decide judge green > G lid", "close case green"]),
    ], "green", id="C-02 the member acts, is re-checked twice, and is green on the last day"),
    pytest.param([
        OPENED,
        SENT,
        WEEK_4,
        WEEK_8,
        JUDGED_RED,
        ("2026-03-10", decides("director1", "confirm_red", "red"), [
            "decide confirm_red red > G lid, G kwaliteitsadviseur", "open confirm_red red-follow-up", "close case red",
            "open case", "task choose > A directeur"]),
    ], "red", id="C-03 red is proposed, confirmed and followed"),
    pytest.param([
        OPENED,
        SENT,
        WEEK_4,
        WEEK_8,
        JUDGED_RED,
        ("2026-03-10", decides("director1", "confirm_red", "refused"), [
            "decide confirm_red refused > G kwaliteitsadviseur", "task judge#2 > A kwaliteitsadviseur"]),
        ("2026-03-17", time_passes, ["escalate improve overdue > D kwaliteitsadviseur"]),
        ("2026-03-23", time_passes, ["remind norm week_11 > E kwaliteitsadviseur"]),
        ("2026-03-24", decides("adviser1", "judge", "green"), ["decide judge#2 green > G lid", "close case green"]),
    ], "green", id="X-02 refusing red opens judge in a next round"),
    pytest.param([
        OPENED,
        SENT,
        ("2026-01-20", records(left_on="2026-02-02"), []),
        ("2026-01-31", time_passes, []),
        ("2026-02-02", time_passes, ["close case left"]),
        ("2026-06-01", time_passes, []),
    ], "left", id="the member leaves meanwhile, and nobody is reminded on that day"),
    pytest.param([
        OPENED,
        ("2026-03-20", decides("adviser1", "judge", "green"), [
            "escalate send_actions late (overtaken)", "remind improve week_4 (overtaken)",
            "remind improve week_8 (overtaken)", "escalate improve overdue (overtaken)", "decide judge green > G lid",
            "close case green"]),
    ], "green", id="after an outage the verdict silences what it makes pointless"),
    pytest.param([
        OPENED,
        ("2026-04-20", time_passes, [
            "escalate send_actions late > D directeur", "remind improve week_4 (overtaken)",
            "remind improve week_8 > E lid, E kwaliteitsadviseur", "escalate improve overdue > D kwaliteitsadviseur",
            "remind norm week_11 > E kwaliteitsadviseur", "escalate norm overdue > D directeur",
            "escalate max max > D directeur"]),
    ], "open", id="after an outage of the sweep only the latest reminder of a step speaks"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "state"), TIMELINES)
def test_an_orange_file_day_by_day(office: Office, rows: list[Row], state: str):
    play(office, rows)

    assert office.state(ORANGE) == state


# --- C-03: what follows on red

CONFIRMED: list[Row] = [
    ("2026-01-05", lambda office: opens(orange_on="2026-01-05")(office)[:1], ["open case"]),
    ("2026-03-09", lambda office: decides("adviser1", "judge", "red")(office)[-1:], ["task confirm_red > C directeur"]),
    (
        "2026-03-10",
        lambda office: decides("director1", "confirm_red", "red")(office)[-1:],
        ["task choose > A directeur"],
    ),
]
SUPPORT: Row = ("2026-03-16", decides("director1", "choose", "support", RED), [
    "decide choose support > G lid, G kwaliteitsadviseur", "task arrange > A lid"])  # fmt: skip
ARRANGED: Row = ("2026-03-23", decides("lid-001", "arrange", "arranged", RED, support="Een coach, vanaf 1 april"), [
    "decide arrange arranged", "task recheck > A kwaliteitsadviseur"])  # fmt: skip

FOLLOW_UPS = [
    pytest.param([
        ("2026-03-16", decides("director1", "choose", "left", RED), [
            "decide choose left > G lid, G kwaliteitsadviseur", "close case left"]),
    ], "left", id="C-03 the member leaves"),
    pytest.param([
        SUPPORT,
        ARRANGED,
        ("2026-06-09", time_passes, ["remind recheck two_weeks > E kwaliteitsadviseur, E lid"]),
        ("2026-06-15", decides("adviser1", "recheck", "not_yet", RED), [
            "decide recheck not_yet > G lid", "task recheck#2 > A kwaliteitsadviseur"]),
        ("2026-07-01", decides("adviser1", "recheck", "green", RED), [
            "decide recheck#2 green > G lid", "close case green"]),
    ], "green", id="C-03 mandatory support until it is green"),
    pytest.param([
        SUPPORT,
        ARRANGED,
        ("2026-05-01", decides("adviser1", "recheck", "stop", RED), [
            "decide recheck stop", "task choose#2 > A directeur"]),
        ("2026-05-04", decides("director1", "choose", "left", RED), [
            "decide choose#2 left > G lid, G kwaliteitsadviseur", "close case left"]),
    ], "left", id="C-03 support does not help, and then the member leaves"),
    pytest.param([
        SUPPORT,
        ("2026-03-31", time_passes, ["escalate arrange overdue > D kwaliteitsadviseur"]),
        ("2026-04-01", records(RED, left_on="2026-04-01"), ["close case left"]),
    ], "left", id="C-03 the member leaves by itself"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "state"), FOLLOW_UPS)
def test_red_is_followed_until_the_member_left_or_is_green(office: Office, rows: list[Row], state: str):
    play(office, [*CONFIRMED, *rows])

    assert (office.state(ORANGE), office.state(RED)) == ("red", state)


# --- twelve weeks, at most three months

WEEKS_12 = [
    row for row in csv.DictReader((Path(__file__).parents[1] / "data/deadlines.csv").open()) if row["id"] <= "D05"
]


@pytest.mark.parametrize("row", WEEKS_12, ids=[row["id"] for row in WEEKS_12])
def test_the_norm_is_twelve_weeks_across_clock_changes_and_holidays(office: Office, row: dict[str, str]):
    if row["options"]:
        office.choose(*row["options"].split("="))

    office.on(row["anchor"]).open("orange-status", "lid-001", orange_on=row["anchor"])

    norm = asked(office, "norm")
    late_from = norm.late_from.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [str(norm.due), late_from, str(norm.safe)] == [
        row["expected_due"], row["expected_late_from_utc"], row["expected_safe"],
    ]  # fmt: skip


ESCALATES = [
    pytest.param("2025-10-03", "2025-12-29", id="D03 due on Boxing Day, a Friday: on Monday"),
    pytest.param("2026-01-12", "2026-04-07", id="D04 due on Easter Monday: on Tuesday"),
    pytest.param("2026-01-05", "2026-03-31", id="D01 two days after the clock change: on Tuesday"),
]


@pytest.mark.parametrize(("orange_on", "told_on"), ESCALATES)
def test_the_escalation_goes_to_the_director_on_the_first_office_day_that_is_late(
    office: Office, orange_on: str, told_on: str
):
    office.on(orange_on).open("orange-status", "lid-001", orange_on=orange_on)
    eve = date.fromisoformat(told_on) - timedelta(days=1)

    assert "escalate norm overdue > D directeur" not in office.on(eve, "23:59").sweep()
    assert "escalate norm overdue > D directeur" in office.on(told_on, "00:00").sweep()


def asked(office: Office, name: str) -> OpenObligation:
    with office.reading() as session:
        return session.exec(select(OpenObligation).where(OpenObligation.step == name)).one()


def test_both_terms_are_settings_and_running_files_keep_theirs(office: Office):
    office.on("2026-01-05").open("orange-status", "lid-001", orange_on="2026-01-05")
    office.choose("orange_term", "10 weken")
    office.choose("orange_max", "100 dagen")

    office.open("orange-status", "lid-002", orange_on="2026-01-05")

    assert [office.due("orange-status/lid-002", name) for name in ("norm", "max")] == ["2026-03-16", "2026-04-15"]
    assert [office.due(ORANGE, name) for name in ("norm", "max")] == ["2026-03-30", "2026-04-05"]


EXTENSIONS = [
    pytest.param("2026-03-27", "6 dagen", "2026-04-05", "", id="up to the last day of orange"),
    pytest.param("2026-03-27", "1 week", "", "may not run past", id="not past three months"),
    pytest.param("2026-03-31", "1 dag", "", "its term is over", id="told before the end"),
    pytest.param("2026-04-06", "1 dag", "", "its term is over", id="at orange_max it can no longer be extended"),
]


@pytest.mark.parametrize(("day", "by", "due", "says"), EXTENSIONS)
def test_orange_is_extended_before_its_end_and_never_past_its_longest_term(
    office: Office, day: str, by: str, due: str, says: str
):
    office.on("2026-01-05").open("orange-status", "lid-001", orange_on="2026-01-05")
    office.on(day)

    if says:
        with pytest.raises(Refused, match=says):
            office.act(ORANGE, "extend", "director1", step="norm", by=by)
    else:
        assert office.act(ORANGE, "extend", "director1", step="norm", by=by)[-1].startswith("changed")
        assert office.due(ORANGE, "norm") == due


def test_an_extended_file_escalates_when_its_new_term_is_over_and_at_its_longest_term(office: Office):
    play(office, [OPENED, SENT, WEEK_4, WEEK_8])
    office.on("2026-03-13")

    assert does("director1", "extend", step="norm", by="2 dagen")(office) == [
        "changed improve > F lid, F kwaliteitsadviseur", "changed judge > F kwaliteitsadviseur",
    ]  # fmt: skip
    assert office.on("2026-03-18").sweep() == []  # the member's own day moved along
    assert office.on("2026-03-31").sweep() == [
        "escalate improve overdue > D kwaliteitsadviseur", "remind norm week_11 > E kwaliteitsadviseur",
    ]  # fmt: skip
    assert office.on("2026-04-02").sweep() == ["escalate norm overdue > D directeur"]
    assert office.on("2026-04-07").sweep() == ["escalate max max > D directeur"]


def test_only_the_director_extends(office: Office):
    office.on("2026-01-05").open("orange-status", "lid-001", orange_on="2026-01-05")

    with pytest.raises(Refused, match="directeur"):
        office.act(ORANGE, "extend", "adviser1", step="norm", by="1 dag")


# --- who confirms red, and a second orange


def test_without_a_decider_of_red_no_file_opens_and_it_says_what_to_set(founded, office: Office):
    office.store.close()
    fresh = Office(Store.at(founded))

    with pytest.raises(Misconfigured, match="tijdig set red_decider"):
        fresh.on("2026-01-05").open("orange-status", "lid-001", orange_on="2026-01-05")
    fresh.store.close()


def test_the_decider_of_red_is_a_role_that_somebody_can_hold(office: Office):
    with pytest.raises(Refused, match="'ann' is not a role here"):
        office.choose("red_decider", "ann")


PROPOSERS = [
    pytest.param("adviser1", "adviser1", FourEyes, id="who proposed"),
    pytest.param("adviser2", "adviser1", FourEyes, id="the deputy of who proposed"),
    pytest.param("adviser2", "", None, id="a colleague of who proposed"),
]


@pytest.mark.parametrize(("who", "behalf", "refusal"), PROPOSERS)
def test_red_is_never_confirmed_by_who_proposed_it(office: Office, who: str, behalf: str, refusal: Any):
    office.choose("red_decider", "kwaliteitsadviseur")
    office.absent("adviser1", "2026-03-10", "2026-03-10", deputy="adviser2")
    office.on("2026-01-05").open("orange-status", "lid-001", orange_on="2026-01-05")
    office.on("2026-03-09").decide(ORANGE, "judge", "red", "adviser1")
    office.on("2026-03-10")

    def confirm() -> list[str]:
        return office.decide(ORANGE, "confirm_red", "red", who, behalf=behalf if behalf != who else "")

    if refusal:
        with pytest.raises(refusal):
            confirm()
    else:
        confirm()
        assert office.state(ORANGE) == "red"


@pytest.mark.parametrize(
    ("step", "outcome", "who"), [("judge", "red", "adviser1"), ("confirm_red", "refused", "director1")]
)
def test_red_and_its_refusal_say_why(office: Office, step: str, outcome: str, who: str):
    office.on("2026-01-05").open("orange-status", "lid-001", orange_on="2026-01-05")
    if step == "confirm_red":
        office.decide(ORANGE, "judge", "red", "adviser1")

    with pytest.raises(Refused, match="reason of at least 10"):
        office.decide(ORANGE, step, outcome, who, reason="te kort")


def test_a_proposal_of_red_that_nobody_confirms_is_late_after_five_office_days(office: Office):
    office.on("2026-01-05").open("orange-status", "lid-001", orange_on="2026-01-05")
    office.on("2026-01-06").decide(ORANGE, "send_actions", "sent", "adviser1", actions="Plan")
    office.on("2026-01-07").decide(ORANGE, "judge", "red", "adviser1")

    assert office.due(ORANGE, "confirm_red") == "2026-01-14"
    assert [line.split(" > ")[0] for line in office.on("2026-01-15").sweep()] == ["escalate confirm_red overdue"]


def test_a_second_orange_is_refused_with_the_mend_and_opens_when_the_house_allows_it(office: Office):
    office.on("2026-01-05").open("orange-status", "lid-001", orange_on="2026-01-05")
    with pytest.raises(AlreadyOpen, match="already has an open case of orange-status: ORA-2026-001"):
        office.open("orange-status", "lid-001", orange_on="2026-01-05")
    office.decide(ORANGE, "judge", "green", "adviser1")
    office.on("2026-06-01")

    with pytest.raises(AlreadyOpen, match=r"\(ORA-2026-001\).*tijdig set allow_second_orange ja"):
        office.open("orange-status", "lid-001", orange_on="2026-06-01")

    office.choose("allow_second_orange", "ja")
    assert office.open("orange-status", "lid-001", orange_on="2026-06-01")[0] == "open case"
    assert office.codes("orange-status") == ["ORA-2026-001", "ORA-2026-002"]


def test_a_file_that_was_opened_in_error_does_not_count_as_a_first_orange(office: Office):
    office.on("2026-01-05").open("orange-status", "lid-001", orange_on="2026-01-05")
    office.act(ORANGE, "cancel")

    assert office.open("orange-status", "lid-001", orange_on="2026-01-05")[0] == "open case"


# --- who opens, and on what


@pytest.mark.parametrize("who", ["adviser1", "quality1"])
def test_the_adviser_or_the_quality_team_opens_it_on_the_day_of_the_audit(office: Office, who: str):
    office.on("2026-01-09").open("orange-status", "lid-001", who, orange_on="2026-01-05", audit="DOS-2026-014")

    assert office.due(ORANGE, "norm") == "2026-03-30"


@pytest.mark.parametrize(
    ("who", "facts", "says"),
    [
        pytest.param("admin1", {"orange_on": "2026-01-05"}, "U mag dit niet afronden", id="somebody-without-the-role"),
        pytest.param("lid-001", {"orange_on": "2026-01-05"}, "U mag dit niet afronden", id="the-member-itself"),
        pytest.param("adviser1", {}, "opens with 'orange_on'", id="without-its-day"),
        pytest.param("adviser1", {"orange_on": "gisteren"}, "is geen datum", id="on-no-day"),
    ],
)
def test_nobody_else_opens_it_and_not_without_its_day(office: Office, who: str, facts: dict[str, str], says: str):
    with pytest.raises(Refused, match=says):
        office.open("orange-status", "lid-001", who, **facts)
    assert office.codes("orange-status") == []


def test_an_unknown_member_is_refused_with_the_mend(office: Office):
    with pytest.raises(Refused, match=r"no member 'lid-999'.*tijdig import members"):
        office.open("orange-status", "lid-999", orange_on="2026-01-05")


# --- people


def test_while_the_adviser_is_away_a_deputy_is_told_and_judges_on_behalf(office: Office):
    office.absent("adviser1", "2026-03-01", "2026-03-31", deputy="quality1")
    office.absent("adviser2", "2026-03-01", "2026-03-31")
    play(office, [OPENED, SENT, WEEK_4, WEEK_8])

    with office.reading() as session:
        told = Directory.load(session).recipients(
            "kwaliteitsadviseur", subject="lid-001", case="ORA-2026-001", on=date(2026, 3, 23)
        )
    assert [(each.person, each.behalf) for each in told] == [("quality1", "adviser1")]
    assert office.on("2026-03-23").decide(ORANGE, "judge", "green", "quality1")[-1] == "close case green"


def test_a_member_acts_for_itself_only_and_the_office_enters_it_when_it_phones(office: Office):
    office.on("2026-01-05").open("orange-status", "lid-001", orange_on="2026-01-05")

    with pytest.raises(Refused, match="U mag dit niet afronden"):
        office.decide(ORANGE, "improve", "handed_in", "lid-002")
    assert office.decide(ORANGE, "improve", "handed_in", "adviser1", behalf="lid-001")[0] == "decide improve handed_in"


# --- the orange date corrected

CORRECTIONS = [
    pytest.param("2026-01-12", "2026-04-06", [
        "changed send_actions > F kwaliteitsadviseur", "changed improve > F lid",
        "changed judge > F kwaliteitsadviseur"], id="a week later"),
    pytest.param("2025-12-15", "2026-03-09", [
        "escalate send_actions late (summary) > D directeur",  # it lies before the opening
        "remind improve week_4 > E lid, E kwaliteitsadviseur", "changed send_actions > F kwaliteitsadviseur",
        "changed improve > F lid", "changed judge > F kwaliteitsadviseur"],
        id="three weeks earlier: what is past and never happened happens now"),
]  # fmt: skip


@pytest.mark.parametrize(("orange_on", "due", "lines"), CORRECTIONS)
def test_who_was_told_the_old_date_is_told_the_corrected_one(
    office: Office, orange_on: str, due: str, lines: list[str]
):
    play(office, [OPENED])
    office.on("2026-01-12")

    assert corrects(orange_on=orange_on)(office) == lines
    assert office.due(ORANGE, "norm") == due


def test_what_was_sent_for_the_old_date_is_not_sent_again_for_the_past(office: Office):
    play(office, [OPENED, SENT, WEEK_4])

    office.on("2026-02-05")
    assert corrects(orange_on="2026-01-02")(office) == [
        "changed improve > F lid, F kwaliteitsadviseur", "changed judge > F kwaliteitsadviseur",
    ]  # fmt: skip
    assert office.on("2026-02-27").sweep() == ["remind improve week_8 > E lid, E kwaliteitsadviseur"]


def test_a_moved_reminder_stays_silent_within_five_office_days_of_the_one_that_was_mailed(office: Office):
    play(office, [OPENED, SENT, WEEK_4])
    office.on("2026-02-03")
    corrects(orange_on="2026-01-09")(office)

    assert office.on("2026-02-06").sweep() == ["remind improve week_4 (overtaken)"]


def test_the_director_who_heard_that_it_was_late_hears_the_corrected_date_and_the_adviser_once(office: Office):
    office.on("2026-01-05").open("orange-status", "lid-001", orange_on="2026-01-05")
    office.on("2026-03-31").sweep()
    office.on("2026-04-01")

    changed = [line for line in corrects(orange_on="2026-01-26")(office) if line.startswith("changed")]

    assert "changed norm > F directeur" in changed
    assert "changed judge > F kwaliteitsadviseur" in changed


def test_a_changed_date_says_which_and_why(office: Office):
    play(office, [OPENED])
    office.on("2026-01-08")
    corrects(orange_on="2026-01-12")(office)

    told = office.said("F", "judge")

    assert [(s["to"], s["before"], s["after"], s["reason"], s["basis"]) for s in told] == [
        ("kwaliteitsadviseur", "2026-03-30", "2026-04-06", REASON, "norm")
    ]


# --- what the mails say


def test_a_reminder_says_what_by_when_who_was_reminded_and_to_whom_it_goes_next(office: Office):
    play(office, [OPENED, SENT, WEEK_4, WEEK_8])

    said = office.said("E", "improve")[-1]

    assert said == {
        "to": "kwaliteitsadviseur", "title": "Oranje dossier", "rule": "week_8", "nominal": "2026-03-02",
        "asks": "Lever bewijs van de verbeteringen aan", "responsible": "lid", "kind": "step",
        "due": "2026-03-16", "basis": "intern", "fatal": False, "uncertain": False, "start_on": "2026-03-02",
        "reminded": ["2026-02-02", "2026-03-02"], "told_on": "2026-01-05", "escalates_on": "2026-03-17",
        "escalates_to": "kwaliteitsadviseur",
    }  # fmt: skip


def test_the_verdict_says_the_outcome_and_the_reason(office: Office):
    play(office, [OPENED, SENT, WEEK_4, WEEK_8, JUDGED_RED])
    office.on("2026-03-10").decide(ORANGE, "confirm_red", "red", "director1")

    said = office.said("G", "confirm_red")

    assert [(s["to"], s["outcome"], s["day"], s["closed"], s["reason"]) for s in said] == [
        ("lid", "Rood", "2026-03-10", True, REASON), ("kwaliteitsadviseur", "Rood", "2026-03-10", True, REASON),
    ]  # fmt: skip


# --- running files taken over from a spreadsheet

WEEK_7 = "2026-02-23"


def test_running_files_are_taken_over_in_week_seven_without_any_mail(office: Office):
    office.on(WEEK_7)
    for member in ("lid-001", "lid-002", "lid-003"):
        lines = office.open("orange-status", member, orange_on="2026-01-05", at_step="improve")
        assert [line for line in lines if ">" in line] == []

    assert office.tasks(ORANGE) == ["improve lid", "judge kwaliteitsadviseur"]
    assert office.on("2026-03-02").sweep() == ["remind improve week_8 > E lid, E kwaliteitsadviseur"] * 3


def test_of_a_file_taken_over_too_late_only_what_stands_unmet_is_told_in_the_summary(office: Office):
    lines = office.on("2026-04-01").open("orange-status", "lid-001", orange_on="2026-01-05", at_step="recheck")

    assert [line for line in lines if ">" in line] == ["escalate norm overdue (summary) > D directeur"]


@pytest.mark.parametrize("step", ["send_actions", "improve", "recheck", "supplement", "judge", "confirm_red"])
def test_a_file_may_be_taken_over_at_any_step(office: Office, step: str):
    office.on(WEEK_7).open("orange-status", "lid-001", orange_on="2026-01-05", at_step=step)

    assert step in [task.split()[0] for task in office.tasks(ORANGE)]


def test_a_file_is_not_taken_over_at_a_step_that_is_not_there(office: Office):
    with pytest.raises(Refused, match=r"no step 'week_7'.*send_actions, improve"):
        office.open("orange-status", "lid-001", orange_on="2026-01-05", at_step="week_7")


# --- mistakes


def test_a_verdict_that_is_taken_back_asks_for_a_new_one_and_repeats_nothing_else(office: Office):
    play(office, [OPENED, SENT, WEEK_4])
    office.on("2026-02-16").decide(ORANGE, "judge", "green", "adviser1")

    assert does("adviser1", "take-back", step="judge")(office) == ["task judge#2 > A kwaliteitsadviseur"]
    assert office.tasks(ORANGE) == ["improve lid", "judge kwaliteitsadviseur"]
    assert office.on("2026-03-02").sweep() == ["remind improve week_8 > E lid, E kwaliteitsadviseur"]


def test_red_is_taken_back_only_after_its_follow_up_was_cancelled(office: Office):
    play(office, CONFIRMED)

    for step, act in (("confirm_red", "take-back"), ("judge", "take-back"), ("judge", "reopen")):
        with pytest.raises(Refused, match=r"ROO-2026-001 follows from .*tijdig act ROO-2026-001 cancel"):
            office.act(ORANGE, act, step=step)

    office.act(RED, "cancel", "adviser1")
    assert office.act(ORANGE, "take-back", step="confirm_red") == ["task confirm_red#2 > C directeur"]
    office.decide(ORANGE, "confirm_red", "red", "director1")
    assert office.codes("red-follow-up") == ["ROO-2026-001", "ROO-2026-002"]


def test_a_closed_file_is_not_reopened_beside_a_running_one(office: Office):
    office.choose("allow_second_orange", "ja")
    office.on("2026-01-05").open("orange-status", "lid-001", orange_on="2026-01-05")
    office.decide(ORANGE, "judge", "green", "adviser1")
    office.on("2026-06-01").open("orange-status", "lid-001", orange_on="2026-06-01")

    with pytest.raises(AlreadyOpen, match="ORA-2026-002"):
        office.act("ORA-2026-001", "reopen", step="judge")
