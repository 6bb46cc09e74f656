"""Charts: drawn as SVG and carried within the text, so that nothing is fetched from anywhere."""

import base64
from collections.abc import Sequence

from notifications.texts.rendering import render_page

# Where the curves lie within the picture, in its own units.
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 880, 20, 250
_LINES = 4
_WEEK = 7


def draw_trend(days: Sequence[tuple[str, int, int]]) -> str:
    """Return the trend of open matters and overdue assignments as the address of an image.

    Args:
        days: Name, open and overdue of each day, in order; at least two.

    Returns:
        A ``data:`` address, alike for like figures.
    """
    most = max(max(open_, overdue) for _, open_, overdue in days)
    # Whole numbers on every line of the grid.
    top = max(1, -(-most // _LINES)) * _LINES
    across = [round(_LEFT + (_RIGHT - _LEFT) * n / (len(days) - 1), 1) for n in range(len(days))]
    steps = range(0, top + 1, top // _LINES)
    drawn = render_page(
        "trend.svg",
        {
            "grid": [{"y": _height(value, top), "value": value} for value in steps],
            "marks": [{"x": x, "name": day[0]} for x, day in list(zip(across, days, strict=True))[::-_WEEK]],
            "curves": [
                _curve("在办事项", "#2563eb", across, [day[1] for day in days], top, 340),
                _curve("逾期环节", "#dc2626", across, [day[2] for day in days], top, 490),
            ],
        },
    )
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.encode()).decode()


def _height(value: int, top: int) -> float:
    """Return where a value lies in the picture, whose zero is above."""
    return round(_BOTTOM - (_BOTTOM - _TOP) * value / top, 1)


def _curve(
    name: str, colour: str, across: Sequence[float], values: Sequence[int], top: int, legend: int
) -> dict[str, object]:
    """Return one curve with its place in the legend."""
    heights = [_height(value, top) for value in values]
    points = " ".join(f"{x},{y}" for x, y in zip(across, heights, strict=True))
    return {
        "name": name, "colour": colour, "points": points, "legend": legend,
        "last": values[-1], "last_x": across[-1], "last_y": heights[-1],
    }  # fmt: skip
