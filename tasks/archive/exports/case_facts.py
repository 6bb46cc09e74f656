"""Everything stored of a matter and its parts, as plain values; never who reported it."""

from typing import Any

from sqlmodel import Session, SQLModel, col, select

from models.documents.tables import Document
from models.ladder.tables import Escalation
from models.matters.tables import Evidence, Matter
from models.office.directory import Office
from tasks.desks import AnsweredAssignment, Mechanisms
from tasks.matters.reading import family_of, key_of, read_file

# How the work went on in Prefect, and keys that mean nothing outside the database.
_INNER = {
    "flow_run_id", "waits", "stale_since", "form_run_id", "form_key", "rung_at", "held", "paused",
    "relapse_of_id", "merged_into_id", "id", "matter_id", "parent_id", "root_id", "assignment_id",
}  # fmt: skip

Facts = dict[str, Any]


def case_facts(session: Session, whole: Matter, office: Office, mechanisms: Mechanisms) -> Facts:
    """Return the facts of a matter as JSON values.

    Returns:
        ``matters``: the matter, then its parts as they came, each with assignments, answers, escalations,
        documents and the files handed in; ``units``: the names of all units by code on
        the day of closing. Moments are in UTC.

    Source: 通知§13(三): 真实、完整、准确.
    """
    return {
        "matters": [_matter(session, matter, office, mechanisms) for matter in family_of(session, whole)],
        # An archive that is exported again says what it said: units bear the names of the day of closing.
        "units": {unit.code: office.called(unit.code, whole.closed_at).name for unit in office.units},
    }


def _matter(session: Session, matter: Matter, office: Office, mechanisms: Mechanisms) -> Facts:
    """Return the facts of one matter."""
    file = read_file(session, matter, mechanisms)
    documents = session.exec(
        select(Document).where(Document.matter_id == matter.id).order_by(col(Document.id))
    )
    evidence = session.exec(
        select(Evidence).where(Evidence.matter_id == matter.id).order_by(col(Evidence.id))
    )
    related = {role: [each.number for each in matters] for role, matters in file.desk.related(file).items()}
    return {
        **_told(matter),
        **({"related": related} if related else {}),
        **{name: _told(row) for name, row in file.desk.rows(file).items()},
        "assignments": [_assignment(session, office, assignment) for assignment in file.assignments],
        "documents": [_told(document) for document in documents],
        "evidence": [_told(piece) for piece in evidence],
    }


def _assignment(session: Session, office: Office, assignment: AnsweredAssignment) -> Facts:
    """Return one assignment with its answer and what was raised about it; units by the name of the day."""
    query = select(Escalation).where(Escalation.assignment_id == key_of(assignment.row))
    answer = assignment.answer
    return {
        **_told(assignment.row),
        "unit_name": office.called(assignment.row.unit_code, assignment.row.answered_at).name,
        "answer": answer and {**_told(answer), "evidence": [piece.sha256 for piece in assignment.evidence]},
        "escalations": [_told(row) for row in session.exec(query.order_by(col(Escalation.id)))],
    }


def _told(row: SQLModel) -> Facts:
    """Return a row without what means nothing outside."""
    return row.model_dump(mode="json", exclude=_INNER)
