"""What our server mends in Prefect."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from prefect.server.schemas import schedules
from prefect.server.schemas.schedules import CronSchedule

from deployments.mended.timetables import read_timetables

HOUMA = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 30, 0, 58, 30, tzinfo=UTC)


@pytest.fixture
def mended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that reads timetables, until the test ends."""
    monkeypatch.setattr(schedules, "_whenever_zdt_from_py", None)
    read_timetables()


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("start", [START, START.astimezone(HOUMA)])
def test_the_patrol_is_planned_by_the_clock_of_the_office(start: datetime) -> None:
    """Every five minutes, and at nine on working days: in the zone of the office, on every Python."""
    often = asyncio.run(CronSchedule(cron="*/5 * * * *", timezone="Asia/Shanghai").get_dates(3, start))
    first = datetime(2026, 11, 30, 9, 0, tzinfo=HOUMA)
    assert often == [first + timedelta(minutes=5 * each) for each in range(3)]
    daily = asyncio.run(CronSchedule(cron="0 9 * * 1-5", timezone="Asia/Shanghai").get_dates(6, start))
    days = (0, 1, 2, 3, 4, 7)
    assert daily == [first + timedelta(days=day) for day in days]
