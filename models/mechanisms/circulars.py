"""Circulars (通报): drafted when their rung has come, published only after the bureau agrees.

Source: 通知§12(六).
"""

from functools import partial

from models.codes import MatterKind, Outcome, Step
from models.matters.duties import Duty
from models.matters.kinds import Kind, Mark
from models.matters.vocabulary import Ruling
from models.messages.kinds import MessageKind
from models.office.vocabulary import Role
from models.petitions.rulings import REASON, REASONS, next_of_petition, ruling_field

PUBLICATION = Duty(
    Step.PUBLICATION,
    Role.BUREAU,
    fields=(ruling_field("同意即按上文原样发送全市各有关单位"),),
    decides="ruling",
    explanation=REASON,
    reasons=REASONS,
    notice=MessageKind.CIRCULAR_DRAFT,
)
OUTCOMES = {Ruling.APPROVE.value: Outcome.PUBLISHED, Ruling.REJECT.value: Outcome.WITHHELD}
CIRCULARS = Kind(
    MatterKind.CIRCULAR,
    "通报稿",
    (PUBLICATION,),
    partial(next_of_petition, PUBLICATION, OUTCOMES),
    Mark("T", "通报"),
    rests_on_due=True,
)
