"""Many machines: `python -m deployments.deploy POOL` registers everything with the server at PREFECT_API_URL.

The workers of the pool run it from the image that holds this package. Running it twice changes nothing.
"""

import asyncio
import sys
from contextlib import suppress

from prefect import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists

from deployments.schedules import all_deployments
from deployments.zombies import register


def deploy(pool: str) -> None:
    """Make the work pool where it is missing; register every deployment with it, and what marks dead runs."""
    with suppress(ObjectAlreadyExists), get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=pool, type="process"))
    for deployment in all_deployments():
        deployment.made(work_pool_name=pool).apply()
    asyncio.run(register())


if __name__ == "__main__":
    deploy(sys.argv[1])
