"""The layout of the database: made and brought up to date by migrations, and checked before it is used.

Migrations are numbered files, `versions/0001_*.py` and on, each built on the one before; there is no way back but a
backup.
"""

from importlib.resources import files

from sqlalchemy import inspect, text
from sqlmodel import Session, SQLModel

from models.session import Store
from tijdig.engine.errors import Misconfigured

METADATA = SQLModel.metadata

_MIGRATIONS = files("models") / "migrations"
_ONE_AT_A_TIME = 0x71A1D16  # any number, but only ours: the advisory lock under which PostgreSQL is migrated


def newest() -> str:
    """The number of the newest migration."""
    names = (file.name for file in (_MIGRATIONS / "versions").iterdir())
    return max(name[:4] for name in names if name[:4].isdigit())


def is_current(store: Store) -> bool:
    """Whether the tables are those of this version of Tijdig."""
    with store.read() as session:
        return revision_of(session) == newest()


def open_store(address: str) -> Store:
    """The store at this address. Raises Misconfigured when it is absent, empty, or of another version of Tijdig."""
    store = Store.at(address)
    with store.read() as session:
        revision = revision_of(session)
    if revision != newest():
        raise Misconfigured(_mend(store, revision))
    return store


def upgrade(store: Store) -> None:
    """Make the tables, or bring them up to date: all of it or nothing. Whoever comes second waits and finds it done."""
    if store.path:
        store.path.parent.mkdir(parents=True, exist_ok=True)
        store.path.touch(mode=0o600)  # as readable as the journal files beside it, which take over its rights
    with store.write() as session:
        if not store.path:
            session.execute(text("select pg_advisory_xact_lock(:number)"), {"number": _ONE_AT_A_TIME})
        migrate(session)


def migrate(session: Session) -> None:
    """Bring the tables up to date in this transaction."""
    from alembic import command  # here only: who opens a database should not wait for its import
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = session.connection()
    command.upgrade(config, "head")


def _mend(store: Store, revision: str | None) -> str:
    if revision is None:
        return f"The database {store.url!r} is empty. Run `tijdig init`."
    if revision < newest():
        return (
            f"The database is at migration {revision}, this Tijdig at {newest()}. Make a backup and run `tijdig init`."
        )
    return f"A newer Tijdig made the database (migration {revision}, here {newest()}). Install that one."


def revision_of(session: Session) -> str | None:
    """The migration that this database is at; None for one without tables of ours."""
    if not inspect(session.connection()).has_table("alembic_version"):
        return None
    return session.execute(text("select version_num from alembic_version")).scalar()
