"""One transaction's work on cases: take in hand, advance, write. All acts and sweeps go through here.

Case row, log, notices, read model and the cases that it opens or answers are written together or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from secrets import token_bytes
from typing import Any, NamedTuple

from sqlmodel import Session, select

from models.bulk import ask
from models.case import Case as CaseRow
from tijdig.engine.advance import Advance, Opening, advance, move, open_case
from tijdig.engine.calendar import local_day
from tijdig.engine.case import Case, Effect, Happened, Record, Terms
from tijdig.engine.errors import AlreadyOpen, Refused
from tijdig.engine.fold import fold
from tijdig.engine.snapshot import canonical
from tijdig.service.chain import ACT, Entry, commit, courses, follow, link, record_to_json
from tijdig.service.cohorts import cohort
from tijdig.service.forms import Store
from tijdig.service.held import LOADER, Held, Lock, held, named, pick, read_all
from tijdig.service.openings import keep_from_opening
from tijdig.service.pins import Pins, current, versions
from tijdig.service.post import Post
from tijdig.service.spans import refuse_overlap
from tijdig.service.strides import Line, Step, Stride, Strides, stride
from tijdig.service.weaving import Woven, timetable_of, woven_for
from tijdig.service.writing import Writing

STRIDES = Strides()


class Taken(NamedTuple):
    """What happened to a case at once."""

    case: str
    procedure: str
    subject: str
    effects: tuple[Effect, ...]
    at: datetime

    def each(self) -> Iterator[Done]:
        return (Done(self.case, self.procedure, self.subject, effect, self.at) for effect in self.effects)


class Done(NamedTuple):
    """An effect that happened in this work, and in which case."""

    case: str
    procedure: str
    subject: str
    effect: Effect
    at: datetime

    @property
    def key(self) -> str:
        return f"{self.case}/{self.effect.key}"


@dataclass(slots=True)
class Work:
    """Collects changes to cases and writes them in bulk at `flush`.

    `keep` stores a document that is handed in; `post` composes the mails that need not wait (without it all wait).
    `apart` says who of a cohort was passed over, since it has a case already.
    """

    session: Session
    keep: Store | None = None
    post: Post | None = None
    held: dict[int, Held] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    writing: Writing = field(init=False)
    _named: dict[str, Held] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    _pins: dict[str, tuple[Pins, Terms]] = field(default_factory=dict)
    _timetables: dict[tuple[str, str], Woven] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.writing = Writing(self.session)

    @property
    def done(self) -> list[Done]:
        """All effects that happened in this work, in order."""
        return [done for taken in self.taken for done in taken.each()]

    # --- taking cases in hand

    def claim(self, which: str, *values: Any, lock: Lock = "wait") -> list[Held]:
        """Take the cases of a condition (see `held`) in hand: nobody else changes them before this work ends."""
        self.flush()
        found = held(self.session, which, *values, lock=lock)
        return [self._taken(self.held.get(one.id) or one) for one in found]

    def find(self, name: str) -> Held:
        """The case to act in, by its id or by `procedure/subject`: the open one, else the latest."""
        known = self._named.get(name)
        if known and (known.code == name or known.alone):
            return known
        return pick(name, self.claim(*named(name)))

    def _take(self, case_id: int) -> Held:
        known = self.held.get(case_id)
        return known or self.claim("id = ?", case_id)[0]

    def _taken(self, one: Held) -> Held:
        self.held[one.id] = self._named[one.code] = one
        if one.is_open:
            self._named[f"{one.procedure}/{one.subject}"] = one
        return one

    def expect(self, procedure: str, subjects: Collection[str]) -> None:
        """Read at once what opening a case for each of these subjects asks."""
        self.writing.openings.read(procedure, subjects)

    def terms(self, procedure: str) -> Terms:
        """What a case of this procedure that opens now runs on."""
        return self._current(procedure)[1]

    def _current(self, procedure: str) -> tuple[Pins, Terms]:
        """Who opens cases of one procedure, does so one by one: they share its numbers and its open subjects."""
        if procedure not in self._pins:
            pins = current(self.session, procedure, alone=True)
            self.writing.renew_ids()
            self._pins[procedure] = pins, LOADER.load(self.session, pins)
        return self._pins[procedure]

    # --- moving them

    def sweep(self, cases: Sequence[Held], at: datetime) -> None:
        """Catch cases up. Of those that stand alike only the first is read."""
        unknown: dict[Step, Held] = {}
        for one in cases:
            step = Step(one.terms, one.course, at)
            if one.known is None and STRIDES.get(step) is None:
                unknown.setdefault(step, one)
        if unknown:
            self.flush()
            read_all(self.session, unknown.values())
        for one in cases:  # each from where it stands now: an earlier one may have ended, and told this one so
            self._move(one, self._stride(one, Step(one.terms, one.course, at)), at)

    def apply(self, one: Held, record: Record) -> Stride:
        """Catch a case up and apply a record. Raises Refused when it does not fit."""
        if record.act in ("take-back", "reopen"):
            self._refuse_followed(one, record)
            if not one.is_open:
                self._catch_up_running(one.terms, one.subject, record.at)
        if one.terms.procedure.span and record.act in ("correct", "take-back", "reopen"):
            self.flush()
            refuse_overlap(self.session, one.terms, {**fold(one.case).facts, **record.values}, but=one.id)
        record = _in_order(one, record)
        body = canonical(record_to_json(record))
        taken = self._stride(one, Step.of(one.terms, one.course, record, body), record)
        one.version += 1
        return self._move(one, taken, record.at, record, body)

    def move(self, one: Held, pins: Pins, record: Record) -> Stride:
        """Catch a case up and put it on other versions, which the record is going to name.

        Raises Unfit where its log does not fit these, AlreadyOpen where they allow its subject only one; then nothing
        was changed.
        """
        terms = LOADER.load(self.session, pins)
        if not one.alone:
            self._catch_up_running(terms, one.subject, record.at)
            self._refuse_running(terms, one.subject)
        said = versions((one.terms.procedure.revision, *one.pins[1:]), (terms.procedure.revision, *pins[1:]))
        record = replace(_in_order(one, record), outcome=said)
        body, course = canonical(record_to_json(record)), one.course
        if terms.keeps_apart != one.terms.keeps_apart:  # from now on it matters who did what, or no longer
            self.flush()
            course = courses(self.session, {one.id: terms.keeps_apart})[one.id]
        step = Step.of(terms, course, record, body)._replace(terms=one.terms)
        taken = self._stride(one, step, record, terms)
        one.version += 1
        one.put_on(pins, terms)
        self.writing.pinned.append(one)
        self._move(one, taken, record.at, record, body)
        self.writing.openings.note(one)
        return taken

    def open(
        self, procedure: str, subject: str, record: Record, *, key: str | None = None,
        carried: Mapping[str, Happened] | None = None, parent: Held | None = None, parent_step: str = "",
    ) -> Held:  # fmt: skip
        """Open a case. Raises Refused (AlreadyOpen) when the subject may have no other one, or a fact is missing."""
        pins, terms = self._current(procedure)
        if terms.procedure.timetable:
            pins, terms, record = self._woven(pins, terms, record)
        self._catch_up_running(terms, subject, record.at)
        self._refuse_second(terms, subject)
        if terms.procedure.span:
            self.flush()
            refuse_overlap(self.session, terms, record.values)
        body, entries = canonical(record_to_json(record)), _carried(carried or {}, record.at)
        course = b""
        for entry in entries:
            course = follow(course, entry.said)
        step = Step.of(terms, course, record, body)
        taken, known = STRIDES.get(step), None
        if taken is None:
            result = open_case(Case(terms, (record,), carried or {}))
            taken, known = self._kept(step, result, record), result.case
        one = self._new(terms, pins, subject, record, key)
        one.known, one.course = known, course
        one.parent_id, one.parent_step = (parent.id if parent else None), parent_step
        self._chain(one, [self.writing.line(entry) for entry in entries])
        self._move(one, taken, record.at, record, body)
        self.writing.openings.note(one)
        return one

    def _woven(self, pins: Pins, terms: Terms, record: Record) -> tuple[Pins, Terms, Record]:
        """What a case opens on whose dates stand in the timetable that it names, and its record with these dates."""
        key = terms.procedure.id, timetable_of(terms.procedure, record)
        if key not in self._timetables:
            self._timetables[key] = woven_for(self.session, pins, terms, key[1], at=record.at)
        woven = self._timetables[key]
        return woven.pins, woven.terms, woven.opening(record)

    def _stride(self, one: Held, step: Step, record: Record | None = None, terms: Terms | None = None) -> Stride:
        """The stride of a step; with `terms` the record moves the case there."""
        known = STRIDES.get(step)
        if known:
            one.known = None  # it moves on; who asks for the case reads it anew
            return known
        if one.known is None:
            self.flush()
        result = move(one.case, terms, record) if record and terms else advance(one.case, step.at, record)
        one.known = result.case
        return self._kept(step, result, record)

    def _kept(self, step: Step, result: Advance, record: Record | None) -> Stride:
        made = stride(self.session, step, result, record)
        STRIDES.keep(step, made)
        return made

    def _move(self, one: Held, taken: Stride, at: datetime, record: Record | None = None, body: str = "") -> Stride:
        """Take a stride with a case: chain its entries, and collect what is to be written."""
        first, was_open = len(self.writing.logs), one.is_open
        if record is None:
            self._chain(one, taken.entries)
        else:
            self._chain(one, taken.entries[: taken.caught_up])
            self._chain_record(one, record, body)
            self._chain(one, taken.entries[taken.caught_up :])
            one.changed = self.writing.instant(at)
        one.course, one.state, one.closed, one.next_check = taken.course, taken.state, taken.closed, taken.next_check
        if not was_open and one.is_open:
            self._refuse_running(one.terms, one.subject)
        if was_open != one.is_open:
            self.writing.openings.note(one)
        self.writing.touch(one, taken, first, at)
        if taken.effects:
            self.taken.append(Taken(one.code, one.procedure, one.subject, taken.effects, at))
        for opening in taken.openings:
            self._open_child(one, opening, at, record)
        if was_open and not one.is_open and one.parent_step:
            self._tell_parent(one, at)
        return taken

    # --- its log

    def _chain(self, one: Held, lines: Sequence[Line]) -> None:
        if not lines:
            return
        id, begin, seq, head, logs = one.id, one.begin, one.seq, one.head, self.writing.logs
        for said, stored in lines:
            seq += 1
            head = link(head, begin, seq, said)
            logs.append((id, seq, *stored, head))
        one.seq, one.head = seq, head

    def _chain_record(self, one: Held, record: Record, body: str) -> None:
        salt = token_bytes(16)
        entry = Entry(record.at, record.act, f"{ACT}{one.version}", record.by, commitment=commit(salt, body))
        self.writing.payloads.append((len(self.writing.logs), salt, body))
        self._chain(one, [self.writing.line(entry)])

    # --- who may be open

    def _refuse_followed(self, one: Held, record: Record) -> None:
        """What follows from a decision is a case of its own, with its own people: a person ends that first."""
        step = record.step
        undone = (step, *one.terms.dependents.get(step, ()))
        children = select(CaseRow.code, CaseRow.key).where(CaseRow.parent_id == one.id, CaseRow.state == "open")
        for code, key in self.session.exec(children).all():
            follows = (key or "").removeprefix(f"{one.code}/").partition("/")[0] in undone
            if follows and self._caught_up(code, record.at).is_open:
                raise Refused(
                    f"{code} follows from '{step}' and is open. If that was a mistake, cancel it first: "
                    f"tijdig act {code} cancel --by U --reason TEXT.",
                    code="FOLLOWED", case=code,
                )  # fmt: skip

    def _catch_up_running(self, terms: Terms, subject: str, at: datetime) -> None:
        """Catch up the case that may keep a subject from having another one open."""
        if running := self._running(terms, subject):
            self._caught_up(running, at)

    def _caught_up(self, code: str, at: datetime) -> Held:
        """Another case as a sweep would have left it: that no sweep was there yet changes nothing (design, law 1)."""
        [other] = self.claim("code = ?", code)
        if other.next_check is not None and other.next_check <= self.writing.instant(at):
            self.sweep([other], at)
        return other

    def _refuse_running(self, terms: Terms, subject: str) -> None:
        procedure = terms.procedure
        if running := self._running(terms, subject):
            raise AlreadyOpen(
                f"{subject} already has an open case of {procedure.id}: {running}. Go on with that one.",
                case=running, subject=subject,
            )  # fmt: skip

    def _running(self, terms: Terms, subject: str) -> str:
        procedure = terms.procedure
        return self.writing.openings.running(procedure.id, subject, procedure.woven_with) if procedure.one_open else ""

    def _refuse_second(self, terms: Terms, subject: str) -> None:
        procedure = terms.procedure
        self._refuse_running(terms, subject)
        if procedure.again is None or terms.value(procedure.again):
            return
        spent = self.writing.openings.before(procedure.id, subject)
        if spent:
            raise AlreadyOpen(
                f"{subject} had a case of {procedure.id} before ({spent}), and a second one is not allowed. Allow it "
                f"first: tijdig set {procedure.again.id} ja --by U --reason TEXT.",
                code="HAD_BEFORE", case=spent, subject=subject, label=procedure.again.label,
            )  # fmt: skip

    # --- new cases

    def _new(self, terms: Terms, pins: Pins, subject: str, record: Record, key: str | None) -> Held:
        procedure, day = terms.procedure, local_day(record.at)
        code = self._code(f"{procedure.code}-{day.year}-")
        one = Held(
            self.session, pins, next(self.writing.new_ids), code, procedure.id, subject, key, None, "",
            self.writing.day(day), "open", None, self.writing.instant(record.at), 1, 0, b"", b"", None, _terms=terms,
        )  # fmt: skip
        return self._taken(one)

    def _code(self, prefix: str) -> str:
        """The next number of the year: the same openings in the same order always get the same codes."""
        if prefix not in self._numbers:  # the last one is found at once; counting them would read all cases
            last = ask(self.session, _LAST, f"{prefix}%")
            self._numbers[prefix] = int(last[0][0].removeprefix(prefix)) if last else 0
        self._numbers[prefix] += 1
        return f"{prefix}{self._numbers[prefix]:03d}"

    def _open_child(self, one: Held, opening: Opening, at: datetime, record: Record | None) -> None:
        """The case that an effect opens, or one for each of a cohort; its key is the effect's key, so it opens once."""
        over = opening.start.over
        subjects = cohort(self.session, over, local_day(at)) if over else [one.subject]
        values = {name: value for name, value in opening.facts.items() if value is not None}
        by = record.by if record else ""
        if opening.step:
            self.apply(one, Record(at, "cohort", by, step=opening.step, subjects=tuple(subjects)))
        for subject in subjects:
            key, record_of_child = f"{one.code}/{opening.key}", Record(at, "open", by, values)
            try:
                self.open(
                    opening.start.start, subject, record_of_child, key=f"{key}/{subject}" if over else key,
                    carried=opening.carried, parent=one, parent_step=opening.step,
                )  # fmt: skip
            except AlreadyOpen as refusal:
                if not over:
                    raise
                self._pass_over(refusal, record_of_child)

    def _pass_over(self, refusal: AlreadyOpen, record: Record) -> None:
        """One of a cohort that has a case already stops none of the others; on a timetable it is this one."""
        self.apart.append(str(refusal))
        there = self.find(refusal.case)
        if not there.timetable:
            keep_from_opening(self.session, there, refusal, now=record.at)

    def _tell_parent(self, one: Held, at: datetime) -> None:
        parent = self._take(one.parent_id or 0)
        if parent.is_open:
            self.apply(parent, Record(at, "child", "", step=one.parent_step, person=one.subject, outcome=one.state))

    def flush(self) -> None:
        """Write all that was collected: a handful of statements, however many cases."""
        self.writing.flush(self.post)


_LAST = "select code, procedure from case_ where code like ? order by id desc limit 1"
"""Asks for more than the index of codes has: SQLite would read and sort all of that."""


def _in_order(one: Held, record: Record) -> Record:
    """The record, not before the last one: a clock set back takes no time away."""
    return record if record.at >= (last := one.changed_at) else replace(record, at=last)


def _carried(carried: Mapping[str, Happened], at: datetime) -> list[Entry]:
    """The entries of effects that happened in the case that opens this one."""
    return [
        Entry(at, name.split("/")[2], name, nominal=happened.nominal, overtaken="before_opening")
        for name, happened in carried.items()
    ]
