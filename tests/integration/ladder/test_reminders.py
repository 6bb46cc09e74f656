"""The reminder that a receipt is about to be deemed: on the due day, in business hours, once."""

from conftest import Clock
from walks.walking import Walk, houma, ledger_of, messages_of

from models.codes import Step
from tasks.ladder.escalation import raise_rungs


def test_an_authority_is_reminded_once_on_the_due_day(walk: Walk) -> None:
    """Not the day before, not before opening, not after closing; and only the first time in between."""
    walk.to(Step.RECEIPT)
    moments = [
        houma(23, 15),
        houma(24, 8, 59),
        houma(24, 9),
        houma(24, 9, 30),
        houma(24, 17, 59),
        houma(24, 18),
    ]
    assert [raise_rungs(walk.place, moment).total() for moment in moments] == [0, 0, 1, 0, 0, 0]
    reminder = messages_of(walk.place)[-1]
    assert (reminder.kind, reminder.unit_code) == ("receipt_reminder", "ZJJ")
    assert reminder.subject == "【提醒签收】侯线〔2026〕1号 今日 18:00 前未签收将视为签收"
    assert "签收期限：2026-11-24（星期二） 18:00" in reminder.body
    assert "编号 L2026-0001" in reminder.body
    assert ledger_of(walk.place, walk.number)[-1].kind == "escalated"


def test_who_has_signed_is_not_reminded(walk: Walk, clock: Clock) -> None:
    """A signature on the morning of the due day ends the matter."""
    walk.to(Step.RECEIPT)
    clock.now = houma(24, 9)
    walk.answer(Step.RECEIPT)
    assert raise_rungs(walk.place, houma(24, 10)).total() == 0
    assert {message.kind for message in messages_of(walk.place)} == {"transfer"}
