"""Dekking: which role has nobody, or a deputy only, in which week of the coming year (ux.md, Beheer)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from tijdig.engine.calendar import local_day
from tijdig.service.coverage import Coverage, State, Stretch, coverage
from tijdig.service.forms import MONTHS
from tijdig.service.wording import count
from tijdig.web.house import TheHouse
from tijdig.web.office.desk import Cell, Grid, TheAdministrator, cell, page

router = APIRouter(default_response_class=HTMLResponse)

PATH = "/beheer/dekking"
TAB = "Dekking"
STATES: dict[State, tuple[str, str, str]] = {
    "nobody": ("■", "late", "niemand"), "deputy": ("▲", "close", "alleen vervanger"), "held": ("●", "on_time", "bezet"),
}  # fmt: skip
"""Each state with its shape, its colour and its word."""


@router.get(PATH)
def weeks(house: TheHouse, admin: TheAdministrator) -> HTMLResponse:
    """The coming year: in words where something is wrong, and week by week."""
    with house.store.read() as session:
        found = coverage(session, local_day(house.now(session)))
    rows = [[_what(each), cell(each.first), cell(each.last), _state(each), _asked(each)] for each in found.troubles]
    grid = Grid("Waar iets niet bezet is", ("Rol", "Van", "Tot en met", "Stand", "Wat er dan moet"), rows)
    lines = [(line.role, line.where, [STATES[state] for state in line.weeks]) for line in found.lines]
    return page(
        house, admin, "coverage", tab=TAB, grid=grid, lines=lines, months=list(_months(found)), days=found.mondays,
        legend=list(STATES.values()),
    )  # fmt: skip


def _what(each: Stretch) -> Cell:
    return Cell(each.role, f"/beheer/rollen?rol={each.role}", note="" if each.where == "alles" else each.where)


def _state(each: Stretch) -> Cell:
    shape, colour, word = STATES[each.state]
    return Cell(word, shape=shape, status=colour)


def _asked(each: Stretch) -> Cell:
    dates, fatal = each.asked
    words = count(dates, "termijn", "termijnen") if dates else ""
    return Cell(words, note=f"waarvan {fatal} fataal" if fatal else "")


def _months(found: Coverage) -> Iterator[tuple[str, int]]:
    """The months over the weeks, each with how many begin in it."""
    for (year, month), some in groupby(found.mondays, key=_month):
        yield f"{MONTHS[month - 1]} {year}", len(list(some))


def _month(monday: date) -> tuple[int, int]:
    return monday.year, monday.month
