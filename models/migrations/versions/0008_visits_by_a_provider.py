"""How a visit began, and whether the pages of administrators may be opened in it. Those that run end: sign in again."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Build on 0005, which made `visit`."""
    op.execute("delete from visit")
    op.add_column("visit", sa.Column("how", sa.String(), nullable=False, server_default="password"))
    op.add_column("visit", sa.Column("administers", sa.Boolean(), nullable=False, server_default=sa.true()))
