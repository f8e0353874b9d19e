"""Mijn werk: what somebody has to do, in the order in which to do it, and what they wait for (ux.md, Mijn werk)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from tijdig.engine.calendar import local_day
from tijdig.service import views
from tijdig.service.views import Document, Group
from tijdig.service.wording import basis_words, days_left, due_words, sentence, subject_name
from tijdig.web import bulk
from tijdig.web.house import TheHouse
from tijdig.web.trial import NEXT_DAY
from tijdig.web.view import STATUS, exports_of
from tijdig.web.visit import TheGuest, Visitor, page_for

router = APIRouter(default_response_class=HTMLResponse)

HEADINGS: Mapping[Group, str] = {
    "overdue": "Verlopen", "today": "Vandaag", "this_week": "Deze week", "later": "Later",
    "waiting": "Wacht op anderen",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One task in the list."""

    case: str
    step: str
    asks: str
    subject: str
    role: str
    procedure: str
    assignee: str
    status: str
    """`on_time`, `close`, `late` or `none`."""
    shape: str
    left: str
    due: str
    due_iso: str
    basis: str
    badge: str
    start: date | None
    is_now: bool
    version: int

    @property
    def chosen(self) -> str:
        """The name of the field by which it is chosen for a bulk act."""
        return bulk.chosen_field(self.case, self.step)


@dataclass(frozen=True, slots=True)
class Filter:
    """What the visitor wants to see of it; it lives in the address of the page."""

    role: str = ""
    procedure: str = ""
    now: bool = False

    def shows(self, line: Line) -> bool:
        return self.role in ("", line.role) and self.procedure in ("", line.procedure) and (line.is_now or not self.now)


@router.get("/")
def mine(
    house: TheHouse, guest: TheGuest, rol: str = "", procedure: str = "", nu: bool = False, gedaan: str = "",
    aantal: int = 0,
) -> HTMLResponse:  # fmt: skip
    """The front page: for a colleague their work, for a stranger what this is."""
    next_day = house.seal.form(NEXT_DAY, 0)
    if guest is None:
        return house.page("home", form=next_day)
    with house.store.read() as session:
        now = house.now(session)
        found = views.tasks(session, now, user=guest.person)
        titles = {row["id"]: row["title"] for row in views.procedures(session)}
    return _page(
        house,
        guest,
        found,
        titles,
        local_day(now),
        Filter(rol, procedure, nu),
        next_day,
        bulk.said_done(gedaan, aantal),
    )


def tasks_shown(found: Iterable[Document], chosen: Filter, today: date) -> list[tuple[Document, Line]]:
    """The tasks that a filter shows, each with its line."""
    lines = ((task, _line(task, today)) for task in found)
    return [(task, line) for task, line in lines if chosen.shows(line)]


def _page(
    house: TheHouse, visitor: Visitor, found: Sequence[Document], titles: Mapping[str, str], today: date,
    chosen: Filter, next_day: str, done: str,
) -> HTMLResponse:  # fmt: skip
    tasks = tasks_shown(found, Filter(), today)
    lines = [line for _, line in tasks]
    shown: dict[str, list[Line]] = {group: [] for group in HEADINGS}
    for task, line in tasks:
        if chosen.shows(line):
            shown[task["group"]].append(line)
    groups = [(group, HEADINGS[group], shown[group]) for group in HEADINGS]
    known = sorted({line.procedure for line in lines})
    return page_for(
        house, visitor, "work", groups=groups, chosen=chosen, form=next_day, has_any=bool(lines),
        roles=sorted({line.role for line in lines}), procedures=[(id, titles.get(id, id)) for id in known],
        next_start=_next(lines), done=done, bulk=bulk.form(house, visitor), here="/",
        exports=exports_of("werk", rol=chosen.role, procedure=chosen.procedure, nu="1" if chosen.now else ""),
    )  # fmt: skip


def _line(task: Mapping[str, Any], today: date) -> Line:
    day, _, at = (task["due"] or "").partition("T")
    due, start = (date.fromisoformat(text) if text else None for text in (day, task["start_on"] or ""))
    status, subject = task["term_status"], sentence(subject_name(task["subject"])).rstrip(".")
    return Line(
        task["case"], task["step"], sentence(task["asks"]).rstrip("."), subject,
        task["role"], task["procedure"], task["assignee"] or "", status, STATUS[status][0],
        days_left(due, today) if due else "geen termijn", due_words(due, at), task["due"] or "", task["basis"] or "",
        basis_words(task["basis"] or "", task["fatal"]), start, start is None or start <= today,
        task["version"],
    )  # fmt: skip


def _next(lines: Iterable[Line]) -> date | None:
    """When the first task begins that need not be taken up yet."""
    return min((line.start for line in lines if line.start and not line.is_now), default=None)
