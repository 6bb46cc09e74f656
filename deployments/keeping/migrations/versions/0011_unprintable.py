"""Messages about characters that cannot be printed: no table changes, but older programs cannot read them."""

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing: what counts is that programs without this kind of message refuse the database."""


def downgrade() -> None:
    """Take nothing back."""
