"""Postvak uit: what was sent, what waits, and what a person has to settle (ux.md, Beheer)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import HTMLResponse, Response

from models.message import Mail
from tijdig.engine.errors import Refused
from tijdig.service import administration, mailbox
from tijdig.service.people import Directory
from tijdig.web.cases import MESSAGES
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.office.desk import (
    ALREADY,
    REASON,
    Cell,
    Grid,
    Leaves,
    Number,
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
from tijdig.web.visit import Visitor

router = APIRouter(default_response_class=HTMLResponse)

PATH = "/beheer/postvak-uit"
TOGETHER = f"{PATH}/samen"
TAB = "Postvak uit"
HOW, MAILS, ALL = "hoe", "berichten", "alle"
PICKED = "bericht."

ATTENTION = ("aangehouden", "onzeker", "mislukt")
"""The states in which a mail waits for a person."""

STATES: Mapping[str, tuple[str, str]] = {
    "aangehouden": ("▲", "close"), "onzeker": ("▲", "close"), "mislukt": ("■", "late"), "klaar": ("○", "none"),
    "wacht": ("○", "none"), "bezig": ("○", "none"), "verzonden": ("●", "on_time"), "vervallen": ("○", "none"),
}  # fmt: skip
"""Each state with its shape and its colour."""

WAYS: Mapping[str, tuple[str, str]] = {
    "arrived": ("Is aangekomen", "Het staat als verzonden en gaat niet nog een keer."),
    "resend": ("Opnieuw sturen", "Het gaat nog een keer weg, met hetzelfde nummer. Was het onzeker, dan staat erboven "
               "dat het misschien al aankwam."),
    "release": ("Vrijgeven", "Het gaat weg met de eerstvolgende verzending."),
    "drop": ("Laten vervallen", "Het gaat niet weg. Wie het betreft, krijgt het niet."),
}  # fmt: skip
"""Each way of settling: its name, and what it brings about."""

KINDS = {**MESSAGES, "alarm": "alarm", "seal": "zegel van het logboek"}
MOST_DIGITS = 10
SHOWN = 100
"""So many rows of a bulk are shown; of the others only how many there are."""


@router.get(PATH)
def every(house: TheHouse, admin: TheAdministrator, staat: str = "", blad: int = 1, gedaan: str = "") -> HTMLResponse:
    """The mails in a state, the newest first; without one those that wait for a person."""
    with house.store.read() as session:
        counts = mailbox.counts(session)
        states = _states(staat)
        total = sum(n for state, n in counts.items() if state in states or not states)
        leaves = Leaves(PATH, total, blad, {"staat": staat})
        mails = mailbox.leaf(session, states, skip=leaves.skip, most=leaves.size)
        people = Directory.load(session)
        people.prefetch(mail["person"] for mail in mails)
        names = {mail["person"]: people.name(mail["person"]) for mail in mails}
    rows = [(mail["mail"], mail["state"] in ATTENTION, _row(mail, names)) for mail in mails]
    waiting = [(state, *STATES[state], counts[state]) for state in ATTENTION if counts.get(state)]
    return page(
        house, admin, "outbox", tab=TAB, rows=rows, leaves=leaves, state=staat, states=list(STATES), waiting=waiting,
        ways=[(how, name) for how, (name, _) in WAYS.items()], form=new_form(house, admin, PATH), done=said(gedaan),
        any_to_settle=any(settles for _, settles, _ in rows),
    )  # fmt: skip


def _states(wanted: str) -> tuple[str, ...]:
    return () if wanted == "alle" else (wanted,) if wanted in STATES else ATTENTION


def _row(mail: Mapping[str, Any], names: Mapping[str, str]) -> list[Cell]:
    shape, status = STATES[mail["state"]]
    return [
        Cell(f"Bericht {mail['mail']}", f"{PATH}/{mail['mail']}", note=KINDS.get(mail["kind"], mail["kind"])),
        Cell(names[mail["person"]], note=mail["address"]),
        Cell(mail["subject"], note=", ".join(mail["cases"])),
        Cell(mail["state"], shape=shape, status=status, note=mail["why"]),
    ]


# --- several at once


@router.post(PATH)
def several(house: TheHouse, admin: TheAdministrator, given: TheForm) -> HTMLResponse:
    """What would become of those that were chosen, row by row; nothing is done yet."""
    ids = _numbers(name.removeprefix(PICKED) for name in given.texts if name.startswith(PICKED))
    if given.text(ALL) in ATTENTION:
        with house.store.read() as session:
            ids = mailbox.ids_in(session, (given.text(ALL),))
    return _preview(house, admin, ids, given.text(HOW), {}, {})


@router.get(TOGETHER)
def nothing_chosen(house: TheHouse, admin: TheAdministrator) -> Response:
    """Who comes here without a choice, chooses first."""
    return onward(PATH, "")


@router.post(TOGETHER)
def settle_several(house: TheHouse, admin: TheAdministrator, given: TheForm) -> Response:
    """Settle all that were chosen, or none."""
    ids = _numbers(given.text(MAILS).split(","))
    how, wrong = given.text(HOW), reason_problem(given.text(REASON))
    if wrong:
        return _preview(house, admin, ids, how, given.texts, wrong, status=422)
    try:
        with house.store.write() as session:
            now = house.now(session)
            if not administration.comes_first(session, admin.person, given.key, now=now):
                return onward(PATH, ALREADY)
            mailbox.settle_all(session, ids, how, by=admin.person, reason=given.text(REASON), now=now)
    except Refused as refusal:
        return _preview(house, admin, ids, how, given.texts, {}, status=409, problem=str(refusal))
    return onward(PATH, "berichten")


def _numbers(texts: Iterable[str]) -> list[int]:
    return sorted({int(each) for each in texts if each.isdecimal() and len(each) < MOST_DIGITS})


def _preview(
    house: House, admin: Visitor, ids: Sequence[int], how: str, values: Mapping[str, str], wrong: Mapping[str, str],
    *, status: int = 200, problem: str = "",
) -> HTMLResponse:  # fmt: skip
    with house.store.read() as session:
        mails, fits = mailbox.picked(session, ids[:SHOWN]), _that_fit(session, ids, how)
    rows = [[*_short(mail), _does(mail["mail"] in fits, how)] for mail in mails]
    cannot = len(ids) - len(fits)
    name, follows = WAYS.get(how, ("", ""))
    if not (ids and name):
        problem = "Kies eerst één of meer berichten, en wat ermee moet gebeuren."
    return page(
        house, admin, "outbox_together", status, tab=TAB, action=TOGETHER, form=new_form(house, admin, TOGETHER),
        grid=Grid("Gekozen berichten", ("Bericht", "Aan", "Onderwerp", "Wat er gebeurt"), rows), name=name,
        follows=follows, number=len(fits), more=len(ids) - len(rows), cannot=cannot, how=how, problem=problem,
        mails=",".join(str(i) for i in ids if i in fits), fields=[reason_field(values, wrong)], back=PATH,
    )  # fmt: skip


def _that_fit(session: Session, ids: Sequence[int], how: str) -> set[int]:
    return {mail.id for mail in mailbox.rows(session, ids) if mail.id and how in mailbox.ways(mail)}


def _short(mail: Mapping[str, Any]) -> list[Cell]:
    return [Cell(f"Bericht {mail['mail']}"), Cell(mail["person"], note=mail["address"]), Cell(mail["subject"])]


def _does(fits: bool, how: str) -> Cell:
    if fits:
        return Cell(WAYS[how][0].lower(), shape="●", status="on_time")
    return Cell("kan niet: het past niet bij de stand van dit bericht", shape="■", status="late")


# --- one of them


@router.get(f"{PATH}/{{number}}")
def one(number: Number, house: TheHouse, admin: TheAdministrator, gedaan: str = "") -> HTMLResponse:
    """One mail as it was written, where it stands, and what can be done with it."""
    return _one(house, admin, number, {}, {}, done=said(gedaan))


@router.post(f"{PATH}/{{number}}")
def settle(number: Number, house: TheHouse, admin: TheAdministrator, given: TheForm) -> Response:
    """Settle it."""
    wrong = reason_problem(given.text(REASON)) | ({} if given.text(HOW) in WAYS else {HOW: "Maak een keuze."})
    if wrong:
        return _one(house, admin, number, given.texts, wrong, status=422)
    try:
        with house.store.write() as session:
            now = house.now(session)
            if not administration.comes_first(session, admin.person, given.key, now=now):
                return onward(f"{PATH}/{number}", ALREADY)
            mailbox.settle(session, number, given.text(HOW), by=admin.person, reason=given.text(REASON), now=now)
    except Refused as refusal:
        return _one(house, admin, number, given.texts, {}, status=409, problem=str(refusal))
    return onward(f"{PATH}/{number}", "bericht")


def _one(
    house: House, admin: Visitor, number: int, values: Mapping[str, str], wrong: Mapping[str, str], *,
    status: int = 200, done: str = "", problem: str = "",
) -> HTMLResponse:  # fmt: skip
    with house.store.read() as session:
        mail = session.get(Mail, number)
        if mail is None:
            raise Instead("not_found", 404)
        about = mailbox.picked(session, (number,))[0]
        name, ways = Directory.load(session).name(mail.person_id), mailbox.ways(mail)
    shape, colour = STATES[mail.state]
    choices = [(how, f"{WAYS[how][0]}: {WAYS[how][1]}") for how in WAYS if how in ways]
    fields = [text_field(HOW, "Wat moet er met dit bericht gebeuren?", values, wrong, kind="choice", choices=choices),
              reason_field(values, wrong)] if ways else []  # fmt: skip
    return page(
        house, admin, "outbox_mail", status, tab=TAB, mail=mail, name=name, cases=about["cases"],
        kind=KINDS.get(mail.kind, mail.kind), shape=shape, colour=colour, made=cell(mail.created_at),
        sent=cell(mail.sent_at), fields=fields, action=f"{PATH}/{number}",
        form=new_form(house, admin, f"{PATH}/{number}"), done=done, problem=problem,
    )  # fmt: skip
