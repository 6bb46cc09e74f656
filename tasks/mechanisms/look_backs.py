"""The desk of looks back. Source: ADR-0031."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from models.matters.facts import AcceptedAnswer
from models.matters.tables import Matter
from models.matters.vocabulary import Holding
from models.mechanisms.look_backs import LOOK_BACKS
from models.office.directory import Office
from models.petitions.facts import PetitionFacts
from tasks.desks import Act, Desk, MatterFile, Particulars
from tasks.matters.reading import assignment_facts


class LookBackDesk(Desk):
    """Some months after a closing: whether what was rectified holds."""

    kind = LOOK_BACKS

    def facts(self, file: MatterFile, office: Office) -> PetitionFacts:
        """Return what its rules decide on: whoever looks back decides."""
        matter, opened = file.matter, file.matter.created_at
        return PetitionFacts(
            matter.kind, matter.unit_code or office.bureau().code, opened, office.policy.day_of(opened),
            outcome=matter.outcome, assignments=assignment_facts(file),
        )  # fmt: skip

    def values(self, file: MatterFile, office: Office) -> Mapping[str, object]:
        """Return what the templates of the closed matter speak of, and how it is named."""
        if file.parent is None:
            return {}
        first = file.parent.matter
        closed = office.policy.day_of(first.closed_at).isoformat() if first.closed_at else ""
        return {
            **file.parent.desk.values(file.parent, office),
            "title": first.title,
            "first": f"{first.printed_number}（{first.number}）",
            "first_closed": closed,
        }

    def particulars(self, file: MatterFile, office: Office) -> Particulars:
        """Return what is looked at again."""
        told = self.values(file, office)
        names = {
            "原线索": "first", "原线索办结日": "first_closed", "责任单位": "responsible",
            "整改意见": "opinion", "整改措施": "measures",
        }  # fmt: skip
        return [(name, str(told[key])) for name, key in names.items() if told.get(key)]

    def texts(self, session: Session, keys: Sequence[int]) -> Mapping[int, str]:
        """Return nothing: what it found stands in its answer."""
        del session, keys
        return {}

    def answered(self, act: Act, file: MatterFile, accepted: AcceptedAnswer) -> None:
        """Register anew what has come back."""
        if accepted.decision == Holding.RELAPSED and file.parent is not None:
            file.parent.desk.relapsed(act, file.parent, accepted)

    def closed(self, act: Act, file: MatterFile) -> None:
        """Let the story of the closed matter say what was found."""
        parent = act.session.get_one(Matter, file.matter.parent_id)
        parent.stale_since = act.now
        act.session.add(parent)
