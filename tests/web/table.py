"""The table of routes: who gets what at each address. From it come test_routes, test_fuzz and test_counts.

A new page adds one line to TABLE, a new `{name}` in an address one to VALUES; without them a test fails and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fastapi.routing import APIRoute
from sqlmodel import select
from starlette.routing import BaseRoute

from models.message import Mail
from models.operation import Incident
from models.organisation import Absence, Assignment
from tests.web.town import ADVISER, Town
from tijdig.service.compared import differences
from tijdig.service.documents import folder_of
from tijdig.service.feeds import make_feed
from tijdig.service.trial import captured

Visitor = Literal["stranger", "no role", "elsewhere", "keeper", "holder"]
Due = Literal["in", "sign in", "refused"]

PERSONS: Mapping[Visitor, str] = {"no role": "eve", "elsewhere": "zoe", "keeper": "kim", "holder": "ann"}
"""Eve is a purchaser; Zoe an adviser of another member only; Kim looks after the installation; Ann is an adviser."""

COLLEAGUE_OF = {"ann": "bob", "kim": "kai"}
"""Who may do the same, from another browser."""


Value = Callable[[Town, str], str]
"""Gives what stands in an address when a person goes there."""


@dataclass(frozen=True)
class Who:
    """Who gets in. All others who signed in are refused; a stranger is asked to sign in."""

    visitors: frozenset[Visitor]
    stranger: Due = "sign in"

    def due(self, visitor: Visitor) -> Due:
        return "in" if visitor in self.visitors else self.stranger if visitor == "stranger" else "refused"

    @property
    def person(self) -> str:
        """One who gets in by a role of theirs; empty where nobody needs one."""
        mine = [PERSONS[visitor] for visitor in ("holder", "keeper") if visitor in self.visitors]
        return mine[0] if mine and "no role" not in self.visitors else ""


def only(*visitors: Visitor) -> Who:
    return Who(frozenset(visitors))


ALL = only("stranger", *PERSONS)
COLLEAGUES = only(*PERSONS)
"""Whoever signed in; what a list shows them is another matter, and tested too."""
READERS = only("keeper", "holder")
"""Who may read this dossier."""
HOLDERS = only("holder")
"""Who has the role of the task."""
KEEPERS = only("keeper")
"""Who looks after the installation (beheerder)."""
NOBODY = Who(frozenset(), stranger="refused")
"""There only where colleagues sign in by their organisation: test_oidc."""


@dataclass(frozen=True)
class Line:
    """What is due at one address."""

    who: Who
    query: str = ""
    """What a GET asks more: "jaar=2021"."""
    form: str = ""
    """Of a POST: the address where its form stands; empty when that is the same one."""
    via: Mapping[str, str] = field(default_factory=dict)
    """Of a POST whose form comes after another (a preview): what is filled in on that one, which stands at `form`."""
    given: Mapping[str, str] = field(default_factory=dict)
    """Of a POST: what the holder fills in, with which it succeeds."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """What stands in the address for its names, where that is not as in VALUES."""
    trial: bool = False
    """Only a trial has it."""
    formless: str = ""
    """Why it needs no form of ours."""
    repeats: str = ""
    """Why the same form handed in twice does it twice."""
    names: str = ""
    """Why the member may be named to who has no role in the dossier."""


def uncertain(town: Town, _: str) -> str:
    """The number of a mail that waits for somebody."""
    with town.store.read() as session:
        return str(session.exec(select(Mail.id).where(Mail.state == "onzeker")).one())


def calendar(town: Town, _: str) -> str:
    """The address of a calendar of Ann's work."""
    with town.store.write() as session:
        return make_feed(session, "ann", None, now=town.now)


def incident(town: Town, _: str) -> str:
    """The number of what stands apart."""
    with town.store.read() as session:
        return str(session.exec(select(Incident.id).where(Incident.kind == "case")).one())


def document(town: Town, _: str) -> str:
    """The hash of the file that was handed in."""
    facts: dict[str, Any] = {}
    for record in town.records("ORA-2021-001"):
        facts |= record.values
    return str(facts["evidence"]["sha256"])


def assignment(town: Town, _: str) -> str:
    """The number of a role that somebody holds."""
    with town.store.read() as session:
        return str(session.exec(select(Assignment.id).where(Assignment.person_id == "zoe")).one())


def absence(town: Town, _: str) -> str:
    """The number of a time that somebody is away."""
    with town.store.read() as session:
        return str(session.exec(select(Absence.id)).one())


def difference(town: Town, _: str) -> str:
    """What two registers of a report say otherwise."""
    with town.store.read() as session:
        found = differences(session, "WZH-2021-002", folder_of(town.settings.data))["differences"]
    return str(found[0]["difference"])


REPORT: Mapping[str, Value] = {"case": lambda town, person: "WZH-2021-001"}
COMPARED: Mapping[str, Value] = {"case": lambda town, person: "WZH-2021-002", "difference": difference}
ROLE, AWAY = {"number": assignment}, {"number": absence}
MAIL, APART = {"number": uncertain}, {"number": incident}
PEOPLE = {"tekst.people": "id,name,email,channel\nfay,Fay,fay@zorg.example,mail\n"}
HANDED, OWN = "een haas in het hoge gras", "drie kraaien op een natte tak"
WHY = {"reden": "nagevraagd per telefoon"}

ADDRESS = "whoever holds the address, holds the calendar"

TABLE: Mapping[str, Line] = {
    "GET /": Line(ALL),
    "GET /gezond": Line(ALL),
    "GET /aanmelden": Line(ALL),
    "GET /aanmelden/organisatie": Line(NOBODY),
    "GET /aanmelden/terug": Line(NOBODY),
    "GET /afgemeld": Line(NOBODY),
    "POST /aanmelden": Line(ALL, given={"naam": "ann", "wachtwoord": HANDED}),
    "POST /kijk-als": Line(ALL, form="/aanmelden", given={"persoon": "ann"}, trial=True),
    "POST /afmelden": Line(COLLEAGUES, form="/"),
    "GET /wachtwoord": Line(COLLEAGUES),
    "POST /wachtwoord": Line(COLLEAGUES, given={"huidig": HANDED} | dict.fromkeys(("nieuw", "nogmaals"), OWN)),
    "GET /wachtwoord/gekozen": Line(COLLEAGUES),
    "GET /beheer": Line(KEEPERS),
    "GET /beheer/afwezigheid": Line(KEEPERS),
    "GET /beheer/afwezigheid/nieuw": Line(KEEPERS),
    "POST /beheer/afwezigheid/nieuw": Line(
        KEEPERS, given={"person": "ann", "deputy": "bob", "from": "2021-12-06", "until": "2021-12-10"}
    ),
    "GET /beheer/afwezigheid/{number}": Line(KEEPERS, values=AWAY),
    "POST /beheer/afwezigheid/{number}": Line(KEEPERS, values=AWAY, given={"laatste-dag": "2021-11-12"}),
    "GET /beheer/personen": Line(KEEPERS),
    "GET /beheer/personen/nieuw": Line(KEEPERS),
    "POST /beheer/personen/nieuw": Line(KEEPERS, given={"id": "fay", "name": "Fay"}),
    "GET /beheer/personen/{person}": Line(KEEPERS),
    "POST /beheer/personen/{person}": Line(KEEPERS, given={"name": "Dirk", "email": "dir@zorg.example"}),
    "POST /beheer/personen/{person}/wachtwoord": Line(KEEPERS, form="/beheer/personen/{person}"),
    "GET /beheer/rollen": Line(KEEPERS),
    "GET /beheer/rollen/nieuw": Line(KEEPERS),
    "POST /beheer/rollen/nieuw": Line(KEEPERS, given={"person": "eve", "role": ADVISER, "scope": "all"}),
    "GET /beheer/rollen/{number}": Line(KEEPERS, values=ROLE),
    "POST /beheer/rollen/{number}": Line(KEEPERS, values=ROLE, given={"laatste-dag": "2021-12-31"}),
    "GET /beheer/incidenten": Line(KEEPERS),
    "GET /beheer/incidenten/{number}": Line(KEEPERS, values=APART),
    "POST /beheer/incidenten/{number}": Line(KEEPERS, values=APART, given=WHY),
    "POST /beheer/incidenten/{number}/opnieuw": Line(KEEPERS, values=APART, form="/beheer/incidenten/{number}"),
    "GET /beheer/postvak-uit": Line(KEEPERS),
    "POST /beheer/postvak-uit": Line(KEEPERS),
    "GET /beheer/postvak-uit/samen": Line(KEEPERS),
    "POST /beheer/postvak-uit/samen": Line(
        KEEPERS, form="/beheer/postvak-uit", via={"bericht.{number}": "ja", "hoe": "arrived"}, values=MAIL, given=WHY
    ),
    "GET /beheer/postvak-uit/{number}": Line(KEEPERS, values=MAIL),
    "POST /beheer/postvak-uit/{number}": Line(KEEPERS, values=MAIL, given=WHY | {"hoe": "arrived"}),
    "GET /beheer/overnemen": Line(KEEPERS),
    "POST /beheer/overnemen": Line(KEEPERS, given=PEOPLE),
    "GET /beheer/dekking": Line(KEEPERS),
    "GET /beheer/instellingen": Line(KEEPERS),
    "GET /beheer/instellingen/{setting}": Line(KEEPERS),
    "POST /beheer/instellingen/{setting}": Line(KEEPERS, given=WHY | {"waarde": "10 weken"}),
    "GET /beheer/kalenders": Line(KEEPERS),
    "GET /beheer/verzetten": Line(KEEPERS),
    "POST /beheer/verzetten": Line(KEEPERS, given={"naar": "settings"}),
    "GET /beheer/verzetten/doen": Line(KEEPERS),
    "POST /beheer/verzetten/doen": Line(KEEPERS, form="/beheer/verzetten", via={"naar": "settings"}, given=WHY),
    "GET /beheer/mailstand": Line(KEEPERS),
    "POST /beheer/mailstand": Line(KEEPERS, given=WHY),
    "GET /beheer/bewaking": Line(KEEPERS, query="volledig=1"),
    "GET /beheer/overnemen/doen": Line(KEEPERS),
    "POST /beheer/overnemen/doen": Line(KEEPERS, form="/beheer/overnemen", via=PEOPLE, given=WHY),
    "GET /dossiers": Line(COLLEAGUES),
    "GET /dossiers/nieuw": Line(COLLEAGUES),
    "POST /dossiers/nieuw": Line(
        HOLDERS, form="/dossiers/nieuw?procedure=red-follow-up&onderwerp=lid-014", via={"feit.red_on": "4-10-2021"}
    ),
    "GET /dossier/{case}": Line(READERS),
    "GET /dossier/{case}/bewijsmap": Line(READERS),
    "GET /dossier/{case}/document/{sha256}": Line(READERS),
    "GET /dossier/{case}/documenten": Line(READERS),
    "GET /dossier/{case}/handeling/{slug}": Line(HOLDERS),
    "POST /dossier/{case}/handeling/{slug}": Line(HOLDERS, given=WHY | {"plaats": "judge"}),
    "POST /dossier/{case}/maak/{kind}/{format}": Line(
        READERS, form="/dossier/{case}/documenten", repeats="each time the document as the dossier stands then"
    ),
    "GET /dossier/{case}/berichten": Line(READERS),
    "GET /dossier/{case}/logboek": Line(READERS),
    "GET /dossier/{case}/taak/{step}": Line(READERS),
    "POST /dossier/{case}/taak/{step}": Line(HOLDERS, given={"uitkomst": "green"}),
    "GET /dossier/{case}/taak/{step}/stuk/{sha256}": Line(READERS),
    "GET /logboek": Line(COLLEAGUES),
    "GET /logboek/regels.{form}": Line(COLLEAGUES),
    "POST /logboek/keten": Line(READERS, form="/logboek?dossier={case}", given={"dossier": "ORA-2021-001"}),
    "GET /procedures": Line(COLLEAGUES),
    "GET /procedures/{procedure}": Line(COLLEAGUES),
    "GET /procedures/{procedure}/proefdraaien": Line(COLLEAGUES, query="start=1-10-2021&tot=31-12-2021"),
    "GET /procedures/{procedure}/schema.svg": Line(COLLEAGUES),
    "GET /rapportages": Line(COLLEAGUES),
    "GET /rapportages/{case}": Line(READERS, values=REPORT),
    "GET /rapportages/{case}/tabel/{table}.{form}": Line(READERS, values=REPORT),
    "GET /rapportages/{case}/herinner": Line(READERS, values=REPORT),
    "POST /rapportages/{case}/herinner": Line(HOLDERS, values=REPORT, given=WHY),
    "GET /rapportages/{case}/verschil/{difference}": Line(READERS, values=COMPARED),
    "POST /rapportages/{case}/verschil/{difference}": Line(
        HOLDERS, values=COMPARED, given=WHY | {"geldt": "officer_log"}
    ),
    "POST /taken/samen": Line(
        HOLDERS, form="/", given=WHY | {"taak.ORA-2021-001.judge": "2", "doe": "herinneren", "zeker": "1"}
    ),
    "GET /t/{token}": Line(ALL, names="a link is its own key"),
    "POST /t/{token}": Line(ALL, given={"uitkomst": "green"}),
    "POST /t/{token}/nieuw": Line(ALL, formless="who holds an old link may ask for a new one, to their own mailbox"),
    "GET /t/{token}/stuk/{sha256}": Line(ALL),
    "POST /volgende-dag": Line(ALL, form="/", trial=True, repeats="each form of a trial moves its clock by a day"),
    "GET /agenda": Line(COLLEAGUES),
    "POST /agenda": Line(COLLEAGUES, given={"wat": "werk"}),
    "POST /agenda/intrekken": Line(COLLEAGUES, form="/agenda", given={"agenda": "1"}),
    "GET /agenda/{token}.ics": Line(ALL, values={"token": calendar}, names=ADDRESS),
    "HEAD /agenda/{token}.ics": Line(ALL, values={"token": calendar}, names=ADDRESS),
    "GET /zoeken": Line(COLLEAGUES, query="q=014"),
    "GET /exporteren/{which}.{form}": Line(COLLEAGUES),
    "GET /leden": Line(COLLEAGUES),
    "GET /lid/{ref}": Line(READERS),
    "GET /termijnkalender": Line(COLLEAGUES),
    "GET /termijnkalender/terugrekenen": Line(COLLEAGUES),
    "GET /postvak": Line(ALL, trial=True, names="a trial holds nobody's secrets"),
    "GET /postvak/{name}": Line(ALL, trial=True, names="a trial holds nobody's secrets"),
}

VALUES: Mapping[str, Value] = {
    "case": lambda town, person: "ORA-2021-001",
    "step": lambda town, person: "judge",
    "slug": lambda town, person: "herinneren",
    "kind": lambda town, person: "orange-letter",
    "format": lambda town, person: "docx",
    "person": lambda town, person: "dir",
    "which": lambda town, person: "leden",
    "form": lambda town, person: "csv",
    "ref": lambda town, person: "lid-014",
    "setting": lambda town, person: "orange_term",
    "procedure": lambda town, person: "orange-status",
    "sha256": document,
    "table": lambda town, person: "returns",
    "token": lambda town, person: town.link("ORA-2021-001", "judge", person or "ann"),
    "name": lambda town, person: captured(town.settings.data)[0].name,
}
"""What stands in an address for each name in it. The town of stage.py holds it."""

MISSING = """
The table of routes lacks:  {}
Add a line to TABLE in tests/web/table.py, for example
    "GET /leden": Line(COLLEAGUES),
    "GET /dossier/{{case}}/x": Line(READERS),
    "POST /beheer/x": Line(KEEPERS, form="/beheer", given={{"veld": "waarde"}}),
The kinds (ALL, COLLEAGUES, READERS, HOLDERS, KEEPERS) are explained there."""
UNKNOWN = "An address has {{{0}}}. Say in VALUES of tests/web/table.py, or in values= of its line, what stands there."


@dataclass(frozen=True)
class Stop:
    """A route of the application, with its line in the table."""

    name: str
    line: Line
    route: APIRoute | None = None

    @property
    def method(self) -> str:
        return self.name.partition(" ")[0]

    @property
    def form_for_all(self) -> bool:
        """Whether its form is the same for whoever gets it: it is bound to no visit and no link."""
        return self.line.who == ALL and not self.is_link

    @property
    def is_link(self) -> bool:
        """The key to it stands in its address."""
        return "{token}" in self.name

    def path(self, town: Town, person: str = "") -> str:
        query = f"?{self.line.query}" if self.line.query else ""
        return self._filled(self.name.partition(" ")[2], town, person) + query

    def page(self, town: Town, path: str) -> str:
        """Where the form of a POST to this path stands."""
        return self._filled(self.line.form, town, "") if self.line.form else path

    def via(self, town: Town) -> dict[str, str]:
        """What is filled in on the form before this one."""
        return {self._filled(name, town, ""): text for name, text in self.line.via.items()}

    def _filled(self, path: str, town: Town, person: str) -> str:
        return filled(path, town, person, self.line.values)


def stops(method: str = "") -> list[Stop]:
    """The lines of the table, as cases of a test."""
    return [Stop(name, line) for name, line in TABLE.items() if name.startswith(method)]


def named(stop: Stop) -> str:
    return stop.name


def filled(path: str, town: Town, person: str, values: Mapping[str, Value]) -> str:
    """An address with values in it."""
    for part in path.split("{")[1:]:
        name = part.partition("}")[0]
        value = values.get(name) or VALUES.get(name)
        assert value, UNKNOWN.format(name)
        path = path.replace(f"{{{name}}}", value(town, person))
    return path


def routes(town: Town) -> dict[str, APIRoute]:
    """Every route of the application, by method and address."""
    found = [route for route in _all(town.app.routes) if isinstance(route, APIRoute)]
    return {f"{method} {route.path}": route for route in found for method in sorted(route.methods)}


def _all(known: list[BaseRoute]) -> Iterator[BaseRoute]:
    for route in known:
        inner = getattr(route, "original_router", None)
        yield from _all(inner.routes) if inner else [route]
