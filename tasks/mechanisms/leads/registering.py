"""Registering leads: each one once, with a number that is never given twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from models.codes import Step
from models.matters.tables import Assignment, Matter
from models.mechanisms.leads.duties import LEADS
from models.mechanisms.leads.intake import LeadDraft, registration_digest
from models.mechanisms.leads.tables import Lead
from models.record.entry_kinds import EntryKind
from tasks.informants.identities import keep_informants
from tasks.matters.opening import open_matter, series_of
from tasks.matters.reading import key_of
from tasks.record.ledger import append_entry
from tasks.turns import take_turn
from tasks.workplace import Workplace, office_of


@dataclass(frozen=True)
class Registered:
    """The number of a lead, whether it was created now or known before, and how a known one stands."""

    number: str
    printed_number: str
    created: bool
    state: str = ""

    @property
    def label(self) -> str:
        """What people are told of a known one, as 侯线〔2026〕12号（L2026-0012，已销号）."""
        return f"{self.printed_number}（{self.number}，{self.state}）"


def register_leads(place: Workplace, drafts: list[LeadDraft], person: str, now: datetime) -> list[Registered]:
    """Store leads in one transaction: all of them or none.

    Args:
        place: The workplace.
        drafts: The leads; those already stored (same source, document, title and facts) are not stored again.
        person: Who registers them.
        now: The moment of registration (aware).

    Returns:
        One result per draft, in the same order.

    Raises:
        NotFound: Informants are named and there is no key to seal them with.
        InputError: That key cannot be used.

    Source: 通知§12(二), §13(二).
    """
    with place.writing() as session:
        # Registrations take turns, so that two who bring the same lead cannot both find it missing.
        take_turn(session, series_of(LEADS, place.policy, now))
        bureau = office_of(session, place).bureau()
        actor = f"{bureau.short_name} {person}".strip()
        registered = [_register(place, session, draft, actor, now) for draft in drafts]
        reported = [
            (one.number, draft.identity)
            for one, draft in zip(registered, drafts, strict=True)
            if draft.identity
        ]
        if reported:
            keep_informants(session, place, reported, actor, now)
        return registered


def _state(session: Session, matter: Matter) -> str:
    """Return how a lead stands, in words: how it ended, or what is owed."""
    if matter.outcome is not None:
        return matter.outcome.label
    owed = select(Assignment.step).where(
        Assignment.matter_id == matter.id, col(Assignment.answered_at).is_(None)
    )
    step = session.exec(owed).first()
    return f"在办，{Step(step).label}环节" if step is not None else "在办"


def is_registered(lead: Lead, matter: Matter, told: Mapping[str, Any] | None) -> bool:
    """Tell whether a lead says what was registered; earlier releases noted less of it."""
    if told is None:
        return False
    said = registration_digest(matter.title, lead.facts, lead.source_level, lead.document_number)
    return (
        str(told.get("content_sha256", said)) == said
        and str(told["fingerprint"]) == lead.fingerprint
        and str(told["category"]) == lead.category.value
        and datetime.fromisoformat(str(told["received_at"])) == lead.received_at
    )


def _register(place: Workplace, session: Session, draft: LeadDraft, actor: str, now: datetime) -> Registered:
    """Store one lead unless it is known."""
    known = session.exec(select(Matter).join(Lead).where(Lead.fingerprint == draft.fingerprint)).first()
    if known is not None:
        return Registered(known.number, known.printed_number, created=False, state=_state(session, known))
    matter = open_matter(session, LEADS, draft.title, place.policy, now)
    lead = Lead(
        matter_id=key_of(matter),
        source_level=draft.source_level,
        document_number=draft.document_number,
        facts=draft.facts,
        category=draft.category,
        received_at=draft.received_at,
        fingerprint=draft.fingerprint,
        barrier=draft.barrier,
        importance=draft.importance,
    )
    session.add(lead)
    summary = f"登记线索《{draft.title}》，来源：{draft.source_level.label}"
    append_entry(
        session, matter.number, now, EntryKind.REGISTERED, actor, summary,
        received_at=draft.received_at.isoformat(), category=draft.category.value,
        barrier=draft.barrier.value if draft.barrier else None, importance=draft.importance.value,
        fingerprint=draft.fingerprint,
        content_sha256=registration_digest(
            draft.title, draft.facts, draft.source_level, draft.document_number
        ),
    )  # fmt: skip
    return Registered(matter.number, matter.printed_number, created=True)
