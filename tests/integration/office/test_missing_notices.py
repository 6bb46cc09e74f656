"""A year whose notice is not loaded: the bureau is told once a day, in business hours, until it is."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from conftest import Clock
from walks.walking import BUREAU, Walk, ledger_of, messages_of, register_lead

from models.codes import Step
from models.days.calendar import DayKind, NoticeDay, YearNotice
from tasks.office.missing_notices import tell_of_missing_notices
from tasks.office.year_notices import import_notice
from tasks.workplace import Workplace

FESTIVALS = (date(2027, 1, 1), date(2027, 5, 1), date(2027, 10, 1))
NOTICE = YearNotice(2027, {day: NoticeDay(DayKind.REST, "放假") for day in FESTIVALS})


@pytest.fixture
def december(place: Workplace, clock: Clock, papers: Path) -> Walk:
    """A lead whose rectification begins on Monday 2026-12-28 and ends in a year without a notice."""
    clock.now = datetime(2026, 12, 28, 2, 0, tzinfo=UTC)
    return Walk(place, clock, papers, register_lead(place, clock)).to(Step.RECTIFY)


def told(walk: Walk) -> list[str]:
    """Return the subjects of the messages about calendars."""
    return [m.subject for m in messages_of(walk.place) if m.kind == "calendar_missing"]


def test_the_bureau_is_told_once_a_working_day_until_the_notice_is_there(december: Walk) -> None:
    """December to January: provisional, told every working day, then imported and silent."""
    place, opening = december.place, december.clock.now
    found = [tell_of_missing_notices(place, opening + timedelta(hours=hour)) for hour in range(0, 96, 3)]
    assert sum(found) == 4  # 28, 29, 30 and 31 December are working days
    assert told(december) == ["【放假安排】2027年放假安排尚未导入，1件事项的到期日为暂定"] * 4
    (message, *_) = (m for m in messages_of(place) if m.kind == "calendar_missing")
    assert (message.unit_code, message.matter_id) == (BUREAU, None)
    assert "侯线〔2026〕1号 整改 2027-01-04（星期一，暂定）" in message.body
    assert [entry.kind for entry in ledger_of(place, "calendar")] == ["calendar_missing"] * 4
    import_notice(place, NOTICE, opening + timedelta(days=2))
    assert tell_of_missing_notices(place, opening + timedelta(days=7)) == 0


def test_nobody_is_told_while_every_year_is_known(walk: Walk) -> None:
    """A due date in November depends on no unknown notice."""
    walk.to(Step.VERIFY)
    assert tell_of_missing_notices(walk.place, walk.clock()) == 0
    assert told(walk) == []
