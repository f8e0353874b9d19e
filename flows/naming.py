"""How a run is called, and when it has nothing to do."""

from datetime import UTC, datetime
from typing import Any

from prefect import runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.here import Here
from tijdig.engine.calendar import ZONE
from tijdig.service.guard import last_run


def run_name() -> str:
    """`sweep-2026-11-24-0815`: the flow and the local moment for which the run was planned."""
    return f"{runtime.flow_run.flow_name}-{planned_at().astimezone(ZONE):%Y-%m-%d-%H%M}"


def planned_at() -> datetime:
    """For when this run was planned; now when nobody planned it."""
    planned: datetime | None = runtime.flow_run.scheduled_start_time
    return planned or datetime.now(UTC)


def overtaken(at: Here, kind: str) -> State[Any] | None:
    """What a run ends in when a later one did its work: after an outage all missed runs start, and one is enough."""
    with at.store.read() as session:
        last = last_run(session, kind, wall=at.wall)
    if last is None or last.started_at <= planned_at():
        return None
    return Completed(name="Skipped", message="Een latere ronde deed dit al.")
