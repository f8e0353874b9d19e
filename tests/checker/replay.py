"""A case's log, judged against what its own facts and acts make of it.

The log is walked in the order in which it was written. Each group of entries is one advance: what was caught up, then
perhaps a record, then what came of that. Before each group it is derived what had to be caught up by then; after the
last one, what had to be by `now`.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from tests.checker.course import Course, Record
from tests.checker.days import DAY, day_of, midnight
from tests.checker.effects import Effect
from tests.checker.finding import Finding, Law, Unjudgeable
from tests.checker.language import Terms
from tests.checker.rows import CaseRow, Entry, Standing
from tests.checker.silence import Advance, silence

LEAST_REASON = 10
LETTERS = {"remind": "E", "escalate": "D", "decide": "G"}


@dataclass(frozen=True)
class Group:
    """One advance as the log shows it."""

    at: datetime
    caught: tuple[Entry, ...]
    record: Entry | None = None
    own: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Told:
    """A notice that must be there: what names it, and what it must say."""

    entry: str
    kind: str
    role: str
    step: str
    round: int
    at: datetime
    fatal: bool = False
    summary: bool = False
    not_before: datetime | None = None
    dues: tuple[date, ...] = ()
    """What it may say: of what was caught up at the very instant of an act also the date before that act."""
    before: date | None = None

    @property
    def name(self) -> tuple[str, str, str, str, int]:
        return self.entry, self.kind, self.role, self.step, self.round


Stand = Mapping[tuple[str, int], Standing]


@dataclass
class Replay:
    """What became of a case, as the checker derives it, and what is wrong in its log."""

    case: CaseRow
    terms: Terms
    findings: list[Finding] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    history: list[tuple[datetime, Stand]] = field(default_factory=list)
    """What stood from each moment on."""
    course: Course | None = None
    next_moment: datetime | None = None
    openings: dict[str, tuple[str, datetime, Mapping[str, Any]]] = field(default_factory=dict)
    """The cases that it opened, by the key of the effect: procedure, moment and facts."""
    records: list[Record] = field(default_factory=list)

    def stood(self, at: datetime) -> Stand:
        """What stood at a moment, as far as was written by then."""
        i = bisect_right(self.history, at, key=lambda h: h[0])
        return self.history[i - 1][1] if i else {}

    def since(self, at: datetime) -> Iterator[Stand]:
        """What stood at a moment and ever since."""
        i = bisect_right(self.history, at, key=lambda h: h[0])
        return (stand for _, stand in self.history[max(i - 1, 0) :])


def replay(
    case: CaseRow, terms: Sequence[Terms], entries: Sequence[Entry], *, now: datetime, rounds: Sequence[datetime],
    apart: bool,
) -> Replay:  # fmt: skip
    """Judge one case's log. `terms` are what it ran on at first and after each move. `rounds` are moments at which
    everything was swept, in order; `apart`: an incident stands for it, so that nothing is expected of it until that is
    mended. Raises Unjudgeable.
    """
    walk = _Walk(Replay(case, terms[0]), now, rounds, apart, terms[1:])
    for group in groups(entries):
        walk.step(group)
    walk.end()
    return walk.replay


def groups(entries: Sequence[Entry]) -> Iterator[Group]:
    """The advances of a log. Where one at the same instant followed another without a record between, they are one."""
    rest = list(entries)

    def effects(at: datetime) -> tuple[Entry, ...]:
        n = next((i for i, e in enumerate(rest) if e.is_record or e.at != at), len(rest))
        taken, rest[:] = rest[:n], rest[n:]
        return tuple(taken)

    while rest:
        at = rest[0].at
        caught = effects(at)
        record = rest.pop(0) if rest and rest[0].is_record and rest[0].at == at else None
        yield Group(at, caught, record, effects(at) if record else ())


def record_of(entry: Entry) -> Record:
    if entry.body is None:
        raise Unjudgeable(f"what {entry.key} said: its payload is gone")
    return Record(entry.at, entry.kind, entry.actor, json.loads(entry.body))


@dataclass
class _Walk:
    """The walk along one log. `done` happened, says the log; `given_up` was found missing before."""

    replay: Replay
    now: datetime
    rounds: Sequence[datetime]
    apart: bool
    moves_to: Sequence[Terms]
    done: dict[str, Entry] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)
    telling: list[Told] = field(default_factory=list)

    @property
    def records(self) -> list[Record]:
        return self.replay.records

    def step(self, group: Group) -> None:
        """Judge one advance and take over what the log says of it."""
        course, before = self.replay.course, dict(self.done)
        caught: list[Effect] = []
        plan: Sequence[Effect] = ()
        stood: Stand = {}
        if group.record and not self.records:
            self.records.append(record_of(group.record))
            course = self.replay.course = Course(self.replay.terms, self.records)
            own = self._catch_up(course, group.at)
            self._compare(own, [*group.caught, *group.own], group, course.plan())
        elif course is None:
            self._find("no cause", group.caught[0].key, "the log does not begin with an opening")
            return
        else:
            caught = self._catch_up(course, group.at)
            plan, stood = course.plan(), course.standing() if group.record else {}
            self._compare(caught, group.caught, group, plan)
            own = self._record(group, stood) if group.record else []
        after = self.replay.course.plan() if self.replay.course else []
        self._marks(group, caught, own, plan if group.record else after, after, before)
        if self.replay.course:
            self._settle(self.replay.course, group, stood)

    def _record(self, group: Group, stood: Stand) -> list[Effect]:
        """Apply the record of a group and compare what came of it."""
        course, entry = self.replay.course, group.record
        assert course
        assert entry
        plan = course.plan()
        record = record_of(entry)
        self._judge_decision(course, record, entry.key)
        own = list(self._of_record(course, record))
        self.records.append(record)
        if record.act == "move":
            self.replay.terms = self.moves_to[sum(each.act == "move" for each in self.records) - 1]
        if record.act in ("correct", "move"):  # as if it had been so all along
            course = self.replay.course = Course(self.replay.terms, self.records)
        else:
            course.apply(record)
        for effect in own:
            if effect.key in self.done:
                self._find("twice", effect.key, f"{entry.key} makes it happen a second time")
        caught = self._catch_up(course, group.at, {effect.key for effect in own})
        self._compare([*own, *caught], group.own, group, course.plan())
        self._moves(stood, plan, course, group)
        for effect in own:
            if effect.start:
                facts = {name: course.value(anchor) for name, anchor in effect.start.get("facts", ())}
                self.replay.openings[effect.key] = (effect.start["start"], group.at, facts)
        return [*own, *caught]

    def _judge_decision(self, course: Course, record: Record, key: str) -> None:
        """Only an open step is decided: by a person, with a reason where asked, and by other eyes than before."""
        if record.act != "decide":
            return
        spot, step = course.steps[record.step], course.terms.steps[record.step]
        people = {record.by, str(record.said.get("behalf", ""))} - {""}
        same = [n for n in step.get("not_by", ()) if people & course.actors(n)]
        taken = course.terms.outcome(record.step, record.said["outcome"])
        if spot.status != "open":
            self._find("decision", key, f"decides '{record.step}', which is {spot.status}")
        if not record.by:
            self._find("decision", key, f"nobody decided '{record.step}'")
        if same:
            self._find("decision", key, f"who decides '{record.step}' acted in or entered {', '.join(same)}: four eyes")
        if taken.get("reason") is True and len(str(record.said.get("reason", ""))) < LEAST_REASON:
            self._find("decision", key, f"'{record.said['outcome']}' has no reason")

    def _of_record(self, course: Course, record: Record) -> Iterator[Effect]:
        """The effects of a record itself: a decision carried through, cases that it opens, a reminder by hand."""
        spot, day = course.steps.get(record.step), day_of(record.at)
        if record.act == "remind" and spot:
            to = course.terms.roles([course.terms.steps[record.step]["role"]])
            yield Effect(record.step, spot.round, "remind", "by_hand", day, record.at, to)
        if record.act == "decide" and spot:
            taken = course.terms.outcome(record.step, record.said["outcome"])
            to = course.terms.roles(taken.get("tells", ()))
            yield Effect(record.step, spot.round, "decide", record.said["outcome"], day, record.at, to)
            for start in taken.get("starts", ()):
                yield Effect(record.step, spot.round, "open", start["start"], day, record.at, start=start)

    # --- catching up

    def _catch_up(self, course: Course, until: datetime, also: set[str] = frozenset()) -> list[Effect]:  # type: ignore[assignment]
        """What has to happen until a moment and did not yet, in order; the course moves along."""
        happened: list[Effect] = []
        while True:
            turn = course.next_turn()
            end = turn if turn and turn <= until else None
            known = {*self.done, *self.given_up, *also, *(e.key for e in happened)}
            for effect in self._pending(course, known):
                if effect.moment <= until and (end is None or effect.moment < end):
                    happened.append(effect)
            if end is None:
                course.now = max(course.now, until)
                return happened
            course.turn(end)

    def _pending(self, course: Course, known: set[str]) -> list[Effect]:
        """What is planned and did not happen. A date that moved does not make its past happen again."""
        last = self.records[-1].at
        slots = {key.rpartition("/")[0] for key in known}
        fresh = [e for e in course.plan() if e.key not in known and (e.moment > last or e.slot not in slots)]
        return sorted(fresh, key=lambda e: (e.moment, e.nominal))

    # --- comparing

    def _compare(
        self, expected: Sequence[Effect], logged: Sequence[Entry], group: Group, plan: Sequence[Effect]
    ) -> None:
        due = {effect.key: effect for effect in expected}
        seen = set()
        for entry in logged:
            effect = due.get(entry.key)
            if entry.key in self.done:
                self._find("twice", entry.key, f"entry {entry.seq} has it again")
            elif effect is None and entry.key not in self.given_up:
                self._stray(entry, plan)
            elif effect:
                self._same(effect, entry, group)
            self.done.setdefault(entry.key, entry)
            seen.add(entry.key)
        for key in due.keys() - seen:
            self.given_up.add(key)
            if not self.apart:
                by = f"{group.record.key} of {group.at:%Y-%m-%d}" if group.record else f"the sweep of {group.at}"
                self._find("missed", key, f"its moment {due[key].moment} had come, and {by} passed it by")

    def _stray(self, entry: Entry, plan: Sequence[Effect]) -> None:
        planned = {effect.key: effect for effect in plan}
        slots = {effect.slot: effect for effect in plan}
        if entry.key in planned:
            self._find("early", entry.key, f"logged at {entry.at}, before its moment {planned[entry.key].moment}")
        elif slot := slots.get(entry.key.rpartition("/")[0]):
            self._find("no cause", entry.key, f"its nominal day is {slot.nominal}")
        else:
            self._find("no cause", entry.key, "no fact or act makes it happen")

    def _same(self, effect: Effect, entry: Entry, group: Group) -> None:
        if (entry.kind, entry.nominal) != (effect.kind, effect.nominal):
            self._find("no cause", entry.key, f"says {entry.kind} of {entry.nominal}, not of {effect.nominal}")
        since = max(effect.moment, self.records[-1].at if self.records else effect.moment)
        i = bisect_left(self.rounds, since)
        if entry in group.caught and i < len(self.rounds) and self.rounds[i] < entry.at and not self.apart:
            self._find("late", entry.key, f"logged at {entry.at}; the round of {self.rounds[i]} passed it by")

    # --- who is told

    def _marks(
        self, group: Group, caught: Sequence[Effect], own: Sequence[Effect], plan: Sequence[Effect],
        after: Sequence[Effect], before: Mapping[str, Entry],
    ) -> None:  # fmt: skip
        """Whether each effect stayed silent as it should; and the notices of those that speak.

        What was caught up at the very instant of an act may also have been a sweep of its own: both are right.
        """
        at, entries, office = group.at, {e.key: e for e in (*group.caught, *group.own)}, self.replay.terms.office
        readings = [silence(Advance(at, caught, own, plan, after, before), office)]
        if caught and group.record:
            swept = {**before, **{e.key: entries[e.key] for e in caught if e.key in entries}}
            apart = silence(Advance(at, caught, (), plan, plan, before), office)
            readings.append(apart | silence(Advance(at, (), own, plan, after, swept), office))
        for effect in (*caught, *own):
            entry = entries.get(effect.key)
            if entry is None:
                continue
            allowed = [reading[effect.key] for reading in readings]
            fitting = [waits for silent, waits in allowed if silent == entry.overtaken]
            if not fitting:
                self._find("silent", entry.key, f"is {entry.overtaken or 'told'}, not {allowed[0][0] or 'told'}")
            if entry.overtaken is None:
                self._notices(effect, at, waits=any(fitting))

    def _notices(self, effect: Effect, at: datetime, *, waits: bool) -> None:
        terms = self.replay.terms
        four_eyes = effect.kind == "task" and terms.steps[effect.step].get("not_by")
        kind = ("C" if four_eyes else "A") if effect.kind == "task" else LETTERS.get(effect.kind, "")
        tomorrow = midnight(terms.office.on_or_after(day_of(at) + DAY))
        for role in effect.to if kind else ():
            self.telling.append(Told(effect.key, kind, role, effect.step, effect.round, at, summary=effect.summary,
                            not_before=tomorrow if waits else None))  # fmt: skip

    def _settle(self, course: Course, group: Group, stood: Stand) -> None:
        """What stands after an advance, and stood before its record: its notices tell of that."""
        stands, caught = course.standing(), {entry.key for entry in group.caught}
        for told in self.telling:
            about = [stand.get((told.step, told.round)) for stand in (stands, *[stood] * (told.entry in caught))]
            rule = course.terms.rule(told.step)
            dues = tuple(each.due for each in about if each and each.due)
            self.replay.told.append(replace(told, fatal=bool(rule and rule.get("fatal")), dues=dues))
        self.telling.clear()
        self.replay.history.append((group.at, stands))

    def _moves(self, stood: Stand, plan: Sequence[Effect], course: Course, group: Group) -> None:
        """Whoever was told a date that moved is told the new one; a goal tells only whom none of its steps tells."""
        own = {entry.key for entry in group.own}
        mailed = {k for k, e in self.done.items() if not e.is_record and e.overtaken is None and k not in own}
        slots = mailed | {key.rpartition("/")[0] for key in mailed}
        moved: dict[tuple[str, int], list[str]] = {}
        for spot, stands in course.standing().items():
            old = stood.get(spot)
            if old and old.due and stands.due and old.due != stands.due:
                heard = [role for e in plan if (e.step, e.round) == spot and e.slot in slots for role in e.to]
                moved[spot] = list(dict.fromkeys(heard))
        for (step, nth), roles in moved.items():
            heard = [role for (other, _), them in moved.items() for role in them
                     if other in course.steps and course.terms.steps[other].get("due") == step]  # fmt: skip
            for role in roles:
                if role not in heard:
                    entry = group.record.key if group.record else ""
                    self.telling.append(Told(entry, "F", role, step, nth, group.at, before=stood[step, nth].due))

    # --- the end

    def end(self) -> None:
        """What had to be by now, and what comes next."""
        course = self.replay.course
        if course is None:
            self._find("missed", "case", "it has no log")
            return
        for effect in self._catch_up(course, self.now):
            if not self.apart:
                self._find("missed", effect.key, f"its moment {effect.moment} has come, and it did not happen")
            self.given_up.add(effect.key)
        ahead = [e.moment for e in self._pending(course, {*self.done, *self.given_up}) if e.moment > self.now]
        turn = course.next_turn()
        self.replay.next_moment = min([*ahead, *([turn] if turn else [])], default=None)

    def _find(self, law: Law, key: str, problem: str) -> None:
        self.replay.findings.append(Finding(f"{self.replay.case.code} {key}", law, problem))
