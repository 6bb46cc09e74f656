"""The desks of inquiries: as a mechanism of ``tasks/mechanisms`` brings them."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, literal, null, select

from inquiry.rules import INQUIRIES, SHARES, InquiryFacts, ShareFacts
from models.archive.vocabulary import Importance
from models.codes import Step
from models.matters.tables import Answer, Assignment, Matter
from models.office.directory import Office
from tasks.desks import ClassQuery, Desk, MatterFile, Particulars
from tasks.matters.reading import assignment_facts, part_facts


class InquiryDesk(Desk):
    """An inquiry keeps nothing in tables of its own: what is asked stands in the answer to its plan."""

    kind = INQUIRIES

    def facts(self, file: MatterFile, office: Office) -> InquiryFacts:
        """Return what the rules decide on."""
        matter = file.matter
        return InquiryFacts(
            matter.title, office.bureau().code, matter.created_at, part_facts(file), matter.outcome,
            assignment_facts(file),
        )  # fmt: skip

    def particulars(self, file: MatterFile, office: Office) -> Particulars:
        """Return how many units were asked and how many have answered."""
        ended = sum(part.outcome is not None for part in file.parts)
        return [("分件", f"{len(file.parts)}件，已办结{ended}件")]

    def texts(self, session: Session, keys: Sequence[int]) -> Mapping[int, str]:
        """Return the questions."""
        query = (
            select(Assignment.matter_id, Answer)
            .join(Answer)
            .where(col(Assignment.matter_id).in_(keys), Assignment.step == Step.INQUIRY_PLAN)
        )
        return {key: answer.fields["question"] for key, answer in session.exec(query)}

    def classed(self) -> ClassQuery:
        """An inquiry has a volume of its own, in no category."""
        return select(
            Matter.id.label("matter_id"), null().label("category"),
            literal(Importance.ORDINARY.value).label("importance"), null().label("barrier"),
        ).where(Matter.kind == self.kind.code)  # fmt: skip


class ShareDesk(Desk):
    """The share of one unit speaks with the words of the inquiry."""

    kind = SHARES

    def facts(self, file: MatterFile, office: Office) -> ShareFacts:
        """Return what the rules decide on."""
        matter = file.matter
        return ShareFacts(matter.unit_code, matter.created_at, matter.outcome, assignment_facts(file))

    def texts(self, session: Session, keys: Sequence[int]) -> Mapping[int, str]:
        """Return the question of each parent."""
        parents = dict(
            session.exec(select(Matter.id, Matter.parent_id).where(col(Matter.id).in_(keys))).all()
        )
        asked = InquiryDesk().texts(session, list(set(parents.values())))
        return {key: asked[parent] for key, parent in parents.items() if parent in asked}
