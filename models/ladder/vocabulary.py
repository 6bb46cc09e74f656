"""The vocabularies of the escalation ladder."""

from models.labels import Labelled


class Rung(Labelled):
    """A rung of the escalation ladder. Source: 通知§12(六); the first five are house rules, ADR-0010."""

    REMIND = "remind", "提醒"
    DUE_TODAY = "due_today", "当日提醒"
    URGE = "urge", "催办"
    SUPERVISE = "supervise", "督办"
    REPORT = "report", "报告市政府"
    CIRCULAR = "circular", "通报"


# These speak of a due day to come; every other rung says that it has passed.
BEFORE_DUE = frozenset({Rung.REMIND, Rung.DUE_TODAY})


class Grounds(Labelled):
    """Why a person raises a rung by hand. Source: 通知§12(六)."""

    SHIRKING = "shirking", "推诿"
    PERFUNCTORY = "perfunctory", "敷衍"
    DELAYING = "delaying", "拖延"


class Raising(Labelled):
    """What became of a rung whose time came."""

    RAISED = "raised", "已发出"
    SKIPPED = "skipped", "未发出"
    AWAITING = "awaiting", "待批准"
    WITHHELD = "withheld", "不予发布"


class Recipient(Labelled):
    """Who is told at a rung, seen from the unit that owes the answer."""

    UNIT = "unit", "该单位"
    LEADER = "leader", "该单位主要负责人"
    BUREAU = "bureau", "发展改革部门"
    GOVERNMENT = "government", "市政府"
    CITY = "city", "全市各有关单位"


# Who is told stands above the unit that owes the answer and its leader.
ABOVE_UNIT = frozenset({Recipient.GOVERNMENT, Recipient.CITY})
