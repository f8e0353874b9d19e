"""Office files with the same bytes for the same content: they are zips, which else hold the moment of saving."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_FIRST = "[Content_Types].xml"
_THEN = (1980, 1, 1, 0, 0, 0)
"""The earliest moment that a zip can hold."""


def fixed_zip(data: bytes) -> bytes:
    """The same files, in one order and with one moment."""
    out = BytesIO()
    with ZipFile(BytesIO(data)) as given, ZipFile(out, "w") as made:
        for name in sorted(given.namelist(), key=lambda name: (name != _FIRST, name)):
            about = ZipInfo(name, _THEN)
            about.compress_type, about.create_system = ZIP_DEFLATED, 3
            made.writestr(about, given.read(name))
    return out.getvalue()
