"""What is kept of the names people and attackers give to files, and what files are called when handed on."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.files.file_names import kept_name, safe_name

PDF = "application/pdf"
# Letters that matter to paths, devices and readers come up more often than by chance.
NAMES = st.text(
    st.one_of(st.characters(), st.sampled_from("./\\-~ \u3000:\u202e\u200d\0\ncon1甲乙é\u0301\U0001f4ce"))
)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("核查记录.pdf", "核查记录.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\某人\\桌面\\整改报告.docx", "整改报告.docx"),
        ("现场/照片/", "照片"),
        ("..", "未命名"),
        ("/", "未命名"),
        ("", "未命名"),
        ("\u200b\u202e", "未命名"),
        ("报告\u202efdp.exe", "报告fdp.exe"),
        ("换\n行\t\x1b[31m.txt", "换行[31m.txt"),
        ("e\u200b\u0301.pdf", "é.pdf"),
        ("  两端空白.pdf \u3000", "两端空白.pdf"),
        ("附件📎.pdf", "附件📎.pdf"),
        (".htaccess", ".htaccess"),
        ("甲" * 300 + ".pdf", "甲" * 196 + ".pdf"),
        ("甲" * 300, "甲" * 200),
        ("a." + "b" * 300, "a." + "b" * 198),
    ],
)
def test_a_name_is_kept_as_people_read_it(raw: str, kept: str) -> None:
    """The last component, composed, without what cannot be seen."""
    assert kept_name(raw) == kept


def test_a_name_from_a_chinese_windows_is_read() -> None:
    """An archive packed there holds names in GBK, which the file system hands over as surrogates."""
    assert kept_name("核查记录.pdf".encode("gbk").decode("utf-8", "surrogateescape")) == "核查记录.pdf"


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    """Nothing is guessed where no encoding fits; halves of characters are left out."""
    assert kept_name("a\udcff\udcff.pdf") == "a\ufffd\ufffd.pdf"
    assert kept_name("a\ud800.pdf") == "a.pdf"


@given(NAMES)
@example("甲" * 199 + " .pdf")
def test_a_kept_name_is_never_a_path(raw: str) -> None:
    """Whatever was handed in; and what was kept once is not changed again."""
    kept = kept_name(raw)
    assert 1 <= len(kept) <= 200
    assert not {"/", "\\"} & set(kept)
    assert kept.strip(".")
    assert kept == unicodedata.normalize("NFC", kept) == kept_name(kept)
    assert not {unicodedata.category(char) for char in kept} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("name", "media_type", "safe"),
    [
        ("核查记录.pdf", PDF, "核查记录.pdf"),
        ("核查记录.PDF", PDF, "核查记录.PDF"),
        ("安装程序.exe", PDF, "安装程序.exe.pdf"),
        ("报告", PDF, "报告.pdf"),
        ("../../x", "text/plain", "x.txt"),
        ("网页.html", "text/plain", "网页.html.txt"),
        ("明细.csv", "text/plain", "明细.csv"),
        ("照片.jpeg", "image/jpeg", "照片.jpeg"),
        ("CON.pdf", PDF, "_CON.pdf"),
        ("nul .tar.pdf", PDF, "_nul .tar.pdf"),
        ("com1", PDF, "_com1.pdf"),
        (".bashrc", "text/plain", "bashrc.txt"),
        ("-rf", "text/plain", "rf.txt"),
        ('问:"是|否"?*.pdf', PDF, "问__是_否___.pdf"),
        ("结尾. . .", "text/plain", "结尾.txt"),
        ("...", PDF, "未命名.pdf"),
        ("未知", "application/x-odd", "未知.bin"),
        ("甲" * 300 + ".pdf", PDF, "甲" * 65 + ".pdf"),
    ],
)
def test_a_file_is_handed_on_under_a_name_every_system_takes(name: str, media_type: str, safe: str) -> None:
    """Its suffix says what it is by content, and what stood there before stays visible."""
    assert safe_name(name, media_type) == safe


@given(NAMES, st.sampled_from([PDF, "text/plain", "image/jpeg", "application/x-odd"]))
def test_a_safe_name_names_a_file_in_any_folder(name: str, media_type: str) -> None:
    """No separator, no device, nothing hidden, no option of a command; and it is final."""
    safe = safe_name(name, media_type)
    assert len(safe.encode()) <= 200
    assert not set('<>:"/\\|?*\0') & set(safe)
    assert safe[0] not in ".-~ "
    assert safe[-1] not in ". "
    assert safe.split(".")[0].strip().upper() not in {"CON", "NUL", "COM1", "LPT9"}
    assert safe == safe_name(safe, media_type)
