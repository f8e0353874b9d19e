"""Leden: members by procedures, and the page of one member (ux, Leden)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from tijdig.engine.calendar import local_day
from tijdig.engine.errors import Refused
from tijdig.service import reading
from tijdig.service import views as listed
from tijdig.service.members import NOBODY, Cell, Line, Sought, member, members
from tijdig.service.people import Directory
from tijdig.service.pins import BETWEEN
from tijdig.service.reading import Reader
from tijdig.service.wording import due_words, inside, sentence, subject_name
from tijdig.web.house import Instead, TheHouse
from tijdig.web.office.desk import Leaves
from tijdig.web.view import COLOURS, STATUS, colour_words, exports_of
from tijdig.web.visit import TheVisitor, page_for

router = APIRouter(default_response_class=HTMLResponse)

HERE = "/leden"
FILTERS = {"groen": "green", "oranje": "orange", "rood": "red", "geen-besluit": NOBODY}
"""What the address says of a lidstatus."""
NOT_YOURS = "Over dit lid hebt u geen rol. Vraag het aan wie die wel heeft."


@router.get(HERE)
def every(house: TheHouse, visitor: TheVisitor, zoek: str = "", lidstatus: str = "", blad: int = 1) -> HTMLResponse:
    """The members over which this visitor has a role: their lidstatus, and where they stand in each procedure."""
    sought = sought_of(zoek, lidstatus)
    with house.store.read() as session:
        now = house.now(session)
        reader = Reader(session, Directory.load(session), visitor.person, local_day(now))
        first = Leaves(HERE, 0, 1)
        found = members(session, reader, now, sought, skip=(max(blad, 1) - 1) * first.size, size=first.size)
    leaves = Leaves(HERE, found.total, blad, {"zoek": zoek, "lidstatus": lidstatus})
    rows = [_row(line) for line in found.lines]
    filters = [(name, COLOURS[colour]) for name, colour in FILTERS.items()]
    return page_for(
        house, visitor, "members", rows=rows, columns=[title for _, title in found.columns], leaves=leaves,
        search=zoek, chosen=lidstatus, filters=filters, knows_colours=found.knows_colours, here=HERE,
        exports=exports_of("leden", zoek=zoek, lidstatus=lidstatus),
    )  # fmt: skip


def sought_of(search: str, colour: str) -> Sought:
    """What the filter of an address asks for; an unknown lidstatus is no filter."""
    return Sought(search.strip(), FILTERS.get(colour, ""))


@router.get("/lid/{ref}")
def one(ref: str, house: TheHouse, visitor: TheVisitor) -> HTMLResponse:
    """A member: who does what for it, its lidstatus and its dossiers, and where a new one begins."""
    with house.store.read() as session:
        now = house.now(session)
        people = Directory.load(session)
        try:
            found = member(session, Reader(session, people, visitor.person, local_day(now)), ref, now)
        except Refused:
            raise Instead("not_found", 404) from None
        titles = {row["id"]: row["title"] for row in listed.procedures(session)}
        cast = [(role, [_who(people, each.person, each.behalf) for each in told])
                for role, told in (found.cast if found else ())]  # fmt: skip
    if found is None:
        reading.refuse(house.store, visitor.person, ref, wall=house.wall())
        raise Instead("not_yours", 403, heading="Dit lid kunt u niet zien", why=NOT_YOURS)
    reading.note_reading(house.store, visitor.person, ref, wall=house.wall())
    return page_for(
        house, visitor, "member", name=name_of(ref), called=found.name, row=found.row,
        colour=colour_words(found.colour), knows_colours=found.knows_colours, cast=cast, here=HERE,
        cases=[_case(case, titles) for case in found.cases], start=f"/dossiers/nieuw?onderwerp={quote(ref, safe='')}",
    )  # fmt: skip


def name_of(ref: str) -> str:
    """A member or other subject as it stands at the beginning of a line: "Lid 014"."""
    return sentence(subject_name(ref)).rstrip(".")


def _who(people: Directory, person: str, behalf: str) -> str:
    return f"{people.name(person)} (namens {people.name(behalf)})" if behalf else people.name(person)


def _row(line: Line) -> dict[str, Any]:
    return {
        "name": name_of(line.member), "to": f"/lid/{quote(line.member, safe='')}", "colour": colour_words(line.colour),
        "cells": [_cell(cell) for cell in line.cells],
    }  # fmt: skip


def _cell(cell: Cell | None) -> dict[str, Any] | None:
    """A dossier in a few words: open, how its term stands and by when; closed, how it ended."""
    return {**term_words(cell.case), "case": cell.case["case"], "others": cell.others} if cell else None


def term_words(case: Mapping[str, Any]) -> dict[str, Any]:
    """How a dossier stands, as words with a shape, with its date; a closed one as its procedure calls that end."""
    day, _, at = (case["due"] or "").partition("T")
    is_open = case["state"] == "open"
    return {
        "status": case["term_status"] if is_open else "closed",
        "words": STATUS[case["term_status"]] if is_open else f"○ Gesloten: {inside(case['state_words'])}",
        "due": due_words(date.fromisoformat(day), at) if day and is_open else "", "due_iso": case["due"] or "",
    }  # fmt: skip


def _case(case: Mapping[str, Any], titles: Mapping[str, str]) -> dict[str, Any]:
    title = titles.get(case["procedure"].partition(BETWEEN)[0], case["procedure"])
    opened = date.fromisoformat(case["opened_on"])
    return {**term_words(case), "case": case["case"], "title": title, "opened": opened, "state": case["state_words"],
            "is_open": case["state"] == "open"}  # fmt: skip
