"""The outbox hands messages over to real local receivers: each once, and again where it failed."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from conftest import Clock
from fakes.receivers import JsonReceiver, json_receiver, mail_receiver, write_channels
from harness.wording import assert_is_one_sentence
from mishaps.accidents import at_once
from walks.stored import blob_path
from walks.walking import PERSON, Walk, contents, houma, ledger_of, messages_of, register_lead

from models.codes import Step
from models.errors import ConflictError, NotFound, RuleViolation
from models.messages.tables import Message
from models.messages.vocabulary import Delivery
from tasks.delivery.given_up import send_again
from tasks.delivery.sending import (
    LEASE,
    RETRY_AFTER,
    UNCONFIGURED_RETRY,
    DeliveryReport,
    can_deliver,
    deliver_messages,
)
from tasks.documents.issuing import find_document, withdraw
from tasks.documents.rendered import render_leftovers
from tasks.workplace import Workplace

# Apprise imports a module that Python 3.11 announces the end of; it does without it on newer versions.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def deliver_after(place: Workplace, clock: Clock, later: timedelta) -> DeliveryReport:
    """Deliver as if time had passed."""
    clock.now += later
    try:
        return deliver_messages(place)
    finally:
        clock.now -= later


@pytest.fixture
def receiver() -> Iterator[JsonReceiver]:
    """A receiver of JSON messages on this machine."""
    with json_receiver() as running:
        yield running


def only_message(place: Workplace) -> Message:
    """Return the one message there is."""
    (message,) = messages_of(place)
    return message


def test_each_unit_gets_its_messages_once(walk: Walk, clock: Clock, receiver: JsonReceiver) -> None:
    """Over HTTP to the address that carries the unit's code, subject and text as they were written."""
    walk.to(Step.RECTIFY)
    write_channels(walk.place, {"ZJJ": receiver.url("zjj"), "SCJG": receiver.url("scjg")})
    assert deliver_messages(walk.place) == DeliveryReport(handed_over=3)
    written = messages_of(walk.place)
    assert [(got.address, got.subject, got.text) for got in receiver.received] == [
        (message.unit_code.lower(), message.subject, message.body) for message in written
    ]
    assert {(message.status, message.handed_over_at) for message in written} == {
        (Delivery.HANDED_OVER, clock())
    }
    before = contents(walk.place)
    assert deliver_after(walk.place, clock, timedelta(days=1)) == DeliveryReport()
    assert (len(receiver.received), contents(walk.place)) == (3, before)


def test_mail_arrives_with_chinese_subject_and_text(walk: Walk) -> None:
    """By SMTP: one mail, decoded as it was written."""
    walk.to(Step.RECEIPT)
    with mail_receiver() as mailbox:
        write_channels(walk.place, {"ZJJ": mailbox.url("zjj@example.org")})
        assert deliver_messages(walk.place) == DeliveryReport(handed_over=1)
        (mail,) = mailbox.received
    assert mail.address == "zjj@example.org"
    assert mail.subject == "【移交】侯线〔2026〕1号 请于 2026-11-24（星期二） 前签收"
    for line in only_message(walk.place).body.splitlines():
        assert line in mail.text


def test_a_receiver_that_fails_is_tried_again_later(walk: Walk, clock: Clock, receiver: JsonReceiver) -> None:
    """HTTP 500: the message waits in the outbox with the reason, and goes out once the receiver works."""
    walk.to(Step.RECEIPT)
    write_channels(walk.place, {"ZJJ": receiver.url("zjj")})
    receiver.status = HTTPStatus.INTERNAL_SERVER_ERROR
    report = deliver_messages(walk.place)
    assert (report.handed_over, report.failed) == (0, 1)
    waiting = only_message(walk.place)
    assert (waiting.status, waiting.attempts) == (Delivery.FAILED, 1)
    assert waiting.next_attempt_at == clock() + RETRY_AFTER[0]
    assert waiting.last_error == report.reason
    assert "500" in report.reason
    assert deliver_after(walk.place, clock, timedelta(seconds=59)) == DeliveryReport()
    receiver.status = HTTPStatus.OK
    clock.now += RETRY_AFTER[0]
    assert deliver_messages(walk.place) == DeliveryReport(handed_over=1)
    done = only_message(walk.place)
    assert (done.status, done.attempts, done.last_error) == (Delivery.HANDED_OVER, 2, "")


def test_after_the_last_attempt_a_message_has_failed(
    walk: Walk, clock: Clock, receiver: JsonReceiver
) -> None:
    """The pauses grow; then the message ends in a status of its own and is not touched again."""
    walk.to(Step.RECEIPT)
    write_channels(walk.place, {"ZJJ": receiver.url("zjj")})
    receiver.status = HTTPStatus.INTERNAL_SERVER_ERROR
    for pause in RETRY_AFTER:
        deliver_messages(walk.place)
        assert only_message(walk.place).next_attempt_at == clock() + pause
        clock.now += pause
    deliver_messages(walk.place)
    failed, notice = messages_of(walk.place)
    assert (failed.status, failed.attempts) == (Delivery.GIVEN_UP, len(RETRY_AFTER) + 1)
    assert "500" in failed.last_error
    assert (notice.kind, notice.unit_code, notice.status) == ("given_up", "FGJ", Delivery.CREATED)
    for told in (failed.subject, failed.last_error, failed.body, f"resend {failed.id}"):
        assert told in notice.body
    assert ledger_of(walk.place, walk.number)[-1].kind == "message_given_up"
    receiver.status = HTTPStatus.OK
    assert deliver_after(walk.place, clock, timedelta(days=9)).handed_over == 0
    assert len(receiver.received) == len(RETRY_AFTER) + 1


def test_without_channels_everything_stays_in_the_outbox(walk: Walk) -> None:
    """Without a file or with an unusable one the report says why nothing went out."""
    walk.to(Step.RECEIPT)
    before = contents(walk.place)
    report = deliver_messages(walk.place)
    assert report == DeliveryReport(reason="未配置渠道（channels.yaml），消息留在发件箱。")
    relayed = "urls:\n  - wecom://corporation/secret/agent:\n      - tag: ZJJ\n"
    for text in ("", "urls: []\n", "urls:\n  - nonsense://somewhere\n", "{{{", relayed):
        walk.place.channels_file.write_text(text, encoding="utf-8")
        report = deliver_messages(walk.place)
        assert report == DeliveryReport(reason=report.reason)
        assert report.reason.startswith("渠道配置 channels.yaml ")
        assert_is_one_sentence(report.reason)
    assert contents(walk.place) == before


def test_a_unit_without_an_address_is_named(walk: Walk, clock: Clock, receiver: JsonReceiver) -> None:
    """Nobody else gets its message, and it goes out once the address is added."""
    walk.to(Step.RECEIPT)
    write_channels(walk.place, {"GXJ": receiver.url("gxj")})
    report = deliver_messages(walk.place)
    assert report == DeliveryReport(failed=1, reason="渠道配置中没有标签为 ZJJ 的地址。")
    waiting = only_message(walk.place)
    assert (waiting.status, waiting.attempts, receiver.received) == (Delivery.CREATED, 0, [])
    write_channels(walk.place, {"GXJ": receiver.url("gxj"), "ZJJ": receiver.url("zjj")})
    clock.now += UNCONFIGURED_RETRY
    assert deliver_messages(walk.place).handed_over == 1
    assert [got.address for got in receiver.received] == ["zjj"]


def test_two_deliverers_at_once_hand_over_each_message_once(
    place: Workplace, clock: Clock, papers: Path, receiver: JsonReceiver
) -> None:
    """The flow of a lead and the patrol deliver at the same moment."""
    for sequence in range(6):
        number = register_lead(place, clock, title=f"线索之{sequence}")
        Walk(place, clock, papers, number).to(Step.RECEIPT)
    write_channels(place, {"ZJJ": receiver.url("zjj")})
    reports = at_once(lambda: deliver_messages(place), threads=3)
    assert sum(report.handed_over for report in reports if isinstance(report, DeliveryReport)) == 6
    subjects = sorted(got.subject for got in receiver.received)
    assert subjects == sorted(message.subject for message in messages_of(place))
    assert {message.attempts for message in messages_of(place)} == {1}


def test_a_killed_deliverer_loses_its_message_to_another(
    walk: Walk, clock: Clock, receiver: JsonReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until its lease ends the message is left alone; then it is taken up and handed over."""

    def killed(*_: object, **__: object) -> None:
        raise SystemExit

    walk.to(Step.RECEIPT)
    write_channels(walk.place, {"ZJJ": receiver.url("zjj")})
    with monkeypatch.context() as patch:
        patch.setattr("tasks.delivery.sending.hand_over", killed)
        with pytest.raises(SystemExit):
            deliver_messages(walk.place)
    assert only_message(walk.place).status is Delivery.SENDING
    assert deliver_after(walk.place, clock, LEASE - timedelta(seconds=1)) == DeliveryReport()
    clock.now += LEASE
    assert deliver_messages(walk.place) == DeliveryReport(handed_over=1)
    assert (only_message(walk.place).attempts, len(receiver.received)) == (2, 1)


@pytest.mark.parametrize(
    ("closed", "opens"),
    [
        (houma(23, 8, 59, 59), houma(23, 9)),
        (houma(23, 18), houma(24, 9)),
        (houma(27, 18), houma(30, 9)),
        (houma(28, 10), houma(30, 9)),
    ],
    ids=["before opening", "in the evening", "on Friday evening", "on a Saturday"],
)
def test_while_the_office_is_closed_every_message_waits(
    walk: Walk, clock: Clock, receiver: JsonReceiver, closed: datetime, opens: datetime
) -> None:
    """Whatever it tells of and whoever wrote it: nobody is reached out of hours, and all when it opens."""
    write_channels(walk.place, {"ZJJ": receiver.url("zjj")})
    clock.now = closed
    walk.to(Step.RECEIPT)
    assert not can_deliver(walk.place, walk.number)
    report = deliver_messages(walk.place)
    assert report == DeliveryReport(reason="现在不是办公时间，消息留待开始办公后发送。")
    assert (only_message(walk.place).attempts, receiver.received) == (0, [])
    clock.now = opens
    assert can_deliver(walk.place, walk.number)
    assert deliver_messages(walk.place) == DeliveryReport(handed_over=1)


def test_what_failed_is_not_tried_again_out_of_hours(
    walk: Walk, clock: Clock, receiver: JsonReceiver
) -> None:
    """The pause after a failure may end in the evening."""
    clock.now = houma(23, 17, 59, 30)
    walk.to(Step.RECEIPT)
    write_channels(walk.place, {"ZJJ": receiver.url("zjj")})
    receiver.status = HTTPStatus.INTERNAL_SERVER_ERROR
    assert deliver_messages(walk.place).failed == 1
    receiver.status = HTTPStatus.OK
    assert deliver_after(walk.place, clock, timedelta(hours=1)).handed_over == 0
    assert deliver_after(walk.place, clock, timedelta(hours=16)).handed_over == 1


def test_only_the_messages_of_one_lead_are_handed_over(
    walk: Walk, clock: Clock, papers: Path, receiver: JsonReceiver
) -> None:
    """The flow of a lead does not send what belongs to others."""
    walk.to(Step.RECEIPT)
    other = Walk(walk.place, clock, papers, register_lead(walk.place, clock, title="另一条线索"))
    other.to(Step.RECEIPT)
    write_channels(walk.place, {"ZJJ": receiver.url("zjj")})
    assert deliver_messages(walk.place, other.number).handed_over == 1
    assert "侯线〔2026〕2号" in receiver.received[0].subject
    assert [message.status for message in messages_of(walk.place)] == [
        Delivery.CREATED, Delivery.HANDED_OVER,
    ]  # fmt: skip


def test_a_refused_message_is_given_up_at_once(walk: Walk, receiver: JsonReceiver) -> None:
    """A wrong address stays wrong: no second attempt, and the bureau is told why."""
    walk.to(Step.RECEIPT)
    write_channels(walk.place, {"ZJJ": receiver.url("zjj")})
    receiver.status = HTTPStatus.NOT_FOUND
    deliver_messages(walk.place)
    refused, notice = messages_of(walk.place)
    assert (refused.status, refused.attempts) == (Delivery.GIVEN_UP, 1)
    assert "404" in refused.last_error
    assert notice.kind == "given_up"


def test_a_notice_that_is_given_up_raises_no_other(walk: Walk, receiver: JsonReceiver) -> None:
    """The bureau's own channel is wrong: it is noted in the ledger, and that is the end of it."""
    walk.to(Step.RECEIPT)
    write_channels(walk.place, {"ZJJ": receiver.url("zjj"), "FGJ": receiver.url("fgj")})
    receiver.status = HTTPStatus.NOT_FOUND
    for _ in range(3):
        deliver_messages(walk.place)
    assert [message.status for message in messages_of(walk.place)] == [Delivery.GIVEN_UP] * 2
    assert [entry.kind for entry in ledger_of(walk.place, walk.number)][-2:] == ["message_given_up"] * 2


def test_a_person_sends_a_message_again(walk: Walk, clock: Clock, receiver: JsonReceiver) -> None:
    """By name and noted in the ledger; what waits anyway is refused."""
    walk.to(Step.RECEIPT)
    write_channels(walk.place, {"ZJJ": receiver.url("zjj")})
    with pytest.raises(ConflictError):
        send_again(walk.place, only_message(walk.place).id or 0, PERSON, clock())
    receiver.status = HTTPStatus.NOT_FOUND
    deliver_messages(walk.place)
    receiver.status = HTTPStatus.OK
    wanted = messages_of(walk.place)[0].id or 0
    send_again(walk.place, wanted, PERSON, clock())
    assert deliver_messages(walk.place, message_id=wanted) == DeliveryReport(handed_over=1)
    assert messages_of(walk.place)[0].status is Delivery.HANDED_OVER
    last = ledger_of(walk.place, walk.number)[-1]
    assert (last.kind, last.actor) == ("message_resent", f"发改局 {PERSON}")
    with pytest.raises(NotFound):
        send_again(walk.place, 999, PERSON, clock())
    with pytest.raises(RuleViolation):
        send_again(walk.place, wanted, " ", clock())


def test_a_deliverer_killed_after_sending_sends_once_more(
    walk: Walk, clock: Clock, receiver: JsonReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can know whether it was sent: the same text goes out again, and is never lost (ADR-0012)."""

    def killed(*_: object) -> None:
        raise SystemExit

    walk.to(Step.RECEIPT)
    write_channels(walk.place, {"ZJJ": receiver.url("zjj")})
    with monkeypatch.context() as patch:
        patch.setattr("tasks.delivery.sending._settle", killed)
        with pytest.raises(SystemExit):
            deliver_messages(walk.place)
    assert (only_message(walk.place).status, len(receiver.received)) == (Delivery.SENDING, 1)
    clock.now += LEASE
    reports = at_once(lambda: deliver_messages(walk.place), threads=2)
    assert sum(report.handed_over for report in reports if isinstance(report, DeliveryReport)) == 1
    assert only_message(walk.place).status is Delivery.HANDED_OVER
    assert receiver.received[0] == receiver.received[1]
    assert len(receiver.received) == 2


def test_a_mail_brings_its_document(walk: Walk) -> None:
    """As a PDF under its number, rendered on the way, stored by its digest and listed in the ledger."""
    walk.to(Step.RECEIPT)
    with mail_receiver() as mailbox:
        write_channels(walk.place, {"ZJJ": mailbox.url("zjj@example.org")})
        assert deliver_messages(walk.place) == DeliveryReport(handed_over=1)
        (mail,) = mailbox.mails
    parts = [part.get_content_type() for part in mail.walk()]
    assert {"text/plain", "text/html", "application/pdf"} <= set(parts)
    (paper,) = mail.iter_attachments()
    assert paper.get_filename() == "侯发改移函〔2026〕1号 移交函.pdf"
    content = paper.get_content()
    assert content.startswith(b"%PDF-")
    entry = ledger_of(walk.place, walk.number)[-1]
    assert (entry.kind, entry.detail["pdf_sha256"]) == (
        "document_rendered", hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
    assert blob_path(walk.place.home / "documents", entry.detail["pdf_sha256"]).read_bytes() == content
    assert render_leftovers(walk.place, walk.clock()) == 0


def test_a_document_that_cannot_be_stored_is_tried_again(
    walk: Walk, clock: Clock, receiver: JsonReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: nothing half is left, nobody gets a letter without its paper, and later it goes out."""

    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    walk.to(Step.RECEIPT)
    write_channels(walk.place, {"ZJJ": receiver.url("zjj")})
    for times, place in enumerate(
        ("tasks.store.blobs.os.fsync", "tasks.documents.rendered.TemporaryDirectory")
    ):
        with monkeypatch.context() as patch:
            patch.setattr(place, full)
            report = deliver_messages(walk.place)
        assert (report.failed, receiver.received) == (1, [])
        assert_is_one_sentence(report.reason)
        assert (list((walk.place.home / "documents").iterdir()) == []) is (times == 0)
        clock.now += RETRY_AFTER[times]
    assert deliver_messages(walk.place) == DeliveryReport(handed_over=1)


def test_the_patrol_renders_what_was_never_sent(walk: Walk, clock: Clock) -> None:
    """Without any channel every document has its files all the same, each once."""
    walk.to_closure()
    assert render_leftovers(walk.place, clock()) == 3
    before = contents(walk.place)
    assert render_leftovers(walk.place, clock()) == 0
    assert contents(walk.place) == before


def test_a_message_whose_document_was_withdrawn_is_not_sent(
    walk: Walk, clock: Clock, receiver: JsonReceiver
) -> None:
    """The letter was wrong: whoever withdrew it is told that its message stayed behind."""
    walk.to(Step.RECEIPT)
    write_channels(walk.place, {"ZJJ": receiver.url("zjj")})
    with walk.place.writing() as session:
        letter = find_document(session, only_message(walk.place).document_number or "")
        withdraw(session, letter, "线索登记有误", PERSON, clock())
    deliver_messages(walk.place)
    stopped, notice = messages_of(walk.place)
    assert (stopped.status, receiver.received) == (Delivery.GIVEN_UP, [])
    assert "已撤回（线索登记有误）" in notice.body
    write_channels(walk.place, {"FGJ": receiver.url("fgj")})
    assert deliver_messages(walk.place) == DeliveryReport(handed_over=1)
