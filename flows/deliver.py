"""Delivery: compose mails of what must be told, and send those that may go out."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.naming import overtaken, run_name
from tasks.here import Here, here
from tasks.rounds import compose, send

KIND = "deliver"


@flow(name=KIND, flow_run_name=run_name, description="Maakt de berichten die nu nodig zijn en verstuurt ze.")
def deliver() -> State[Any]:
    """Compose, then send."""
    with here() as at:
        return overtaken(at, KIND) or _deliver(at)


def _deliver(at: Here) -> State[Any]:
    made, told = compose(at), send(at)
    return Completed(
        message=f"{made['composed']} berichten gemaakt. Verstuurd {told['sent']}, wacht {told['waiting']}, "
        f"mislukt {told['failed']}, onzeker {told['uncertain']}, aangehouden {told['held']}."
    )
