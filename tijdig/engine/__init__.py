"""The pure core: due dates, the procedure language, catching up, checks and simulation.

No clock, no database, no framework. What a definition is written with is imported from here.
"""

from tijdig.engine.conditions import at_least, done, is_, known, more, on, reached, same, took
from tijdig.engine.language import (
    Close,
    DueRule,
    End,
    Escalate,
    Fact,
    Go,
    Goal,
    May,
    Procedure,
    Programme,
    Remind,
    Repeat,
    Setting,
    Start,
    Step,
)
from tijdig.engine.terms import days, hours, months, weeks, working_days, years

__all__ = [
    "Close", "DueRule", "End", "Escalate", "Fact", "Go", "Goal", "May", "Procedure", "Programme", "Remind", "Repeat",
    "Setting", "Start", "Step", "at_least", "days", "done", "hours", "is_", "known", "months", "more", "on", "reached",
    "same", "took", "weeks", "working_days", "years",
]  # fmt: skip
