"""Acts on a dossier beside deciding: one page for all of them, made from a table (ux.md, Dossier and Forms)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tijdig.service import documents
from tijdig.service.handin import Answer, Receipt, note
from tijdig.service.handling import Faults, Follows, Overtaken, Standing, Wish, do, standing
from tijdig.service.people import Directory
from tijdig.service.wording import sentence, subject_name
from tijdig.web.cases import MESSAGES, Seen, TheCase
from tijdig.web.deeds import (
    BY_SLUG,
    GIVEN,
    SURE,
    Blank,
    DeedWords,
    fields,
    follows_words,
    input_words,
    kept_inputs,
    reason_field,
)  # fmt: skip
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.link import from_our_page
from tijdig.web.task import Place, answered
from tijdig.web.uploads import Given, given_of
from tijdig.web.view import change_words
from tijdig.web.visit import page_for

router = APIRouter(default_response_class=HTMLResponse)


class Page(NamedTuple):
    """A page to be: made while the database is at hand, shown when it is not."""

    name: str
    status: int
    words: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """One act on one dossier before one visitor. `fact` is that of which alone they asked the form, if any."""

    house: House
    seen: Seen
    words: DeedWords
    place: str
    fact: str

    @property
    def path(self) -> str:
        """Where the form goes; what was asked for in the address stays in it."""
        asked = {name: value for name, value in (("taak", self.place), ("gegeven", self.fact)) if value}
        path = f"/dossier/{self.seen.held.code}/handeling/{self.words.slug}"
        return f"{path}?{urlencode(asked)}" if asked else path

    @property
    def where(self) -> Place:
        """What its forms are sealed for: this person, this act, this dossier."""
        visitor = self.seen.visitor
        sealed_for = f"{visitor.person}/dossier/{self.seen.held.code}/handeling/{self.words.slug}"
        return Place(self.path, sealed_for, visitor)

    @property
    def blank(self) -> Blank:
        return Blank(self.house.seal, self.where.sealed_for, self.place, self.fact)

    def show(self, page: Page) -> HTMLResponse:
        return page_for(self.house, self.seen.visitor, page.name, page.status, here="/dossiers", **page.words)


def desk_of(slug: str, seen: TheCase, house: TheHouse, taak: str = "", gegeven: str = "") -> Desk:
    """The act of an address; `taak` and `gegeven` say for which part somebody came (a dependency)."""
    if slug not in BY_SLUG:
        raise Instead("not_found", 404)
    return Desk(house, seen, BY_SLUG[slug], taak, gegeven)


TheDesk = Annotated[Desk, Depends(desk_of)]


@router.get("/dossier/{case}/handeling/{slug}")
def show(desk: TheDesk, house: TheHouse) -> HTMLResponse:
    """The form of an act, for who may do it now; for others why not."""
    seen, person, deed = desk.seen, desk.seen.visitor.person, desk.words.deed
    with house.store.read() as session:
        people = Directory.load(session)
        found = standing(session, seen.held, seen.result, deed, person, now=seen.now)
        empty = Wish(deed, Answer("", found.version))
        page = _form(desk, found, people, empty, {}, 200) if found.offer else _not_now(desk, found, ())
    if found.refusal:
        with house.store.write() as session:
            note(session, "denied", person, seen.now, case=seen.held.code, act=deed, why=found.refusal)
    return desk.show(page)


@router.post("/dossier/{case}/handeling/{slug}", dependencies=[Depends(from_our_page)])
def perform(desk: TheDesk, given: Annotated[Given, Depends(given_of)], house: TheHouse) -> Response:
    """Do it; where dates move, show first what follows."""
    said = {name: given.text(field) for name, field in GIVEN.items()}
    wish = Wish(desk.words.deed, answered(house, desk.where, given), said, given.text(SURE) == "1")
    with house.store.write() as session:
        now, files = house.now(session), documents.folder_of(house.settings.data)
        result = do(session, desk.seen.held.code, desk.seen.visitor.person, wish, now=now, files=files)
        page = None if isinstance(result, Receipt) else _answer(desk, result, Directory.load(session), wish)
    if page is None:
        return RedirectResponse(f"/dossier/{desk.seen.held.code}?gedaan={desk.words.slug}", 303)
    return desk.show(page)


def _answer(desk: Desk, result: Faults | Follows | Overtaken | Standing, people: Directory, wish: Wish) -> Page:
    """What is said to what was handed in, when it was not done."""
    match result:
        case Standing():
            return _not_now(desk, result, ())
        case Follows():
            return _preview(desk, result, wish, {}, 200)
        case Faults(follows=Follows() as follows):
            return _preview(desk, follows, wish, result.problems, 422)
        case Faults(standing=found):
            return _form(desk, found, people, wish, result.problems, 422)
        case Overtaken(standing=found):
            changes = [change_words(change, desk.seen.now) for change in result.changes]
            return _changed(desk, found, people, wish, changes) if found.offer else _not_now(desk, found, changes)


def _head(desk: Desk, found: Standing) -> dict[str, Any]:
    """What stands on top of each of these pages."""
    held = found.held
    return {
        "words": desk.words, "action": desk.path, "code": held.code, "version": found.version,
        "title": found.result.case.terms.procedure.title,
        "subject": sentence(subject_name(held.subject)).rstrip("."),
    }  # fmt: skip


def _form(
    desk: Desk, found: Standing, people: Directory, wish: Wish, problems: Mapping[str, str], status: int
) -> Page:  # fmt: skip
    made = fields(desk.words, found, people, desk.blank, wish, problems)
    shown = {field.error for field in made}
    general = [said for said in problems.values() if said not in shown]
    form = desk.house.seal.form(desk.where.sealed_for, wish.answer.version)
    return Page("act", status, {
        **_head(desk, found), "form": form, "fields": made, "wrong": [field for field in made if field.error],
        "general": general,
    })  # fmt: skip


def _preview(desk: Desk, follows: Follows, wish: Wish, problems: Mapping[str, str], status: int) -> Page:
    found = follows.standing
    reason = reason_field(desk.words, wish.answer, problems)
    return Page("act_follows", status, {
        **_head(desk, found), **follows_words(follows, wish), "kinds": MESSAGES, "reason": reason,
        "wrong": [reason] if reason.error else [], "inputs": kept_inputs(found, wish, desk.blank, sure=True),
    })  # fmt: skip


def _changed(desk: Desk, found: Standing, people: Directory, wish: Wish, changes: list[str]) -> Page:
    return Page("act_changed", 409, {
        **_head(desk, found), "seen": wish.answer.version, "changes": changes,
        "said": input_words(found, wish, people), "inputs": kept_inputs(found, wish, desk.blank, sure=False),
    })  # fmt: skip


def _not_now(desk: Desk, found: Standing, changes: list[str] | tuple[()]) -> Page:
    return Page("act_not", 403 if found.refusal else 409, {
        **_head(desk, found), "refusal": found.refusal, "changes": list(changes)
    })  # fmt: skip
