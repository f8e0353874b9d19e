"""Which acts somebody may do now on a case, and where in it: asked of the same rules as the act itself.

An act is tried with what a form would bring at its best; nothing is changed by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from tijdig.engine.acts import MIN_REASON, admit, roles_for
from tijdig.engine.advance import Advance, advance
from tijdig.engine.calendar import local_day
from tijdig.engine.case import Record
from tijdig.engine.errors import Refused
from tijdig.engine.language import Act, Fact
from tijdig.engine.terms import Term
from tijdig.service.held import Held
from tijdig.service.people import Directory

Deed = Literal[
    "take", "remind", "record", "attach", "correct", "extend", "suspend", "resume", "hand-over", "not-applicable",
    "take-back", "reopen", "merge", "withdraw", "cancel",
]  # fmt: skip
DEEDS: tuple[Deed, ...] = (
    "take", "remind", "hand-over", "record", "attach", "correct", "extend", "suspend", "resume", "not-applicable",
    "take-back", "reopen", "withdraw", "merge", "cancel",
)  # fmt: skip
"""What people do on a page beside deciding, in the order in which it is offered. To attach is to record a document."""

OF_A_STEP = frozenset({"take", "remind", "hand-over", "not-applicable", "take-back", "reopen"})
OF_A_TERM = frozenset({"extend", "suspend", "resume"})
OF_FACTS = frozenset({"record", "attach", "correct"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the case an act may be done: a step or a goal, as people call it."""

    name: str
    label: str
    receivers: tuple[str, ...] = ()
    """To whom the task may be handed."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An act that somebody may do now: in these places, or on these facts; on the case as a whole where neither."""

    deed: Deed
    places: tuple[Place, ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Offering:
    """Somebody before a case as it stands at a moment (`result` is the case caught up to then)."""

    people: Directory
    held: Held
    result: Advance
    person: str
    now: datetime

    def all(self) -> tuple[Offer, ...]:
        """All that they may do now, and nothing else."""
        return tuple(offer for deed in DEEDS if (offer := self.one(deed)))

    def one(self, deed: Deed) -> Offer | None:
        """This act, if they may do it now."""
        if deed in OF_FACTS:
            facts = tuple(self._facts(deed))
            return Offer(deed, facts=facts) if facts else None
        if deed in OF_A_STEP or deed in OF_A_TERM:
            places = tuple(self._places(deed))
            return Offer(deed, places) if places else None
        return Offer(deed) if self._may(deed) and self._fits(deed) else None

    def refusal(self, deed: Deed) -> str:
        """Why they may not, when it is because of who they are; empty when the case does not allow it now."""
        terms = self.result.case.terms
        places = self._named(deed) or [""]
        roles = dict.fromkeys(role for place in places for role in roles_for(terms, _act(deed), place))
        if not roles or any(self._may(deed, place) for place in places):
            return ""
        return f"U mag dit niet. De rol {' of '.join(roles)} wel."

    # --- where

    def _named(self, deed: Deed) -> Sequence[str]:
        procedure = self.result.case.terms.procedure
        if deed in OF_A_STEP:
            return [step.step for step in procedure.steps]
        kind = "extend" if deed == "extend" else "suspend"
        return [may.of for may in procedure.may if may.may == kind] if deed in OF_A_TERM else ()

    def _places(self, deed: Deed) -> Iterator[Place]:
        terms = self.result.case.terms
        for name in self._named(deed):
            if self._makes_sense(deed, name) and self._may(deed, name) and self._fits(deed, name):
                label = terms.steps[name].asks if name in terms.steps else terms.goals[name].label
                receivers = self._receivers(name) if deed == "hand-over" else ()
                if receivers or deed != "hand-over":
                    yield Place(name, label, receivers)

    def _makes_sense(self, deed: Deed, name: str) -> bool:
        """What changes nothing is not offered: to take what one has, to go on at a step where the case never was."""
        if deed == "take":
            return self.result.state.steps[name].assignee != self.person
        return deed != "reopen" or self.result.state.steps[name].status != "waiting"

    def _receivers(self, step: str) -> tuple[str, ...]:
        """Who could finish the task, but for whom it is with now."""
        terms, held, on = self.result.case.terms, self.held, local_day(self.now)
        roles = roles_for(terms, "decide", step)
        at: dict[str, Any] = {"subject": held.subject, "case": held.code, "on": on}
        able = {who for role in roles for who in self.people.holders(role, **at)}
        able |= {each.person for role in roles for each in self.people.recipients(role, **at)}
        assignee = self.result.state.steps[step].assignee
        others = sorted(who for who in able - {assignee} if self.people.can_act(who, roles, **at))
        return tuple(others) if assignee or len(others) > 1 else ()

    # --- of what

    def _facts(self, deed: Deed) -> Iterator[Fact]:
        if not self._may(deed):
            return
        procedure = self.result.case.terms.procedure
        made = {*procedure.drawn, *(name for c in procedure.comparisons for name in c.counted)}
        for fact in procedure.facts:
            if fact.fact not in made and self._takes(deed, fact) and self._fits(deed, values=self._tried(deed, fact)):
                yield fact

    def _takes(self, deed: Deed, fact: Fact) -> bool:
        if fact.kind in ("register", "settlement"):
            return False
        if deed == "correct":
            return self.result.state.fact(fact.fact) is not None
        return (fact.kind == "document") == (deed == "attach") and fact.kind != "row"

    def _tried(self, deed: Deed, fact: Fact) -> dict[str, Any]:
        """A value that nothing is against, for this fact and the day of it."""
        state, today = self.result.state, self.result.state.today
        day = today if state.fact(fact.fact) != today.isoformat() else today - timedelta(days=1)
        value: Any = day.isoformat() if fact.kind == "date" else {} if fact.kind in ("document", "row") else "?"
        dated = {fact.dated: today.isoformat()} if deed == "attach" and fact.dated else {}
        return {fact.fact: value} | {name: said for name, said in dated.items() if state.fact(name) is None}

    # --- whether

    def _may(self, deed: Deed, place: str = "") -> bool:
        roles = roles_for(self.result.case.terms, _act(deed), place)
        held = self.held
        return bool(roles) and self.people.can_act(
            self.person, roles, subject=held.subject, case=held.code, on=local_day(self.now)
        )

    def _fits(self, deed: Deed, place: str = "", values: dict[str, Any] | None = None) -> bool:
        record = Record(
            self.now, _act(deed), self.person, values or {}, place, person=self.person, by_term=Term(1, "day"),
            until=local_day(self.now) + timedelta(days=1), reason="?" * MIN_REASON,
        )  # fmt: skip
        try:
            admit(self.result.state, record)
            if deed == "remind":
                advance(self.result.case, self.now, record)
        except Refused:
            return False
        return True


def _act(deed: Deed) -> Act:
    return cast(Act, "record" if deed == "attach" else deed)
