"""Announcements: a fact that concerns many cases, copied as a dated fact into each open one (design, Programmes).

Each case answers by its own rules: a member that left ends an orange case, and leaves a complaint alone.
"""

from __future__ import annotations

from typing import Any

from tijdig.engine.case import Record
from tijdig.service.cases import Doing
from tijdig.service.held import Held
from tijdig.service.work import Work


def announce(work: Work, subject: str, fact: str, value: Any, doing: Doing) -> list[Held]:
    """Copy a fact (in its JSON form) into every open case of a subject whose own definition lets it be announced.

    Each case is caught up first. Announcing None takes an earlier announcement back, where no case ended by it.
    """
    told = []
    for held in work.claim("subject = ? and state = 'open' order by id", subject):
        known = held.terms.procedure.fact(fact)
        # One case may have closed another one here: a child that ends lets its parent go on.
        if known and known.announced and held.is_open:
            work.apply(held, Record(doing.at, "announce", doing.by, {fact: value}, reason=doing.reason, via=doing.via))
            told.append(held)
    return told
