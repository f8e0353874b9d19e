"""Who looks: the visitor of a page, by the cookie that signing in gave them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
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

COOKIE, KNOWN = "tijdig_bezoek", "tijdig_bekend"
"""The visit, and that somebody signed in with this browser before. Over https their names say so to the browser too."""

REMEMBERED = timedelta(days=400)
"""So long a browser stays known; none keeps a cookie longer."""

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
    token = request.cookies.get(name_of(house, COOKIE), "")
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


def name_of(house: House, cookie: str) -> str:
    """The name of a cookie here: over https one that no neighbouring host can set."""
    return f"__Host-{cookie}" if house.is_secure else cookie


def browser_of(request: Request, house: House, person: str) -> str:
    """What this browser is known by, if this person signed in with it before."""
    return house.seal.opened_browser(person, request.cookies.get(name_of(house, KNOWN), ""))


def welcome(response: Response, house: House, token: str) -> Response:
    """Give the browser its visit."""
    _keep(response, house, COOKIE, token, LASTS)
    return response


def remember(response: Response, house: House, person: str) -> Response:
    """Let this browser be known as one in which somebody signed in."""
    _keep(response, house, KNOWN, house.seal.browser(person), REMEMBERED)
    return response


def farewell(response: Response, house: House) -> Response:
    """Take its visit back."""
    response.delete_cookie(name_of(house, COOKIE), path="/", secure=house.is_secure, httponly=True, samesite="lax")
    return response


def _keep(response: Response, house: House, cookie: str, value: str, lasts: timedelta) -> None:
    response.set_cookie(
        name_of(house, cookie), value, max_age=int(lasts.total_seconds()), httponly=True, samesite="lax",
        secure=house.is_secure, path="/",
    )  # fmt: skip
