"""Instellingen and Kalenders: what the house chose, why, and what moves when running cases go along (ux.md, Beheer)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, get_args

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import HTMLResponse, Response

from tijdig.engine.calendar import local_day, short_date
from tijdig.engine.errors import Refused
from tijdig.service import administration, pins, views
from tijdig.service.cases import Doing
from tijdig.service.chosen import Chosen, chosen, editions, one
from tijdig.service.moving import Moved, To, begin_move, move, staying
from tijdig.service.people import Directory
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.office.desk import (
    ALREADY,
    REASON,
    Cell,
    Grid,
    Select,
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
from tijdig.web.view import YES_NO, Field
from tijdig.web.visit import Visitor

router = APIRouter(default_response_class=HTMLResponse)

SETTINGS, CALENDARS, MOVE = "/beheer/instellingen", "/beheer/kalenders", "/beheer/verzetten"
DO = f"{MOVE}/doen"
SETTINGS_TAB, CALENDARS_TAB = "Instellingen", "Kalenders"
VALUE, TO = "waarde", "naar"
WORDS = {"lustrum": "elk lustrumjaar dicht", "closed": "dicht", "weekdays": "maandag tot en met vrijdag",
         "all": "alle dagen, ook feestdagen"}  # fmt: skip
HINTS = {"term": "Bijvoorbeeld 12 weken, 3 maanden of 10 werkdagen.", "number": "Een heel getal."}
DAYS_HINT = "De dagen met een komma ertussen, bijvoorbeeld 2026-12-24,2026-12-31. Leeg is: geen."
KINDS = {"definition": "de nieuwste procedures", "settings": "de nieuwste instellingen",
         "calendar": "de nieuwste kalender"}  # fmt: skip
MOVED = {"due": "uiterlijk", "remind": "herinnering", "escalate": "escalatie"}
SHOWN = 200


# --- settings


@router.get(SETTINGS)
def every(house: TheHouse, admin: TheAdministrator, gedaan: str = "") -> HTMLResponse:
    """Every setting with its value, its source, and who chose it."""
    with house.store.read() as session:
        found = chosen(session)
        people = Directory.load(session)
        rows = [_row(each, people) for each in found if not each.of_calendar]
    missing = sum(each.is_missing for each in found)
    grid = Grid("Instellingen", ("Instelling", "Waarde", "Bron", "Gekozen door"), rows)
    return page(house, admin, "settings", tab=SETTINGS_TAB, grid=grid, missing=missing, done=said(gedaan))


def _row(each: Chosen, people: Directory) -> list[Cell]:
    missing = Cell("nog niet gekozen", shape="■", status="late")
    value = missing if each.is_missing else Cell(_words(each.value), note="" if each.is_own else "standaard")
    by = (
        Cell(people.name(each.by.by), note=f"{short_date(local_day(each.by.at))}: {each.by.reason}")
        if each.by
        else Cell("")
    )
    return [
        Cell(each.setting.label, f"{SETTINGS}/{each.setting.id}", note=each.setting.id), value,
        Cell(each.setting.source), by,
    ]  # fmt: skip


def _words(value: str) -> str:
    return WORDS.get(value, value)


@router.get(f"{SETTINGS}/{{setting}}")
def show(setting: str, house: TheHouse, admin: TheAdministrator, gedaan: str = "") -> HTMLResponse:
    """One setting, and the form to choose another value."""
    return _one(house, admin, setting, None, {}, done=said(gedaan))


@router.post(f"{SETTINGS}/{{setting}}")
def choose(setting: str, house: TheHouse, admin: TheAdministrator, given: TheForm) -> Response:
    """Choose a value. Running cases keep what they have."""
    path = f"{SETTINGS}/{setting}"
    if wrong := reason_problem(given.text(REASON)):
        return _one(house, admin, setting, given.texts, wrong, status=422)
    try:
        with house.store.write() as session:
            now = house.now(session)
            if not administration.comes_first(session, admin.person, given.key, now=now):
                return onward(path, ALREADY)
            pins.choose(session, setting, given.text(VALUE), by=admin.person, reason=given.text(REASON), now=now)
    except Refused as refusal:
        return _one(house, admin, setting, given.texts, {VALUE: str(refusal)}, status=422)
    return onward(path, "instelling")


def _one(
    house: House, admin: Visitor, setting: str, typed: Mapping[str, str] | None, wrong: Mapping[str, str], *,
    status: int = 200, done: str = "",
) -> HTMLResponse:  # fmt: skip
    with house.store.read() as session:
        found = one(session, setting)
        if found is None:
            raise Instead("not_found", 404)
        value = _value_field(session, found, typed if typed is not None else {VALUE: found.value}, wrong)
        stay = staying(session, setting)
        by = Directory.load(session).name(found.by.by) if found.by else ""
    path = f"{SETTINGS}/{setting}"
    return page(
        house, admin, "setting", status, tab=CALENDARS_TAB if found.of_calendar else SETTINGS_TAB, found=found,
        words=_words(found.value), by=by, at=cell(found.by.at if found.by else None), staying=stay, action=path,
        form=new_form(house, admin, path), move=f"{MOVE}?{TO}={'calendar' if found.of_calendar else 'settings'}",
        fields=[value, reason_field(typed or {}, wrong)], done=done,
        back=CALENDARS if found.of_calendar else SETTINGS,
    )  # fmt: skip


def _value_field(session: Session, found: Chosen, values: Mapping[str, str], wrong: Mapping[str, str]) -> Field:
    setting, label = found.setting, "Nieuwe waarde"
    if setting.id == "extra_closed":
        return text_field(VALUE, label, values, wrong, hint=DAYS_HINT)
    if setting.kind == "yes_no":
        return text_field(VALUE, label, values, wrong, kind="choice", choices=YES_NO)
    names = {"role": pins.known_roles(session), "choice": list(setting.choices)}.get(setting.kind)
    if names is None:
        hint = HINTS.get(setting.kind, "") + (" Of: geen." if setting.optional else "")
        return text_field(VALUE, label, values, wrong, hint=hint)
    choices = (("", "Kies…"), *((name, _words(name)) for name in names))
    return Select(VALUE, "select", label, "", "", values.get(VALUE, ""), choices, wrong.get(VALUE, ""))


# --- calendars


@router.get(CALENDARS)
def calendars(house: TheHouse, admin: TheAdministrator) -> HTMLResponse:
    """The versions of the calendar, and the choices of the house in it."""
    with house.store.read() as session:
        found = [each for each in chosen(session) if each.of_calendar]
        people = Directory.load(session)
        rows = [_row(each, people) for each in found]
        made = editions(session)
        versions = [[
            Cell(f"Versie {each.number}", note=each.version), cell(each.at),
            Cell(people.name(each.by.by) if each.by else "Tijdig", note=each.by.reason if each.by else "begin"),
            Cell(", ".join(map(short_date, each.calendar.extra_closed)) or "geen"), Cell(str(each.running)),
        ] for each in made]  # fmt: skip
    return page(
        house, admin, "calendars", tab=CALENDARS_TAB, until=short_date(made[0].calendar.covered_until),
        grid=Grid("Keuzes van het huis", ("Keuze", "Waarde", "Bron", "Gekozen door"), rows),
        versions=Grid("Versies", ("Versie", "Sinds", "Door", "Extra gesloten", "Lopende dossiers"), versions),
        move=f"{MOVE}?{TO}=calendar",
    )  # fmt: skip


# --- running cases go along


@router.get(MOVE)
def ask(house: TheHouse, admin: TheAdministrator, naar: str = "settings", gedaan: str = "") -> HTMLResponse:
    """What running cases may be put on."""
    field = text_field(TO, "Zet lopende dossiers op", {TO: naar}, {}, kind="choice", choices=tuple(KINDS.items()))
    return page(
        house, admin, "move", tab=SETTINGS_TAB, fields=[field], action=MOVE, form=new_form(house, admin, MOVE),
        done=said(gedaan),
    )  # fmt: skip


@router.post(MOVE)
def preview(house: TheHouse, admin: TheAdministrator, given: TheForm) -> HTMLResponse:
    """What would move by it; nothing of it stays."""
    return _previewed(house, admin, _to(given.text(TO)), {}, {})


@router.get(DO)
def nothing_seen(house: TheHouse, admin: TheAdministrator) -> Response:
    """Who comes here without a preview, begins with it."""
    return onward(MOVE, "")


@router.post(DO)
def carry_out(house: TheHouse, admin: TheAdministrator, given: TheForm) -> Response:
    """Put them on it."""
    to = _to(given.text(TO))
    if wrong := reason_problem(given.text(REASON)):
        return _previewed(house, admin, to, given.texts, wrong, status=422)
    with house.store.write() as session:
        now = house.now(session)
        if not administration.comes_first(session, admin.person, given.key, now=now):
            return onward(MOVE, ALREADY, naar=to)
        doing = Doing(admin.person, now, reason=administration.reason_of(given.text(REASON)), via="web")
        begin_move(session, (), to, doing)
    move(house.store, (), to, doing)
    return onward(MOVE, "verzet", naar=to)


def _to(text: str) -> To:
    found: To | None = next((each for each in get_args(To) if each == text), None)
    if found is None:
        raise Instead("not_found", 404)
    return found


def _previewed(
    house: House, admin: Visitor, to: To, values: Mapping[str, str], wrong: Mapping[str, str], *, status: int = 200
) -> HTMLResponse:  # fmt: skip
    with house.store.read() as session:
        now = house.now(session)
    planned = move(house.store, (), to, Doing(admin.person, now, reason="bekijken", via="web"), plan=True)
    rows = [_move(case, each) for case, found in planned.cases for each in views.moves(found)]
    return page(
        house, admin, "move_look", status, tab=SETTINGS_TAB, to=to, what=KINDS[to], action=DO,
        form=new_form(house, admin, DO), number=len(planned.cases), dates=len(rows), more=max(0, len(rows) - SHOWN),
        grid=Grid("Datums die schuiven", ("Dossier", "Stap", "Wat", "Was", "Wordt"), rows[:SHOWN]),
        troubles=list(_troubles(planned)), fields=[reason_field(values, wrong)],
    )  # fmt: skip


def _move(case: str, each: Mapping[str, Any]) -> list[Cell]:
    was, becomes = (cell(_day(each[name])) for name in ("from", "to"))
    return [
        Cell(case, f"/dossier/{case}"),
        Cell(each["step"]),
        Cell(MOVED.get(each["kind"], each["kind"])),
        was,
        becomes,
    ]


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])


def _troubles(planned: Moved) -> list[str]:
    refused = [f"{case}: {problem.problem} {problem.mend}" for case, problem in planned.refused]
    return [*refused, *(f"{each['cause']} {each['mend']}" for each in planned.incidents)]
