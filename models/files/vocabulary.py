"""The vocabulary of stored files."""

from models.labels import Labelled


class FileFault(Labelled):
    """What can be wrong with a stored file."""

    MISSING = "missing", "缺失"
    CHANGED = "changed", "内容被改动"
    UNREADABLE = "unreadable", "无法读取"
