"""Beheer: what an administrator looks after. Every page of it is for that role alone (ux.md, Beheer)."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse

from tijdig.service import incidents as standing
from tijdig.service import mailbox
from tijdig.web.house import TheHouse
from tijdig.web.office import coverage, house_settings, incidents, outbox, people, roles, takeover, watch
from tijdig.web.office.desk import TABS, TheAdministrator, administrator_of, page

router = APIRouter(default_response_class=HTMLResponse, dependencies=[Depends(administrator_of)])


ABOUT = {
    "Postvak uit": "wat is verstuurd, wat wacht, en wat u moet afhandelen",
    "Incidenten": "wat apart staat, met oorzaak en oplossing",
    "Personen": "collega's en leden, hoe u hen bereikt, en wachtwoorden",
    "Rollen": "wie wat doet, waarvoor, en van wanneer tot wanneer",
    "Afwezigheid": "wie er niet is, en wie vervangt",
    "Dekking": "welke rol in welke week niemand heeft",
    "Instellingen": "wat het huis heeft gekozen, met bron en reden",
    "Kalenders": "vrije dagen, en de versies van de kalender",
    "Mailstand": "of berichten weggaan, en wat er dan klaarstaat",
    "Bewaking": "of alles vanzelf gaat",
    "Overnemen": "een administratie die al loopt, uit spreadsheets",
}
"""What each page is for."""


@router.get("/beheer")
def begin(house: TheHouse, admin: TheAdministrator) -> HTMLResponse:
    """What waits for an administrator, and the way to each page."""
    with house.store.read() as session:
        counts = mailbox.counts(session)
        apart = standing.how_many(session)
    waiting = sum(counts.get(state, 0) for state in outbox.ATTENTION)
    notes = {outbox.PATH: _some(waiting, "bericht wacht op u", "berichten wachten op u"),
             incidents.PATH: _some(apart, "staat open", "staan open")}  # fmt: skip
    return page(house, admin, "begin", entries=[(to, name, ABOUT[name], notes.get(to, "")) for to, name in TABS])


def _some(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}" if number else ""


for each in (outbox, incidents, people, roles, coverage, house_settings, watch, takeover):
    router.include_router(each.router)
