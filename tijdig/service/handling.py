"""What becomes of an act that somebody does on the page of a dossier.

One transaction, in which everything is asked again, as for a decision (handin.py): whether this very form came before,
whether they may, what they filled in, and the version that they saw. An act that moves dates shows first what moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from tijdig.engine.acts import MIN_REASON, needs_reason
from tijdig.engine.advance import Advance, Move, advance
from tijdig.engine.errors import Refused, TijdigError
from tijdig.engine.language import Fact
from tijdig.engine.terms import parse
from tijdig.service import cases, documents
from tijdig.service.cases import Doing
from tijdig.service.forms import read_day, shown_as
from tijdig.service.handin import (
    CHOOSE,
    NOT_NOW,
    NOTHING,
    REASON,
    REASON_FIELD,
    WRONG,
    Answer,
    Change,
    Receipt,
    changes_since,
    note,
    read_fields,
    received,
    text_problem,
    use_form,
)
from tijdig.service.held import Held
from tijdig.service.notices import Telling
from tijdig.service.offers import OF_A_STEP, OF_A_TERM, OF_FACTS, Deed, Offer, Offering
from tijdig.service.people import Directory
from tijdig.service.refusals import in_dutch
from tijdig.service.work import Done, Work

PREVIEWED: frozenset[Deed] = frozenset({"correct", "extend", "suspend", "resume"})
"""These move dates: what moves is shown first, and then the reason asked (ux.md, section 3)."""

PLACE, PERSON, BY, UNTIL, RULE = ":place", ":person", ":by", ":until", ":rule"
"""Fields beside those of the facts, by which problems are known; RULE is for what is about no field."""

_ABOUT = {"TOO_LONG": BY, "NO_TERM": BY, "BAD_TERM": BY, "NO_END": UNTIL, "NO_ROLE": PERSON}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants done: the act, and what they filled in. `sure`: having seen what follows."""

    deed: Deed
    answer: Answer
    given: Mapping[str, str] = field(default_factory=dict)
    """`step` (or goal), `person`, `by` and `until`, as far as the act takes them."""
    sure: bool = False

    def said(self, name: str) -> str:
        return self.given.get(name, "").strip()


@dataclass(frozen=True, slots=True)
class Standing:
    """The case as it stands, and what this person may do of the act that they asked for; None: nothing, with why."""

    held: Held
    version: int
    result: Advance
    offer: Offer | None
    refusal: str = ""
    """Set where it is because of who they are."""


@dataclass(frozen=True, slots=True)
class Faults:
    """It cannot be done so: what is wrong, by field. `follows` where it had been previewed."""

    standing: Standing
    problems: Mapping[str, str]
    follows: Follows | None = None


@dataclass(frozen=True, slots=True)
class Follows:
    """What would follow, and was not done: the dates that move, what happens at once, and who would be told what."""

    standing: Standing
    moves: tuple[Move, ...]
    effects: tuple[Done, ...]
    told: tuple[tuple[str, Telling], ...]


@dataclass(frozen=True, slots=True)
class Overtaken:
    """The case is no longer as the form showed it."""

    standing: Standing
    changes: tuple[Change, ...]


def standing(session: Session, held: Held, result: Advance, deed: Deed, person: str, *, now: datetime) -> Standing:
    """What this person may do of this act; `result` is the case as it stands now."""
    offering = Offering(Directory.load(session), held, result, person, now)
    offer = offering.one(deed)
    return Standing(held, held.version, result, offer, "" if offer else offering.refusal(deed))


def do(
    session: Session, case: str, person: str, wish: Wish, *, now: datetime, files: Path
) -> Receipt | Faults | Follows | Overtaken | Standing:
    """Do it, in this transaction; `files` is where files are. The same form twice: one receipt.

    Gives what would follow while they did not say that they saw it, and Standing where they may not.
    """
    work = Work(session, keep=documents.keeper(session, files, now=now))
    held = work.find(case)
    if receipt := received(session, held, wish.answer):
        return receipt
    seen = standing(session, held, advance(held.case, now), wish.deed, person, now=now)
    changes = tuple(changes_since(held, Directory.load(session), wish.answer.version))
    if seen.offer is None:
        if seen.refusal:
            note(session, "denied", person, now, case=held.code, act=wish.deed, why=seen.refusal)
        return Overtaken(seen, changes) if changes and not seen.refusal else seen
    if problems := dict(_problems(seen.offer, seen.result, wish)):
        return Faults(seen, problems)
    if changes:
        return Overtaken(seen, changes)
    return _done(session, work, seen, person, wish, now)


def _done(
    session: Session, work: Work, seen: Standing, person: str, wish: Wish, now: datetime
) -> Receipt | Faults | Follows:
    with session.begin_nested() as attempt:
        try:
            follows = _follows(session, work, seen, person, wish, now)
        except TijdigError as refusal:
            attempt.rollback()
            return Faults(seen, {_ABOUT.get(refusal.code, RULE): in_dutch(refusal)})
        if wish.deed in PREVIEWED and (not wish.sure or (problem := _reason_problem(wish))):
            attempt.rollback()
            return Faults(seen, {REASON_FIELD: problem}, follows) if wish.sure else follows
        work.flush()
    return use_form(session, seen.held, wish.answer, by=person, now=now)


def _follows(session: Session, work: Work, seen: Standing, person: str, wish: Wish, now: datetime) -> Follows:
    """Do it in this work, and tell what it comes to. A preview has no reason yet; none is asked of it."""
    people, code, answer = Directory.load(session), seen.held.code, wish.answer
    reason = "?" * MIN_REASON if wish.deed in PREVIEWED and _reason_problem(wish) else answer.reason.strip()
    doing = Doing(person, now, reason=reason, via="web")
    for kept in answer.documents.values():
        documents.note(session, kept, now=now)
    if wish.deed in OF_FACTS:
        assert seen.offer is not None
        values = changed(seen.offer, seen.result, answer)
        do_facts = cases.correct if wish.deed == "correct" else cases.record_facts
        stride = do_facts(work, people, code, values, doing, version=answer.version)
    else:
        given = {name: text for name in _parts(wish.deed) if (text := wish.said(name))}
        stride = cases.act(work, people, code, wish.deed, given, doing, version=answer.version)
    return Follows(seen, stride.moves, tuple(work.done), tuple(work.writing.told()))


def _parts(deed: Deed) -> tuple[str, ...]:
    """What an act takes beside facts and a reason."""
    more = {"hand-over": ("person",), "extend": ("by",), "suspend": ("until",)}
    return ("step", *more.get(deed, ())) if deed in OF_A_STEP or deed in OF_A_TERM else ()


def changed(offer: Offer, result: Advance, answer: Answer) -> dict[str, Any]:
    """The facts of which something else was filled in than what is known."""
    return {fact.fact: given for fact in offer.facts if (given := answer.given(fact.fact))
            and given != shown_as(fact, result.state.fact(fact.fact))}  # fmt: skip


# --- what is wrong


def _problems(offer: Offer, result: Advance, wish: Wish) -> Iterator[tuple[str, str]]:
    """What is wrong with what was filled in, by field, in the order of the form."""
    parts = _parts(wish.deed)
    place = next((p for p in offer.places if p.name == wish.said("step")), None)
    if "step" in parts and place is None:
        yield PLACE, NOT_NOW if wish.said("step") else CHOOSE
    if "person" in parts and not wish.said("person"):
        yield PERSON, CHOOSE
    if "by" in parts and (problem := _refusal(parse, wish.said("by"))):
        yield BY, problem
    if "until" in parts and _refusal(lambda text: read_day("", text), wish.said("until")):
        yield UNTIL, WRONG["date"]
    if wish.deed in OF_FACTS:
        yield from _fact_problems(offer.facts, result, wish.answer)
    if wish.deed not in PREVIEWED and (problem := _reason_problem(wish)):
        yield REASON_FIELD, problem


def _fact_problems(facts: tuple[Fact, ...], result: Advance, answer: Answer) -> Iterator[tuple[str, str]]:
    _, wrong = read_fields(facts, answer)
    found = {**wrong, **answer.problems}
    known = {fact.fact for fact in facts}
    yield from ((name, said) for name, said in found.items() if name in known)
    if not found and not any(_differs(fact, result, answer) for fact in facts):
        yield facts[0].fact, NOTHING if not any(map(answer.given, known)) else in_dutch(Refused("", code="SAME"))


def _differs(fact: Fact, result: Advance, answer: Answer) -> bool:
    given = answer.given(fact.fact)
    return bool(given) and given != shown_as(fact, result.state.fact(fact.fact))


def _refusal(read: Any, text: str) -> str:
    try:
        read(text)
    except Refused as refusal:
        return in_dutch(refusal)
    return ""


def _reason_problem(wish: Wish) -> str:
    reason = wish.answer.reason.strip()
    if needs_reason(wish.deed) and len(reason) < MIN_REASON:
        return REASON
    return text_problem(reason)
