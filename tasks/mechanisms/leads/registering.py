"""Registering leads: each one once, with a number that is never given twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from models.codes import CALLED_OFF, MatterKind, Step
from models.errors import NotFound, RuleViolation
from models.matters.tables import Assignment, Matter
from models.mechanisms.leads.changes import said_by
from models.mechanisms.leads.duties import LEADS
from models.mechanisms.leads.intake import LeadDraft, registration_digest
from models.mechanisms.leads.tables import FormerFingerprint, Lead
from models.office.policy import Policy
from models.record.entry_kinds import EntryKind
from tasks.desks import Act
from tasks.informants.identities import keep_informants
from tasks.matters.opening import open_matter, series_of
from tasks.matters.reading import find_matter, key_of, lock_matters
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
        NotFound: Informants are named and there is no key to seal them with, or what came back is unknown.
        RuleViolation: What came back is no closed lead.
        InputError: That key cannot be used.

    Source: 通知§12(二), §13(二).
    """
    with place.writing() as session:
        firsts = _relapsed(session, drafts)
        # Registrations take turns, so that two who bring the same lead cannot both find it missing.
        take_turn(session, series_of(LEADS, place.policy, now))
        bureau = office_of(session, place).bureau()
        actor = f"{bureau.short_name} {person}".strip()
        registered = [
            _register(session, place.policy, draft, firsts.get(draft.relapse_of), actor, now)
            for draft in drafts
        ]
        reported = [
            (one.number, draft.identity)
            for one, draft in zip(registered, drafts, strict=True)
            if draft.identity
        ]
        if reported:
            keep_informants(session, place, reported, actor, now)
        return registered


def _relapsed(session: Session, drafts: list[LeadDraft]) -> dict[str, Matter]:
    """Return what came back by its number as typed, locked before anything else.

    Raises:
        NotFound: There is no such lead.
        RuleViolation: It is none that was closed.
    """
    found: dict[str, Matter] = {}
    for draft in drafts:
        if draft.relapse_of and draft.relapse_of not in found:
            try:
                found[draft.relapse_of] = find_matter(session, draft.relapse_of)
            except NotFound as error:
                # A row that is shifted may hold the informant there: it is not repeated.
                raise NotFound(f"《{draft.title}》的“反弹自”不是已登记的线索编号，请核对。") from error
    lock_matters(session, *sorted({key_of(matter) for matter in found.values()}))
    for matter in found.values():
        if matter.kind is not MatterKind.LEAD:
            raise RuleViolation(f"{matter.number} 不是问题线索，不能登记为其反弹。")
        if matter.outcome is None or matter.outcome in CALLED_OFF:
            state = matter.outcome.label if matter.outcome else "仍在办理"
            raise RuleViolation(
                f"{matter.printed_number}（{matter.number}）{state}，只有办结的线索才能登记反弹。"
            )
    return found


def relapse(act: Act, first: Matter, draft: LeadDraft, actor: str) -> Registered:
    """Register that a closed lead came back, within a transaction that has locked it."""
    take_turn(act.session, series_of(LEADS, act.office.policy, act.now))
    return _register(act.session, act.office.policy, draft, first, actor, act.now)


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


def _register(
    session: Session, policy: Policy, draft: LeadDraft, first: Matter | None, actor: str, now: datetime
) -> Registered:
    """Store one lead unless it is known; ``first`` is what it is the relapse of."""
    fingerprint = draft.fingerprint(first.number if first else "")
    known = _known(session, fingerprint)
    if known is not None:
        return Registered(known.number, known.printed_number, created=False, state=_state(session, known))
    matter = open_matter(session, LEADS, draft.title, policy, now)
    lead = Lead(
        matter_id=key_of(matter),
        source_level=draft.source_level,
        document_number=draft.document_number,
        facts=draft.facts,
        category=draft.category,
        received_at=draft.received_at,
        fingerprint=fingerprint,
        barrier=draft.barrier,
        importance=draft.importance,
        relapse_of_id=first.id if first else None,
    )
    session.add(lead)
    came_back = f"，系{first.printed_number}反弹" if first else ""
    summary = f"登记线索《{draft.title}》，来源：{draft.source_level.label}{came_back}"
    append_entry(
        session, matter.number, now, EntryKind.REGISTERED, actor, summary,
        importance=draft.importance.value, relapse_of=first.number if first else "",
        **said_by(draft.title, lead).told(fingerprint),
    )  # fmt: skip
    if first is not None:
        note = f"反弹，另行登记为{matter.printed_number}（{matter.number}）"
        append_entry(session, first.number, now, EntryKind.RELAPSED, actor, note, relapse=matter.number)
        first.stale_since = now
        session.add(first)
    return Registered(matter.number, matter.printed_number, created=True)


def _known(session: Session, fingerprint: str) -> Matter | None:
    """Return the lead that says this, or said it before it was corrected."""
    known = session.exec(select(Matter).join(Lead).where(Lead.fingerprint == fingerprint)).first()
    if known is not None:
        return known
    former = session.get(FormerFingerprint, fingerprint)
    return session.get_one(Matter, former.matter_id) if former is not None else None
