"""The codes of kinds, steps and outcomes: all in one place, because stored codes must never collide."""

from models.labels import Labelled


class Step(Labelled):
    """A step that somebody answers: five of a lead, rulings about it, the look back. Source: 通知§12."""

    TRANSFER = "transfer", "移交"
    RECEIPT = "receipt", "签收"
    VERIFY = "verify", "核查"
    RECTIFY = "rectify", "整改"
    REVIEW = "review", "验收"
    EXTENSION = "extension", "延期审批"
    PUBLICATION = "publication", "通报审批"
    HAND_BACK = "hand_back", "退办审核"
    SECOND_HAND_BACK = "second_hand_back", "退办裁定"
    LOOK_BACK = "look_back", "回头看"


class MatterKind(Labelled):
    """What kind of thing is being handled. Source: 通知§12."""

    LEAD = "lead", "问题线索"
    EXTENSION = "extension", "延期申请"
    CIRCULAR = "circular", "通报稿"
    HAND_BACK = "hand_back", "退办申请"
    LOOK_BACK = "look_back", "回头看"


class Outcome(Labelled):
    """How a matter ended."""

    RECTIFIED = "rectified", "已销号"
    UNSUBSTANTIATED = "unsubstantiated", "不属实办结"
    EXTENDED = "extended", "同意延期"
    NOT_EXTENDED = "not_extended", "不同意延期"
    PUBLISHED = "published", "已通报"
    WITHHELD = "withheld", "不予通报"
    MOOT = "moot", "无需再审批"
    RELEASED = "released", "不再要求反馈"
    HANDED_ON = "handed_on", "同意退办，已改派"
    INSISTED = "insisted", "不同意退办"
    WITHDRAWN = "withdrawn", "撤回办结"
    MERGED = "merged", "重复，已并入"
    MISTAKEN = "mistaken", "误登记"
    HOLDING = "holding", "未反弹"
    RELAPSED = "relapsed", "已反弹"


# Called off before anything came of it: counted in no rate.
CALLED_OFF = (Outcome.WITHDRAWN, Outcome.MERGED, Outcome.MISTAKEN)
