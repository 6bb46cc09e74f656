"""Recording answers: the one way in, for the form, the command line and whatever comes later."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from models.codes import Step
from models.errors import ConflictError, Zero137Error
from models.matters.answering import accept
from models.matters.facts import AcceptedAnswer, AnswerDraft
from models.matters.tables import Answer, AnswerEvidence, Evidence
from models.matters.vocabulary import Channel
from models.office.directory import Office
from models.record.entry_kinds import EntryKind
from tasks.conduct.parts import end_parts
from tasks.desks import Act, MatterFile
from tasks.evidence.pieces import referenced_evidence, store_pieces
from tasks.evidence.taking_in import Piece, taken_in
from tasks.informants.screening import Author, refuse_naming, screened
from tasks.matters.reading import find_matter, key_of, read_file
from tasks.petitions.pending import drop_petitions
from tasks.record.ledger import append_entry
from tasks.workplace import Workplace, office_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Submission:
    """An answer as a person hands it in.

    Attributes:
        step: The step it answers.
        unit: Code or name of the unit that answers.
        person: Who answers for it (经办人).
        fields: The fields of that step, by English key; see ``models.matters.duties``.
        explanation: The detailed explanation (情况说明).
        files: Evidence files to store with it.
        references: Numbers of evidence stored before, as E12.
        channel: The way it came.
    """

    step: Step
    unit: str
    person: str
    fields: Mapping[str, str]
    explanation: str = ""
    files: Sequence[Path] = ()
    references: Sequence[str] = ()
    channel: Channel = Channel.COMMAND_LINE


def record_answer(place: Workplace, number: str, submission: Submission, now: datetime) -> str:
    """Check an answer and store it with its evidence, its ledger entry and nothing half.

    The first answer wins. A second is refused, and that it was tried is noted in the ledger.

    Args:
        place: The workplace.
        number: The matter.
        submission: The answer.
        now: The moment it came in (aware).

    Returns:
        The number of the matter, as it is stored.

    Raises:
        NotFound: Unknown matter, unit, evidence number or file.
        RuleViolation: The answer breaks a rule; nothing is written.
        ConflictError: The step is answered already; only the attempt is noted.
        InputError: There is no room for a file; nothing is written.

    Source: 通知§12(二)–(五).
    """
    try:
        with taken_in(place, submission.files) as pieces:
            return _record(place, number, submission, pieces, now)
    except ConflictError as error:
        _note_refusal(place, number, submission, str(error), now)
        raise


def try_answer(place: Workplace, number: str, submission: Submission, now: datetime) -> str:
    """Record an answer; where it is refused, return why instead of raising, else blank."""
    try:
        record_answer(place, number, submission, now)
    except Zero137Error as error:
        logger.warning("%s 的反馈未采纳：%s", number, error)
        return str(error)
    return ""


def _record(place: Workplace, number: str, submission: Submission, pieces: list[Piece], now: datetime) -> str:
    """Store the answer in one transaction, or raise; returns the number of the matter."""
    with screened(place) as session:
        matter = find_matter(session, number, for_change=True)
        file = read_file(session, matter, place.mechanisms)
        office = office_of(session, place)
        known = referenced_evidence(session, matter, submission.references)
        digests = {piece.file.sha256 for piece in pieces} | {row.sha256 for row in known}
        draft = AnswerDraft(
            submission.step, submission.unit, submission.person, now, submission.fields,
            submission.explanation, len(digests),
        )  # fmt: skip
        kind = file.desk.kind
        accepted = accept(draft, file.desk.facts(file, office), kind, office)
        author = Author(accepted.unit, _actor(office, accepted), now)
        names = [piece.name for piece in pieces]
        texts = (submission.explanation, *submission.fields.values(), *names)
        refuse_naming(session, place, matter, author, *texts)
        stored = store_pieces(session, matter, pieces, now)
        evidence = {key_of(row): row for row in (*known, *stored)}
        label = kind.duty(submission.step).decision_label(accepted.decision)
        _store(session, office, file, accepted, evidence, submission.channel, label)
        act = Act(session, office, place.mechanisms, now)
        drop_petitions(act, file.assignments[-1].row, f"{submission.step.label}已反馈")
        if kind.duty(submission.step).collects:
            end_parts(act, file, accepted.explanation)
        file.desk.answered(act, file, accepted)
        return matter.number


def _store(
    session: Session,
    office: Office,
    file: MatterFile,
    accepted: AcceptedAnswer,
    evidence: Mapping[int, Evidence],
    channel: Channel,
    label: str,
) -> None:
    """Write the answer, close its assignment and append the ledger entry; ``label`` is what was decided."""
    assignment = file.assignments[-1].row
    answer = Answer(
        assignment_id=key_of(assignment), unit_code=accepted.unit, person=accepted.person,
        recorded_at=accepted.recorded_at, effective_at=accepted.effective_at, decision=accepted.decision,
        fields=accepted.fields, explanation=accepted.explanation, channel=channel,
    )  # fmt: skip
    session.add(answer)
    session.flush()
    for key in evidence:
        session.add(AnswerEvidence(answer_id=key_of(answer), evidence_id=key))
    assignment.answered_at, assignment.rung_at = accepted.recorded_at, None
    if channel is Channel.CONSOLE:
        # The form is used up: a replay must not read it as one more answer. After an answer by another
        # way it stays, so that whoever filled it in meanwhile is told and noted.
        assignment.form_key = assignment.form_run_id = None
    session.add(assignment)
    late = accepted.recorded_at > assignment.due_at
    summary = f"{assignment.step.label}反馈{f'：{label}' if label else ''}{'（逾期）' if late else ''}"
    actor = _actor(office, accepted)
    append_entry(
        session, file.matter.number, accepted.recorded_at, EntryKind.ANSWERED, actor, summary,
        step=assignment.step.value, round=assignment.round, decision=accepted.decision,
        fields=accepted.fields, explanation=accepted.explanation,
        effective_at=accepted.effective_at.isoformat(),
        evidence=sorted(row.sha256 for row in evidence.values()), channel=channel.value,
    )  # fmt: skip


def _actor(office: Office, accepted: AcceptedAnswer) -> str:
    """Return who answers as the ledger names one, as 住建局 经办人甲."""
    return f"{office.stored(accepted.unit).short_name} {accepted.person}"


def _note_refusal(place: Workplace, number: str, submission: Submission, reason: str, now: datetime) -> None:
    """Note in the ledger that a second answer was tried, and forget the form it came by."""
    with place.writing() as session:
        matter = find_matter(session, number, for_change=True)
        for assignment in read_file(session, matter, place.mechanisms).assignments:
            used_up = submission.channel is Channel.CONSOLE and assignment.row.form_key
            if assignment.row.step is submission.step and used_up:
                assignment.row.form_key = assignment.row.form_run_id = None
                session.add(assignment.row)
        known = office_of(session, place).units
        unit = next((each.short_name for each in known if each.is_called(submission.unit)), submission.unit)
        append_entry(
            session, matter.number, now, EntryKind.REFUSED, f"{unit} {submission.person}", reason,
            step=submission.step.value, channel=submission.channel.value,
        )  # fmt: skip
