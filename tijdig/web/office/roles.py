"""Rollen and Afwezigheid: who does what and for whom, from when until when, and who stands in (ux.md, Beheer)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import HTMLResponse, Response

from models.organisation import Absence, Assignment
from tijdig.engine.calendar import local_day, short_date
from tijdig.engine.errors import Refused
from tijdig.service import administration, staff
from tijdig.service.forms import read_day
from tijdig.service.people import ADMINISTRATOR, MEMBER, Directory
from tijdig.service.pins import known_roles
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.office.desk import (
    ALREADY,
    Cell,
    Grid,
    Leaves,
    Number,
    Select,
    TheAdministrator,
    TheForm,
    cell,
    new_form,
    onward,
    page,
    said,
    text_field,
    told,
)
from tijdig.web.view import Field
from tijdig.web.visit import Visitor

router = APIRouter(default_response_class=HTMLResponse)

ROLES, ABSENCES = "/beheer/rollen", "/beheer/afwezigheid"
ROLES_TAB, ABSENCES_TAB = "Rollen", "Afwezigheid"
LAST_DAY = "laatste-dag"
SCOPES = (("all", "Alles"), ("region", "Eén regio"), ("subject", "Eén lid"), ("case", "Eén dossier"))
LABELS = {"person": "Persoon", "role": "Rol", "scope": "Bereik", "value": "Welke regio, welk lid of welk dossier",
          "from": "Eerste dag", "until": "Laatste dag", "deputy": "Vervanger"}  # fmt: skip
DAY_HINT = "Bijvoorbeeld 15-10-2021."


# --- roles


@router.get(ROLES)
def every_role(
    house: TheHouse, admin: TheAdministrator, rol: str = "", voorbij: bool = False, blad: int = 1, gedaan: str = ""
) -> HTMLResponse:  # fmt: skip
    """Who holds which role over what, now and later."""
    with house.store.read() as session:
        today = local_day(house.now(session))
        wanted = staff.assignments(role=rol, since=date.min if voorbij else today)
        total = staff.how_many(session, wanted)
        leaves = Leaves(ROLES, total, blad, {"rol": rol, "voorbij": "1" if voorbij else ""})
        shown = session.exec(wanted.offset(leaves.skip).limit(leaves.size)).all()
        names, roles = staff.names_of(session, {each.person_id for each in shown}), _all_roles(session)
    return page(
        house, admin, "roles", tab=ROLES_TAB, grid=roles_grid(shown, names, today), leaves=leaves, roles=roles,
        role=rol, past=voorbij, done=said(gedaan),
    )  # fmt: skip


def roles_grid(found: Sequence[Assignment], names: Mapping[str, str], today: date) -> Grid:
    """Roles as a table, each with the way to end it."""
    return Grid("Rollen", ("Rol", "Wie", "Bereik", "Van", "Tot en met", "Stand"), [
        [Cell(each.role, f"{ROLES}/{each.id}"), Cell(names.get(each.person_id, each.person_id), note=each.person_id),
         Cell(staff.scope_words(each)), cell(each.since) if each.since != date.min else Cell("altijd al"),
         cell(each.until) if each.until != date.max else Cell("zonder einde"), _stands(each, today)]
        for each in found
    ])  # fmt: skip


def _stands(each: Assignment | Absence, today: date) -> Cell:
    if each.until < today:
        return Cell("voorbij", shape="○", status="none")
    return Cell("nu", shape="●", status="on_time") if each.since <= today else Cell("straks", shape="○", status="none")


def _all_roles(session: Session) -> list[str]:
    return sorted({*known_roles(session), ADMINISTRATOR} - {MEMBER})


@router.get(f"{ROLES}/nieuw")
def new_role(house: TheHouse, admin: TheAdministrator, persoon: str = "") -> HTMLResponse:
    """The form to give somebody a role."""
    return _new_role(house, admin, {"person": persoon}, {})


@router.post(f"{ROLES}/nieuw")
def give_role(house: TheHouse, admin: TheAdministrator, given: TheForm) -> Response:
    """Give somebody a role."""
    scope, value = given.text("scope"), given.text("value")
    cells = {"person": given.text("person"), "role": given.text("role"),
             "scope": scope if scope in ("all", "") else f"{scope}:{value}", "from": given.text("from"),
             "until": given.text("until")}  # fmt: skip
    wrong = _wrong_scope(scope, value)
    if wrong:
        return _new_role(house, admin, given.texts, wrong, status=422)
    with house.store.write() as session:
        now = house.now(session)
        if not administration.comes_first(session, admin.person, given.key, now=now):
            return onward(ROLES, ALREADY)
        wrong = staff.take_one(session, "assignments", cells, by=admin.person, now=now)
        if wrong:
            session.rollback()
    if wrong:
        at_value = {"value": wrong["scope"]} if "scope" in wrong and value else {}
        kept = {name: text for name, text in wrong.items() if not (at_value and name == "scope")}
        return _new_role(house, admin, given.texts, told(kept | at_value, LABELS), status=422)
    return onward(ROLES, "rol")


def _wrong_scope(scope: str, value: str) -> dict[str, str]:
    if scope not in dict(SCOPES):
        return {"scope": "Maak een keuze."}
    return {"value": "Vul in waarvoor de rol geldt."} if scope != "all" and not value else {}


def _new_role(
    house: House, admin: Visitor, values: Mapping[str, str], wrong: Mapping[str, str], *, status: int = 200
) -> HTMLResponse:  # fmt: skip
    with house.store.read() as session:
        people, roles, regions = _colleagues(house, session), _all_roles(session), staff.regions(session)
    fields = [
        _select("person", people, values, wrong), _select("role", [(role, role) for role in roles], values, wrong),
        text_field("scope", LABELS["scope"], values, wrong, kind="choice", choices=SCOPES),
        text_field("value", LABELS["value"], values, wrong, note="niet nodig bij Alles",
                   hint=f"Bijvoorbeeld lid-014{' of ' + regions[0] if regions else ''}."),
        text_field("from", LABELS["from"], values, wrong, note="leeg is: altijd al", hint=DAY_HINT),
        text_field("until", LABELS["until"], values, wrong, note="leeg is: zonder einde", hint=DAY_HINT),
    ]  # fmt: skip
    action = f"{ROLES}/nieuw"
    return page(
        house, admin, "role_new", status, tab=ROLES_TAB, fields=fields, action=action,
        form=new_form(house, admin, action),
    )  # fmt: skip


def _colleagues(house: House, session: Session) -> list[tuple[str, str]]:
    found = Directory.load(session).colleagues(local_day(house.now(session)))
    return [(each.person, f"{each.name} ({each.person})") for each in found]


def _select(
    name: str, choices: Sequence[tuple[str, str]], values: Mapping[str, str], wrong: Mapping[str, str], *,
    note: str = "",
) -> Field:  # fmt: skip
    chosen = values.get(name, "")
    known = chosen in dict(choices) or not chosen
    choices = [("", "Kies…" if not note else "niemand"), *choices, *([] if known else [(chosen, chosen)])]
    return Select(name, "select", LABELS[name], note, "", chosen, tuple(choices), wrong.get(name, ""))


@router.get(f"{ROLES}/{{number}}")
def one_role(number: Number, house: TheHouse, admin: TheAdministrator) -> HTMLResponse:
    """One role of somebody, to be ended."""
    return _one_role(house, admin, number, {}, {})


@router.post(f"{ROLES}/{{number}}")
def end_role(number: Number, house: TheHouse, admin: TheAdministrator, given: TheForm) -> Response:
    """Let it end on a day."""
    try:
        last = read_day("", given.text(LAST_DAY))
    except Refused:
        wrong = {LAST_DAY: "Vul een datum in, bijvoorbeeld 15-10-2021."}
        return _one_role(house, admin, number, given.texts, wrong, status=422)
    try:
        with house.store.write() as session:
            now = house.now(session)
            if not administration.comes_first(session, admin.person, given.key, now=now):
                return onward(ROLES, ALREADY)
            problems = staff.end_assignment(session, number, last, by=admin.person, now=now)
            if problems:
                raise Refused(" ".join(problems.values()))
    except Refused as refusal:
        return _one_role(house, admin, number, given.texts, {LAST_DAY: str(refusal)}, status=409)
    return onward(ROLES, "rol-eind")


def _one_role(
    house: House, admin: Visitor, number: int, values: Mapping[str, str], wrong: Mapping[str, str], *,
    status: int = 200,
) -> HTMLResponse:  # fmt: skip
    with house.store.read() as session:
        held = session.get(Assignment, number)
        if held is None:
            raise Instead("not_found", 404)
        name = Directory.load(session).name(held.person_id)
    path = f"{ROLES}/{number}"
    hint = f"{DAY_HINT} Ligt deze dag voor de eerste dag, dan wordt de rol ingetrokken."
    return page(
        house, admin, "role", status, tab=ROLES_TAB, held=held, name=name, scope=staff.scope_words(held),
        period=_period(held), action=path, form=new_form(house, admin, path),
        fields=[text_field(LAST_DAY, "Laatste dag", values, wrong, hint=hint)],
    )  # fmt: skip


def _period(each: Assignment | Absence) -> str:
    since = "altijd al" if each.since == date.min else f"vanaf {short_date(each.since)}"
    return f"{since}, " + ("zonder einde" if each.until == date.max else f"tot en met {short_date(each.until)}")


# --- absences


@router.get(ABSENCES)
def every_absence(
    house: TheHouse, admin: TheAdministrator, voorbij: bool = False, blad: int = 1, gedaan: str = ""
) -> HTMLResponse:  # fmt: skip
    """Who is away, now and later."""
    with house.store.read() as session:
        today = local_day(house.now(session))
        wanted = staff.absences(since=date.min if voorbij else today)
        leaves = Leaves(ABSENCES, staff.how_many(session, wanted), blad, {"voorbij": "1" if voorbij else ""})
        shown = session.exec(wanted.offset(leaves.skip).limit(leaves.size)).all()
        names = staff.names_of(session, {id for each in shown for id in (each.person_id, each.deputy_id) if id})
    return page(
        house, admin, "absences", tab=ABSENCES_TAB, grid=absence_grid(shown, names, today), leaves=leaves,
        past=voorbij, done=said(gedaan),
    )  # fmt: skip


def absence_grid(found: Sequence[Absence], names: Mapping[str, str], today: date) -> Grid:
    """Absences as a table, each with the way to change it."""
    return Grid("Afwezigheid", ("Wie", "Van", "Tot en met", "Vervanger", "Stand"), [
        [Cell(names.get(each.person_id, each.person_id), f"{ABSENCES}/{each.id}"), cell(each.since), cell(each.until),
         Cell(names.get(each.deputy_id, each.deputy_id)) if each.deputy_id
         else Cell("niemand", shape="■", status="late"), _stands(each, today)]
        for each in found
    ])  # fmt: skip


@router.get(f"{ABSENCES}/nieuw")
def new_absence(house: TheHouse, admin: TheAdministrator, persoon: str = "") -> HTMLResponse:
    """The form to say that somebody is away."""
    return _new_absence(house, admin, {"person": persoon}, {})


@router.post(f"{ABSENCES}/nieuw")
def add_absence(house: TheHouse, admin: TheAdministrator, given: TheForm) -> Response:
    """Write down that somebody is away."""
    cells = {name: given.text(name) for name in ("person", "from", "until", "deputy")}
    with house.store.write() as session:
        now = house.now(session)
        if not administration.comes_first(session, admin.person, given.key, now=now):
            return onward(ABSENCES, ALREADY)
        wrong = staff.take_one(session, "absences", cells, by=admin.person, now=now)
        if wrong:
            session.rollback()
    if wrong:
        return _new_absence(house, admin, given.texts, told(wrong, LABELS), status=422)
    return onward(ABSENCES, "afwezigheid")


def _new_absence(
    house: House, admin: Visitor, values: Mapping[str, str], wrong: Mapping[str, str], *, status: int = 200
) -> HTMLResponse:  # fmt: skip
    with house.store.read() as session:
        people = _colleagues(house, session)
    fields = [
        _select("person", people, values, wrong), text_field("from", LABELS["from"], values, wrong, hint=DAY_HINT),
        text_field("until", LABELS["until"], values, wrong, hint=DAY_HINT),
        _select("deputy", people, values, wrong, note="mag leeg blijven"),
    ]  # fmt: skip
    action = f"{ABSENCES}/nieuw"
    return page(
        house, admin, "absence_new", status, tab=ABSENCES_TAB, fields=fields, action=action,
        form=new_form(house, admin, action),
    )  # fmt: skip


@router.get(f"{ABSENCES}/{{number}}")
def one_absence(number: Number, house: TheHouse, admin: TheAdministrator) -> HTMLResponse:
    """One absence, to be changed."""
    return _one_absence(house, admin, number, {}, {})


@router.post(f"{ABSENCES}/{{number}}")
def end_absence(number: Number, house: TheHouse, admin: TheAdministrator, given: TheForm) -> Response:
    """Give it another last day."""
    try:
        last = read_day("", given.text(LAST_DAY))
    except Refused:
        wrong = {LAST_DAY: "Vul een datum in, bijvoorbeeld 15-10-2021."}
        return _one_absence(house, admin, number, given.texts, wrong, status=422)
    try:
        with house.store.write() as session:
            now = house.now(session)
            if not administration.comes_first(session, admin.person, given.key, now=now):
                return onward(ABSENCES, ALREADY)
            problems = staff.end_absence(session, number, last, by=admin.person, now=now)
            if problems:
                raise Refused(" ".join(problems.values()))
    except Refused as refusal:
        return _one_absence(house, admin, number, given.texts, {LAST_DAY: str(refusal)}, status=409)
    return onward(ABSENCES, "afwezigheid-eind")


def _one_absence(
    house: House, admin: Visitor, number: int, values: Mapping[str, str], wrong: Mapping[str, str], *,
    status: int = 200,
) -> HTMLResponse:  # fmt: skip
    with house.store.read() as session:
        away = session.get(Absence, number)
        if away is None:
            raise Instead("not_found", 404)
        people = Directory.load(session)
        name, deputy = people.name(away.person_id), people.name(away.deputy_id) if away.deputy_id else ""
    path = f"{ABSENCES}/{number}"
    hint = f"{DAY_HINT} Ligt deze dag voor de eerste dag, dan wordt de afwezigheid ingetrokken."
    return page(
        house, admin, "absence", status, tab=ABSENCES_TAB, name=name, deputy=deputy, period=_period(away),
        action=path, form=new_form(house, admin, path),
        fields=[text_field(LAST_DAY, "Laatste dag", values, wrong, hint=hint)],
    )  # fmt: skip
