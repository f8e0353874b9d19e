"""Runs whose process died without a word: marked as crashed, so that nobody waits for them.

Nothing is run again because of it. What a dead run did not do, the next one does.
"""

from datetime import timedelta

from prefect import get_client
from prefect.automations import Automation
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

NAME = "Tijdig: stille runs"
SILENT_FOR = timedelta(seconds=90)
"""Three heartbeats of PREFECT_FLOWS_HEARTBEAT_FREQUENCY."""

_ENDS = ("Completed", "Skipped", "Failed", "Cancelled", "Crashed")
_UNFINISHED = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]


async def register() -> None:
    """Have the server mark a run that was heard of and then fell silent. Registering twice leaves one."""
    made = Automation(
        name=NAME,
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *(f"prefect.flow-run.{end}" for end in _ENDS)},
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=SILENT_FOR,
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message="Al 90 seconden niets van gehoord.")],
    )
    try:
        known = await Automation.aread(name=NAME)
    except (ValueError, ObjectNotFound):
        await made.acreate()
    else:
        made.id = known.id
        await made.aupdate()


async def mark_dead_runs() -> None:
    """On one machine no run outlives its `serve`: whatever is unfinished when a new one starts is dead."""
    unfinished = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_UNFINISHED)))
    async with get_client() as client:
        for run in await client.read_flow_runs(flow_run_filter=unfinished):
            await client.set_flow_run_state(run.id, Crashed(message="Tijdig werd gestopt."), force=True)
