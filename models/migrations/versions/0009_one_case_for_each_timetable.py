"""A subject may have an open case for each timetable of a procedure that runs on one."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Build on 0001, which made the index. What is woven is called after its procedure, `@` and its timetable."""
    op.add_column("case_", sa.Column("timetable", sa.String(), nullable=False, server_default=""))
    op.execute(
        "update case_ set timetable = (select substr(d.procedure, length(case_.procedure) + 2) from definition d "
        "where d.id = case_.definition_id) "
        "where definition_id in (select id from definition where procedure like '%@%')"
    )
    op.drop_index("uq_case__alone", table_name="case_")
    op.create_index(
        "uq_case__alone", "case_", ["procedure", "subject", "timetable"], unique=True,
        sqlite_where=sa.text("alone"), postgresql_where=sa.text("alone"),
    )  # fmt: skip
