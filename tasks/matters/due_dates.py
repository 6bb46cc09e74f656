"""Due dates of stored assignments: computed anew and explained day by day."""

from datetime import date, datetime

from models.days.calendar import WorkCalendar
from models.days.terms import (
    Due,
    DueDates,
    ExplainedDay,
    Term,
    TermUnit,
    day_label,
    due_date,
    explanation_lines,
    roll_forward,
)
from models.matters.tables import Assignment
from models.office.policy import Policy


def settle_due(row: Assignment, policy: Policy, due_dates: DueDates, now: datetime) -> Due:
    """Return the due date that an assignment is to have by the calendar of now.

    A date never moves into the past: nobody becomes overdue by a change of the calendar.

    Args:
        row: The assignment, with the due date it has or had.
        policy: The terms.
        due_dates: Computes by the notices in force.
        now: The moment of the change (aware).
    """
    due = _recompute(row, policy, due_dates)
    is_kept = due.day < row.due_on and policy.deadline(due.day) < now
    return Due(row.due_on, due.provisional) if is_kept else due


def _recompute(row: Assignment, policy: Policy, due_dates: DueDates) -> Due:
    """Compute a due date anew: by the term it was given under, or by its extension where that ends later."""
    due = due_dates.by_start(term_of(row, policy))[row.clock_start]
    if row.extended_to is None:
        return due
    extended = due_at_extension(row.extended_to, due_dates.calendar)
    return max(due, extended, key=lambda each: each.day)


def due_at_extension(until: date, calendar: WorkCalendar) -> Due:
    """Return the due date of an extension that was granted to a day; a rest day moves it on."""
    days = roll_forward(until, calendar)
    return Due(days[-1].day, any(day.provisional for day in days))


def due_account(row: Assignment, policy: Policy, calendar: WorkCalendar) -> list[str]:
    """Return the account of a stored due date, day by day."""
    due = due_date(row.clock_start, term_of(row, policy), calendar)
    lines = [f"起算事件：{due.term.start}", *explanation_lines(due)]
    last = due.day
    if row.extended_to is not None:
        days = roll_forward(row.extended_to, calendar)
        lines[-1] = f"原{lines[-1]}"
        lines += [f"经批准延期至 {day_label(row.extended_to)}（通知§12(四)）", *map(_skipped, days[:-1])]
        if days[-1].day < due.day:
            lines.append("放假安排调整后，原到期日晚于批准延至的日期，仍按原到期日计算。")
            lines.append(f"到期日 {day_label(due.day, provisional=due.provisional)}")
        else:
            last = days[-1].day
            lines.append(f"到期日 {day_label(last, provisional=any(day.provisional for day in days))}")
    lines[-1] += f" {policy.business_hours.ending}"
    if row.returned:
        lines.append("退回后期限不重新起算，仍按首次交办的到期日计算。")
    if row.held:
        lines.append("已有申请待决定，其间暂缓到期后的督办，到期日在决定前不变。")
    if row.paused:
        lines.append("移交函已撤回，停止计时，待重新移交。")
    if last != row.due_on:
        lines.append(
            f"登记的到期日为 {day_label(row.due_on)}：放假安排或登记内容其后有调整，{_why_kept(row)}。"
        )
    return lines


def _why_kept(row: Assignment) -> str:
    """Return why a stored due date is not the one that the notices in force give."""
    if row.answered_at is not None:
        return "该环节此前已经反馈，到期日不再改变"
    return "不使已定期限变为逾期"


def _skipped(day: ExplainedDay) -> str:
    """Return the line of a rest day that an extension moves off."""
    return f"{day_label(day.day, provisional=day.provisional)} 不计入：{day.reason}"


def term_of(row: Assignment, policy: Policy) -> Term:
    """Return the term an assignment was given under."""
    given = {"value": row.term_value, "unit": TermUnit(row.term_unit)}
    return policy.terms.of(row.step).model_copy(update=given)
