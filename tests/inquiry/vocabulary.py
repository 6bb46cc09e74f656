"""The vocabulary of inquiries."""

from models.labels import Labelled


class Finding(Labelled):
    """What a unit finds."""

    PRESENT = "present", "有此类情况"
    ABSENT = "absent", "无此类情况"
