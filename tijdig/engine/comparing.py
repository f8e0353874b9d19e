"""Two registers beside each other: where they differ, what holds once each difference is settled, and how many.

A line is its cells by column, as they were read: the same thing is written in one way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tijdig.engine.errors import Refused
from tijdig.engine.language import Comparison
from tijdig.engine.snapshot import canonical, digest

Line = Mapping[str, str]
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two registers do not say the same of one line: in one `column`, or (without) whether there is such a line.

    `left` and `right` are what each says: a cell, or all compared cells; None where the line is missing.
    """

    key: Key
    column: str
    left: str | None
    right: str | None

    @property
    def id(self) -> str:
        """Names what differs and how: a register that says something else there gives another difference."""
        return digest(canonical([self.key, self.column, self.left, self.right]))[:8]

    def settlement(self, holds: str) -> dict[str, Any]:
        """The fact that says which register holds."""
        return {"difference": self.id, "line": list(self.key), "column": self.column, "left": self.left,
                "right": self.right, "holds": holds}  # fmt: skip


def compare(comparison: Comparison, left: Iterable[Line], right: Iterable[Line]) -> tuple[Difference, ...]:
    """All differences, by key and then in the order of the columns. Raises Refused for a key that stands twice."""
    lefts, rights = _by_key(comparison, left), _by_key(comparison, right)
    return tuple(
        each for key in sorted({*lefts, *rights}) for each in _at(comparison, key, lefts.get(key), rights.get(key))
    )


def _by_key(comparison: Comparison, lines: Iterable[Line]) -> dict[Key, Line]:
    found: dict[Key, Line] = {}
    for line in lines:
        key = tuple(line[column] for column in comparison.key)
        if key in found:
            raise Refused(f"{' '.join(key)} stands twice in a register. Keep one of the two.")
        found[key] = line
    return found


def _at(comparison: Comparison, key: Key, left: Line | None, right: Line | None) -> Iterator[Difference]:
    if left is None or right is None:
        yield Difference(key, "", _all(comparison, left), _all(comparison, right))
        return
    for column in comparison.compared:
        if left[column] != right[column]:
            yield Difference(key, column, left[column], right[column])


def _all(comparison: Comparison, line: Line | None) -> str | None:
    return None if line is None else ", ".join(f"{column} {line[column] or '-'}" for column in comparison.compared)


def settled(facts: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """By difference the register that holds; who settles one again changes their mind."""
    return {str(fact["difference"]): str(fact["holds"]) for fact in facts}


def agreed(
    comparison: Comparison, left: Iterable[Line], right: Iterable[Line], holds: Mapping[str, str]
) -> tuple[Line, ...]:
    """The lines that hold, by key, once each difference is settled; Refused while one is not."""
    lefts, rights = _by_key(comparison, left), _by_key(comparison, right)
    keys = sorted({*lefts, *rights})
    held = (_agreed(comparison, key, lefts.get(key), rights.get(key), holds) for key in keys)
    return tuple(line for line in held if line is not None)


def _agreed(
    comparison: Comparison, key: Key, left: Line | None, right: Line | None, holds: Mapping[str, str]
) -> Line | None:
    sides = {each: _side(each, holds) for each in _at(comparison, key, left, right)}
    if left is None or right is None:
        return left if comparison.left in sides.values() else right
    return {**left, **{each.column: right[each.column] for each, side in sides.items() if side == comparison.right}}


def _side(difference: Difference, holds: Mapping[str, str]) -> str:
    if difference.id not in holds:
        raise Refused(f"Difference {difference.id} is not settled. Say which register holds there.")
    return holds[difference.id]


def tally(comparison: Comparison, lines: Iterable[Line], subjects: Sequence[str] = ()) -> list[tuple[Key, int]]:
    """How many lines there are for each value of the columns `per`, in order; a subject without any has a row too."""
    counts = Counter(tuple(line[column] for column in comparison.per) for line in lines)
    present = {key[0] for key in counts}
    nothing = [(subject, *[""] * (len(comparison.per) - 1)) for subject in subjects if subject not in present]
    return sorted([*counts.items(), *((key, 0) for key in nothing)])
