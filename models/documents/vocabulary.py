"""The vocabularies of official documents."""

from models.labels import Labelled


class SourceLevel(Labelled):
    """The level that collected and forwarded the lead. Source: 通知§12(二)."""

    NATIONAL = "national", "国家"
    PROVINCIAL = "provincial", "省"
    MUNICIPAL = "municipal", "市"


class DocumentKind(Labelled):
    """The kinds of official documents (公文). Source: 通知§1(三), §12."""

    # What any mechanism may issue without a template of its own.
    TASK_LETTER = "task_letter", "工作函"
    # To the unit that goes on with what an abolished one owed.
    SUCCESSION_LETTER = "succession_letter", "承继函"
    TRANSFER_LETTER = "transfer_letter", "移交函"
    CONSULTATION_LETTER = "consultation_letter", "征询函"
    RECTIFICATION_NOTICE = "rectification_notice", "整改通知"
    SUPERVISION_NOTICE = "supervision_notice", "督办通知"
    EXTENSION_REPLY = "extension_reply", "延期复函"
    REPORT = "report", "报告"
    CIRCULAR = "circular", "通报"
    CLOSING_REPORT = "closing_report", "办结报告"
    CALL_OFF_REPORT = "call_off_report", "终止办理报告"


class DocumentStatus(Labelled):
    """The life of an official document; a number once given is never given again."""

    DRAFT = "draft", "拟稿"
    ISSUED = "issued", "已印发"
    WITHDRAWN = "withdrawn", "已撤回"
