"""Extensions and circulars: what is put before a person to decide."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Column, its length from now on and before; a petition's number is its lead's with a suffix.
_LENGTHS = (
    ("matter", "kind", 40, 20),
    ("matter", "number", 40, 20),
    ("matter", "printed_number", 60, 40),
    ("ledgerentry", "stream", 40, 20),
)


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "petition",
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name="fk_petition_matter_id_matter"),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name="fk_petition_assignment_id_assignment"
        ),
        sa.ForeignKeyConstraint(["unit_code"], ["unit.code"], name="fk_petition_unit_code_unit"),
        sa.PrimaryKeyConstraint("matter_id", name="pk_petition"),
    )
    op.create_index("ix_petition_assignment_id", "petition", ["assignment_id"], unique=False)
    op.create_table(
        "petitionevidence",
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.Column("evidence_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["matter_id"], ["petition.matter_id"], name="fk_petitionevidence_matter_id_petition"
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name="fk_petitionevidence_evidence_id_evidence"
        ),
        sa.PrimaryKeyConstraint("matter_id", "evidence_id", name="pk_petitionevidence"),
    )
    op.add_column("assignment", sa.Column("extended_to", sa.Date(), nullable=True))
    with op.batch_alter_table("matter") as matter:
        matter.add_column(sa.Column("parent_id", sa.Integer(), nullable=True))
        matter.create_foreign_key("fk_matter_parent_id_matter", "matter", ["parent_id"], ["id"])
    op.create_index("ix_matter_parent_id", "matter", ["parent_id"], unique=False)
    _resize(to_new=True)


def downgrade() -> None:
    """Take the change back; petitions and what followed from them go with it."""
    petitions = "SELECT id FROM matter WHERE parent_id IS NOT NULL"
    owed = "SELECT id FROM assignment WHERE matter_id IN (SELECT id FROM matter WHERE parent_id IS NOT NULL)"
    given = f"SELECT id FROM answer WHERE assignment_id IN ({owed})"  # noqa: S608 - from this file
    op.drop_table("petitionevidence")
    op.drop_table("petition")
    for table, column, which in (
        ("ledgerentry", "stream", "SELECT number FROM matter WHERE parent_id IS NOT NULL"),
        ("message", "matter_id", petitions),
        ("escalation", "assignment_id", owed),
        ("answerevidence", "answer_id", given),
        ("answer", "assignment_id", owed),
        ("evidence", "matter_id", petitions),
        ("assignment", "matter_id", petitions),
        ("matter", "id", petitions),
    ):
        op.execute(f"DELETE FROM {table} WHERE {column} IN ({which})")  # noqa: S608 - names from this file
    op.drop_index("ix_matter_parent_id", table_name="matter")
    with op.batch_alter_table("matter") as matter:
        matter.drop_constraint("fk_matter_parent_id_matter", type_="foreignkey")
        matter.drop_column("parent_id")
    with op.batch_alter_table("assignment") as assignment:
        assignment.drop_column("extended_to")
    _resize(to_new=False)


def _resize(*, to_new: bool) -> None:
    """Give the columns that hold a matter's number their new or old length."""
    for table, column, new, old in _LENGTHS:
        with op.batch_alter_table(table) as batch:
            batch.alter_column(
                column,
                existing_type=sa.String(length=old if to_new else new),
                type_=sa.String(length=new if to_new else old),
                existing_nullable=False,
            )
