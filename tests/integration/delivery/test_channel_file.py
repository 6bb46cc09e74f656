"""The channel file: what is wrong in it is told with its line, and no secret of it is shown."""

import logging
from pathlib import Path

import pytest
from fakes.channel_files import PASSWORD, TOKEN, write
from harness.wording import assert_is_one_sentence

from models.errors import InputError
from notifications.channels.handing_over import check_channels, describe_channels, open_channels

# Apprise imports a module that Python 3.11 announces the end of; it does without it on newer versions.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

EXAMPLE = Path(__file__).parents[3] / "examples" / "channels.yaml"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The channel file."""
    return tmp_path / "channels.yaml"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (f"nonsense://{TOKEN}", "第 2 行：不认识渠道类型 nonsense://，"),
        (f"WeCom://corp/{TOKEN}/agent", "第 2 行：使用了 wecom://，"),
        (f"zero137wecombot://{TOKEN}", "第 2 行：不认识渠道类型 zero137wecombot://，"),
        (
            f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={TOKEN}",
            "第 2 行：不认识渠道类型 https://，",
        ),
        (f"dingtalk://{TOKEN}-{TOKEN}", "第 2 行：dingtalk:// 的地址不完整或写法不对，"),
        (f"wecombot://{TOKEN}?api=http://example.org", "第 2 行：wecombot:// 的地址不完整或写法不对，"),
        ("mailto://127.0.0.1", "第 2 行：mailto:// 的地址不完整或写法不对，"),
        ("mailto://127.0.0.1?from=fgj@example.org&to=zjj", "第 2 行：mailto:// 的地址不完整或写法不对，"),
        (TOKEN, "第 2 行：不是渠道地址，"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_its_line(
    path: Path, caplog: pytest.LogCaptureFixture, address: str, told: str
) -> None:
    """In one sentence, without the secret it may hold; Apprise's own lines about it go nowhere."""
    write(path, address)
    with caplog.at_level(logging.DEBUG, "apprise"), pytest.raises(InputError) as raised:
        open_channels(path)
    assert str(raised.value).startswith(f"渠道配置 channels.yaml {told}")
    assert_is_one_sentence(str(raised.value))
    assert TOKEN not in str(raised.value) + caplog.text


def test_check_finds_everything_at_once(path: Path) -> None:
    """Each with its line, whether messages stay behind for it, and one sentence."""
    path.write_text(
        "# REPLACE in a comment is none\n"
        "urls:\n"
        "  - nonsense://somewhere: {tag: ZJJ}\n"
        "  - wecom://a/b/c: {tag: ZJJ}\n"
        "  - wecombot://REPLACE-WITH-ROBOT-KEY:\n"
        "      tag: ZJJ, ZJJ-leader, SSS\n"
        "  - mailto://127.0.0.1?from=a@example.org:\n"
        "      - to: b@example.org\n"
        "        tag: JTJ-leader\n",
        encoding="utf-8",
    )
    faults = check_channels(path, {"ZJJ": "住建局", "JTJ": "交通局"})
    assert [(fault.line, fault.fatal, fault.reason[:8]) for fault in faults] == [
        (3, True, "不认识渠道类型 "),
        (4, True, "使用了 weco"),
        (5, True, "仍是示例中的占位"),
        (5, False, "标签 SSS 不"),
        (None, True, "交通局（JTJ）"),
    ]
    assert all(fault.reason.endswith("。") for fault in faults)


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"\xff\xfe",
        b"",
        b"urls: []\n",
        b"urls: {}\n",
        b"{{{",
        b"- a\n",
        b"include: x.yaml\nurls: [json://a]\n",
    ],
)
def test_a_file_that_cannot_be_used_is_one_fault(path: Path, content: bytes | None) -> None:
    """Missing, not UTF-8, empty, not YAML, or spread over other files: not a list of every unit."""
    if content is not None:
        path.write_bytes(content)
    (fault,) = check_channels(path, {"ZJJ": "住建局"})
    assert fault.fatal
    assert_is_one_sentence(fault.reason)


def test_the_example_lacks_nothing_but_real_values() -> None:
    """Its placeholders are all that is wrong with it."""
    codes = dict.fromkeys(["ZJJ", "SCJG", "XSPJ", "JTJ", "FGJ", "GXJ"], "单位")
    assert {fault.reason for fault in check_channels(EXAMPLE, codes)} == {
        "仍是示例中的占位符（REPLACE…），请换成真实的值。"
    }


def test_channels_are_shown_without_secrets(path: Path) -> None:
    """Tags, the kind in Chinese, and the address masked."""
    addresses = [
        f"wecombot://{TOKEN}?api=https://wwlocal.example.org",
        f"dingtalk://{PASSWORD}@{TOKEN}",
        f"feishu://{TOKEN}",
        f"lark://{TOKEN}",
        f"mailtos://fgj:{PASSWORD}@smtp.example.org?from=fgj@example.org&to=zjj@example.org",
        f"jsons://fgj:{PASSWORD}@sms.example.org/send?+X-Token={TOKEN}&:key={TOKEN}",
    ]
    write(path, *addresses, tag="[ZJJ, JTJ]")
    channels = open_channels(path)
    assert channels is not None
    rows = describe_channels(channels)
    assert {row.tags for row in rows} == {("JTJ", "ZJJ")}
    assert [row.kind for row in rows] == [
        "企业微信群机器人", "钉钉群机器人", "飞书群机器人", "Lark 群机器人", "电子邮件", "HTTP",
    ]  # fmt: skip
    assert [row.address.partition("://")[0] for row in rows] == [url.partition("://")[0] for url in addresses]
    assert rows[0].address == "wecombot://5...0/?api=https://wwlocal.example.org"
    assert rows[2].address == "feishu://5...0"
    assert not [row for row in rows if TOKEN in row.address or PASSWORD in row.address]
