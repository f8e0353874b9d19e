"""A list as a file: what a filter shows, with the basis of each date and the moment at which it was read.

As a spreadsheet, or as CSV the way a Dutch spreadsheet opens it: with a byte order mark and semicolons (ux.md, Forms).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from tijdig.engine.calendar import ZONE, short_moment
from tijdig.service.tables import write_table
from tijdig.service.workbook import Table, Value, workbook_of

Kind = Literal["csv", "xlsx"]
MEDIA: dict[Kind, str] = {
    "csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
READ_AT = "Gelezen op"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: its name in a file name, its title, columns, rows, and what the filter said."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    filter: tuple[tuple[str, str], ...] = ()


def file_name(listing: Listing, kind: Kind, now: datetime) -> str:
    """What the file is called: `leden-2021-10-04-0900.csv`."""
    return f"{listing.name}-{now.astimezone(ZONE):%Y-%m-%d-%H%M}.{kind}"


def written(listing: Listing, kind: Kind, now: datetime) -> bytes:
    """The file. In CSV each row bears the moment of reading; a spreadsheet has a sheet that tells it."""
    return _csv(listing, now) if kind == "csv" else _xlsx(listing, now)


def _csv(listing: Listing, now: datetime) -> bytes:
    moment = f"{now.astimezone(ZONE):%d-%m-%Y %H:%M}"
    rows = ((*map(_text, row), moment) for row in listing.rows)
    return write_table((*listing.columns, READ_AT), rows, delimiter=";").encode("utf-8-sig")


def _xlsx(listing: Listing, now: datetime) -> bytes:
    about = [("Lijst", listing.title), (READ_AT, short_moment(now)), ("Aantal", str(len(listing.rows)))]
    about += [(f"Filter: {name}", said) for name, said in listing.filter if said]
    columns = tuple((title, title) for title in listing.columns)
    return workbook_of([Table(listing.name, listing.title, columns, listing.rows)], about=about, title=listing.title,
                       at=now)  # fmt: skip


def _text(value: Value) -> str:
    match value:
        case None:
            return ""
        case date():
            return f"{value:%d-%m-%Y}"
    return str(value)


def yes(value: bool) -> str:
    """A mark in a list."""
    return "ja" if value else "nee"
