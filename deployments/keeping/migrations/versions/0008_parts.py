"""Parts: the unit whose share of its parent a matter is."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change: in place, because a copied table would lose the triggers of the search index."""
    op.add_column("matter", sa.Column("unit_code", sa.String(length=32), nullable=True))
    op.create_index("ix_matter_unit_code", "matter", ["unit_code"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_matter_unit_code", table_name="matter")
    op.drop_column("matter", "unit_code")
