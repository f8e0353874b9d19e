"""Looking ahead, each day: roles that nobody will hold, and dates that can no longer be kept."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.naming import overtaken, run_name
from tasks.here import Here, here
from tasks.report import publish
from tasks.rounds import look_ahead

KIND = "check_ahead"


@flow(name=KIND, flow_run_name=run_name, description="Kijkt weken vooruit: is er iemand, en kan het nog op tijd?")
def check_ahead() -> State[Any]:
    """Make incidents of what will go wrong, and settle those that were solved."""
    with here() as at:
        return overtaken(at, KIND) or _check_ahead(at)


def _check_ahead(at: Here) -> State[Any]:
    found = look_ahead(at)
    summary = f"{found.checked} termijnen bekeken, {len(found.troubles)} problemen, {found.solved} opgelost."
    rows = [{"Probleem": trouble.cause, "Wat te doen": trouble.mend} for trouble in found.troubles]
    publish("check-ahead", rows, summary, at.settings.url)
    return Completed(message=summary)
