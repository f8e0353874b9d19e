"""Exports: each list as a file, with what its filter shows and nothing else (ux, Forms)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from models.case import Case
from tijdig.engine.calendar import local_day
from tijdig.service import views
from tijdig.service.colours import Decided
from tijdig.service.listings import MEDIA, Kind, Listing, file_name, written, yes
from tijdig.service.members import Cell, members
from tijdig.service.people import Directory
from tijdig.service.pins import BETWEEN
from tijdig.service.reading import Reader
from tijdig.service.search import cases_wanted
from tijdig.service.termlist import chosen, endings
from tijdig.service.views import Document
from tijdig.service.workbook import Value
from tijdig.web.house import Instead, TheHouse
from tijdig.web.members import name_of, sought_of
from tijdig.web.termcalendar import month_of
from tijdig.web.view import COLOURS, STATUS
from tijdig.web.visit import TheVisitor
from tijdig.web.worklist import HEADINGS, Filter, tasks_shown

router = APIRouter()

Which = Literal["werk", "dossiers", "leden", "termijnkalender"]
DATED = ("Uiterlijk", "Uur", "Grondslag", "Fataal", "Termijnstatus")
"""What stands in a list of every date."""


@router.get("/exporteren/{which}.{form}")
def export(
    which: Which, form: Kind, house: TheHouse, visitor: TheVisitor, rol: str = "", procedure: str = "",
    nu: bool = False, zoek: str = "", staat: str = "open", lidstatus: str = "", maand: str = "", grondslag: str = "",
) -> Response:  # fmt: skip
    """A list of this visitor as a file; the address has the same filter as that of its page."""
    with house.store.read() as session:
        now = house.now(session)
        reader = Reader(session, Directory.load(session), visitor.person, local_day(now))
        match which:
            case "werk":
                listing = _work(session, reader, Filter(rol, procedure, nu), now)
            case "dossiers":
                listing = _cases(session, reader, zoek.strip(), staat, now)
            case "leden":
                listing = _members(session, reader, zoek, lidstatus, now)
            case "termijnkalender":
                listing = _terms(session, reader, maand, grondslag, rol, now)
    name = file_name(listing, form, now)
    return Response(written(listing, form, now), media_type=MEDIA[form],
                    headers={"Content-Disposition": f'attachment; filename="{name}"'})  # fmt: skip


def _work(session: Session, reader: Reader, filter: Filter, now: datetime) -> Listing:
    found = tasks_shown(views.tasks(session, now, user=reader.person), filter, local_day(now))
    titles = _titles(session)
    rows = tuple(
        (HEADINGS[task["group"]], line.asks, line.subject, task["case"], _title(titles, task["procedure"]),
         task["role"], task["assignee"], *_dated(task), _day(task["start_on"]))
        for task, line in found
    )  # fmt: skip
    columns = ("Groep", "Taak", "Onderwerp", "Dossier", "Procedure", "Rol", "Opgepakt door", *DATED, "Oppakken vanaf")
    said = (("Rol", filter.role), ("Procedure", filter.procedure), ("Nu oppakken", "ja" if filter.now else ""))
    return Listing("mijn-werk", "Mijn werk", columns, rows, said)


def _cases(session: Session, reader: Reader, search: str, state: str, now: datetime) -> Listing:
    cases = list(reader.theirs(session.exec(cases_wanted(session, search, state))))
    titles = _titles(session)
    rows = tuple(
        (row["case"], _title(titles, row["procedure"]), name_of(row["subject"]), row["state_words"],
         _day(row["opened_on"]), *_dated(row))
        for row in _rows(session, cases, now)
    )  # fmt: skip
    columns = ("Dossier", "Procedure", "Over", "Staat", "Geopend", *DATED)
    return Listing("dossiers", "Dossiers", columns, rows, (("Zoek", search), ("Staat", state)))


def _rows(session: Session, cases: Sequence[Case], now: datetime) -> Iterator[Document]:
    """Dossiers as they stand in a list, with the basis of the date that each is judged by."""
    dates = views.first_dates(session, cases, now)
    for case in cases:
        first = dates.get(case.id or 0)
        based = {"basis": first.basis if first else "", "fatal": bool(first and first.fatal)}
        yield {**views.case_row(session, case, first, now), **based}


def _members(session: Session, reader: Reader, search: str, colour: str, now: datetime) -> Listing:
    found = members(session, reader, now, sought_of(search, colour))
    used = [i for i in range(len(found.columns)) if any(line.cells[i] for line in found.lines)]
    titles = [found.columns[i][1] for i in used]
    decided = ("Lidstatus", "Besloten op") if found.knows_colours else ()
    each = ("dossier", "staat", "termijnstatus", "uiterlijk", "grondslag")
    columns = ("Lid", *decided, *(f"{title}: {what}" for title in titles for what in each))
    rows = tuple(
        (name_of(line.member), *(_colour(line.colour) if found.knows_colours else ()),
         *(value for i in used for value in _cell(line.cells[i])))
        for line in found.lines
    )  # fmt: skip
    return Listing("leden", "Leden", columns, rows, (("Zoek", search), ("Lidstatus", colour)))


def _terms(session: Session, reader: Reader, month: str, basis: str, role: str, now: datetime) -> Listing:
    wanted = month_of(month, now)
    if wanted is None:
        raise Instead("not_found", 404)
    found = chosen(endings(session, reader, now, wanted.first, wanted.last), basis=basis, role=role)
    rows = tuple(
        (each.due, each.at, each.basis, yes(each.fatal), _status(each.status), each.asks, name_of(each.subject),
         each.case, each.role)
        for each in found
    )  # fmt: skip
    columns = (*DATED, "Taak of termijn", "Onderwerp", "Dossier", "Rol")
    said = (("Maand", wanted.words), ("Grondslag", basis), ("Rol", role))
    return Listing(f"termijnkalender-{wanted.name}", "Termijnkalender", columns, rows, said)


# --- cells


def _dated(row: Mapping[str, Any]) -> tuple[Value, ...]:
    day, _, at = (row["due"] or "").partition("T")
    is_open = row.get("state", "open") == "open"
    status = _status(row["term_status"]) if is_open else ""
    return _day(day), at, row["basis"] or "", yes(row["fatal"]) if day else "", status


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _status(status: str) -> str:
    return STATUS[status].partition(" ")[2]


def _colour(decided: Decided | None) -> tuple[Value, ...]:
    words = COLOURS[decided.colour if decided else "none"].partition(" ")[2]
    return words, decided.on if decided else None


def _cell(cell: Cell | None) -> tuple[Value, ...]:
    if cell is None:
        return "", "", "", None, ""
    day, _, _, _, status = _dated({**cell.case, "basis": cell.basis, "fatal": False})
    return cell.case["case"], cell.case["state_words"], status, day, cell.basis


def _titles(session: Session) -> dict[str, str]:
    return {row["id"]: row["title"] for row in views.procedures(session)}


def _title(titles: Mapping[str, str], procedure: str) -> str:
    return titles.get(procedure.partition(BETWEEN)[0], procedure)
