"""The page behind a mail's link. GET shows, POST decides: what scans mail follows links (ux.md, section 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from tijdig.engine.errors import Refused
from tijdig.service import documents
from tijdig.service.handin import Answer, Changed, Mistakes, Receipt, hand_in
from tijdig.service.links import hashed, live_link
from tijdig.service.relink import send_new_link
from tijdig.service.sheet import Finished, Sheet, look
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.seal import Form
from tijdig.web.uploads import Given, given_of
from tijdig.web.view import (
    FORM,
    OUTCOME,
    REASON,
    change_words,
    fact_field,
    input_words,
    kept_field,
    kept_inputs,
    page_words,
    task_words,
)  # fmt: skip

router = APIRouter(default_response_class=HTMLResponse)

PORTS = {"http": 80, "https": 443}


def paced(token: str, house: TheHouse) -> str:
    """The token of a link that is not asked for too often (a dependency)."""
    if not house.throttle.admits(hashed(token), at_seconds=house.wall().timestamp()):
        raise Instead("too_often", 429)
    return token


def from_our_page(request: Request, house: TheHouse) -> None:
    """Refuse a form that a browser sends from another site (a dependency).

    Our pages send no referrer, for which browsers say `Origin: null`; newer ones tell the truth in Sec-Fetch-Site.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "null")
    ours = {"null", _origin(house.settings.url), _origin(str(request.base_url))}
    if site not in ("same-origin", "none") or _origin(origin) not in ours:
        raise Instead("not_ours", 403)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or PORTS.get(parts.scheme)}" if parts.scheme else url


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
    async for given in given_of(request):
        yield given


@router.get("/t/{token}")
def show(token: Token, house: TheHouse) -> HTMLResponse:
    """The task of a link, as it stands now."""
    with house.store.read() as session:
        now = house.now(session)
        seen = look(session, token, now=now)
    match seen:
        case None:
            raise _dead(token)
        case Finished():
            return house.page("finished", role=seen.role, day=seen.day)
    return house.page("task", **page_words(seen, house.seal, token, now=now))


@router.post("/t/{token}", dependencies=[Depends(from_our_page)])
def decide(token: LivingToken, given: Annotated[Given, Depends(_form)], house: TheHouse) -> HTMLResponse:
    """Hand in what was filled in."""
    form = house.seal.opened_form(token, given.text(FORM))
    if form is None:
        raise Instead("not_ours", 403)
    answer = _answer(house, token, form, given)
    with house.store.write() as session:
        now = house.now(session)
        result = hand_in(session, token, answer, now=now, files=documents.folder_of(house.settings.data))
    match result:
        case None:
            raise _dead(token)
        case Receipt():
            return house.page("receipt", at=result.at, number=result.number)
        case Finished():
            return house.page("finished", 409, role=result.role, day=result.day)
        case Sheet():
            return house.page("task", 403, **page_words(result, house.seal, token, now=now))
        case Mistakes():
            words = page_words(result.sheet, house.seal, token, now=now, answer=answer, problems=result.problems)
            return house.page("task", 422, **words)
        case Changed(sheet=sheet):
            return house.page(
                "changed", 409, task=task_words(sheet, now), token=token, seen=answer.version,
                changes=[change_words(change, now) for change in result.changes], said=input_words(sheet, answer),
                inputs=kept_inputs(sheet, house.seal, token, answer),
            )  # fmt: skip


def _answer(house: House, token: str, form: Form, given: Given) -> Answer:
    """What was handed in. Files are put on disk here, outside the transaction: a slow disk must hold nobody up."""
    kept, problems = _received_before(house, token, given), dict[str, str]()
    for name, upload in given.files.items():
        fact = name.removeprefix(fact_field(""))
        try:
            kept[fact] = documents.save(documents.folder_of(house.settings.data), upload.filename or "", upload.file)
        except Refused as refusal:
            problems[fact] = str(refusal)
    facts = fact_field("")
    texts = {name.removeprefix(facts): text for name, text in given.texts.items() if name.startswith(facts)}
    return Answer(form.key, form.version, given.text(OUTCOME), given.text(REASON), texts, kept, problems)


def _received_before(house: House, token: str, given: Given) -> dict[str, dict[str, Any]]:
    """Files that came with an earlier try; the browser will not send them again by itself."""
    prefix = kept_field("")
    sealed = {name.removeprefix(prefix): text for name, text in given.texts.items() if name.startswith(prefix)}
    opened = {fact: house.seal.opened_document(token, fact, text) for fact, text in sealed.items()}
    return {fact: kept for fact, kept in opened.items() if kept}


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
    found = next((v for v in known.values() if isinstance(v, dict) and v.get("sha256") == sha256), None)
    path = documents.path_of(documents.folder_of(house.settings.data), sha256) if found else None
    if not found or not path or not path.is_file():
        raise Instead("not_found", 404)
    return FileResponse(path, media_type="application/octet-stream", filename=found["name"])
