"""The register of what providers hand in; the database itself keeps what came in from being changed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    """Build on 0001, which made `refuse_change` in PostgreSQL."""
    op.create_table(
        "register",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("procedure", sa.String(), nullable=False),
        sa.Column("timetable", sa.String(), nullable=False),
        sa.Column("row", sa.String(), nullable=False),
        sa.Column("vog_from", sa.Date(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=True),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_register"),
    )
    op.create_table(
        "hand_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tender", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("piece", sa.String(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("closes_at", INSTANT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tender"], ["register.name"], name="fk_hand_in_tender_register"),
        sa.PrimaryKeyConstraint("id", name="pk_hand_in"),
        sa.UniqueConstraint(
            "tender", "provider", "piece", "received_at", "sha256", "dated",
            name="uq_hand_in_tender_provider_piece_received_at_sha256_dated",
        ),
    )  # fmt: skip
    _guard()


def _guard() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "create trigger hand_in_append_only before update or delete or truncate on hand_in "
            "for each statement execute function refuse_change()"
        )
        return
    for change in ("update", "delete"):
        op.execute(
            f"create trigger hand_in_{change} before {change} on hand_in "
            f"begin select raise(abort, 'hand_in is append-only: {change} refused'); end"
        )
