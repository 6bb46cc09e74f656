"""Channels hand letters over to real local servers, and tell failures that pass from those that stay."""

import base64
import hashlib
import hmac
import logging
import re
from collections.abc import Iterator
from email.header import decode_header, make_header
from http import HTTPStatus
from pathlib import Path

import pytest
from fakes.channel_files import PASSWORD, TOKEN, write
from fakes.receivers import (
    JsonReceiver,
    MailReceiver,
    Platform,
    chat_platform,
    free_port,
    json_receiver,
    mail_receiver,
    silent_receiver,
)
from harness.wording import assert_is_one_sentence

from models.errors import DeliveryError, NoChannelError
from notifications.channels.handing_over import hand_over, open_channels

# Apprise imports a module that Python 3.11 announces the end of; it does without it on newer versions.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SUBJECT = "【移交】侯线〔2026〕1号 请于 2026-11-24（星期二） 前签收"
BODY = "住房和城乡建设局：\n请于期限内签收。逾期将逐级提醒。"
PATHS = {
    "wecombot": "/cgi-bin/webhook/send",
    "dingtalk": "/robot/send",
    "feishu": f"/open-apis/bot/v2/hook/{TOKEN}",
    "lark": f"/open-apis/bot/v2/hook/{TOKEN}",
}
ROBOTS = tuple(PATHS)


@pytest.fixture
def platform() -> Iterator[Platform]:
    """A chat platform on this machine."""
    with chat_platform() as running:
        yield running


@pytest.fixture
def mailbox() -> Iterator[MailReceiver]:
    """A mail server on this machine."""
    with mail_receiver() as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[JsonReceiver]:
    """A receiver of JSON messages on this machine."""
    with json_receiver() as running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The channel file."""
    return tmp_path / "channels.yaml"


def hand(path: Path, *, body: str = BODY, html: str = "", files: tuple[Path, ...] = ()) -> None:
    """Hand a letter to whatever the file names."""
    channels = open_channels(path)
    assert channels is not None
    hand_over(channels, ["ZJJ"], SUBJECT, body, html=html, attachments=files)


def failure(path: Path, caplog: pytest.LogCaptureFixture) -> DeliveryError:
    """Return why a letter was not taken: one sentence, and no secret there or in any log."""
    with caplog.at_level(logging.WARNING), pytest.raises(DeliveryError) as raised:
        hand(path)
    assert_is_one_sentence(str(raised.value))
    for told in (str(raised.value), caplog.text):
        assert TOKEN not in told
        assert PASSWORD not in told
    return raised.value


@pytest.mark.parametrize("schema", ROBOTS)
def test_a_robot_gets_subject_and_text(path: Path, platform: Platform, schema: str) -> None:
    """As each platform wants them, at the path of its public host."""
    write(path, platform.url(schema, TOKEN))
    hand(path)
    (post,) = platform.posts
    assert (post.path, post.text) == (PATHS[schema], f"{SUBJECT}\n{BODY}")
    assert post.message.get("msgtype") or post.message.get("msg_type") == "text"


@pytest.mark.parametrize(
    ("schema", "answer", "told", "retryable"),
    [
        ("wecombot", {"errcode": 93000, "errmsg": "invalid url"}, "企业微信返回 93000：invalid url。", False),
        ("wecombot", {"errcode": 45009, "errmsg": "api freq out of limit"}, "企业微信返回 45009", True),
        ("wecombot", {"errcode": -1, "errmsg": "system busy"}, "企业微信返回 -1", True),
        ("dingtalk", {"errcode": 310000, "errmsg": "不匹配。\n请检查。"}, "310000：不匹配； 请检查。", False),
        ("dingtalk", {"errcode": 130101, "errmsg": "send too fast"}, "钉钉返回 130101", True),
        ("dingtalk", {"errcode": 660026, "errmsg": "limit"}, "钉钉返回 660026", True),
        ("feishu", {"code": 19001, "msg": f"{TOKEN} invalid"}, "飞书返回 19001：**** invalid。", False),
        ("feishu", {"StatusCode": 19002, "StatusMessage": "params"}, "飞书返回 19002：params。", False),
        ("feishu", {"code": 11232, "msg": "frequency limited"}, "飞书返回 11232", True),
        ("lark", {"code": 9499, "msg": "too many request"}, "Lark返回 9499", True),
        ("lark", {"code": 19024, "msg": "Key Words Not Found"}, "Lark返回 19024", False),
        ("wecombot", "<html>请登录上网</html>", "企业微信的应答无法识别", True),
        ("feishu", "", "飞书的应答无法识别", True),
        ("dingtalk", {}, "钉钉的应答无法识别", True),
        ("dingtalk", [0], "钉钉的应答无法识别", True),
    ],
)  # fmt: skip
def test_http_200_with_an_error_code_is_a_failure(
    path: Path, platform: Platform, caplog: pytest.LogCaptureFixture,
    schema: str, answer: object, told: str, retryable: bool,
) -> None:  # fmt: skip
    """Told with the platform's code and text; only limits, a busy platform and no answer at all may pass."""
    platform.answer = answer
    write(path, platform.url(schema, TOKEN))
    error = failure(path, caplog)
    assert told in str(error)
    assert error.retryable is retryable
    assert len(platform.posts) == 1


@pytest.mark.parametrize("schema", ROBOTS)
@pytest.mark.parametrize(
    ("status", "retryable"), [(500, True), (503, True), (429, True), (408, True), (404, False), (302, False)]
)
def test_an_http_status_tells_whether_to_try_again(
    path: Path,
    platform: Platform,
    caplog: pytest.LogCaptureFixture,
    schema: str,
    status: int,
    retryable: bool,
) -> None:
    """Even where the body pretends that all is well."""
    platform.status = status
    write(path, platform.url(schema, TOKEN))
    error = failure(path, caplog)
    assert f"返回 HTTP {status}。" in str(error)
    assert error.retryable is retryable


def test_an_error_code_tells_more_than_an_http_status(
    path: Path, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    """Feishu answers some mistakes with HTTP 400, and its limits too."""
    platform.status, platform.answer = 400, {"code": 19001, "msg": "incoming webhook access token invalid"}
    write(path, platform.url("feishu", TOKEN))
    error = failure(path, caplog)
    assert (str(error), error.retryable) == ("飞书返回 19001：incoming webhook access token invalid。", False)
    platform.answer = {"code": 11232, "msg": "frequency limited"}
    assert failure(path, caplog).retryable


@pytest.mark.parametrize("schema", ROBOTS)
def test_a_platform_that_is_away_slow_or_breaks_off_is_tried_again(
    path: Path, platform: Platform, caplog: pytest.LogCaptureFixture, schema: str
) -> None:
    """Nobody listens, the connection is reset, or the answer takes longer than the attempt may."""
    write(path, f"{schema}://{TOKEN}?api=http://127.0.0.1:{free_port()}")
    assert failure(path, caplog).retryable
    write(path, platform.url(schema, TOKEN))
    platform.resets = True
    assert "连接失败或中断" in str(failure(path, caplog))
    platform.resets, platform.seconds = False, 0.6
    error = failure(path, caplog)
    assert "未在规定时间内应答" in str(error)
    assert error.retryable


@pytest.mark.parametrize(("schema", "limit"), [("wecombot", 2_048), ("dingtalk", 20_000), ("feishu", 20_000)])
def test_a_long_text_is_shortened_by_bytes(path: Path, platform: Platform, schema: str, limit: int) -> None:
    """At the end of a sentence, with where to read the rest; subject and text are counted together."""
    write(path, platform.url(schema, TOKEN))
    hand(path, body="请按时反馈核查结论。" * 1_000)
    text = platform.posts[0].text
    assert limit - 40 < len(text.encode()) <= limit
    assert text.startswith(SUBJECT)
    assert text.endswith("结论。……（全文见邮件或向发展改革部门索取）")


def test_a_dingtalk_robot_is_signed(path: Path, platform: Platform) -> None:
    """The signature arrives as the platform computes it."""
    write(path, platform.url("dingtalk", f"{PASSWORD}@{TOKEN}"))
    hand(path)
    query = platform.posts[0].query
    (timestamp,), (sign,) = query["timestamp"], query["sign"]
    expected = hmac.digest(PASSWORD.encode(), f"{timestamp}\n{PASSWORD}".encode(), hashlib.sha256)
    assert base64.b64decode(sign) == expected
    assert query["access_token"] == [TOKEN]


def test_mail_carries_text_html_and_files(path: Path, mailbox: MailReceiver, tmp_path: Path) -> None:
    """All of it in Chinese, names of files included."""
    letter = tmp_path / "关于移交问题线索的函（侯线〔2026〕1号）.pdf"
    letter.write_bytes(b"%PDF-1.7 \x00\xff")
    write(path, mailbox.url("zjj@example.org"))
    hand(path, html="<p>请于期限内<b>签收</b>。</p>", files=(letter,))
    (mail,) = mailbox.mails
    assert (mail["Subject"], mail["To"], mail["From"]) == (SUBJECT, "zjj@example.org", "fgj@example.org")
    assert mail["Date"]
    assert mail["Message-ID"]
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == BODY.splitlines()
    assert html.get_content().strip() == "<p>请于期限内<b>签收</b>。</p>"
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == (letter.name, "application/pdf")
    # QQ Mail and older Outlook read this one, word for word.
    header = next(value for name, value in file.raw_items() if name == "Content-Type")
    (quoted,) = re.findall(r'name="([^"]*)"', str(header), re.DOTALL)
    assert str(make_header(decode_header(quoted))) == letter.name
    assert file.get_content() == b"%PDF-1.7 \x00\xff"


def test_a_robot_gets_no_files(path: Path, platform: Platform, tmp_path: Path) -> None:
    """Nor HTML: the text alone, and a file that is missing does not matter to it."""
    write(path, platform.url("wecombot", TOKEN))
    hand(path, html="<p>签收</p>", files=(tmp_path / "没有.pdf",))
    assert platform.posts[0].text == f"{SUBJECT}\n{BODY}"


def test_a_missing_file_is_named(path: Path, mailbox: MailReceiver, tmp_path: Path) -> None:
    """The mail does not go out without it."""
    write(path, mailbox.url("zjj@example.org"))
    with pytest.raises(DeliveryError, match=r"附件 没有\.pdf 无法读取。"):
        hand(path, files=(tmp_path / "没有.pdf",))
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("reply", "retryable"), [("550 5.1.1 No such user", False), ("451 4.7.1 Try again later", True)]
)
def test_a_refused_mailbox_tells_whether_to_try_again(
    path: Path, mailbox: MailReceiver, caplog: pytest.LogCaptureFixture, reply: str, retryable: bool
) -> None:
    """5xx stays, 4xx may pass: for the recipient and for the mail itself."""
    write(path, mailbox.url("zjj@example.org"))
    mailbox.refused = {"zjj@example.org": reply}
    error = failure(path, caplog)
    assert f"邮件服务器返回 {reply[:3]}：" in str(error)
    assert error.retryable is retryable
    mailbox.refused, mailbox.data_reply = {}, reply
    assert failure(path, caplog).retryable is retryable


def test_a_mail_server_that_is_away_is_tried_again(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody listens, or the server says nothing."""
    write(path, MailReceiver(free_port()).url("zjj@example.org"))
    assert failure(path, caplog).retryable
    with silent_receiver() as port:
        write(path, f"{MailReceiver(port).url('zjj@example.org')}&cto=0.3")
        error = failure(path, caplog)
    assert str(error) == "邮件服务器未在规定时间内应答。"
    assert error.retryable


@pytest.mark.parametrize("wrong", ["&+Subject=two", f"&+X-Note={PASSWORD}%0Ainjected"])
def test_a_mail_that_cannot_be_written_is_given_up(
    path: Path, mailbox: MailReceiver, caplog: pytest.LogCaptureFixture, wrong: str
) -> None:
    """Headers of the address that contradict the mail: no attempt will mend them."""
    write(path, mailbox.url("zjj@example.org") + wrong)
    assert not failure(path, caplog).retryable
    assert mailbox.mails == []


def test_a_refused_login_stays_refused(
    path: Path, mailbox: MailReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    """Told without the password."""
    write(path, mailbox.url("zjj@example.org", login=f"fgj:{PASSWORD}@"))
    error = failure(path, caplog)
    assert "邮件服务器返回 535" in str(error)
    assert not error.retryable


def test_one_refused_mailbox_of_two_is_not_sent_to_again(path: Path, mailbox: MailReceiver) -> None:
    """The other has the mail: it counts as handed over."""
    mailbox.refused = {"old@example.org": "550 gone"}
    write(path, mailbox.url("zjj@example.org,old@example.org"))
    hand(path)
    assert [got.address for got in mailbox.received] == ["zjj@example.org"]


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(HTTPStatus.NOT_FOUND, False), (HTTPStatus.TOO_MANY_REQUESTS, True), (HTTPStatus.BAD_GATEWAY, True)],
)
def test_a_gateway_answers_with_its_status(
    path: Path, receiver: JsonReceiver, caplog: pytest.LogCaptureFixture, status: HTTPStatus, retryable: bool
) -> None:
    """As JSON over HTTP; nothing of the address is told."""
    receiver.status = status
    write(path, f"{receiver.url('sms')}?+X-Token={TOKEN}")
    error = failure(path, caplog)
    assert str(error) == f"HTTP渠道返回 HTTP {status.value}。"
    assert error.retryable is retryable


def test_a_gateway_that_is_away_is_tried_again(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody listens, or nobody answers in time."""
    with silent_receiver() as port:
        for address in (free_port(), port):
            write(path, f"json://fgj:{PASSWORD}@127.0.0.1:{address}/sms?rto=0.3")
            error = failure(path, caplog)
            assert str(error) == "HTTP渠道连接失败或未在规定时间内应答。"
            assert error.retryable


def test_what_one_address_took_is_not_sent_again(
    path: Path, platform: Platform, mailbox: MailReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    """It counts as handed over, and a warning names the kind of channel that failed."""
    platform.answer = {"errcode": 93000, "errmsg": "invalid webhook url"}
    write(path, platform.url("wecombot", TOKEN), mailbox.url("zjj@example.org"))
    with caplog.at_level(logging.WARNING):
        hand(path)
    assert len(mailbox.mails) == 1
    assert "企业微信群机器人" in caplog.text
    assert TOKEN not in caplog.text


def test_where_every_address_fails_one_that_may_recover_is_enough_to_try_again(
    path: Path, platform: Platform, mailbox: MailReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    """Every reason is told; given up only where all refused for good."""
    platform.answer = {"errcode": 93000, "errmsg": "invalid webhook url"}
    mailbox.refused = {"zjj@example.org": "451 later"}
    write(path, platform.url("wecombot", TOKEN), mailbox.url("zjj@example.org"))
    error = failure(path, caplog)
    assert (("93000" in str(error)), "451" in str(error), error.retryable) == (True, True, True)
    mailbox.refused = {"zjj@example.org": "550 gone"}
    assert not failure(path, caplog).retryable


def test_a_tag_without_an_address_is_named(path: Path, platform: Platform) -> None:
    """The last of the tags that were looked for."""
    write(path, platform.url("wecombot", TOKEN))
    channels = open_channels(path)
    assert channels is not None
    with pytest.raises(NoChannelError, match="标签为 SCJG 的地址"):
        hand_over(channels, ["SCJG-leader", "SCJG"], SUBJECT, BODY)
    assert open_channels(path.with_name("none.yaml")) is None


def test_apprise_s_own_plugins_stay_as_they_are(path: Path, platform: Platform) -> None:
    """Ours stand beside them: others in this process get what Apprise ships."""
    from apprise import Apprise
    from apprise.plugins.wecombot import NotifyWeComBot

    write(path, platform.url("wecombot", TOKEN))
    ours = open_channels(path)
    assert ours is not None
    assert type(Apprise.instantiate(f"wecombot://{TOKEN}")) is NotifyWeComBot
    assert ours.notify(body=BODY, title=SUBJECT, tag="ZJJ")
    assert BODY in platform.posts[0].text
    platform.answer = {"errcode": 93000, "errmsg": "invalid webhook url"}
    again = open_channels(path)
    assert again is not None
    assert not again.notify(body=BODY, title=SUBJECT, tag="ZJJ")
