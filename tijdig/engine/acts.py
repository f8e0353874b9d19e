"""Acts: which exist, whose they are, and when the rules say no.

`admit` refuses an act that does not fit the state of its case; it says what is wrong and what to do. Whether
the person holds a role is asked elsewhere: people are resolved late (design, law 8).
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from datetime import date, datetime
from functools import lru_cache

from tijdig.engine.calendar import ZONE, local_day, short_date
from tijdig.engine.case import Record, Terms, shift
from tijdig.engine.conditions import Condition, InTime
from tijdig.engine.errors import FourEyes, Refused
from tijdig.engine.language import May, Step
from tijdig.engine.state import State, as_day

MIN_REASON = 10
"""A reason has at least this many characters (ux.md, section 4)."""

_NEEDS_REASON = frozenset(
    {"correct", "extend", "suspend", "resume", "withdraw", "cancel", "reopen", "take-back", "hand-over", "merge",
     "not-applicable", "remind"}
)  # fmt: skip
_ONLY_WHERE_NAMED = frozenset({"extend", "suspend", "resume"})
_AFTER_CLOSING = frozenset({"reopen", "take-back", "attach", "correct", "child"})
_STEP_ROLE_TOO = frozenset({"take", "decide", "record", "attach"})


@lru_cache(maxsize=4096)
def roles_for(terms: Terms, act: str, step: str = "") -> tuple[str, ...]:
    """The roles that may do this act, on this step or goal. Empty: nobody may, the procedure does not allow it."""
    procedure = terms.procedure
    kind = "suspend" if act == "resume" else act
    named = [may for may in procedure.may if may.may == kind and may.of in ("", step)]
    roles = [role for may in named for role in terms.roles(may.roles)]
    found = procedure.step(step)
    if found and act in _STEP_ROLE_TOO:
        roles.append(terms.role(found.role))
    if act == "record":
        roles.extend(terms.role(s.role) for s in procedure.steps)
    if not named and act not in _ONLY_WHERE_NAMED and act not in ("take", "decide"):
        roles.append(terms.role(procedure.owner))
    return tuple(dict.fromkeys(filter(None, roles)))


def needs_reason(act: str) -> bool:
    """Whether this act is only done with a reason."""
    return act in _NEEDS_REASON


def admit(state: State, record: Record) -> None:
    """Raise Refused (or FourEyes) when the record does not fit the case as it stands at its moment."""
    if state.closed and record.act not in _AFTER_CLOSING:
        raise Refused(f"This case is closed ({state.result}). Reopen it first if it must go on.", code="CLOSED")
    if record.act in _NEEDS_REASON:
        _reason(record)
    match record.act:
        case "decide":
            _decide(state, record)
        case "take" | "hand-over" | "remind" | "not-applicable":
            _open_step(state, record.step, or_waiting=record.act == "not-applicable")
            if record.act == "hand-over" and not record.person:
                raise Refused("Hand over to whom is missing. Name the person: --set person=ID.")
        case "record" | "attach" | "announce":
            _facts(state, record)
        case "correct":
            _correct(state, record)
        case "extend":
            _extend(state, record)
        case "suspend" | "resume":
            _suspend(state, record)
        case "reopen" | "take-back":
            _again(state, record)


def _reason(record: Record) -> None:
    if len(record.reason.strip()) < MIN_REASON:
        raise Refused(
            f"'{record.act}' needs a reason of at least {MIN_REASON} characters. Say why in --reason.", code="NO_REASON"
        )


def _find(state: State, name: str) -> Step:
    step = state.terms.procedure.step(name)
    if step is None:
        names = ", ".join(s.step for s in state.terms.procedure.steps)
        raise Refused(f"{state.terms.procedure.id} has no step '{name}'. Its steps are: {names}.")
    return step


def _open_step(state: State, name: str, *, or_waiting: bool = False) -> Step:
    step, at = _find(state, name), state.steps[name]
    if at.status == "open" or (or_waiting and at.status == "waiting"):
        return step
    if at.status == "done":
        day = short_date(at.done_on) if at.done_on else "?"
        raise Refused(
            f"Step '{name}' is already done ({at.outcome}, {day}). Take it back first to decide again.",
            code="STEP_DONE", asks=step.asks,
        )  # fmt: skip
    raise Refused(
        f"Step '{name}' is not open ({at.status}). Do first what it waits for; see `tijdig case`.",
        code="STEP_NOT_OPEN", asks=step.asks,
    )  # fmt: skip


def _decide(state: State, record: Record) -> None:
    step = _open_step(state, record.step)
    outcome = step.outcome(record.outcome)
    if outcome is None:
        names = ", ".join(o.name for o in step.outcomes)
        raise Refused(f"Step '{step.step}' has no outcome '{record.outcome}'. Choose one of: {names}.")
    waits_for = [subject for subject, result in state.steps[step.step].children.items() if not result]
    if waits_for and outcome is step.outcomes[0]:
        raise Refused(
            f"'{outcome.name}' follows by itself when all are in; still missing: {', '.join(waits_for)}. "
            f"Wait for them, or choose another outcome."
        )
    stray = sorted(set(record.values) - {*step.form, *state.terms.procedure.counted_in(step.step)})
    if stray:
        asked = ", ".join(step.form) or "none"
        raise Refused(f"The form of step '{step.step}' has no field '{stray[0]}'. Its fields are: {asked}.")
    seen = state.as_if(step.step, outcome.name, record.values)
    for name in step.form:
        fact = state.terms.procedure.fact(name)
        if fact and seen.fact(name) is None and _true(fact.required, seen):
            raise Refused(f"Step '{step.step}' needs '{name}' ({fact.label}). Give it: --set {name}=….")
    _ages(seen, record, step.form)
    if outcome.only is not None and outcome.only.holds(seen) is not True:
        _too_late(seen, outcome.only)
        raise Refused(f"'{record.outcome}' is not possible now in step '{step.step}'. Choose another outcome.")
    if _true(outcome.reason, seen):
        _reason(record)
    _four_eyes(state, step, record)


def _ages(seen: State, record: Record, asked: tuple[str, ...] = ()) -> None:
    """Refuse what is too old as it is handed in, or will be on the day for which it is needed.

    Looks at the documents that are `asked`, and at those of which the record brings the document or its day.
    """
    today = local_day(record.at)
    for fact in seen.terms.ageing:
        if not {fact.fact, fact.dated} & {*record.values, *asked} or seen.fact(fact.fact) is None:
            continue
        day, last = seen.day_of(fact.dated), seen.last_day(fact.fact)
        if day is None or last is None:
            raise Refused(
                f"Of which day is '{fact.fact}' ({fact.label})? Say so: --set {fact.dated}=….",
                code="NO_DAY", label=fact.label,
            )  # fmt: skip
        if day > today:
            raise Refused(
                f"'{fact.dated}' ({short_date(day)}) lies in the future. Give the day that stands on it.",
                code="IN_FUTURE", label=fact.label, day=short_date(day),
            )  # fmt: skip
        handed_in = today if fact.fact in record.values else date.min
        needed = max(handed_in, (seen.day_of(fact.fresh_on) if fact.fresh_on else None) or date.min)
        if last < needed:
            when = "now" if needed == handed_in else f"on {short_date(needed)}, when it is needed"
            raise Refused(
                f"'{fact.fact}' ({fact.label}) is of {short_date(day)} and good until {short_date(last)}: "
                f"too old {when}. Hand in a newer one.",
                code="TOO_OLD", label=fact.label, day=short_date(day), last=short_date(last),
            )  # fmt: skip


def _too_late(seen: State, only: Condition) -> None:
    """Say by how much, where an instant or a day lies after the term within which it must lie."""
    for part in only.parts():
        found = seen.due(part.part) if isinstance(part, InTime) else None
        if isinstance(part, InTime) and found and part.holds(seen) is False:
            at = as_day(seen.fact(part.fact))
            said = f"{at.astimezone(ZONE):%d-%m-%Y %H:%M:%S}" if isinstance(at, datetime) else str(at)
            limit = f"{short_date(found.due)} {found.due_time or ''}".strip()
            raise Refused(
                f"'{part.fact}' ({said}) lies after the end of the term of '{part.part}' ({limit}): too late. "
                f"Correct it if it is wrong; otherwise choose another outcome."
            )


def _true(wanted: bool | Condition, state: State) -> bool:
    return wanted.holds(state) is True if isinstance(wanted, Condition) else wanted


def _four_eyes(state: State, step: Step, record: Record) -> None:
    for who, name in acted_before(state, step, {record.by, record.behalf}):
        did = f"acted in step '{name}'" if name in state.steps else f"entered '{name}'"
        raise FourEyes(f"{who} {did} and may not decide in step '{step.step}'. Somebody else must decide.")


def acted_before(state: State, step: Step, people: Set[str]) -> Iterator[tuple[str, str]]:
    """Who of these acted in a step, or entered a fact, that this one is kept apart from: they may not decide (law 7).

    Acting is proposing, giving an opinion or entering it for another, in any round, also as or through a deputy.
    """
    for name in step.not_by:
        actors = state.steps[name].actors if name in state.steps else state.entered.get(name, frozenset())
        yield from ((who, name) for who in sorted((people - {""}) & actors))


def _facts(state: State, record: Record) -> None:
    procedure = state.terms.procedure
    for name in record.values:
        fact = procedure.fact(name)
        if fact is None:
            names = ", ".join(f.fact for f in procedure.facts)
            raise Refused(f"{procedure.id} has no fact '{name}'. Its facts are: {names}.")
        _compared(state, record, name)
        again = fact.many or fact.kind == "document" or record.act == "announce" or _settles(state, record, name)
        if state.fact(name) is not None and not again:
            raise Refused(
                f"'{name}' is already known ({state.fact(name)}). Correct it instead: tijdig correct.",
                code="KNOWN", label=fact.label,
            )  # fmt: skip
    _ages(state.knowing(record.values), record)


def _correct(state: State, record: Record) -> None:
    for name, value in record.values.items():
        if state.fact(name) is None:
            raise Refused(f"'{name}' is not known in this case, so it cannot be corrected. Record it: tijdig record.")
        _compared(state, record, name)
        if state.fact(name) == value:
            raise Refused(f"'{name}' already has that value ({value}). Nothing was changed.", code="SAME")
    _ages(state.knowing(record.values), record)


def _compared(state: State, record: Record, name: str) -> None:
    """What the installation counts follows from a step: registers come in by their own, sums are added up in theirs."""
    steps = state.terms.procedure.steps
    if summed := next((step.step for step in steps if any(each.sum == name for each in step.sums)), ""):
        raise Refused(f"'{name}' follows from the step '{summed}'. Take that step back, and let it be done again.")
    comparison = state.terms.procedure.comparison(name)
    if comparison is None:
        return
    if not _settles(state, record, name):
        step = next((s.step for s in state.terms.procedure.steps if name in s.form), comparison.step)
        raise Refused(f"'{name}' follows from the step '{step}'. Do that step; if it is done, let it be done again.")
    _open_step(state, comparison.step)
    _reason(record)


def _settles(state: State, record: Record, name: str) -> bool:
    """Whether the record settles a difference, and this is part of that."""
    comparison = state.terms.procedure.comparison(name)
    if comparison is None or record.act != "record":
        return False
    return comparison.settled in record.values and name in (comparison.settled, comparison.unsettled)


def _may(state: State, act: str, name: str) -> May:
    found = next((may for may in state.terms.procedure.may if may.may == act and may.of == name), None)
    if found is None:
        where = ", ".join(may.of for may in state.terms.procedure.may if may.may == act) or "nowhere"
        raise Refused(f"{state.terms.procedure.id} does not allow '{act}' on '{name}'. It is allowed on: {where}.")
    return found


def _extend(state: State, record: Record) -> None:
    may, found, terms = _may(state, "extend", record.step), state.due(record.step), state.terms
    if found is None or state.now >= found.late_from:
        raise Refused(
            f"'{record.step}' can no longer be extended: its term is over. Decide, or let it escalate.",
            code="TERM_OVER",
        )
    target = state.goals.get(record.step) or state.steps[record.step]
    if len(target.extra) >= may.times:
        raise Refused(
            f"'{record.step}' was already extended {len(target.extra)} time(s); {may.times} is the most.",
            code="TOO_OFTEN_EXTENDED", times=may.times,
        )  # fmt: skip
    if record.by_term is None or record.by_term.n < 1:
        raise Refused("By how much is missing. Give a term: --set by='1 week'.", code="NO_TERM")
    wanted = shift(terms, found.nominal, record.by_term, back=False)
    limit = shift(terms, found.nominal, may.by, back=False) if may.by else None
    if limit and wanted > limit:
        raise Refused(
            f"That extends '{record.step}' past {short_date(limit)}, the most that is allowed. Ask for less.",
            code="TOO_LONG", limit=short_date(limit),
        )  # fmt: skip
    bound = state.due(may.until) if may.until else None
    if bound and wanted > bound.due:
        raise Refused(
            f"'{record.step}' may not run past {short_date(bound.due)} ('{may.until}'). Ask for less.",
            code="TOO_LONG", limit=short_date(bound.due),
        )  # fmt: skip


def _suspend(state: State, record: Record) -> None:
    _may(state, "suspend", record.step)
    goal = state.goals.get(record.step)
    if goal is None or goal.met_on:
        raise Refused(f"'{record.step}' is not a goal that runs. Only a running goal can be suspended.")
    running = bool(goal.pauses) and goal.pauses[-1].resumed is None and state.today < goal.pauses[-1].until
    if record.act == "resume" and not running:
        raise Refused(f"'{record.step}' is not suspended. There is nothing to resume.")
    if record.act == "suspend" and running:
        raise Refused(
            f"'{record.step}' is already suspended until {short_date(goal.pauses[-1].until)}. Resume it first."
        )
    if record.act == "suspend" and (record.until is None or record.until <= state.today):
        raise Refused("A suspension needs a set end in the future. Give it: --set until=2026-05-01.", code="NO_END")


def _again(state: State, record: Record) -> None:
    _find(state, record.step)
    if record.act == "take-back" and state.steps[record.step].status != "done":
        raise Refused(f"Step '{record.step}' was not decided. There is no decision to take back.")
    if record.act == "reopen" and not state.closed:
        raise Refused("This case is not closed. Only a closed case can be reopened.")
