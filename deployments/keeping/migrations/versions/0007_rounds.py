"""The last round of the patrol, and what makes counting repairs and faulty files cheap."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_PARTIAL_INDEXES = (
    ("ix_ledgerentry_repairs", "ledgerentry", "id", "kind = 'run_repaired'"),
    ("ix_storedfile_faulty", "storedfile", "fault", "fault IS NOT NULL"),
)


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "patrolround",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("keys_faulty", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_patrolround"),
    )
    for name, table, column, which in _PARTIAL_INDEXES:
        part = sa.text(which)
        op.create_index(name, table, [column], sqlite_where=part, postgresql_where=part)


def downgrade() -> None:
    """Take the change back; the next patrol would tell the same again."""
    for name, table, _, _ in _PARTIAL_INDEXES:
        op.drop_index(name, table_name=table)
    op.drop_table("patrolround")
