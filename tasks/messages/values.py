"""What messages and documents speak of: stored facts of a matter as values of templates."""

from models.days.terms import TermUnit, day_label
from models.matters.duties import Duty
from models.matters.kinds import Kind
from models.matters.tables import Assignment, Matter
from models.office.directory import Office
from tasks.desks import MatterFile


def matter_values(office: Office, file: MatterFile, row: Assignment, unit_code: str) -> dict[str, object]:
    """Return what the templates of messages and documents speak of, for one recipient of a matter."""
    policy, matter, kind = office.policy, file.matter, file.desk.kind
    hours, term = policy.business_hours, policy.terms.of(row.step)
    minimum = policy.answer_gate.minimum_explanation_characters
    given = term.model_copy(update={"value": row.term_value, "unit": TermUnit(row.term_unit)})
    return {
        **named(matter, kind),
        "facts": file.desk.text(file),
        "notice": policy.documents.notice,
        "document": "",
        "office": office.bureau().name,
        "addressee": office.stored(unit_code).name,
        "unit": office.stored(unit_code).name,
        "due": day_label(row.due_on, provisional=row.provisional),
        "closes": f"{hours.closes:%H:%M}",
        "clock_start": row.clock_start.isoformat(),
        "term": given.label,
        "basis": term.source,
        "content": _content(kind.duty(row.step), minimum),
        "minimum": minimum,
        "reasons": next((each.answer.explanation for each in reversed(file.assignments) if each.answer), ""),
        "step": row.step.label,
        "outcome": matter.outcome.label if matter.outcome else "",
        "closed_at": hours.label_of(matter.closed_at) if matter.closed_at else "",
        **file.desk.values(file, office),
    }


def named(matter: Matter, kind: Kind) -> dict[str, object]:
    """Return how a matter of any kind is named: its numbers, its title, and what it is."""
    # The title of a petition begins with what it is; that is not said twice.
    title = matter.title.removeprefix(f"{matter.kind.label}：")
    return {
        "number": matter.number, "printed_number": matter.printed_number, "title": matter.title,
        "what": matter.kind.label, "called": kind.called, "headline": f"{kind.called}：{title}",
    }  # fmt: skip


def _content(duty: Duty, minimum: int) -> str:
    """Return what an answer consists of, in words."""
    parts = [each.title for each in duty.fields]
    if duty.explanation is not None:
        parts.append(duty.explanation.title + (f"（不少于{minimum}字）" if duty.is_gated else ""))
    return "、".join([*parts, "印证材料"] if duty.is_gated else parts)
