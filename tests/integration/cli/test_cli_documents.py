"""Commands for documents, channels and messages: what a person types and reads."""

import json
from pathlib import Path

import pytest
from fakes.receivers import json_receiver
from harness.command_line import Terminal

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def transferred(terminal: Terminal) -> str:
    """A lead whose transfer letter was issued."""
    added = terminal.json("lead", "add", "--title", "要求在本地设立子公司", "--facts", "清单之外的条件。")
    assert isinstance(added, dict)
    number = str(added["number"])
    terminal.advance(number)
    terminal.text("answer", number, "移交", "--by", "发改局/经办人", "--authority", "住建局")
    terminal.advance(number)
    return number


def test_a_letter_is_listed_shown_and_saved(terminal: Terminal, transferred: str, tmp_path: Path) -> None:
    """By its number or by G and its row; saved as PDF and DOCX under its own name, listed in the ledger."""
    (row,) = json.loads(terminal.text("document", "list", "--lead", transferred, "--json"))
    assert row["kind"] == "transfer_letter"
    shown = terminal.text("document", "show", row["number"])
    assert "关于移交问题线索" in shown
    assert "特此函达。" in shown
    saved = [Path(path) for path in json.loads(
        terminal.text("document", "render", f"G{row['id']}", "--to", str(tmp_path / "函"), "--json")
    )]  # fmt: skip
    assert [path.name for path in saved] == [f"{row['number']} 移交函.pdf", f"{row['number']} 移交函.docx"]
    assert saved[0].read_bytes().startswith(b"%PDF-")
    assert saved[1].read_bytes().startswith(b"PK")
    story = terminal.text("lead", "show", transferred)
    assert f"生成移交函 {row['number']} 的文件" in story
    terminal.text("document", "render", row["number"], "--to", str(tmp_path / "函"))


def test_a_consultation_letter_is_sent_to_several_units(terminal: Terminal, transferred: str) -> None:
    """One letter, one message for each unit; and it can be withdrawn with its reason."""
    terminal.text(
        "document", "consult", transferred, "--to", "市场监管局", "--to", "XSPJ",
        "--question", "是否有同类要求？",
        "--reply-by", "2099-12-30", "--person", "经办人",
    )  # fmt: skip
    letter = json.loads(terminal.text("document", "list", "--kind", "征询函", "--json"))[0]
    assert letter["content"]["recipient"] == "侯马市市场监督管理局、侯马市行政审批服务管理局"
    found = json.loads(terminal.text("messages", "list", "--json"))
    told = [message for message in found if message["kind"] == "consultation"]
    assert {message["unit_code"] for message in told} == {"SCJG", "XSPJ"}
    assert {message["document_number"] for message in told} == {letter["number"]}
    shown = terminal.text("messages", "show", str(told[0]["id"]))
    assert letter["number"] in shown
    terminal.text("document", "withdraw", letter["number"], "--reason", "事项有误", "--person", "经办人")
    assert "已撤回" in terminal.text("document", "list")


def test_channels_are_checked_without_showing_secrets(terminal: Terminal, transferred: str) -> None:
    """Every address masked, every unit without one named; a test message reaches the unit."""
    with json_receiver() as receiver:
        address = f"json://user:top-secret@127.0.0.1:{receiver.port}/zjj"
        channels = terminal.home / "channels.yaml"
        channels.write_text(f"urls:\n  - {address}:\n      - tag: ZJJ\n", encoding="utf-8")
        told = terminal.text("channels", "check", "--send", "住建局")
        assert [got.subject for got in receiver.received] == ["【测试】渠道测试消息，请勿回复"]
    assert "top-secret" not in told
    assert "侯马市市场监督管理局（SCJG）没有地址" in told
    assert "侯马市住房和城乡建设管理局（ZJJ）" not in told
    assert transferred.startswith("L")
