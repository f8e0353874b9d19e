"""Forms as they come in: texts and files, within limits that hold while they are still coming in."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from tijdig.service.documents import MOST_BYTES
from tijdig.web.house import Instead
from tijdig.web.visit import TheGuest

MOST_IN_A_FORM = 6 * MOST_BYTES
"""What comes in for one form at most, in bytes; beyond it nothing more is read."""

MOST_TEXT = 1024 * 1024
"""The same for a form without files, and for any form of who did not sign in."""

MOST_FIELDS = 100


@dataclass(frozen=True, slots=True)
class Given:
    """What a form holds. Each file is closed after the request."""

    texts: Mapping[str, str]
    files: Mapping[str, UploadFile]

    def text(self, name: str) -> str:
        return self.texts.get(name, "")


class _Parser(MultiPartParser):
    """Takes of each file one byte more than may be kept, which is enough to see that it is too large.

    The rest of it is passed over, so that the texts that come after it are not lost to the person.
    """

    _taken = 0

    def on_part_begin(self) -> None:
        super().on_part_begin()
        self._taken = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._current_part.file is not None:
            end = min(end, start + MOST_BYTES + 1 - self._taken)
            self._taken += end - start
        if end > start:
            super().on_part_data(data, start, end)


async def given_of(request: Request, guest: TheGuest) -> AsyncIterator[Given]:
    """The form of a request (a dependency). A stranger's holds no files. Raises Instead when it is none, or too large.

    Let it stand behind whatever may refuse the visitor: what was refused need not be read.
    """
    async for given in received(request, MOST_IN_A_FORM if guest else MOST_TEXT):
        yield given


async def received(request: Request, most: int) -> AsyncIterator[Given]:
    """The form of a request of so many bytes at most, of which a form without files never has more than `MOST_TEXT`."""
    form = await _parsed(request, most)
    try:
        yield Given(
            {_plain(name): _plain(value) for name, value in form.items() if isinstance(value, str)},
            {_plain(name): value for name, value in form.items() if isinstance(value, UploadFile) and value.filename},
        )
    finally:
        await form.close()


async def _parsed(request: Request, most: int) -> FormData:
    try:
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            parts = _within(request, most)
            return await _Parser(request.headers, parts, max_files=MOST_FIELDS, max_fields=MOST_FIELDS).parse()
        return await FormParser(request.headers, _within(request, MOST_TEXT)).parse()
    except MultiPartException as error:
        raise Instead("not_ours", 400) from error


async def _within(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise Instead("too_much", 413)
        yield chunk


def _plain(text: str) -> str:
    """A text with the line ends of this house, and without what no database takes: NUL, and half a character."""
    return text.replace("\r\n", "\n").replace("\x00", "").encode(errors="ignore").decode()
