"""One transaction's work on cases: load, advance, write. All acts and sweeps go through here.

Case row, log, notices, read model and the cases that it opens or answers are written together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert
from sqlmodel import Session, col, select

from models.case import Case as CaseRow
from models.case import Log, OpenObligation, Payload
from models.message import Notice
from models.pins import Definition
from tijdig.engine.advance import Advance, Opening, advance, open_case
from tijdig.engine.calendar import local_day
from tijdig.engine.case import Case, Effect, Happened, Record, Terms
from tijdig.engine.errors import AlreadyOpen, Refused
from tijdig.engine.language import Procedure
from tijdig.engine.plan import obligations, pick_up_on
from tijdig.service.chain import Chain, Entry, entry_of_effect, entry_of_record, read
from tijdig.service.cohorts import cohort
from tijdig.service.forms import Store
from tijdig.service.notices import notices_of
from tijdig.service.pins import Pins, TermsLoader, current

LOADER = TermsLoader()
"""Versions never change, so one process keeps what it read."""


@dataclass(slots=True)
class Held:
    """A case in hand: its row, its engine value, and what this transaction adds to its log."""

    row: CaseRow
    case: Case
    chain: Chain
    last: Advance | None = None


@dataclass(frozen=True, slots=True)
class Done:
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
    """Collects changes to cases and writes them in bulk at `flush`. `keep` stores a document that is handed in."""

    session: Session
    keep: Store | None = None
    held: dict[int, Held] = field(default_factory=dict)
    done: list[Done] = field(default_factory=list)
    notices: list[dict[str, Any]] = field(default_factory=list)
    _touched: dict[int, Held] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    _pins: dict[str, Pins] = field(default_factory=dict)

    # --- taking cases in hand

    def hold(self, rows: Sequence[CaseRow]) -> list[Held]:
        """Take cases in hand, two statements however many."""
        fresh = [row for row in rows if row.id not in self.held]
        terms = {row.id or 0: LOADER.load(self.session, pins_of(row)) for row in fresh}
        for case_id, case in read(self.session, fresh, terms).items() if fresh else ():
            row = next(r for r in fresh if r.id == case_id)
            self.held[case_id] = Held(row, case, Chain(case_id, row.code, row.seq, row.head))
        return [self.held[row.id or 0] for row in rows]

    def find(self, name: str) -> Held:
        """The case to act in, by its id or by `procedure/subject`: the open one, else the latest."""
        return self._take(find(self.session, name))

    def _take(self, row: CaseRow) -> Held:
        """A case in hand to be changed: nobody else changes it before this transaction ends."""
        if row.id not in self.held:
            self.session.refresh(row, with_for_update=True)
        return self.hold([row])[0]

    def terms(self, procedure: str) -> Terms:
        """What a case of this procedure that opens now runs on."""
        return LOADER.load(self.session, self._current(procedure))

    def _current(self, procedure: str) -> Pins:
        """Who opens cases of one procedure, does so one by one: they share its numbers and its open subjects."""
        if procedure not in self._pins:
            pins = self._pins[procedure] = current(self.session, procedure)
            self.session.get(Definition, pins.definition, with_for_update={"key_share": True})
        return self._pins[procedure]

    # --- moving them

    def sweep(self, held: Held, at: datetime) -> Advance:
        """Catch a case up."""
        return self._advanced(held, advance(held.case, at), at)

    def apply(self, held: Held, record: Record) -> Advance:
        """Catch a case up and apply a record. Raises Refused when it does not fit."""
        if record.act in ("take-back", "reopen"):
            self._refuse_followed(held, record.step)
        record = replace(record, at=max(record.at, held.case.records[-1].at))  # a clock set back takes no time away
        result = advance(held.case, record.at, record)
        held.row.version += 1
        return self._advanced(held, result, record.at, record)

    def open(
        self,
        procedure: str,
        subject: str,
        record: Record,
        *,
        key: str | None = None,
        carried: Mapping[str, Happened] | None = None,
        parent: Held | None = None,
        parent_step: str = "",
    ) -> Held:
        """Open a case. Raises Refused (AlreadyOpen) when the subject may have no other one, or a fact is missing."""
        pins = self._current(procedure)
        terms = self.terms(procedure)
        self._refuse_second(terms, subject)
        result = open_case(Case(terms, (record,), carried or {}))
        row = self._new_row(terms, pins, subject, record, key)
        row.parent_id, row.parent_step = (parent.row.id if parent else None), parent_step
        held = Held(row, result.case, Chain(row.id or 0, row.code, 0, ""))
        self.held[row.id or 0] = held
        for name, happened in (carried or {}).items():
            kind = name.split("/")[2]
            held.chain.add(Entry(kind, name, nominal=happened.nominal, overtaken="before_opening"), record.at)
        self._advanced(held, result, record.at, record)
        return held

    def _refuse_followed(self, held: Held, step: str) -> None:
        """What follows from a decision is a case of its own, with its own people: a person ends that first."""
        undone = (step, *held.case.terms.dependents.get(step, ()))
        children = self.session.exec(select(CaseRow).where(CaseRow.parent_id == held.row.id, CaseRow.state == "open"))
        for child in children:
            if (child.key or "").removeprefix(f"{held.row.code}/").partition("/")[0] in undone:
                raise Refused(
                    f"{child.code} follows from '{step}' and is open. If that was a mistake, cancel it first: "
                    f"tijdig act {child.code} cancel --by U --reason TEXT."
                )

    def _refuse_running(self, procedure: Procedure, subject: str) -> None:
        if not procedure.one_open:
            return
        running = self.session.exec(select(CaseRow.code).where(CaseRow.open_key == f"{procedure.id}/{subject}")).first()
        if running:
            raise AlreadyOpen(f"{subject} already has an open case of {procedure.id}: {running}. Go on with that one.")

    def _refuse_second(self, terms: Terms, subject: str) -> None:
        procedure = terms.procedure
        self._refuse_running(procedure, subject)
        if procedure.again is None or terms.value(procedure.again):
            return
        spent = self.session.exec(
            select(CaseRow.code).where(
                CaseRow.procedure == procedure.id, CaseRow.subject == subject,
                col(CaseRow.state).not_in(("cancelled", "merged")),
            )
        ).first()  # fmt: skip
        if spent:
            raise AlreadyOpen(
                f"{subject} had a case of {procedure.id} before ({spent}), and a second one is not allowed. Allow it "
                f"first: tijdig set {procedure.again.id} ja --by U --reason TEXT."
            )

    def _new_row(self, terms: Terms, pins: Pins, subject: str, record: Record, key: str | None) -> CaseRow:
        procedure, day = terms.procedure, local_day(record.at)
        row = CaseRow(
            code=self._code(f"{procedure.code}-{day.year}-"), procedure=procedure.id, subject=subject, key=key,
            open_key=f"{procedure.id}/{subject}" if procedure.one_open else None, definition_id=pins.definition,
            settings_id=pins.settings, calendar_id=pins.calendar, opened_on=day, version=1,
        )  # fmt: skip
        self.session.add(row)
        self.session.flush()
        return row

    def _code(self, prefix: str) -> str:
        """The next number of the year: the same openings in the same order always get the same codes."""
        if prefix not in self._numbers:  # the last one is found at once; counting them would read all cases
            like = select(CaseRow.code).where(col(CaseRow.code).startswith(prefix))
            last = self.session.exec(like.order_by(col(CaseRow.id).desc()).limit(1)).first()
            self._numbers[prefix] = int(last.removeprefix(prefix)) if last else 0
        self._numbers[prefix] += 1
        return f"{prefix}{self._numbers[prefix]:03d}"

    def _advanced(self, held: Held, result: Advance, at: datetime, record: Record | None = None) -> Advance:
        before = len(result.effects) if record is None else result.caught_up
        for effect in result.effects[:before]:
            held.chain.add(entry_of_effect(effect), at)
        if record is not None:
            held.chain.add(entry_of_record(record, held.row.version), at)
            for effect in result.effects[before:]:
                held.chain.add(entry_of_effect(effect), at)
        was_open = held.row.state == "open"
        if not was_open and not result.state.closed:
            self._refuse_running(held.case.terms.procedure, held.row.subject)
        held.case, held.last = result.case, result
        self._touched[held.row.id or 0] = held
        held.row.next_check_at = result.next_check_at
        held.row.state = result.state.result or "open"
        held.row.closed_on = local_day(result.state.closed) if result.state.closed else None
        self._keep_open_key(held)
        self.done += [Done(held.row.code, held.row.procedure, held.row.subject, e, at) for e in result.effects]
        self.notices += notices_of(held.row.id or 0, result, at, record)
        for opening in result.openings:
            self._open_child(held, opening, at, record)
        if was_open and held.row.state != "open" and held.row.parent_step:
            self._tell_parent(held, at)
        return result

    def _keep_open_key(self, held: Held) -> None:
        procedure = held.case.terms.procedure
        stands = held.row.state == "open" and procedure.one_open
        held.row.open_key = f"{procedure.id}/{held.row.subject}" if stands else None

    def _open_child(self, held: Held, opening: Opening, at: datetime, record: Record | None) -> None:
        """The case that an effect opens, or one for each of a cohort; its key is the effect's key, so it opens once."""
        over = opening.start.over
        subjects = cohort(self.session, over, local_day(at)) if over else [held.row.subject]
        values = {name: value for name, value in opening.facts.items() if value is not None}
        by = record.by if record else ""
        if opening.step:
            self.apply(held, Record(at, "cohort", by, step=opening.step, subjects=tuple(subjects)))
        for subject in subjects:
            key = f"{held.row.code}/{opening.key}"
            self.open(
                opening.start.start, subject, Record(at, "open", by, values), key=f"{key}/{subject}" if over else key,
                carried=opening.carried, parent=held, parent_step=opening.step,
            )  # fmt: skip

    def _tell_parent(self, held: Held, at: datetime) -> None:
        parent = self._take(self.session.get_one(CaseRow, held.row.parent_id))
        if parent.row.state != "open":
            return
        answer = Record(at, "child", "", step=held.row.parent_step, person=held.row.subject, outcome=held.row.state)
        self.apply(parent, answer)

    # --- writing

    def flush(self) -> None:
        """Write all that was collected: a handful of statements, however many cases."""
        touched = list(self._touched.values())  # also where only a day changed something, and nothing was logged
        logs = [row for held in touched for row in held.chain.logs]
        payloads = [row for held in touched for row in held.chain.payloads]
        for held in touched:
            held.row.seq, held.row.head = held.chain.seq, held.chain.head
            held.chain.logs, held.chain.payloads = [], []
        self._write_rows(touched)
        for table, rows in ((Log, logs), (Payload, payloads), (Notice, self.notices)):
            if rows:
                self.session.execute(insert(table), rows)
        self._write_read_model(touched)
        self.notices = []
        self._touched = {}

    def _write_rows(self, touched: Iterable[Held]) -> None:
        """Rows changed by the ORM are written by it; they were locked when they were taken in hand."""
        self.session.add_all(held.row for held in touched)
        self.session.flush()

    def _write_read_model(self, touched: Sequence[Held]) -> None:
        ids = [held.row.id for held in touched]
        if ids:
            self.session.execute(delete(OpenObligation).where(col(OpenObligation.case_id).in_(ids)))
        rows = [row for held in touched for row in standing(held)]
        if rows:
            self.session.execute(insert(OpenObligation), rows)


def standing(held: Held) -> list[dict[str, Any]]:
    """The rows of the read model: what stands open in this case now."""
    if held.last is None or held.last.state.closed:
        return []
    rows = []
    for asked in obligations(held.last.state):
        if not asked.stands:
            continue
        due = asked.due
        rows.append({
            "case_id": held.row.id, "step": asked.step, "round": asked.round, "kind": asked.kind, "label": asked.label,
            "role": asked.role, "assignee": asked.assignee, "opened_on": asked.opened_on,
            "start_on": pick_up_on(asked, held.case.terms),
            "nominal": due.nominal if due else None, "due": due.due if due else None,
            "due_time": due.due_time.isoformat("minutes") if due and due.due_time else "",
            "late_from": due.late_from if due else None, "safe": due.safe if due else None,
            "basis": due.basis if due else "", "fatal": asked.fatal, "uncertain": bool(due and due.uncertain),
        })  # fmt: skip
    return rows


def pins_of(row: CaseRow) -> Pins:
    """The versions that a case runs on."""
    return Pins(row.definition_id, row.settings_id, row.calendar_id)


def find(session: Session, name: str) -> CaseRow:
    """A case by code, or by `procedure/subject`: the open one, else the latest. Raises Refused when there is none."""
    procedure, slash, subject = name.partition("/")
    wanted = select(CaseRow).where(CaseRow.code == name)
    if slash:
        wanted = select(CaseRow).where(CaseRow.procedure == procedure, CaseRow.subject == subject)
    rows = sorted(session.exec(wanted), key=lambda row: (row.state == "open", row.id or 0))
    if not rows:
        raise Refused(
            f"There is no case '{name}'. Name it as ORA-2026-001 or as procedure/subject; see `tijdig cases`."
        )
    return rows[-1]
