"""Reminding by hand all who have not answered a report yet: first what each of them would get, then all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tijdig.engine.advance import advance
from tijdig.service import cases
from tijdig.service.cases import Doing
from tijdig.service.held import Held
from tijdig.service.offers import Offering
from tijdig.service.people import Directory
from tijdig.service.work import Work

NOT_NOW = "is vandaag al herinnerd, of heeft geen open taak"


@dataclass(frozen=True, slots=True)
class Nudge:
    """What a dossier would get: a reminder of a step, or why it cannot be given."""

    case: str
    subject: str
    step: str = ""
    asks: str = ""
    refusal: str = ""


def nudges(people: Directory, missing: Iterable[Held], person: str, *, now: datetime) -> Iterator[Nudge]:
    """For each of these dossiers what would happen. Their logs have to be read."""
    for one in missing:
        offering = Offering(people, one, advance(one.case, now), person, now)
        offer = offering.one("remind")
        if offer is None:
            yield Nudge(one.code, one.subject, refusal=offering.refusal("remind") or NOT_NOW)
        else:
            place = offer.places[0]
            yield Nudge(one.code, one.subject, place.name, place.label)


def nudge(work: Work, people: Directory, wanted: Sequence[Nudge], doing: Doing) -> int:
    """Remind them; gives how many. Raises Refused where one of them cannot be, and then nobody is."""
    for each in wanted:
        cases.act(work, people, each.case, "remind", {"step": each.step}, doing)
    return len(wanted)
