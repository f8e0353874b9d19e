"""Zoeken: over everything that a visitor may read, from the box in the header of every page (ux, Search)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from tijdig.engine.calendar import local_day
from tijdig.service import views
from tijdig.service.people import Directory
from tijdig.service.pins import BETWEEN
from tijdig.service.reading import Reader
from tijdig.service.search import MOST_SHOWN, search
from tijdig.service.termlist import Ending
from tijdig.service.wording import basis_words, due_words, sentence
from tijdig.web.house import TheHouse
from tijdig.web.members import name_of, term_words
from tijdig.web.view import STATUS
from tijdig.web.visit import TheVisitor, page_for

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/zoeken")
def find(house: TheHouse, visitor: TheVisitor, q: str = "") -> HTMLResponse:
    """Dossiers, tasks and members in which every word stands, as far as this visitor may read them."""
    with house.store.read() as session:
        now = house.now(session)
        reader = Reader(session, Directory.load(session), visitor.person, local_day(now))
        found = search(session, reader, q, now)
        titles = {row["id"]: row["title"] for row in views.procedures(session)}
    cases = [
        {**term_words(row), "case": row["case"], "subject": name_of(row["subject"]),
         "title": titles.get(row["procedure"].partition(BETWEEN)[0], row["procedure"])}
        for row in found.cases
    ]  # fmt: skip
    members = [(f"/lid/{quote(ref, safe='')}", name_of(ref)) for ref in found.members]
    return page_for(
        house, visitor, "search", sought=q.strip(), cases=cases, tasks=[_task(each) for each in found.tasks],
        members=members, more=found.more, most=MOST_SHOWN, is_empty=found.is_empty,
    )  # fmt: skip


def _task(each: Ending) -> dict[str, Any]:
    return {
        "to": f"/dossier/{each.case}/taak/{each.step}", "asks": sentence(each.asks).rstrip("."), "case": each.case,
        "subject": name_of(each.subject), "role": each.role, "due": due_words(each.due, each.at),
        "due_iso": f"{each.due or ''}{'T' if each.at else ''}{each.at}", "status": each.status,
        "words": STATUS[each.status], "basis": each.basis, "badge": basis_words(each.basis, each.fatal),
        "why": f"/dossier/{each.case}#waarom-{each.step}",
    }  # fmt: skip
