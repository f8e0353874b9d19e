"""The one way a case moves: catch up to a moment, then apply what is recorded there.

A sweep is catching up alone. Nothing here knows a clock, a database or a mail; the live run, `--plan`, the
year ahead and the previews call the same function, so they cannot disagree (design, law 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from tijdig.engine.acts import admit
from tijdig.engine.calendar import local_day
from tijdig.engine.case import CASE, Case, Effect, Happened, Record, Terms
from tijdig.engine.errors import Misconfigured, Refused
from tijdig.engine.fit import check_fit
from tijdig.engine.fold import apply, fold
from tijdig.engine.language import Start
from tijdig.engine.plan import planned
from tijdig.engine.state import State

_MESSAGES = ("remind", "escalate")

QUIET_DAYS = 5
"""A moved reminder stays silent when its slot was mailed less than this many office days ago (design, Semantics)."""


@dataclass(frozen=True, slots=True)
class Move:
    """A date that moved: of a due day (kind `due`), a reminder or an escalation; and who had been told the old one."""

    step: str
    round: int
    kind: str
    rule: str
    before: date
    after: date
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """Another case that an effect opens: the effect's key is the key of the new case.

    `step` waits for it; empty when none does. `carried` are keys of goals that go along, so that nothing is told twice.
    """

    key: str
    step: str
    start: Start
    facts: Mapping[str, Any]
    carried: Mapping[str, Happened]


@dataclass(frozen=True, slots=True)
class Advance:
    """What came of it: the case, its state, its effects in order, the dates that moved, the cases to open.

    The first `caught_up` effects happened before the record was applied; `ahead` are those still to come, in order,
    if nothing else is recorded. `stands` when nothing but messages came of it: what is asked is as it was.
    """

    case: Case
    state: State
    effects: tuple[Effect, ...]
    caught_up: int
    moves: tuple[Move, ...]
    openings: tuple[Opening, ...]
    ahead: tuple[Effect, ...]
    stands: bool

    @property
    def next_check_at(self) -> datetime | None:
        """The first instant at which something may happen by itself; None when nothing will."""
        turn = None if self.state.closed else self.state.next_turn()
        return min([e.moment for e in self.ahead[:1]] + ([turn] if turn else []), default=None)


def open_case(case: Case) -> Advance:
    """The first moment of a case that consists of its opening record (and keys that were carried to it).

    Raises Misconfigured when a required setting was never set (design, law 6), Refused when a fact is missing.
    """
    if case.terms.missing:
        setting = case.terms.missing[0]
        raise Misconfigured(
            f"Setting '{setting.id}' ({setting.label}) is required and nobody set it. "
            f"Set it first: tijdig set {setting.id} VALUE --by U --reason TEXT.",
            code="SETTING_MISSING", setting=setting.id, label=setting.label,
        )  # fmt: skip
    procedure = case.terms.procedure
    for name in procedure.opens_with:
        if name not in case.opened.values:
            fact = procedure.fact(name)
            raise Refused(
                f"{procedure.id} opens with '{name}' ({fact and fact.label}). Give it: --set {name}=….",
                code="NEEDS_FACT", fact=name, label=fact and fact.label,
            )  # fmt: skip
    run = _Run(case, case.opened.at)
    run.catch_up()
    run.caught_up = 0  # all of it comes of the opening itself
    return run.result()


def advance(case: Case, at: datetime, record: Record | None = None) -> Advance:
    """Catch the case up to `at` (an instant), then apply the record of that instant, if there is one.

    Raises Refused when the record does not fit; the case that was given stays as it was.
    """
    run = _Run(case, at)
    run.catch_up()
    if record is not None:
        run.apply(record)
    return run.result()


def move(case: Case, terms: Terms, record: Record) -> Advance:
    """Catch the case up under the terms that it has, then let it go on under these, as if they had held all along.

    As after a correction: what happened is not repeated, what never happened and should have happens now, and who was
    told a date that moves is told the new one. The record has the act `move`; its `outcome` names the versions.
    Raises Unfit when the case is closed by then, or when its log does not fit these terms.
    """
    run = _Run(case, record.at)
    run.catch_up()
    check_fit(run.case, run.state, terms)
    run.apply(record, terms)
    return run.result()


@dataclass(slots=True)
class _Run:
    """One advance in the making. `plan` is what is planned as the state stands; it costs most, so it is made once."""

    case: Case
    at: datetime
    state: State = field(init=False)
    ledger: dict[str, Happened] = field(init=False)
    plan: tuple[Effect, ...] = ()
    effects: list[Effect] = field(default_factory=list)
    moves: tuple[Move, ...] = ()
    caught_up: int = 0
    changed: bool = False

    def __post_init__(self) -> None:
        self.ledger = dict(self.case.ledger)
        self.state = fold(self.case)

    # --- catching up

    def catch_up(self) -> None:
        """Let happen, in order, all whose moment has come, with what is known now."""
        state = self.state
        while True:
            self.plan = tuple(planned(state))
            self._close_once()
            turn = None if state.closed else state.next_turn()
            turn = turn if turn and turn <= self.at else None
            for effect in self._pending():
                if effect.moment > self.at or (turn and effect.moment >= turn):
                    break
                self._happen(effect)
                if effect.kind == "close":
                    state.close(effect.rule, effect.moment)
                    self.plan = tuple(planned(state))
                    break
            if turn is None or state.closed:
                break
            self.changed = True
            state.move_to(turn)
            state.settle()
        state.move_to(self.at)
        self.caught_up = len(self.effects)

    def _pending(self) -> list[Effect]:
        """What is planned and did not happen. A moved date does not make its past happen again (design, Semantics)."""
        last = self.case.records[-1].at
        slots = {key.rpartition("/")[0] for key in self.ledger}
        fresh = (e for e in self.plan if e.key not in self.ledger)
        return sorted((e for e in fresh if e.moment > last or e.slot not in slots), key=lambda e: (e.moment, e.nominal))

    def _happen(self, effect: Effect) -> None:
        if effect.key not in self.ledger:
            self.effects.append(effect)
            self.ledger[effect.key] = Happened(effect.nominal, self.at, effect.overtaken)

    def _close_once(self) -> None:
        if self.state.closed:
            day = local_day(self.state.closed)
            self._happen(Effect(CASE, self.state.round, "close", self.state.result, day, self.state.closed))

    # --- applying a record

    def apply(self, record: Record, terms: Terms | None = None) -> None:
        admit(self.state, record)
        if record.act == "remind" and f"{self._by_hand(record).key}" in self.ledger:
            raise Refused(f"'{record.step}' was already reminded by hand today. Wait until tomorrow.", code="REMINDED")
        before, dues = self.plan, self._dues()
        self.case, self.changed = Case(terms or self.case.terms, (*self.case.records, record), self.ledger), True
        told = list(self._told_by(record))
        if record.act in ("correct", "move"):
            self.state = fold(self.case)
        else:
            apply(self.state, record)
            self.state.settle()
        for effect in told:
            self._happen(effect)
        caught_up = self.caught_up
        self.catch_up()
        self.caught_up = caught_up
        self._overtake(before)
        self.moves = tuple(self._moved(before, dues))

    def _told_by(self, record: Record) -> Iterator[Effect]:
        """The effects of the record itself: a decision carried through, cases opened, a reminder by hand."""
        terms, day = self.case.terms, local_day(record.at)
        step = terms.procedure.step(record.step)
        if record.act == "remind":
            yield self._by_hand(record)
        if record.act == "decide" and step and (outcome := step.outcome(record.outcome)):
            round = self.state.steps[record.step].round
            yield Effect(step.step, round, "decide", outcome.name, day, record.at, terms.roles(outcome.tells))
            for start in outcome.starts:
                yield Effect(step.step, round, "open", start.start, day, record.at, start=start)
        for name in record.values if record.act != "correct" else ():
            fact = terms.procedure.fact(name)
            for start in fact.starts if fact else ():
                nth = sum(name in r.values and r.act != "correct" for r in self.case.records)
                yield Effect(name, nth, "open", start.start, day, record.at, start=start)

    def _by_hand(self, record: Record) -> Effect:
        step = self.case.terms.procedure.step(record.step)
        role = self.case.terms.role(step.role) if step else ""
        round = self.state.steps[record.step].round
        return Effect(record.step, round, "remind", "by_hand", local_day(record.at), record.at, (role,))

    def _overtake(self, before: tuple[Effect, ...]) -> None:
        """What was caught up only because of this very act, and what the act took the ground from, is not mailed."""
        pointless = {effect.key for effect in before} - {effect.key for effect in self.plan}
        for i, effect in enumerate(self.effects[: self.caught_up]):
            if effect.key in pointless and not effect.overtaken:
                self.effects[i] = replace(effect, overtaken="overtaken")
                self.ledger[effect.key] = Happened(effect.nominal, self.at, "overtaken")

    # --- dates that moved

    def _dues(self) -> dict[tuple[str, int], date]:
        state = self.state
        goals = [(name, 1) for name, at in state.goals.items() if at.runs]
        steps = [(name, at.round) for name, at in state.steps.items() if at.status == "open"]
        asked = [] if state.closed else [*goals, *steps]
        return {(name, round): due.due for name, round in asked if (due := state.due(name))}

    def _moved(self, before: tuple[Effect, ...], dues: dict[tuple[str, int], date]) -> Iterator[Move]:
        for (step, round), day in self._dues().items():
            old = dues.get((step, round))
            if old and old != day:
                yield Move(step, round, "due", "", old, day, self._told(before, step, round))
        messages = _numbered(before)
        for which, effect in _numbered(self.plan).items():
            was = messages.get(which, effect).nominal
            if was != effect.nominal and (effect.moment > self.at or effect in self.effects):
                yield Move(effect.step, effect.round, effect.kind, effect.rule, was, effect.nominal)

    def _told(self, before: tuple[Effect, ...], step: str, round: int) -> tuple[str, ...]:
        """The roles that a mail about this step may have told the old date."""
        now = {effect.key for effect in self.effects[self.caught_up :]}  # these tell the new date themselves
        mailed = [key for key, happened in self.ledger.items() if happened.overtaken is None and key not in now]
        slots = {*mailed, *(key.rpartition("/")[0] for key in mailed)}  # also of a day before an earlier move
        told = (e for e in before if (e.step, e.round) == (step, round) and e.slot in slots)
        return tuple(dict.fromkeys(role for effect in told for role in effect.to))

    # --- the result

    def result(self) -> Advance:
        effects = tuple(self._speak())
        ledger = {**self.ledger, **{e.key: Happened(e.nominal, self.at, e.overtaken) for e in effects}}
        case = Case(self.case.terms, self.case.records, ledger)
        openings = tuple(self._openings(effects))
        ahead = tuple(e for e in self._pending() if e.moment > self.at)
        stands = not self.changed and all(effect.kind in _MESSAGES for effect in effects)
        return Advance(case, self.state, effects, self.caught_up, self.moves, openings, ahead, stands)

    def _speak(self) -> Iterator[Effect]:
        """Which effects speak: of reminders caught up at once the latest, of a ladder the first rung now."""
        latest = {(e.step, e.round): e for e in self.effects if e.kind == "remind" and not e.overtaken}
        rungs: set[tuple[str, int]] = set()
        for effect in self.effects:
            at = (effect.step, effect.round)
            if (
                effect.kind == "remind"
                and not effect.overtaken
                and (latest[at] is not effect or self._too_soon(effect))
            ):
                yield replace(effect, overtaken="overtaken")
            elif effect.kind == "escalate" and not effect.overtaken:
                yield replace(effect, waits=at in rungs, overtaken="overtaken" if self._too_soon(effect) else None)
                rungs.add(at)
            else:
                yield effect

    def _too_soon(self, effect: Effect) -> bool:
        """Its date moved, and its slot was mailed less than five office days ago on the old date."""
        prefix, calendar = f"{effect.slot}/", self.case.terms.calendar
        mailed = [h for key, h in self.case.ledger.items() if key.startswith(prefix) and h.overtaken is None]
        if not mailed:
            return False
        still_planned = {e.nominal for e in self.plan if e.slot == effect.slot}
        return effect.nominal in still_planned and any(  # what is not planned (a reminder by hand) did not move
            h.nominal not in still_planned
            and calendar.workdays_between(local_day(h.at), local_day(self.at), "kantoor") < QUIET_DAYS
            for h in mailed
        )

    def _openings(self, effects: tuple[Effect, ...]) -> Iterator[Opening]:
        for effect in effects:
            if start := effect.start:
                facts = {name: self._value(anchor) for name, anchor in start.facts}
                carried = {k: h for k, h in self.ledger.items() if k.partition("/")[0] in start.carries}
                step = self.case.terms.steps.get(effect.step)
                waits = effect.step if step and start in step.starts else ""
                yield Opening(effect.key, waits, start, facts, carried)

    def _value(self, anchor: str) -> Any:
        """A fact as it is, or the day of an anchor as ISO text."""
        if ":" not in anchor:
            return self.state.facts.get(anchor)
        day = self.state.day_of(anchor)
        return day.isoformat() if day else None


def _numbered(effects: tuple[Effect, ...]) -> dict[tuple[str, int], Effect]:
    """The messages among these: by slot, and which of that slot where it comes back every week."""
    found: dict[tuple[str, int], Effect] = {}
    times: dict[str, int] = {}
    for effect in effects:
        if effect.kind in _MESSAGES:
            times[effect.slot] = times.get(effect.slot, 0) + 1
            found[effect.slot, times[effect.slot]] = effect
    return found
