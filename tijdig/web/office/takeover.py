"""Overnemen: a running administration comes in from spreadsheets: looked at, mended, looked at again, then all at once.

What was uploaded travels in the form, not on the server: nothing of it stays when somebody goes away half-way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from tijdig.service import administration, views
from tijdig.service.pins import definitions, procedure_of
from tijdig.service.tables import mended
from tijdig.service.takeover import CASES, KINDS, BadRow, Part, TakenOver, columns_of, take_over
from tijdig.web.house import House, TheHouse
from tijdig.web.office.desk import (
    ALREADY,
    REASON,
    Cell,
    Filled,
    Grid,
    TheAdministrator,
    TheForm,
    cell,
    new_form,
    onward,
    page,
    reason_field,
    reason_problem,
    said,
    text_field,
)
from tijdig.web.view import Field
from tijdig.web.visit import Visitor

router = APIRouter(default_response_class=HTMLResponse)

PATH = "/beheer/overnemen"
DO = f"{PATH}/doen"
TAB = "Overnemen"
NAMES = {"people": "Collega's", "members": "Leden", "assignments": "Rollen", CASES: "Lopende dossiers"}
FILE, TEXT, CELL, LEFT_OUT = "bestand.", "tekst.", "cel.", "weg."

MOST_BYTES = 900_000
"""Of one table: it travels in a form, which takes no field of more than a megabyte."""

MOST_FIELDS = 60
"""So many cells are mended at once, and the other ones after these."""

SHOWN = 200
EFFECTS = {"open": "geopend", "task": "taak", "remind": "herinnering", "escalate": "escalatie", "produce": "gemaakt",
           "decide": "besluit", "close": "gesloten"}  # fmt: skip
SILENT = {"overtaken": "ingehaald: zonder bericht", "before_opening": "van voor de opening: zonder bericht"}

TOO_LARGE = "Dit bestand is groter dan 900 kB. Deel het op, of gebruik tijdig import op de machine zelf."
NOT_TEXT = "Dit bestand is geen UTF-8. Bewaar het als 'CSV UTF-8' en kies het opnieuw."
NOTHING = "Kies minstens één bestand."


@dataclass(frozen=True, slots=True)
class Mend:
    """A bad row on the page: its fields, and the choice to leave it out."""

    row: BadRow
    about: str
    fields: tuple[Field, ...]
    left_out: str


@router.get(PATH)
def begin(house: TheHouse, admin: TheAdministrator, gedaan: str = "") -> HTMLResponse:
    """Which tables there may be, and where they are chosen."""
    return _begin(house, admin, {}, done=said(gedaan))


@router.post(PATH)
def look(house: TheHouse, admin: TheAdministrator, given: TheForm) -> HTMLResponse:
    """Look at every row; nothing of it stays."""
    tables, problems = _tables(given)
    if problems or not tables:
        return _begin(house, admin, problems or {"": NOTHING}, status=422)
    with house.store.write() as session:
        now = house.now(session)
        found = take_over(session, tables, by=admin.person, reason="", now=now, wall=house.wall())
        session.rollback()
    return _looked(house, admin, tables, found, {}, {})


@router.get(DO)
def nothing_looked_at(house: TheHouse, admin: TheAdministrator) -> Response:
    """Who comes here without tables, begins with them."""
    return onward(PATH, "")


@router.post(DO)
def take(house: TheHouse, admin: TheAdministrator, given: TheForm) -> Response:
    """Take it all in, or nothing."""
    tables, problems = _tables(given)
    if problems or not tables:
        return _begin(house, admin, problems or {"": NOTHING}, status=422)
    wrong = reason_problem(given.text(REASON))
    with house.store.write() as session:
        now = house.now(session)
        if not wrong and not administration.comes_first(session, admin.person, given.key, now=now):
            return onward(PATH, ALREADY)
        found = take_over(
            session, tables, by=admin.person, reason=given.text(REASON), now=now, wall=house.wall(),
            url="" if wrong else house.settings.url,
        )  # fmt: skip
        if wrong or not found.is_sound:
            session.rollback()
    if wrong or not found.is_sound:
        return _looked(house, admin, tables, found, given.texts, wrong, status=422)
    return page(house, admin, "takeover_done", tab=TAB, parts=_sums(found), cases=found.cases)


def _tables(given: Filled) -> tuple[dict[str, bytes], dict[str, str]]:
    """The tables that came in, with what was mended; and what is wrong with a file, by kind."""
    tables, problems = dict[str, bytes](), dict[str, str]()
    for kind in KINDS:
        upload = given.files.get(FILE + kind)
        data = upload.file.read(MOST_BYTES + 1) if upload else given.texts.get(TEXT + kind, "").encode()
        if len(data) > MOST_BYTES:
            problems[kind] = TOO_LARGE
        elif upload and not _is_text(data):
            problems[kind] = NOT_TEXT
        elif data.strip():
            tables[kind] = data if upload else mended(data, *_mends(given.texts, kind))
    return tables, problems


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False


def _mends(texts: Mapping[str, str], kind: str) -> tuple[dict[tuple[int, int], str], set[int]]:
    """What somebody typed in cells of a table, and the rows that they leave out."""
    cells, without = dict[tuple[int, int], str](), set[int]()
    for name, text in texts.items():
        match name.split("."):
            case ["cel", named, row, place] if named == kind and _is_small(row) and _is_small(place):
                cells[int(row), int(place)] = text.strip()
            case ["weg", named, row] if named == kind and _is_small(row):
                without.add(int(row))
    return cells, without


def _is_small(number: str) -> bool:
    return number.isdecimal() and len(number) <= len(str(MOST_BYTES)) and int(number) < MOST_BYTES


# --- the pages


def _begin(
    house: House, admin: Visitor, problems: Mapping[str, str], *, status: int = 200, done: str = ""
) -> HTMLResponse:  # fmt: skip
    names = {FILE + kind: problem for kind, problem in problems.items()}
    fields = [text_field(FILE + kind, NAMES[kind], {}, names, kind="document", hint=_hint(kind), note="mag ontbreken")
              for kind in KINDS]  # fmt: skip
    return page(
        house, admin, "takeover", status, tab=TAB, fields=fields, action=PATH, form=new_form(house, admin, PATH),
        done=done, problem=problems.get("", ""),
    )  # fmt: skip


def _hint(kind: str) -> str:
    must, may = columns_of(kind)
    more = ", en een kolom per gegeven van de procedure" if kind == CASES else ""
    return f"Kolommen: {', '.join(must)}. Mag ook: {', '.join(may) or 'niets'}{more}."


def _looked(
    house: House, admin: Visitor, tables: Mapping[str, bytes], found: TakenOver, values: Mapping[str, str],
    wrong: Mapping[str, str], *, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    texts = [(TEXT + kind, data.decode("utf-8-sig")) for kind, data in tables.items()]
    shared: dict[str, Any] = {"tab": TAB, "texts": texts, "parts": _sums(found)}
    if not found.is_sound:
        mends = list(_all_mends(found))
        bad = sum(len(part.bad) for part in found.parts)
        return page(
            house, admin, "takeover_mend", 422, action=PATH, form=new_form(house, admin, PATH), mends=mends,
            faults=[(NAMES[part.kind], FILE + part.kind, part.faults) for part in found.parts if part.faults],
            more=bad - sum(len(some) for _, some in mends), bad=bad,
            fields=[each for _, some in mends for mend in some for each in mend.fields], **shared,
        )  # fmt: skip
    steps = _steps(house)
    effects = [views.effect(done) for done in found.effects]
    rows = [_effect(each, steps) for each in effects[:SHOWN]]
    grid = Grid("Wat er zou gebeuren", ("Dossier", "Dag", "Stap", "Wat", "Aan"), rows)
    return page(
        house, admin, "takeover_look", status, action=DO, form=new_form(house, admin, DO), grid=grid,
        counts=_counted(effects), more=len(effects) - len(rows), fields=[reason_field(values, wrong)], **shared,
    )  # fmt: skip


def _steps(house: House) -> dict[tuple[str, str], str]:
    """What each step and goal of a procedure is called."""
    with house.store.read() as session:
        procedures = [procedure_of(definition) for definition in definitions(session)]
    return {
        (procedure.id, name): words
        for procedure in procedures
        for name, words in (*((s.step, s.asks) for s in procedure.steps), *((g.goal, g.label) for g in procedure.goals))
    }


def _sums(found: TakenOver) -> list[tuple[str, Part]]:
    return [(NAMES[part.kind], part) for part in found.parts]


def _all_mends(found: TakenOver) -> Iterator[tuple[str, list[Mend]]]:
    """The bad rows of each table, as far as they fit on one page."""
    room = MOST_FIELDS
    for part in found.parts:
        some = []
        for row in part.bad:
            if room < len(row.wrong) and room < MOST_FIELDS:
                break
            room -= len(row.wrong)
            some.append(_mend(part.kind, row))
        if some:
            yield NAMES[part.kind], some


def _mend(kind: str, row: BadRow) -> Mend:
    fields = (_cell_field(kind, row, place) for place in row.wrong[:MOST_FIELDS])
    about = ", ".join(text for text in row.cells if text)
    return Mend(row, about, tuple(fields), f"{LEFT_OUT}{kind}.{row.number}")


def _cell_field(kind: str, row: BadRow, place: int) -> Field:
    name, column = f"{CELL}{kind}.{row.number}.{place}", row.columns[place]
    label = f"{column} (rij {row.number})"
    return text_field(name, label, {name: row.cells[place]}, {name: row.problems.get(column, "")})


def _counted(effects: list[dict[str, Any]]) -> list[str]:
    """What goes out, counted: "12 taken"."""
    goes = Counter(each["kind"] for each in effects if not each["overtaken"])
    words = {"open": ("dossier gaat open", "dossiers gaan open"), "task": ("taak begint", "taken beginnen"),
             "remind": ("herinnering gaat uit", "herinneringen gaan uit"),
             "escalate": ("escalatie gaat uit", "escalaties gaan uit")}  # fmt: skip
    silent = sum(bool(each["overtaken"]) for each in effects)
    told = [f"{goes[kind]} {words[kind][goes[kind] != 1]}" for kind in words if goes[kind]]
    return [*told, f"{silent} zonder bericht: hun moment is voorbij"] if silent else told


def _effect(each: Mapping[str, Any], steps: Mapping[tuple[str, str], str]) -> list[Cell]:
    shape = "○" if each["overtaken"] else "●"
    return [
        Cell(each["case"], note=each["subject"]), cell(date.fromisoformat(each["nominal"])),
        Cell(steps.get((each["procedure"], each["step"]), each["step"] or "")),
        Cell(EFFECTS[each["kind"]], shape=shape, status="none", note=SILENT.get(each["overtaken"] or "", "")),
        Cell(", ".join(each["to"])),
    ]  # fmt: skip
