"""What time alone opens, mechanism by mechanism; a patrol looks."""

from datetime import datetime

from tasks.desks import Act
from tasks.workplace import Workplace, office_of


def open_due(place: Workplace, now: datetime) -> list[str]:
    """Open what has come due; returns the numbers of what was opened, whose runs are still to be started."""
    with place.writing() as session:
        act = Act(session, office_of(session, place), place.mechanisms, now)
        return [number for desk in place.mechanisms for number in desk.come_due(act)]
