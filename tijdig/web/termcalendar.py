"""Termijnkalender: which terms end in a month, and counting back from dates of a timetable (ux, Termijnkalender)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import HTMLResponse

from tijdig.engine.calendar import local_day
from tijdig.engine.errors import Refused
from tijdig.service import reading
from tijdig.service.countback import Back, counted_back, on_timetables
from tijdig.service.forms import MONTHS
from tijdig.service.held import find
from tijdig.service.people import Directory
from tijdig.service.reading import Reader
from tijdig.service.termlist import Ending, chosen, endings
from tijdig.service.wording import basis_words, days_left, due_words, sentence
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.members import name_of
from tijdig.web.office.desk import Leaves
from tijdig.web.view import STATUS, exports_of
from tijdig.web.visit import TheVisitor, Visitor, page_for

router = APIRouter(default_response_class=HTMLResponse)

HERE = "/termijnkalender"
BACK = f"{HERE}/terugrekenen"
BASES = ("wettelijk", "contract", "norm", "intern")
ON_A_PAGE = 100
FIRST_YEAR, LAST_YEAR = 1900, 2200
WRONG_MONTH = "Vul een maand in, bijvoorbeeld 2021-10."
CHANCES = {"on_time": "● haalt het", "close": "▲ krap", "late": "■ haalt het niet"}


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar, by its first day."""

    first: date

    @property
    def last(self) -> date:
        return self.after.first - timedelta(days=1)

    @property
    def before(self) -> Month:
        return Month((self.first - timedelta(days=1)).replace(day=1))

    @property
    def after(self) -> Month:
        return Month((self.first + timedelta(days=31)).replace(day=1))

    @property
    def name(self) -> str:
        """As an address has it."""
        return f"{self.first:%Y-%m}"

    @property
    def words(self) -> str:
        return f"{MONTHS[self.first.month - 1]} {self.first.year}"

    @classmethod
    def read(cls, text: str) -> Month | None:
        """The month of an address; None for what is none."""
        found = re.fullmatch(r"(\d{4})-(\d{1,2})", text.strip(), re.ASCII)
        year, month = (int(found[1]), int(found[2])) if found else (0, 0)
        return cls(date(year, month, 1)) if FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12 else None


@router.get(HERE)
def month(
    house: TheHouse, visitor: TheVisitor, maand: str = "", grondslag: str = "", rol: str = "", blad: int = 1
) -> HTMLResponse:
    """The terms that stand open and end in a month, by day; of the dossiers that this visitor may read."""
    with house.store.read() as session:
        now = house.now(session)
        known = month_of(maand, now)
        shown = known or Month(local_day(now).replace(day=1))
        reader = Reader(session, Directory.load(session), visitor.person, local_day(now))
        all_found = endings(session, reader, now, shown.first, shown.last)
    found = chosen(all_found, basis=grondslag, role=rol)
    kept = {"grondslag": grondslag, "rol": rol}
    leaves = Leaves(HERE, len(found), blad, {"maand": shown.name, **kept}, ON_A_PAGE)
    lines = [_line(each, local_day(now)) for each in found[leaves.skip : leaves.skip + leaves.size]]
    return page_for(
        house, visitor, "months", 200 if known else 422, lines=lines, leaves=leaves, month=shown, chosen=kept,
        bases=BASES, roles=sorted({each.role for each in all_found if each.role}), has_any=bool(all_found),
        before=_to(shown.before, kept), after=_to(shown.after, kept), problem="" if known else WRONG_MONTH,
        given=maand or shown.name, here=HERE, back=BACK,
        exports=exports_of("termijnkalender", maand=shown.name, **kept),
    )  # fmt: skip


def month_of(text: str, now: datetime) -> Month | None:
    """The month that is asked for; this one when none is."""
    return Month.read(text) if text.strip() else Month(local_day(now).replace(day=1))


def _to(month: Month, kept: Mapping[str, str]) -> tuple[str, str]:
    """The way to a month, and how it is called; none beyond the years that dates may have."""
    if not FIRST_YEAR <= month.first.year <= LAST_YEAR:
        return "", ""
    query = {"maand": month.name, **{name: value for name, value in kept.items() if value}}
    return f"{HERE}?{urlencode(query)}", month.words


def _line(each: Ending, today: date) -> dict[str, Any]:
    return {
        "case": each.case, "step": each.step, "asks": sentence(each.asks).rstrip("."), "subject": name_of(each.subject),
        "role": each.role, "due": due_words(each.due, each.at),
        "due_iso": f"{each.due}T{each.at}" if each.at else str(each.due), "status": each.status,
        "words": STATUS[each.status], "left": days_left(each.due, today) if each.due else "", "basis": each.basis,
        "badge": basis_words(each.basis, each.fatal),
    }  # fmt: skip


# --- counting back


@router.get(BACK)
def back(house: TheHouse, visitor: TheVisitor, dossier: str = "") -> HTMLResponse:
    """Of a dossier on a timetable: when the work before each date must begin at the latest, and the slack."""
    with house.store.read() as session:
        now = house.now(session)
        reader = Reader(session, Directory.load(session), visitor.person, local_day(now))
        cases = [(row.code, f"{row.code}, {name_of(row.subject)}") for row in on_timetables(session, reader)]
        wanted = dossier.strip() or (cases[0][0] if cases else "")
        backs, may = _backs(session, reader, wanted, now) if wanted else ([], True)
    if not may:
        refusal = reading.refuse(house.store, visitor.person, wanted, wall=house.wall())
        raise Instead("not_yours", 403, why=str(refusal))
    if wanted:
        reading.note_reading(house.store, visitor.person, wanted, wall=house.wall())
    return _back_page(house, visitor, wanted, cases, backs)


def _backs(session: Session, reader: Reader, case: str, now: datetime) -> tuple[list[Back], bool]:
    try:
        held = find(session, case)
    except Refused:
        raise Instead("not_found", 404) from None
    may = reader.may_read(held)
    return (counted_back(held, now) if may and held.is_open else []), may


def _back_page(
    house: House, visitor: Visitor, case: str, cases: list[tuple[str, str]], backs: list[Back]
) -> HTMLResponse:
    return page_for(
        house, visitor, "countback", case=case, cases=cases, backs=[_back(each) for each in backs], here=HERE, back=BACK
    )


def _back(each: Back) -> dict[str, Any]:
    at = each.due.due_time.isoformat("minutes") if each.due.due_time else ""
    works = [
        {"step": work.step, "asks": sentence(work.asks).rstrip("."), "role": work.role, "takes": work.takes,
         "start": work.start, "slack": f"{work.slack} wd".replace("-", "−"), "status": work.chance,
         "words": CHANCES[work.chance]}
        for work in each.works
    ]  # fmt: skip
    return {"step": each.step, "asks": sentence(each.asks).rstrip("."), "due": due_words(each.due.due, at),
            "due_iso": f"{each.due.due}T{at}" if at else str(each.due.due), "basis": each.due.basis,
            "badge": basis_words(each.due.basis, each.fatal), "works": works}  # fmt: skip
