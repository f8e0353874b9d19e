"""The page behind a mail's link. GET shows, POST decides: what scans mail follows links (ux.md, section 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from tijdig.service import documents
from tijdig.service.handin import hand_in
from tijdig.service.links import hashed, live_link
from tijdig.service.relink import send_new_link
from tijdig.service.sheet import Sheet, look
from tijdig.web.house import Instead, TheHouse
from tijdig.web.task import Place, answered, shown, taken
from tijdig.web.uploads import MOST_IN_A_FORM, Given, received

router = APIRouter(default_response_class=HTMLResponse)

PORTS = {"http": 80, "https": 443}


def paced(token: str, house: TheHouse) -> str:
    """The token of a link that is not asked for too often (a dependency)."""
    if not house.throttle.admits(hashed(token), at_seconds=house.wall().timestamp()):
        raise Instead("too_often", 429)
    return token


def from_our_page(request: Request, house: TheHouse) -> None:
    """Refuse a form that a browser sends from another site (a dependency).

    Our pages send no referrer, for which browsers say `Origin: null`; newer ones tell the truth in Sec-Fetch-Site. So
    do pages that hide where they are: without that truth it is taken only where a link, and no cookie, is the key.
    """
    is_hidden = request.headers.get("origin") == "null" and not request.url.path.startswith("/t/")
    site = request.headers.get("sec-fetch-site", "" if is_hidden else "same-origin")
    origin = request.headers.get("origin", "null")
    ours = {"null", _origin(house.settings.url), _origin(str(request.base_url))}
    if site not in ("same-origin", "none") or _origin(origin) not in ours - {""}:
        raise Instead("not_ours", 403)


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.hostname}:{parts.port or PORTS.get(parts.scheme)}" if parts.scheme else url
    except ValueError:  # not an address: nobody's
        return ""


def alive(token: Annotated[str, Depends(paced)], house: TheHouse) -> str:
    """The token of a link that is known, before anything of a form is read (a dependency)."""
    with house.store.read() as session:
        link = live_link(session, token, now=house.now(session))
    if link is None:
        raise _dead(token)
    return token


def _dead(token: str) -> Instead:
    return Instead("dead_link", 404, token=token)


Token = Annotated[str, Depends(paced)]
LivingToken = Annotated[str, Depends(alive)]


async def _form(_: LivingToken, request: Request) -> Any:
    async for given in received(request, MOST_IN_A_FORM):
        yield given


@router.get("/t/{token}")
def show(token: Token, house: TheHouse) -> HTMLResponse:
    """The task of a link, as it stands now."""
    with house.store.read() as session:
        now = house.now(session)
        seen = look(session, token, now=now)
    if seen is None:
        raise _dead(token)
    return shown(house, _place(token), seen, now)


@router.post("/t/{token}", dependencies=[Depends(from_our_page)])
def decide(token: LivingToken, given: Annotated[Given, Depends(_form)], house: TheHouse) -> HTMLResponse:
    """Hand in what was filled in."""
    answer = answered(house, _place(token), given)
    with house.store.write() as session:
        now = house.now(session)
        way, files = live_link(session, token, now=now), documents.folder_of(house.settings.data)
        result = hand_in(session, way, answer, via="link", now=now, files=files)
    if result is None:
        raise _dead(token)
    return taken(house, _place(token), answer, result, now)


def _place(token: str) -> Place:
    return Place(f"/t/{token}", token)


@router.post("/t/{token}/nieuw", dependencies=[Depends(from_our_page)])
def renew(token: Token, house: TheHouse) -> HTMLResponse:
    """Send a new link. The answer is always the same: who holds an old link learns nothing."""
    with house.store.write() as session:
        send_new_link(session, token, now=house.now(session), url=house.settings.url)
    return house.page("new_link")


@router.get("/t/{token}/stuk/{sha256}")
def document(token: Token, sha256: str, house: TheHouse) -> Response:
    """A file of the case, for a colleague who has to weigh it. Never shown in the page: it may hold anything."""
    with house.store.read() as session:
        seen = look(session, token, now=house.now(session))
    known: Mapping[str, Any] = seen.state.facts if isinstance(seen, Sheet) and seen.is_colleague else {}
    return attached(house, known, sha256)


def attached(house: TheHouse, facts: Mapping[str, Any], sha256: str) -> FileResponse:
    """The file among these facts that has this hash. Raises Instead when there is none."""
    found = next((v for v in facts.values() if isinstance(v, dict) and v.get("sha256") == sha256), None)
    path = documents.path_of(documents.folder_of(house.settings.data), sha256) if found else None
    if not found or not path or not path.is_file():
        raise Instead("not_found", 404)
    return FileResponse(path, media_type="application/octet-stream", filename=found["name"])
