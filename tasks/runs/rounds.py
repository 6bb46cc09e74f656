"""Noting that a patrol did all it had to, so that everybody can tell when none has for too long."""

from datetime import datetime

from models.runs.tables import PatrolRound
from tasks.database import insert_into
from tasks.informants.identities import key_fault
from tasks.workplace import Workplace

_ONLY_ROW = 1


def note_round(place: Workplace, now: datetime) -> None:
    """Note the moment (aware) and whether the keys can be used here; of two patrols the later one stands."""
    faulty = bool(key_fault(place))
    with place.writing() as session:
        noted = insert_into(session, PatrolRound).values(id=_ONLY_ROW, finished_at=now, keys_faulty=faulty)
        noted = noted.on_conflict_do_update(
            index_elements=["id"],
            set_={"finished_at": noted.excluded.finished_at, "keys_faulty": noted.excluded.keys_faulty},
        )
        session.connection().execute(noted)
