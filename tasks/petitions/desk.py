"""The desk of any petition: what is put before somebody about what another matter owes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import Session, SQLModel, col, select

from models.days.terms import day_label
from models.matters.tables import Assignment, Matter
from models.office.directory import Office
from models.office.vocabulary import Role
from models.petitions.facts import PetitionFacts
from models.petitions.tables import Petition, PetitionEvidence
from tasks.desks import Desk, MatterFile, Particulars
from tasks.matters.reading import assignment_facts, key_of, step_label


@dataclass(frozen=True)
class PetitionSubject:
    """A petition and what its parent owes there; ``is_second``: another unit asked for the same before."""

    petition: Petition
    about: Assignment
    is_second: bool = False


class PetitionDesk(Desk):
    """Petitions of one kind; who decides them is said by their only duty."""

    def subject(self, session: Session, matter: Matter) -> PetitionSubject:
        """Return the petition and what it is about."""
        petition = session.get_one(Petition, key_of(matter))
        return PetitionSubject(petition, session.get_one(Assignment, petition.assignment_id))

    def facts(self, file: MatterFile, office: Office) -> PetitionFacts:
        """Return what its rules decide on."""
        matter, subject = file.matter, file.subject
        is_approver = self.kind.duties[0].owed_by is Role.APPROVER
        # Who stands in for the decider is seen when the ruling is asked for.
        decider = office.approver_in_office() if is_approver else office.bureau()
        return PetitionFacts(
            matter.kind, decider.code, matter.created_at, subject.about.due_on, subject.petition.proposed_on,
            matter.outcome, assignment_facts(file), subject.petition.unit_code, subject.is_second,
        )  # fmt: skip

    def asking(self, file: MatterFile) -> str:
        """Return who put it forward."""
        return str(file.subject.petition.unit_code)

    def values(self, file: MatterFile, office: Office) -> Mapping[str, object]:
        """Return what the templates of its parent speak of, and what is put before somebody."""
        petition, about = file.subject.petition, file.subject.about
        parent = file.parent.desk.values(file.parent, office) if file.parent else {}
        return {
            **parent,
            "asked_by": office.stored(petition.unit_code).name,
            "owing": office.stored(about.unit_code).name,
            "about_step": about.step.label,
            "about_due": day_label(about.due_on, provisional=about.provisional),
            "proposed": day_label(petition.proposed_on) if petition.proposed_on else "",
            "text": petition.body,
        }

    def particulars(self, file: MatterFile, office: Office) -> Particulars:
        """Return what it asks for, who asks and when."""
        petition, about = file.subject.petition, file.subject.about
        proposed = [("拟延至", day_label(petition.proposed_on))] if petition.proposed_on else []
        return [
            ("所涉环节", f"{step_label(about)} · {office.called(about.unit_code, about.answered_at).name}"),
            ("所涉到期日", day_label(petition.due_on)),
            *proposed,
            ("提出单位", office.called(petition.unit_code, file.matter.created_at).name),
            ("提出人", petition.person),
            ("提出时间", office.policy.business_hours.label_of(file.matter.created_at)),
        ]

    def texts(self, session: Session, keys: Sequence[int]) -> Mapping[int, str]:
        """Return the grounds of requests, and circulars as drafted."""
        found = session.exec(select(Petition).where(col(Petition.matter_id).in_(keys)))
        return {each.matter_id: "\n".join(filter(None, (each.subject, each.body))) for each in found}

    def rows(self, file: MatterFile) -> Mapping[str, SQLModel]:
        """Return its row."""
        return {"petition": file.subject.petition}

    def senders(self, session: Session, keys: Sequence[int]) -> Mapping[int, str]:
        """Return who handed in the written request."""
        query = (
            select(PetitionEvidence.evidence_id, Petition.unit_code)
            .join(Petition, col(Petition.matter_id) == PetitionEvidence.matter_id)
            .where(col(Petition.matter_id).in_(keys))
        )
        return dict(session.exec(query).all())

    def destroy(self, session: Session, keys: Sequence[int], gone: str) -> None:
        """Destroy what was put forward."""
        petitions = update(Petition).where(col(Petition.matter_id).in_(keys))
        session.connection().execute(petitions.values(subject="", body=gone))
