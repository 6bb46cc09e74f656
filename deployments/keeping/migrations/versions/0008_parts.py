"""Parts: what each belongs to in the end, and the unit whose share of its parent it is."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change: in place, because a copied table would lose the triggers of the search index."""
    op.add_column("matter", sa.Column("root_id", sa.Integer(), nullable=True))
    op.add_column("matter", sa.Column("unit_code", sa.String(length=32), nullable=True))
    op.create_index("ix_matter_root_id", "matter", ["root_id"])
    op.create_index("ix_matter_unit_code", "matter", ["unit_code"])
    # So far nothing was a part of a part.
    op.execute("UPDATE matter SET root_id = parent_id WHERE parent_id IS NOT NULL")


def downgrade() -> None:
    """Take the change back."""
    for column in ("unit_code", "root_id"):
        op.drop_index(f"ix_matter_{column}", table_name="matter")
        op.drop_column("matter", column)
