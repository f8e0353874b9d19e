"""What nobody is shown yet: the decision of one of two who judge apart, until the other one decided too.

Wherever a decision is shown that may stand alone still (pages, command line, documents, log), it is asked here or of
the state itself. What the log holds does not change by it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tijdig.engine.fold import fold
from tijdig.service.held import Held, read_all

HIDDEN = "…"
"""Stands in the key of an effect for what was decided."""


def withheld(cases: Iterable[Held]) -> Mapping[int, Collection[str]]:
    """By case the steps whose decision is withheld: one statement, and only of open cases in which some are apart."""
    asked = [one for one in cases if one.is_open and one.terms.keeps_apart]
    read_all(asked[0].session, asked) if asked else None
    return {one.id: fold(one.case).withheld for one in asked}


def hidden_key(key: str, steps: Collection[str]) -> str:
    """The key of a log entry, without what was decided where that is withheld."""
    step, *more = key.split("/")
    return "/".join((step, *more[:2], HIDDEN)) if "decide" in more and step in steps else key


def hidden_record(said: Mapping[str, Any] | None, steps: Collection[str]) -> Mapping[str, Any] | None:
    """What an act said, without what was decided where that is withheld, and why."""
    if not said or said.get("step") not in steps:
        return said
    return {name: HIDDEN if name in ("outcome", "reason") else part for name, part in said.items()}
