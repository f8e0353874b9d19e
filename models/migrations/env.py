"""What Alembic runs: `schema.upgrade` hands it the connection, the command `alembic` gets one from the settings."""

import os
from typing import Literal

from alembic import context
from sqlalchemy import Connection, TypeDecorator

from models import schema
from models.session import Store
from tijdig.settings import Settings


def _plain(kind: str, item: object, _: object) -> str | Literal[False]:
    """A migration names SQLAlchemy's own types: it must mean the same when our models' types have moved on."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=schema.METADATA,
        render_item=_plain,
        render_as_batch=True,  # SQLite alters a table by copying it; its triggers then have to be made again
        transactional_ddl=True,  # on SQLite too: a migration happens whole or not at all
    )
    with context.begin_transaction():
        context.run_migrations()


if (given := context.config.attributes.get("connection")) is not None:
    _migrate(given)
else:
    with Store.at(Settings.read(os.environ).database_url).write() as session:
        _migrate(session.connection())
