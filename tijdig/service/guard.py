"""The guard: does a round itself when two intervals passed without one, and says so (design, What Prefect does).

It looks at the `run` table by the wall clock, so it also sees a scheduler that is up and does nothing.
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


def last_run(session: Session, kind: str) -> Run | None:
    """The newest finished run of a kind; None when there was none."""
    wanted = select(Run).where(Run.kind == kind, col(Run.finished_at).is_not(None))
    return session.exec(wanted.order_by(col(Run.started_at).desc(), col(Run.id).desc()).limit(1)).first()


def watch(
    store: Store, round: Round, *, up_since: datetime, wall: datetime, now: datetime, say: Callable[[str], None]
) -> bool:
    """Do the round if nobody did in time; gives whether that was needed.

    `up_since` is when the service began: before that nobody was to do anything. `now` is the installation's clock.
    """
    with store.read() as session:
        last = last_run(session, round.kind)
        known = session.exec(select(Incident.id).where(Incident.key == _key(round))).first()
    since = max(last.started_at, up_since) if last else up_since
    if wall - since < INTERVALS * round.every:
        if known and last and last.by != GUARD:
            with store.write() as session:
                passed(session, [_key(round)], by=GUARD, now=now)  # Prefect does it again
        return False
    cause = f"De {round.name} is sinds {short_moment(since)} niet door Prefect gedaan; de bewaker deed het zelf."
    say(cause)
    with store.write() as session:
        raise_incident(session, "guard", _key(round), cause=cause, mend=_MEND, now=now)
    round.do()
    return True


def _key(round: Round) -> str:
    return f"guard/{round.kind}"
