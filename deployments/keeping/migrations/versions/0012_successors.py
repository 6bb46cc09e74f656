"""Names of units through time, successors, substitutes, and who owes something in whose place."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("unit", sa.Column("since", sa.Date(), nullable=True))
    op.add_column("unit", sa.Column("ended_on", sa.Date(), nullable=True))
    op.add_column("unit", sa.Column("succeeded_by", sa.String(length=32), nullable=True))
    op.add_column("assignment", sa.Column("acting_for", sa.String(length=32), nullable=True))
    op.create_table(
        "unitname",
        sa.Column("unit_code", sa.String(length=32), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("short_name", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["unit_code"], ["unit.code"], name=op.f("fk_unitname_unit_code_unit")),
        sa.PrimaryKeyConstraint("unit_code", "until", name=op.f("pk_unitname")),
    )
    op.create_table(
        "substitute",
        sa.Column("unit_code", sa.String(length=32), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("by_code", sa.String(length=32), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["by_code"], ["unit.code"], name=op.f("fk_substitute_by_code_unit")),
        sa.ForeignKeyConstraint(["unit_code"], ["unit.code"], name=op.f("fk_substitute_unit_code_unit")),
        sa.PrimaryKeyConstraint("unit_code", "first", name=op.f("pk_substitute")),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("substitute")
    op.drop_table("unitname")
    op.drop_column("assignment", "acting_for")
    op.drop_column("unit", "succeeded_by")
    op.drop_column("unit", "ended_on")
    op.drop_column("unit", "since")
