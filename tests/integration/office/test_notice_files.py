"""Files with a year's notice that are wrong: refused in one sentence that names the place."""

import re
from datetime import date
from pathlib import Path

import pytest
from harness.wording import assert_is_one_sentence

from models.errors import InputError, NotFound
from tasks.office.notice_files import read_days

HEADING = "date,kind,festival\n"
YEAR = "2027-01-01,rest,元旦\n2027-05-01,rest,劳动节\n2027-10-01,rest,国庆节\n"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("n.csv", "", "缺少列：date、kind、festival"),
        ("n.csv", "日期,安排,节日\n", "缺少列：date、kind、festival"),
        ("n.csv", "date,kind,festival,note\n2027-01-01,rest,元旦,周五\n", "第2行：未知的列 note"),
        ("n.csv", f"{HEADING}{YEAR}2027-02-06,假,春节\n", "第5行 kind：应为 rest"),
        ("n.csv", f"{HEADING}{YEAR}2027-02-30,rest,春节\n", "第5行：日期“2027-02-30”无法识别"),
        ("n.csv", f"{HEADING}{YEAR}2月6日,rest,春节\n", "第5行：日期“2月6日”无法识别"),
        ("n.csv", f"{HEADING}{YEAR}2027-05-01,rest,劳动节\n", "第5行：2027-05-01 出现了不止一次"),
        ("n.csv", f"{HEADING}2027-01-01,rest,元旦\n2027-05-01,rest,劳动节\n", "缺少10月的法定节假日"),
        ("n.csv", f"{HEADING}{YEAR}2027-02-03,work,春节\n", "2027-02-03（星期三）本是工作日"),
        ("n.csv", HEADING, "没有任何日期"),
        ("n.json", "[{", "不是有效的 JSON（第1行）"),
        ("n.json", '{"date": "2027-01-01"}', "应为对象的列表"),
        ("n.json", '[{"date": "2027-01-01", "kind": "rest", "节日": "元旦"}]', "未知的列 节日"),
        ("n.json", "[]", "没有任何日期"),
    ],
)  # fmt: skip
def test_a_wrong_notice_is_refused(tmp_path: Path, name: str, text: str, says: str) -> None:
    """Nothing of such a file is imported."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(says)) as caught:
        read_days(tmp_path / name, None).whole_years()
    assert_is_one_sentence(str(caught.value))


def test_days_of_another_year_do_not_belong_to_a_notice(tmp_path: Path) -> None:
    """A mistyped year is found when the year of the notice is given."""
    (tmp_path / "n.csv").write_text(f"{HEADING}{YEAR}2030-01-01,rest,元旦\n", encoding="utf-8")
    with pytest.raises(InputError, match="出现了 2030-01-01，请核对年份") as caught:
        read_days(tmp_path / "n.csv", 2027).whole_years()
    assert_is_one_sentence(str(caught.value))


def test_an_unreadable_file_is_told_as_such(tmp_path: Path) -> None:
    """Missing or in an unknown encoding: the sentence names the file."""
    with pytest.raises(NotFound, match=r"n\.csv") as missing:
        read_days(tmp_path / "n.csv", None).whole_years()
    (tmp_path / "n.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"n\.csv 的编码无法识别") as unknown:
        read_days(tmp_path / "n.csv", None).whole_years()
    for caught in (missing, unknown):
        assert_is_one_sentence(str(caught.value))


def test_a_notice_is_read_as_chinese_office_programs_save_it(tmp_path: Path) -> None:
    """In GB18030, with the dates as Excel shows them."""
    text = (HEADING + YEAR).replace("-0", "/").replace("-", "/")
    (tmp_path / "n.csv").write_text(text, encoding="gb18030")
    (notice,) = read_days(tmp_path / "n.csv", None).whole_years()
    assert sorted(notice.days) == [date(2027, 1, 1), date(2027, 5, 1), date(2027, 10, 1)]
    assert notice.days[date(2027, 1, 1)].festival == "元旦"
