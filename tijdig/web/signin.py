"""Signing in and out; in a trial one chooses as whom to look."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tijdig.engine.calendar import local_day
from tijdig.engine.errors import Refused
from tijdig.service.access import PROVIDED, look_as, sign_in, sign_out
from tijdig.service.clock import home
from tijdig.service.people import Directory
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.link import from_our_page
from tijdig.web.oidc import LEFT, THERE
from tijdig.web.uploads import Given, given_of
from tijdig.web.view import FORM
from tijdig.web.visit import SIGN_IN, TheGuest, TheVisitor, browser_of, farewell, local_path, remember, welcome

router = APIRouter(default_response_class=HTMLResponse)

NAME, PASSWORD, TO, PERSON = "naam", "wachtwoord", "naar", "persoon"
TheForm = Annotated[Given, Depends(given_of)]


def ours(given: TheForm, house: TheHouse) -> Given:
    """What was filled in on a form of ours for somebody who is not in yet (a dependency)."""
    if house.seal.opened_form(SIGN_IN, given.text(FORM)) is None:
        raise Instead("not_ours", 403)
    return given


OurForm = Annotated[Given, Depends(ours)]


@router.get(SIGN_IN)
def ask(house: TheHouse, guest: TheGuest, naar: str = "/") -> Response:
    """The form; who is in already goes on."""
    return RedirectResponse(local_path(naar), 303) if guest else _page(house, naar)


@router.post(SIGN_IN, dependencies=[Depends(from_our_page)])
def enter(request: Request, given: OurForm, house: TheHouse) -> Response:
    """Sign in with a name and a password."""
    name, wall = given.text(NAME).strip(), house.wall()
    browser = browser_of(request, house, name)
    try:
        token = sign_in(house.store, name, given.text(PASSWORD), wall=wall, browser=browser)
    except Refused as refusal:
        status = 429 if refusal.code == "TOO_OFTEN" else 403
        return _page(house, given.text(TO), name=given.text(NAME), problem=str(refusal), status=status)
    return remember(welcome(RedirectResponse(local_path(given.text(TO)), 303), house, token), house, name)


@router.post("/kijk-als", dependencies=[Depends(from_our_page)])
def enter_as(given: OurForm, house: TheHouse) -> Response:
    """Look around in a trial as somebody."""
    with house.store.write() as session:
        token = look_as(session, given.text(PERSON), wall=house.wall())
    return welcome(RedirectResponse(local_path(given.text(TO)), 303), house, token)


@router.post("/afmelden", dependencies=[Depends(from_our_page)])
def leave(visitor: TheVisitor, given: TheForm, house: TheHouse) -> Response:
    """Sign out, in all windows of this browser."""
    if visitor.opened(house, given.text(FORM)) is None:
        raise Instead("not_ours", 403)
    with house.store.write() as session:
        sign_out(session, visitor.token, wall=house.wall())
    is_provided = house.provider is not None and visitor.how == PROVIDED
    return farewell(RedirectResponse(LEFT if is_provided else SIGN_IN, 303), house)


def _page(house: House, to: str, *, name: str = "", problem: str = "", status: int = 200) -> HTMLResponse:
    with house.store.read() as session:
        people = Directory.load(session)
        in_a_trial = home(session).mode == "trial"
        cast = people.colleagues(local_day(house.now(session))) if in_a_trial else ()
    return house.page(
        "sign_in", status, form=house.seal.form(SIGN_IN, 0), to=local_path(to), name=name, problem=problem, cast=cast,
        in_a_trial=in_a_trial, there=f"{THERE}?naar={quote(local_path(to), safe='')}" if house.provider else "",
    )  # fmt: skip
