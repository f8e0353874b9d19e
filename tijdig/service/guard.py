"""The guard: does a round itself when two intervals passed without one, and says so (design, What Prefect does).

It looks at the `run` table by the wall clock, so it also sees a scheduler that is up and does nothing, and a clock that
stands before what was noted by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from models.operation import Incident, Run
from models.session import Store
from tijdig.engine.calendar import short_moment
from tijdig.service.incidents import passed, raise_incident

GUARD = "guard"
"""Stands in `Run.by` where the guard had to do it."""

INTERVALS = 2
"""So many may pass without a round; one may be late."""

SLACK = timedelta(minutes=5)
"""So far the clocks of machines may be apart."""

LOOKS_BACK = 1000
"""In so many of the newest runs a moment that is still to come is looked for: ten days."""

_CLOCK = "clock"
_CLOCK_MEND = (
    "Zet de klok van de machine goed. Klopt hij nu, dan liep hij eerder voor: zie met tijdig effects wat er toen te "
    "vroeg gebeurde, en zet zo nodig een reservekopie terug. Dit vervalt vanzelf."
)
_MEND = (
    "Kijk of Prefect draait (tijdig doctor); start zo nodig tijdig serve opnieuw. De bewaker neemt het intussen over, "
    "en dit vervalt vanzelf."
)


@dataclass(frozen=True, slots=True)
class Round:
    """A round that must keep going: its kind in the `run` table, its Dutch name, how often, and how it is done."""

    kind: str
    name: str
    every: timedelta
    do: Callable[[], object]


def last_run(session: Session, kind: str, *, wall: datetime) -> Run | None:
    """The newest finished run of a kind; None when there was none.

    What was noted for a moment after `wall` does not count: a clock that stood wrong would stop all rounds until then.
    """
    wanted = select(Run).where(Run.kind == kind, col(Run.finished_at).is_not(None), col(Run.started_at) <= wall)
    return session.exec(wanted.order_by(col(Run.id).desc()).limit(1)).first()


def watch(
    store: Store, round: Round, *, up_since: datetime, wall: datetime, now: datetime, say: Callable[[str], None]
) -> bool:
    """Do the round if nobody did in time; gives whether that was needed.

    `up_since` is when the service began: before that nobody was to do anything. `now` is the installation's clock.
    """
    with store.read() as session:
        last, ahead = last_run(session, round.kind, wall=wall), _noted_ahead(session, wall)
        known = set(session.exec(select(Incident.key).where(col(Incident.key).in_((_key(round), _CLOCK)))))
    if bool(ahead) != (_CLOCK in known):
        with store.write() as session:
            _tell_of_clock(session, ahead, wall, now)
    late = wall - INTERVALS * round.every
    began = (moment for moment in (up_since, last and last.started_at) if moment and moment <= wall)
    since = max(began, default=late)
    if since > late:
        if _key(round) in known and last and last.by != GUARD:
            with store.write() as session:
                passed(session, [_key(round)], by=GUARD, now=now)  # Prefect does it again
        return False
    cause = f"De {round.name} is sinds {short_moment(since)} niet door Prefect gedaan; de bewaker deed het zelf."
    say(cause)
    with store.write() as session:
        raise_incident(session, "guard", _key(round), cause=cause, mend=_MEND, now=now)
    round.do()
    return True


def _noted_ahead(session: Session, wall: datetime) -> datetime | None:
    """The latest moment that runs were noted for and that is still to come."""
    newest = select(Run.started_at).order_by(col(Run.id).desc()).limit(LOOKS_BACK)
    return max((at for at in session.exec(newest) if at > wall + SLACK), default=None)


def _tell_of_clock(session: Session, ahead: datetime | None, wall: datetime, now: datetime) -> None:
    if ahead is None:
        passed(session, [_CLOCK], by=GUARD, now=now)
        return
    cause = f"De klok staat op {short_moment(wall)}, maar er werd al gewerkt op {short_moment(ahead)}."
    raise_incident(session, "clock", _CLOCK, cause=cause, mend=_CLOCK_MEND, now=now)


def _key(round: Round) -> str:
    return f"guard/{round.kind}"
