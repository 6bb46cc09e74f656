"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "calendarnotice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calendarnotice"),
    )
    op.create_index("ix_calendarnotice_digest", "calendarnotice", ["digest"], unique=False)
    op.create_index("ix_calendarnotice_year", "calendarnotice", ["year"], unique=False)

    op.create_table(
        "counter",
        sa.Column("series", sa.String(length=40), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name="pk_counter"),
    )
    op.create_table(
        "ledgerentry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(length=20), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledgerentry"),
        sa.UniqueConstraint("stream", "sequence", name="uq_ledgerentry_stream_sequence"),
    )
    op.create_table(
        "matter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("printed_number", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("flow_run_id", sa.String(length=36), nullable=True),
        sa.Column("waits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_matter"),
        sa.UniqueConstraint("number", name="uq_matter_number"),
    )
    op.create_index("ix_matter_open", "matter", ["outcome", "id"], unique=False)

    op.create_table(
        "unit",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("short_name", sa.String(length=40), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_unit"),
        sa.UniqueConstraint("name", name="uq_unit_name"),
        sa.UniqueConstraint("short_name", name="uq_unit_short_name"),
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_start", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("term_value", sa.Integer(), nullable=False),
        sa.Column("term_unit", sa.String(length=20), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("form_run_id", sa.String(length=36), nullable=True),
        sa.Column("form_key", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name="fk_assignment_matter_id_matter"),
        sa.ForeignKeyConstraint(["unit_code"], ["unit.code"], name="fk_assignment_unit_code_unit"),
        sa.PrimaryKeyConstraint("id", name="pk_assignment"),
        sa.UniqueConstraint("matter_id", "step", "round", name="uq_assignment_matter_id_step_round"),
    )
    op.create_index("ix_assignment_matter_id", "assignment", ["matter_id"], unique=False)
    op.create_index("ix_assignment_open_due", "assignment", ["answered_at", "due_at"], unique=False)

    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name="fk_evidence_matter_id_matter"),
        sa.PrimaryKeyConstraint("id", name="pk_evidence"),
        sa.UniqueConstraint("matter_id", "sha256", name="uq_evidence_matter_id_sha256"),
    )
    op.create_index("ix_evidence_matter_id", "evidence", ["matter_id"], unique=False)
    op.create_index("ix_evidence_sha256", "evidence", ["sha256"], unique=False)

    op.create_table(
        "lead",
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.Column("source_level", sa.String(length=40), nullable=False),
        sa.Column("document_number", sa.String(length=100), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name="fk_lead_matter_id_matter"),
        sa.PrimaryKeyConstraint("matter_id", name="pk_lead"),
        sa.UniqueConstraint("fingerprint", name="uq_lead_fingerprint"),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("dedupe_key", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name="fk_message_matter_id_matter"),
        sa.ForeignKeyConstraint(["unit_code"], ["unit.code"], name="fk_message_unit_code_unit"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("dedupe_key", name="uq_message_dedupe_key"),
    )
    op.create_index("ix_message_matter_id", "message", ["matter_id"], unique=False)
    op.create_index("ix_message_status_next", "message", ["status", "next_attempt_at"], unique=False)

    op.create_table(
        "answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=50), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=40), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name="fk_answer_assignment_id_assignment"
        ),
        sa.ForeignKeyConstraint(["unit_code"], ["unit.code"], name="fk_answer_unit_code_unit"),
        sa.PrimaryKeyConstraint("id", name="pk_answer"),
        sa.UniqueConstraint("assignment_id", name="uq_answer_assignment_id"),
    )
    op.create_table(
        "answerevidence",
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("evidence_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["answer_id"], ["answer.id"], name="fk_answerevidence_answer_id_answer"),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name="fk_answerevidence_evidence_id_evidence"
        ),
        sa.PrimaryKeyConstraint("answer_id", "evidence_id", name="pk_answerevidence"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("answerevidence")
    op.drop_table("answer")

    op.drop_table("message")
    op.drop_table("lead")

    op.drop_table("evidence")

    op.drop_table("assignment")
    op.drop_table("unit")

    op.drop_table("matter")
    op.drop_table("ledgerentry")
    op.drop_table("counter")

    op.drop_table("calendarnotice")
