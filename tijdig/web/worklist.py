"""Mijn werk: what somebody has to do, in the order in which to do it, and what they wait for (ux.md, Mijn werk)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from tijdig.engine.calendar import local_day
from tijdig.service import views
from tijdig.service.views import Document, Group, Standing
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
NOW: tuple[Group, ...] = ("overdue", "today")

FIRST, ON_A_PAGE = 25, 100
"""So many tasks of a group are shown beside the others, and on a page of its own."""


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

    def address(self, group: str, page: int) -> str:
        """Where a page of a group stands under this filter; without a group the first page of all."""
        chosen = {"rol": self.role, "procedure": self.procedure, "nu": "1" if self.now else "", "groep": group,
                  "blad": str(page) if page > 1 else ""}  # fmt: skip
        said = urlencode({name: value for name, value in chosen.items() if value})
        return f"/?{said}" if said else "/"

    def shows(self, line: Line | Standing) -> bool:
        return self.role in ("", line.role) and self.procedure in ("", line.procedure) and (line.is_now or not self.now)


@router.get("/")
def mine(
    house: TheHouse, guest: TheGuest, rol: str = "", procedure: str = "", nu: bool = False, gedaan: str = "",
    aantal: int = 0, groep: str = "", blad: int = 1,
) -> HTMLResponse:  # fmt: skip
    """The front page: for a colleague their work, for a stranger what this is."""
    next_day = house.seal.form(NEXT_DAY, 0)
    if guest is None:
        return house.page("home", form=next_day)
    with house.store.read() as session:
        now = house.now(session)
        chosen = Filter(rol, procedure, nu)
        found = views.standing_tasks(session, now, user=guest.person)
        groups = _groups([task for task in found if chosen.shows(task)], chosen, groep, blad)
        tasks = {group.name: views.task_rows(session, group.tasks, now) for group in groups}
        titles = {row["id"]: row["title"] for row in views.procedures(session)}
    lines = {name: [_line(task, local_day(now)) for task in some] for name, some in tasks.items()}
    shown = [(group, lines[group.name]) for group in groups]
    return _page(house, guest, found, shown, titles, chosen, next_day, bulk.said_done(gedaan, aantal))


def tasks_shown(found: Iterable[Document], chosen: Filter, today: date) -> list[tuple[Document, Line]]:
    """The tasks that a filter shows, each with its line."""
    lines = ((task, _line(task, today)) for task in found)
    return [(task, line) for task, line in lines if chosen.shows(line)]


@dataclass(frozen=True, slots=True)
class Leaf:
    """What of a group is shown: the first tasks of it, or when it is looked at alone one page of it."""

    name: Group
    heading: str
    tasks: Sequence[Standing]
    total: int
    whole: str = ""
    """Where all of it can be looked at, when this is not all."""
    before: str = ""
    after: str = ""


def _groups(found: Sequence[Standing], chosen: Filter, alone: str, page: int) -> list[Leaf]:
    of_group: dict[Group, list[Standing]] = {group: [] for group in HEADINGS}
    for task in found:
        of_group[task.group].append(task)
    return [_leaf(group, tasks, chosen, alone == group, page) for group, tasks in of_group.items()
            if alone not in HEADINGS or alone == group]  # fmt: skip


def _leaf(group: Group, tasks: Sequence[Standing], chosen: Filter, is_alone: bool, page: int) -> Leaf:
    total, heading = len(tasks), HEADINGS[group]
    if not is_alone:
        return Leaf(group, heading, tasks[:FIRST], total, chosen.address(group, 1) if total > FIRST else "")
    pages = max(1, -(-total // ON_A_PAGE))
    page = min(max(page, 1), pages)
    before, after = (chosen.address(group, n) if 1 <= n <= pages else "" for n in (page - 1, page + 1))
    return Leaf(group, heading, tasks[(page - 1) * ON_A_PAGE : page * ON_A_PAGE], total, "", before, after)


def _page(
    house: TheHouse, visitor: Visitor, found: Sequence[Standing], groups: Sequence[tuple[Leaf, Sequence[Line]]],
    titles: Mapping[str, str], chosen: Filter, next_day: str, done: str,
) -> HTMLResponse:  # fmt: skip
    known = sorted({task.procedure for task in found})
    return page_for(
        house, visitor, "work", groups=groups, chosen=chosen, form=next_day, has_any=bool(found),
        roles=sorted({task.role for task in found}), procedures=[(id, titles.get(id, id)) for id in known],
        next_start=_next(found), done=done, bulk=bulk.form(house, visitor), here="/",
        is_busy=any(leaf.total for leaf, _ in groups if leaf.name in NOW), all=chosen.address("", 1),
        is_alone=len(groups) == 1,
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


def _next(found: Iterable[Standing]) -> date | None:
    """When the first task begins that need not be taken up yet."""
    return min((task.start for task in found if task.start and not task.is_now), default=None)
