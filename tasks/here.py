"""The installation as a flow finds it: settings of the environment, an open store, and what time it is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from models.schema import open_store
from models.session import Store
from tijdig.service.clock import set_clock
from tijdig.settings import Settings


@dataclass(frozen=True, slots=True)
class Here:
    """This installation at one moment: `now` is its own clock (in a trial the trial clock), `wall` the real one."""

    settings: Settings
    store: Store
    now: datetime
    wall: datetime


@contextmanager
def here(settings: Settings | None = None) -> Iterator[Here]:
    """The installation of these settings; without them, of the environment. Raises Misconfigured when there is none."""
    settings = settings or Settings.read(os.environ)
    store, wall = open_store(settings.database_url), datetime.now(UTC)
    try:
        with store.read() as session:
            now = set_clock(session, None, wall=wall)
        yield Here(settings, store, now, wall)
    finally:
        store.close()
