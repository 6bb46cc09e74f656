"""What an examination looks at: the settings, the workplace they make, the clock of this machine."""

from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, make_url

from deployments.installation.clock import Clock
from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings
from models.errors import InputError
from tasks.workplace import Workplace

# Whoever does not answer within this time does not answer, in seconds.
PATIENCE = 4


@dataclass(frozen=True)
class Site:
    """An installation under examination.

    Attributes:
        settings: The settings, without those that are wrong.
        place: The workplace; where its policy file is wrong, with the packaged one.
        clock: The clock of this machine; that of the workplace may be a drill's.
    """

    settings: Settings
    place: Workplace
    clock: Clock

    @property
    def home(self) -> Path:
        """The folder of all state."""
        return self.settings.home

    @property
    def is_sqlite(self) -> bool:
        """Whether one of the databases is a file of the home folder."""
        return "sqlite" in {kind_of(self.settings.facts_url), kind_of(self.settings.conduct_url)}


def kind_of(address: str) -> str:
    """Return the kind of a database by its address, as postgresql."""
    return address.partition(":")[0].partition("+")[0]


def open_place(settings: Settings) -> Workplace:
    """Return the workplace to look at; what keeps it from being opened is told by the check of that."""
    usable = settings.model_copy(update={"policy": None})
    try:
        place = open_workplace(usable)
        return replace(place, engine=open_briefly(settings.facts_url)) if _is_postgres(place) else place
    except InputError:
        return open_workplace(usable.model_copy(update={"database_url": SecretStr("")}))


def _is_postgres(place: Workplace) -> bool:
    """Tell whether a database is on a server, which may keep us waiting."""
    return place.engine.dialect.name == "postgresql"


def open_briefly(address: str) -> Engine:
    """Return an engine for a PostgreSQL server that answers soon or counts as not answering."""
    url = make_url(address).set(drivername="postgresql+psycopg")
    patience = {"connect_timeout": PATIENCE, "options": f"-c statement_timeout={PATIENCE}s"}
    return create_engine(url, connect_args=patience)
