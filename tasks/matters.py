"""Reading a matter: from rows to the facts the life cycle decides on."""

import unicodedata
from dataclasses import dataclass

from sqlmodel import Session, col, select

from models.directory import Register
from models.errors import NotFound
from models.lifecycle import AnswerFact, AssignmentFact, LeadFacts
from models.tables import Answer, AnswerEvidence, Assignment, Evidence, Lead, Matter


@dataclass(frozen=True)
class AnsweredAssignment:
    """An assignment with its answer and evidence, None and empty while it is open."""

    row: Assignment
    answer: Answer | None
    evidence: list[Evidence]


@dataclass(frozen=True)
class LeadFile:
    """Everything stored of one lead; assignments in the order they were opened."""

    matter: Matter
    lead: Lead
    assignments: list[AnsweredAssignment]

    @property
    def open_assignment(self) -> Assignment | None:
        """The assignment somebody owes now."""
        last = self.assignments[-1] if self.assignments else None
        return last.row if last and last.answer is None and self.matter.outcome is None else None


def find_matter(session: Session, number: str, *, for_change: bool = False) -> Matter:
    """Find a matter by its number, as L2026-0012 (case does not matter).

    Args:
        session: An open session.
        number: The key or the printed number.
        for_change: Lock the matter until the transaction ends, where the database locks rows.

    Raises:
        NotFound: There is no such matter.
    """
    # Full-width letters and digits are what a Chinese keyboard types as readily.
    wanted = unicodedata.normalize("NFKC", number).encode("utf-8", "replace").decode().strip()
    query = select(Matter).where((Matter.number == wanted.upper()) | (Matter.printed_number == wanted))
    matter = session.exec(query.with_for_update() if for_change else query).first()
    if matter is None:
        raise NotFound(f"没有编号为“{wanted}”的线索，可用 zero137 lead list 查看全部线索。")
    return matter


def read_file(session: Session, matter: Matter) -> LeadFile:
    """Return everything stored of a lead."""
    lead = session.exec(select(Lead).where(Lead.matter_id == matter.id)).one()
    rows = session.exec(
        select(Assignment).where(Assignment.matter_id == matter.id).order_by(col(Assignment.id))
    ).all()
    answers = {
        answer.assignment_id: answer
        for answer in session.exec(select(Answer).join(Assignment).where(Assignment.matter_id == matter.id))
    }
    evidence: dict[int, list[Evidence]] = {}
    linked = session.exec(
        select(AnswerEvidence.answer_id, Evidence)
        .join(Evidence)
        .where(Evidence.matter_id == matter.id)
        .order_by(col(Evidence.id))
    )
    for answer_id, piece in linked:
        evidence.setdefault(answer_id, []).append(piece)
    assignments = []
    for row in rows:
        answer = answers.get(key_of(row))
        assignments.append(
            AnsweredAssignment(row, answer, evidence.get(key_of(answer), []) if answer else [])
        )
    return LeadFile(matter, lead, assignments)


def facts_of(file: LeadFile, register: Register) -> LeadFacts:
    """Return what the life cycle needs to know of a lead."""
    return LeadFacts(
        received_at=file.lead.received_at,
        bureau=register.bureau().code,
        outcome=file.matter.outcome,
        assignments=tuple(_fact(assignment) for assignment in file.assignments),
    )


def _fact(assignment: AnsweredAssignment) -> AssignmentFact:
    """Return an assignment as the rules see it."""
    answer = assignment.answer
    row = assignment.row
    fact = AnswerFact(answer.decision, answer.effective_at, answer.fields) if answer else None
    return AssignmentFact(row.step, row.round, row.unit_code, row.due_at, fact)


def key_of(row: Assignment | Answer | Matter | Evidence) -> int:
    """Return the primary key of a stored row."""
    if row.id is None:
        raise ValueError("the row is not stored yet")
    return row.id
