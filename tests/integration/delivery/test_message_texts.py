"""What people are told along the way: who gets which message, and what every text names."""

from datetime import UTC, datetime

from conftest import Clock
from walks.walking import AUTHORITY, BUREAU, RESPONSIBLE, Walk, ledger_of, messages_of

from models.codes import Step
from models.messages.tables import Message
from models.messages.vocabulary import Delivery
from tasks.lookup.stories import tell_matter

REASONS = "退还凭证不完整，请补充逐户清单。"


def test_each_message_goes_to_the_unit_it_concerns(walk: Walk) -> None:
    """Whoever owes is told, a return with its reasons; the closing is told to all who worked."""
    walk.to(Step.REVIEW)
    walk.pass_step(Step.REVIEW, fields={"verdict": "退回"}, explanation=REASONS)
    walk.to_closure()
    found = messages_of(walk.place)
    assert [(message.kind, message.unit_code) for message in found] == [
        ("transfer", AUTHORITY),
        ("verify", AUTHORITY),
        ("rectify", RESPONSIBLE),
        ("return", RESPONSIBLE),
        ("closure", BUREAU),
        ("closure", AUTHORITY),
        ("closure", RESPONSIBLE),
    ]
    assert {message.status for message in found} == {Delivery.CREATED}
    texts: dict[str, Message] = {message.kind: message for message in found}
    assert f"退回理由：{REASONS}" in texts["return"].body
    assert "期限不重新起算，仍为 2026-11-30（星期一） 18:00" in texts["return"].body
    assert "已销号" in texts["closure"].subject


def test_every_text_names_lead_unit_due_date_and_basis(walk: Walk) -> None:
    """A reader needs nothing else to know what is owed by when and why."""
    walk.to_closure()
    expected = {
        "transfer": ("侯马市住房和城乡建设管理局", "2026-11-24（星期二）", "一个工作日内签收"),
        "verify": ("侯马市住房和城乡建设管理局", "2026-11-26（星期四）", "通知§12(三)"),
        "rectify": ("侯马市市场监督管理局", "2026-11-30（星期一）", "通知§12(四)"),
    }
    texts = {message.kind: message for message in messages_of(walk.place)}
    for kind, (unit, due, basis) in expected.items():
        message = texts[kind]
        body = message.body.splitlines()
        assert body[0] == f"{unit}："
        assert "侯线〔2026〕1号" in body[1]
        assert "编号 L2026-0001" in body[1]
        assert due in message.subject
        assert f"{due} 18:00" in message.body
        assert basis in body[-1]
        assert "侯线〔2026〕1号" in message.subject
    assert "编号 L2026-0001" in texts["closure"].body
    assert "协办单位：侯马市行政审批服务管理局" in texts["transfer"].body
    assert "整改意见：立即停止要求企业提交该证明。" in texts["rectify"].body


def test_a_due_date_in_a_year_without_notice_is_called_provisional(walk: Walk, clock: Clock) -> None:
    """The notice for 2027 is not out in December 2026: 暂定 stands wherever the date is shown."""
    walk.to(Step.RECEIPT)
    clock.now = datetime(2026, 12, 30, 2, 0, tzinfo=UTC)
    walk.advance()
    clock.now = datetime(2026, 12, 31, 2, 0, tzinfo=UTC)
    walk.to(Step.RECTIFY)
    row = walk.file().assignments[-1].row
    assert (row.due_on.isoformat(), row.provisional) == ("2027-01-07", True)
    rectify = messages_of(walk.place)[-1]
    assert "2027-01-07（星期四，暂定）" in rectify.subject
    assert "2027-01-07（星期四，暂定） 18:00" in rectify.body
    assigned = [e.summary for e in ledger_of(walk.place, walk.number) if e.kind == "assigned"]
    assert assigned[-1].endswith("到期日 2027-01-07（暂定）")
    assert tell_matter(walk.place, walk.number, clock()).label.name.endswith("01-07暂定")
