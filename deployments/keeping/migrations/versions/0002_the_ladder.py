"""The escalation ladder."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "escalation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("rung", sa.String(length=40), nullable=False),
        sa.Column("raising", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("grounds", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name="fk_escalation_assignment_id_assignment"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_escalation"),
        sa.UniqueConstraint(
            "assignment_id", "due_on", "rung", name="uq_escalation_assignment_id_due_on_rung"
        ),
    )
    op.add_column("assignment", sa.Column("rung_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("assignment", sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column(
        "message", sa.Column("recipient", sa.String(length=40), nullable=False, server_default="unit")
    )
    op.add_column("matter", sa.Column("stale_since", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_matter_stale_since", "matter", ["stale_since"], unique=False)
    op.create_index("ix_assignment_rung_at", "assignment", ["rung_at"], unique=False)
    with op.batch_alter_table("message") as message:
        message.alter_column("matter_id", existing_type=sa.Integer(), nullable=True)
    # The next patrol looks at every open assignment and sets when its next rung comes.
    op.execute("UPDATE assignment SET rung_at = opened_at WHERE answered_at IS NULL")


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_assignment_rung_at", table_name="assignment")
    with op.batch_alter_table("assignment") as assignment:
        assignment.drop_column("held")
        assignment.drop_column("rung_at")
    op.drop_index("ix_matter_stale_since", table_name="matter")
    with op.batch_alter_table("matter") as matter:
        matter.drop_column("stale_since")
    # What concerns no matter has no place in the first tables.
    op.execute("DELETE FROM message WHERE matter_id IS NULL")
    with op.batch_alter_table("message") as message:
        message.alter_column("matter_id", existing_type=sa.Integer(), nullable=False)
        message.drop_column("recipient")
    op.drop_table("escalation")
