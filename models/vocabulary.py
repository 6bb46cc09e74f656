"""The closed vocabularies of the field: each value is an English code with its Chinese label."""

import unicodedata
from enum import StrEnum
from typing import Self

from models.errors import RuleViolation


class Labelled(StrEnum):
    """An enumeration whose members carry a Chinese label beside their stored code."""

    label: str

    def __new__(cls, code: str, label: str = "") -> Self:
        """Store the code as the value and keep the label; looking a member up by its code gives none."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label
        return member

    @classmethod
    def parse(cls, text: str, what: str) -> Self:
        """Read a member from its code or its Chinese label.

        Args:
            text: What a person wrote; surrounding blanks are ignored.
            what: The Chinese name of the field, for the error.

        Raises:
            RuleViolation: The text is neither a code nor a label.
        """
        wanted = text.strip()
        for member in cls:
            if wanted in (member.value, member.label):
                return member
        options = "、".join(member.label for member in cls)
        raise RuleViolation(f"{what}“{wanted}”不在可选范围内，可填：{options}。")


class Step(Labelled):
    """A step that somebody answers: five of a lead, and the two rulings about it. Source: 通知§12."""

    TRANSFER = "transfer", "移交"
    RECEIPT = "receipt", "签收"
    VERIFY = "verify", "核查"
    RECTIFY = "rectify", "整改"
    REVIEW = "review", "验收"
    EXTENSION = "extension", "延期审批"
    PUBLICATION = "publication", "通报审批"


class Finding(Labelled):
    """The result of a verification. Source: 通知§12(三)."""

    SUBSTANTIATED = "substantiated", "属实"
    PARTLY_SUBSTANTIATED = "partly_substantiated", "部分属实"
    UNSUBSTANTIATED = "unsubstantiated", "不属实"


class Verdict(Labelled):
    """The bureau's decision on an answer in hand. Source: house rule, ADR-0003."""

    ACCEPT = "accept", "通过"
    RETURN = "return", "退回"


class MatterKind(Labelled):
    """What kind of thing is being handled. Source: 通知§12."""

    LEAD = "lead", "问题线索"
    EXTENSION = "extension", "延期申请"
    CIRCULAR = "circular", "通报稿"


class Ruling(Labelled):
    """The decision on what was put before somebody. Source: 通知§12(四), (六)."""

    APPROVE = "approve", "同意"
    REJECT = "reject", "不同意"


class Outcome(Labelled):
    """How a matter ended."""

    RECTIFIED = "rectified", "已销号"
    UNSUBSTANTIATED = "unsubstantiated", "不属实办结"
    EXTENDED = "extended", "同意延期"
    NOT_EXTENDED = "not_extended", "不同意延期"
    PUBLISHED = "published", "已通报"
    WITHHELD = "withheld", "不予通报"
    MOOT = "moot", "无需再审批"


class Role(Labelled):
    """What a unit may be asked for."""

    BUREAU = "bureau", "发展改革部门"
    AUTHORITY = "authority", "主管单位"
    RESPONSIBLE = "responsible", "责任单位"
    APPROVER = "approver", "延期审批单位"
    GOVERNMENT = "government", "市政府"


class SourceLevel(Labelled):
    """The level that collected and forwarded the lead. Source: 通知§12(二)."""

    NATIONAL = "national", "国家"
    PROVINCIAL = "provincial", "省"
    MUNICIPAL = "municipal", "市"


class Category(Labelled):
    """The four official categories of breaches. Source: 发改体改〔2021〕1670号."""

    UNLAWFUL_APPROVAL = "unlawful_approval", "政府违规审批"
    UNLAWFUL_ENTRY = "unlawful_entry", "企业违规进入"
    HIDDEN_BARRIER = "hidden_barrier", "违规设置隐性壁垒"
    OTHER = "other", "其他"


class Barrier(Labelled):
    """The sorts of barriers named by the clean-up of 2025. Source: 通知§13(三); 发改体改〔2021〕1670号."""

    DEVOLVED_APPROVAL = "01", "国家已放开但地方仍在审批"
    LOW_BASIS = "02", "审批依据层级不足"
    INDUSTRY = "03", "行业壁垒、规则不一"
    UNSUPERVISED = "04", "不敢管不会管而不批"
    WIDENED = "05", "扩大范围、增设或变更条件"
    REGIONAL = "06", "权限下放形成地区壁垒"
    OUTSIDERS = "07", "限制外地企业"
    FOREIGN = "08", "违规限制外资"
    NEW_FORMS = "09", "对新业态不作为"
    CIRCULAR_CONDITIONS = "10", "互为前置条件"
    UNCLEAR_COMMITMENT = "11", "告知承诺不明确"
    EXCESSIVE = "12", "标准过高、流程过长"
    DELAYED = "13", "拖延办理或批后不办手续"
    REPEATED = "14", "与已通报案例同类"
    OTHER = "15", "其他"

    @property
    def numbered(self) -> str:
        """The label after its code, as drop-downs show it."""
        return f"{self.value} {self.label}"

    @classmethod
    def read(cls, text: str, what: str) -> Self:
        """Read a sort of barrier by its code, its label or both, as 05, 5 or “05 扩大范围、增设或变更条件”.

        Raises:
            RuleViolation: There is no such sort; ``what`` names the field in the sentence.
        """
        wanted = unicodedata.normalize("NFKC", text).strip()
        for member in cls:
            # A spreadsheet makes the number 5 of the text 05.
            if wanted in {member.numbered, member.label} or wanted.zfill(2) == member.value:
                return member
        raise RuleViolation(f"{what}“{text.strip()}”不在可选范围内，可填 01 至 {len(cls)} 或其名称。")


class Importance(Labelled):
    """How much a lead matters for the archive. Source: 通知§13(三)."""

    ORDINARY = "ordinary", "一般"
    MAJOR = "major", "重要"


class Retention(Labelled):
    """How long a file is kept. Source: 机关文件材料归档范围和文书档案保管期限规定."""

    PERMANENT = "permanent", "永久"
    THIRTY_YEARS = "thirty_years", "30年"
    TEN_YEARS = "ten_years", "10年"


class FileFault(Labelled):
    """What can be wrong with a stored file."""

    MISSING = "missing", "缺失"
    CHANGED = "changed", "内容被改动"
    UNREADABLE = "unreadable", "无法读取"


class Signal(Labelled):
    """How near a due date is, at a glance."""

    NORMAL = "normal", "正常"
    NEAR = "near", "临期"
    OVERDUE = "overdue", "逾期"
    CLOSED = "closed", "已办结"


class Rung(Labelled):
    """A rung of the escalation ladder. Source: 通知§12(六); the first five are house rules, ADR-0010."""

    REMIND = "remind", "提醒"
    DUE_TODAY = "due_today", "当日提醒"
    URGE = "urge", "催办"
    SUPERVISE = "supervise", "督办"
    REPORT = "report", "报告市政府"
    CIRCULAR = "circular", "通报"


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


class DocumentKind(Labelled):
    """The kinds of official documents (公文). Source: 通知§1(三), §12."""

    TRANSFER_LETTER = "transfer_letter", "移交函"
    CONSULTATION_LETTER = "consultation_letter", "征询函"
    RECTIFICATION_NOTICE = "rectification_notice", "整改通知"
    SUPERVISION_NOTICE = "supervision_notice", "督办通知"
    EXTENSION_REPLY = "extension_reply", "延期复函"
    REPORT = "report", "报告"
    CIRCULAR = "circular", "通报"
    CLOSING_REPORT = "closing_report", "办结报告"


class DocumentStatus(Labelled):
    """The life of an official document; a number once given is never given again."""

    DRAFT = "draft", "拟稿"
    ISSUED = "issued", "已印发"
    WITHDRAWN = "withdrawn", "已撤回"


class Channel(Labelled):
    """The way by which an answer reached the system."""

    CONSOLE = "console", "Prefect 界面"
    COMMAND_LINE = "command_line", "命令行"
    RULE = "rule", "依规自动"


class Delivery(Labelled):
    """The life of an outbox message; a hand-over is never called a delivery."""

    CREATED = "created", "待发送"
    SENDING = "sending", "发送中"
    HANDED_OVER = "handed_over", "已交付渠道"
    FAILED = "failed", "发送失败，待重试"
    GIVEN_UP = "given_up", "已停止发送"


class RunFault(Labelled):
    """What can be wrong with the run that carries a lead."""

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
