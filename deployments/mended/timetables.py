"""Reading timetables before Python 3.13.

Prefect 3.9 hands zones of pendulum to a library that takes those of the standard library alone, so that no
run of any timetable is ever planned: the patrol would not come. Source: ADR-0007.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from prefect.server.schemas import schedules

# Nothing public stands in between.
_READER = "_whenever_zdt_from_py"
_read = getattr(schedules, _READER)


def read_timetables() -> None:
    """Let this process plan the runs of timetables on every version of Python."""
    setattr(schedules, _READER, _zoned)


def _zoned(moment: datetime) -> Any:  # noqa: ANN401 - a type of Prefect's choice
    """Return a moment for Prefect to count from, in a zone of the standard library."""
    zone = getattr(moment.tzinfo, "key", None)
    return _read(moment.replace(tzinfo=ZoneInfo(zone)) if zone else moment)
