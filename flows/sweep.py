"""The sweep: catch up every case whose moment has come, each procedure in a task run of its own."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.naming import overtaken, run_name
from tasks.here import Here, here
from tasks.report import publish, rows_of, sweep_summary
from tasks.rounds import catch_up, find_due, open_periods, tell_amended_dates

KIND = "sweep"


@flow(name=KIND, flow_run_name=run_name, description="Voert uit wat nu moet: taken, herinneringen en escalaties.")
def sweep() -> State[Any]:
    """Catch up each procedure that has something due, then what came up meanwhile; open what programmes ask for."""
    with here() as at:
        return overtaken(at, KIND) or _sweep(at)


def _sweep(at: Here) -> State[Any]:
    tell_amended_dates(at)
    rounds = [catch_up_one(at, procedure) for procedure in find_due(at)]
    rounds.append(catch_up(at))  # usually nothing; it notes in our own tables that a whole sweep was done
    open_periods(at)  # last: a programme that cannot open its cases keeps none of the others waiting
    summary = sweep_summary(rounds)
    publish(KIND, rows_of(rounds), summary, at.settings.url)
    return Completed(message=summary)


def catch_up_one(at: Here, procedure: str) -> Any:
    """Catch up one procedure, in a task run that is called and tagged like it."""
    return catch_up.with_options(task_run_name=f"catch-up {procedure}", tags={procedure})(at, procedure)
