"""The vocabulary of a verification."""

from models.labels import Labelled


class Finding(Labelled):
    """The result of a verification. Source: 通知§12(三)."""

    SUBSTANTIATED = "substantiated", "属实"
    PARTLY_SUBSTANTIATED = "partly_substantiated", "部分属实"
    UNSUBSTANTIATED = "unsubstantiated", "不属实"
