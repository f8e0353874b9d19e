"""Two registers beside each other: laws of what differs, what holds once that is settled, and how many."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tijdig.engine import Column, Comparison
from tijdig.engine.comparing import Line, agreed, compare, settled, tally
from tijdig.engine.errors import Refused

BOTH = Comparison(
    "both", left="left", right="right",
    columns=(Column("who", "ref", "Wie"), Column("what", "ref", "Wat"), Column("long", "number", "Hoe lang"),
             Column("how", "ref", "Hoe", required=False)),
    key=("who", "what"), step="settle", settled="settled", differences="differences", unsettled="unsettled",
    total="total", lines="lines", figures="figures", per=("who", "how"),
)  # fmt: skip

lines = st.fixed_dictionaries({"who": st.sampled_from("ab"), "what": st.sampled_from("xyz"),
                               "long": st.sampled_from("12"), "how": st.sampled_from(["", "n"])})  # fmt: skip
registers = st.lists(lines, unique_by=lambda line: (line["who"], line["what"])).map(tuple)


def in_order(register: tuple[Line, ...]) -> tuple[Line, ...]:
    return tuple(sorted(register, key=lambda line: (line["who"], line["what"])))


def all_to(side: str, left: tuple[Line, ...], right: tuple[Line, ...]) -> dict[str, str]:
    return {each.id: side for each in compare(BOTH, left, right)}


@given(registers)
def test_a_register_does_not_differ_from_itself_and_holds(register: tuple[Line, ...]) -> None:
    assert compare(BOTH, register, register[::-1]) == ()
    assert agreed(BOTH, register, register, {}) == in_order(register)


@given(registers, registers)
def test_where_one_register_holds_everywhere_it_is_what_holds(left: tuple[Line, ...], right: tuple[Line, ...]) -> None:
    assert agreed(BOTH, left, right, all_to("left", left, right)) == in_order(left)
    assert agreed(BOTH, left, right, all_to("right", left, right)) == in_order(right)


@given(registers, registers, st.data())
def test_each_difference_is_settled_by_itself(left: Any, right: Any, data: st.DataObject) -> None:
    found = compare(BOTH, left, right)
    holds = {each.id: data.draw(st.sampled_from(["left", "right"])) for each in found}

    held = agreed(BOTH, left, right, holds)

    assert len(holds) == len(found)  # no two of the same name
    for each in found:
        line = next((line for line in held if (line["who"], line["what"]) == each.key), None)
        said = each.left if holds[each.id] == "left" else each.right
        if each.column:
            assert line is not None
            assert line[each.column] == said
        else:
            assert (line is None) == (said is None)


@given(registers, registers)
def test_they_differ_as_much_the_other_way_round(left: tuple[Line, ...], right: tuple[Line, ...]) -> None:
    there = [(each.key, each.column, each.left, each.right) for each in compare(BOTH, left, right)]
    back = [(each.key, each.column, each.right, each.left) for each in compare(BOTH, right, left)]

    assert there == back


@given(registers)
def test_a_tally_counts_every_line_once_and_a_subject_without_any_as_nil(register: tuple[Line, ...]) -> None:
    rows = tally(BOTH, register, ("a", "b", "c"))

    assert sum(count for _, count in rows) == len(register)
    assert {key[0] for key, _ in rows} == {"a", "b", "c"}
    assert ("c", "") in {key for key, count in rows if count == 0}


ONE = {"who": "a", "what": "x", "long": "1", "how": ""}


def test_what_is_not_settled_is_refused_and_whoever_settles_again_changes_their_mind() -> None:
    [only] = compare(BOTH, [ONE], [{**ONE, "long": "2"}])

    with pytest.raises(Refused, match=only.id):
        agreed(BOTH, [ONE], [{**ONE, "long": "2"}], {})
    assert settled([only.settlement("left"), only.settlement("right")]) == {only.id: "right"}


def test_another_value_on_either_side_is_another_difference() -> None:
    [first] = compare(BOTH, [ONE], [{**ONE, "long": "2"}])
    [second] = compare(BOTH, [ONE], [{**ONE, "long": "3"}])

    assert first.id != second.id


def test_a_line_that_stands_twice_is_refused() -> None:
    with pytest.raises(Refused, match="a x stands twice"):
        compare(BOTH, [ONE, {**ONE, "long": "2"}], [])
