"""Periods that cases are about: no two cases of a procedure with a span may overlap, but for those that were undone.

A half-year that is delivered twice, in two dossiers, would have two sets of figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlmodel import Session

from tijdig.engine.calendar import short_date
from tijdig.engine.case import Terms
from tijdig.engine.errors import Refused
from tijdig.engine.fold import fold
from tijdig.service.held import Held, held, read_all
from tijdig.service.openings import UNDONE


class Spanned(NamedTuple):
    """A case, and the period that it is about."""

    case: Held
    since: date
    until: date


def overlapping(session: Session, terms: Terms, facts: Mapping[str, Any], *, but: int = 0) -> list[Spanned]:
    """The cases of a procedure that overlap the period of these facts; `but` is the id of the case itself.

    Raises Refused for a period that ends before it begins.
    """
    procedure = terms.procedure
    since, until = (date.fromisoformat(facts[name]) for name in procedure.span)
    if until < since:
        raise Refused(
            f"{procedure.span[1]} ({until}) lies before {procedure.span[0]} ({since}). Mend one of the two.",
            code="ENDS_BEFORE_IT_BEGINS", since=short_date(since), until=short_date(until),
        )  # fmt: skip
    others = held(
        session, "procedure = ? and id <> ? and state not in (?*) order by id", procedure.id, but, list(UNDONE)
    )
    read_all(session, others)
    bounds = ((one, fold(one.case).facts, one.terms.procedure.span or procedure.span) for one in others)
    found = [Spanned(one, *(date.fromisoformat(said[name]) for name in span)) for one, said, span in bounds]
    return [each for each in found if each.since <= until and since <= each.until]


def refuse_overlap(session: Session, terms: Terms, facts: Mapping[str, Any], *, but: int = 0) -> None:
    """Raise Refused when another case is about part of this period."""
    if all(name in facts for name in terms.procedure.span):  # opening says which one is missing
        _refuse(overlapping(session, terms, facts, but=but))


def is_taken(session: Session, terms: Terms, facts: Mapping[str, Any]) -> bool:
    """Whether a case is about this very period. Raises Refused when one is about part of it."""
    if not terms.procedure.span:
        return False
    bounds = [date.fromisoformat(facts[name]) for name in terms.procedure.span]
    found = overlapping(session, terms, facts)
    if any([each.since, each.until] == bounds for each in found):
        return True
    _refuse(found)
    return False


def _refuse(found: Sequence[Spanned]) -> None:
    for case, since, until in found:
        raise Refused(
            f"{case.code} is about {short_date(since)} to {short_date(until)}, which overlaps this period. Give other "
            f"days, or go on with {case.code}; what was opened in error is cancelled: tijdig act {case.code} cancel.",
            code="OVERLAP", case=case.code, since=short_date(since), until=short_date(until),
        )  # fmt: skip
