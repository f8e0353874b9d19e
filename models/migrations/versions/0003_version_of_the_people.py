"""Give the people a version that no change can pass by, and find who holds a role over a subject by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

PEOPLE = ("person", "address", "subject", "assignment", "absence")


def upgrade() -> None:
    """Build on 0002. The version is a random number: one that was rolled back does not come again."""
    op.add_column("installation", sa.Column("people_version", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_person_colleague", "person", ["id"], unique=False,
        sqlite_where=sa.text("digest = 1"), postgresql_where=sa.text("digest"),
    )  # fmt: skip
    op.create_index("ix_assignment_scope_value", "assignment", ["scope", "scope_value"], unique=False)
    # A member holds its own role by rule from now on.
    op.execute("delete from assignment where role = 'lid' and scope = 'subject' and scope_value = person_id")
    if op.get_bind().dialect.name == "postgresql":
        _count_in_postgresql()
    else:
        _count_in_sqlite()
    op.execute("update person set name = name")  # the first version of what is there already


def _count_in_sqlite() -> None:
    for table in PEOPLE:
        for change in ("insert", "update", "delete"):
            op.execute(
                f"create trigger {table}_{change}_version after {change} on {table} "
                "begin update installation set people_version = random(); end"
            )


def _count_in_postgresql() -> None:
    op.execute(
        "create function change_people() returns trigger language plpgsql as $$ begin "
        "update installation set people_version = hashtextextended(gen_random_uuid()::text, 0); return null; end $$"
    )
    for table in PEOPLE:
        op.execute(
            f"create trigger {table}_version after insert or update or delete or truncate on {table} "
            "for each statement execute function change_people()"
        )
