"""The office's own wording: previewed, checked as a whole, and used; a lead's text is never executed."""

from pathlib import Path

import pytest
from conftest import Clock
from harness.command_line import Terminal
from harness.wording import assert_is_one_sentence
from walks.walking import Walk, messages_of, register_lead

from models.codes import Step
from models.errors import InputError, NotFound
from models.messages.kinds import MessageKind
from notifications.texts.rendering import render_mail
from notifications.texts.wording import check_wording, preview, preview_mail
from tasks.documents.issuing import documents_of
from tasks.workplace import Workplace

_RAISED = ("remind", "due_today", "urge", "supervise", "report")


@pytest.mark.parametrize("kind", sorted(MessageKind))
def test_every_message_says_which_lead_and_on_what_basis(kind: str) -> None:
    """The last line names the article; the number stands in the text; both forms say the same."""
    text = preview(kind, None)
    assert text.subject.startswith("【")
    assert text.body.splitlines()[-1].startswith("依据：") or "依据：" in text.body
    # The call for new cases is about none of those that are known.
    named = any(number in text.subject + text.body for number in ("侯线〔2026〕12号", "L2026-0012"))
    assert named or kind == "case_collection"
    html = preview_mail(kind, None)
    for line in text.body.splitlines():
        for part in line.split("：", 1):
            assert part.strip() in html


@pytest.mark.parametrize("kind", [*_RAISED, "transfer", "verify", "rectify", "return", "extension_request"])
def test_a_message_can_be_acted_on(kind: str) -> None:
    """Who owes what by when, with weekday and 暂定, and how to answer."""
    text = preview(kind, None)
    assert "2026-12-31（星期四，暂定）" in text.subject + text.body
    assert "方式：" in text.body or kind == "report"
    assert "侯马市住房和城乡建设管理局" in text.body


def test_html_escapes_whatever_a_lead_says() -> None:
    """Markup, scripts and template syntax are printed, never executed."""
    hostile = "<script>alert(1)</script>{{ 7*7 }}\"'&<img src=x onerror=y>"
    html = render_mail("verify", hostile, f"线索：{hostile}", "", None)
    assert "<script" not in html
    assert "<img" not in html
    assert "{{ 7*7 }}" in html
    assert "&lt;script&gt;" in html


def test_the_offices_own_words_go_before_the_packaged_ones(place: Workplace, clock: Clock) -> None:
    """One file replaces one template; the others stay."""
    place.templates_folder.mkdir()
    own = "【核查通知】{{ printed_number }}\n{{ unit }}：\n请核查。依据：{{ basis }}\n"
    (place.templates_folder / "verify.txt.j2").write_text(own, encoding="utf-8")
    assert check_wording(place.templates_folder) == ["verify.txt.j2"]
    walk = Walk(place, clock, place.home, register_lead(place, clock)).to(Step.VERIFY)
    subjects = [message.subject for message in messages_of(walk.place)]
    assert subjects[1] == "【核查通知】侯线〔2026〕1号"
    assert subjects[0].startswith("【移交】")


@pytest.mark.parametrize("folder", ["", "leads/"], ids=["flat", "in its room"])
def test_an_own_template_is_found_flat_and_in_its_room(place: Workplace, clock: Clock, folder: str) -> None:
    """An office that copied a file before there were rooms has it in the folder itself; both are served."""
    own = {
        "verify.txt.j2": "【核查通知】{{ printed_number }}\n请核查。\n",
        "verify.html.j2": "<p>本局样式：{{ subject }}</p>",
        "documents/transfer_letter.txt.j2": "关于移交的函\n请办理。\n",
    }
    for name, text in own.items():
        target = place.templates_folder / folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    assert check_wording(place.templates_folder) == sorted(f"{folder}{name}" for name in own)
    walk = Walk(place, clock, place.home, register_lead(place, clock)).to(Step.VERIFY)
    assert messages_of(walk.place)[1].subject == "【核查通知】侯线〔2026〕1号"
    with place.reading() as session:
        (letter,) = documents_of(session, walk.file().matter)
    assert letter.content["title"] == "关于移交的函"
    assert preview_mail("verify", place.templates_folder) == "<p>本局样式：【核查通知】侯线〔2026〕12号</p>"


def test_a_template_lies_in_one_place_only(tmp_path: Path) -> None:
    """Else nobody could say which of the two is sent."""
    (tmp_path / "ladder").mkdir()
    for name in ("urge.txt.j2", "ladder/urge.txt.j2"):
        (tmp_path / name).write_text("【催办】{{ printed_number }}", encoding="utf-8")
    with pytest.raises(InputError, match=r"urge\.txt\.j2 与 ladder/urge\.txt\.j2 是同一种") as told:
        check_wording(tmp_path)
    assert_is_one_sentence(str(told.value))


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("verify.txt.j2", "【核查】{{ unknown }}", "unknown"),
        ("verify.txt.j2", "【核查】\n{% if %}", "第2行"),
        ("verifi.txt.j2", "【核查】", "不对应任何自带模板"),
        ("documents/report.txt.j2", "报告\n请批示。", "请示"),
        ("verify.html.j2", "{{ nothing }}", "nothing"),
    ],
)
def test_a_wrong_template_is_named(tmp_path: Path, name: str, text: str, told: str) -> None:
    """Before anything starts: which file, which line, what is wrong."""
    target = tmp_path / name
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        check_wording(tmp_path)
    assert told in str(raised.value)
    assert Path(name).name in str(raised.value)
    assert_is_one_sentence(str(raised.value))


def test_a_kind_that_does_not_exist_is_refused() -> None:
    """With the names that do."""
    with pytest.raises(NotFound, match="verify"):
        preview("nonsense", None)


def test_messages_are_previewed_in_the_terminal(terminal: Terminal) -> None:
    """As text and as HTML, without a lead."""
    assert "verify" in terminal.text("messages", "preview").split()
    assert terminal.text("messages", "preview", "verify").startswith("【核查】侯线〔2026〕12号")
    assert "<h1" in terminal.text("messages", "preview", "verify", "--html")
