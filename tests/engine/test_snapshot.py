"""A definition goes to canonical JSON and back, and is named by the hash of it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from flows.orange_status import ORANGE_STATUS, RED_FOLLOW_UP
from flows.tender_bidder import TENDER_BIDDER
from flows.wzd_half_year import WZD_HALF_YEAR, WZD_RETURN, WZD_YEAR
from flows.zap_approval import ZAP_APPROVAL, ZAP_ARRANGEMENT
from tests.definitions.complaint import COMPLAINT, TERM
from tests.definitions.site_visit import SITE_VISIT
from tijdig.engine import (
    Goal,
    Procedure,
    Setting,
    at_least,
    days,
    done,
    hours,
    is_,
    known,
    months,
    more,
    on,
    reached,
    same,
    took,
    weeks,
    working_days,
    years,
)
from tijdig.engine.conditions import AllOf, Condition
from tijdig.engine.errors import Refused
from tijdig.engine.language import LANGUAGE
from tijdig.engine.snapshot import canonical, fingerprint, from_json, to_json
from tijdig.engine.terms import Term
from tijdig.engine.timetable import sample

DEFINITIONS = (
    ORANGE_STATUS,
    RED_FOLLOW_UP,
    ZAP_APPROVAL,
    ZAP_ARRANGEMENT,
    WZD_HALF_YEAR,
    WZD_RETURN,
    WZD_YEAR,
    TENDER_BIDDER,
    sample(TENDER_BIDDER),
    COMPLAINT,
    SITE_VISIT,
)


def through_text(procedure: Procedure) -> Procedure:
    return from_json(json.loads(canonical(to_json(procedure))))


def snapshot_of(procedure: Procedure) -> dict[str, Any]:
    snapshot: dict[str, Any] = json.loads(canonical(to_json(procedure)))
    return snapshot


def named(parts: list[dict[str, Any]], construct: str, name: str) -> dict[str, Any]:
    return next(part for part in parts if part[construct] == name)


@pytest.mark.parametrize("procedure", DEFINITIONS, ids=lambda p: p.id)
def test_a_definition_comes_back_equal_under_the_same_hash(procedure: Procedure) -> None:
    back = through_text(procedure)

    assert back == procedure
    assert fingerprint(back) == fingerprint(procedure)
    assert back.settings == procedure.settings


def test_any_change_gives_another_hash() -> None:
    changed = replace(COMPLAINT, revision=2)

    assert len({fingerprint(p) for p in (*DEFINITIONS, changed)}) == len(DEFINITIONS) + 1


# --- the words of the JSON (they are stored for as long as cases live, so they may not drift)


@pytest.mark.parametrize(
    ("term", "said"),
    [
        (weeks(12), {"weeks": 12}),
        (months(3), {"months": 3}),
        (years(2), {"years": 2}),
        (days(20), {"days": 20}),
        (hours(72), {"hours": 72}),
        (working_days(5), {"working_days": 5}),
    ],
    ids=["weeks", "months", "years", "days", "hours", "working-days"],
)
def test_a_term_keeps_the_unit_of_its_text(term: Term, said: dict[str, int]) -> None:
    procedure = replace(COMPLAINT, goals=(with_term(term),))

    assert snapshot_of(procedure)["goals"][0]["due"]["within"] == said
    assert through_text(procedure) == procedure


def with_term(term: Term | Setting) -> Goal:
    goal = COMPLAINT.goals[0]
    return replace(goal, due=replace(goal.due, within=term))


BINDING = Setting("binding", "Bindend", False, "yes_no")
HOW_MANY = Setting("how_many", "Hoeveel", 2, "number")


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (done("a"), ["done", "a"]),
        (took("judge", "red"), ["took", "judge", "red"]),
        (known("left_on"), ["known", "left_on"]),
        (is_("vg7", True), ["is", "vg7", True]),
        (is_("count", 0), ["is", "count", 0]),
        (same("one", "other"), ["same", "one", "other"]),
        (more("one", "other"), ["more", "one", "other"]),
        (reached("due:norm"), ["reached", "due:norm"]),
        (on(BINDING), ["on", {"setting": "binding"}]),
        (~done("a"), ["not", ["done", "a"]]),
        (done("a") & done("b"), ["all", ["done", "a"], ["done", "b"]]),
        (done("a") | done("b"), ["any", ["done", "a"], ["done", "b"]]),
        (at_least(2, done("a"), done("b")), ["at_least", 2, ["done", "a"], ["done", "b"]]),
        (at_least(HOW_MANY, done("a")), ["at_least", {"setting": "how_many"}, ["done", "a"]]),
        (AllOf(()), ["all"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_condition_is_an_array(condition: Condition, said: list[Any]) -> None:
    procedure = replace(COMPLAINT, steps=(replace(COMPLAINT.steps[0], when=condition),))

    assert snapshot_of(procedure)["steps"][0]["when"] == said
    assert through_text(procedure) == procedure


def test_a_step_that_begins_with_the_case_differs_from_one_that_follows() -> None:
    send_actions, improve = snapshot_of(ORANGE_STATUS)["steps"][:2]

    assert "needs" not in send_actions
    assert improve["needs"] == ["all"]


def test_constructs_carry_their_own_name_and_leave_out_what_is_empty() -> None:
    steps = snapshot_of(ORANGE_STATUS)["steps"]

    judge, confirm = named(steps, "step", "judge"), named(steps, "step", "confirm_red")

    assert judge["outcomes"][0] == {"close": "green", "label": "Groen", "tells": ["lid"]}
    assert judge["due"] == "norm"
    assert confirm["role"] == {"setting": "red_decider"}
    assert confirm["needs"] == ["took", "judge", "red"]
    assert confirm["due"] == {"after": "done:judge", "within": {"setting": "red_confirm_term"}}
    assert confirm["outcomes"][0]["starts"] == [{"start": "red-follow-up", "facts": [["red_on", "done:confirm_red"]]}]
    assert confirm["outcomes"][1]["repeat"] == "refused"


def test_settings_are_declared_once_and_named_where_used() -> None:
    snapshot = snapshot_of(ORANGE_STATUS)

    declared = [setting["setting"] for setting in snapshot["settings"]]

    assert len(declared) == len(set(declared))
    assert canonical(snapshot["steps"]).count('"setting":"red_decider"') == 1
    assert canonical(snapshot["goals"]).count('"setting":"red_decider"') == 1
    assert named(snapshot["settings"], "setting", "orange_term")["default"] == {"weeks": 12}
    assert "default" not in named(snapshot["settings"], "setting", "red_decider")  # required: nothing is invented


def test_two_settings_under_one_id_are_refused() -> None:
    first = replace(with_term(TERM), goal="first")
    same_id = replace(COMPLAINT, goals=(first, with_term(replace(TERM, default=weeks(8)))))

    with pytest.raises(Refused, match="complaint_term"):
        to_json(same_id)


def test_canonical_json_has_one_spelling() -> None:
    text = canonical(to_json(WZD_YEAR))

    shuffled = json.loads(text, object_pairs_hook=lambda pairs: dict(reversed(pairs)))

    assert canonical(shuffled) == text
    assert '"label":"Bij de inspectie vóór"' in text


# --- what this engine does not know


@pytest.mark.parametrize("language", [LANGUAGE + 1, 0, -1], ids=["newer", "none", "negative"])
def test_a_snapshot_of_another_language_is_refused(language: int) -> None:
    with pytest.raises(Refused, match=f"language {language}"):
        from_json({**snapshot_of(COMPLAINT), "language": language})


def _procedure(s: dict[str, Any]) -> None:
    s["colour"] = "red"


def _step(s: dict[str, Any]) -> None:
    s["steps"][0]["colour"] = "red"


def _outcome(s: dict[str, Any]) -> None:
    s["steps"][0]["outcomes"][0]["colour"] = "red"


def _due(s: dict[str, Any]) -> None:
    s["goals"][0]["due"]["colour"] = "red"


def _setting(s: dict[str, Any]) -> None:
    s["settings"][0]["colour"] = "red"


@pytest.mark.parametrize("add", [_procedure, _step, _outcome, _due, _setting], ids=lambda add: add.__name__[1:])
def test_an_unknown_field_is_refused_with_its_name(add: Any) -> None:
    snapshot = snapshot_of(COMPLAINT)
    add(snapshot)

    with pytest.raises(Refused, match="field 'colour'"):
        from_json(snapshot)


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("when", ["phase_of", "moon"], "condition 'phase_of'"),
        ("when", ["all", ["done", "contact"], ["phase_of", "moon"]], "condition 'phase_of'"),
        ("role", {"setting": "nobody_declared"}, "setting 'nobody_declared'"),
        ("asks", {"moon": "full"}, "construct 'moon'"),
    ],
    ids=["condition", "condition-inside", "setting", "construct"],
)
def test_what_is_unknown_is_refused_with_its_name(field: str, value: Any, named: str) -> None:
    snapshot = snapshot_of(COMPLAINT)
    snapshot["steps"][0][field] = value

    with pytest.raises(Refused, match=named):
        from_json(snapshot)
