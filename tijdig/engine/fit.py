"""Whether a running case fits other terms: all that its log names must exist there too.

What the case asks may change freely; what people did and established stands, and must keep its place.
"""

from __future__ import annotations

from collections.abc import Iterator

from tijdig.engine.calendar import short_moment
from tijdig.engine.case import CASE, Case, Record, Terms
from tijdig.engine.errors import Problem, Unfit
from tijdig.engine.state import State

_KEEP = "Give a revision that keeps it, or let this case end on the versions that it has."
_ON_GOALS = ("suspend", "resume")


def check_fit(case: Case, state: State, terms: Terms) -> None:
    """Raise Unfit, with all problems, when the case as it stands cannot go on under these terms."""
    found = tuple(_problems(case, state, terms))
    if found:
        raise Unfit(f"{found[0].place}: {found[0].problem}. {found[0].mend}", problems=found)


def _problems(case: Case, state: State, terms: Terms) -> Iterator[Problem]:
    if state.closed:
        yield Problem("case", "CLOSED", f"It is closed ({state.result})", "Only running cases move; reopen it first.")
        return
    for setting in terms.missing:
        mend = f"Set it first: tijdig set {setting.id} VALUE --by U --reason TEXT."
        yield Problem(f"setting '{setting.id}'", "NOT_SET", "It is required and nobody set it", mend)
    for name in terms.procedure.opens_with:
        if state.fact(name) is None:
            yield Problem(f"fact '{name}'", "NOT_KNOWN", "A case opens with it, and this one does not have it", _KEEP)
    for record in case.records:
        yield from _of_record(record, case.terms, terms)
    yield from _lapsed(case, terms)


def _of_record(record: Record, old: Terms, new: Terms) -> Iterator[Problem]:
    place = f"{record.act} of {short_moment(record.at)}"
    of, name = new.procedure.id, record.step
    known = new.goals if record.act in _ON_GOALS else new.names if record.act == "extend" else new.steps
    if name and name not in known:
        kind = "goal" if name in old.goals else "step"
        yield Problem(place, f"NO_{kind.upper()}", f"{of} has no {kind} '{name}' any more", _KEEP)
    elif record.act == "decide" and not new.steps[name].outcome(record.outcome):
        yield Problem(place, "NO_OUTCOME", f"Step '{name}' has no outcome '{record.outcome}' any more", _KEEP)
    for value in record.values:
        before, now = old.procedure.fact(value), new.procedure.fact(value)
        if now is None:
            yield Problem(place, "NO_FACT", f"{of} has no fact '{value}' any more", _KEEP)
        elif before and before.kind != now.kind:
            yield Problem(place, "OTHER_KIND", f"Fact '{value}' was a {before.kind} and is a {now.kind} now", _KEEP)


def _lapsed(case: Case, terms: Terms) -> Iterator[Problem]:
    """A right that lapsed once, in a case that was reopened since: that end must still be one."""
    lapses = [{goal.lapse for goal in t.procedure.goals if goal.lapse} for t in (case.terms, terms)]
    for result in sorted(lapses[0] - lapses[1]):
        if any(key.startswith(f"{CASE}/") and key.endswith(f"/close/{result}") for key in case.ledger):
            yield Problem("goals", "NO_LAPSE", f"No goal lapses as '{result}' any more, and this case did so", _KEEP)
