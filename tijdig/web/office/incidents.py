"""Incidenten: what stands apart, why, and how it is mended (ux.md, Beheer)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from models.operation import Incident
from tijdig.engine.errors import Refused
from tijdig.service import administration, incidents, views
from tijdig.service.sweep import sweep
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.office.desk import (
    ALREADY,
    REASON,
    Cell,
    Grid,
    Leaves,
    Number,
    TheAdministrator,
    TheForm,
    cell,
    new_form,
    onward,
    page,
    reason_field,
    reason_problem,
    said,
)
from tijdig.web.visit import Visitor

router = APIRouter(default_response_class=HTMLResponse)

PATH = "/beheer/incidenten"
TAB = "Incidenten"


@router.get(PATH)
def every(house: TheHouse, admin: TheAdministrator, blad: int = 1, gedaan: str = "") -> HTMLResponse:
    """What stands apart now, the oldest first."""
    with house.store.read() as session:
        leaves = Leaves(PATH, incidents.how_many(session), blad)
        shown = incidents.open_incidents(session, skip=leaves.skip, most=leaves.size)
    rows = [[
        Cell(f"Incident {each.id}", f"{PATH}/{each.id}", note=f"{each.count} keer" if each.count > 1 else ""),
        cell(each.first_at), Cell(each.cause, shape="■", status="late"), Cell(each.mend),
    ] for each in shown]  # fmt: skip
    grid = Grid("Wat apart staat", ("Incident", "Sinds", "Oorzaak", "Oplossing"), rows)
    return page(house, admin, "incidents", tab=TAB, grid=grid, leaves=leaves, done=said(gedaan))


@router.get(f"{PATH}/{{number}}")
def one(number: Number, house: TheHouse, admin: TheAdministrator, gedaan: str = "") -> HTMLResponse:
    """One incident, and what can be done about it."""
    return _one(house, admin, number, {}, {}, done=said(gedaan))


@router.post(f"{PATH}/{{number}}")
def settle(number: Number, house: TheHouse, admin: TheAdministrator, given: TheForm) -> Response:
    """Say that it is over."""
    if wrong := reason_problem(given.text(REASON)):
        return _one(house, admin, number, given.texts, wrong, status=422)
    try:
        with house.store.write() as session:
            now = house.now(session)
            if not administration.comes_first(session, admin.person, given.key, now=now):
                return onward(f"{PATH}/{number}", ALREADY)
            incidents.settle(session, number, by=admin.person, reason=given.text(REASON), now=now)
    except Refused as refusal:
        return _one(house, admin, number, given.texts, {}, status=409, problem=str(refusal))
    return onward(f"{PATH}/{number}", "incident")


@router.post(f"{PATH}/{{number}}/opnieuw")
def try_again(number: Number, house: TheHouse, admin: TheAdministrator, given: TheForm) -> Response:
    """Let its case be caught up at once."""
    try:
        with house.store.write() as session:
            now = house.now(session)
            if not administration.comes_first(session, admin.person, given.key, now=now):
                return onward(f"{PATH}/{number}", ALREADY)
            incidents.retry(session, number, now=now)
    except Refused as refusal:
        return _one(house, admin, number, {}, {}, status=409, problem=str(refusal))
    sweep(house.store, now=now, wall=house.wall(), by=admin.person, url=house.settings.url)
    return onward(f"{PATH}/{number}", "geprobeerd")


def _one(
    house: House, admin: Visitor, number: int, values: Mapping[str, str], wrong: Mapping[str, str], *,
    status: int = 200, done: str = "", problem: str = "",
) -> HTMLResponse:  # fmt: skip
    with house.store.read() as session:
        row = session.get(Incident, number)
        if row is None:
            raise Instead("not_found", 404)
        case = views.incident(session, row)["case"]
    stands, path = row.key is not None, f"{PATH}/{number}"
    words: dict[str, Any] = {"first": cell(row.first_at), "last": cell(row.last_at), "settled": cell(row.settled_at),
                             "retry": cell(row.retry_at)}  # fmt: skip
    return page(
        house, admin, "incident", status, tab=TAB, incident=row, case=case, stands=stands, action=path,
        form=new_form(house, admin, path), again=f"{path}/opnieuw" if case and stands else "",
        again_form=new_form(house, admin, f"{path}/opnieuw"), done=done, problem=problem,
        fields=[reason_field(values, wrong)] if stands else [], **words,
    )  # fmt: skip
