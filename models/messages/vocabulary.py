"""The vocabulary of the outbox."""

from models.labels import Labelled


class Delivery(Labelled):
    """The life of an outbox message; a hand-over is never called a delivery."""

    CREATED = "created", "待发送"
    SENDING = "sending", "发送中"
    HANDED_OVER = "handed_over", "已交付渠道"
    FAILED = "failed", "发送失败，待重试"
    GIVEN_UP = "given_up", "已停止发送"


# What is still to be handed over.
WAITING = (Delivery.CREATED, Delivery.SENDING, Delivery.FAILED)
