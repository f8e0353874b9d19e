"""Spreadsheets of tables: typed cells, a frozen header, and text that no programme runs as a formula."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import cast
from zipfile import ZipFile

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from tijdig.service.fixed import fixed_zip
from tijdig.service.tables import runs

Value = str | int | float | date | None
_HEAD = PatternFill("solid", fgColor="E6ECF2")
_DAY = "dd-mm-yyyy"
_TOP, _WRAPPED = Alignment(vertical="top"), Alignment(vertical="top", wrap_text=True)
_WIDEST = 60
_CORE = "docProps/core.xml"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns; each column has the title that people read. `name` is how a template calls it."""

    name: str
    title: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Value, ...], ...]


def workbook_of(tables: Sequence[Table], *, about: Sequence[tuple[str, str]], title: str, at: datetime) -> bytes:
    """A sheet for each table, and one that says what this is. It bears the moment `at`; same input, same bytes."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for table in tables:
        _fill(book.create_sheet(_sheet_name(table.title)), [title for _, title in table.columns], table.rows)
    _fill(book.create_sheet("Over dit bestand"), ("Wat", "Waarde"), about)
    book.properties.title, book.properties.creator = title, "Tijdig"
    out = BytesIO()
    book.save(out)
    return fixed_zip(_dated(out.getvalue(), at))


def _sheet_name(title: str) -> str:
    return re.sub(r"[\[\]:*?/\\]", " ", title)[:31]


def _fill(sheet: Worksheet, heads: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
    for number, cells in enumerate((heads, *rows), start=1):
        for column, value in enumerate(cells, start=1):
            _put(cast(Cell, sheet.cell(number, column)), value)
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True), _HEAD
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
    for column in range(1, len(heads) + 1):
        longest = max(len(_as_text(row[column - 1])) for row in (heads, *rows))
        sheet.column_dimensions[get_column_letter(column)].width = min(longest + 3, _WIDEST)


def _put(cell: Cell, value: Value) -> None:
    cell.alignment = _WRAPPED if isinstance(value, str) else _TOP
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell.data_type = "s"  # else what begins with = is a formula
        cell.quotePrefix = runs(value)  # and stays text when somebody edits it
    else:
        cell.value = value
        if isinstance(value, date):
            cell.number_format = _DAY


def _as_text(value: Value) -> str:
    return "" if value is None else str(value)


def _dated(data: bytes, at: datetime) -> bytes:
    """The file with its own moments as `at`: openpyxl writes the clock."""
    stamp = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    out = BytesIO()
    with ZipFile(BytesIO(data)) as given, ZipFile(out, "w") as made:
        for name in given.namelist():
            content = given.read(name)
            if name == _CORE:
                content = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp.encode(), content)
            made.writestr(name, content)
    return out.getvalue()
