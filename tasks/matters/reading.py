"""Reading a matter: from rows to the facts the life cycle decides on."""

import unicodedata
from collections.abc import Iterator

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from models.errors import NotFound
from models.matters.facts import AnswerFact, AssignmentFact, PartFact
from models.matters.tables import Answer, AnswerEvidence, Assignment, Evidence, Matter
from tasks.desks import AnsweredAssignment, MatterFile, Mechanisms

# What stands by itself is counted, listed and archived; a part goes with the matter it belongs to.
STANDING: ColumnElement[bool] = col(Matter.parent_id).is_(None)
# What units owe: what stands by itself and the shares of units, but not what is put before somebody.
OWED: ColumnElement[bool] = STANDING | col(Matter.unit_code).is_not(None)


def find_matter(session: Session, number: str, *, for_change: bool = False) -> Matter:
    """Find a matter by its number, as L2026-0012 (case does not matter).

    Args:
        session: An open session.
        number: The key or the printed number.
        for_change: Lock the matter and all it is a part of until the transaction ends, where the database
            locks rows.

    Raises:
        NotFound: There is no such matter.
    """
    # Full-width letters and digits are what a Chinese keyboard types as readily.
    wanted = unicodedata.normalize("NFKC", number).encode("utf-8", "replace").decode().strip()
    query = select(Matter).where((Matter.number == wanted.upper()) | (Matter.printed_number == wanted))
    matter = session.exec(query).first()
    if matter is None:
        raise NotFound(f"没有编号为“{wanted}”的事项，可用 zero137 lead list 查看。")
    if for_change:
        # A matter before its parts: whoever locks in one order never blocks.
        lock_matters(session, *reversed(list(_upward(session, matter))))
    return matter


def _upward(session: Session, matter: Matter | None) -> Iterator[int]:
    """Give the key of a matter, then those of all it is a part of."""
    while matter is not None:
        yield key_of(matter)
        matter = session.get_one(Matter, matter.parent_id) if matter.parent_id is not None else None


def lock_matters(session: Session, *keys: int) -> None:
    """Lock matters one after the other until the transaction ends, where the database locks rows."""
    for key in keys:
        query = select(Matter).where(Matter.id == key).with_for_update()
        session.exec(query.execution_options(populate_existing=True)).one()


def read_file(
    session: Session, matter: Matter, mechanisms: Mechanisms, parent: MatterFile | None = None
) -> MatterFile:
    """Return everything stored of a matter, and of the one it is a part of.

    Args:
        session: An open session.
        matter: The matter.
        mechanisms: Know what each kind keeps in tables of its own.
        parent: What it is a part of, where that was read before.
    """
    desk = mechanisms.desk(matter.kind)
    if matter.parent_id is not None and parent is None:
        parent = read_file(session, session.get_one(Matter, matter.parent_id), mechanisms)
    subject, assignments = desk.subject(session, matter), _assignments(session, matter)
    parts = parts_of(session, matter) if desk.kind.has_parts else ()
    return MatterFile(matter, desk, subject, assignments, parent, parts)


def parts_of(session: Session, parent: Matter) -> list[Matter]:
    """Return the shares of units under a matter, in the order they were opened."""
    query = select(Matter).where(Matter.parent_id == parent.id, col(Matter.unit_code).is_not(None))
    return list(session.exec(query.order_by(col(Matter.id))))


def part_facts(file: MatterFile) -> tuple[PartFact, ...]:
    """Return the parts of a matter as the rules see them."""
    return tuple(PartFact(part.number, part.outcome) for part in file.parts)


def _assignments(session: Session, matter: Matter) -> list[AnsweredAssignment]:
    """Return what was owed and answered, in the order it was opened."""
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
        files = evidence.get(key_of(answer), []) if answer else []
        assignments.append(AnsweredAssignment(row, answer, files))
    return assignments


def assignment_facts(file: MatterFile) -> tuple[AssignmentFact, ...]:
    """Return the assignments of a matter as the rules see them."""
    return tuple(_fact(assignment) for assignment in file.assignments)


def _fact(assignment: AnsweredAssignment) -> AssignmentFact:
    """Return an assignment as the rules see it."""
    answer = assignment.answer
    row = assignment.row
    fact = AnswerFact(answer.decision, answer.effective_at, answer.fields) if answer else None
    return AssignmentFact(
        row.step, row.round, row.unit_code, row.due_at, fact, held=row.held, paused=row.paused
    )


def step_label(row: Assignment) -> str:
    """Return a step with its round, as 整改（第2次）."""
    return row.step.label + (f"（第{row.round}次）" if row.round > 1 else "")


def key_of(row: Assignment | Answer | Matter | Evidence) -> int:
    """Return the primary key of a stored row."""
    if row.id is None:
        raise ValueError("the row is not stored yet")
    return row.id


def family_of(session: Session, parent: Matter) -> list[Matter]:
    """Return a matter with all its parts and theirs, in the order in which they came."""
    query = select(Matter).where((Matter.id == parent.id) | (Matter.root_id == parent.id))
    return list(session.exec(query.order_by(col(Matter.id))))
