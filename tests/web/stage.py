"""A town where every page of the table has something to show, and what the tests of all routes ask of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from html import unescape
from typing import Any

from httpx import Response
from sqlmodel import SQLModel, select

from flows.wzd_half_year import WZD_HALF_YEAR, WZD_RETURN, WZD_YEAR
from models.message import Mail
from models.operation import Cohort
from models.organisation import Absence, Assignment, Person, Subject
from models.restore import Restore
from tests.web.table import ALL, COLLEAGUE_OF, HANDED, PERSONS, Stop
from tests.web.town import ADVISER, Town
from tijdig.service import access, pins
from tijdig.service.feeds import make_feed
from tijdig.service.held import find
from tijdig.service.incidents import raise_incident
from tijdig.service.people import ADMINISTRATOR
from tijdig.settings import Settings

ROLES = {"eve": "inkoper", "kim": ADMINISTRATOR, "kai": ADMINISTRATOR}
SECRETS = ("lid 014", "lid-014")
"""What of the dossier nobody may read who has no role in it."""

PASSING = {"visit", "attempt"}
SEEN = {"read", "denied", "sign_in"}
"""Tables and events that may grow by looking."""


def prepare(settings: Settings, mode: str) -> None:
    """Fill a town: a case to judge with a document in it, another one, and everybody of the table."""
    town = Town(settings, mode)
    with town.store.write() as session:
        session.add(Subject(ref="lid-099"))
        session.add_all(Person(id=id, name=id.title()) for id in (*ROLES, "zoe"))
        session.flush()
        session.add_all(Assignment(person_id=id, role=role) for id, role in ROLES.items())
        session.add(Absence(person_id="bob", since=date(2021, 11, 1), until=date(2021, 11, 5)))
        for person in ("ann", *ROLES, "zoe"):
            access.choose_password(session, person, HANDED, by="root", wall=town.now)
    case = town.open()
    town.open("kinds", "lid-015")
    town.open(subject="lid-099", orange_on="2021-09-01")
    with town.store.write() as session:
        session.add(Assignment(person_id="zoe", role=ADVISER, scope="subject", scope_value="lid-099"))
    town.fill(town.link(case), {"evidence": ("plan.pdf", b"%PDF-1.7 een plan")}, explanation="Zie bladzijde 2")
    town.swept()
    town.deliver()
    with town.store.write() as session:
        for person in PERSONS.values():
            make_feed(session, person, None, now=town.now)
        session.add(Mail(
            key="storm", person_id="ann", address="ann@zorg.example", kind="A", day=town.now.date(), subject="Te doen",
            text="", html="", next_try_at=town.now, created_at=town.now, state="onzeker",
        ))  # fmt: skip
        session.add(Restore(epoch=2, at=town.now, backup_at=town.now))
        pins.choose(session, "orange_term", "13 weken", by="ann", reason="zo besloten", now=town.now)
        told = {"cause": "Er viel iets om.", "mend": "Kijk.", "now": town.now, "case_id": find(session, case).id}
        raise_incident(session, "case", f"case/{case}", **told)
    _report(town)
    town.close()


def _report(town: Town) -> None:
    """Two half-years: of one somebody has not answered, in the other the registers differ."""
    with town.store.write() as session:
        pins.publish(session, [WZD_HALF_YEAR, WZD_RETURN, WZD_YEAR], now=town.now, by="test")
        session.add(Cohort(name="wzd-members", subject="lid-015", since=date(2020, 1, 1)))
        session.add_all(Assignment(person_id=id, role="wzd-functionaris") for id in ("ann", "bob"))
        session.add(Assignment(person_id="ann", role="zorgadministratie"))
    town.open("wzd-half-year", "2021-01..2021-06", period_from="2021-01-01", period_until="2021-06-30",
              igj_on="2021-08-12")  # fmt: skip
    case = town.open("wzd-half-year", "2020-07..2020-12", period_from="2020-07-01", period_until="2020-12-31",
                     igj_on="2021-02-12")  # fmt: skip
    town.decide(case, "collect", "accept_missing", "ann", "niemand had iets op te geven")
    head, line = "member;client;kind;begin;end;emergency", "lid-015;c-1;c;2020-08-03 14:30;;nee"
    town.decide_with(case, "extract", "handed_in", "ann", care_file=f"{head}\n")
    town.decide_with(case, "log", "handed_in", "ann", officer_log=f"{head}\n{line}\n")


class Staged(Town):
    """A town that was filled already: its installation is there."""

    def _begin(self, session: Any) -> None:
        pass


Again = Callable[[Stop], Staged]
"""Gives a town of one's own for a route."""


def enter(town: Town, person: str) -> None:
    """This browser is that of a colleague, or of nobody."""
    town.client.cookies.clear()
    if person:
        town.enter(person)


def form_of(town: Town, stop: Stop, path: str, person: str) -> dict[str, str]:
    """The hidden fields of the form of a POST as this person gets it, whose browser this is from now on."""
    enter(town, person)
    where = stop.page(town, path)
    page = town.client.get(where, follow_redirects=False)
    if stop.line.via:
        before = where.partition("?")[0]
        page = send(town, before, forms(page.text)[before] | stop.via(town))
    found = forms(page.text).get(path.partition("?")[0])
    assert found is not None, f"{where} has no form that goes to {path}. Say form=... in the line of {stop.name}."
    return found


def forms(page: str) -> dict[str, dict[str, str]]:
    """The hidden fields of each form of a page, by where it goes."""
    found = re.findall(r'<form[^>]*\baction="([^"]*)"[^>]*>(.*?)</form>', page, re.S)
    return {unescape(action): hidden(inside) for action, inside in found}


def hidden(inside: str) -> dict[str, str]:
    tags = re.findall(r"<input\b[^>]*>", inside)
    named = [(re.search(r'\bname="([^"]*)"', tag), re.search(r'\bvalue="([^"]*)"', tag)) for tag in tags
             if 'type="hidden"' in tag]  # fmt: skip
    return {name[1]: unescape(value[1]) if value else "" for name, value in named if name}


def sender(stop: Stop) -> str:
    """Whose form it is that succeeds: of pages for all and of mails' links that of nobody in particular."""
    return "" if stop.line.who == ALL else stop.line.who.person or "eve"


def other(person: str) -> str:
    """Another one with the same rights."""
    return COLLEAGUE_OF.get(person, "ann")


def send(town: Town, path: str, form: dict[str, str], headers: dict[str, str] | None = None) -> Response:
    return town.client.post(path, data=form, headers=headers, follow_redirects=False)


def is_in(answer: Response) -> bool:
    """Whether somebody got what they asked for, and was not sent to sign in."""
    leads_in = answer.status_code == 303 and "/aanmelden?" not in answer.headers["location"]
    return answer.status_code == 200 or leads_in


def contents(town: Town) -> dict[str, Any]:
    """All that the database holds, but for who looked."""
    held: dict[str, Any] = {}
    with town.store.read() as session:
        for table in SQLModel.metadata.sorted_tables:
            rows = [row for row in session.execute(select(table)).mappings() if row.get("kind") not in SEEN]
            held[table.name] = sorted(map(repr, rows)) if table.name not in PASSING else []
    return held


def assert_shielded(answer: Response, path: str) -> None:
    """The headers that stand on every answer, whatever it is."""
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == "'none'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == ("no-cache" if path.startswith("/static/") else "no-store")
    leads = answer.headers.get("location", "/")
    assert leads.startswith("/"), leads
    assert not leads.startswith(("//", "/\\")), leads


def at(settings: Settings, address: str) -> Settings:
    """The same settings with a database elsewhere."""
    return replace(settings, database_url=address)


def of(shared: Mapping[str, Town], stop: Stop) -> Town:
    """The town in which a route is."""
    return shared["trial" if stop.line.trial else "live"]


def field_names(town: Town, stop: Stop, path: str) -> set[str]:
    """The names of all fields where the form of a POST stands, for whoever looks now."""
    page = town.client.get(stop.page(town, path), follow_redirects=False).text
    return set(re.findall(r'<(?:input|select|textarea|button)[^>]*\bname="([^"]+)"', page)) - {"formulier"}
