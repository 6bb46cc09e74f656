"""A database of facts with very many leads: varied Chinese texts, assignments, answers, chained entries.

Nine of ten leads are closed unless all are open; open ones owe one of the five steps each. Every lead has ten
entries in its ledger, chained as the system chains them. All of it follows from the number of the lead, so
that every run and every database holds the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count, pairwise
from random import Random
from typing import Any

from fictional_texts import write_facts, write_title
from leads import PERSON
from sqlalchemy import Connection, insert, text
from sqlmodel import SQLModel

from models.archive.vocabulary import Barrier, Category, Importance
from models.codes import MatterKind, Outcome, Step
from models.days.terms import DueDates
from models.documents.vocabulary import SourceLevel
from models.matters.vocabulary import Channel
from models.record.entries import NOTHING, Fact, entry_hash
from tasks.workplace import Workplace, read_office, work_calendar

ENTRIES_EACH = 10
# The last day on which a lead came in; the first lies five years before.
LAST_DAY = date(2026, 11, 20)
_DAYS = 5 * 365
_AT_ONCE = 2_000
CLOSED_SHARE = 0.9
# What was owed of a lead that was found unsubstantiated, and of one that was not.
_SHORT = (Step.TRANSFER, Step.RECEIPT, Step.VERIFY, Step.REVIEW)
_LONG = (Step.TRANSFER, Step.RECEIPT, Step.VERIFY, Step.RECTIFY, Step.REVIEW)
_AUTHORITIES = ("ZJJ", "XSPJ", "SCJG", "JTJ")

Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class _Office:
    """What the leads have in common."""

    place: Workplace
    dues: DueDates
    authorities: tuple[str, ...]
    bureau: str
    closed: int


def fill_many(place: Workplace, leads: int, closed_share: float = CLOSED_SHARE) -> None:
    """Give an empty database that many leads, with the last numbers of everything that counts."""
    register = read_office(place)
    with place.reading() as session:
        dues = DueDates(work_calendar(session))
    known = {unit.code for unit in register.units}
    authorities = tuple(code for code in _AUTHORITIES if code in known)
    office = _Office(place, dues, authorities, register.bureau().code, int(leads * closed_share))
    keys = count(1)
    with place.writing() as session:
        connection = session.connection()
        for first in range(1, leads + 1, _AT_ONCE):
            rows: Rows = {}
            for number in range(first, min(first + _AT_ONCE, leads + 1)):
                for table, row in _lead(office, number, leads, keys):
                    rows.setdefault(table, []).append(row)
            for table, found in rows.items():
                connection.execute(insert(SQLModel.metadata.tables[table]), found)
        _go_on_from(connection, leads)
    if place.engine.dialect.name == "postgresql":
        # It does so by itself after a while; SQLite never does.
        with place.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _go_on_from(connection: Connection, leads: int) -> None:
    """Let what comes next get the next numbers."""
    row = {"series": f"线索/{LAST_DAY.year}", "last": leads}
    connection.execute(insert(SQLModel.metadata.tables["counter"]), [row])
    if connection.dialect.name == "postgresql":
        for table in ("matter", "assignment", "answer"):
            connection.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")  # noqa: S608 - our own tables
            )


def _lead(
    office: _Office, number: int, leads: int, keys: Iterator[int]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every row of one lead with the name of its table, parents before children."""
    random = Random(number)  # noqa: S311 - texts, no secrets
    hours = office.place.policy.business_hours
    day = LAST_DAY - timedelta(days=_DAYS - _DAYS * number // leads)
    received = datetime.combine(day, hours.opens, tzinfo=hours.zone) + timedelta(
        minutes=random.randrange(500)
    )
    is_closed = number <= office.closed
    steps = _SHORT if is_closed else _LONG[: number % len(_LONG) + 1]
    numbering, title = office.place.policy.numbering, write_title(random)
    key = numbering.key_of(LAST_DAY.year, number)
    barrier = random.choice([None, *Barrier])
    moments = [received + timedelta(days=n) for n in range(len(steps) + 1)]
    yield "matter", {
        "id": number, "kind": MatterKind.LEAD, "number": key,
        "printed_number": numbering.printed_of(LAST_DAY.year, number), "title": title,
        "created_at": received + timedelta(minutes=5), "closed_at": moments[-1] if is_closed else None,
        "outcome": Outcome.UNSUBSTANTIATED if is_closed else None, "waits": len(steps),
    }  # fmt: skip
    yield "lead", {
        "matter_id": number, "source_level": random.choice(list(SourceLevel)), "document_number": "",
        "facts": write_facts(random), "category": random.choice(list(Category)), "received_at": received,
        "fingerprint": f"{number:064x}", "barrier": barrier,
        "importance": Importance.MAJOR if number % 20 == 0 else Importance.ORDINARY,
    }  # fmt: skip
    authority = random.choice(office.authorities)
    facts = [
        Fact(key, received, "registered", PERSON, f"登记线索《{title}》", {"fingerprint": f"{number:064x}"})
    ]
    for step, (opened, answered) in zip(steps, pairwise(moments), strict=True):
        open_still = not is_closed and step is steps[-1]
        row = _assignment(office, number, step, authority, opened)
        row |= {"id": next(keys), "answered_at": None if open_still else answered}
        yield "assignment", row
        facts.append(
            Fact(key, opened, "assigned", "规则", f"{step.label}交{row['unit_code']}", {"step": step.value})
        )
        if not open_still:
            yield "answer", _answer(row, answered, authority)
            facts.append(Fact(key, answered, "answered", PERSON, f"{step.label}已反馈", {"step": step.value}))
    if is_closed:
        facts.append(Fact(key, moments[-1], "closed", "规则", "问题线索办结", {}))
    while len(facts) < ENTRIES_EACH:
        facts.append(Fact(key, moments[-1], "refused", PERSON, "反馈缺少印证材料，未予接收。", {}))
    yield from _chained(facts)


def _assignment(office: _Office, lead: int, step: Step, authority: str, opened: datetime) -> dict[str, Any]:
    """Return what was owed at one step."""
    policy = office.place.policy
    term = policy.terms.of(step)
    due = office.dues.by_start(term)[policy.day_of(opened)]
    return {
        "matter_id": lead, "step": step, "round": 1,
        "unit_code": office.bureau if step in (Step.TRANSFER, Step.REVIEW) else authority,
        "opened_at": opened, "clock_start": policy.day_of(opened), "due_on": due.day,
        "due_at": policy.deadline(due.day), "provisional": due.provisional, "term_value": term.value,
        "term_unit": term.unit.value, "held": False,
    }  # fmt: skip


def _answer(assignment: dict[str, Any], at: datetime, authority: str) -> dict[str, Any]:
    """Return what was handed in for an assignment."""
    transfers = assignment["step"] is Step.TRANSFER
    return {
        "id": assignment["id"], "assignment_id": assignment["id"], "unit_code": assignment["unit_code"],
        "person": PERSON, "recorded_at": at, "effective_at": at, "decision": "",
        "fields": {"authority": authority, "cooperating": ""} if transfers else {},
        "explanation": "经现场核查并调阅全部审批档案，有关文件已随本次反馈一并提交。",
        "channel": Channel.COMMAND_LINE,
    }  # fmt: skip


def _chained(facts: list[Fact]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the entries of one stream, and its head."""
    mark = NOTHING
    for sequence, fact in enumerate(facts, 1):
        mark = entry_hash(fact, sequence, mark)
        yield "ledgerentry", {**vars(fact), "sequence": sequence, "hash": mark}
    yield "ledgerhead", {"stream": facts[0].stream, "sequence": len(facts), "hash": mark}
