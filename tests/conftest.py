"""What tests share: databases on the store that was asked for, and the real things of the machine.

`--store=postgresql` runs the same tests on PostgreSQL. That server and a browser are started only when a test asks for
them; without them it is skipped and says why. With TIJDIG_REQUIRE_ALL=1, as in CI, it fails instead.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from models import schema
from models.session import Store
from tests.databases import Databases, Files, Server

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what the golden files should hold")
    parser.addoption("--store", choices=("sqlite", "postgresql"), default="sqlite", help="what databases are made on")
    parser.addoption("--seed", type=int, help="play the soak of this seed (it says which it plays)")


def pytest_report_header(config: pytest.Config) -> list[str]:
    real = {"browser": _browser(), "PostgreSQL": _postgresql_bin(), "npm": shutil.which("npm")}
    return [f"store: {config.getoption('--store')}", *(f"{name}: {path or 'ABSENT'}" for name, path in real.items())]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about the other store (`only_on`)."""
    other = [item for item in items if _is_about_another_store(item, config.getoption("--store"))]
    if other:
        config.hook.pytest_deselected(items=other)
        items[:] = [item for item in items if item not in other]


def _is_about_another_store(item: pytest.Item, store: str) -> bool:
    mark = item.get_closest_marker("only_on")
    return mark is not None and mark.args[0] != store


@pytest.fixture(scope="session")
def shared_databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Where to make a database that several tests copy."""
    yield from _databases(request, tmp_path_factory)


@pytest.fixture
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Where to make a database of this test alone."""
    yield from _databases(request, tmp_path_factory)


def _databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    if request.config.getoption("--store") == "sqlite":
        made: Databases = Files(lambda: tmp_path_factory.mktemp("database"))
    else:
        made = Server(request.getfixturevalue("postgres_url"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def migrated(shared_databases: Databases) -> str:
    """The address of a database with all tables and nothing in them, to be copied."""
    address = shared_databases.new()
    store = Store.at(address)
    schema.upgrade(store)
    store.close()
    return address


@pytest.fixture
def store(databases: Databases, migrated: str) -> Iterator[Store]:
    """A database with all tables and nothing in them."""
    store = Store.at(databases.copy(migrated))
    yield store
    store.close()


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser of the machine, for Playwright's `executable_path`."""
    return _browser() or _absent("no browser found: install the package chromium")


@pytest.fixture(scope="session")
def npm_path() -> str:
    """What brings programs for Node.js, which comes with it."""
    return shutil.which("npm") or _absent("no npm found: install Node.js with npm")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A SQLAlchemy address of an empty PostgreSQL of our own on 127.0.0.1, gone after the session."""
    binaries = _postgresql_bin() or _absent("no PostgreSQL found: install the package postgresql")
    with tempfile.TemporaryDirectory(prefix="tijdig-postgres-", ignore_cleanup_errors=True) as folder:
        data, port = Path(folder) / "data", _free_port()
        if os.geteuid() == 0:
            _give_to_postgres(Path(folder))
        _run(binaries / "initdb", "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "-D", data)
        options = f"-F -h 127.0.0.1 -p {port} -c unix_socket_directories=''"
        _run(binaries / "pg_ctl", "start", "--wait", "-D", data, "-l", Path(folder) / "log", "-o", options)
        try:
            yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
        finally:
            _run(binaries / "pg_ctl", "stop", "--wait", "--mode=immediate", "-D", data)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text whole with the file `tests/golden/NAME`, or renew that file with --update-golden."""

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


def _browser() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def _postgresql_bin() -> Path | None:
    """Debian keeps the server's programs out of PATH, in a folder for each version; the newest one counts."""
    debian = [p for p in Path("/usr/lib/postgresql").glob("*/bin") if (p / "initdb").exists()]
    if debian:
        return max(debian, key=lambda folder: float(folder.parent.name))
    found = shutil.which("initdb")
    return Path(found).parent if found else None


def _absent(reason: str) -> NoReturn:
    if os.environ.get("TIJDIG_REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _give_to_postgres(folder: Path) -> None:
    """PostgreSQL refuses to run as root, so in a container it gets the account that its package made."""
    account = pwd.getpwnam("postgres")
    os.chown(folder, account.pw_uid, account.pw_gid)


def _run(*command: str | Path) -> None:
    """Run as the account that owns the data; what a failing program said is in the error."""
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*as_postgres, *map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr}")
