"""Reading a matter: from rows to the facts the life cycle decides on."""

import unicodedata
from dataclasses import dataclass

from sqlmodel import Session, col, select

from models.codes import MatterKind
from models.errors import NotFound
from models.matters.facts import AnswerFact, AssignmentFact, MatterFacts
from models.matters.tables import Answer, AnswerEvidence, Assignment, Evidence, Matter
from models.mechanisms.leads.life_cycle import LeadFacts
from models.mechanisms.leads.tables import Lead
from models.office.directory import Office
from models.petitions.facts import PetitionFacts
from models.petitions.tables import Petition


@dataclass(frozen=True)
class AnsweredAssignment:
    """An assignment with its answer and evidence, None and empty while it is open."""

    row: Assignment
    answer: Answer | None
    evidence: list[Evidence]


@dataclass(frozen=True)
class MatterFile:
    """Everything stored of one matter; assignments in the order they were opened.

    ``lead`` is the lead itself, or the one a petition is about; ``about`` is what the lead owes there.
    """

    matter: Matter
    lead: Lead
    assignments: list[AnsweredAssignment]
    petition: Petition | None = None
    about: Assignment | None = None

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
    matter = session.exec(query).first()
    if matter is None:
        raise NotFound(f"没有编号为“{wanted}”的线索，可用 zero137 lead list 查看全部线索。")
    if for_change:
        # A lead before what is put before somebody about it: whoever locks in one order never blocks.
        lock_matters(session, *filter(None, (matter.parent_id, key_of(matter))))
    return matter


def lock_matters(session: Session, *keys: int) -> None:
    """Lock matters one after the other until the transaction ends, where the database locks rows."""
    for key in keys:
        query = select(Matter).where(Matter.id == key).with_for_update()
        session.exec(query.execution_options(populate_existing=True)).one()


def read_file(session: Session, matter: Matter) -> MatterFile:
    """Return everything stored of a matter."""
    lead = session.exec(select(Lead).where(Lead.matter_id == (matter.parent_id or matter.id))).one()
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
    if matter.kind is MatterKind.LEAD:
        return MatterFile(matter, lead, assignments)
    petition = session.get_one(Petition, key_of(matter))
    about = session.get_one(Assignment, petition.assignment_id)
    return MatterFile(matter, lead, assignments, petition, about)


def facts_of(file: MatterFile, office: Office) -> MatterFacts:
    """Return what the rules need to know of a matter."""
    if file.petition is None or file.about is None:
        return lead_facts(file, office)
    matter = file.matter
    decider = office.approver() if matter.kind is MatterKind.EXTENSION else office.bureau()
    return PetitionFacts(
        matter.kind, decider.code, matter.created_at, file.about.due_on, file.petition.proposed_on,
        matter.outcome, _assignment_facts(file),
    )  # fmt: skip


def lead_facts(file: MatterFile, office: Office) -> LeadFacts:
    """Return what the life cycle needs to know of a lead."""
    bureau = office.bureau().code
    return LeadFacts(file.lead.received_at, bureau, file.matter.outcome, _assignment_facts(file))


def _assignment_facts(file: MatterFile) -> tuple[AssignmentFact, ...]:
    """Return the assignments of a matter as the rules see them."""
    return tuple(_fact(assignment) for assignment in file.assignments)


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


def family_of(session: Session, lead: Matter) -> list[Matter]:
    """Return a lead and the petitions about it, in the order in which they came."""
    query = select(Matter).where((Matter.id == lead.id) | (Matter.parent_id == lead.id))
    return list(session.exec(query.order_by(col(Matter.id))))
