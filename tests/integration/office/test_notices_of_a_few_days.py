"""Supplementary notices, and what any notice does to answers that were returned and to rungs to come."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from conftest import Clock
from harness.wording import assert_is_one_sentence
from walks.walking import PDF, Walk, ledger_of, messages_of, register_lead, write_evidence

from models.codes import Step
from models.days.calendar import DayKind, NoticeDay, published_calendar
from models.days.terms import DueDates
from models.errors import InputError, RuleViolation
from models.ladder.vocabulary import Rung
from models.matters.tables import Assignment
from models.office.policy import packaged_policy_text, read_policy
from tasks.ladder.escalation import raise_rungs
from tasks.lookup.stories import explain_due
from tasks.matters.due_dates import due_account, settle_due
from tasks.office.notice_files import read_days
from tasks.office.year_notices import CalendarImport, import_notice
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.workplace import Workplace, work_calendar

YEAR_2027 = """date,kind,festival,issued_on
2027-01-01,rest,元旦,2026-12-28
2027-01-02,rest,元旦,
2027-01-03,rest,元旦,
2027-01-04,rest,元旦,
2027-01-05,rest,元旦,
2027-05-01,rest,劳动节,
2027-10-01,rest,国庆节,
"""


def moment(month: int, day: int, hour: int, minute: int = 0, year: int = 2026) -> datetime:
    """Return a moment by the clock in Houma."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def supplement(place: Workplace, folder: Path, rows: str, now: datetime) -> list[CalendarImport]:
    """Import a supplementary notice as an operator keys it in."""
    path = folder / "补充.csv"
    path.write_text(f"date,kind,festival,issued_on\n{rows}\n", encoding="utf-8")
    given = read_days(path, None)
    with place.reading() as session:
        notices = given.supplementing(work_calendar(session), place.policy.day_of(now))
    return [import_notice(place, notice, now) for notice in notices]


def open_at(place: Workplace, clock: Clock, papers: Path, now: datetime, step: Step) -> Walk:
    """Return a lead that came to a step at a moment."""
    clock.now = now
    return Walk(place, clock, papers, register_lead(place, clock)).to(step)


def due_of(walk: Walk) -> tuple[date, bool]:
    """Return when the open assignment is due, and whether that is provisional."""
    row = walk.file().assignments[-1].row
    assert row.due_at == walk.place.policy.deadline(row.due_on)
    return row.due_on, row.provisional


def test_a_saturday_that_is_to_be_worked_after_all(place: Workplace, clock: Clock, papers: Path) -> None:
    """The due date stays, its rungs move: the unit is urged on that Saturday before anybody else hears."""
    walk = open_at(place, clock, papers, moment(6, 9, 10), Step.VERIFY)
    assert due_of(walk) == (date(2026, 6, 12), False)
    for hour in (9, 11):
        raise_rungs(place, moment(6, 11, hour)), raise_rungs(place, moment(6, 12, hour))
    (done,) = supplement(place, papers, "2026-06-13,work,防汛,2026-06-12", moment(6, 12, 12))
    assert done.moved == []
    with place.reading() as session:
        assert work_calendar(session).status(date(2026, 6, 13)).reason == "防汛调休上班"
        # All else is as it was.
        assert work_calendar(session).named_days(2026)[0] == published_calendar().named_days(2026)[0]
    hours = [(13, 9), (13, 15), (15, 9)]
    assert [list(raise_rungs(place, moment(6, *hour))) for hour in hours] == [
        [Rung.URGE], [Rung.SUPERVISE], [Rung.REPORT],
    ]  # fmt: skip


def test_a_day_of_rest_before_the_due_day_loses_no_reminder(
    place: Workplace, clock: Clock, papers: Path
) -> None:
    """The reminder would have come that morning: it comes at once."""
    walk = open_at(place, clock, papers, moment(6, 11, 10), Step.VERIFY)
    assert due_of(walk) == (date(2026, 6, 16), False)
    assert raise_rungs(place, moment(6, 12, 11)) == {}
    supplement(place, papers, "2026-06-15,rest,防汛,2026-06-12\n2026-06-20,work,防汛,", moment(6, 12, 12))
    assert due_of(walk) == (date(2026, 6, 17), False)
    assert raise_rungs(place, moment(6, 16, 9)) == {Rung.REMIND: 1}
    supplement(place, papers, "2026-06-16,rest,防汛,2026-06-16\n2026-06-27,work,防汛,", moment(6, 16, 12))
    # The due day has moved once more, with a ladder of its own.
    assert due_of(walk) == (date(2026, 6, 18), False)
    assert raise_rungs(place, moment(6, 17, 9)) == {Rung.REMIND: 1}


def test_a_rest_day_that_is_worked_after_all(place: Workplace, papers: Path, clock: Clock) -> None:
    """A weekday loses its arrangement, for the days to come only."""
    supplement(place, papers, "2026-10-07,work,国庆节,2026-09-01", clock())
    with place.reading() as session:
        calendar = work_calendar(session)
    assert calendar.works(date(2026, 10, 7))
    assert not calendar.works(date(2026, 10, 6))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("2031-01-05,rest,元旦,2030-12-28", "2031年放假安排尚未导入"),
        ("2026-10-07,rest,国庆节,2026-09-01", "没有需要改动的日期"),
        ("2026-10-07,work,国庆节,2026-10-08", "不能改动此前的 2026-10-07"),
    ],
)
def test_what_supplements_nothing_is_refused(
    place: Workplace, papers: Path, clock: Clock, rows: str, says: str
) -> None:
    """One sentence each, and no notice is stored."""
    with pytest.raises(InputError, match=says) as caught:
        supplement(place, papers, rows, clock())
    assert_is_one_sentence(str(caught.value))
    assert ledger_of(place, "calendar") == []


def test_a_returned_answer_is_due_by_the_notice_that_came_meanwhile(
    place: Workplace, clock: Clock, papers: Path
) -> None:
    """Answered in time, returned after the notice: the old term, counted by the days as they are now."""
    walk = open_at(place, clock, papers, moment(12, 28, 10), Step.RECTIFY)
    assert due_of(walk) == (date(2027, 1, 4), True)
    walk.to(Step.REVIEW)
    (papers / "2027.csv").write_text(YEAR_2027, encoding="utf-8")
    (notice,) = read_days(papers / "2027.csv", None).whole_years()
    import_notice(place, notice, moment(12, 28, 11))
    clock.now = moment(12, 28, 12)
    fields = {"verdict": "退回"}
    walk.pass_step(Step.REVIEW, fields=fields, explanation="未附废止文件的公告，请补正。")
    assert due_of(walk) == (date(2027, 1, 6), False)
    told = messages_of(place)[-1]
    assert "2027-01-06" in told.body
    assert "暂定" not in told.body
    accounts = ["\n".join(lines) for _, lines in explain_due(place, walk.number)]
    closed, again = accounts[-3], accounts[-1]
    assert (
        "登记的到期日为 2027-01-04（星期一）：放假安排或登记内容其后有调整，"
        "该环节此前已经反馈，到期日不再改变。" in closed
    )
    assert "不使已定期限变为逾期" not in "".join(accounts)
    assert "退回后期限不重新起算" in again
    assert "登记的到期日" not in again


def test_an_extension_until_a_day_that_is_over_is_refused(
    place: Workplace, clock: Clock, papers: Path
) -> None:
    """Half an hour after close of business today is no time any more."""
    walk = open_at(place, clock, papers, moment(11, 23, 10), Step.RECTIFY)
    due_on, _ = due_of(walk)
    assert due_on == date(2026, 11, 30)
    clock.now = moment(11, 30, 10)
    paper = write_evidence(papers, "延期申请.pdf", PDF + b"% request\n")
    request = ExtensionRequest("ZJJ", "经办人乙", "2026-12-09", "须经合法性审查。", [paper])
    asked = Walk(place, clock, papers, request_extension(place, walk.number, request, clock()))
    asked.advance()
    clock.now = moment(11, 30, 18, 30)
    with pytest.raises(RuleViolation, match="不能早于 2026-12-01"):
        asked.answer(Step.EXTENSION, fields={"ruling": "同意", "until": "2026-11-30"})
    clock.now = moment(11, 30, 17, 59)
    asked.answer(Step.EXTENSION, fields={"ruling": "同意", "until": "2026-11-30"})
    assert due_of(walk) == (date(2026, 11, 30), False)


def test_an_extension_never_ends_before_the_term_it_extends() -> None:
    """Rest days of a later notice lengthen a term of working days beyond the day that was granted."""
    policy = read_policy(packaged_policy_text(), "policy.toml")
    row = Assignment(
        step=Step.RECTIFY, clock_start=date(2026, 11, 16), due_on=date(2026, 11, 26), term_value=7,
        term_unit="working_days", extended_to=date(2026, 11, 26),
    )  # fmt: skip
    calendar, rest = published_calendar(), NoticeDay(DayKind.REST, "防汛")
    now = moment(11, 17, 10)
    assert settle_due(row, policy, DueDates(calendar), now).day == date(2026, 11, 26)
    changes = {date(2026, 11, day): rest for day in range(18, 25)}
    later = calendar.with_notice(calendar.supplemented(2026, changes, date(2026, 11, 17)))
    assert settle_due(row, policy, DueDates(later), now).day == date(2026, 12, 2)
    told = due_account(row, policy, later)
    assert "放假安排调整后，原到期日晚于批准延至的日期，仍按原到期日计算。" in told
    assert any(line.startswith("到期日 2026-12-02（星期三） 18:00 届满") for line in told)
