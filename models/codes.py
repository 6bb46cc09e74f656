"""The codes of kinds, steps and outcomes: all in one place, because stored codes must never collide."""

from models.labels import Labelled


class Step(Labelled):
    """A step that somebody answers: five of a lead, and the two rulings about it. Source: 通知§12."""

    TRANSFER = "transfer", "移交"
    RECEIPT = "receipt", "签收"
    VERIFY = "verify", "核查"
    RECTIFY = "rectify", "整改"
    REVIEW = "review", "验收"
    EXTENSION = "extension", "延期审批"
    PUBLICATION = "publication", "通报审批"


class MatterKind(Labelled):
    """What kind of thing is being handled. Source: 通知§12."""

    LEAD = "lead", "问题线索"
    EXTENSION = "extension", "延期申请"
    CIRCULAR = "circular", "通报稿"


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
