"""The codes that a mechanism adds to ``models/codes.py``, joined to a process before it reads them."""

from models.codes import MatterKind, Outcome, Step
from models.labels import Labelled

JOINED: tuple[tuple[type[Labelled], str, str, str], ...] = (
    (MatterKind, "INQUIRY", "inquiry", "专项问询"),
    (MatterKind, "INQUIRY_SHARE", "inquiry_share", "问询分件"),
    (Step, "INQUIRY_PLAN", "inquiry_plan", "拟定问询"),
    (Step, "INQUIRY_GATHER", "inquiry_gather", "收齐答复"),
    (Step, "INQUIRY_ANSWER", "inquiry_answer", "答复"),
    (Outcome, "GATHERED", "gathered", "已汇总"),
    (Outcome, "ANSWERED", "answered", "已答复"),
)


def enlist() -> None:
    """Add the codes, as an edit of the file would, before anything else has read it."""
    for vocabulary, name, code, label in JOINED:
        member = str.__new__(vocabulary, code)
        member._name_, member._value_, member.label = name, code, label
        # An enumeration refuses new members to everybody but its own maker.
        type.__setattr__(vocabulary, name, member)
        vocabulary._member_names_.append(name)
        vocabulary._member_map_[name] = member
        vocabulary._value2member_map_[code] = member
