"""Lidstatus: the colour of a member, as people decided it and never as anything was computed (design, law 7).

A definition says it by its names: it opens with `green_on`, `orange_on` or `red_on`, the day of a decision that was
made before, and it closes with an outcome of such a name. A case that was opened in error says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from sqlmodel import Session

from tijdig.engine.fold import fold
from tijdig.engine.language import Close, Procedure
from tijdig.service.held import Held, held, read_all
from tijdig.service.openings import UNDONE
from tijdig.service.pins import definitions, procedure_of
from tijdig.service.reading import Reader

Colour = Literal["green", "orange", "red"]
COLOURS: tuple[Colour, ...] = get_args(Colour)
MOST_NAMED = 500
"""Of so many members at most the cases are asked by name; of more, all are read."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The colour that a member has, from the dossier in which it was decided, and on which day."""

    colour: Colour
    case: str
    on: date


@dataclass(frozen=True, slots=True)
class _Said:
    """What a case says of a colour. `opening`: it is what the case began with, on a day that stands in its log."""

    colour: Colour
    case: Held
    day: date
    opening: bool


def colour_procedures(session: Session) -> list[str]:
    """The procedures that say something about a colour."""
    return [each.procedure for each in definitions(session) if _says_colours(procedure_of(each))]


def colours(session: Session, reader: Reader, refs: Sequence[str]) -> dict[str, Decided]:
    """The colours of these members, as far as the dossiers say that this reader may read: two or three statements.

    Whose colour nobody decided is not among them.
    """
    newest = _newest(session, reader, refs)
    read_all(session, (said.case for said in newest.values() if said.opening))
    return {ref: Decided(said.colour, said.case.code, _day(said)) for ref, said in newest.items()}


def coloured(session: Session, reader: Reader, refs: Sequence[str]) -> dict[str, Colour]:
    """The colours alone, without the days for which logs have to be read."""
    return {ref: said.colour for ref, said in _newest(session, reader, refs).items()}


def _newest(session: Session, reader: Reader, refs: Sequence[str]) -> dict[str, _Said]:
    """What was said last of each of these members."""
    found = sorted(_said(reader.theirs(_cases(session, refs))), key=lambda each: (each.day, each.case.id))
    newest, wanted = {said.case.subject: said for said in found}, set(refs)
    return {ref: said for ref, said in newest.items() if ref in wanted}


def _cases(session: Session, refs: Sequence[str]) -> list[Held]:
    procedures = colour_procedures(session)
    if not procedures or not refs:
        return []
    which, values = "procedure in (?*) and state not in (?*)", [procedures, list(UNDONE)]
    if len(refs) <= MOST_NAMED:
        which, values = f"{which} and subject in (?*)", [*values, list(refs)]
    return held(session, which, *values)


def _said(cases: Iterable[Held]) -> Iterable[_Said]:
    for case in cases:
        procedure = case.terms.procedure
        closed, opened = _closing(procedure, case.state), _opening(procedure)
        if closed and case.closed_on:
            yield _Said(closed, case, case.closed_on, opening=False)
        elif opened:
            yield _Said(opened, case, case.opened_on, opening=True)


def _says_colours(procedure: Procedure) -> bool:
    return _opening(procedure) is not None or any(_closing(procedure, colour) for colour in COLOURS)


def _opening(procedure: Procedure) -> Colour | None:
    return next((colour for colour in COLOURS if f"{colour}_on" in procedure.opens_with), None)


def _closing(procedure: Procedure, state: str) -> Colour | None:
    """The colour of a state, where a person's decision closes a case with it."""
    closes = {o.name for step in procedure.steps for o in step.outcomes if isinstance(o, Close)}
    return next((colour for colour in COLOURS if colour == state and colour in closes), None)


def _day(said: _Said) -> date:
    """The day of the decision: of what a case began with, as its facts have it now."""
    known = fold(said.case.case).facts.get(f"{said.colour}_on") if said.opening else None
    return date.fromisoformat(known) if known else said.day
