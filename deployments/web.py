"""The worklist as a process: `python -m deployments.web [HOST]`, on this machine only unless a host is given."""

import os
import sys

import uvicorn

from deployments.environment import HOST
from tijdig.settings import Settings
from tijdig.web.app import create_app


def run(host: str = HOST) -> None:
    """Serve the pages until a signal ends it."""
    settings = Settings.read(os.environ)
    uvicorn.run(create_app(settings), host=host, port=settings.port, log_level="warning")


if __name__ == "__main__":
    run(*sys.argv[1:])
