"""Creating and migrating the database of facts."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the database to a revision; a database that is there already does nothing.

    Args:
        engine: The database; it is created where it does not exist.
        revision: The target, by default the newest.
    """
    with engine.connect() as connection:
        command.upgrade(_config(connection), revision)
        connection.commit()


def _config(connection: object) -> Config:
    """Return Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(files("deployments").joinpath("migrations")))
    config.attributes["connection"] = connection
    return config
