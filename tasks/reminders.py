"""Reminding an authority that a receipt is about to be deemed."""

from datetime import datetime

from sqlmodel import col, select

from models.tables import Assignment, Matter
from models.vocabulary import Step
from tasks.ledger import append_entry
from tasks.matters import read_file
from tasks.outbox import enqueue
from tasks.workplace import Workplace, register_of, work_calendar


def remind_of_receipts(place: Workplace, now: datetime) -> int:
    """Write one reminder for every transfer not signed for on its last day; returns how many.

    People are told during business hours of working days only. Source: ADR-0003.
    """
    policy = place.policy
    today = policy.day_of(now)
    reminded = 0
    with place.writing() as session:
        if not policy.business_hours.is_open(now, work_calendar(session)):
            return 0
        register = register_of(session, policy)
        query = (
            select(Assignment, Matter)
            .join(Matter)
            .where(col(Assignment.answered_at).is_(None), col(Assignment.step) == Step.RECEIPT)
            .where(col(Assignment.due_on) == today)
            .order_by(col(Assignment.id))
        )
        for row, matter in session.exec(query).all():
            file = read_file(session, matter)
            if enqueue(session, register, file, row, "receipt_reminder", row.unit_code, now):
                summary = f"提醒{register.stored(row.unit_code).name}今日签收"
                append_entry(session, matter.number, now, "reminded", "规则", summary, step=row.step.value)
                reminded += 1
    return reminded
