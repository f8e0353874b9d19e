"""Procedures: what the house has agreed, in words that can be read aloud (ux.md, Procedures)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from tijdig.engine.errors import Refused
from tijdig.service import handbook, views
from tijdig.service.held import LOADER
from tijdig.service.pins import current
from tijdig.web.house import Instead, TheHouse
from tijdig.web.visit import TheVisitor, page_for

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/procedures")
def every(house: TheHouse, visitor: TheVisitor) -> HTMLResponse:
    """Those that are published."""
    with house.store.read() as session:
        found = views.procedures(session)
    return page_for(house, visitor, "procedures", procedures=found, here="/procedures")


@router.get("/procedures/{procedure}")
def one(procedure: str, house: TheHouse, visitor: TheVisitor) -> HTMLResponse:
    """One of them: its goals, its steps, who hears what, and its settings."""
    with house.store.read() as session:
        try:
            terms = LOADER.load(session, current(session, procedure))
        except Refused:
            raise Instead("not_found", 404) from None
    title, *lines = handbook.page(terms)
    return page_for(house, visitor, "procedure", title=title, lines=lines, here="/procedures")
