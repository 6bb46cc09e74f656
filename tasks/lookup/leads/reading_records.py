"""Reading many leads at once: a handful of statements for a thousand of them, and never all in memory.

The table of informants is not read.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models.archive.tables import ArchiveRecord
from models.codes import MatterKind
from models.ladder.tables import Escalation
from models.lookup.lead_records import (
    AnswerRecord,
    AssignmentRecord,
    EscalationRecord,
    EvidenceRecord,
    ExtensionRecord,
    LeadRecord,
)
from models.matters.tables import Answer, AnswerEvidence, Assignment, Evidence, Matter
from models.mechanisms.leads.tables import Lead
from models.petitions.tables import Petition
from tasks.lookup.leads.selection import LeadKeys

# How many leads are read with one round of statements.
BATCH = 1_000

# What belongs to a lead, by the lead's key, in the order of time.
_Grouped = dict[int, list[Any]]


def read_leads_of(session: Session, keys: LeadKeys) -> Iterator[LeadRecord]:
    """Read leads in the order they were registered.

    Args:
        session: A session that sees one moment for as long as it lasts; see ``at_one_moment``.
        keys: A selection of the keys of leads.

    Yields:
        Each lead with its assignments, answers, escalations, extensions and files.
    """
    chosen = select(Matter.id).where(col(Matter.id).in_(keys)).order_by(col(Matter.id))
    # Bare numbers: a million of them take 8 MB, whereas to ask for them batch by batch takes minutes.
    known: array[int] = array("q", map(int, session.scalars(chosen)))
    for first in range(0, len(known), BATCH):
        wanted = list(known[first : first + BATCH])
        evidence, links = _evidence(session, wanted)
        assignments = _assignments(session, wanted, links)
        escalations, extensions = _escalations(session, wanted), _extensions(session, wanted)
        for key, *head in _heads(session, wanted):
            parts = (assignments, escalations, extensions, evidence)
            yield LeadRecord._make((*head, *(tuple(part.get(key, ())) for part in parts)))


def at_one_moment(session: Session) -> None:
    """Let a session see one moment however long it reads; to be asked before anything is read.

    SQLite does so by itself.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _heads(session: Session, wanted: Sequence[int]) -> list[Any]:
    """Return the leads themselves: the key, then what begins a ``LeadRecord``."""
    first, into = aliased(Matter), aliased(Matter)
    # Core columns, not entities: a hundred thousand leads have a million rows.
    query = (
        select(  # type: ignore[call-overload]
            Matter.id, Matter.number, Matter.printed_number, Matter.title, Lead.facts, Lead.source_level,
            Lead.document_number, Lead.category, Lead.barrier, Lead.importance, Lead.received_at,
            Matter.created_at, Matter.closed_at, Matter.outcome, ArchiveRecord.number, first.number,
            into.number,
        )
        .select_from(Matter)
        .join(Lead)
        .outerjoin(ArchiveRecord, col(ArchiveRecord.matter_id) == Matter.id)
        .outerjoin(first, first.id == Lead.relapse_of_id)
        .outerjoin(into, into.id == Lead.merged_into_id)
        .where(col(Matter.id).in_(wanted))
        .order_by(col(Matter.id))
    )  # fmt: skip
    return list(session.exec(query))


def _assignments(session: Session, wanted: Sequence[int], links: Mapping[int, list[str]]) -> _Grouped:
    """Return the assignments with their answers; ``links`` are the files by the key of the answer."""
    query = (
        select(  # type: ignore[call-overload]
            Assignment.matter_id, Assignment.step, Assignment.round, Assignment.unit_code,
            Assignment.opened_at, Assignment.clock_start, Assignment.due_on, Assignment.due_at,
            Assignment.provisional, Assignment.extended_to, Assignment.answered_at,
            Answer.id, Answer.unit_code, Answer.person, Answer.recorded_at, Answer.effective_at,
            Answer.decision, Answer.fields, Answer.channel, Answer.explanation, Assignment.returned,
        )
        .outerjoin(Answer)
        .where(col(Assignment.matter_id).in_(wanted))
        .order_by(col(Assignment.id))
    )  # fmt: skip
    found: _Grouped = {}
    for *row, returned in session.exec(query):
        answer_id, answer = row[11], None
        if answer_id is not None:
            answer = AnswerRecord._make((*row[12:], tuple(links.get(answer_id, ()))))
        found.setdefault(row[0], []).append(AssignmentRecord._make((*row[1:11], answer, returned)))
    return found


def _escalations(session: Session, wanted: Sequence[int]) -> _Grouped:
    """Return the rungs that were reached."""
    query = (
        select(  # type: ignore[call-overload]
            Assignment.matter_id, Assignment.step, Assignment.round, Escalation.due_on, Escalation.rung,
            Escalation.raising, Escalation.at, Escalation.actor, Escalation.grounds, Escalation.reason,
        )
        .join(Assignment)
        .where(col(Assignment.matter_id).in_(wanted))
        .order_by(col(Escalation.at), col(Escalation.id))
    )  # fmt: skip
    found: _Grouped = {}
    for key, *told in session.exec(query):
        found.setdefault(key, []).append(EscalationRecord._make(told))
    return found


def _extensions(session: Session, wanted: Sequence[int]) -> _Grouped:
    """Return the requests for an extension with what was ruled."""
    query = (
        select(  # type: ignore[call-overload]
            Matter.parent_id, Matter.number, Petition.unit_code, Petition.person, Matter.created_at,
            Petition.due_on, Petition.proposed_on, Petition.body, Matter.outcome, Matter.closed_at,
            Answer.fields,
        )
        .join(Petition, col(Petition.matter_id) == Matter.id)
        .outerjoin(Assignment, col(Assignment.matter_id) == Matter.id)
        .outerjoin(Answer, col(Answer.assignment_id) == Assignment.id)
        .where(col(Matter.parent_id).in_(wanted), Matter.kind == MatterKind.EXTENSION)
        .order_by(col(Matter.id))
    )  # fmt: skip
    found: _Grouped = {}
    for key, *told, fields in session.exec(query):
        until = (fields or {}).get("until")
        granted = date.fromisoformat(until) if until else None
        found.setdefault(key, []).append(ExtensionRecord._make((*told, granted)))
    return found


def _evidence(session: Session, wanted: Sequence[int]) -> tuple[_Grouped, dict[int, list[str]]]:
    """Return the files of each lead, and the names of those an answer rests on, by the answer's key."""
    query = (
        select(  # type: ignore[call-overload]
            Evidence.matter_id, Evidence.id, Evidence.name, Evidence.sha256, Evidence.media_type,
            Evidence.size, Evidence.stored_at,
        )
        .where(col(Evidence.matter_id).in_(wanted))
        .order_by(col(Evidence.id))
    )  # fmt: skip
    found: _Grouped = {}
    for key, number, *told in session.exec(query):
        found.setdefault(key, []).append(EvidenceRecord._make((f"E{number}", *told)))
    linked = (
        select(AnswerEvidence.answer_id, AnswerEvidence.evidence_id)
        .join(Evidence)
        .where(col(Evidence.matter_id).in_(wanted))
        .order_by(col(Evidence.id))
    )
    links: dict[int, list[str]] = {}
    for answer, number in session.exec(linked):
        links.setdefault(answer, []).append(f"E{number}")
    return found, links
