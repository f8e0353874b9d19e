"""The two rounds that must keep going, whole, by direct call: what the command, the guard and a timer run."""

from __future__ import annotations

from datetime import datetime

from models.session import Store
from tijdig.service.amend import spread
from tijdig.service.compose import compose
from tijdig.service.deliver import deliver
from tijdig.service.programmes import open_periods
from tijdig.service.sweep import Swept, sweep
from tijdig.settings import Settings


def sweep_round(store: Store, *, now: datetime, wall: datetime, by: str = "", url: str = "") -> Swept:
    """Catch up all that is due, then open the cases of programmes whose period is over; these come caught up.

    First of all cases hear of amended dates that did not reach them yet.
    """
    spread(store, now=now)
    swept = sweep(store, now=now, wall=wall, by=by, url=url)
    open_periods(store, now=now)  # last: a programme that cannot open its cases keeps none of the others waiting
    return swept


def deliver_round(store: Store, *, now: datetime, wall: datetime, settings: Settings, by: str = "") -> dict[str, int]:
    """Compose mails of what waits, and send what may go out. Raises Misconfigured when the mail settings miss one."""
    with store.write() as session:
        compose(session, now=now, url=settings.url)
    return deliver(store, now=now, wall=wall, settings=settings, by=by)
