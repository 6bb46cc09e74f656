"""A database of facts with many leads that all owe a verification, copied within it from a single one."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from leads import PERSON
from sqlalchemy import Connection, text
from sqlmodel import SQLModel, col, select

from models.codes import Step
from models.matters.facts import Await
from models.matters.tables import Assignment
from models.mechanisms.leads.intake import IntakeDefaults, LeadDraft, read_row
from tasks.conduct.answers import Submission, record_answer
from tasks.conduct.steps import take_step
from tasks.ladder.escalation import raise_rungs
from tasks.mechanisms.leads.registering import register_leads
from tasks.workplace import Workplace

# A Monday morning in Houma; the verification is due on the Thursday.
REGISTERED = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
_ANSWERS = (
    Submission(Step.TRANSFER, "FGJ", PERSON, {"authority": "ZJJ", "cooperating": ""}),
    Submission(Step.RECEIPT, "ZJJ", PERSON, {}),
)
_FIRST_COPY = 1_000


def fill(place: Workplace, count: int) -> Assignment:
    """Give an empty database that many leads in verification, their next rung known; returns one of them."""
    draft = read_row(1, {"title": "题", "facts": "事"}, IntakeDefaults(REGISTERED), place.policy, REGISTERED)
    if not isinstance(draft, LeadDraft):
        raise TypeError(draft)
    ((number),) = [one.number for one in register_leads(place, [draft], PERSON, REGISTERED)]
    for submission in _ANSWERS:
        while not isinstance(take_step(place, number, REGISTERED), Await):
            pass
        record_answer(place, number, submission, REGISTERED)
    take_step(place, number, REGISTERED)
    raise_rungs(place, REGISTERED + timedelta(minutes=1))
    with place.writing() as session:
        owed = session.exec(select(Assignment).where(col(Assignment.answered_at).is_(None))).one()
        _copy(session.connection(), count - 1, owed)
    return owed


def _copy(connection: Connection, count: int, owed: Assignment) -> None:
    """Copy matter, lead and open assignment under new keys and numbers."""
    key = f"{_FIRST_COPY} + n.i"
    rows: Mapping[str, tuple[str, int | None, Mapping[str, str]]] = {
        "matter": ("id", owed.matter_id, {"number": "'K' || n.i", "printed_number": "'侯线' || n.i"}),
        "lead": ("matter_id", owed.matter_id, {"fingerprint": "'f' || n.i"}),
        "assignment": ("id", owed.id, {"matter_id": key}),
    }
    for table, (identity, template, others) in rows.items():
        changed = {identity: key, **others}
        names = [column.name for column in SQLModel.metadata.tables[table].columns]
        values = ", ".join(changed.get(name, f"t.{name}") for name in names)
        connection.execute(
            text(
                f"INSERT INTO {table} ({', '.join(names)})"  # noqa: S608 - names of our own tables
                " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
                f" SELECT {values} FROM {table} t CROSS JOIN n WHERE t.{identity} = :template"
            ),
            {"count": count, "template": template},
        )
