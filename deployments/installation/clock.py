"""The clock: the real one, or that of a drill, which moves on only when somebody moves it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

Clock = Callable[[], datetime]
# Lies in the folder of a drill and nowhere else; what it says is the time there.
_DRILL_CLOCK = "drill.clock"


def clock_of(home: Path) -> Clock:
    """Return the clock of an installation (aware): that of the drill where its folder is a drill's."""
    file = home / _DRILL_CLOCK
    if not file.exists():
        return lambda: datetime.now(UTC)
    return lambda: datetime.fromisoformat(file.read_text("ascii"))


def is_drill(home: Path) -> bool:
    """Tell whether a folder is a drill's."""
    return (home / _DRILL_CLOCK).exists()


def set_drill_clock(home: Path, moment: datetime) -> None:
    """Let it be a moment (aware) for everybody in the folder of a drill."""
    new = home / f"{_DRILL_CLOCK}.new"
    new.write_text(moment.astimezone(UTC).isoformat(), "ascii")
    # Whoever reads meanwhile finds the old moment or the new one, never half of it.
    new.replace(home / _DRILL_CLOCK)
