"""How often one link may be asked for, counted in this process."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock


@dataclass(slots=True)
class Throttle:
    """At most `most` in each span of `seconds`, for each key; what was counted is forgotten at the end of the span."""

    most: int
    seconds: int
    _span: int = 0
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def admits(self, key: str, *, at_seconds: float) -> bool:
        """Count one; whether it is within the measure."""
        with self._lock:
            span = int(at_seconds // self.seconds)
            if span != self._span:
                self._span, self._counts = span, Counter()
            self._counts[key] += 1
            return self._counts[key] <= self.most
