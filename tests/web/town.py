"""A town for the web's tests: an installation with people and cases, a browser without a screen, and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from html import unescape
from itertools import count
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response
from sqlmodel import Session, select, text

from flows.orange_status import ORANGE_STATUS, RED_FOLLOW_UP
from models import schema
from models.case import Case
from models.message import Link, Mail
from models.operation import Event, Installation, Run
from models.organisation import Absence, Address, Assignment, Person, Subject
from models.session import Store
from tijdig.engine import DueRule, Fact, Go, Procedure, Step, days, is_
from tijdig.engine.case import Record
from tijdig.service import access, cases, pins
from tijdig.service.cases import Doing
from tijdig.service.clock import parse_moment
from tijdig.service.documents import folder_of, keeper
from tijdig.service.held import find
from tijdig.service.links import hashed, revoke
from tijdig.service.people import Directory
from tijdig.service.rounds import deliver_round
from tijdig.service.trial import captured
from tijdig.service.work import Work
from tijdig.settings import Settings
from tijdig.web.app import create_app
from tijdig.web.visit import COOKIE

ADVISER, MEMBER, DIRECTOR = "kwaliteitsadviseur", "lid", "directeur"
START = "2021-10-04T09:00"
URL = "http://testserver"
UUID = "0f8d5c1e-5b1f-4f0a-9c3e-2d6a7b8c9d0e"

KINDS = Procedure(
    "kinds", "KIN", "Alle velden", 1, "lid", owner=ADVISER, late_to=DIRECTOR,
    facts=(
        Fact("visited_on", "date", "Dag van het bezoek", required=True),
        Fact("visited_at", "moment", "Tijdstip"),
        Fact("places", "number", "Aantal plaatsen", min=1, max=20),
        Fact("price", "money", "Bedrag"),
        Fact("clean", "yes_no", "Schoon"),
        Fact("kind", "choice", "Soort", choices=(("day", "Dagopvang"), ("night", "Logeren"))),
        Fact("beds", "text", "Toelichting bij logeren", required=is_("kind", "night")),
        Fact("offer", "ref", "Kenmerk"),
    ),
    steps=(
        Step(
            "fill", "Vul het formulier in", MEMBER, due=DueRule(after="opened:fill", within=days(7)),
            form=("visited_on", "visited_at", "places", "price", "clean", "kind", "beds", "offer"),
        ),
        Step(
            "weigh", "Weeg af", ADVISER, needs=(), undated="Er is geen haast bij.",
            outcomes=(Go("well", "Goed"), Go("ill", "Niet goed", only=is_("kind", "night"))),
        ),
    ),
)  # fmt: skip


def found(address: str) -> None:
    """Make a database with people, procedures and what they need, but no installation yet."""
    store, now = Store.at(address), parse_moment(START)
    schema.upgrade(store)
    with store.write() as session:
        pins.first_versions(session, now=now, by="test")
        pins.publish(session, [ORANGE_STATUS, RED_FOLLOW_UP, KINDS], now=now, by="test")
        roles = {"ann": ADVISER, "bob": ADVISER, "dir": DIRECTOR}
        session.add_all(Person(id=id, name=id.title(), digest=not id.startswith("lid")) for id in (*roles, "lid-014"))
        session.add_all((Subject(ref="lid-014"), Subject(ref="lid-015")))
        session.flush()
        session.add_all(Assignment(person_id=id, role=role) for id, role in roles.items())
        for id in (*roles, "lid-014"):
            session.add(Address(person_id=id, since=date(2021, 1, 1), email=f"{id}@zorg.example"))
        pins.choose(session, "red_decider", DIRECTOR, by="ann", reason="zo besloten", now=now)
    store.close()


@dataclass
class Town:
    """An installation and a client to it. The clock stands still until a test moves it."""

    settings: Settings
    mode: str = "live"
    now: datetime = field(default_factory=lambda: parse_moment(START))

    def __post_init__(self) -> None:
        self.store = Store.at(self.settings.database_url)
        with self.store.write() as session:
            self._begin(session)
        self.app = create_app(self.settings, wall=lambda: self.now)
        self.client = TestClient(self.app, base_url=self.settings.url, raise_server_exceptions=False)

    def _begin(self, session: Session) -> None:
        trial_now = self.now if self.mode == "trial" else None
        session.add(
            Installation(
                uuid="0f8d5c1e-5b1f-4f0a-9c3e-2d6a7b8c9d0e", mode=self.mode, trial_now=trial_now, created_at=self.now
            )
        )

    def close(self) -> None:
        self.client.close()
        self.app.state.house.store.close()
        self.store.close()

    # --- what happens in the town

    def open(self, procedure: str = "orange-status", subject: str = "lid-014", **facts: str) -> str:
        given = facts or ({"orange_on": "2021-07-23"} if procedure == "orange-status" else {})
        with self.store.write() as session:
            work, people = Work(session), Directory.load(session)
            held = cases.open_case(work, people, procedure, subject, given, Doing("ann", self.now))
            work.flush()
            return held.code

    def decide(self, case: str, step: str, outcome: str, by: str, reason: str = "", **form: str) -> None:
        self._do(
            lambda work, people: cases.decide(
                work, people, case, step, outcome, form, Doing(by, self.now, reason=reason)
            )
        )

    def decide_for(self, behalf: str, case: str, step: str, outcome: str, by: str) -> None:
        doing = Doing(by, self.now, behalf=behalf)
        self._do(lambda work, people: cases.decide(work, people, case, step, outcome, {}, doing))

    def decide_with(self, case: str, step: str, outcome: str, by: str, **files: str) -> None:
        """Decide, and hand in these texts as files."""
        given = dict[str, str]()
        for name, said in files.items():
            path = Path(self.settings.data) / f"{name}.csv"
            path.write_text(said, encoding="utf-8")
            given[name] = f"@{path}"
        with self.store.write() as session:
            work = Work(session, keep=keeper(session, folder_of(self.settings.data), now=self.now))
            cases.decide(work, Directory.load(session), case, step, outcome, given, Doing(by, self.now))
            work.flush()

    def record(self, case: str, by: str = "ann", **facts: str) -> None:
        self._do(lambda work, people: cases.record_facts(work, people, case, facts, Doing(by, self.now)))

    def act(self, case: str, name: str, by: str = "ann", reason: str = "zo is het afgesproken", **given: str) -> None:
        self._do(lambda work, people: cases.act(work, people, case, name, given, Doing(by, self.now, reason=reason)))

    def _do(self, deed: Any) -> None:
        with self.store.write() as session:
            work = Work(session)
            deed(work, Directory.load(session))
            work.flush()

    def join(self, person: str, *roles: str) -> None:
        with self.store.write() as session:
            session.add(Person(id=person, name=person.title()))
            session.flush()
            session.add_all(Assignment(person_id=person, role=role) for role in roles)

    def leave(self, person: str) -> None:
        with self.store.write() as session:
            for held in session.exec(select(Assignment).where(Assignment.person_id == person)):
                session.delete(held)

    def revoke(self, person: str) -> None:
        with self.store.write() as session:
            revoke(session, person, now=self.now)

    def phone(self, person: str, number: str) -> None:
        with self.store.write() as session:
            session.add(Address(person_id=person, since=date(2021, 2, 1), email=f"{person}@zorg.example", phone=number))

    def deliver(self) -> None:
        deliver_round(self.store, now=self.now, wall=self.now, settings=self.settings)

    def captured_links(self) -> list[str]:
        """Paths of the links in captured mails."""
        texts = "".join(mail.text for mail in captured(self.settings.data))
        return re.findall(rf"{URL}(/t/\S+)", texts)

    def absent(self, person: str, deputy: str | None = None) -> None:
        with self.store.write() as session:
            session.add(Absence(person_id=person, since=date(2021, 1, 1), until=date(2021, 12, 31), deputy_id=deputy))

    def swept(self, at: datetime | None = None) -> None:
        with self.store.write() as session:
            session.add(Run(kind="sweep", by="test", started_at=at or self.now, finished_at=at or self.now))

    def later(self, **span: int) -> None:
        self.now += timedelta(**span)

    def break_database(self) -> None:
        """The tables are gone under the running service."""
        with self.store.write() as session:
            session.execute(text("drop table link"))
            session.execute(text("drop table installation"))
            session.execute(text("drop table run"))

    @contextmanager
    def impatient(self) -> Iterator[None]:
        """The web service hardly waits for a lock."""
        house = self.app.state.house
        quick = Store.at(self.settings.database_url, wait_seconds=0.05)
        self.app.state.house = replace(house, store=quick)
        yield
        self.app.state.house = house
        quick.close()

    # --- colleagues

    def enter(self, person: str) -> str:
        """This browser is that of a colleague who signed in; gives the token of the visit."""
        with self.store.write() as session:
            token = access.begin(session, person, how="test", wall=self.now)
        self.client.cookies.clear()
        self.client.cookies.set(COOKIE, token)
        return token

    def post(self, path: str, given: dict[str, str], *, page: str = "") -> Response:
        """Hand in the form of a page as a browser does; nothing is followed."""
        form = hidden(page or self.get(path).text)
        return self.client.post(path, data=form | given, follow_redirects=False)

    # --- links and pages

    def link(self, case: str, step: str = "improve", person: str = "lid-014", round: int = 1, **more: Any) -> str:
        """A link as delivery makes it, with a token that a test can read."""
        token = f"token-{next(_numbers)}"
        with self.store.write() as session:
            row = session.exec(select(Case).where(Case.code == case)).one()
            mail = Mail(
                key=token, person_id=person, address="x@zorg.example", kind="A", day=self.now.date(), subject="Te doen",
                text="", html="", next_try_at=self.now, created_at=self.now, state="verzonden",
            )  # fmt: skip
            session.add(mail)
            session.flush()
            until = {"expires_on": date(2022, 10, 4)} | more
            session.add(Link(
                token_sha256=hashed(token), mail_id=mail.id or 0, person_id=person, case_id=row.id or 0, step=step,
                round=round, version=row.version, **until,
            ))  # fmt: skip
        return token

    def get(self, path: str) -> Response:
        return self.client.get(path)

    def fill(self, token: str, files: dict[str, Any] | None = None, *, page: str = "", **given: str) -> Response:
        """Hand in the form of a link as a browser does; `page` is a page that was opened before."""
        form = hidden(page or self.get(f"/t/{token}").text)
        return self.send(token, form | {NAMES.get(name, f"feit.{name}"): text for name, text in given.items()}, files)

    def send(self, token: str, form: dict[str, str], files: dict[str, Any] | None = None) -> Response:
        named = {f"feit.{name}": file for name, file in (files or {}).items()}
        return self.client.post(f"/t/{token}", data=form, files=named or {"": b""})

    # --- what came of it

    def records(self, case: str) -> list[Record]:
        with self.store.read() as session:
            return list(find(session, case).case.records)

    def decisions(self, case: str) -> list[tuple[str, str, str]]:
        return [(r.step, r.outcome, r.by) for r in self.records(case) if r.act == "decide"]

    def version(self, case: str) -> int:
        with self.store.read() as session:
            return session.exec(select(Case.version).where(Case.code == case)).one()

    def mails(self) -> list[tuple[str, str, str]]:
        with self.store.read() as session:
            return [(m.kind, m.person_id, m.subject) for m in session.exec(select(Mail)) if m.state == "klaar"]

    def events(self, kind: str) -> list[str]:
        with self.store.read() as session:
            return list(session.exec(select(Event.actor).where(Event.kind == kind)))


_numbers = count()
NAMES = {"outcome": "uitkomst", "reason": "reden"}


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page, which a browser sends along."""
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)}


def words(page: str) -> str:
    """What a page says: its text on one line, from the heading on."""
    main = re.search(r"<main.*?>(.*)</main>", page, re.S)
    shown = re.sub(r"<[^>]+>", " ", main[1] if main else page)
    return " ".join(unescape(shown).split())
