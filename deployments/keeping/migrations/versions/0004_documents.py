"""Official documents, and the channel and attachment of a message."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=True),
        sa.Column("word_sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name="fk_document_matter_id_matter"),
        sa.PrimaryKeyConstraint("id", name="pk_document"),
        sa.UniqueConstraint("kind", "year", "sequence", name="uq_document_kind_year_sequence"),
        sa.UniqueConstraint("number", name="uq_document_number"),
    )
    op.create_index("ix_document_matter_id", "document", ["matter_id"], unique=False)
    op.create_index("ix_document_pdf_sha256", "document", ["pdf_sha256"], unique=False)
    op.add_column("message", sa.Column("tag", sa.String(length=80), nullable=True))
    # What was written before is for the channel it would have gone to.
    op.execute(
        "UPDATE message SET tag = unit_code || (CASE WHEN recipient = 'leader' THEN '-leader' ELSE '' END)"
    )
    # Whoever had run out of attempts is not tried again.
    op.execute("UPDATE message SET status = 'given_up' WHERE status = 'failed'")
    with op.batch_alter_table("message") as message:
        message.alter_column("tag", existing_type=sa.String(length=80), nullable=False)
        message.alter_column(
            "dedupe_key", existing_type=sa.String(length=120), type_=sa.String(length=160),
            existing_nullable=False,
        )  # fmt: skip
        message.add_column(sa.Column("document_number", sa.String(length=80), nullable=True))
        message.create_foreign_key(
            "fk_message_document_number_document", "document", ["document_number"], ["number"]
        )


def downgrade() -> None:
    """Take the change back; documents go with it."""
    op.execute("DELETE FROM message WHERE length(dedupe_key) > 120")
    op.execute("UPDATE message SET status = 'created' WHERE status = 'failed'")
    op.execute("UPDATE message SET status = 'failed' WHERE status = 'given_up'")
    with op.batch_alter_table("message") as message:
        message.drop_constraint("fk_message_document_number_document", type_="foreignkey")
        message.drop_column("document_number")
        message.drop_column("tag")
        message.alter_column(
            "dedupe_key", existing_type=sa.String(length=160), type_=sa.String(length=120),
            existing_nullable=False,
        )  # fmt: skip
    op.drop_table("document")
