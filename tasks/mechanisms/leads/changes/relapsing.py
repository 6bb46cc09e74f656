"""Looking back (回头看), and leads that came back (反弹). Source: ADR-0031."""

from collections.abc import Sequence

from pydantic import SecretStr
from sqlmodel import col, select

from models.codes import MatterKind
from models.errors import RuleViolation
from models.matters.facts import AcceptedAnswer, NewPart, OpenParts
from models.matters.tables import Matter
from models.mechanisms.leads.intake import LONGEST_FACTS, LeadDraft
from models.mechanisms.leads.tables import Lead
from tasks.conduct.parts import open_parts
from tasks.desks import Act, MatterFile
from tasks.matters.reading import key_of, lock_matters, parts_of, read_file
from tasks.mechanisms.leads.registering import relapse

# How many are opened in one transaction: other writers wait for it.
_AT_ONCE = 100


def open_look_backs(act: Act) -> Sequence[str]:
    """Open a look back for each closed lead whose day has come; returns the numbers of what was opened."""
    today = act.office.policy.day_of(act.now)
    due = select(Lead.matter_id).where(col(Lead.look_back_on) <= today)
    keys = act.session.exec(due.order_by(col(Lead.look_back_on), col(Lead.matter_id)).limit(_AT_ONCE)).all()
    opened: list[str] = []
    for key in sorted(keys):
        lock_matters(act.session, key)
        matter, lead = act.session.get_one(Matter, key), act.session.get_one(Lead, key)
        act.session.refresh(lead)
        if lead.look_back_on is None:
            # Another patrol was faster.
            continue
        lead.look_back_on = None
        act.session.add(lead)
        new = NewPart(MatterKind.LOOK_BACK, act.office.bureau().code, f"回头看：{matter.title}")
        open_parts(act, read_file(act.session, matter, act.mechanisms), OpenParts((new,)))
        opened += [
            part.number for part in parts_of(act.session, matter)
            if part.kind is MatterKind.LOOK_BACK and part.created_at == act.now
        ]  # fmt: skip
    return opened


def register_relapse(act: Act, first: MatterFile, accepted: AcceptedAnswer) -> str:
    """Register what a look back found as a new lead; returns its number.

    Raises:
        RuleViolation: What was found is too long for the facts of a lead.
    """
    lead, actor = first.subject, f"{act.office.stored(accepted.unit).short_name} {accepted.person}"
    if len(accepted.explanation) > LONGEST_FACTS:
        raise RuleViolation(f"反弹情况将作为新线索的事实情况，不得超过{LONGEST_FACTS}字。")
    draft = LeadDraft(
        title=first.matter.title, facts=accepted.explanation, source_level=lead.source_level,
        document_number="", category=lead.category, received_at=act.now, barrier=lead.barrier,
        importance=lead.importance, relapse_of=first.matter.number, informant=SecretStr(""),
    )  # fmt: skip
    lock_matters(act.session, key_of(first.matter))
    return relapse(act, first.matter, draft, actor).number
