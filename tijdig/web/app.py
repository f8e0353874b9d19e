"""The web service: the worklist of colleagues, and one page for each mail's link. `tijdig serve` runs it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from models.schema import open_store
from tijdig.engine.errors import Busy, Refused, TijdigError
from tijdig.service.clock import installation
from tijdig.service.links import secret_of
from tijdig.service.oidc import Provider
from tijdig.settings import Settings
from tijdig.web import (
    acts,
    agenda,
    bulk,
    cases,
    evidence,
    export,
    finding,
    link,
    logbook,
    members,
    office,
    oidc,
    password,
    procedures,
    reports,
    signin,
    start,
    termcalendar,
    trial,
    worklist,
)
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.seal import Seal
from tijdig.web.shield import Shield, mask_tokens
from tijdig.web.throttle import Throttle
from tijdig.web.visit import SIGN_IN, Stranger

LOG = logging.getLogger(__name__)
PAGES = (
    link,
    trial,
    signin,
    oidc,
    password,
    worklist,
    start,
    bulk,
    cases,
    acts,
    members,
    termcalendar,
    finding,
    export,
    agenda,
    procedures,
    logbook,
    office,
    evidence,
    reports,
)
"""The modules with pages; each has a router."""

SWEEP_EVERY = timedelta(minutes=15)
"""As `tijdig serve` does it."""

ASKED_PER_MINUTE = 60
"""Of one link; a person who fills in a form needs a few."""


def create_app(
    settings: Settings,
    *,
    wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    every: timedelta = SWEEP_EVERY,
) -> FastAPI:
    """The web service of this installation; `every` is how often its terms are to be checked.

    Raises Misconfigured when there is no database, or one of another version.
    """
    house = House(
        open_store(settings.database_url), settings, Seal(secret_of(settings.data)), Throttle(ASKED_PER_MINUTE, 60),
        wall, every, Provider(settings.provider, f"{settings.url}{oidc.BACK}") if settings.provider else None,
    )  # fmt: skip

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        house.store.close()
        if house.provider:
            house.provider.close()

    app = FastAPI(title="Tijdig", lifespan=lifespan, openapi_url=None, redirect_slashes=False)
    ours = {urlsplit(settings.url).hostname or "", "127.0.0.1", "localhost"}
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=sorted(ours))  # else a strange name may lead a browser here
    app.state.house = house
    for pages in PAGES:
        app.include_router(pages.router)
    app.get("/gezond")(_healthy)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    app.add_exception_handler(Stranger, _to_sign_in)
    for kind in (Instead, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _instead)
    app.add_middleware(
        Shield, failure=lambda method, error: _failed(house, method, error),
        missing=lambda: house.page("not_found", 404, bare=True),
    )  # fmt: skip
    logging.getLogger("uvicorn.access").addFilter(mask_tokens)
    return app


def _healthy(house: TheHouse) -> JSONResponse:
    """For a watchdog: whether pages and database answer. It tells nothing else."""
    try:
        with house.store.read() as session:
            installation(session)
    except Exception:
        return JSONResponse({"status": "ziek"}, 503)
    return JSONResponse({"status": "gezond"})


def _instead(request: Request, error: Exception) -> HTMLResponse:
    """A page for what is not there, or not to be had in this way."""
    house: House = request.app.state.house
    if isinstance(error, Instead):
        return house.page(error.page, error.status, **error.words)
    return house.page("not_found", error.status_code if isinstance(error, HTTPException) else 404)


def _to_sign_in(_: Request, error: Exception) -> Response:
    """Where who did not sign in goes first."""
    return RedirectResponse(error.to if isinstance(error, Stranger) else SIGN_IN, 303)


def _failed(house: House, method: str, error: Exception) -> Response:
    """A page with a code, under which the log says what happened. The rules that said no are no failure of ours."""
    code = token_hex(4).upper()
    busy = isinstance(error, Busy)
    status = 503 if busy else 409 if isinstance(error, Refused) else 500
    said = f"{error.code}: {error}" if isinstance(error, TijdigError) else type(error).__name__
    LOG.error("%s failed, code %s, %s", method, code, said, exc_info=None if status < 500 or busy else error)
    return house.page("failure", status, bare=True, code=code, changes=method != "GET")
