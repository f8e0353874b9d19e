"""How long statements take in the database, apart from what Python does around them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, event

from models.bulk import Driver


class Meter:
    """Seconds in statements so far; commits are not in it."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = 0.0

    def before(self, *_: Any) -> None:
        self._began = perf_counter()

    def after(self, *_: Any) -> None:
        self.seconds += perf_counter() - self._began


@contextmanager
def metered() -> Iterator[Meter]:
    """A meter of everything that is executed meanwhile, by SQLAlchemy or past it."""
    meter, run = Meter(), Driver.run

    def timed(*given: Any, **more: Any) -> Any:
        meter.before()
        try:
            return run(*given, **more)
        finally:
            meter.after()

    told = {"before_cursor_execute": meter.before, "after_cursor_execute": meter.after}
    for name, hear in told.items():
        event.listen(Engine, name, hear)
    with patch.object(Driver, "run", timed):
        yield meter
    for name, hear in told.items():
        event.remove(Engine, name, hear)
