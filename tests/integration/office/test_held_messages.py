"""Messages that were waiting when their unit was abolished reach its successor, and nobody else."""

import pytest
from conftest import Clock
from fakes.receivers import json_receiver, write_channels
from walks.directories import HEIR, MERGED, change
from walks.walking import AUTHORITY, Walk

from models.codes import Step
from notifications.channels import handing_over
from tasks.delivery.sending import DeliveryReport, deliver_messages

# Apprise imports a module that Python 3.11 announces the end of; it does without it on newer versions.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def test_a_round_that_is_under_way_sends_nothing_to_the_old_channel(
    walk: Walk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory changes while the first of two messages is handed over; the second is read again."""
    walk.to(Step.VERIFY)
    given: list[str] = []

    def hand_over(*told: object, **more: object) -> None:
        """Hand over, and let the unit end meanwhile."""
        handing_over.hand_over(*told, **more)  # type: ignore[arg-type]
        if not given:
            change(walk.place, clock, MERGED)
        given.append(str(told[1]))

    monkeypatch.setattr("tasks.delivery.sending.hand_over", hand_over)
    with json_receiver() as receiver:
        write_channels(walk.place, {AUTHORITY: receiver.url("old"), HEIR: receiver.url("new")})
        assert deliver_messages(walk.place) == DeliveryReport(handed_over=1)
        assert deliver_messages(walk.place) == DeliveryReport(handed_over=2)
        assert [got.address for got in receiver.received] == ["old", "new", "new"]
    assert "现转致你单位" in receiver.received[1].text
    assert "【承继】" in receiver.received[2].subject
