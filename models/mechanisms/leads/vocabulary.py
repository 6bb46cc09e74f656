"""The vocabularies of a lead: what its verification found, and why one is called off."""

from models.codes import Outcome
from models.labels import Labelled


class Finding(Labelled):
    """The result of a verification. Source: 通知§12(三)."""

    SUBSTANTIATED = "substantiated", "属实"
    PARTLY_SUBSTANTIATED = "partly_substantiated", "部分属实"
    UNSUBSTANTIATED = "unsubstantiated", "不属实"


class CallOff(Labelled):
    """Why a lead is called off."""

    WITHDRAWN = "withdrawn", "撤回"
    DUPLICATE = "duplicate", "重复"
    MISTAKEN = "mistaken", "误登记"

    @property
    def outcome(self) -> Outcome:
        """How it ends."""
        return {
            CallOff.WITHDRAWN: Outcome.WITHDRAWN,
            CallOff.DUPLICATE: Outcome.MERGED,
            CallOff.MISTAKEN: Outcome.MISTAKEN,
        }[self]
