"""What messages and documents speak of: stored facts of a matter as values of templates."""

from models.codes import Step
from models.days.terms import Term, TermUnit, day_label
from models.matters.tables import Assignment
from models.mechanisms.leads.vocabulary import Finding
from models.office.directory import Office
from tasks.matters.reading import MatterFile


def matter_values(office: Office, file: MatterFile, row: Assignment, unit_code: str) -> dict[str, object]:
    """Return what the templates of messages and documents speak of, for one recipient of a matter."""
    policy, lead, matter = office.policy, file.lead, file.matter
    hours = policy.business_hours
    answers = {a.row.step: a.answer for a in file.assignments if a.answer is not None}
    transfer, verify, review = (answers.get(s) for s in (Step.TRANSFER, Step.VERIFY, Step.REVIEW))
    rectified = answers.get(Step.RECTIFY)
    cooperating = transfer.fields.get("cooperating", "") if transfer else ""
    term: Term = policy.terms.of(row.step)
    given = term.model_copy(update={"value": row.term_value, "unit": TermUnit(row.term_unit)})
    return {
        "number": matter.number,
        "printed_number": matter.printed_number,
        "title": matter.title,
        "facts": lead.facts,
        "notice": policy.documents.notice,
        "verify_term": policy.terms.verify.label,
        "document": "",
        "unit": office.stored(unit_code).name,
        "source": f"{lead.source_level.label}{f'（{lead.document_number}）' if lead.document_number else ''}",
        "cooperating": "、".join(office.stored(code).name for code in cooperating.split(",") if code),
        "due": day_label(row.due_on, provisional=row.provisional),
        "closes": f"{hours.closes:%H:%M}",
        "clock_start": row.clock_start.isoformat(),
        "term": given.label,
        "basis": term.source,
        "minimum": policy.answer_gate.minimum_explanation_characters,
        "finding": Finding(verify.decision).label if verify else "",
        "authority": office.stored(verify.unit_code).name if verify else "",
        "verify_explanation": verify.explanation if verify else "",
        "responsible": office.stored(rectified.unit_code).name if rectified else "",
        "measures": rectified.fields.get("measures", "") if rectified else "",
        "rectify_explanation": rectified.explanation if rectified else "",
        "opinion": verify.fields.get("opinion", "") if verify else "",
        "reasons": review.explanation if review else "",
        "step": row.step.label,
        "outcome": matter.outcome.label if matter.outcome else "",
        **_petition_values(office, file),
        "closed_at": f"{hours.local(matter.closed_at):%Y-%m-%d %H:%M}" if matter.closed_at else "",
    }


def _petition_values(office: Office, file: MatterFile) -> dict[str, object]:
    """Return what the templates speak of where a petition is put before somebody."""
    petition, about = file.petition, file.about
    if petition is None or about is None:
        return {}
    return {
        "asked_by": office.stored(petition.unit_code).name,
        "owing": office.stored(about.unit_code).name,
        "about_step": about.step.label,
        "about_due": day_label(about.due_on, provisional=about.provisional),
        "proposed": day_label(petition.proposed_on) if petition.proposed_on else "",
        "text": petition.body,
    }
