"""Whether an assignment was answered in time, told in the same words everywhere."""

from datetime import datetime

from models.labels import Labelled
from models.matters.facts import DEEMED, REDIRECTED


class Timeliness(Labelled):
    """How an assignment stands to its due date. Source: 通知§12(二)–(五)."""

    ON_TIME = "on_time", "按期"
    LATE = "late", "逾期"
    UNANSWERED = "unanswered", "逾期未反馈"
    DEEMED = "deemed", "逾期未签收"
    RUNNING = "running", "办理中"
    MOOT = "moot", "无需反馈"


def timeliness(
    due_at: datetime, answered_at: datetime | None, decision: str | None, now: datetime
) -> Timeliness:
    """Tell how an assignment stands.

    Args:
        due_at: The last moment of its due date in force (aware), after any extension.
        answered_at: When it was answered (aware), None while it is owed.
        decision: The stored decision of the answer, None where none is stored.
        now: The moment of the look (aware).

    Returns:
        ``DEEMED`` where nobody signed and the rule did (ADR-0003), ``MOOT`` where the answer was not
        needed any more (ADR-0011) or is for another unit to give (ADR-0030), ``RUNNING`` while the due date
        lies ahead.
    """
    if answered_at is None:
        return Timeliness.UNANSWERED if now > due_at else Timeliness.RUNNING
    if decision in (None, REDIRECTED):
        return Timeliness.MOOT
    if decision == DEEMED:
        return Timeliness.DEEMED
    return Timeliness.LATE if answered_at > due_at else Timeliness.ON_TIME
