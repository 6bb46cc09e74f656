"""The vocabularies of runs and their repairs."""

from models.labels import Labelled


class RunFault(Labelled):
    """What can be wrong with the run that carries a matter."""

    NEVER_STARTED = "never_started", "尚未启动"
    LOST = "lost", "在 Prefect 中已不存在"
    CRASHED = "crashed", "崩溃"
    FAILED = "failed", "失败"
    CANCELLED = "cancelled", "被取消"
    ENDED = "ended", "提前结束"
    DETACHED = "detached", "脱离部署"
    ORPHANED = "orphaned", "执行进程已不存在"
    SUPERSEDED = "superseded", "停在已答复或已变更的环节"
    DUPLICATED = "duplicated", "与承办运行重复"
    LAPSED = "lapsed", "期限届满，应自动继续"


class RunRepair(Labelled):
    """How the fault of a run is mended."""

    STARTED = "started", "启动运行"
    REPLACED = "replaced", "由新的运行接续"
    RESCHEDULED = "rescheduled", "交回重新执行"
    WOKEN = "woken", "唤醒"
    CANCELLED = "cancelled", "结束多余的运行"
