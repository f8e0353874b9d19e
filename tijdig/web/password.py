"""A password of one's own: who was handed one by an administrator chooses another, which nobody else knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tijdig.engine.errors import Refused
from tijdig.service.access import SHORTEST, change_password, has_password
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.link import from_our_page
from tijdig.web.uploads import Given, given_of
from tijdig.web.view import FORM, Field
from tijdig.web.visit import TheVisitor, Visitor, browser_of, page_for, welcome

router = APIRouter(default_response_class=HTMLResponse)

PATH = "/wachtwoord"
OLD, NEW, AGAIN = "huidig", "nieuw", "nogmaals"
LABELS = {OLD: "Uw wachtwoord van nu", NEW: "Nieuw wachtwoord", AGAIN: "Nieuw wachtwoord, nog een keer"}


@router.get(PATH)
def ask(house: TheHouse, visitor: TheVisitor) -> HTMLResponse:
    """The form, for who has a password."""
    return _page(house, visitor, {})


@router.post(PATH, dependencies=[Depends(from_our_page)])
def choose(
    request: Request, visitor: TheVisitor, given: Annotated[Given, Depends(given_of)], house: TheHouse
) -> Response:  # fmt: skip
    """Choose another one. All other visits of this colleague end."""
    if visitor.opened(house, given.text(FORM)) is None:
        raise Instead("not_ours", 403)
    old, new, again = (given.text(name) for name in (OLD, NEW, AGAIN))
    if new != again:
        return _page(house, visitor, {AGAIN: "De twee nieuwe wachtwoorden zijn niet gelijk. Typ het opnieuw."}, 422)
    browser = browser_of(request, house, visitor.person)
    try:
        token = change_password(house.store, visitor.person, old, new, wall=house.wall(), browser=browser)
    except Refused as refusal:
        return _page(house, visitor, {NEW if refusal.code == "REFUSED" else OLD: str(refusal)}, 422)
    return welcome(RedirectResponse(f"{PATH}/gekozen", 303), house, token)


@router.get(f"{PATH}/gekozen")
def chosen(house: TheHouse, visitor: TheVisitor) -> HTMLResponse:
    """That it was done."""
    return page_for(house, visitor, "password", fields=(), wrong=(), form="", done=True, has_one=True)


def _page(house: House, visitor: Visitor, wrong: Mapping[str, str], status: int = 200) -> HTMLResponse:
    hint = f"Minstens {SHORTEST} tekens. Een zin die niemand raadt, is het beste."
    fields = [
        Field(name, "password", label, "", hint if name == NEW else "", "", (), wrong.get(name, ""))
        for name, label in LABELS.items()
    ]
    with house.store.read() as session:
        has_one = has_password(session, visitor.person)
    return page_for(
        house, visitor, "password", status, fields=fields, wrong=[each for each in fields if each.error],
        form=visitor.form(house), done=False, has_one=has_one,
    )  # fmt: skip
