"""Members over all procedures: who stands where, and who does what for one of them (ux.md, Leden).

A reader sees the members over which they have a role in a procedure about members, and of each the dossiers that they
may read. The cohort grid (grid.py) is another thing: one procedure, with its steps as columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from models.case import Case, OpenObligation
from models.organisation import Subject
from tijdig.engine.errors import Refused
from tijdig.engine.language import Procedure
from tijdig.service.colours import Decided, colour_procedures, coloured, colours
from tijdig.service.people import ADMINISTRATOR, OWN, Recipient
from tijdig.service.pins import BETWEEN, definitions, procedure_of, roles_named
from tijdig.service.reading import Reader
from tijdig.service.views import case_row, case_rows, first_dates
from tijdig.service.wording import subject_name

MOST_NAMED = 500
"""Of so many members at most the dossiers are asked by name; of more, all are read."""

NOBODY = "none"
"""The lidstatus to look for that nobody decided."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which members: words of number or region, and a colour (`none`: no decision); empty is all."""

    text: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """How a member stands in a procedure: a dossier as views.py lists it, the open one or else the latest.

    `basis` is that of the date that it is judged by; `others` is how many more are open.
    """

    case: Mapping[str, Any]
    basis: str
    others: int


@dataclass(frozen=True, slots=True)
class Line:
    """A member with its colour, if it was decided, and a cell for each procedure; None where there is no dossier."""

    member: str
    colour: Decided | None
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Members:
    """Members, or one page of them, by procedures (id and title). Without `knows_colours` a colour says nothing."""

    total: int
    columns: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    knows_colours: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A member: what is known of it, who does what for it, and the dossiers that the reader may read, newest first."""

    ref: str
    name: str
    row: Subject
    colour: Decided | None
    knows_colours: bool
    cast: tuple[tuple[str, tuple[Recipient, ...]], ...]
    cases: tuple[Mapping[str, Any], ...]


def members(
    session: Session, reader: Reader, now: datetime, sought: Sought, *, skip: int = 0, size: int | None = None
) -> Members:
    """The members that this reader sees and that are sought, by number.

    With a `size` so many after the first `skip`, or the last ones where there are not so many.
    """
    procedures = _procedures(session, reader)
    found = _seen(session, reader, procedures, sought.text)
    if sought.colour:
        known = coloured(session, reader, found)
        found = [ref for ref in found if known.get(ref, NOBODY) == sought.colour]
    start = min(skip, (len(found) - 1) // size * size) if size and found else 0
    shown = found[start : start + size] if size else found
    decided = colours(session, reader, shown)
    columns = tuple((each.id, each.title) for each in procedures)
    cells = _cells(session, reader, shown, now)
    lines = (Line(ref, decided.get(ref), tuple(cells.get((ref, id)) for id, _ in columns)) for ref in shown)
    return Members(len(found), columns, tuple(lines), _knows_colours(session, procedures))


def members_named(session: Session, reader: Reader, text: str) -> list[str]:
    """The members that this reader sees and of whom every word stands in the number or region."""
    return _seen(session, reader, _procedures(session, reader), text)


def member(session: Session, reader: Reader, ref: str, now: datetime) -> Member | None:
    """One member; None when this reader has no role over it. Raises Refused when there is none of this reference."""
    row = session.get(Subject, ref)
    if row is None:
        raise Refused(f"'{ref}' is hier geen lid. Kies een lid uit de lijst.")
    procedures = _procedures(session, reader)
    if not reader.over([ref], _roles(reader, procedures)):
        return None
    roles = sorted({role for each in procedures for role in roles_named(each)} - {*OWN, ADMINISTRATOR})
    cast = ((role, reader.people.recipients(role, subject=ref, case="", on=reader.today)) for role in roles)
    rows = session.exec(select(Case).where(Case.subject == ref).order_by(col(Case.id).desc()))
    cases = sorted(case_rows(session, list(reader.theirs(rows)), now), key=lambda each: each["state"] != "open")
    return Member(
        ref, reader.people.name(ref) if reader.people.knows(ref) else "", row,
        colours(session, reader, [ref]).get(ref), _knows_colours(session, procedures), tuple(cast), tuple(cases),
    )  # fmt: skip


def _procedures(session: Session, reader: Reader) -> list[Procedure]:
    """The procedures about members in which this reader has a role, by title."""
    roles, known = set(reader.roles()), map(procedure_of, definitions(session))
    about = (each for each in known if each.subject in OWN)
    return sorted((each for each in about if roles & {*roles_named(each), ADMINISTRATOR}), key=lambda p: p.title)


def _roles(reader: Reader, procedures: Sequence[Procedure]) -> set[str]:
    """The roles by which this reader has to do with members."""
    named = {role for each in procedures for role in roles_named(each)}
    return set(reader.roles()) & {*named, ADMINISTRATOR}


def _knows_colours(session: Session, procedures: Sequence[Procedure]) -> bool:
    return not {each.id for each in procedures}.isdisjoint(colour_procedures(session))


def _seen(session: Session, reader: Reader, procedures: Sequence[Procedure], text: str) -> list[str]:
    return reader.over(_named(session, text), _roles(reader, procedures))


def _named(session: Session, text: str) -> list[str]:
    """The members of whom every word stands in their number or region."""
    words = text.lower().split()
    rows = session.exec(select(Subject.ref, Subject.region).order_by(col(Subject.ref)))
    return [ref for ref, region in rows if all(word in f"{ref} {subject_name(ref)} {region}".lower() for word in words)]


def _cells(session: Session, reader: Reader, refs: Sequence[str], now: datetime) -> dict[tuple[str, str], Cell]:
    if not refs:
        return {}
    wanted = select(Case).order_by(col(Case.id))
    about = wanted.where(col(Case.subject).in_(refs if len(refs) <= MOST_NAMED else select(Subject.ref)))
    picked, standing = dict[tuple[str, str], Case](), dict[tuple[str, str], int]()
    for case in reader.theirs(session.exec(about)):
        at = case.subject, case.procedure.partition(BETWEEN)[0]
        before = picked.get(at)
        if before is None or case.state == "open" or before.state != "open":
            picked[at] = case
        standing[at] = standing.get(at, 0) + (case.state == "open")
    dates = first_dates(session, list(picked.values()), now)
    return {at: _cell(session, case, dates.get(case.id or 0), standing[at], now) for at, case in picked.items()}


def _cell(session: Session, case: Case, first: OpenObligation | None, standing: int, now: datetime) -> Cell:
    return Cell(case_row(session, case, first, now), first.basis if first else "", max(0, standing - 1))
