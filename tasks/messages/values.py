"""What messages and documents speak of: stored facts of a matter as values of templates."""

from models.days.terms import day_label
from models.matters.duties import Duty
from models.matters.kinds import Kind
from models.matters.tables import Assignment, Matter
from models.office.directory import Office
from models.office.policy import Policy
from tasks.desks import MatterFile
from tasks.matters.due_dates import term_of


def matter_values(office: Office, file: MatterFile, row: Assignment, unit_code: str) -> dict[str, object]:
    """Return what the templates of messages and documents speak of, for one recipient of a matter."""
    policy, matter, kind = office.policy, file.matter, file.desk.kind
    unit, minimum = office.stored(unit_code).name, policy.answer_gate.minimum_explanation_characters
    return {
        **named(matter, kind),
        **owed(row, policy),
        "facts": file.desk.text(file),
        "notice": policy.documents.notice,
        "document": "",
        "office": office.bureau().name,
        "addressee": unit,
        "unit": unit,
        "content": _content(kind.duty(row.step), minimum),
        "minimum": minimum,
        "reasons": next((each.answer.explanation for each in reversed(file.assignments) if each.answer), ""),
        "outcome": matter.outcome.label if matter.outcome else "",
        "closed_at": policy.business_hours.label_of(matter.closed_at) if matter.closed_at else "",
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


def owed(row: Assignment, policy: Policy) -> dict[str, object]:
    """Return what is owed by when and on what basis."""
    term = term_of(row, policy)
    return {
        "step": row.step.label, "due": day_label(row.due_on, provisional=row.provisional),
        "closes": f"{policy.business_hours.closes:%H:%M}", "clock_start": row.clock_start.isoformat(),
        "term": term.label, "basis": term.source,
    }  # fmt: skip


def _content(duty: Duty, minimum: int) -> str:
    """Return what an answer consists of, in words."""
    parts = [each.title for each in duty.fields]
    if duty.explanation is not None:
        parts.append(duty.explanation.title + (f"（不少于{minimum}字）" if duty.is_gated else ""))
    return "、".join([*parts, "印证材料"] if duty.is_gated else parts)
