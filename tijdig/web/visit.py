"""Who looks: the visitor of a page, by the cookie that signing in gave them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.responses import HTMLResponse, Response

from tijdig.engine.calendar import local_day
from tijdig.service.access import LASTS, visit_of, visitor
from tijdig.service.administration import is_administrator
from tijdig.service.people import Directory
from tijdig.web.house import House, TheHouse
from tijdig.web.seal import Form

COOKIE = "tijdig_bezoek"
SIGN_IN = "/aanmelden"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A colleague who signed in. Forms are sealed for their visit, so that no other may hand them in."""

    person: str
    name: str
    token: str
    is_administrator: bool = False
    """Holds that role, in a visit in which it counts."""
    how: str = ""
    """How the visit began."""

    def form(self, house: House, version: int = 0) -> str:
        """A new form of this visit."""
        return house.seal.form(self.token, version)

    def opened(self, house: House, sealed: str) -> Form | None:
        """The form, if it was made here for this visit."""
        return house.seal.opened_form(self.token, sealed)


class Stranger(Exception):  # noqa: N818 - no error: they are asked to sign in
    """Somebody who did not sign in asked for a page of colleagues; `path` is where they wanted to go."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    @property
    def to(self) -> str:
        """Where they sign in, and come back from."""
        return f"{SIGN_IN}?naar={quote(self.path, safe='')}"


def guest_of(request: Request, house: TheHouse) -> Visitor | None:
    """Who looks; None for a stranger (a dependency)."""
    token = request.cookies.get(COOKIE, "")
    person = visitor(house.store, token, wall=house.wall()) if token else ""
    if not person:
        return None
    with house.store.read() as session:
        people, today = Directory.load(session), local_day(house.now(session))
        visit = visit_of(session, token)
        administers = bool(visit and visit.administers) and is_administrator(people, person, today)
        return Visitor(person, people.name(person), token, administers, how=visit.how if visit else "")


def visitor_of(request: Request, house: TheHouse) -> Visitor:
    """Who looks; a stranger is asked to sign in first (a dependency)."""
    guest = guest_of(request, house)
    if guest is None:
        query = f"?{request.url.query}" if request.url.query else ""
        leads_back = request.method == "GET" or request.url.path.startswith("/dossier/")
        raise Stranger(f"{request.url.path}{query}" if leads_back else "/")
    return guest


TheGuest = Annotated[Visitor | None, Depends(guest_of)]
TheVisitor = Annotated[Visitor, Depends(visitor_of)]


def page_for(house: House, visitor: Visitor, page: str, /, status: int = 200, **words: Any) -> HTMLResponse:
    """A page for a colleague: with the way to all others, and the way out."""
    return house.page(page, status, visitor=visitor, leave=visitor.form(house), **words)


def local_path(wanted: str) -> str:
    """The path of a page of ours; the front page for anything that leads elsewhere."""
    leads_here = wanted.startswith("/") and not wanted.startswith("//") and not any(c in wanted for c in "\\\r\n\t")
    return wanted if leads_here else "/"


def welcome(response: Response, house: House, token: str) -> Response:
    """Give the browser its visit."""
    secure = house.settings.url.startswith("https://")
    response.set_cookie(
        COOKIE, token, max_age=int(LASTS.total_seconds()), httponly=True, samesite="lax", secure=secure, path="/"
    )
    return response


def farewell(response: Response) -> Response:
    """Take it back."""
    response.delete_cookie(COOKIE, path="/")
    return response
