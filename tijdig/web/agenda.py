"""Agenda: calendars by secret addresses, to make, to show once and to revoke; and what stands at such an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tijdig.engine.calendar import local_day
from tijdig.engine.errors import Refused
from tijdig.service import administration, reading
from tijdig.service.feeds import feed, feeds_of, make_feed, revoke_feed
from tijdig.service.held import find
from tijdig.service.links import hashed
from tijdig.service.people import Directory
from tijdig.service.reading import Reader
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.link import from_our_page
from tijdig.web.seal import Form
from tijdig.web.uploads import Given, given_of
from tijdig.web.view import FORM, Field
from tijdig.web.visit import TheVisitor, Visitor, page_for

router = APIRouter(default_response_class=HTMLResponse)

HERE = "/agenda"
WHAT, CASE, WHICH = "wat", "dossier", "agenda"
MINE, OF_CASE = "werk", "dossier"
CHOICES = ((MINE, "Mijn werk: alles wat ik moet doen"), (OF_CASE, "Eén dossier: al zijn termijnen"))
CHOOSE = "Kies waarvan u een agenda wilt."
UNKNOWN = "Er is geen dossier met dit nummer. Schrijf het zoals ORA-2021-001."
DONE = {
    "ingetrokken": "Het adres is ingetrokken. Wie het nog gebruikt, krijgt niets meer.",
    "al": "Dit formulier was al verwerkt. Er is niets dubbel gedaan. Het adres is één keer getoond; bent u het kwijt, "
    "trek het dan in en maak een nieuw.",
}


@router.get(HERE)
def mine(house: TheHouse, visitor: TheVisitor, dossier: str = "", gedaan: str = "") -> HTMLResponse:
    """The calendars of this visitor, and the form for a new one."""
    given = {WHAT: OF_CASE if dossier else "", CASE: dossier}
    return _page(house, visitor, given, {}, done=DONE.get(gedaan, ""))


@dataclass(frozen=True, slots=True)
class Filled:
    """A form of ours that came in, with its one-time key."""

    form: Form
    given: Given


def filled_of(
    visitor: TheVisitor, _: Annotated[None, Depends(from_our_page)], given: Annotated[Given, Depends(given_of)],
    house: TheHouse,
) -> Filled:  # fmt: skip
    """What was filled in, on a form of this visit (a dependency)."""
    form = visitor.opened(house, given.text(FORM))
    if form is None:
        raise Instead("not_ours", 403)
    return Filled(form, given)


TheForm = Annotated[Filled, Depends(filled_of)]


@router.post(HERE)
def make(filled: TheForm, house: TheHouse, visitor: TheVisitor) -> Response:
    """Make a calendar, and show its address: this once."""
    given = {name: filled.given.text(name).strip() for name in (WHAT, CASE)}
    wrong = {} if given[WHAT] in (MINE, OF_CASE) else {WHAT: CHOOSE}
    case_id = None
    if given[WHAT] == OF_CASE:
        case_id, wrong = _case(house, visitor, given[CASE])
    if wrong:
        return _page(house, visitor, given, wrong)
    try:
        with house.store.write() as session:
            now = house.now(session)
            if not administration.comes_first(session, visitor.person, filled.form.key, now=now):
                return RedirectResponse(f"{HERE}?gedaan=al", 303)
            token = make_feed(session, visitor.person, case_id, now=now)
    except Refused as refusal:
        return _page(house, visitor, given, {WHAT: str(refusal)})
    about = given[CASE] if case_id else "uw werk"
    return page_for(house, visitor, "agenda_made", address=f"{house.settings.url}{HERE}/{token}.ics", about=about)


def _case(house: House, visitor: Visitor, number: str) -> tuple[int | None, dict[str, str]]:
    """The dossier of a number, or what is wrong with it. Raises Instead for one that they may not read."""
    with house.store.read() as session:
        try:
            held = find(session, number)
        except Refused:
            return None, {CASE: UNKNOWN}
        people = Directory.load(session)
        may = Reader(session, people, visitor.person, local_day(house.now(session))).may_read(held)
    if not may:
        raise Instead("not_yours", 403,
                      why=str(reading.refuse(house.store, visitor.person, held.code, wall=house.wall())))  # fmt: skip
    return held.id, {}


@router.post(f"{HERE}/intrekken")
def revoke(filled: TheForm, house: TheHouse, visitor: TheVisitor) -> Response:
    """End a calendar of this visitor. Doing so twice ends it once."""
    number = filled.given.text(WHICH)
    with house.store.write() as session:
        known = number.isascii() and number.isdigit() and len(number) < 10
        now = house.now(session)
        ended = known and revoke_feed(session, visitor.person, int(number), now=now)
    return RedirectResponse(f"{HERE}?gedaan={'ingetrokken' if ended else ''}", 303)


def _page(
    house: House, visitor: Visitor, given: Mapping[str, str], wrong: Mapping[str, str], *, done: str = ""
) -> HTMLResponse:
    with house.store.read() as session:
        known = feeds_of(session, visitor.person)
    fields = [
        Field(WHAT, "choice", "Waarvan wilt u een agenda?", "", "", given[WHAT], CHOICES, wrong.get(WHAT, "")),
        Field(CASE, "line", "Dossiernummer", "alleen voor één dossier", "Bijvoorbeeld ORA-2021-001.", given[CASE], (),
              wrong.get(CASE, "")),
    ]  # fmt: skip
    return page_for(
        house, visitor, "agenda", 422 if wrong else 200, known=known, fields=fields, form=visitor.form(house),
        wrong=[each for each in fields if each.error], done=done,
    )  # fmt: skip


@router.api_route(f"{HERE}/{{token}}.ics", methods=["GET", "HEAD"])
def calendar(token: str, house: TheHouse) -> Response:
    """The calendar of a secret address, for a programme that has no cookie. Raises Instead for one that is over."""
    if not house.throttle.admits(f"agenda/{hashed(token)}", at_seconds=house.wall().timestamp()):
        raise Instead("too_often", 429)
    with house.store.read() as session:
        content = feed(session, token, now=house.now(session), url=house.settings.url)
    if content is None:
        raise Instead("not_found", 404)
    return Response(content, media_type="text/calendar; charset=utf-8",
                    headers={"Content-Disposition": 'inline; filename="tijdig.ics"'})  # fmt: skip
