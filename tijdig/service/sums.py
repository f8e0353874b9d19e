"""Numbers that follow from other cases: added up over those whose periods make up the period of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from tijdig.engine.calendar import short_date
from tijdig.engine.case import Record
from tijdig.engine.errors import Refused
from tijdig.engine.fold import fold
from tijdig.engine.language import Sum
from tijdig.service.held import LOADER, Held
from tijdig.service.pins import current
from tijdig.service.spans import Spanned, overlapping


def with_sums(held: Held, record: Record) -> Record:
    """The record with the numbers that its step adds up. Raises Refused where one of them cannot be, or was typed."""
    facts = fold(held.case).facts
    added = {each.sum: _sum(held, each, facts, record.values.get(each.sum))
             for each in held.terms.steps[record.step].sums}  # fmt: skip
    return replace(record, values={**record.values, **added})


def _sum(held: Held, wanted: Sum, facts: Mapping[str, Any], typed: int | None) -> int:
    terms = LOADER.load(held.session, current(held.session, wanted.of))
    parts = sorted(overlapping(held.session, terms, facts), key=lambda part: part.since)
    total = sum(_number(part.case, wanted.fact) for part in parts)
    since, until = (date.fromisoformat(facts[name]) for name in held.terms.procedure.span)
    left_out = _left_out(parts, since, until)
    names = ", ".join(part.case.code for part in parts)
    if left_out is None and typed is not None:
        raise Refused(f"'{wanted.sum}' follows from {names}: {total}. Leave it out, and choose what goes with that.")
    if left_out is not None and typed is None:
        raise Refused(
            f"No case of {wanted.of} is about {short_date(left_out)}. Open it, or type '{wanted.sum}' with the reason."
        )
    if typed is not None and typed < total:
        raise Refused(f"'{wanted.sum}' is at least {total}: so much {names} say. Type no less than that.")
    return total if typed is None else typed


def _number(case: Held, fact: str) -> int:
    """The number of a case. One that a comparison counts holds while the step stands done in which it was frozen."""
    state, comparison = fold(case.case), case.terms.procedure.comparison(fact)
    number = state.fact(fact) if comparison is None or state.is_done(comparison.step) else None
    if number is None:
        raise Refused(f"{case.code} has no '{fact}' yet. Finish that first; see: tijdig case {case.code}.")
    return int(number)


def _left_out(parts: Sequence[Spanned], since: date, until: date) -> date | None:
    """The first day of a period that none of these is about; they stand in order and do not overlap."""
    day = since
    for part in parts:
        if part.since > day:
            break
        day = part.until + timedelta(days=1)
    return day if day <= until else None
