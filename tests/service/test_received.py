"""Files from browsers: which kinds are taken, by their bytes, and what a scanner says of them."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from tijdig.engine.errors import Refused
from tijdig.service.received import KINDS, NOT_SCANNED, NOT_TAKEN, UNSAFE, receive

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)


def zipped(**parts: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return out.getvalue()


DOCX, XLSX, PPTX = (zipped(**{f"{part}_xml": b"<x/>"})
                    for part in ("word__document", "xl__workbook", "ppt__presentation"))  # fmt: skip
ODT, ODS = (zipped(mimetype=f"application/vnd.oasis.opendocument.{kind}".encode()) for kind in ("text", "spreadsheet"))
TO_COME = DOCX.replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\x63")

TAKEN = {
    "plan.pdf": PDF, "PLAN.PDF": PDF, "plan.docx": DOCX, "cijfers.xlsx": XLSX, "praatje.pptx": PPTX, "plan.odt": ODT,
    "cijfers.ods": ODS, "oud.doc": OLD, "oud.xls": OLD, "foto.jpg": b"\xff\xd8\xff\xe0x",
    "foto.jpeg": b"\xff\xd8\xff\xe1x", "foto.png": b"\x89PNG\r\n\x1a\nx",
    "foto.heic": b"\0\0\0\x18ftypheicx", "reeks.heic": b"\0\0\0\x18ftypmsf1x",
    "kopregel.pdf": b"\n" + PDF, "brief.txt": "Geachte\u00e9".encode(),
    "tabel.csv": b"a;b\n1;2\n",
}  # fmt: skip


@pytest.mark.parametrize(("name", "data"), TAKEN.items(), ids=list(TAKEN))
def test_what_an_office_works_with_is_taken(tmp_path: Path, name: str, data: bytes) -> None:
    assert receive(tmp_path, name, BytesIO(data))["size"] == len(data)


REFUSED = [
    pytest.param("programma.exe", b"MZ\x90", NOT_TAKEN, id="a program"),
    pytest.param("pagina.html", b"<html>", NOT_TAKEN, id="a page"),
    pytest.param("beeld.svg", b"<svg onload='x'/>", NOT_TAKEN, id="a drawing that can run"),
    pytest.param("zonder", PDF, NOT_TAKEN, id="a name without ending"),
    pytest.param("map.zip", DOCX, NOT_TAKEN, id="a folder of files"),
    pytest.param("plan.pdf", b"MZ\x90", "iets anders", id="a program called pdf"),
    pytest.param("plan.pdf", DOCX, "iets anders", id="a letter called pdf"),
    pytest.param("plan.docx", XLSX, "iets anders", id="a sheet called letter"),
    pytest.param("plan.docx", b"PK\x03\x04kapot", "iets anders", id="a broken zip"),
    pytest.param("plan.odt", ODS, "iets anders", id="an open sheet called letter"),
    pytest.param(
        "plan.docx",
        zipped(x=b"x").replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\x63"),
        "iets anders",
        id="a zip of a version to come",
    ),
    pytest.param("brief.txt", b"\xef\xbb\xbf<html>", "iets anders", id="a page with a mark before it"),
    pytest.param("brief.txt", b"  <script>", "iets anders", id="a page called text"),
    pytest.param("tabel.csv", b"a;\0", "iets anders", id="bytes called table"),
    pytest.param("leeg.pdf", b"", "Dit bestand is leeg.", id="nothing"),
]


@pytest.mark.parametrize(("name", "data", "why"), REFUSED)
def test_anything_else_is_refused_and_leaves_nothing(tmp_path: Path, name: str, data: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why.replace(".", r"\.")):
        receive(tmp_path, name, BytesIO(data))

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_each_kind_that_the_refusal_names_is_taken() -> None:
    endings = {name.rpartition(".")[2].lower() for name in TAKEN}
    assert set(KINDS.replace(" of ", ", ").split(", ")) <= endings


SCANNERS = [
    pytest.param("exit 0", None, id="clean"),
    pytest.param("exit 1", UNSAFE, id="found"),
    pytest.param("exit 2", NOT_SCANNED, id="out of order"),
    pytest.param('grep -q "%PDF" "$1" && exit 1', UNSAFE, id="it reads the file"),
]


@pytest.mark.parametrize(("script", "why"), SCANNERS)
def test_a_scanner_has_the_last_word(tmp_path: Path, script: str, why: str | None) -> None:
    scanner, folder = tmp_path / "scan", tmp_path / "files"
    scanner.write_text(f"#!/bin/sh\n{script}\n")
    scanner.chmod(0o755)

    if why is None:
        assert receive(folder, "plan.pdf", BytesIO(PDF), scanner=(str(scanner),))["size"] == len(PDF)
    else:
        with pytest.raises(Refused, match=why.replace(".", r"\.")):
            receive(folder, "plan.pdf", BytesIO(PDF), scanner=(str(scanner),))
        assert not folder.exists()


def test_a_scanner_that_is_gone_lets_nothing_in(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="niet op virussen"):
        receive(tmp_path, "plan.pdf", BytesIO(PDF), scanner=("/er/is/geen/scanner",))
