"""What only a trial has: its next day and its captured mail."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tijdig.service.clock import installation
from tijdig.service.trial import captured, captured_mail, next_day
from tijdig.web.house import Instead, TheHouse
from tijdig.web.link import from_our_page
from tijdig.web.uploads import Given, given_of
from tijdig.web.view import FORM

router = APIRouter(default_response_class=HTMLResponse)

NEXT_DAY = "volgende-dag"
"""What the form of the next day is sealed for."""


def in_a_trial(house: TheHouse) -> None:
    """A live installation has no such page (a dependency)."""
    with house.store.read() as session:
        if installation(session).mode != "trial":
            raise Instead("not_found", 404)


@router.post("/volgende-dag", dependencies=[Depends(in_a_trial), Depends(from_our_page)])
def move_on(given: Annotated[Given, Depends(given_of)], house: TheHouse) -> Response:
    """Let a trial's next day begin."""
    if house.seal.opened_form(NEXT_DAY, given.text(FORM)) is None:
        raise Instead("not_ours", 403)
    next_day(house.store, house.settings, wall=house.wall())
    return RedirectResponse("/postvak", 303)


@router.get("/postvak", dependencies=[Depends(in_a_trial)])
def mailbox(house: TheHouse) -> HTMLResponse:
    """The mails that a trial captured, the newest first."""
    return house.page("mailbox", mails=captured(house.settings.data))


@router.get("/postvak/{name}", dependencies=[Depends(in_a_trial)])
def mail(name: str, house: TheHouse) -> HTMLResponse:
    """One captured mail, with its links."""
    found = captured_mail(house.settings.data, name)
    if found is None:
        raise Instead("not_found", 404)
    return house.page("mail", mail=found)
