"""The KPIs of the year plan."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Its cells are canonical JSON, as those of a timetable."""
    op.create_table(
        "kpi",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kpi"),
    )
