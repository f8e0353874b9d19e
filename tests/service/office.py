"""An office for tests: an installation with a few people and members, in which somebody does something on a day.

What a deed gives are lines that read aloud: each effect, its marks, and to whom it is told, by the letter of the mail
(ux.md, section 6). `remind improve week_4 > E lid, E kwaliteitsadviseur` was told to two roles; nothing after the
effect means that nobody hears of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from sqlmodel import Session, col, select

from flows.orange_status import ORANGE_STATUS, RED_FOLLOW_UP
from models import schema
from models.case import Case, Log, OpenObligation
from models.message import Notice
from models.operation import Installation
from models.organisation import Absence, Address, Assignment, Person, Subject
from models.session import Store
from tijdig.engine.calendar import instant
from tijdig.engine.case import Effect
from tijdig.engine.language import Procedure
from tijdig.service import cases, pins
from tijdig.service.cases import Doing
from tijdig.service.held import find
from tijdig.service.people import Directory
from tijdig.service.sweep import sweep
from tijdig.service.work import Done, Work

REASON = "dit is met elkaar besproken"
FOUNDED = datetime(2020, 1, 1, tzinfo=UTC)
PEOPLE = {
    "adviser1": "kwaliteitsadviseur",
    "adviser2": "kwaliteitsadviseur",
    "quality1": "kwaliteitsteam",
    "director1": "directeur",
    "admin1": "zorgadministratie",
}
MEMBERS = ("lid-001", "lid-002", "lid-003")


def found(address: str, procedures: Iterable[Procedure] = (ORANGE_STATUS, RED_FOLLOW_UP)) -> Store:
    """A new installation at this address, with people, members and procedures; nobody set anything yet."""
    store = Store.at(address)
    schema.upgrade(store)
    with store.write() as session:
        session.add(Installation(uuid="00000000-0000-0000-0000-000000000000", mode="live", created_at=FOUNDED))
        pins.first_versions(session, now=FOUNDED, by="test")
        pins.publish(session, procedures, now=FOUNDED, by="test")
        session.add_all(Person(id=person, name=person.title()) for person in PEOPLE)
        session.add_all(Person(id=member, name=member.title(), digest=False) for member in MEMBERS)
        session.add_all(Subject(ref=member) for member in MEMBERS)
        session.flush()  # the tables below refer to these
        for person, role in PEOPLE.items():
            session.add(Assignment(person_id=person, role=role))
        for person in (*PEOPLE, *MEMBERS):
            session.add(Address(person_id=person, since=date(2020, 1, 1), email=f"{person}@zorg.example"))
    return store


@dataclass
class Office:
    """One installation and its present day. Deeds happen at nine in the morning unless `hour` says otherwise."""

    store: Store
    day: date = date(2026, 1, 5)
    hour: time = time(9)
    _notices: int = field(default=0)

    @property
    def now(self) -> datetime:
        return instant(self.day, self.hour)

    def on(self, day: str | date, hour: str = "09:00") -> Office:
        self.day, self.hour = date.fromisoformat(str(day)), time.fromisoformat(hour)
        return self

    # --- what people do

    def choose(self, setting: str, value: str) -> None:
        with self.store.write() as session:
            pins.choose(session, setting, value, by="adviser1", reason=REASON, now=self.now)

    def open(self, procedure: str, subject: str, by: str = "adviser1", *, at_step: str = "", **facts: str) -> list[str]:
        return self._do(
            lambda work, people: cases.open_case(
                work, people, procedure, subject, facts, self._doing(by), at_step=at_step
            )
        )

    def decide(
        self, case: str, step: str, outcome: str, by: str, *, behalf: str = "", reason: str = REASON, **form: str
    ) -> list[str]:
        doing = self._doing(by, behalf, reason)
        return self._do(lambda work, people: cases.decide(work, people, case, step, outcome, form, doing))

    def record(self, case: str, by: str = "adviser1", **facts: str) -> list[str]:
        return self._do(lambda work, people: cases.record_facts(work, people, case, facts, self._doing(by)))

    def correct(self, case: str, by: str = "adviser1", **facts: str) -> list[str]:
        return self._do(lambda work, people: cases.correct(work, people, case, facts, self._doing(by)))

    def act(self, case: str, act: str, by: str = "adviser1", /, **given: str) -> list[str]:
        return self._do(lambda work, people: cases.act(work, people, case, act, given, self._doing(by)))

    def sweep(self) -> list[str]:
        swept = sweep(self.store, now=self.now, wall=self.now)
        assert swept.incidents == []
        return self._lines(swept.effects)

    def absent(self, person: str, since: str, until: str, deputy: str | None = None) -> None:
        period = {"since": date.fromisoformat(since), "until": date.fromisoformat(until)}
        with self.store.write() as session:
            session.add(Absence(person_id=person, deputy_id=deputy, **period))

    def _doing(self, by: str, behalf: str = "", reason: str = REASON) -> Doing:
        return Doing(by, self.now, behalf, reason)

    def _do(self, deed: Callable[[Work, Directory], Any]) -> list[str]:
        with self.store.write() as session:
            work = Work(session, keep=lambda path: {"name": path, "sha256": "0" * 64, "size": 1})
            deed(work, Directory.load(session))
            work.flush()
            done = work.done
        return self._lines(done)

    # --- what came of it

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self.store.read() as session:
            yield session

    def state(self, case: str) -> str:
        with self.reading() as session:
            return find(session, case).state

    def due(self, case: str, step: str) -> str:
        """The day on which an open step or goal of a case is due."""
        with self.reading() as session:
            row = find(session, case)
            found = session.exec(
                select(OpenObligation).where(OpenObligation.case_id == row.id, OpenObligation.step == step)
            )
            return str(found.one().due)

    def tasks(self, case: str) -> list[str]:
        """The steps that stand open, each with its role."""
        with self.reading() as session:
            wanted = select(OpenObligation).where(
                OpenObligation.case_id == find(session, case).id, OpenObligation.kind == "step"
            )
            return sorted(f"{row.step} {row.role}" for row in session.exec(wanted))

    def codes(self, procedure: str) -> list[str]:
        with self.reading() as session:
            return sorted(session.exec(select(Case.code).where(Case.procedure == procedure)))

    def said(self, letter: str, step: str) -> list[dict[str, Any]]:
        """The variables of the notices of a letter about a step, in order."""
        with self.reading() as session:
            wanted = select(Notice).where(Notice.kind == letter, Notice.step == step).order_by(col(Notice.id))
            return [{"to": row.role, **json.loads(row.variables)} for row in session.exec(wanted)]

    def _lines(self, done: Iterable[Done]) -> list[str]:
        with self.reading() as session:
            codes = {row.id: row.code for row in session.exec(select(Case))}
            wanted = select(Notice, Log.key).join(Log, col(Log.id) == col(Notice.log_id))
            fresh = session.exec(wanted.where(col(Notice.id) > self._notices).order_by(col(Notice.id))).all()
        self._notices = max((notice.id or 0 for notice, _ in fresh), default=self._notices)
        told: dict[str, list[str]] = {}
        for notice, key in fresh:
            about = notice.step if notice.kind == "F" else f"{codes[notice.case_id]}/{key}"
            told.setdefault(about, []).append(f"{notice.kind} {notice.role}")
        lines = [line(each.effect, told.pop(each.key, [])) for each in done]
        moved = [f"changed {step} > {', '.join(roles)}" for step, roles in told.items()]
        return [*lines, *moved]


def line(effect: Effect, told: Iterable[str] = ()) -> str:
    """An effect as a test reads it: kind, step (with its round after the first), rule, marks, who is told."""
    name = effect.step if effect.round == 1 else f"{effect.step}#{effect.round}"
    marks = [effect.overtaken or "", "waits" if effect.waits else "", "summary" if effect.summary else ""]
    said = " ".join(filter(None, (effect.kind, name, effect.rule, *(f"({mark})" for mark in marks if mark))))
    return f"{said} > {', '.join(told)}" if told else said
