"""Importing the notice for 2027: provisional due dates become firm or move, and nobody becomes overdue."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from conftest import Clock
from harness.wording import assert_is_one_sentence
from walks.walking import Walk, contents, ledger_of, messages_of, register_lead

from deployments.mechanisms import MECHANISMS
from models.codes import Step
from models.days.calendar import DayKind, NoticeDay, YearNotice
from models.errors import InputError
from tasks.lookup.stories import explain_due
from tasks.matters.reading import find_matter, read_file
from tasks.office.notice_files import read_days
from tasks.office.year_notices import CalendarImport, MovedDate, import_notice
from tasks.workplace import Workplace, work_calendar

# Plausible for 2027: New Year's Day is a Friday, the Spring Festival begins on Friday, 5 February.
NOTICE = """date,kind,festival,issued_on
2027-01-01,rest,元旦,2026-11-30
2027-01-02,rest,元旦,
2027-01-03,rest,元旦,
2027-01-30,work,春节,
2027-02-05,rest,春节,
2027-02-06,rest,春节,
2027-02-07,rest,春节,
2027-02-08,rest,春节,
2027-02-09,rest,春节,
2027-02-10,rest,春节,
2027-02-11,rest,春节,
2027-02-12,rest,春节,
2027-02-14,work,春节,
2027-04-05,rest,清明节,
2027-05-01,放假,劳动节,
2027-05-03,放假,劳动节,
2027-05-08,上班,劳动节,
2027-06-09,rest,端午节,
2027-09-15,rest,中秋节,
2027-10-01,rest,国庆节,
"""
FEBRUARY = date(2027, 2, 1)


@pytest.fixture
def notice(tmp_path: Path) -> YearNotice:
    """The notice for 2027, read from the file an operator keyed in."""
    (tmp_path / "2027.csv").write_text(NOTICE, encoding="utf-8-sig")
    (read,) = read_days(tmp_path / "2027.csv", None).whole_years()
    return read


@pytest.fixture
def open_leads(place: Workplace, clock: Clock, papers: Path) -> list[Walk]:
    """Three open leads of early 2027: one being verified, one rectified, one to be transferred."""
    walks = []
    for day, step in ((date(2027, 1, 28), Step.VERIFY), (FEBRUARY, Step.RECTIFY), (FEBRUARY, Step.TRANSFER)):
        clock.now = datetime(day.year, day.month, day.day, 2, 0, tzinfo=UTC)
        number = register_lead(place, clock, title=f"待{step.label}的线索")
        walks.append(Walk(place, clock, papers, number).to(step))
    return walks


def due_dates(walks: list[Walk]) -> list[tuple[str, bool]]:
    """Return due day and provisional mark of each open assignment."""
    rows = [walk.file().assignments[-1].row for walk in walks]
    assert all(row.due_at == walks[0].place.policy.deadline(row.due_on) for row in rows)
    return [(f"{row.due_on:%m-%d}", row.provisional) for row in rows]


def test_provisional_due_dates_become_firm_or_move(
    open_leads: list[Walk], notice: YearNotice, clock: Clock
) -> None:
    """A make-up Saturday shortens a term, the longer festival lengthens one, the third date is confirmed."""
    assert due_dates(open_leads) == [("02-02", True), ("02-11", True), ("02-02", True)]
    answered = [a.row.model_dump() for walk in open_leads for a in walk.file().assignments[:-1]]
    done = import_notice(open_leads[0].place, notice, clock())
    assert due_dates(open_leads) == [("02-01", False), ("02-14", False), ("02-02", False)]
    assert done.moved == [
        MovedDate("L2027-0001", "核查", date(2027, 2, 2), date(2027, 2, 1)),
        MovedDate("L2027-0002", "整改", date(2027, 2, 11), date(2027, 2, 14)),
        MovedDate("L2027-0003", "移交", date(2027, 2, 2), date(2027, 2, 2)),
    ]
    assert [a.row.model_dump() for walk in open_leads for a in walk.file().assignments[:-1]] == answered


def test_every_touched_date_is_recorded_and_told(
    open_leads: list[Walk], notice: YearNotice, clock: Clock
) -> None:
    """One ledger entry and one message each, to the unit that owes; 暂定 is gone."""
    place = open_leads[0].place
    before = len(messages_of(place))
    import_notice(place, notice, clock())
    assert [ledger_of(place, walk.number)[-1].summary for walk in open_leads] == [
        "因放假安排，核查到期日由 2027-02-02 调整为 2027-02-01",
        "因放假安排，整改到期日由 2027-02-11 调整为 2027-02-14",
        "移交到期日 2027-02-02 经放假安排核定",
    ]
    told = messages_of(place)[before:]
    assert [(message.kind, message.unit_code) for message in told] == [
        ("due_moved", "ZJJ"), ("due_moved", "SCJG"), ("due_moved", "FGJ"),
    ]  # fmt: skip
    assert "整改到期日现为 2027-02-14（星期日）" in told[1].subject
    assert "到期日：2027-02-14（星期日） 18:00" in told[1].body
    assert all("暂定" not in message.subject + message.body for message in told)
    (entry,) = ledger_of(place, "calendar")
    assert (entry.kind, entry.summary) == ("calendar_imported", "导入2027年放假安排，共20日")


@pytest.mark.parametrize("day", [2, 3], ids=["on the due day", "already overdue"])
def test_nobody_becomes_overdue_in_the_past(
    open_leads: list[Walk], notice: YearNotice, clock: Clock, day: int
) -> None:
    """A date that would already lie behind us stays where it was, and says why."""
    clock.now = datetime(2027, 2, day, 2, 0, tzinfo=UTC)
    verified = open_leads[0]
    import_notice(verified.place, notice, clock())
    assert due_dates(open_leads)[0] == ("02-02", False)
    account = explain_due(verified.place, verified.number)[-1][1]
    assert account[-1].startswith("登记的到期日为 2027-02-02（星期二）")


def test_the_same_notice_again_does_nothing(open_leads: list[Walk], notice: YearNotice, clock: Clock) -> None:
    """The second import of one file writes neither entry nor message."""
    place = open_leads[0].place
    import_notice(place, notice, clock())
    before = contents(place)
    assert import_notice(place, notice, clock()) == CalendarImport(created=False, moved=[])
    assert contents(place) == before


def test_a_later_notice_replaces_the_earlier_one(
    open_leads: list[Walk], notice: YearNotice, clock: Clock
) -> None:
    """Corrected in the middle of the year: the Sunday is not worked after all."""
    place = open_leads[0].place
    import_notice(place, notice, clock())
    days = {day: named for day, named in notice.days.items() if day != date(2027, 2, 14)}
    done = import_notice(place, replace(notice, days=days, issued_on=date(2027, 2, 1)), clock())
    assert done.moved == [MovedDate("L2027-0002", "整改", date(2027, 2, 14), date(2027, 2, 15))]
    with place.reading() as session:
        assert not work_calendar(session).works(date(2027, 2, 14))


def test_a_notice_of_the_middle_of_the_year_changes_nothing_before_its_issue(
    open_leads: list[Walk], notice: YearNotice, clock: Clock
) -> None:
    """As in January 2020: the holiday is made longer while it lasts; what was worked before stays worked."""
    place = open_leads[0].place
    import_notice(place, notice, clock())
    longer = {day: named for day, named in notice.days.items() if day > date(2027, 1, 30)}
    longer |= {date(2027, 1, 1): NoticeDay(DayKind.REST, "元旦")}
    longer |= {date(2027, 2, day): NoticeDay(DayKind.REST, "春节") for day in (13, 14, 15)}
    done = import_notice(place, replace(notice, days=longer, issued_on=date(2027, 2, 8)), clock())
    assert done.moved == [MovedDate("L2027-0002", "整改", date(2027, 2, 14), date(2027, 2, 16))]
    with place.reading() as session:
        calendar = work_calendar(session)
    assert calendar.works(date(2027, 1, 30)), "the make-up Saturday was worked before the change"
    assert not calendar.works(date(2027, 2, 14)), "the one after it is not"
    before = contents(place)
    with pytest.raises(InputError, match="2027年已导入 2027-02-08 发布的放假安排") as caught:
        import_notice(place, notice, clock())
    assert_is_one_sentence(str(caught.value))
    assert contents(place) == before


def test_a_day_that_two_years_arrange_otherwise_is_named(
    open_leads: list[Walk], notice: YearNotice, clock: Clock
) -> None:
    """The later year's is in force, and the operator learns of it."""
    place = open_leads[0].place
    import_notice(place, notice, clock())
    days = {date(2028, month, 1): NoticeDay(DayKind.REST, "节日") for month in (1, 5, 10)}
    rested = {date(2027, 10, 1): NoticeDay(DayKind.REST, "国庆节")}
    worked = {date(2027, 5, 1): NoticeDay(DayKind.WORK, "元旦")}
    done = import_notice(place, YearNotice(2028, {**days, **rested, **worked}), clock())
    assert done.overlaps == [date(2027, 5, 1)]
    with place.reading() as session:
        assert work_calendar(session).works(date(2027, 5, 1))


def test_a_notice_may_reach_into_the_neighbouring_year(tmp_path: Path) -> None:
    """As JSON with the year given: the notice for 2028 makes a day of December 2027 a day of rest."""
    (tmp_path / "2028.json").write_text(
        """[{"date": "2027-12-31", "kind": "放假", "festival": "元旦", "issued_on": null},
            {"date": "2028-01-01", "kind": "rest", "festival": "元旦"},
            {"date": "2028-05-01", "kind": "rest", "festival": "劳动节"},
            {"date": "2028-10-01", "kind": "rest", "festival": "国庆节"}]""",
        encoding="utf-8",
    )
    (read,) = read_days(tmp_path / "2028.json", 2028).whole_years()
    assert (read.year, len(read.days), read.issued_on) == (2028, 4, None)
    assert read.days[date(2027, 12, 31)] == NoticeDay(DayKind.REST, "元旦")


def test_an_answer_that_is_just_coming_in_is_waited_for(
    place: Workplace, clock: Clock, open_leads: list[Walk], notice: YearNotice
) -> None:
    """What was answered meanwhile is not moved, and no rung comes back to it."""
    walk = open_leads[0]
    with ThreadPoolExecutor(1) as pool:
        with place.writing() as session:
            row = (
                read_file(session, find_matter(session, walk.number, for_change=True), MECHANISMS)
                .assignments[-1]
                .row
            )
            row.answered_at, row.rung_at = clock(), None
            session.add(row)
            session.flush()
            importing = pool.submit(import_notice, place, notice, clock())
            # It has looked around by now, where nothing holds it.
            time.sleep(0.5)
        moved = importing.result(timeout=30).moved
    assert walk.number not in {each.number for each in moved}
    assert moved
    assert walk.file().assignments[-1].row.rung_at is None
