"""The pure core: due dates, the procedure language, catching up, checks and simulation.

No clock, no database, no framework. What a definition is written with is imported from here.
"""

from tijdig.engine.conditions import (
    at_least,
    at_limit,
    done,
    each,
    in_time,
    is_,
    known,
    more,
    on,
    reached,
    same,
    took,
)  # fmt: skip
from tijdig.engine.language import (
    Close,
    Column,
    Comparison,
    DueRule,
    End,
    Escalate,
    Fact,
    Go,
    Goal,
    Match,
    May,
    Procedure,
    Programme,
    Remind,
    Repeat,
    Rows,
    Setting,
    Start,
    Step,
    Sum,
    Timetable,
)
from tijdig.engine.terms import days, hours, months, weeks, working_days, years

__all__ = [
    "Close", "Column", "Comparison", "DueRule", "End", "Escalate", "Fact", "Go", "Goal", "Match", "May", "Procedure",
    "Programme", "Remind", "Repeat", "Rows", "Setting", "Start", "Step", "Sum", "Timetable", "at_least", "at_limit",
    "days", "done", "each", "hours", "in_time", "is_", "known", "months", "more", "on", "reached", "same",
    "took", "weeks", "working_days", "years",
]  # fmt: skip
