"""The guard: does a round itself when two intervals passed without one, and says so (design, What Prefect does).

It looks at the `run` table by the wall clock, so it also sees a scheduler that is up and does nothing, and a clock that
stands before what was noted by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session, col, select

from models.operation import Incident, Run
from models.session import Store
from tijdig.engine.calendar import short_moment
from tijdig.service.clock import installation
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


_LEAP = "clock/ahead"
_LEAP_TOLD = timedelta(days=7)
"""So long it is told of a clock that jumped ahead and was left so: it was right, or everybody knows."""

_LEAP_MEND = (
    "Klopt de klok nu? Dan hoeft u niets te doen. Klopt hij niet, zet hem dan goed en kijk met tijdig effects wat er "
    "te vroeg gebeurde; zet zo nodig een reservekopie terug. Dit vervalt vanzelf: na een week, of als de klok goed is."
)


class Tick(NamedTuple):
    """What time it is by the wall, and how long the machine is up, its sleep included."""

    wall: datetime
    up: timedelta


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


def watch_clock(store: Store, before: Tick, after: Tick) -> None:
    """Tell of a clock that jumped ahead between two looks: what lies ahead happens too early then.

    A live installation only; a trial has a clock of its own.
    """
    should_be = before.wall + (after.up - before.up)
    with store.read() as session:
        leapt = installation(session).mode == "live" and after.wall - should_be > SLACK
        told = session.exec(select(Incident.first_at).where(Incident.key == _LEAP)).first()
    over = told is not None and not told - SLACK <= after.wall <= told + _LEAP_TOLD
    if leapt:
        moved = f"van {short_moment(should_be)} naar {short_moment(after.wall)}"
        cause = f"De klok sprong {moved}: wat daartussen lag, gebeurt nu."
        with store.write() as session:
            raise_incident(session, "clock", _LEAP, cause=cause, mend=_LEAP_MEND, now=after.wall)
    elif over:
        with store.write() as session:
            passed(session, [_LEAP], by=GUARD, now=after.wall)


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
