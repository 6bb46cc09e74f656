"""The desk of leads. Source: 通知§12."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import update
from sqlmodel import Session, SQLModel, col, select

from models.archive.vocabulary import Retention
from models.codes import Step
from models.documents.vocabulary import DocumentKind
from models.matters.tables import Answer, Matter
from models.mechanisms.leads.duties import LEADS, VERIFY
from models.mechanisms.leads.life_cycle import LeadFacts
from models.mechanisms.leads.tables import Lead
from models.messages.kinds import MessageKind
from models.office.directory import Office
from tasks.desks import Act, ClassQuery, Desk, MatterFile, Particulars, Registration
from tasks.matters.reading import assignment_facts, key_of


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
        answers = {each.row.step: each.answer for each in file.assignments if each.answer is not None}
        verify, rectify = answers.get(Step.VERIFY), answers.get(Step.RECTIFY)
        transfer = answers.get(Step.TRANSFER)
        cooperating = _field(transfer, "cooperating").split(",")
        handed_at = transfer.recorded_at if transfer else None
        return {
            "facts": lead.facts,
            "verify_term": policy.terms.verify.label,
            "source": _source(lead),
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
        from tasks.documents.issuing import NewDocument, issue_documents
        from tasks.messages.posting import tell_unit
        from tasks.messages.values import matter_values

        session, office, last = act.session, act.office, file.assignments[-1].row
        superior = office.policy.documents.superiors[file.subject.source_level]
        values = matter_values(office, file, last, last.unit_code)
        report = NewDocument(DocumentKind.CLOSING_REPORT, file.matter, superior, values)
        (number,) = issue_documents(session, office, [report], act.now)
        bureau = office.bureau().code
        for code in dict.fromkeys(each.row.unit_code for each in file.assignments):
            # The report goes upward through the bureau; nobody else is sent it.
            document = number if code == bureau else ""
            tell_unit(session, office, file, last, MessageKind.CLOSURE, code, act.now, document=document)

    def particulars(self, file: MatterFile, office: Office) -> Particulars:
        """Return where it came from and how it is classed."""
        lead = file.subject
        return [
            ("来源", lead.source_level.label),
            ("来文文号", lead.document_number or "无"),
            ("类别", lead.category.label),
            ("收到时间", office.policy.business_hours.label_of(lead.received_at)),
            ("壁垒类型", lead.barrier.label if lead.barrier else "无"),
            ("重要程度", lead.importance.label),
        ]

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


def _source(lead: Lead) -> str:
    """Return the level that sent a lead, with the number of its letter."""
    number = f"（{lead.document_number}）" if lead.document_number else ""
    return f"{lead.source_level.label}{number}"


def _field(answer: Answer | None, key: str) -> str:
    """Return a field of an answer, blank where there is none."""
    return answer.fields.get(key, "") if answer is not None else ""
