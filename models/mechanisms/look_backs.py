"""Looking back (回头看): some months after its closing the bureau says whether what was rectified holds.

Source: house rule, ADR-0031.
"""

from datetime import datetime

from models.codes import MatterKind, Outcome, Step
from models.matters.duties import Duty, Field, Reading
from models.matters.facts import NextStep
from models.matters.kinds import Kind, Mark
from models.matters.vocabulary import Holding
from models.messages.kinds import MessageKind
from models.office.vocabulary import Role
from models.petitions.facts import PetitionFacts
from models.petitions.rulings import next_of_petition

OUTCOMES = {Holding.HOLDS.value: Outcome.HOLDING, Holding.RELAPSED.value: Outcome.RELAPSED}
_TOLD = "请写明回头看的情况：何时、以何方式核查，结果如何。"
LOOK_BACK = Duty(
    Step.LOOK_BACK,
    Role.BUREAU,
    fields=(
        Field(
            "holding", "回头看结论", "未反弹或反弹；反弹的将登记为新的问题线索", Reading.CHOICE,
            choices=Holding, is_required=True,
        ),
    ),
    decides="holding",
    explanation=Field("explanation", "回头看情况", "何时、如何核查，结果如何；反弹的将作为新线索的事实情况"),
    reasons={Holding.HOLDS: _TOLD, Holding.RELAPSED: _TOLD},
    notice=MessageKind.LOOK_BACK,
)  # fmt: skip


def next_of_look_back(facts: PetitionFacts, now: datetime) -> NextStep | None:
    """Decide what happens next with a look back: the finding is owed, or ends it."""
    return next_of_petition(LOOK_BACK, OUTCOMES, facts, now)


LOOK_BACKS = Kind(MatterKind.LOOK_BACK, "回头看", (LOOK_BACK,), next_of_look_back, Mark("H", "回头看"))
