"""Definitions and histories for the properties: small, but with every construct that time or people can move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from tijdig.engine import (
    Close,
    DueRule,
    Escalate,
    Fact,
    Go,
    Goal,
    May,
    Procedure,
    Remind,
    Repeat,
    Setting,
    Step,
    days,
    done,
    known,
    months,
    reached,
    took,
    weeks,
    working_days,
)
from tijdig.engine.advance import Advance, advance, open_case
from tijdig.engine.calendar import Calendar, instant, midnight
from tijdig.engine.case import Case, Record, Terms
from tijdig.engine.errors import Refused
from tijdig.engine.plan import obligations
from tijdig.engine.terms import Term

START = date(2026, 1, 5)
CALENDAR = Calendar()
REASON = "een reden van genoeg tekens"

terms = st.one_of(
    st.integers(1, 40).map(days), st.integers(1, 9).map(weeks), st.integers(1, 3).map(months),
    st.integers(1, 25).map(working_days),
)  # fmt: skip


UNSET = Setting("unset", "Wat nog niemand koos", optional=True)


@st.composite
def due_rules(draw: st.DrawFn, anchors: Sequence[str], *, own: str = "") -> DueRule:
    """A rule; `own` is the anchor from which one of later rounds may count."""
    again = bool(own) and draw(st.booleans())
    basis = draw(st.sampled_from(["norm", "intern", "contract", "wettelijk"]))
    return DueRule(
        after=own if again else draw(st.sampled_from(anchors)), again=again, basis=basis, source="art. 1",
        within=draw(st.one_of(terms, terms, st.just(UNSET))),
        cutoff=draw(st.sampled_from(["", "", "17:00"])), fatal=basis == "contract" and draw(st.booleans()),
    )  # fmt: skip


@st.composite
def reminders(draw: st.DrawFn, name: str, dated: bool) -> tuple[Remind, ...]:
    rules = []
    for i in range(draw(st.integers(0, 2))):
        if dated and draw(st.booleans()):
            rules.append(Remind(f"r{i}", before=draw(terms)))
        else:
            rules.append(Remind(f"r{i}", after=draw(terms), of=draw(st.sampled_from(["begun_on", f"opened:{name}"]))))
    return tuple(rules)


@st.composite
def ladders(draw: st.DrawFn) -> tuple[Escalate, ...]:
    rungs = [Escalate("first", "baas")]
    if draw(st.booleans()):
        rungs.append(Escalate("second", "directeur", after=draw(terms)))
    if draw(st.booleans()):
        rungs.append(Escalate("weekly", "baas", after=days(1), every=weeks(1), times=draw(st.integers(2, 4))))
    return tuple(rungs)


@st.composite
def steps(draw: st.DrawFn, i: int) -> Step:
    name, before = f"s{i}", f"s{i - 1}"
    needs = draw(st.sampled_from([(), None, known("extra_on"), reached("later_on")] + ([done(before)] if i else [])))
    if i and draw(st.booleans()):
        needs = took(before, "on")
    due = draw(
        st.one_of(
            st.none(), st.just("goal"), due_rules(["begun_on", f"opened:{name}", "later_on"], own=f"opened:{name}")
        )
    )
    own = isinstance(due, DueRule)
    dated = due is not None and not (isinstance(due, DueRule) and due.again)
    outcomes: list[Any] = [Go("on", "Verder")]
    if draw(st.booleans()):
        outcomes.append(Close("end", "Klaar"))
    if i and draw(st.booleans()):
        outcomes.append(Repeat("again", "Opnieuw", step=name))
    return Step(
        name, f"Doe {name}", "rol", needs=needs, due=due, undated="" if dated else "proef", outcomes=tuple(outcomes),
        when=draw(st.sampled_from([None, None, ~known("never")])), form=("note",) if draw(st.booleans()) else (),
        not_by=draw(st.sampled_from([(), (), ("note",)])),
        remind=draw(reminders(name, own)), when_late=draw(ladders()) if own else (),
    )  # fmt: skip


@st.composite
def procedures(draw: st.DrawFn) -> Procedure:
    made = tuple(draw(steps(i)) for i in range(draw(st.integers(1, 4))))
    goal = Goal(
        "goal", "Het doel", draw(due_rules(["begun_on", "later_on"])), role=draw(st.sampled_from(["", "rol"])),
        met_by=draw(st.sampled_from([None, done(made[-1].step)])), remind=draw(reminders("goal", True)),
        when_late=draw(ladders()), lapse=draw(st.sampled_from(["", "", "lapsed"])),
    )  # fmt: skip
    return Procedure(
        "proef", code="PRF", title="Proef", revision=1, subject="lid", owner="rol", late_to="baas",
        opens_with=("begun_on",), steps=made, goals=(goal,),
        facts=(
            Fact("begun_on", "date", "Begonnen", required=True), Fact("later_on", "date", "Later"),
            Fact("extra_on", "date", "Extra"), Fact("never", "text", "Nooit"), Fact("note", "text", "Notitie"),
        ),
        may=(May("extend", ("rol",), of="goal", times=3), May("suspend", ("rol",), of="goal")),
    )  # fmt: skip


@dataclass(frozen=True)
class Deed:
    """Something people try at a day of the history; the rules may refuse it."""

    day: int
    hour: int
    act: str
    pick: int
    shift: int

    def record(self, step: Advance) -> Record:
        """The record that this deed is, given how the case stands; `pick` chooses among its steps."""
        state, at = step.state, instant(START + timedelta(days=self.day), time(self.hour, 30))
        made = state.terms.procedure.steps
        chosen = made[self.pick % len(made)]
        who = f"p{self.pick % 3}"
        day = (START + timedelta(days=self.day + self.shift)).isoformat()
        match self.act:
            case "decide":
                outcome = chosen.outcomes[self.shift % len(chosen.outcomes)].name
                return Record(at, "decide", who, {}, chosen.step, outcome, reason=REASON)
            case "record":
                return Record(at, "record", who, {["later_on", "extra_on"][self.pick % 2]: day})
            case "correct":
                return Record(at, "correct", who, {["begun_on", "later_on"][self.pick % 2]: day}, reason=REASON)
            case "extend":
                return Record(at, "extend", who, {}, "goal", by_term=Term(abs(self.shift) + 1, "day"), reason=REASON)
            case "suspend":
                until = START + timedelta(days=self.day + abs(self.shift) + 1)
                return Record(at, "suspend", who, {}, "goal", until=until, reason=REASON)
            case "resume":
                return Record(at, "resume", who, {}, "goal", reason=REASON)
            case _:
                return Record(at, self.act, who, {}, chosen.step, reason=REASON)  # type: ignore[arg-type]


ACTS = ["decide", "decide", "decide", "record", "correct", "extend", "suspend", "resume", "take", "take-back", "reopen",
        "not-applicable", "remind"]  # fmt: skip

deeds = st.lists(
    st.builds(
        Deed, st.integers(0, 120), st.integers(6, 20), st.sampled_from(ACTS), st.integers(0, 5), st.integers(-20, 30)
    ),
    max_size=7,
).map(lambda found: sorted(found, key=lambda deed: (deed.day, deed.hour)))


def a_case(procedure: Procedure, begun_on: date = START) -> Case:
    opening = Record(instant(START, time(6)), "open", "p0", {"begun_on": begun_on.isoformat()})
    return Case(Terms(procedure, {}, CALENDAR), (opening,), {})


def live(case: Case, history: Sequence[Deed], sweeps: Sequence[datetime], until: datetime) -> Advance:
    """Open the case, let people act, and sweep at these instants and at the end."""
    step = open_case(case)
    todo: list[tuple[datetime, int, Deed | None]] = [(at, 0, None) for at in sweeps if at > case.opened.at]
    todo += [(deed.record(step).at, i + 1, deed) for i, deed in enumerate(history)]
    for at, _, deed in sorted(todo, key=lambda item: item[:2]):
        step = do(step, at, deed)
    return advance(step.case, until)


def do(step: Advance, at: datetime, deed: Deed | None) -> Advance:
    if deed is None:
        return advance(step.case, at)
    try:
        return advance(step.case, at, deed.record(step))
    except Refused:
        return advance(step.case, at)


def daily(step_days: int, until: int = 200) -> list[datetime]:
    return [midnight(START + timedelta(days=i)) for i in range(1, until, step_days)]


def standing(step: Advance) -> dict[str, Any]:
    """What must be the same whatever the rhythm of sweeping: state, obligations and keys."""
    return {
        "steps": {name: replace(s) for name, s in step.state.steps.items()},
        "goals": {name: replace(g) for name, g in step.state.goals.items()},
        "facts": dict(step.state.facts),
        "result": (step.state.result, step.state.closed),
        "obligations": obligations(step.state),
        "keys": frozenset(step.case.ledger),
        "next": step.next_check_at,
    }
