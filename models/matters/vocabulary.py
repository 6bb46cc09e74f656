"""The vocabularies of any matter: decisions, signals, the ways an answer came by."""

from models.labels import Labelled


class Verdict(Labelled):
    """The bureau's decision on an answer in hand. Source: house rule, ADR-0003."""

    ACCEPT = "accept", "通过"
    RETURN = "return", "退回"


class Ruling(Labelled):
    """The decision on what was put before somebody. Source: 通知§12(四), (六)."""

    APPROVE = "approve", "同意"
    REJECT = "reject", "不同意"


class Ending(Labelled):
    """The decision to wait no longer for parts that are left."""

    ENDED = "ended", "结束等待"


class Assigning(Labelled):
    """The bureau's decision on what a unit handed back. Source: house rule, ADR-0030."""

    REDIRECT = "redirect", "改派"
    INSIST = "insist", "维持"


class Holding(Labelled):
    """Whether what was rectified holds. Source: house rule, ADR-0031."""

    HOLDS = "holds", "未反弹"
    RELAPSED = "relapsed", "反弹"


class Signal(Labelled):
    """How near a due date is, at a glance."""

    NORMAL = "normal", "正常"
    NEAR = "near", "临期"
    OVERDUE = "overdue", "逾期"
    CLOSED = "closed", "已办结"


class Channel(Labelled):
    """The way by which an answer reached the system."""

    CONSOLE = "console", "Prefect 界面"
    COMMAND_LINE = "command_line", "命令行"
    RULE = "rule", "依规自动"
