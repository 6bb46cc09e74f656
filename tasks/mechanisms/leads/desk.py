"""The desk of leads. Source: 通知§12."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import or_, update
from sqlalchemy.orm import object_session
from sqlmodel import Session, SQLModel, col, select

from models.archive.vocabulary import Retention
from models.codes import Step
from models.documents.tables import Document
from models.matters.facts import AcceptedAnswer
from models.matters.tables import Answer, Matter
from models.mechanisms.leads.duties import LEADS, VERIFY
from models.mechanisms.leads.life_cycle import LeadFacts
from models.mechanisms.leads.tables import Lead
from models.office.directory import Office
from tasks.desks import (
    Act,
    AnsweredAssignment,
    ClassQuery,
    Desk,
    MatterFile,
    Particulars,
    Redirection,
    Registration,
)
from tasks.matters.reading import assignment_facts, key_of

# What another lead is to one, as its story says.
_RELATIONS = {"relapse_of": "反弹自", "relapses": "反弹", "merged_into": "已并入", "merged": "并入本线索"}


class LeadDesk(Desk):
    """Leads: reported breaches, from their transfer to the report on their closing."""

    kind = LEADS

    def subject(self, session: Session, matter: Matter) -> Lead:
        """Return what was reported."""
        return session.get_one(Lead, key_of(matter))

    def facts(self, file: MatterFile, office: Office) -> LeadFacts:
        """Return what the life cycle decides on."""
        return lead_facts(file, office)

    def values(self, file: MatterFile, office: Office) -> Mapping[str, object]:
        """Return what was reported and what came of it so far; blank where nothing did."""
        lead, policy = file.subject, office.policy
        answers = {each.row.step: each.counting for each in file.assignments if each.counting is not None}
        verify, rectify = answers.get(Step.VERIFY), answers.get(Step.RECTIFY)
        handed = next((each.answer for each in reversed(file.assignments) if _hands_over(each)), None)
        cooperating = _field(handed, "cooperating").split(",")
        handed_at = handed.recorded_at if handed else None
        return {
            "facts": lead.facts,
            "verify_term": policy.terms.verify.label,
            "source": lead.source,
            "cooperating": "、".join(office.called(code, handed_at).name for code in cooperating if code),
            "finding": VERIFY.decision_label(verify.decision) if verify else "",
            "authority": office.called(verify.unit_code, verify.recorded_at).name if verify else "",
            "verify_explanation": verify.explanation if verify else "",
            "opinion": _field(verify, "opinion"),
            "responsible": office.called(rectify.unit_code, rectify.recorded_at).name if rectify else "",
            "measures": _field(rectify, "measures"),
            "rectify_explanation": rectify.explanation if rectify else "",
            "reasons": review.explanation if (review := answers.get(Step.REVIEW)) else "",
        }

    def closed(self, act: Act, file: MatterFile) -> None:
        """Write the report to the level that sent the lead, and tell everybody who worked on it."""
        # Imported when it happens: every command loads the desks, and few let anything take effect.
        from tasks.mechanisms.leads.closing import report_closing

        report_closing(act, file)

    def come_due(self, act: Act) -> Sequence[str]:
        """Open the looks back whose day has come."""
        # As above.
        from tasks.mechanisms.leads.changes.relapsing import open_look_backs

        return open_look_backs(act)

    def relapsed(self, act: Act, file: MatterFile, accepted: AcceptedAnswer) -> None:
        """Register what has come back as a new lead."""
        # As above.
        from tasks.mechanisms.leads.changes.relapsing import register_relapse

        register_relapse(act, file, accepted)

    def redirect(self, act: Act, file: MatterFile, to: Redirection) -> None:
        """Hand it to another authority; see ``redirecting``."""
        # As above.
        from tasks.mechanisms.leads.changes.redirecting import redirect

        redirect(act, file, to)

    def withdrawn(self, act: Act, file: MatterFile, document: Document, actor: str) -> str:
        """Let the clock of whoever got the transfer letter stand still; see ``redirecting``."""
        # As above.
        from tasks.mechanisms.leads.changes.redirecting import pause

        return pause(act, file, document, actor)

    def particulars(self, file: MatterFile, office: Office) -> Particulars:
        """Return where it came from and how it is classed."""
        lead, related = file.subject, self.related(file)
        return [
            ("来源", lead.source_level.label),
            ("来文文号", lead.document_number or "无"),
            ("类别", lead.category.label),
            ("收到时间", office.policy.business_hours.label_of(lead.received_at)),
            ("壁垒类型", lead.barrier.label if lead.barrier else "无"),
            ("重要程度", lead.importance.label),
            *(
                (name, "、".join(map(_named, related[role])))
                for role, name in _RELATIONS.items()
                if role in related
            ),
        ]

    def related(self, file: MatterFile) -> Mapping[str, Sequence[Matter]]:
        """Return what it came back as or was, and what goes with it."""
        session, lead = object_session(file.matter), file.subject
        if not isinstance(session, Session):
            return {}
        kin = or_(
            col(Matter.id).in_((lead.relapse_of_id, lead.merged_into_id)),
            Lead.relapse_of_id == lead.matter_id,
            Lead.merged_into_id == lead.matter_id,
        )
        found: dict[str, list[Matter]] = {}
        query = select(Matter, Lead).join(Lead).where(kin).order_by(col(Matter.id))
        for matter, other in session.exec(query).all():
            for role, is_so in {
                "relapse_of": matter.id == lead.relapse_of_id,
                "relapses": other.relapse_of_id == lead.matter_id,
                "merged_into": matter.id == lead.merged_into_id,
                "merged": other.merged_into_id == lead.matter_id,
            }.items():
                if is_so:
                    found.setdefault(role, []).append(matter)
        return found

    def texts(self, session: Session, keys: Sequence[int]) -> Mapping[int, str]:
        """Return the facts that were reported."""
        query = select(Lead.matter_id, Lead.facts).where(col(Lead.matter_id).in_(keys))
        return dict(session.exec(query).all())

    def rows(self, file: MatterFile) -> Mapping[str, SQLModel]:
        """Return its row."""
        return {"lead": file.subject}

    def altered(self, session: Session, registered: Sequence[Registration]) -> Collection[int]:
        """Return the keys of the leads that do not say what was registered."""
        # As above.
        from tasks.mechanisms.leads.registering import is_registered

        told = {key_of(matter): (matter, detail) for matter, detail in registered}
        leads = session.exec(select(Lead).where(col(Lead.matter_id).in_(told)))
        return [lead.matter_id for lead in leads if not is_registered(lead, *told[lead.matter_id])]

    def classed(self) -> ClassQuery:
        """Return how leads are classed."""
        return select(Lead.matter_id, Lead.category, Lead.importance, Lead.barrier)

    def retention(self, file: MatterFile, office: Office) -> Retention:
        """Return what the policy says of its category, its importance and its end."""
        lead = file.subject
        return office.policy.archive.retention.of(lead.category, file.matter.outcome, lead.importance)

    def destroy(self, session: Session, keys: Sequence[int], gone: str) -> None:
        """Destroy the facts."""
        session.connection().execute(update(Lead).where(col(Lead.matter_id).in_(keys)).values(facts=gone))


def lead_facts(file: MatterFile, office: Office) -> LeadFacts:
    """Return what the life cycle of a lead decides on."""
    outcome = file.matter.outcome
    return LeadFacts(file.subject.received_at, office.bureau().code, outcome, assignment_facts(file))


def _named(matter: Matter) -> str:
    """Return how another lead is named, with how it ended."""
    return f"{matter.printed_number}（{matter.number}，{matter.outcome.label if matter.outcome else '在办'}）"


def _field(answer: Answer | None, key: str) -> str:
    """Return a field of an answer, blank where there is none."""
    return answer.fields.get(key, "") if answer is not None else ""


def _hands_over(each: AnsweredAssignment) -> bool:
    """Tell whether an answer says to which authority a lead goes: a transfer does, and a redirection."""
    return each.answer is not None and "authority" in each.answer.fields
