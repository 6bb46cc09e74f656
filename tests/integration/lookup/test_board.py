"""The board: what the database counts agrees with what happened."""

import base64
import re
from datetime import timedelta

import pytest
from conftest import Clock
from harness.command_line import Terminal
from walks.walking import AUTHORITY, Walk, houma, register_lead

from models.codes import Step
from tasks.lookup.board import TREND_DAYS, board_markdown, read_board
from tasks.workplace import Workplace

ZJJ, FGJ = "侯马市住房和城乡建设管理局", "侯马市发展和改革局"


@pytest.fixture
def walks(place: Workplace, clock: Clock, walk: Walk) -> list[Walk]:
    """Four leads of Monday 2026-11-23: not transferred, in verification, closed on time, closed late."""
    others = [
        Walk(place, clock, walk.folder, register_lead(place, clock, title=f"另一条{n}")) for n in range(3)
    ]
    first, second, prompt, late = [walk, *others]
    first.advance()
    second.to(Step.VERIFY)
    prompt.to_closure()
    late.to(Step.VERIFY)
    clock.now = houma(27, 10)
    late.to_closure()
    return [first, second, prompt, late]


def test_what_is_owed_stands_under_its_authority_and_step(walks: list[Walk], clock: Clock) -> None:
    """Before the transfer that is the bureau; each assignment stands in one column only."""
    del clock
    place = walks[0].place
    board = read_board(place, houma(26, 12))
    assert board["rows"] == [
        {"authority": FGJ, "step": "移交", "open": 1, "due_today": 0, "near": 0, "overdue": 1},
        {"authority": ZJJ, "step": "核查", "open": 1, "due_today": 1, "near": 0, "overdue": 0},
    ]
    assert {key: board[key] for key in ("open", "due_today", "near", "overdue")} == {
        "open": 2, "due_today": 1, "near": 0, "overdue": 1,
    }  # fmt: skip
    assert (board["closed_on_time"], board["closed_late"]) == (1, 1)


def test_the_trend_tells_the_end_of_each_day(walks: list[Walk]) -> None:
    """Two of four were closed, one of them on Friday; its verification was overdue on Thursday evening."""
    board = read_board(walks[0].place, houma(27, 20))
    days = board["trend"]
    assert len(days) == TREND_DAYS
    assert days[-6:] == [
        {"day": "2026-11-22", "open": 0, "overdue": 0},
        {"day": "2026-11-23", "open": 3, "overdue": 0},
        {"day": "2026-11-24", "open": 3, "overdue": 1},
        {"day": "2026-11-25", "open": 3, "overdue": 1},
        {"day": "2026-11-26", "open": 3, "overdue": 3},
        {"day": "2026-11-27", "open": 2, "overdue": 2},
    ]


def test_what_began_before_the_trend_and_goes_on_is_counted(walks: list[Walk]) -> None:
    """A year later two leads are still open and overdue on every day."""
    later = houma(27, 20) + timedelta(days=365)
    days = read_board(walks[0].place, later)["trend"]
    assert {(day["open"], day["overdue"]) for day in days} == {(2, 2)}


def test_the_artifact_is_alike_while_nothing_changes(walks: list[Walk]) -> None:
    """And carries a chart with Chinese words that asks no foreign server for anything."""
    place = walks[0].place
    first, again = board_markdown(place, houma(26, 12)), board_markdown(place, houma(26, 13))
    assert first == again
    assert f"| {ZJJ} | 核查 | 1 | 1 | 0 | 0 |" in first
    found = re.search(r"base64,([A-Za-z0-9+/=]+)\)", first)
    assert found is not None
    chart = base64.b64decode(found[1]).decode()
    assert "在办事项" in chart
    assert set(re.findall(r'(?:src|href|url)\s*[=(]\s*"?(?!#)([^">)]*)', chart)) <= {""}
    assert board_markdown(place, houma(26, 19)) != first


def test_an_empty_board_says_so(terminal: Terminal) -> None:
    """Nothing is divided by nothing."""
    told = terminal.text("board")
    assert told.startswith("在办 0 条，今日到期 0，临期 0，逾期 0\n")
    assert AUTHORITY not in told


def test_the_board_in_the_terminal(terminal: Terminal) -> None:
    """Figures, rows and days; the same as JSON."""
    said = terminal.json("lead", "add", "--title", "题", "--facts", "事")
    terminal.advance(str(said["number"]))  # type: ignore[index]
    told = terminal.text("board")
    assert "在办 1 条" in told
    assert re.search(rf"{FGJ}\s+移交\s+1", told)
    board = terminal.json("board")
    assert (board["open"], len(board["trend"])) == (1, TREND_DAYS)  # type: ignore[index,call-overload]
