"""The audit, each night: does every running case stand as its log says?"""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.naming import overtaken, run_name
from tasks.here import Here, here
from tasks.report import publish
from tasks.rounds import compare

KIND = "audit"


@flow(name=KIND, flow_run_name=run_name, description="Vergelijkt elke nacht alle lopende dossiers met hun logboek.")
def audit() -> State[Any]:
    """Put right what differs, and make an incident of it."""
    with here() as at:
        return overtaken(at, KIND) or _audit(at)


def _audit(at: Here) -> State[Any]:
    done = compare(at)
    summary = f"{done.checked} dossiers nagegaan, {len(done.found)} weken af van hun logboek."
    rows = [
        {"Dossier": each.case, "Wat": "; ".join(each.what), "Hersteld": "ja" if each.mended else "nee"}
        for each in done.found
    ]
    publish(KIND, rows, summary, at.settings.url)
    return Completed(message=summary)
