"""Parts of a matter: opened together, and gathered when the last one has ended or nobody waits any longer."""

from models.codes import Outcome
from models.matters.facts import COMPLETE, Close, OpenParts
from models.matters.tables import Answer, Matter
from models.matters.vocabulary import Channel
from models.messages.kinds import MessageKind
from models.record.entries import RULE
from models.record.entry_kinds import EntryKind
from tasks.conduct.closing import close_matter
from tasks.desks import Act, MatterFile
from tasks.matters.opening import end_part, open_part
from tasks.matters.reading import key_of, lock_matters, parts_of, read_file
from tasks.messages.posting import tell_unit
from tasks.petitions.pending import drop_petitions
from tasks.record.ledger import append_entry


def open_parts(act: Act, file: MatterFile, step: OpenParts) -> None:
    """Open all parts of a matter, each noted in its own stream and in that of its parent."""
    session, parent = act.session, file.matter
    for new in step.parts:
        unit = act.office.heir(new.unit)
        part = open_part(session, parent, act.kinds.of(new.kind), new.title, act.now, unit.code)
        summary = f"{new.kind.label} {part.printed_number} 交由{unit.name}办理"
        detail = {"part": part.number, "unit": unit.code, "title": part.title}
        for stream in (parent.number, part.number):
            append_entry(session, stream, act.now, EntryKind.PART_OPENED, RULE, summary, **detail)
    parent.stale_since = act.now
    session.add(parent)


def end_parts(act: Act, file: MatterFile, why: str) -> None:
    """End the parts that are left, because whoever gathers them waits no longer.

    A part whose unit has answered to the end is closed as answered; the others are released, and whoever was
    asked there is told why.

    Args:
        act: The transaction, which has locked the parent.
        file: The parent.
        why: The reason, as it was given.
    """
    for part in parts_of(act.session, file.matter):
        # Whoever is just raising a rung holds the part alone; what that brings is seen once it is locked.
        lock_matters(act.session, key_of(part))
        if part.outcome is not None:
            continue
        left = read_file(act.session, part, act.mechanisms, file)
        step = left.desk.kind.next_step(left.desk.facts(left, act.office), act.now)
        if isinstance(step, Close):
            # Its run has not come to it yet.
            close_matter(act, left, step.outcome)
        else:
            _release(act, left, why)


def _release(act: Act, left: MatterFile, why: str) -> None:
    """End a part that somebody still owes, or would owe next; who was asked for it is told."""
    owed = left.open_assignment
    if owed is not None:
        drop_petitions(act, owed, "不再等待反馈")
    end_parts(act, left, why)
    end_part(act, left, Outcome.RELEASED, why)
    if left.assignments:
        row = left.assignments[-1].row
        tell_unit(
            act.session, act.office, left, row, MessageKind.RELEASE, row.unit_code, act.now, reasons=why
        )


def gather(act: Act, parent: MatterFile) -> None:
    """Count the shares of units as gathered where the last one was just closed; the run tells of each."""
    row = parent.open_assignment
    if parent.desk.kind.has_parts:
        parent.matter.stale_since = act.now
        act.session.add(parent.matter)
    if row is None or not parent.desk.kind.duty(row.step).collects or _is_any_open(act, parent.matter):
        return
    label = parent.desk.kind.duty(row.step).decision_label(COMPLETE)
    gathered = Answer(
        assignment_id=key_of(row), unit_code=row.unit_code, person=RULE, recorded_at=act.now,
        effective_at=act.now, decision=COMPLETE, fields={}, explanation=label, channel=Channel.RULE,
    )  # fmt: skip
    row.answered_at, row.rung_at = act.now, None
    act.session.add_all((gathered, row))
    drop_petitions(act, row, f"{row.step.label}已反馈")
    append_entry(
        act.session, parent.matter.number, act.now, EntryKind.ANSWERED, RULE, f"{row.step.label}：{label}",
        step=row.step.value, round=row.round, decision=COMPLETE, fields={}, explanation=label,
        effective_at=act.now.isoformat(), evidence=[], channel=Channel.RULE.value,
    )  # fmt: skip


def _is_any_open(act: Act, parent: Matter) -> bool:
    """Tell whether a part is still to be answered."""
    return any(part.outcome is None for part in parts_of(act.session, parent))
