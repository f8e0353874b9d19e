"""Around every answer: headers that keep a page to itself, and a page of our own where something went wrong.

Also keeps tokens out of the access log: the path of a link is a key.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}
PRIVATE, PUBLIC = "no-store", "no-cache"
"""Pages are kept nowhere; the style sheet may be, and is asked for again each time."""


class Shield:
    """Middleware, the outermost; `failure` makes the page for what nobody caught, `missing` for what cannot be."""

    def __init__(
        self, app: ASGIApp, failure: Callable[[str, Exception], Response], missing: Callable[[], Response]
    ) -> None:
        self._app, self._failure, self._missing = app, failure, missing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = False

        async def shielded(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers["Cache-Control"] = PUBLIC if scope["path"].startswith("/static/") else PRIVATE
            await send(message)

        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:  # no name holds it, and no database takes it
            await self._missing()(scope, receive, shielded)
            return
        try:
            await self._app(scope, receive, shielded)
        except Exception as error:
            if began:
                raise
            await self._failure(scope["method"], error)(scope, receive, shielded)


def mask_tokens(record: logging.LogRecord) -> bool:
    """A filter for the access log of uvicorn."""
    if isinstance(record.args, tuple):
        record.args = tuple(_masked(part) if isinstance(part, str) else part for part in record.args)
    return True


def _masked(text: str) -> str:
    return re.sub(r"(/aanmelden/terug\?)\S+", r"\1…", re.sub(r"/(t|agenda)/[^/?\s]+", r"/\1/…", text))
