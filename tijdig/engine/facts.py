"""The procedure language, first part: what is established, and what a date comes from and brings about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tijdig.engine.calendar import CalendarName
from tijdig.engine.conditions import Condition
from tijdig.engine.due import Basis, Boundary, Roll
from tijdig.engine.terms import Term

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
