"""Bewaking and Mailstand: whether all goes by itself, and whether mail goes out (ux.md, Beheer)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter
from sqlmodel import Session, col, func, select
from starlette.responses import HTMLResponse, Response

from models.message import Mail
from models.operation import Run
from tijdig.engine.errors import Misconfigured, Refused
from tijdig.service import administration, doctor, hold, mailbox
from tijdig.service.clock import installation
from tijdig.service.deliver import STALE, route_of
from tijdig.service.doctor import Check
from tijdig.service.guard import last_run
from tijdig.web.house import House, TheHouse
from tijdig.web.office.desk import (
    ALREADY,
    REASON,
    Cell,
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
)
from tijdig.web.visit import Visitor

router = APIRouter(default_response_class=HTMLResponse)

WATCH, MODE = "/beheer/bewaking", "/beheer/mailstand"
WATCH_TAB, MODE_TAB = "Bewaking", "Mailstand"
ROUNDS = {"sweep": "Termijnen controleren", "deliver": "Berichten versturen", "check_ahead": "Vooruitkijken",
          "audit": "Dossiers met hun logboek vergelijken"}  # fmt: skip
COUNTS = {"checked": "bekeken", "effects": "gebeurd", "incidents": "incidenten", "solved": "opgelost",
          "sent": "verzonden", "waiting": "wachten", "failed": "mislukt", "uncertain": "onzeker",
          "held": "aangehouden"}  # fmt: skip
CHECKS = {
    "packages": "Programma's", "disk": "Schijf", "store": "Opslag", "database": "Installatie",
    "append-only": "Logboek bewaakt", "settings": "Instellingen", "roles": "Rollen", "incidents": "Incidenten",
    "mails": "Berichten", "sweep": "Termijnen controleren", "deliver": "Berichten versturen",
    "audit": "Vergelijken met het logboek", "restore": "Teruggezette back-up", "mail": "Mailstand",
    "sign-in": "Aanmelden",
}  # fmt: skip
PAGES = {"incidents": "/beheer/incidenten", "mails": "/beheer/postvak-uit", "roles": "/beheer/dekking",
         "settings": "/beheer/instellingen", "restore": MODE, "mail": MODE}  # fmt: skip
"""Where a check is looked into."""

MODES = {
    "uit": ("▲", "close", "UIT", "Berichten worden vastgelegd en niet verzonden."),
    "omleiden": ("▲", "close", "OMLEIDEN", "Alles gaat naar één adres, met het echte adres op de eerste regel."),
    "aan": ("●", "on_time", "AAN", "Berichten gaan naar wie zij betreffen."),
    "proef": ("○", "none", "PROEF", "Dit is een proef: niets verlaat deze machine. De berichten staan in het postvak."),
}  # fmt: skip
NEWEST = 20


# --- watching


@router.get(WATCH)
def watch(house: TheHouse, admin: TheAdministrator, volledig: bool = False) -> HTMLResponse:
    """The last rounds, and what is missing or late; with `volledig` also what takes longer to look at."""
    wall = house.wall()
    checks = doctor.examine(house.settings, wall=wall) if volledig else None
    with house.store.read() as session:
        checks = checks or list(doctor.looked(session, house.settings, wall))
        last = [(kind, last_run(session, kind, wall=wall)) for kind in ROUNDS]
        newest = session.exec(select(Run).order_by(col(Run.id).desc()).limit(NEWEST)).all()
    rounds = [[Cell(ROUNDS[kind]), cell(run.started_at) if run else Cell("nog nooit"), _counted(run)]
              for kind, run in last]  # fmt: skip
    rows = [[Cell(ROUNDS.get(run.kind, run.kind)), cell(run.started_at), Cell(run.by or "dienst"), _counted(run)]
            for run in newest]  # fmt: skip
    return page(
        house, admin, "watch", tab=WATCH_TAB, complete=volledig,
        checks=Grid("Wat is nagekeken", ("Wat", "Stand", "Uitkomst"), [_check(each) for each in checks]),
        rounds=Grid("Laatste rondes", ("Wat", "Laatst", "Uitkomst"), rounds),
        newest=Grid("De nieuwste rondes", ("Wat", "Wanneer", "Door", "Uitkomst"), rows),
    )  # fmt: skip


def _check(each: Check) -> list[Cell]:
    state = Cell("in orde", shape="●", status="on_time") if each.ok else Cell("kijk hiernaar", shape="■", status="late")
    return [Cell(CHECKS.get(each.name, each.name), PAGES.get(each.name, "")), state, Cell(each.detail)]


def _counted(run: Run | None) -> Cell:
    counts: Mapping[str, int] = json.loads(run.counts) if run else {}
    return Cell(", ".join(f"{number} {COUNTS[name]}" for name, number in counts.items() if number and name in COUNTS))


# --- whether mail goes out


@router.get(MODE)
def mode(house: TheHouse, admin: TheAdministrator, gedaan: str = "") -> HTMLResponse:
    """How mail goes out, and what would go at once when it is turned on."""
    return _mode(house, admin, {}, {}, done=said(gedaan))


@router.post(MODE)
def release(house: TheHouse, admin: TheAdministrator, given: TheForm) -> Response:
    """Let mail go again after a restore."""
    if wrong := reason_problem(given.text(REASON)):
        return _mode(house, admin, given.texts, wrong, status=422)
    try:
        with house.store.write() as session:
            now = house.now(session)
            if not administration.comes_first(session, admin.person, given.key, now=now):
                return onward(MODE, ALREADY)
            mailbox.release(session, by=admin.person, reason=given.text(REASON), now=now)
    except Refused as refusal:
        return _mode(house, admin, given.texts, {}, status=409, problem=str(refusal))
    return onward(MODE, "vrijgegeven")


def _mode(
    house: House, admin: Visitor, values: Mapping[str, str], wrong: Mapping[str, str], *, status: int = 200,
    done: str = "", problem: str = "",
) -> HTMLResponse:  # fmt: skip
    with house.store.read() as session:
        home, held = installation(session), hold.is_held(session)
        waiting, old, first = _backlog(session, house.now(session))
        is_trial = home.mode == "trial"
        try:
            route_of(home, house.settings)
        except Misconfigured as missing:
            problem = problem or str(missing)
    return page(
        house, admin, "mail_mode", status, tab=MODE_TAB, mode=MODES["proef" if is_trial else house.settings.mail],
        is_off=not is_trial and house.settings.mail == "uit", waiting=waiting, old=old, first=cell(first), held=held,
        days=STALE.days, action=MODE, form=new_form(house, admin, MODE), done=done, problem=problem,
        fields=[reason_field(values, wrong)] if held else [],
    )  # fmt: skip


def _backlog(session: Session, now: datetime) -> tuple[int, int, datetime | None]:
    """How many mails stand ready, how many of them are too old to go, and since when the first one stands."""
    ready = select(func.count(), func.min(Mail.created_at)).where(col(Mail.state).in_(hold.GOES))
    number, first = session.exec(ready).one()
    stale = (Mail.state == "klaar", Mail.attempts == 0, ~col(Mail.fatal), col(Mail.created_at) < now - STALE)
    old = session.exec(select(func.count()).select_from(Mail).where(*stale)).one()
    return number, old, first
