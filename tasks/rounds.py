"""Tasks: each wraps one use case, so that Prefect names it, times it and tries it again. No rule is decided here.

They may be tried again because each may be done twice: an effect has a key, a mail a claim (design, law 3).
"""

from collections.abc import Mapping

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.here import Here
from tijdig.service import ahead, amend, deliver, programmes
from tijdig.service import audit as auditing
from tijdig.service import compose as composing
from tijdig.service import sweep as sweeping

BY = "prefect"
RETRY_AFTER: list[float] = [10, 60]
"""Seconds; a locked database is free again by then."""


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=RETRY_AFTER)
def tell_amended_dates(at: Here) -> int:
    """Go on with amended timetables that did not reach all their cases; gives how many were told."""
    return len(amend.spread(at.store, now=at.now).cases)


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=RETRY_AFTER)
def open_periods(at: Here) -> list[str]:
    """Open the cases of programmes whose period is over."""
    return programmes.open_periods(at.store, now=at.now)


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=RETRY_AFTER)
def find_due(at: Here) -> list[str]:
    """The procedures that have something to catch up."""
    with at.store.read() as session:
        return sweeping.due_procedures(session, at.now)


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=RETRY_AFTER)
def catch_up(at: Here, procedure: str = "") -> sweeping.Swept:
    """Catch up all that is due of a procedure; without one, of all."""
    return sweeping.sweep(at.store, now=at.now, wall=at.wall, by=BY, procedure=procedure, url=at.settings.url)


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=RETRY_AFTER)
def compose(at: Here) -> Mapping[str, int]:
    """Make mails of what must be told."""
    with at.store.write() as session:
        return composing.compose(session, now=at.now, url=at.settings.url)


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=RETRY_AFTER)
def send(at: Here) -> Mapping[str, int]:
    """Send the mails that may go out."""
    return deliver.deliver(at.store, now=at.now, wall=at.wall, settings=at.settings, by=BY)


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=RETRY_AFTER)
def look_ahead(at: Here) -> ahead.Ahead:
    """Find roles that nobody will hold, and dates that can no longer be kept."""
    return ahead.check_ahead(at.store, now=at.now, wall=at.wall, by=BY)


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=RETRY_AFTER)
def compare(at: Here) -> auditing.Audited:
    """Compare every running case with its log, and put right what differs."""
    return auditing.audit(at.store, now=at.now, wall=at.wall, by=BY)
