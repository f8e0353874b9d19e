"""Who must do what in the weeks to come, which dates cannot be kept, and when a role has nobody.

Read from a run ahead (world.py). Definitions name roles only: who does a thing is asked for the day on which it is due,
with the assignments, absences and deputies of that day (design, law 8).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import groupby
from typing import Any

from sqlmodel import Session

from tijdig.engine.calendar import local_day, short_date
from tijdig.engine.case import Terms, shift
from tijdig.engine.conditions import Done, Known, Took
from tijdig.engine.plan import Obligation
from tijdig.engine.simulate import SAMPLE
from tijdig.engine.terms import words
from tijdig.service.foretell import Period
from tijdig.service.people import Directory, Recipient
from tijdig.service.roster import MOST
from tijdig.service.views import local
from tijdig.service.world import Apart, Foreseen, Scenario, Turn, World

Document = dict[str, Any]


@dataclass(slots=True)
class Task:
    """What a case asks of a role in the run: a step or a goal, as it stood last. `done` is when it was asked no more.

    `open_on` is the first day on which it can be done: when it opened, or today.
    """

    case: Foreseen
    asked: Obligation
    open_on: date
    done: datetime | None = None
    people: tuple[Recipient, ...] = ()

    @property
    def due(self) -> date:
        """The day by which it must be done; what has no date counts on the day on which it opens."""
        return self.asked.due.due if self.asked.due else self.open_on

    @property
    def is_supposed(self) -> bool:
        """Whether its date hangs on a day that the run filled in on a form: nobody knows it yet."""
        rules, anchor = self.case.terms.rules, f"due:{self.asked.step}"
        while anchor.startswith("due:") and (rule := rules.get(anchor.removeprefix("due:"))):
            anchor = rule.anchor
        records = self.case.stand.advance.case.records
        return any(anchor in record.values and record.by.startswith(SAMPLE) for record in records)

    def day(self, first: date) -> date:
        """The day on which somebody must be there for it: what is overdue is needed at once."""
        return max(self.due, first)


@dataclass(frozen=True, slots=True)
class Infeasible:
    """A date that cannot be kept, and why."""

    task: Task
    why: str


@dataclass(frozen=True, slots=True)
class Load:
    """What a role must do in a week, which begins on `monday`: how much of it each person has, and nobody."""

    monday: date
    role: str
    tasks: tuple[Task, ...]
    fatal: int
    overdue: int
    shares: Mapping[Recipient, Fraction]
    nobody: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A week in which a role has nobody on days on which something falls due, and in which cases."""

    monday: date
    role: str
    days: tuple[date, ...]
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run shows of a period: what is asked in it, how many cases are open now and how many would be opened."""

    within: Period
    scenario: Scenario
    running: int
    opened: int
    tasks: tuple[Task, ...]
    infeasible: tuple[Infeasible, ...]
    apart: tuple[Apart, ...]

    @property
    def first(self) -> date:
        return local_day(self.within.since)

    @property
    def load(self) -> list[Load]:
        """What each role must do each week, in order of time."""
        steps = (task for task in self.tasks if task.asked.kind == "step")
        return [self._load(monday, role, tuple(some)) for (monday, role), some in self._by_week(steps)]

    @property
    def gaps(self) -> list[Gap]:
        """When a role has nobody while something of it falls due: steps and the dates of whole cases."""
        alone = (task for task in self.tasks if not task.people)
        return [
            Gap(monday, role, tuple(sorted({task.day(self.first) for task in some})), _names(some))
            for (monday, role), some in ((key, list(each)) for key, each in self._by_week(alone))
        ]

    def _by_week(self, tasks: Iterable[Task]) -> Iterator[tuple[tuple[date, str], Iterator[Task]]]:
        def week(task: Task) -> tuple[date, str]:
            return monday_of(task.day(self.first)), task.asked.role

        return groupby(sorted(tasks, key=week), week)

    def _load(self, monday: date, role: str, tasks: tuple[Task, ...]) -> Load:
        shares: defaultdict[Recipient, Fraction] = defaultdict(Fraction)
        for task in tasks:
            for person in task.people:
                shares[person] += Fraction(1, len(task.people))
        return Load(
            monday, role, tasks, sum(task.asked.fatal for task in tasks),
            sum(task.due < self.first for task in tasks), dict(sorted(shares.items(), key=_most)),
            sum(not task.people for task in tasks),
        )  # fmt: skip


def monday_of(day: date) -> date:
    """The Monday of the week of a day."""
    return day - timedelta(days=day.weekday())


def _most(shared: tuple[Recipient, Fraction]) -> tuple[Fraction, str, str]:
    recipient, share = shared
    return -share, recipient.person, recipient.behalf


def _names(tasks: Iterable[Task]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(task.case.name for task in tasks))


# --- reading a run


def forecast(session: Session, world: World, within: Period, *, procedure: str = "") -> Forecast:
    """Run a world to the end of the period, and read out what it asks in it (of the cases of one procedure)."""
    seen = _Seen(world.now)
    for turn in world.run(within.until):
        if procedure in ("", turn.case.procedure):
            seen.look(turn)
    first, last = local_day(within.since), local_day(within.until) - timedelta(days=1)
    tasks = [
        task
        for task in seen.tasks
        if task.asked.role and first <= task.day(first) <= last and (task.done is None or task.done >= within.since)
    ]
    tasks.sort(key=lambda task: (task.day(first), task.due, task.case.name, task.asked.step))
    _resolve(Directory.load(session), tasks, first)
    why = ((task, _why(task, world)) for task in tasks)
    running = sum(not case.opened for case in seen.cases)
    return Forecast(
        within, world.scenario, running, len(seen.cases) - running, tuple(tasks),
        tuple(Infeasible(task, reason) for task, reason in why if reason), tuple(world.apart),
    )  # fmt: skip


@dataclass(slots=True)
class _Seen:
    """What cases ask, from turn to turn."""

    now: datetime
    tasks: list[Task] = field(default_factory=list)
    cases: dict[Foreseen, dict[tuple[str, int], Task]] = field(default_factory=dict)

    def look(self, turn: Turn) -> None:
        standing = self.cases.setdefault(turn.case, {})
        asked = {(each.step, each.round): each for each in turn.stand.asked}
        for key in standing.keys() - asked.keys():
            standing.pop(key).done = turn.at
        for key, each in asked.items():
            if key in standing:
                standing[key].asked = each
            else:
                standing[key] = Task(turn.case, each, max(each.opened_on or date.min, local_day(self.now)))
                self.tasks.append(standing[key])


def _resolve(people: Directory, tasks: Sequence[Task], first: date) -> None:
    """Who is there for each task on its day: some statements for each ten thousand."""
    for start in range(0, len(tasks), MOST):
        some = tasks[start : start + MOST]
        people.prefetch(task.case.subject for task in some)
        for task in some:
            task.people = people.recipients(
                task.asked.role, subject=task.case.subject, case=task.case.name, on=task.day(first),
                assignee=task.asked.assignee,
            )  # fmt: skip


def _why(task: Task, world: World) -> str:
    """Why a date cannot be kept; empty when it can, and when nobody knows it yet.

    What is late already is no news: it was escalated.
    """
    due, asked, terms = task.asked.due, task.asked, task.case.terms
    if due is None or due.late_from <= world.now or task.is_supposed:
        return ""
    what = f"‘{asked.label}’ moet uiterlijk {short_date(due.due)}"
    if asked.kind == "goal":
        meant = world.scenario == "on-time" and _is_ours_to_meet(terms, asked.step)
        missed = meant and (task.done is None or task.done >= due.late_from)
        return f"{what}, en dat lukt niet, ook niet als ieder op tijd is" if missed else ""
    if task.open_on > due.due:
        return f"{what}, maar kan pas beginnen op {short_date(task.open_on)}"
    step = terms.steps[asked.step]
    lead = terms.term(step.lead)
    start = shift(terms, due.due, lead, back=True)
    if lead and start < task.open_on and not asked.assignee:
        return (
            f"{what} en vraagt {words(lead)}: het had op {short_date(start)} begonnen moeten zijn, maar kan pas op "
            f"{short_date(task.open_on)}"
        )
    if due.safe < task.open_on:
        return f"{what}, maar kan pas beginnen op {short_date(task.open_on)}: na de veilige dag {short_date(due.safe)}"
    return ""


def _is_ours_to_meet(terms: Terms, goal: str) -> bool:
    """Whether some step can meet a goal, by being done or by its form: else it is a right that nobody need use."""
    met_by = terms.goals[goal].met_by
    asked = {name for step in terms.procedure.steps for name in step.form}
    parts = met_by.parts() if met_by else ()
    return met_by is None or any(
        isinstance(p, Done | Took) or (isinstance(p, Known) and p.fact in asked) for p in parts
    )


# --- as documents


def document(found: Forecast) -> Document:
    """All of it, as scripts read it (docs/ahead.md)."""
    first = found.first
    return {
        "from": first.isoformat(), "until": (local_day(found.within.until) - timedelta(days=1)).isoformat(),
        "scenario": found.scenario, "running": found.running, "opened": found.opened,
        "weeks": [_week(each) for each in found.load],
        "tasks": [_task(task, first) for task in found.tasks if task.asked.kind == "step"],
        "infeasible": [
            {"case": each.task.case.name, "subject": each.task.case.subject, "step": each.task.asked.step,
             "role": each.task.asked.role, "due": each.task.due.isoformat(), "why": each.why}
            for each in found.infeasible
        ],
        "uncovered": [
            {"week": gap.monday.isoformat(), "role": gap.role, "days": [day.isoformat() for day in gap.days],
             "cases": list(gap.cases)}
            for gap in found.gaps
        ],
        "apart": [{"case": each.case, "at": local(each.at), "why": each.cause} for each in found.apart],
    }  # fmt: skip


def _week(load: Load) -> Document:
    return {
        "week": load.monday.isoformat(), "role": load.role, "tasks": len(load.tasks), "fatal": load.fatal,
        "overdue": load.overdue, "nobody": load.nobody,
        "people": [
            {"person": who.person, "behalf": who.behalf or None, "tasks": round(float(share), 2)}
            for who, share in load.shares.items()
        ],
    }  # fmt: skip


def _task(task: Task, first: date) -> Document:
    due = task.asked.due
    return {
        "week": monday_of(task.day(first)).isoformat(), "case": task.case.name, "procedure": task.case.procedure,
        "subject": task.case.subject, "step": task.asked.step, "round": task.asked.round, "asks": task.asked.label,
        "role": task.asked.role, "open_on": task.open_on.isoformat(), "due": due.due.isoformat() if due else None,
        "basis": due.basis if due else None, "fatal": task.asked.fatal,
        "people": [{"person": who.person, "behalf": who.behalf or None} for who in task.people],
    }  # fmt: skip
