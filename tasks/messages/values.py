"""What messages and documents speak of: stored facts of a matter as values of templates."""

from models.days.terms import TermUnit, day_label
from models.matters.tables import Assignment
from models.office.directory import Office
from tasks.desks import MatterFile


def matter_values(office: Office, file: MatterFile, row: Assignment, unit_code: str) -> dict[str, object]:
    """Return what the templates of messages and documents speak of, for one recipient of a matter."""
    policy, matter = office.policy, file.matter
    hours, term = policy.business_hours, policy.terms.of(row.step)
    given = term.model_copy(update={"value": row.term_value, "unit": TermUnit(row.term_unit)})
    return {
        "number": matter.number,
        "printed_number": matter.printed_number,
        "title": matter.title,
        "notice": policy.documents.notice,
        "document": "",
        "unit": office.stored(unit_code).name,
        "due": day_label(row.due_on, provisional=row.provisional),
        "closes": f"{hours.closes:%H:%M}",
        "clock_start": row.clock_start.isoformat(),
        "term": given.label,
        "basis": term.source,
        "minimum": policy.answer_gate.minimum_explanation_characters,
        "step": row.step.label,
        "outcome": matter.outcome.label if matter.outcome else "",
        "closed_at": hours.label_of(matter.closed_at) if matter.closed_at else "",
        **file.desk.values(file, office),
    }
