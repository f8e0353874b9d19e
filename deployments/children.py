"""The processes of `tijdig serve`: `python -m deployments.children server|runner|web`.

Each leads a process group of its own and takes that group along when its parent is gone, however that died.
"""

import os
import runpy
import signal
import sys
import threading
import time
from contextlib import suppress

PARENT = "TIJDIG_SERVE_PID"
READY = "klaar"


def end_with_parent() -> None:
    """Kill this process and all that it started as soon as `serve` is gone: it may be killed without a word."""
    parent = int(os.environ[PARENT])

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=look, daemon=True).start()


def server() -> None:
    """The Prefect server, with its page."""
    sys.argv = ["prefect", "server", "start"]
    runpy.run_module("prefect", run_name="__main__")


def runner() -> None:
    """What takes up planned runs and those that people start; says `klaar` when everything is registered."""
    import asyncio

    from prefect import get_client
    from prefect.deployments import arun_deployment
    from prefect.runner import Runner

    from deployments.pace import Pace
    from deployments.schedules import all_deployments
    from deployments.zombies import mark_dead_runs, register

    deployments = [each.made() for each in all_deployments(Pace.from_environment(os.environ))]

    async def serve() -> None:
        async with get_client() as client:
            while await client.api_healthcheck():  # gives what is wrong
                await asyncio.sleep(0.5)
        await mark_dead_runs()
        await register()
        runner = Runner(name="tijdig", limit=4)
        for deployment in deployments:
            await runner.aadd_deployment(deployment)
        await arun_deployment("sweep/sweep", timeout=0)  # whatever was missed is done now, not at the next quarter
        print(READY, flush=True)  # noqa: T201 - what `serve` waits for
        os.dup2(2, 1)  # nobody reads further, and a full pipe would stop the runs
        await runner.start()

    with suppress(KeyboardInterrupt):  # how `serve` ends it
        asyncio.run(serve())


def web() -> None:
    """The worklist."""
    from deployments.web import run

    run()


if __name__ == "__main__":
    end_with_parent()
    {"server": server, "runner": runner, "web": web}[sys.argv[1]]()
