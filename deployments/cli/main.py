"""The command line: Chinese for people, ``--json`` for programs, one exit code per class of error."""

import click

from deployments.cli.frame import Group, explain_usage
from models.errors import (
    CalendarGapError,
    ConflictError,
    DeliveryError,
    InputError,
    NotFound,
    RuleViolation,
    StartError,
    TamperError,
    Zero137Error,
)

# 0 is success, 1 an unexpected fault, 2 a wrong command; the rest is the class of the error.
EXIT_CODES: dict[type[Zero137Error], int] = {
    RuleViolation: 3,
    NotFound: 4,
    ConflictError: 5,
    InputError: 6,
    CalendarGapError: 7,
    TamperError: 8,
    DeliveryError: 9,
    StartError: 10,
}
_USAGE, _UNEXPECTED, _INTERRUPTED = 2, 1, 130

# Each command lives in a module of its own, imported when it is asked for: a short command starts fast.
_COMMANDS = {
    "up": ("deployments.cli.system.system", "启动系统：数据库、Prefect 服务、执行进程和全部部署"),
    "down": ("deployments.cli.system.system", "停止正在运行的系统"),
    "status": ("deployments.cli.system.system", "查看系统是否在运行以及在办数量"),
    "doctor": ("deployments.cli.system.doctor", "检查本机、设置和各项服务，逐项说明怎么处理"),
    "reconcile": ("deployments.cli.system.system", "核对并修复承办运行：每件在办事项恰有一个运行"),
    "drill": ("deployments.cli.system.drill", "演练：虚构线索、加速时钟，在独立文件夹中运行整个系统"),
    "serve": ("deployments.cli.system.roles", "只运行 Prefect 服务（多机部署）"),
    "services": ("deployments.cli.system.roles", "只运行后台服务和承办运行的核对（多机部署）"),
    "work": ("deployments.cli.system.roles", "只运行一个执行进程（多机部署）"),
    "register": ("deployments.cli.system.roles", "登记工作池和全部部署，然后退出（多机部署）"),
    "init": ("deployments.cli.system.system", "只创建或升级数据库，不启动服务"),
    "settings": ("deployments.cli.system.settings", "查看全部设置及其来源，口令和密钥不显示"),
    "migrate": ("deployments.cli.system.backups", "把全部事实迁移到另一个数据库并核验"),
    "backup": ("deployments.cli.system.backups", "在线备份：事实、存档文件和配置"),
    "restore": ("deployments.cli.system.backups", "从备份恢复，或只核验备份"),
    "lead": ("deployments.cli.leads.leads", "登记、导入、查看线索"),
    "board": ("deployments.cli.leads.board", "查看清零看板：在办、到期、逾期和趋势"),
    "stats": ("deployments.cli.leads.statistics", "统计按期率、用时、延期、退回和督办"),
    "export": ("deployments.cli.leads.exports", "导出台账：Excel、CSV 或 JSONL"),
    "answer": ("deployments.cli.conduct.answers", "登记某一环节的反馈"),
    "extend": ("deployments.cli.conduct.petitions", "在整改期限届满前提出延期申请"),
    "hand-back": ("deployments.cli.conduct.petitions", "不属于本单位职责的，提出退办"),
    "petitions": ("deployments.cli.conduct.petitions", "查看待审批的延期申请、通报稿和退办申请"),
    "supervise": (
        "deployments.cli.conduct.supervision",
        "对推诿、敷衍、拖延的单位督办、报告市政府或拟稿通报",
    ),
    "informant": ("deployments.cli.record.informants", "登记、调阅举报人信息（加密保存），生成、更换密钥"),
    "evidence": ("deployments.cli.conduct.evidence", "上传、查看、转存印证材料，核对存档文件"),
    "ledger": ("deployments.cli.record.ledger", "核验台账、出具证明、封存"),
    "units": ("deployments.cli.office.directory", "查看或导入单位目录"),
    "calendar": ("deployments.cli.office.calendars", "查看放假安排、推算期限、导入年度通知"),
    "document": ("deployments.cli.conduct.documents", "查看、生成、打开、撤回公文，发征询函"),
    "channels": ("deployments.cli.office.channels", "检查消息渠道"),
    "archive": ("deployments.cli.record.archive", "查看、分类、审核、导出、核验、销毁档案"),
    "messages": ("deployments.cli.conduct.messages", "查看发件箱，重新发送未送出的消息"),
}


@click.group(cls=Group, commands_by_module=_COMMANDS)
@click.version_option(package_name="zero137", message="zero137 %(version)s", help="显示版本")
def cli() -> None:
    """市场准入负面清单问题线索“0137”办理系统。"""


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code."""
    try:
        cli.main(args=arguments, prog_name="zero137", standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - whatever it is, a person must not be shown a traceback
        return _explain(error)
    except KeyboardInterrupt:
        return _tell("已中断。", _INTERRUPTED)
    return 0


def _code_of(error: Zero137Error) -> int:
    """Return the exit code of an error's class or of the nearest class above it."""
    return next((EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES), _UNEXPECTED)


def _explain(error: Exception) -> int:
    """Tell an error in one Chinese sentence and return the exit code of its class."""
    match error:
        case Zero137Error():
            return _tell(str(error), _code_of(error))
        case click.exceptions.NoArgsIsHelpError():
            return _tell(error.ctx.get_help() if error.ctx else "", _USAGE)
        case click.ClickException():
            return _tell(explain_usage(error), _USAGE)
        case click.Abort():
            return _tell("已中断。", _INTERRUPTED)
        case BrokenPipeError():
            # Whoever read the output has seen enough.
            return 0
        case _:
            return _unexpected(error)


def _tell(sentence: str, code: int) -> int:
    """Print a sentence on standard error and return the code."""
    click.echo(sentence, err=True)
    return code


def _unexpected(error: Exception) -> int:
    """Tell a fault nobody foresaw; a database or a disk at fault is told as what it is."""
    from tasks.database import sentence_of

    if sentence := sentence_of(error):
        return _tell(sentence, EXIT_CODES[StartError])
    if isinstance(error, OSError):
        return _tell("文件或屏幕无法读写，请检查磁盘空间和权限。", EXIT_CODES[StartError])
    return _tell(f"程序内部错误（{type(error).__name__}），{_logged(error)}请反馈给维护人员。", _UNEXPECTED)


def _logged(error: Exception) -> str:
    """Write a fault to the log; returns where it was written, blank where nothing can be."""
    from deployments.installation.logs import append_error
    from deployments.installation.settings import load_settings

    try:
        log = append_error(load_settings(), error)
    except (OSError, Zero137Error):
        return ""
    return f"详情已记入 {log}，"
