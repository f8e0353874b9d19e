"""The procedure language, second part: what a case must reach, what people do, and the tables that come with it."""

from __future__ import annotations

from dataclasses import dataclass

from tijdig.engine.conditions import AllOf, Condition, Done
from tijdig.engine.facts import Act, ColumnKind, DueRule, Escalate, Fact, Match, Remind, Role, Setting, Start
from tijdig.engine.terms import Term


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
