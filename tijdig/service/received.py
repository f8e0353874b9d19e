"""Files that come in from a browser: of a kind that an office works with, by their bytes, and looked at by a scanner.

The ending of a name says nothing about what is in a file; both have to agree.
"""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from tijdig.engine.errors import Refused
from tijdig.service.documents import save

SCANS_WITHIN = 60
"""Seconds; what takes longer counts as not scanned."""

KINDS = "pdf, docx, xlsx, pptx, odt, ods, doc, xls, jpg, png, heic, txt of csv"
NOT_TAKEN = f"Dit soort bestand nemen wij niet aan. Kies een {KINDS}."
OTHER_INSIDE = "In dit bestand zit iets anders dan zijn naam zegt. Bewaar het opnieuw als {ending}, en kies het dan."
UNSAFE = "De virusscanner laat dit bestand niet door. Het is niet bewaard."
NOT_SCANNED = "Dit bestand kan nu niet op virussen worden gecontroleerd. Probeer het later opnieuw."

_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def receive(folder: Path, name: str, source: IO[bytes], *, scanner: Sequence[str] = ()) -> dict[str, Any]:
    """Put a file that somebody sent on disk, as `documents.save` does.

    `scanner` is a command that gets the path of the file behind it and ends with 0 when nothing is found, with 1 when
    something is. Raises Refused for what `save` refuses, another kind of file, and what the scanner found or could not
    look at.
    """
    _check_kind(name, source)
    if scanner:
        _scan(source, scanner)
    return save(folder, name, source)


def _check_kind(name: str, source: IO[bytes]) -> None:
    ending = name.rpartition(".")[2].lower()
    is_one = _IS.get(ending)
    if is_one is None:
        raise Refused(NOT_TAKEN)
    source.seek(0, 2)
    is_empty = source.tell() == 0  # `save` says so
    source.seek(0)
    if not is_empty and not is_one(source):
        raise Refused(OTHER_INSIDE.format(ending=ending))
    source.seek(0)


def _begins(*marks: bytes, at: int = 0) -> Callable[[IO[bytes]], bool]:
    def is_one(source: IO[bytes]) -> bool:
        return source.read(at + 16)[at:].startswith(marks)

    return is_one


def _holds(part: str) -> Callable[[IO[bytes]], bool]:
    """A zip with this part in it."""

    def is_one(source: IO[bytes]) -> bool:
        with suppress(zipfile.BadZipFile, NotImplementedError, OSError, ValueError), zipfile.ZipFile(source) as parts:
            return part in parts.namelist()
        return False

    return is_one


def _is_open_document(kind: str) -> Callable[[IO[bytes]], bool]:
    """A zip that begins with what it is, as OpenDocument has it."""
    said = f"mimetypeapplication/vnd.oasis.opendocument.{kind}".encode()
    return lambda source: source.read(30 + len(said))[30:] == said


def _is_text(source: IO[bytes]) -> bool:
    """Text has no NUL, and nothing that a browser would take for a page."""
    begin = source.read(4096).removeprefix(b"\xef\xbb\xbf")
    return b"\0" not in begin and not begin.lstrip().startswith((b"<", b"%PDF", b"MZ"))


_IS: Mapping[str, Callable[[IO[bytes]], bool]] = {
    "pdf": lambda source: b"%PDF-" in source.read(1024),  # as readers of PDF take it
    "docx": _holds("word/document.xml"),
    "xlsx": _holds("xl/workbook.xml"),
    "pptx": _holds("ppt/presentation.xml"),
    "odt": _is_open_document("text"),
    "ods": _is_open_document("spreadsheet"),
    "doc": _begins(_OLD_OFFICE),
    "xls": _begins(_OLD_OFFICE),
    "jpg": _begins(b"\xff\xd8\xff"),
    "jpeg": _begins(b"\xff\xd8\xff"),
    "png": _begins(b"\x89PNG\r\n\x1a\n"),
    "heic": _begins(*(b"ftyp" + brand for brand in (b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1")), at=4),
    "txt": _is_text,
    "csv": _is_text,
}
"""By the ending of the name."""


def _scan(source: IO[bytes], scanner: Sequence[str]) -> None:
    with NamedTemporaryFile(prefix="tijdig-scan-") as looked_at:
        while chunk := source.read(1024 * 1024):
            looked_at.write(chunk)
        looked_at.flush()
        source.seek(0)
        try:
            status = subprocess.run((*scanner, looked_at.name), capture_output=True, timeout=SCANS_WITHIN).returncode
        except (OSError, subprocess.TimeoutExpired):
            status = -1
    if status == 1:
        raise Refused(UNSAFE)
    if status:
        raise Refused(NOT_SCANNED)
