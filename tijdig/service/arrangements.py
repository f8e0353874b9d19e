"""The register of approved arrangements: which care a member may declare, from when until when (C-11, C-12).

Computed from the cases each time it is asked, so that it cannot differ from them: an arrangement is a case of its own,
opened by an approval or, for what was approved before Tijdig, by the director. What was cancelled, or whose approval
was taken back, never counted. A plan that replaces an earlier one ends it. A handful of statements, however many cases.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select as columns
from sqlmodel import Session, col

from models.case import Case as CaseRow
from models.case import Log, Payload
from models.organisation import Subject
from tijdig.engine.advance import advance
from tijdig.engine.calendar import local_day
from tijdig.engine.case import Record, Terms
from tijdig.engine.state import State
from tijdig.service.chain import ACT
from tijdig.service.held import LOADER, Held, held, read_all
from tijdig.service.pins import current
from tijdig.service.sweep import BATCH

APPROVAL, ARRANGEMENT = "zap-approval", "zap-arrangement"
APPROVED = "approved"
VOID = ["cancelled", "merged"]
"""The results of an arrangement that never stood: it was opened in error."""
AT_ONCE = ("withdrawn", "left")
"""The results that end it on the day itself; all others leave it standing until its validity is over."""
DAY = timedelta(days=1)
_AT_ALL = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What a member may declare. Days are included; without `until` no end is known.

    `vg7_since`: the day from which VG7 counts too, after positive advice. Of an `erased` one only case, member and days
    are known: nothing can be declared on it.
    """

    case: str
    member: str
    since: date
    until: date | None = None
    sector: str = ""
    care: str = ""
    vg7_since: date | None = None
    replaces: bool = False
    decision: str = ""
    decided_by: str = ""
    behalf: str = ""
    erased: bool = False

    def stands(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)

    def covers(self, day: date, *, sector: str, vg7: bool) -> bool:
        """Whether care of this sector, and with `vg7` also of that profile, may be declared on it for this day."""
        advised = not vg7 or (self.vg7_since is not None and self.vg7_since <= day)
        return not self.erased and self.sector == sector and advised and self.stands(day)


def register(session: Session, *, now: datetime, member: str = "") -> list[Arrangement]:
    """All arrangements that stood, stand, or are known to end; by member, sector and first day."""
    of_whom, whom = (" and subject = ?", (member,)) if member else ("", ())
    which = f"procedure = ?{of_whom} and state not in (?*) and id > ? order by id limit {BATCH}"
    found: list[Arrangement] = []
    last = 0
    while page := held(session, which, ARRANGEMENT, *whom, VOID, last):
        found += _arrangements(session, page, now)
        last = page[-1].id
    return _replaced(sorted(found, key=lambda a: (a.member, a.sector, a.since, a.case)))


def _arrangements(session: Session, page: Sequence[Held], now: datetime) -> Iterator[Arrangement]:
    erased, given, gone = _erased(session, page), _decisions(session, page), _departures(session, page)
    read_all(session, [one for one in page if one.id not in erased])
    for one in page:
        decision = given.get(one.parent_id or 0)
        if one.parent_id and decision is None:
            continue  # its approval was taken back
        made = _unknown(one) if one.id in erased else _known(one, now)
        if made:
            yield _ending(replace(made, **(decision or {})), gone.get(one.subject))


def _known(one: Held, now: datetime) -> Arrangement | None:
    """As the case says it is by now; None when it turns out never to have stood."""
    state, opening = advance(one.case, now).state, one.case.records[0]
    if state.result in VOID:
        return None
    facts = state.facts
    since = date.fromisoformat(facts["approved_on"])
    made = Arrangement(
        one.code, one.subject, since, sector=facts["sector"], care=facts["care"],
        vg7_since=_vg7_since(state, opening, since), replaces=bool(facts.get("replaces")),
        decision=str(facts.get("decision", "")), decided_by=opening.by, behalf=opening.behalf,
    )  # fmt: skip
    return _ending(made, *_ends(state))


def _vg7_since(state: State, opening: Record, since: date) -> date | None:
    """The day of the positive advice: before the approval, or in the case itself (X-17).

    Advice from before counts only where VG7 was in what was approved: a correction adds none.
    """
    if not state.facts["vg7"]:
        return None
    before = state.facts.get("vg7_on") if opening.values.get("vg7") and "vg7_on" in opening.values else None
    own = state.steps["vg7_advice"]
    advised = date.fromisoformat(before) if before else own.done_on if own.outcome == "positive" else None
    return max(advised, since) if advised else None


def _ends(state: State) -> Iterator[date | None]:
    """The last days that the case itself knows of."""
    valid = state.due("valid")
    yield valid.due if valid else None
    yield state.day_of("left_on")
    yield local_day(state.closed) if state.closed and state.result in AT_ONCE else None


def _ending(made: Arrangement, *days: date | None) -> Arrangement:
    known = [day for day in (made.until, *days) if day]
    return replace(made, until=min(known, default=None))


def _replaced(ordered: list[Arrangement]) -> list[Arrangement]:
    """A plan that replaces the earlier ones of its sector ends them the day before; what never stood is left out."""
    newer: dict[tuple[str, str], date] = {}
    found = []
    for made in reversed(ordered):
        key = made.member, made.sector
        kept = _ending(made, newer[key] - DAY) if key in newer and not made.erased else made
        if made.replaces:
            newer[key] = made.since
        if kept.until is None or kept.until >= kept.since:
            found.append(kept)
    return found[::-1]


# --- what else the rows know


def _erased(session: Session, page: Iterable[Held]) -> frozenset[int]:
    """The cases of which something that was recorded is no longer there (a retention run)."""
    logs = columns(col(Log.case_id)).join(Payload, col(Payload.log_id) == col(Log.id), isouter=True)
    lost = col(Log.commitment).is_not(None) & col(Payload.log_id).is_(None)
    return frozenset(session.execute(logs.where(col(Log.case_id).in_([one.id for one in page]), lost)).scalars())


def _unknown(one: Held) -> Arrangement:
    ended = one.closed_on if one.state in AT_ONCE else None
    return Arrangement(one.code, one.subject, one.opened_on, ended, erased=True)


def _decisions(session: Session, page: Iterable[Held]) -> Mapping[int, dict[str, Any]]:
    """Of each case that ended in an approval: its name and who decided, for whom; it is its last decision."""
    parents = {one.parent_id for one in page if one.parent_id}
    named = columns(col(CaseRow.id), col(CaseRow.code)).where(
        col(CaseRow.id).in_(parents), col(CaseRow.procedure) == APPROVAL, col(CaseRow.state) == APPROVED
    )
    codes = dict(session.execute(named).tuples().all())
    logs = columns(col(Log.case_id), col(Log.actor), col(Payload.body)).order_by(col(Log.id))
    acts = logs.join(Payload, col(Payload.log_id) == col(Log.id), isouter=True).where(
        col(Log.case_id).in_(codes), col(Log.kind) == "decide", col(Log.key).startswith(ACT)
    )
    found = {id: {"decision": code} for id, code in codes.items()}
    for id, actor, body in session.execute(acts):
        behalf = str(json.loads(body).get("behalf", "")) if body else ""
        found[id] = {"decision": codes[id], "decided_by": actor, "behalf": behalf}
    return found


def _departures(session: Session, page: Iterable[Held]) -> Mapping[str, date]:
    """The last days of members that leave or left, as the members' list has them."""
    gone = columns(col(Subject.ref), col(Subject.until)).where(
        col(Subject.ref).in_({one.subject for one in page}), col(Subject.until).is_not(None)
    )
    return dict(session.execute(gone).tuples().all())


# --- what needs an approval at all


@dataclass(frozen=True, slots=True)
class Scope:
    """Which care needs an approved plan, as the newest definition and the house's settings say (X-05)."""

    terms: Terms

    @classmethod
    def load(cls, session: Session) -> Scope:
        return cls(LOADER.load(session, current(session, APPROVAL)))

    def needs_plan(self, sector: str, care: str) -> bool:
        """Where the procedure asks opinions on a plan; care of which the form is not known (empty) needs one."""
        asked = self.terms.steps["wlz_opinion"].when
        care_only = State(self.terms, Record(_AT_ALL, "open", "", {"sector": sector, "care": care or None}))
        return asked is None or asked.holds(care_only) is not False
