"""A PDF of a Word document: the same text, headings, lists, tables and pictures, typeset on A4.

What a user changes in the Word template is so changed in the PDF. The PDF has real text, tags for a screen reader, and
its language; typst sets it with its own fonts, so each machine gives the same pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from importlib.resources import files
from io import BytesIO
from itertools import takewhile
from typing import Any, cast

import docx
import orjson
import typst
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from docx.section import _Footer, _Header
from docx.table import Table, _Cell
from docx.text.hyperlink import Hyperlink
from docx.text.paragraph import Paragraph
from docx.text.run import Run

Block = dict[str, Any]
_FIELDS = {"PAGE": "page", "NUMPAGES": "pages"}
_ALIGN = {"CENTER": "center", "RIGHT": "right"}


def pdf_of(word: bytes, *, title: str, at: datetime) -> bytes:
    """The document as a PDF in Dutch that bears the moment `at`; the same document gives the same bytes."""
    document = docx.Document(BytesIO(word))
    reader = _Reader()
    section = document.sections[0]
    content = {
        "title": title,
        "wide": section.orientation == WD_ORIENT.LANDSCAPE,
        "header": list(reader.blocks(section.header)),
        "body": list(reader.blocks(document)),
        "footer": list(reader.blocks(section.footer)),
    }
    page = files("templates").joinpath("documents", "page.typ").read_bytes()
    sources = {"main.typ": page, "content.json": orjson.dumps(content), **reader.pictures}
    moment = int(at.timestamp())
    setting = typst.compile  # its types know of one source only
    return cast(bytes, setting(sources, format="pdf", ignore_system_fonts=True, timestamp=moment))  # type: ignore[call-overload]


class _Reader:
    """Reads the parts of a Word document in order; pictures are kept apart, by name."""

    def __init__(self) -> None:
        self.pictures: dict[str, bytes] = {}

    def blocks(self, container: Document | _Header | _Footer | _Cell) -> Iterator[Block]:
        for item in container.iter_inner_content():
            if isinstance(item, Table):
                yield self._table(item)
            else:
                yield self._paragraph(item)

    def _table(self, table: Table) -> Block:
        rows = [[{"span": cell.grid_span, "blocks": list(self.blocks(cell))} for cell in _cells(row._tr, table)]
                for row in table.rows]  # fmt: skip
        heads = takewhile(lambda row: row._tr.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None, table.rows)
        widths = [column.width.pt if column.width else 0 for column in table.columns]
        return {"kind": "table", "widths": widths, "heads": len(list(heads)), "rows": rows}

    def _paragraph(self, paragraph: Paragraph) -> Block:
        style = paragraph.style.name or "" if paragraph.style else ""
        level = int(style[-1]) if style.startswith("Heading") and style[-1].isdigit() else int(style == "Title")
        numbered = paragraph._p.pPr is not None and paragraph._p.pPr.numPr is not None
        kind = "heading" if level else "item" if numbered or style.startswith("List") else "text"
        align = _ALIGN.get(paragraph.alignment.name, "left") if paragraph.alignment is not None else "left"
        return {"kind": kind, "level": level, "align": align, "parts": list(self._parts(paragraph))}

    def _parts(self, paragraph: Paragraph) -> Iterator[Block]:
        field = _Field()
        for item in paragraph.iter_inner_content():
            for run in item.runs if isinstance(item, Hyperlink) else [item]:
                if (found := field.seen(run)) is not None:
                    yield from ([{"field": _FIELDS[found]}] if found in _FIELDS else [])
                else:
                    yield from self._run(run)

    def _run(self, run: Run) -> Iterator[Block]:
        for blip in run._r.iter(qn("a:blip")):
            picture = run.part.related_parts[blip.get(qn("r:embed"))]
            name = str(picture.partname).rpartition("/")[2]
            self.pictures[name] = picture.blob
            extent, about = next(run._r.iter(qn("wp:extent"))), next(run._r.iter(qn("wp:docPr")))
            yield {"picture": name, "width": int(extent.get("cx")) / 12700, "alt": about.get("descr") or ""}
        if run.text:
            yield {"text": run.text, "bold": bool(run.bold), "italic": bool(run.italic)}


class _Field:
    """A field of Word (a page number): an instruction, and the result that it had when the file was saved."""

    def __init__(self) -> None:
        self._inside = False
        self._told = False
        self._code = ""

    def seen(self, run: Run) -> str | None:
        """None outside a field; within it the name of the field once, and else nothing."""
        kinds = [str(char.get(qn("w:fldCharType"))) for char in run._r.iter(qn("w:fldChar"))]
        if "begin" in kinds:
            self._inside, self._told, self._code = True, False, ""
        if not self._inside:
            return None
        self._code += "".join(text.text or "" for text in run._r.iter(qn("w:instrText")))
        if "end" in kinds:
            self._inside = False
            return (self._code.split() or [""])[0].upper()
        return ""


def _cells(row: Any, table: Table) -> Iterator[_Cell]:
    """The cells of a row as they stand, each once; also where the first ones span others."""
    for cell in row.tc_lst:
        yield _Cell(cell, table)
