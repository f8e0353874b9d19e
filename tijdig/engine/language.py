"""The procedure language: what a definition may say, as frozen data.

List order is reading order: a step begins when the one before it is done, unless it says `needs=`.
Dates that the *case* must reach, fatal and statutory ones above all, are goals: they run from the start,
so that none goes mute behind an undone step. An anchor is the name of a fact, or `opened:`, `done:` or
`due:` followed by the name of a step or goal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal

from tijdig.engine.calendar import CalendarName
from tijdig.engine.conditions import AllOf, Condition, Done
from tijdig.engine.due import Basis, Boundary, Roll
from tijdig.engine.terms import Term

#: The number of this language. The engine reads all earlier ones.
LANGUAGE = 1

FactKind = Literal[
    "date", "moment", "row", "number", "money", "text", "choice", "yes_no", "document", "ref", "register", "settlement",
]  # fmt: skip
ColumnKind = Literal["member", "ref", "date", "moment", "number", "choice", "yes_no"]
SettingKind = Literal["term", "role", "number", "yes_no", "choice"]
Reading = Literal["by", "from", "window"]
Act = Literal[
    "open", "take", "decide", "take-back", "remind", "record", "correct", "extend", "suspend", "resume",
    "withdraw", "cancel", "reopen", "hand-over", "merge", "not-applicable", "attach",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that the house chooses, with the source of its default; without a default it is required.

    An `optional` one is a term that may stay unset: what counts with it then has no date.
    """

    id: str
    label: str
    default: Term | int | bool | str | None = None
    kind: SettingKind = "term"
    source: str = ""
    choices: tuple[str, ...] = ()
    optional: bool = False


Role = str | Setting
"""A role by name, or the setting that names it."""


@dataclass(frozen=True, slots=True)
class Start:
    """Opens another procedure: forgets it when it stands on an outcome or a fact, waits for all when on a step.

    `over` names a cohort (one case per member of it); `facts` maps each fact of the new case to an anchor
    or fact of this one; `carries` hands goals that are not yet due, with what was sent for them, to the new case.
    """

    start: str
    over: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    carries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is established; it is also the form field that asks for it.

    `max_age` is how old a document may be when it is handed in, and on the day of the anchor `fresh_on`; the fact
    `dated` says of which day it is. `many`: more than once, each with its own date. `announced`: one announcement may
    set it in all open cases. `row` is the timetable row that fills it. A choice is (name, label). `expected`: until it
    is known, what counts from it counts from this anchor. Where that is a row, what counts from the row counts from it.
    """

    fact: str
    kind: FactKind
    label: str
    required: bool | Condition = False
    choices: tuple[tuple[str, str], ...] = ()
    min: int | None = None
    max: int | None = None
    max_age: Term | Setting | None = None
    dated: str = ""
    fresh_on: str = ""
    expected: str = ""
    many: bool = False
    announced: bool = False
    row: str = ""
    starts: tuple[Start, ...] = ()


@dataclass(frozen=True, slots=True)
class DueRule:
    """When something is due: `after` an anchor `within` a term, `before` one by a `lead`, or `on` one.

    A fact of kind `row` brings its own hour, boundary, basis, fatality and source. `roll` and `calendar` follow
    from the basis unless said otherwise (domain/deadlines.md, section 1). `again`: it counts from the second round
    on; the first one has no date, and its step says why in `undated`.
    """

    after: str = ""
    within: Term | Setting | None = None
    before: str = ""
    lead: Term | Setting | None = None
    on: str = ""
    basis: Basis = "intern"
    fatal: bool = False
    boundary: Boundary | None = None
    cutoff: str = ""
    roll: Roll | None = None
    calendar: CalendarName | None = None
    source: str = ""
    again: bool = False

    @property
    def anchor(self) -> str:
        return self.after or self.before or self.on

    @property
    def term(self) -> Term | Setting | None:
        return self.within if self.after else self.lead


@dataclass(frozen=True, slots=True)
class Remind:
    """A reminder to the step's own role (and `also` to others): `before` the due date, or `after` an anchor.

    `of` is the anchor of `after`; left out, it is the anchor of the due rule. `free_day`: only where it is due on a day
    that is no working day, so that a person looks at a term that is not extended.
    """

    remind: str
    before: Term | Setting | None = None
    after: Term | Setting | None = None
    of: str = ""
    also: tuple[Role, ...] = ()
    free_day: bool = False


@dataclass(frozen=True, slots=True)
class Escalate:
    """Tells a role that something is late: on the first late day, or `after` it; a ladder is several.

    With `every` it is repeated, `times` times in all.
    """

    escalate: str
    to: Role
    after: Term | Setting | None = None
    every: Term | Setting | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Match:
    """Which rows of a timetable; what is left out asks nothing.

    `says`: one of these stands in the title, each one or more beginnings of words that must all be there; `but`: none
    of these does. `ours`: it is ours to do; `fatal`: a day late loses the right; `timed`: it names an hour;
    `objection`: one may object to what comes out that day. `reading`: its date is the last day (`by`), the first
    (`from`), or the first of a `window`. `after`: it is counted from that row.
    """

    says: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    ours: bool | None = None
    fatal: bool | None = None
    timed: bool | None = None
    objection: bool | None = None
    reading: Reading | Literal[""] = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """What the case must reach by a date. Met by a condition, or else by closing.

    It speaks to `role` and to the roles of the open steps that serve it. `lapse` closes the case with that
    result when the own right is lost: three office days after the due day, since what was done in time and
    recorded late still counts. It never grants anything. While `lapse_only` does not hold it waits, and then comes on
    the office day after the last step of that condition was done.
    `row`: it is the row of the timetable that one of these finds, the first first, and takes its name and its date;
    what it says of `{row}` is of that row.
    Where none does, it keeps its own; without a rule of its own it is left out, with all that counts from it, or where
    the timetable `needs` it the timetable is refused.
    """

    goal: str
    label: str
    due: DueRule | None = None
    role: Role = ""
    met_by: Condition | None = None
    remind: tuple[Remind, ...] = ()
    when_late: tuple[Escalate, ...] = ()
    lapse: str = ""
    row: tuple[Match, ...] = ()
    lapse_only: Condition | None = None

    @property
    def name(self) -> str:
        return self.goal


@dataclass(frozen=True, slots=True)
class Go:
    """The case goes on."""

    go: str
    label: str
    only: Condition | None = None
    reason: bool | Condition = False
    starts: tuple[Start, ...] = ()
    tells: tuple[Role, ...] = ()

    @property
    def name(self) -> str:
        return self.go


@dataclass(frozen=True, slots=True)
class Close:
    """The case closes; the outcome's name is its result."""

    close: str
    label: str
    only: Condition | None = None
    reason: bool | Condition = False
    starts: tuple[Start, ...] = ()
    tells: tuple[Role, ...] = ()

    @property
    def name(self) -> str:
        return self.close


@dataclass(frozen=True, slots=True)
class Repeat:
    """A step, and all that needs it, waits for its next round."""

    repeat: str
    label: str
    step: str
    only: Condition | None = None
    reason: bool | Condition = False
    starts: tuple[Start, ...] = ()
    tells: tuple[Role, ...] = ()

    @property
    def name(self) -> str:
        return self.repeat


Outcome = Go | Close | Repeat


@dataclass(frozen=True, slots=True)
class Sum:
    """A number of this case as the sum of the number `fact` in the cases of another procedure.

    Which cases: those whose periods make up that of this one, but for those that were undone. Each must have its number
    by then. Where they leave days out, a person types it: no less than what they do say.
    """

    sum: str
    of: str
    fact: str


@dataclass(frozen=True, slots=True)
class Step:
    """What a role is asked to do.

    `needs`: None is the step before; names mean all of them done; `()` begins with the case. `when` is asked once the
    needs hold: false skips the step (n.v.t.), unknown waits. `due` is a rule or the name of the goal that it serves;
    without either, `undated` says why. `lead` is how long before it is due the work is picked up. `shows` are facts
    that whoever does it may see with it. `not_by`: who acted in these steps, or entered these facts, may not act here.
    `draws` are documents that the installation draws up, and so freezes, when a person does it and the case goes on;
    `sums` are numbers of its form that the installation adds up then.
    """

    step: str
    asks: str
    role: Role
    needs: Condition | tuple[str, ...] | None = None
    when: Condition | None = None
    due: DueRule | str | None = None
    undated: str = ""
    lead: Term | Setting | None = None
    form: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = (Go("done", "Gedaan"),)
    not_by: tuple[str, ...] = ()
    remind: tuple[Remind, ...] = ()
    when_late: tuple[Escalate, ...] = ()
    starts: tuple[Start, ...] = ()
    draws: tuple[str, ...] = ()
    sums: tuple[Sum, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.needs, tuple):
            object.__setattr__(self, "needs", AllOf(tuple(Done(name) for name in self.needs)))

    @property
    def name(self) -> str:
        return self.step

    def outcome(self, name: str) -> Outcome | None:
        return next((o for o in self.outcomes if o.name == name), None)


@dataclass(frozen=True, slots=True)
class May:
    """Who may do an act that is not the step's own; `extend` and `suspend` only exist where named.

    For `extend`: of which step or goal, `by` how much at most at a time, how many times, and not past which goal.
    """

    may: Act
    roles: tuple[Role, ...]
    of: str = ""
    by: Term | Setting | None = None
    times: int = 1
    until: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """What each row of a timetable that matches comes to, where no goal is that row: facts, goals and steps.

    In their texts `{row}` is its id, `{title}` what it says and `{channel}` where it is done; `{row}` is also the fact
    that holds its date, and `{row}_until` that with the last day of a window. `each(rows)` waits for all these steps.
    `beside`: beside what the row comes to by itself, also where it is a goal.
    """

    rows: str
    match: Match
    beside: bool = False
    facts: tuple[Fact, ...] = ()
    goals: tuple[Goal, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Timetable:
    """A timetable that somebody else laid down, with which the definition is woven when a case opens.

    `timetable` is the fact that names it. `ours` are words in the column of who does it that mean us. `needs`: goals
    that each timetable must have a row for, in the order in which their days come. A row that no goal is goes to the
    first of `rows` that matches. `name` is that of the timetable, once it is woven.
    """

    timetable: str
    ours: tuple[str, ...]
    needs: tuple[str, ...] = ()
    rows: tuple[Rows, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """The case ends by itself, with this result, when something was established (a member left).

    Never a colour, an approval or an award: those are people's decisions.
    """

    end: str
    label: str
    when: Condition


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a register: what its cells hold, by reference only; a `ref` is that of a client, never a name or BSN.

    A choice is (name, label).
    """

    column: str
    kind: ColumnKind
    label: str
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two registers, facts of kind `register`, that should say the same; each difference is settled by a person.

    Both have these `columns`; those of `key` together name a line, which stands in a register once. `during`: the
    columns that hold its begin and end, which must meet the `span` of the procedure. In `step` differences are settled,
    one by one and with a reason, as facts `settled`; it cannot end while one stands unsettled. The installation counts
    `differences`, those that are `unsettled`, and when the step ends the `total` of lines that hold; then it freezes
    these lines as the document `lines`, and as `figures` how many there are for each value of the columns `per`. The
    first of these has a row for each subject over which the step `over` opened cases, also when it has no line. In
    these cases the fact `returned` is how many lines the subject says it has, to be held beside the registers.
    """

    comparison: str
    left: str
    right: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    step: str
    settled: str
    differences: str
    unsettled: str
    total: str
    lines: str
    figures: str
    per: tuple[str, ...]
    over: str = ""
    returned: str = ""
    during: tuple[str, ...] = ()

    @property
    def registers(self) -> tuple[str, str]:
        return self.left, self.right

    @property
    def counted(self) -> tuple[str, ...]:
        """The facts that nobody types."""
        return self.settled, self.differences, self.unsettled, self.total, self.lines, self.figures

    @property
    def compared(self) -> tuple[str, ...]:
        """The columns in which two lines of one key may differ."""
        return tuple(column.column for column in self.columns if column.column not in self.key)


@dataclass(frozen=True, slots=True)
class Procedure:
    """A definition.

    `owner` does the acts that no step and no `may` names; `late_to` hears each late day that has no ladder of its own.
    `again`: a yes/no setting that allows a second case for one subject. `span`: the two facts that bound the period
    that a case is about; no two cases may overlap in it, but for those that were undone. `one_open`: a subject has one
    open case at a time, and of a procedure on a timetable one for each timetable.
    """

    procedure: str
    code: str
    title: str
    revision: int
    subject: str
    owner: Role
    late_to: Role
    facts: tuple[Fact, ...]
    steps: tuple[Step, ...]
    goals: tuple[Goal, ...] = ()
    opens_with: tuple[str, ...] = ()
    one_open: bool = True
    again: Setting | None = None
    ends: tuple[End, ...] = ()
    may: tuple[May, ...] = ()
    readers: tuple[Role, ...] = ()
    source: str = ""
    timetable: Timetable | None = None
    span: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()

    @property
    def id(self) -> str:
        return self.procedure

    @property
    def woven_with(self) -> str:
        """The timetable with which it is woven; empty where it is with none."""
        return self.timetable.name if self.timetable else ""

    def fact(self, name: str) -> Fact | None:
        return next((f for f in self.facts if f.fact == name), None)

    def step(self, name: str) -> Step | None:
        return next((s for s in self.steps if s.step == name), None)

    def goal(self, name: str) -> Goal | None:
        return next((g for g in self.goals if g.goal == name), None)

    def comparison(self, name: str) -> Comparison | None:
        """The comparison to which this fact belongs: one of its registers, or what is counted of them."""
        return next((c for c in self.comparisons if name in (*c.registers, *c.counted)), None)

    def counted_in(self, step: str) -> tuple[str, ...]:
        """The facts that the installation counts or draws up when this step is done."""
        found = self.step(step)
        form = found.form if found else ()
        handed_in = [
            name for c in self.comparisons if {*c.registers} & {*form} for name in (c.differences, c.unsettled)
        ]
        frozen = [name for c in self.comparisons if c.step == step for name in (c.total, c.lines, c.figures)]
        return (*handed_in, *frozen, *(found.draws if found else ()))

    @property
    def drawn(self) -> tuple[str, ...]:
        """The documents that the installation draws up."""
        return tuple(name for step in self.steps for name in step.draws)

    @property
    def parts(self) -> tuple[Goal | Step, ...]:
        """All that may be due: goals, then steps."""
        return (*self.goals, *self.steps)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Every setting that it uses, once, in reading order."""
        return tuple(dict.fromkeys(v for v in walk(self) if isinstance(v, Setting)))

    @property
    def results(self) -> tuple[str, ...]:
        """The states in which a case of it can end."""
        lapses = (goal.lapse for goal in self.goals if goal.lapse)
        return tuple(dict.fromkeys((*self.verdicts, *lapses, *(end.end for end in self.ends))))

    @property
    def verdicts(self) -> tuple[str, ...]:
        """The states in which a person's decision ends a case: the only ones that reach what closing reaches."""
        return tuple(dict.fromkeys(o.close for s in self.steps for o in s.outcomes if isinstance(o, Close)))


@dataclass(frozen=True, slots=True)
class Programme:
    """Opens cases when a period is over; each missed period too, from the day on which it was installed.

    `first` is the first day of the first period and sets the rhythm; a case opens the day after its period and knows
    `period_from` and `period_until`. `facts` are further days, counted in terms from that opening day. `over` names
    a cohort: one case for each of its members; without one the subject is the period itself. `among`: cohorts of which
    one must have a member when the period is over; in a house that has none there is nothing to open.
    """

    programme: str
    opens: str
    every: Term | Setting
    first: date
    until: date | None = None
    over: str = ""
    facts: tuple[tuple[str, tuple[Term, ...]], ...] = ()
    among: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.programme


def walk(value: Any) -> Iterator[Any]:
    """The value and everything inside it, in reading order."""
    yield value
    if isinstance(value, tuple):
        for part in value:
            yield from walk(part)
    elif hasattr(value, "__dataclass_fields__"):
        for field in fields(value):
            yield from walk(getattr(value, field.name))
