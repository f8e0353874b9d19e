"""How often the rounds come: known to Prefect as cron lines, to the guard as intervals."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

SWEEP, DELIVER, AUDIT, CHECK_AHEAD = "*/15 * * * *", "*/5 * * * *", "0 3 * * *", "30 6 * * *"
NIGHTLY = timedelta(days=1)
VARIABLE = "TIJDIG_SERVE_PACE"


@dataclass(frozen=True, slots=True)
class Pace:
    """The time between two sweeps, and between two deliveries."""

    sweep: timedelta = timedelta(minutes=15)
    deliver: timedelta = timedelta(minutes=5)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Pace | None":
        """The pace that `serve` hands on to its children; None for the usual one."""
        said = environ.get(VARIABLE)
        return cls(*(timedelta(seconds=float(part)) for part in said.split("/"))) if said else None

    def to_environment(self) -> str:
        return f"{self.sweep.total_seconds()}/{self.deliver.total_seconds()}"
