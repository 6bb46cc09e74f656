"""Assignments that go on with the term of the round before, because the answer was returned."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change; so far every later round but that of a review came by a return."""
    op.add_column(
        "assignment", sa.Column("returned", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute("UPDATE assignment SET returned = TRUE WHERE round > 1 AND step <> 'review'")


def downgrade() -> None:
    """Take the change back."""
    op.drop_column("assignment", "returned")
