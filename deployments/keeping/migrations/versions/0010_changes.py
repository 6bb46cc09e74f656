"""Leads that are redirected, corrected, called off, and come back."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change: in place, because a copied table would lose the triggers of the search index."""
    op.add_column("assignment", sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in ("merged_into_id", "relapse_of_id"):
        op.add_column("lead", sa.Column(name, sa.Integer(), nullable=True))
        op.create_index(f"ix_lead_{name}", "lead", [name])
    op.add_column("lead", sa.Column("look_back_on", sa.Date(), nullable=True))
    op.create_index("ix_lead_look_back_on", "lead", ["look_back_on"])
    op.create_table(
        "formerfingerprint",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name="fk_formerfingerprint_matter_id_matter"),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_formerfingerprint"),
    )
    op.create_index("ix_formerfingerprint_matter_id", "formerfingerprint", ["matter_id"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("formerfingerprint")
    for name in ("look_back_on", "relapse_of_id", "merged_into_id"):
        op.drop_index(f"ix_lead_{name}", table_name="lead")
        op.drop_column("lead", name)
    op.drop_column("assignment", "paused")
