"""What all pages of Beheer share: who may come in, forms of ours, tables, and what is said after an act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Path, Request
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, RedirectResponse

from tijdig.engine.calendar import local_day, short_date, short_moment
from tijdig.engine.errors import Refused
from tijdig.service import administration
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.link import from_our_page
from tijdig.web.uploads import Given, given_of
from tijdig.web.view import FORM, Field
from tijdig.web.visit import TheVisitor, Visitor, page_for

HERE = "/beheer"
REASON = "reden"
ON_A_PAGE = 50

TABS = (
    ("/beheer/postvak-uit", "Postvak uit"), ("/beheer/incidenten", "Incidenten"), ("/beheer/personen", "Personen"),
    ("/beheer/rollen", "Rollen"), ("/beheer/afwezigheid", "Afwezigheid"),
    ("/beheer/dekking", "Dekking"),
    ("/beheer/instellingen", "Instellingen"),
    ("/beheer/kalenders", "Kalenders"),
    ("/beheer/mailstand", "Mailstand"),
    ("/beheer/bewaking", "Bewaking"),
    ("/beheer/overnemen", "Overnemen"),
)  # fmt: skip
"""The pages, in the order of their names above each of them."""

ALREADY = "al"
DONE = {
    ALREADY: "Dit formulier was al verwerkt. Er is niets dubbel gedaan.",
    "bericht": "Het bericht is afgehandeld.",
    "berichten": "De berichten zijn afgehandeld.",
    "geprobeerd": "Het dossier is opnieuw geprobeerd. Hieronder ziet u hoe het nu staat.",
    "incident": "Het incident is afgehandeld.",
    "persoon": "De persoon is vastgelegd.",
    "rol": "De rol is vastgelegd.",
    "rol-eind": "De rol is beëindigd.",
    "afwezigheid": "De afwezigheid is vastgelegd.",
    "instelling": "De instelling is vastgelegd.",
    "verzet": "De lopende dossiers zijn verzet.",
    "vrijgegeven": "De mail is vrijgegeven.",
    "afwezigheid-eind": "De afwezigheid is gewijzigd.",
}
"""What is said on the page that one comes to after an act, by the word in its address."""


Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""A number in an address, as a database takes it."""


# --- who may come in


def administrator_of(request: Request, visitor: TheVisitor, house: TheHouse) -> Visitor:
    """Who looks, if they are an administrator; that another one tried is written down (a dependency)."""
    if not visitor.is_administrator:
        refusal = administration.refuse(house.store, visitor.person, request.url.path, wall=house.wall())
        raise Instead("no_right", 403, why=str(refusal))
    return visitor


TheAdministrator = Annotated[Visitor, Depends(administrator_of)]


# --- forms


@dataclass(frozen=True, slots=True)
class Filled:
    """A form of ours that came in: its one-time key and what it holds."""

    key: str
    texts: Mapping[str, str]
    files: Mapping[str, UploadFile]

    def text(self, name: str) -> str:
        return self.texts.get(name, "").strip()


def filled_of(
    request: Request, admin: TheAdministrator, _: Annotated[None, Depends(from_our_page)],
    given: Annotated[Given, Depends(given_of)], house: TheHouse,
) -> Filled:  # fmt: skip
    """What was filled in, on a form that was made here for this person and this address (a dependency)."""
    form = house.seal.opened_form(_sealed_for(admin, request.url.path), given.text(FORM))
    if form is None:
        raise Instead("not_ours", 403)
    return Filled(form.key, given.texts, given.files)


TheForm = Annotated[Filled, Depends(filled_of)]


def new_form(house: House, admin: Visitor, path: str) -> str:
    """A form that will be handed in at a path. It outlives the visit in which it was made."""
    return house.seal.form(_sealed_for(admin, path), 0)


def _sealed_for(admin: Visitor, path: str) -> str:
    return f"{admin.person}{path}"


def text_field(name: str, label: str, values: Mapping[str, str], wrong: Mapping[str, str], **more: Any) -> Field:
    """A field of a form, with what was filled in and what is wrong with it."""
    kind, note, hint, choices = (more.get(each, "") for each in ("kind", "note", "hint", "choices"))
    return Field(
        name, kind or "line", label, note, hint, values.get(name, ""), tuple(choices or ()), wrong.get(name, "")
    )


@dataclass(frozen=True, slots=True)
class Select(Field):
    """A field of which one chooses from a list that is too long to show."""

    @property
    def target(self) -> str:
        return self.id


def told(wrong: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, str]:
    """What an import says of columns, as a form says it of its fields."""
    found = dict(wrong)
    for column, label in labels.items():
        found = {name: text.replace(f"'{column}'", f"'{label}'") for name, text in found.items()}
    return found


def reason_field(values: Mapping[str, str], wrong: Mapping[str, str]) -> Field:
    """Why something is done: mandatory, and kept in the log of the house."""
    hint = "Minimaal 10 tekens. Geen cliëntnamen en geen BSN."
    return text_field(REASON, "Reden", values, wrong, kind="text", hint=hint)


def reason_problem(text: str) -> dict[str, str]:
    """What is wrong with a reason, as problems of a form."""
    try:
        administration.reason_of(text)
    except Refused as refusal:
        return {REASON: str(refusal)}
    return {}


# --- pages


def page(
    house: House, admin: Visitor, name: str, /, status: int = 200, *, tab: str = "", **words: Any
) -> HTMLResponse:  # fmt: skip
    """A page of Beheer. `fields` are those of its form: those that are wrong stand in the summary."""
    wrong = [each for each in words.get("fields", ()) if each.error]
    shared = {"here": HERE, "tabs": TABS, "tab": tab, "wrong": wrong, "done": "", "problem": ""}
    return page_for(house, admin, f"office/{name}", status, **{**shared, **words})


def said(done: str) -> str:
    """What is said of an act, on the page that one comes to after it."""
    return DONE.get(done, "")


def onward(path: str, done: str, **query: str) -> RedirectResponse:
    """To a page, after an act: asking for it again does nothing again."""
    return RedirectResponse(f"{path}?{urlencode({**query, 'gedaan': done})}", 303)


# --- tables


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: words, perhaps with a link, a shape with the colour of a status before them, and small print after."""

    words: str
    to: str = ""
    shape: str = ""
    status: str = ""
    note: str = ""
    iso: str = ""
    """Where the words are a date or moment, the same for machines."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: what it is called, its columns, and rows of cells, of which the first names the row."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def cell(value: object, **more: Any) -> Cell:
    """A cell of plain words, a day or a moment; empty for what is open or unknown."""
    match value:
        case None | date.min | date.max:
            return Cell("", **more)
        case datetime():
            return Cell(short_moment(value), iso=value.isoformat(timespec="minutes"), **more)
        case date():
            return Cell(short_date(value), iso=value.isoformat(), **more)
    return Cell(str(value), **more)


@dataclass(frozen=True, slots=True)
class Leaves:
    """A list on several pages: which one this is, and of how many; the address keeps the filter."""

    path: str
    total: int
    asked: int
    query: Mapping[str, str] = field(default_factory=dict)
    size: int = ON_A_PAGE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def number(self) -> int:
        return min(max(self.asked, 1), self.pages)

    @property
    def skip(self) -> int:
        return (self.number - 1) * self.size

    @property
    def before(self) -> str:
        return self._to(self.number - 1)

    @property
    def after(self) -> str:
        return self._to(self.number + 1)

    def _to(self, number: int) -> str:
        query = {name: value for name, value in self.query.items() if value}
        return f"{self.path}?{urlencode({**query, 'blad': number})}" if 1 <= number <= self.pages else ""


def today_of(house: House) -> date:
    """The day that it is in the installation."""
    with house.store.read() as session:
        return local_day(house.now(session))
