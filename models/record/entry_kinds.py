"""The kinds of ledger entries: a closed vocabulary, since whoever proves a fact looks for its code.

A code is part of the digest of its entry: it is never changed and never used again for something else.
"""

from models.labels import Labelled


class EntryKind(Labelled):
    """What a ledger entry tells of. Source: ADR-0014, ADR-0026."""

    # A matter on its way.
    REGISTERED = "registered", "登记"
    ASSIGNED = "assigned", "交办"
    DEEMED_RECEIVED = "deemed_received", "视为签收"
    ANSWERED = "answered", "反馈"
    REFUSED = "refused", "反馈未采纳"
    EVIDENCE_ADDED = "evidence_added", "收到印证材料"
    ESCALATED = "escalated", "提醒与督办"
    DUE_RECOMPUTED = "due_recomputed", "到期日重新计算"
    PART_OPENED = "part_opened", "分件交办"
    REDIRECTED = "redirected", "改派"
    PAUSED = "paused", "暂停计时"
    CORRECTED = "corrected", "更正登记"
    CALLED_OFF = "called_off", "终止办理"
    MERGED = "merged", "并入重复线索"
    RELAPSED = "relapsed", "反弹"
    CLOSED = "closed", "办结"
    # What is put before somebody.
    EXTENSION_REQUESTED = "extension_requested", "申请延期"
    EXTENDED = "extended", "同意延期"
    EXTENSION_REFUSED = "extension_refused", "不同意延期"
    HANDED_BACK = "handed_back", "提出退办"
    HAND_BACK_REFUSED = "hand_back_refused", "不同意退办"
    CIRCULAR_DRAFTED = "circular_drafted", "拟定通报稿"
    CIRCULAR_PUBLISHED = "circular_published", "发布通报"
    CIRCULAR_WITHHELD = "circular_withheld", "不予通报"
    # Documents and messages.
    DOCUMENT_DRAFTED = "document_drafted", "拟定公文"
    DOCUMENT_ISSUED = "document_issued", "印发公文"
    DOCUMENT_RENDERED = "document_rendered", "生成公文文件"
    DOCUMENT_WITHDRAWN = "document_withdrawn", "撤回公文"
    UNPRINTABLE = "unprintable", "公文缺字"
    MESSAGE_GIVEN_UP = "message_given_up", "消息停止发送"
    MESSAGE_RESENT = "message_resent", "重新发送消息"
    WORDING_FAILED = "wording_failed", "模板无法使用"
    # Informants.
    INFORMANT_RECORDED = "informant_recorded", "登记举报人信息"
    INFORMANT_CHANGED = "informant_changed", "更正举报人信息"
    INFORMANT_READ = "informant_read", "调阅举报人信息"
    INFORMANT_UNREADABLE = "informant_unreadable", "举报人信息无法读取"
    NAMING_REFUSED = "naming_refused", "填写内容涉及举报人"
    NAMING_CONFIRMED = "naming_confirmed", "确认与举报人无关"
    INFORMANT_RESEALED = "informant_resealed", "重新加密举报人信息"
    INFORMANT_KEY_ROTATED = "informant_key_rotated", "更换举报人密钥"
    # The archive.
    ARCHIVED = "archived", "归档"
    CLASSIFIED = "classified", "分类"
    ARCHIVE_REVIEWED = "archive_reviewed", "审核档案"
    ARCHIVE_EXPORTED = "archive_exported", "导出档案"
    ARCHIVE_EXPORT_FAILED = "archive_export_failed", "导出档案未完成"
    DISPOSED = "disposed", "销毁档案"
    ARCHIVE_REVIEW = "archive_review", "提醒审核档案"
    CASE_COLLECTION = "case_collection", "提请报送案例"
    # Files, runs and the ledger itself.
    FILE_FAULT = "file_fault", "存档文件异常"
    FILE_RESTORED = "file_restored", "存档文件复原"
    RUN_REPAIRED = "run_repaired", "修复承办运行"
    PROOF_ISSUED = "proof_issued", "出具台账证明"
    SEALED = "sealed", "封存台账"
    # The office.
    UNITS_IMPORTED = "units_imported", "导入单位目录"
    SUCCEEDED = "succeeded", "单位承继"
    ENDED_UNIT = "ended_unit", "停用单位尚有未结事项"
    CALENDAR_IMPORTED = "calendar_imported", "导入放假安排"
    CALENDAR_MISSING = "calendar_missing", "提醒导入放假安排"
