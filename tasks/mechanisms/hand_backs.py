"""The desk of what was handed back. Source: ADR-0030."""

from collections.abc import Mapping
from dataclasses import replace

from sqlmodel import Session, col, select

from models.matters.facts import AcceptedAnswer
from models.matters.tables import Answer, Matter
from models.matters.vocabulary import Assigning, Channel
from models.mechanisms.hand_backs import HAND_BACKS
from models.office.directory import Office
from models.petitions.tables import Petition
from tasks.desks import Act, MatterFile, Redirection
from tasks.matters.reading import key_of
from tasks.petitions.desk import PetitionDesk, PetitionSubject


class HandBackDesk(PetitionDesk):
    """A ruling hands the matter to another unit, or leaves it where it is."""

    kind = HAND_BACKS

    def subject(self, session: Session, matter: Matter) -> PetitionSubject:
        """Return the request, and whether another unit refused the same matter before."""
        subject = super().subject(session, matter)
        others = (
            select(Petition.matter_id)
            .join(Matter, col(Matter.id) == Petition.matter_id)
            .where(Matter.parent_id == matter.parent_id, Matter.kind == self.kind.code)
            .where(Petition.unit_code != subject.petition.unit_code, col(Matter.id) < key_of(matter))
        )
        return replace(subject, is_second=session.exec(others).first() is not None)

    def values(self, file: MatterFile, office: Office) -> Mapping[str, object]:
        """Return the same as of any petition, under the title of what was handed back."""
        values = super().values(file, office)
        return {**values, "title": file.parent.matter.title} if file.parent is not None else values

    def answered(self, act: Act, file: MatterFile, accepted: AcceptedAnswer) -> None:
        """Let the ruling take effect."""
        # Imported when it happens: every command loads the desks, and few let anything take effect.
        from tasks.petitions.hand_backs import insist
        from tasks.petitions.pending import drop_petitions

        if accepted.decision == Assigning.INSIST:
            insist(act, file, accepted)
            return
        if file.parent is None:
            raise ValueError("nothing is handed back without a matter")
        ruled = select(Answer.channel).where(Answer.assignment_id == key_of(file.assignments[-1].row))
        to = Redirection(
            accepted.fields["authority"], accepted.fields["cooperating"], accepted.person,
            accepted.explanation or file.subject.petition.body, Channel(act.session.exec(ruled).one()),
        )  # fmt: skip
        file.parent.desk.redirect(act, file.parent, to)
        drop_petitions(act, file.subject.about, "已改派", but=file.matter)

    def ended(self, act: Act, file: MatterFile, why: str) -> None:
        """Let the overdue rungs go on: the unit has answered, or nothing is asked for any more."""
        del why
        about = file.subject.about
        about.held = False
        if about.answered_at is None:
            about.rung_at = act.now
        act.session.add(about)
