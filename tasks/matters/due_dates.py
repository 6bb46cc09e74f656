"""Due dates of stored assignments: computed anew, explained day by day, and moved."""

from datetime import date

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


def recompute(row: Assignment, policy: Policy, due_dates: DueDates) -> Due:
    """Compute the due date of an assignment anew: by its extension, else by the term it was given under."""
    if row.extended_to is not None:
        return due_at_extension(row.extended_to, due_dates.calendar)
    return due_dates.by_start(term_of(row, policy))[row.clock_start]


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
        last = days[-1].day
        lines[-1] = f"原{lines[-1]}"
        lines += [f"经批准延期至 {day_label(row.extended_to)}（通知§12(四)）", *map(_skipped, days[:-1])]
        lines.append(f"到期日 {day_label(last, provisional=any(day.provisional for day in days))}")
    lines[-1] += f" {policy.business_hours.closes:%H:%M} 届满（{policy.business_hours.source}）"
    if row.returned:
        lines.append("退回后期限不重新起算，仍按首次交办的到期日计算。")
    if row.held:
        lines.append("已申请延期，审批期间暂缓到期后的督办，到期日在批准前不变。")
    if last != row.due_on:
        lines.append(f"登记的到期日为 {day_label(row.due_on)}：放假安排其后有调整，不使已定期限变为逾期。")
    return lines


def _skipped(day: ExplainedDay) -> str:
    """Return the line of a rest day that an extension moves off."""
    return f"{day_label(day.day, provisional=day.provisional)} 不计入：{day.reason}"


def term_of(row: Assignment, policy: Policy) -> Term:
    """Return the term an assignment was given under."""
    given = {"value": row.term_value, "unit": TermUnit(row.term_unit)}
    return policy.terms.of(row.step).model_copy(update=given)
