"""The vocabulary of stored files."""

from models.labels import Labelled


class FileFault(Labelled):
    """What can be wrong with a stored file."""

    MISSING = "missing", "缺失"
    CHANGED = "changed", "内容被改动"
    UNREADABLE = "unreadable", "无法读取"


class HiddenRows(Labelled):
    """What to do with rows of a sheet that a person does not see; somebody has to say so."""

    ASK = "ask", "询问"
    TAKE = "take", "导入"
    LEAVE = "leave", "不导入"
