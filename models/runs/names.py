"""What people call a run."""

from models.texts import shown_line

# Each part of a name is cut to so many characters; what a patrol raised on all rungs fits.
_LONGEST_PART = 60


def run_name(*parts: str) -> str:
    """Return what people call a run, as 巡查 · 11-30 09:00 · 提醒3条.

    Args:
        parts: What it is, about what, and what it did, each in a few words; blank ones are left out. What
            a person typed is shown in one line and cut.
    """
    shown = filter(None, map(shown_line, parts))
    return " · ".join(
        part if len(part) <= _LONGEST_PART else f"{part[: _LONGEST_PART - 1]}…" for part in shown
    )
