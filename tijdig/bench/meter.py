"""How long statements take in the database, apart from what Python does around them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from sqlalchemy import Engine, event


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
    """A meter of everything that is executed meanwhile."""
    meter = Meter()
    told = {"before_cursor_execute": meter.before, "after_cursor_execute": meter.after}
    for name, hear in told.items():
        event.listen(Engine, name, hear)
    yield meter
    for name, hear in told.items():
        event.remove(Engine, name, hear)
