"""Many machines: `python -m deployments.deploy POOL` registers everything with the server at PREFECT_API_URL.

The workers of the pool run it from the image that holds this package. Running it twice changes nothing.
"""

import asyncio
import sys

from deployments.schedules import all_deployments
from deployments.zombies import register


def deploy(pool: str) -> None:
    """Register every deployment with a work pool, and what marks dead runs."""
    for deployment in all_deployments():
        deployment.made(work_pool_name=pool).apply()
    asyncio.run(register())


if __name__ == "__main__":
    deploy(sys.argv[1])
