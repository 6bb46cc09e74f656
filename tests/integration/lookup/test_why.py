"""``lead why``: the account of a due date in every situation in which somebody might dispute it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from conftest import Clock
from walks.walking import AUTHORITY, PDF, Walk, register_lead, write_evidence

from models.codes import Step
from models.days.calendar import DayKind, NoticeDay, YearNotice
from tasks.lookup.stories import explain_due
from tasks.office.year_notices import import_notice
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.workplace import Workplace

NOTICE_2027 = YearNotice(
    2027,
    {
        date(2027, month, day): NoticeDay(DayKind.REST, festival)
        for festival, days in {
            "元旦": [(1, 1), (1, 2), (1, 3)],
            "劳动节": [(5, 1)],
            "国庆节": [(10, 1)],
        }.items()
        for month, day in days
    },
    date(2026, 12, 30),
)


def walk_of(place: Workplace, clock: Clock, papers: Path, day: date, step: Step) -> Walk:
    """Return a lead received on a morning that has come as far as a step on the same day."""
    clock.now = datetime(day.year, day.month, day.day, 2, 0, tzinfo=UTC)
    return Walk(place, clock, papers, register_lead(place, clock, title=f"{day}的线索")).to(step)


def account(walk: Walk) -> str:
    """Return the account of what is owed now, line by line."""
    return "\n".join(explain_due(walk.place, walk.number)[-1][1])


def test_a_holiday_is_skipped_day_by_day(place: Workplace, clock: Clock, papers: Path) -> None:
    """The National Day of 2026 lies between the second and the third working day."""
    told = account(walk_of(place, clock, papers, date(2026, 9, 28), Step.VERIFY)).splitlines()
    assert told[:3] == [
        "起算事件：主管单位签收或视为签收",
        "起算事件日 2026-09-28（星期一），当日不计入（民法典第二百零一条）",
        "期限 3个工作日，依据：通知§12(三)：三个工作日内核查反馈",
    ]
    assert told[4:6] == ["2026-09-30（星期三） 第2日：星期三", "2026-10-01（星期四） 不计入：国庆节放假"]
    assert [line for line in told if "国庆节放假" in line][-1].startswith("2026-10-07")
    assert told[-2] == "2026-10-08（星期四） 第3日：星期四"
    assert told[-1].startswith("到期日 2026-10-08（星期四） 18:00 届满（民法典第二百零三条")


def test_a_make_up_day_counts(place: Workplace, clock: Clock, papers: Path) -> None:
    """The Saturday after the National Day holiday is worked, the Sunday is not."""
    told = account(walk_of(place, clock, papers, date(2026, 10, 9), Step.VERIFY))
    assert "2026-10-10（星期六） 第1日：国庆节调休上班" in told
    assert "2026-10-11（星期日） 不计入：星期日休息" in told
    assert "到期日 2026-10-13（星期二） 18:00 届满" in told


def test_the_turn_of_the_year_without_a_notice_and_then_with_it(
    place: Workplace, clock: Clock, papers: Path
) -> None:
    """Every day of 2027 is provisional until its notice is there; extension and hold are told as well."""
    walk = walk_of(place, clock, papers, date(2026, 12, 29), Step.RECTIFY)
    told = account(walk)
    assert "2026-12-31（星期四） 第2日：星期四" in told
    assert "2027-01-01（星期五，暂定） 第3日：元旦（法定节假日）" in told
    assert "到期日 2027-01-05（星期二，暂定） 18:00 届满" in told
    paper = write_evidence(papers, "延期申请.pdf", PDF + b"% request\n")
    request = ExtensionRequest(AUTHORITY, "经办人乙", "2027-01-09", "须经合法性审查。", [paper])
    asked = Walk(place, clock, papers, request_extension(place, walk.number, request, clock()))
    assert account(walk).endswith("\n已有申请待决定，其间暂缓到期后的督办，到期日在决定前不变。")
    asked.advance()
    asked.answer(Step.EXTENSION)
    assert account(walk).splitlines()[-5:-1] == [
        "原到期日 2027-01-05（星期二，暂定）",
        "经批准延期至 2027-01-09（星期六）（通知§12(四)）",
        "2027-01-09（星期六，暂定） 不计入：星期六休息，顺延",
        "2027-01-10（星期日，暂定） 不计入：星期日休息，顺延",
    ]
    done = import_notice(place, NOTICE_2027, clock())
    assert [(moved.before, moved.after) for moved in done.moved if moved.number == walk.number] == [
        (date(2027, 1, 11), date(2027, 1, 11))
    ]
    told = account(walk)
    assert "暂定" not in told
    assert "2027-01-01（星期五） 第3日：元旦放假" in told
    assert "到期日 2027-01-11（星期一） 18:00 届满" in told


@pytest.mark.parametrize(("issued", "due"), [(4, date(2027, 1, 7)), (6, date(2027, 1, 6))])
def test_a_notice_of_the_middle_of_a_term(
    place: Workplace, clock: Clock, papers: Path, issued: int, due: date
) -> None:
    """A day off that is announced before it moves the date; one that has passed already does not."""
    import_notice(place, NOTICE_2027, clock())
    walk = walk_of(place, clock, papers, date(2026, 12, 31), Step.VERIFY)
    assert "到期日 2027-01-06（星期三） 18:00 届满" in account(walk)
    days = {**NOTICE_2027.days, date(2027, 1, 5): NoticeDay(DayKind.REST, "临时调整")}
    clock.now += timedelta(days=issued)
    import_notice(place, YearNotice(2027, days, date(2027, 1, issued)), clock())
    told = account(walk)
    assert ("2027-01-05（星期二） 不计入：临时调整放假" in told) == (due == date(2027, 1, 7))
    assert f"到期日 {due}" in told
