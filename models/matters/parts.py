"""Parts: what several units owe at once, gathered by whoever opened them.

A part is a matter of its own under a parent, with its own clock, ladder, form and run. Meanwhile its parent
owes one thing: that they are gathered. Source: ADR-0028.
"""

from collections.abc import Sequence

from models.codes import Step
from models.matters.duties import Duty, Field, Reading
from models.matters.facts import AssignmentFact, Await, AwaitParts, NewPart, OpenParts, PartFact
from models.matters.vocabulary import Ending
from models.office.vocabulary import Role


def collecting(step: Step, owed_by: Role) -> Duty:
    """Return the duty to gather the parts of a matter.

    It is answered by rule when the last part ends. Whoever owes it may end the wait before, in writing.
    """
    return Duty(
        step,
        owed_by,
        fields=(
            Field(
                "ending", "是否继续等待", "各分件均办结后自动继续；不再等待时选“结束等待”", Reading.CHOICE,
                choices=Ending, is_required=True,
            ),
        ),
        decides="ending",
        explanation=Field("explanation", "理由", "须写明不再等待的理由，将告知尚未反馈的单位"),
        reasons={Ending.ENDED: "结束等待时请写明理由，以便告知尚未反馈的单位。"},
        collects=True,
    )  # fmt: skip


def gather_parts(
    assignment: AssignmentFact, parts: Sequence[PartFact], wanted: Sequence[NewPart]
) -> OpenParts | Await:
    """Return what comes next while parts are to be gathered: they are opened, then waited for.

    Args:
        assignment: The open assignment to gather them, which is there before any of them.
        parts: The parts there are.
        wanted: The parts to be opened, at least one.

    Raises:
        ValueError: Nobody is to be asked, or a unit twice; what asks for units has refused that before.
    """
    if parts:
        left = tuple(part.number for part in parts if part.outcome is None)
        return AwaitParts(assignment, left) if left else Await(assignment)
    if not wanted or len({(new.kind, new.unit) for new in wanted}) < len(wanted):
        raise ValueError("a matter asks at least one unit, and each once")
    return OpenParts(tuple(wanted))
