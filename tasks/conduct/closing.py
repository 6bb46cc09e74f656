"""Closing one matter: its end, what its mechanism owes then, and the ledger entry."""

from models.codes import Outcome
from models.matters.tables import Matter
from models.record.entries import RULE
from models.record.entry_kinds import EntryKind
from tasks.desks import Act, MatterFile
from tasks.record.ledger import append_entry


def close_matter(act: Act, file: MatterFile, outcome: Outcome) -> None:
    """Close a matter that was answered to its end. Source: 通知§12(一).

    Args:
        act: The transaction, which has locked the matter and all it belongs to.
        file: The matter.
        outcome: How it ends.
    """
    matter: Matter = file.matter
    matter.outcome, matter.closed_at = outcome, act.now
    act.session.add(matter)
    late = [
        a.row.step.label for a in file.assignments
        if a.counting is not None and a.row.answered_at and a.row.answered_at > a.row.due_at
    ]  # fmt: skip
    summary = f"{matter.kind.label}办结：{outcome.label}" + (
        f"（逾期环节：{'、'.join(late)}）" if late else "，各环节均按期"
    )
    file.desk.closed(act, file)
    append_entry(
        act.session, matter.number, act.now, EntryKind.CLOSED, RULE, summary,
        outcome=outcome.value, late_steps=late,
    )  # fmt: skip
