"""Judges a whole installation at a moment: nothing missed, early, twice or without a cause; every mail accounted for.

It is independent of what it judges: it imports nothing of Tijdig, derives from snapshot, facts and acts by its own
rules what must be, and compares. What it has no rules for it calls 'cannot judge'.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from tests.checker import store as tables
from tests.checker.chain import judge_chain
from tests.checker.days import Office, day_of
from tests.checker.finding import Finding, Unjudgeable
from tests.checker.language import Terms
from tests.checker.post import Captured, Post, captured
from tests.checker.replay import Replay, replay
from tests.checker.rows import Book, CaseRow, Standing

TRIAL_USER = "beheer"
PEOPLE_ACT = {"announce", "child", "cohort", "open"}
"""What the installation itself may do; all else has somebody who did it."""


def judge(
    store: str | Book, mail: Path | Iterable[bytes | Captured] | None, now: datetime, *, rounds: Iterable[datetime] = ()
) -> list[Finding]:
    """All that is wrong in an installation right after a round (a sweep, then a delivery) at `now`.

    `store` is the address of a database (a SQLite file, or postgresql://…) or what `store.read` gave. `mail` is what
    the outside got: a folder of .eml files, or messages raw or read, each as often as it arrived; None: not judged.
    `rounds`: earlier moments of rounds; who gives them also learns of what came later than it could have.
    """
    book = store if isinstance(store, Book) else tables.read(store)
    moments = sorted({*(at for at in rounds if at < now), now})
    findings = [*_definitions(book)]
    replays: dict[int, Replay] = {}
    terms = _Terms(book)
    for case in book.cases:
        erased = any("retention" in event.kind for event in book.events)
        findings += judge_chain(case, book.entries.get(case.id, ()), erased=erased)
        try:
            replays[case.id] = _replay(book, case, terms, moments)
        except (Unjudgeable, LookupError, ValueError) as problem:
            findings.append(Finding(case.code, "cannot judge", f"{type(problem).__name__}: {problem}"))
    for done in replays.values():
        findings += done.findings
        findings += [*_row(done, now), *_read_model(book, done), *_actors(book, done)]
    findings += [*_children(book, replays), *_one_open(book, terms)]
    findings += Post(book, replays, None if mail is None else captured(mail), moments).judge()
    return findings


class _Terms:
    """What cases run on, made once for all with the same pins."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._known: dict[tuple[int, int, int], Terms] = {}

    def of(self, case: CaseRow) -> list[Terms]:
        """What it ran on at first and after each move that its log names. Raises ValueError where these do not join."""
        ran_on = [(self._book.definitions[case.definition].revision, case.settings, case.calendar)]
        for entry in reversed([e for e in self._book.entries.get(case.id, ()) if e.kind == "move"]):
            outcome = json.loads(entry.body or "{}").get("outcome", "")
            revision, to_revision, settings, to_settings, calendar, to_calendar = map(int, re.findall(r"\d+", outcome))
            if (to_revision, to_settings, to_calendar) != ran_on[0]:
                raise ValueError(f"'{outcome}' does not lead to {ran_on[0]}")
            ran_on.insert(0, (revision, settings, calendar))
        numbers = {d.revision: n for n, d in self._book.definitions.items() if d.procedure == case.procedure}
        return [self._at((numbers[revision], settings, calendar)) for revision, settings, calendar in ran_on]

    def _at(self, pins: tuple[int, int, int]) -> Terms:
        if pins not in self._known:
            snapshot = json.loads(self._book.definitions[pins[0]].snapshot)
            office = Office.of(self._book.calendars[pins[2]][1])
            self._known[pins] = Terms(snapshot, self._book.settings[pins[1]], office)
        return self._known[pins]


def _replay(book: Book, case: CaseRow, terms: _Terms, rounds: Sequence[datetime]) -> Replay:
    incidents = [i for i in book.incidents if i.kind == "case" and i.case == case.id]
    apart = any(i.settled_at is None for i in incidents)
    earlier = () if incidents else rounds[:-1]
    return replay(case, terms.of(case), book.entries.get(case.id, ()), now=rounds[-1], rounds=earlier, apart=apart)


def _definitions(book: Book) -> Iterator[Finding]:
    for each in book.definitions.values():
        if sha256(each.snapshot.encode()).digest() != each.sha256:
            yield Finding(f"{each.procedure} {each.revision}", "chain", "the snapshot is not what was published")


def _row(done: Replay, now: datetime) -> Iterator[Finding]:
    """The row of a case says what its log says, and wakes in time."""
    case, course = done.case, done.course
    if course is None:
        return
    state = course.result or "open"
    closed_on = day_of(course.closed) if course.closed else None
    if case.state != state:
        law = "decision" if case.state in done.terms.verdicts else "read model"
        yield Finding(case.code, law, f"stands as '{case.state}'; its log makes it '{state}'")  # type: ignore[arg-type]
    if (case.closed_on, case.opened_on) != (closed_on, day_of(course.opened)):
        yield Finding(case.code, "read model", f"opened {case.opened_on} and closed {case.closed_on}, says its row")
    if done.records[-1].at > now:
        yield Finding(case.code, "early", f"its last record is of {done.records[-1].at}, after {now}")
    if done.next_moment and (case.next_check_at is None or case.next_check_at > done.next_moment):
        yield Finding(case.code, "next check", f"sleeps until {case.next_check_at}; {done.next_moment} matters")


def _read_model(book: Book, done: Replay) -> Iterator[Finding]:
    """What stands open is what the log makes stand open, with its days."""
    must = dict(done.history[-1][1]) if done.history else {}
    has = {(row.step, row.round): row for row in book.standing.get(done.case.id, ())}
    for step, nth in must.keys() - has.keys():
        yield Finding(f"{done.case.code} {step}/{nth}", "read model", "stands open, and is not listed")
    for step, nth in has.keys() - must.keys():
        yield Finding(f"{done.case.code} {step}/{nth}", "read model", "is listed, and does not stand open")
    for spot in must.keys() & has.keys():
        for name in (field.name for field in fields(Standing)):
            said, right = getattr(has[spot], name), getattr(must[spot], name)
            if said != right:
                place = f"{done.case.code} {spot[0]}/{spot[1]}"
                yield Finding(place, "read model", f"{name} is {said}, not {right}")


def _actors(book: Book, done: Replay) -> Iterator[Finding]:
    """People act: everybody who did is known here."""
    known = {*book.people, *([TRIAL_USER] if book.mode == "trial" else [])}
    for n, record in enumerate(done.records, 1):
        if record.by not in known and (record.by or record.act not in PEOPLE_ACT):
            place = f"{done.case.code} act/{n}"
            yield Finding(place, "decision", f"'{record.by}' did '{record.act}', and is nobody here")


def _children(book: Book, replays: Mapping[int, Replay]) -> Iterator[Finding]:
    """Each case that another one opens is there, once, with its facts; and no other says that it was opened so."""
    by_key = {case.key: case for case in book.cases if case.key}
    opened = {(done.case.id, key) for done in replays.values() for key in done.openings}
    for done in replays.values():
        for key, (procedure, at, facts) in done.openings.items():
            child = by_key.get(f"{done.case.code}/{key}")
            records = replays[child.id].records if child and child.id in replays else []
            right = (done.case.id, procedure, done.case.subject)
            if child is None or (child.parent, child.procedure, child.subject) != right:
                yield Finding(f"{done.case.code} {key}", "missed", f"opens a case of {procedure}, which is not there")
            elif records and (records[0].at, dict(records[0].values)) != (at, facts):
                yield Finding(child.code, "no cause", f"opened with {records[0].values}, not with {facts}")
    for case in book.cases:
        parent = replays.get(case.parent) if case.parent else None
        if parent and (parent.case.id, (case.key or "").removeprefix(f"{parent.case.code}/")) not in opened:
            yield Finding(case.code, "no cause", f"{parent.case.code} did not open it")


def _one_open(book: Book, terms: _Terms) -> Iterator[Finding]:
    running: dict[tuple[str, str, str], list[CaseRow]] = defaultdict(list)
    for case in book.cases:
        if case.state == "open":
            timetable = json.loads(book.definitions[case.definition].snapshot).get("timetable", {}).get("name", "")
            running[case.procedure, case.subject, timetable].append(case)
    for (procedure, subject, _), cases in running.items():
        definition = json.loads(book.definitions[cases[0].definition].snapshot)
        if len(cases) > 1 and definition.get("one_open", True):
            yield Finding(cases[1].code, "twice", f"{subject} has {len(cases)} open cases of {procedure}")
