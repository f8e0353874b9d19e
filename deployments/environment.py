"""The environment of the processes that `serve` starts: our settings made absolute, Prefect quiet and on its own."""

import os
import shlex
from pathlib import Path

from tijdig.settings import IdentityProvider, Settings

HOST = "127.0.0.1"

DEFAULTS = {
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_RUNNER_POLL_FREQUENCY": "2",  # seconds; who fills in a form is waiting
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "2592000",  # 30 days: Prefect's history is no record of ours
    "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P3D",
}
"""What an administrator may choose otherwise."""

FIXED = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
    "PREFECT_SERVER_CONCURRENCY_INITIAL_DEPLOYMENT_LEASE_DURATION": "60",  # seconds a dead run keeps others out
    # A lease kept in memory is lost with the server, and what it held then stays taken.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
}


def prefect_port(settings: Settings) -> int:
    """The port of the Prefect page and API: the one after the worklist's."""
    return settings.port + 1


def prefect_url(settings: Settings) -> str:
    """Where the Prefect page and API are."""
    return f"http://{HOST}:{prefect_port(settings)}"


def prefect_home(settings: Settings) -> Path:
    """What Prefect keeps; it may be thrown away while nothing runs."""
    return settings.data.absolute() / "prefect"


def environment(settings: Settings) -> dict[str, str]:
    """What a child process is started with; it gives it the same settings in any working folder."""
    url = prefect_url(settings)
    theirs = {name: value for name, value in os.environ.items() if not name.startswith("TIJDIG_")}
    ours = {
        "PREFECT_HOME": str(prefect_home(settings)),
        "PREFECT_API_URL": f"{url}/api",
        "PREFECT_SERVER_API_HOST": HOST,
        "PREFECT_SERVER_API_PORT": str(prefect_port(settings)),
        # Without it any page that a user visits might start flows here through their browser.
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": url,
    }
    return DEFAULTS | theirs | FIXED | ours | _tijdig(settings) | _provider(settings.provider)


def _tijdig(settings: Settings) -> dict[str, str]:
    """The settings as the environment says them (Settings.read)."""
    said = {
        "TIJDIG_DATA": str(settings.data.absolute()),
        "TIJDIG_DATABASE_URL": _absolute(settings.database_url),
        "TIJDIG_MAIL": settings.mail,
        "TIJDIG_SMTP_URL": settings.smtp_url,
        "TIJDIG_MAIL_FROM": settings.mail_from,
        "TIJDIG_MAIL_REDIRECT": settings.mail_redirect,
        "TIJDIG_URL": settings.url,
        "TIJDIG_PORT": str(settings.port),
        "TIJDIG_SCANNER": shlex.join(settings.scanner),
    }
    return {name: value for name, value in said.items() if value}


def _provider(provider: IdentityProvider | None) -> dict[str, str]:
    """The same of where colleagues sign in."""
    if provider is None:
        return {}
    return {
        "TIJDIG_OIDC_ISSUER": provider.issuer,
        "TIJDIG_OIDC_CLIENT_ID": provider.client_id,
        "TIJDIG_OIDC_CLIENT_SECRET": provider.client_secret,
        "TIJDIG_OIDC_GROUPS": ";".join(f"{group}={access}" for group, access in provider.groups.items()),
        "TIJDIG_OIDC_CLAIM": provider.claim,
        "TIJDIG_OIDC_GROUPS_CLAIM": provider.groups_claim,
        "TIJDIG_OIDC_SCOPE": provider.scope,
    }


def _absolute(address: str) -> str:
    scheme, mark, path = address.partition(":///")
    return f"{scheme}{mark}{Path(path).absolute()}" if scheme.startswith("sqlite") else address
