"""Personen: who there is, how they are reached, which roles they have, and their way in (ux.md, Beheer)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import HTMLResponse, Response

from models.organisation import Person, Subject
from tijdig.engine.calendar import local_day
from tijdig.engine.errors import Refused
from tijdig.service import access, administration, staff
from tijdig.service.exports import advisers_by_member, newest_addresses
from tijdig.service.staff import Known, take_one
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.office.desk import (
    ALREADY,
    Cell,
    Filled,
    Grid,
    Leaves,
    Select,
    TheAdministrator,
    TheForm,
    new_form,
    onward,
    page,
    said,
    text_field,
    told,
)
from tijdig.web.office.roles import absence_grid, roles_grid
from tijdig.web.visit import Visitor

router = APIRouter(default_response_class=HTMLResponse)

PATH = "/beheer/personen"
NEW = f"{PATH}/nieuw"
TAB = "Personen"
CHANNELS = {"mail": "e-mail", "post": "post"}

LABELS = {
    "id": "Kenmerk", "reference": "Lidnummer", "name": "Naam", "email": "E-mailadres", "channel": "Kanaal",
    "account": "Account van deze machine", "phone": "Telefoon", "region": "Regio", "adviser": "Adviseur",
    "profile": "Profiel", "since": "Lid sinds", "until": "Lid tot en met",
}  # fmt: skip
HINTS = {
    "id": "Hiermee meldt deze collega zich aan. Letters, cijfers, punten en streepjes, bijvoorbeeld adviser5.",
    "account": "Alleen nodig voor wie opdrachten geeft op de machine zelf.",
    "since": "Bijvoorbeeld 15-10-2021.", "until": "Leeg als het lid blijft. Een laatste dag gaat naar alle dossiers.",
    "adviser": "Het kenmerk van de collega. Leeg als de regio het bepaalt.",
}  # fmt: skip
COLLEAGUE = ("id", "name", "email", "channel", "account")
MEMBER = ("reference", "name", "email", "phone", "region", "adviser", "profile", "since", "until")


@router.get(PATH)
def every(
    house: TheHouse, admin: TheAdministrator, zoek: str = "", soort: str = "", blad: int = 1, gedaan: str = ""
) -> HTMLResponse:  # fmt: skip
    """The colleagues, or the members, by name."""
    with house.store.read() as session:
        today = local_day(house.now(session))
        ids = staff.persons(session, zoek, colleagues=soort != "leden")
        leaves = Leaves(PATH, len(ids), blad, {"zoek": zoek, "soort": soort})
        found = staff.known(session, ids[leaves.skip : leaves.skip + leaves.size], today)
    grid = Grid("Personen", ("Naam", "Rollen vandaag", "Bereikbaar", "Aanmelden"), [_row(each) for each in found])
    return page(
        house, admin, "people", tab=TAB, grid=grid, leaves=leaves, search=zoek, kind=soort, done=said(gedaan), new=NEW
    )


def _row(each: Known) -> list[Cell]:
    reached = Cell(CHANNELS.get(each.channel, each.channel), note=each.address)
    if each.channel == "mail" and not each.address:
        reached = Cell("geen adres", shape="■", status="late", note="er komt geen bericht aan")
    return [
        Cell(each.name, f"{PATH}/{each.id}", note=each.id + (", vandaag afwezig" if each.is_absent else "")),
        Cell(", ".join(each.roles) or ("lid" if not each.is_colleague else "geen rol")),
        reached, Cell(_way_in(each)),
    ]  # fmt: skip


def _way_in(each: Known) -> str:
    if not each.is_colleague:
        return "met een link"
    return "met een wachtwoord" if each.has_password else "nog geen wachtwoord"


# --- somebody new


@router.get(NEW)
def new(house: TheHouse, admin: TheAdministrator, soort: str = "") -> HTMLResponse:
    """The form for a new colleague or member."""
    return _new(house, admin, soort == "leden", {}, {})


@router.post(NEW)
def add(house: TheHouse, admin: TheAdministrator, given: TheForm) -> Response:
    """Take somebody new in."""
    is_member = given.text("soort") == "leden"
    ref = given.text("reference" if is_member else "id")
    with house.store.read() as session:
        taken = bool(ref) and session.get(Person, ref) is not None
    if taken:
        name = "reference" if is_member else "id"
        wrong = {name: f"'{ref}' is er al. Kies een ander kenmerk, of wijzig wie er al is."}
        return _new(house, admin, is_member, given.texts, wrong, status=422)
    columns = MEMBER if is_member else COLLEAGUE
    wrong = _take(house, admin, "members" if is_member else "people", columns, given)
    if wrong:
        return _new(house, admin, is_member, given.texts, wrong, status=422)
    return onward(f"{PATH}/{ref}", "persoon")


def _new(
    house: House, admin: Visitor, is_member: bool, values: Mapping[str, str], wrong: Mapping[str, str], *,
    status: int = 200,
) -> HTMLResponse:  # fmt: skip
    fields = [_field(name, values, wrong) for name in (MEMBER if is_member else COLLEAGUE)]
    return page(
        house, admin, "person_new", status, tab=TAB, fields=fields, is_member=is_member, action=NEW,
        form=new_form(house, admin, NEW),
    )  # fmt: skip


def _take(house: House, admin: Visitor, kind: str, columns: tuple[str, ...], given: Filled) -> dict[str, str]:
    """What is wrong with a form, by field; nothing when it was taken in."""
    cells = {name: given.text(name) for name in columns}
    with house.store.write() as session:
        now = house.now(session)
        if not administration.comes_first(session, admin.person, given.key, now=now):
            return {}
        wrong = take_one(session, kind, cells, by=admin.person, now=now)
        if wrong:
            session.rollback()
    return told(wrong, LABELS)


def _field(name: str, values: Mapping[str, str], wrong: Mapping[str, str]) -> Any:
    label, hint = LABELS[name], HINTS.get(name, "")
    if name == "channel":
        choices = (("", "zoals het uitkomt"), ("mail", "e-mail"), ("post", "post"))
        return Select(name, "select", label, "", hint, values.get(name, ""), choices, wrong.get(name, ""))
    needed = name in ("id", "reference", "name")
    return text_field(name, label, values, wrong, hint=hint, note="" if needed else "mag leeg blijven")


# --- one person


@router.get(f"{PATH}/{{person}}")
def one(person: str, house: TheHouse, admin: TheAdministrator, gedaan: str = "") -> HTMLResponse:
    """Somebody, with their roles and absences."""
    return _one(house, admin, person, None, {}, done=said(gedaan))


@router.post(f"{PATH}/{{person}}")
def change(person: str, house: TheHouse, admin: TheAdministrator, given: TheForm) -> Response:
    """Change how somebody is called or reached."""
    with house.store.read() as session:
        is_member = session.get(Subject, person) is not None
    columns, key = (MEMBER, "reference") if is_member else (COLLEAGUE, "id")
    filled = Filled(given.key, {**given.texts, key: person}, given.files)
    wrong = _take(house, admin, "members" if is_member else "people", columns, filled)
    if wrong:
        return _one(house, admin, person, given.texts, wrong, status=422)
    return onward(f"{PATH}/{person}", "persoon")


@router.post(f"{PATH}/{{person}}/wachtwoord")
def hand_out(person: str, house: TheHouse, admin: TheAdministrator, given: TheForm) -> Response:
    """Make a password for a colleague. It is shown once, here, and stored nowhere."""
    made = access.made_up_password()
    try:
        with house.store.write() as session:
            if not administration.comes_first(session, admin.person, given.key, now=house.now(session)):
                return onward(f"{PATH}/{person}", ALREADY)
            access.choose_password(session, person, made, by=admin.person, wall=house.wall())
    except Refused as refusal:
        return _one(house, admin, person, None, {}, status=409, problem=str(refusal))
    return page(house, admin, "person_password", tab=TAB, person=person, password=made, back=f"{PATH}/{person}")


def _one(
    house: House, admin: Visitor, person: str, typed: Mapping[str, str] | None, wrong: Mapping[str, str], *,
    status: int = 200, done: str = "", problem: str = "",
) -> HTMLResponse:  # fmt: skip
    with house.store.read() as session:
        today = local_day(house.now(session))
        row = session.get(Person, person)
        if row is None:
            raise Instead("not_found", 404)
        values, is_member = _stored(session, row, today), session.get(Subject, person) is not None
        seen = staff.known(session, [person], today)[0]
        held = session.exec(staff.assignments(person=person)).all()
        away = session.exec(staff.absences(person=person)).all()
        names = staff.names_of(session, {each.deputy_id for each in away if each.deputy_id} | {person})
    columns = [name for name in (MEMBER if is_member else COLLEAGUE) if name not in ("id", "reference")]
    path = f"{PATH}/{person}"
    return page(
        house, admin, "person", status, tab=TAB, seen=seen, way_in=_way_in(seen), is_member=is_member,
        fields=[_field(name, typed if typed is not None else values, wrong) for name in columns],
        roles=roles_grid(held, names, today), absences=absence_grid(away, names, today), action=path,
        form=new_form(house, admin, path), password_action=f"{path}/wachtwoord",
        password_form=new_form(house, admin, f"{path}/wachtwoord"), done=done, problem=problem,
    )  # fmt: skip


def _stored(session: Session, row: Person, today: date) -> Mapping[str, str]:
    """How somebody stands, as a form has it."""
    at = newest_addresses(session, today).get(row.id)
    member = session.get(Subject, row.id)
    values = {"name": row.name, "channel": row.channel, "account": row.account or "",
              "email": at.email if at else "", "phone": at.phone if at else ""}  # fmt: skip
    if member:
        advised = [a.person_id for a in advisers_by_member(session)[row.id] if a.since <= today <= a.until]
        values |= {"region": member.region, "profile": member.profile, "since": str(member.since or ""),
                   "until": str(member.until or ""), "adviser": advised[0] if advised else ""}  # fmt: skip
    return values
