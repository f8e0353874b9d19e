"""Logboek: what happened in the dossiers that one may read, and whether the log still holds (ux, Logboek)."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from sqlmodel import Session
from starlette.responses import HTMLResponse, Response

from tijdig.engine.calendar import ZONE, local_day
from tijdig.engine.errors import Refused
from tijdig.service import logbook, reading
from tijdig.service.forms import read_day
from tijdig.service.held import find
from tijdig.service.listings import MEDIA, Kind, Listing, file_name, written
from tijdig.service.logbook import KINDS, SYSTEM, Checked, Leaf, Line, Sought
from tijdig.service.people import Directory
from tijdig.service.pins import known_roles
from tijdig.service.reading import Reader
from tijdig.service.wording import whole
from tijdig.service.workbook import Value
from tijdig.web.evidence import download
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.link import from_our_page
from tijdig.web.uploads import Given, given_of
from tijdig.web.view import FORM
from tijdig.web.visit import TheVisitor, Visitor, page_for

router = APIRouter(default_response_class=HTMLResponse)

HERE = "/logboek"
CASE = "dossier"
WRONG_DAY = "Vul een datum in, bijvoorbeeld 15-10-2021."
UNKNOWN = "Er is geen dossier met dit nummer."
ALL_CHAINS = "Alleen de beheerder controleert alle ketens tegelijk. Kies een dossier om die keten te controleren."
MOST_SHOWN = 50
MOST_EXPORTED = 5000
"""So many entries go into a file: the newest. A filter on days leads to older ones."""

COLUMNS = ("Wanneer", "Dossier", "Regel", "Versie", "Soort", "Wat", "Wie", "Rol", "Namens", "Reden", "Hash")
CELLS = ("at", "case", "seq", "version", "kind", "about", "who", "role", "behalf", "reason", "hash")
FIRST_YEAR, LAST_YEAR = 1900, 2200


def filtered(
    persoon: str = "", rol: str = "", dossier: str = "", soort: str = "", van: str = "", tot: str = ""
) -> dict[str, str]:
    """What was filled in above the list, by field (a dependency)."""
    given = {"persoon": persoon, "rol": rol, CASE: dossier, "soort": soort, "van": van, "tot": tot}
    return {name: text.replace("\x00", "").strip() for name, text in given.items()}


Key = Annotated[int | None, Query(ge=1, lt=2**62)]


@router.get(HERE)
def every(
    house: TheHouse, visitor: TheVisitor, given: Annotated[dict[str, str], Depends(filtered)], voor: Key = None
) -> HTMLResponse:
    """The newest entries that fit, of dossiers that this visitor may read; below a key for the pages after that."""
    return _page(house, visitor, given, before=voor)


@router.get("/logboek/regels.{form}")
def export(
    form: Kind, house: TheHouse, visitor: TheVisitor, given: Annotated[dict[str, str], Depends(filtered)]
) -> Response:
    """The newest entries that fit as a file."""
    sought, problems = _sought(given)
    with house.store.read() as session:
        now = house.now(session)
        reader = Reader(session, Directory.load(session), visitor.person, local_day(now))
        sought, may = _allowed(reader, sought, problems)
        found = logbook.leaf(session, reader, sought, size=MOST_EXPORTED) if may and not problems else Leaf((), None)
        rows = tuple(_cells(_row(reader, line)) for line in found.lines)
    if not may:
        refusal = reading.refuse(house.store, visitor.person, sought.case, wall=house.wall())
        raise Instead("not_yours", 403, why=str(refusal))
    if problems:
        raise Instead("not_found", 404)
    reading.note_reading(house.store, visitor.person, sought.case or HERE, wall=house.wall())
    listing = Listing("logboek", "Logboek", COLUMNS, rows, tuple(given.items()))
    return download(written(listing, form, now), file_name(listing, form, now), MEDIA[form])


def _cells(row: dict[str, Any]) -> tuple[Value, ...]:
    return tuple(f"{row['at'].astimezone(ZONE):%d-%m-%Y %H:%M:%S}" if name == "at" else row[name] for name in CELLS)


@router.post("/logboek/keten", dependencies=[Depends(from_our_page)])
def check(house: TheHouse, visitor: TheVisitor, given: Annotated[Given, Depends(given_of)]) -> HTMLResponse:
    """Re-compute the chain of a dossier; for who looks after the installation also all chains, and its own."""
    if visitor.opened(house, given.text(FORM)) is None:
        raise Instead("not_ours", 403)
    return _page(house, visitor, filtered(dossier=given.text(CASE)), checks=True)


def _page(
    house: House, visitor: Visitor, given: dict[str, str], *, before: int | None = None, checks: bool = False
) -> HTMLResponse:
    sought, problems = _sought(given)
    with house.store.read() as session:
        today = local_day(house.now(session))
        reader = Reader(session, Directory.load(session), visitor.person, today)
        sought, may = _allowed(reader, sought, problems)
        found = logbook.leaf(session, reader, sought, before=before) if may and not problems else Leaf((), None)
        may_check = bool(sought.case) or visitor.is_administrator
        done = logbook.checked(session, sought.case) if checks and may and may_check and not problems else None
        words = _choices(session, reader, given)
        lines = [_row(reader, line) for line in found.lines]
    if not may or (checks and not may_check):
        refusal = reading.refuse(house.store, visitor.person, sought.case or HERE, wall=house.wall())
        if may:
            raise Instead("not_yours", 403, heading="Dit kunt u niet controleren", why=ALL_CHAINS)
        raise Instead("not_yours", 403, why=str(refusal))
    reading.note_reading(house.store, visitor.person, sought.case or HERE, wall=house.wall())
    kept = {name: text for name, text in given.items() if text}
    return page_for(
        house, visitor, "logbook", 422 if problems else 200, given=given, problems=problems, lines=lines,
        older=f"{HERE}?{urlencode({**kept, 'voor': found.older})}" if found.older else "",
        exports=[(form, f"/logboek/regels.{form}?{urlencode(kept)}") for form in MEDIA],
        newest=f"{HERE}?{urlencode(kept)}" if before else "", may_check=may_check, form=visitor.form(house),
        checked=_verdict(done), here=HERE, **words,
    )  # fmt: skip


def _sought(given: dict[str, str]) -> tuple[Sought, dict[str, str]]:
    """What is asked for, and what is wrong with it by field."""
    days, problems = dict[str, date | None](), dict[str, str]()
    for name in ("van", "tot"):
        try:
            days[name] = read_day("", given[name]) if given[name] else None
        except Refused:
            problems[name] = WRONG_DAY
        else:
            if (day := days[name]) and not FIRST_YEAR <= day.year <= LAST_YEAR:
                problems[name] = WRONG_DAY
    sought = Sought(given["persoon"], given["rol"], given[CASE], given["soort"], days.get("van"), days.get("tot"))
    return sought, problems


def _allowed(reader: Reader, sought: Sought, problems: dict[str, str]) -> tuple[Sought, bool]:
    """The same with the number of the dossier that is meant, and whether it is one that they may read."""
    if not sought.case:
        return sought, True
    try:
        held = find(reader.session, sought.case)
    except Refused:
        problems[CASE] = UNKNOWN
        return sought, True
    return replace(sought, case=held.code), reader.may_read(held)


def _choices(session: Session, reader: Reader, given: dict[str, str]) -> dict[str, Any]:
    """What can be chosen from; somebody who is no colleague too, once a line led to them."""
    people = [(each.person, each.name) for each in reader.people.colleagues(reader.today)]
    people = [(SYSTEM, SYSTEM), *people]
    if given["persoon"] and given["persoon"] not in dict(people):
        people.append((given["persoon"], reader.people.name(given["persoon"])))
    kinds = sorted(KINDS.items(), key=lambda each: each[1])
    return {"people": people, "roles": [(role, role) for role in known_roles(session)], "kinds": kinds}


def _row(reader: Reader, line: Line) -> dict[str, Any]:
    name = reader.people.name
    return {**asdict(line), "who": name(line.person) if line.person else SYSTEM, "person": line.person or SYSTEM,
            "behalf": name(line.behalf) if line.behalf else "", "short": line.hash[:12]}  # fmt: skip


def _verdict(done: Checked | None) -> dict[str, Any] | None:
    """What re-computing came to, in words."""
    if done is None:
        return None
    broken = [f"{each.place}: {each.problem}." for each in done.broken]
    more = len(broken) - MOST_SHOWN
    return {
        "entries": None if done.entries is None else whole(done.entries), "one": done.entries == 1,
        "broken": broken[:MOST_SHOWN], "count": whole(len(broken)), "more": whole(more) if more > 0 else "",
    }  # fmt: skip
