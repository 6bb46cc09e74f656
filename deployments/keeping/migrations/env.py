"""Alembic's environment: migrates over the connection it is handed."""

from alembic import context
from sqlmodel import SQLModel

import models.tables  # noqa: F401 - the tables register themselves
from deployments.keeping.schema import is_declared

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    include_object=is_declared,
    # SQLite alters a table by copying it.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
