"""Tables as offices really send them: what a person sees is what is registered, or it is said why not."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from openpyxl import Workbook
from walks.lead_tables import READ_AT, Reader, as_csv

from models.documents.vocabulary import SourceLevel
from models.errors import InputError
from models.files.headings import CellFault
from models.files.vocabulary import HiddenRows
from models.mechanisms.leads.intake import COLUMNS, IntakeDefaults
from models.office.policy import Policy
from tasks.mechanisms.leads.import_files import LeadTable, read_leads

HEAD = ["标题", "事实情况", "来源层级", "来文文号", "类别", "收到时间"]
FACTS = "招标文件设置了清单之外的准入条件。"
RECEIVED = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)


def book_of(*sheets: tuple[str, list[list[object]]]) -> Workbook:
    """Return a workbook with these sheets, row by row."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return book


def saved(book: Workbook) -> bytes:
    """Return a workbook as an office program saves it."""
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def rewritten(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Return a workbook with its parts changed."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(written, "w") as copy:
        for name in given.namelist():
            copy.writestr(name, change(name, given.read(name)))
    return written.getvalue()


def titles(found: LeadTable) -> list[str]:
    """Return the titles of the leads that can be registered."""
    return [draft.title for draft in found.drafts]


def test_a_merged_area_holds_for_all_its_rows(read: Reader) -> None:
    """One forwarding letter, three leads: source, number, category and date stand once."""
    rows = [
        HEAD,
        ["甲", FACTS, "省", "晋发改〔2026〕12号", "违规设置隐性壁垒", datetime(2026, 11, 20, 9, 30)],  # noqa: DTZ001 - a cell knows no zone
        ["乙", FACTS],
        ["丙", FACTS],
        [],
        ["丁", FACTS],
    ]
    book = book_of(("线索", rows))
    for column in "CDEF":
        book["线索"].merge_cells(f"{column}2:{column}5")
    found = read("线索.xlsx", saved(book))
    assert (titles(found), found.faults) == (["甲", "乙", "丙", "丁"], [])
    told = [(draft.source_level, draft.document_number, draft.received_at) for draft in found.drafts]
    assert told[:3] == [(SourceLevel.PROVINCIAL, "晋发改〔2026〕12号", RECEIVED)] * 3
    assert told[3] == (SourceLevel.NATIONAL, "", READ_AT)


def test_an_area_over_two_columns_is_not_guessed_at(read: Reader) -> None:
    """What stands in both of them may be meant for either."""
    book = book_of(("线索", [HEAD, ["甲", FACTS, "省", None]]))
    book["线索"].merge_cells("C2:D2")
    found = read("线索.xlsx", saved(book))
    assert found.faults == [CellFault(2, "来文文号", "单元格跨列合并，请拆分后分别填写")]


def test_every_visible_sheet_with_the_headings_is_read(read: Reader) -> None:
    """Those that were not read are named; a fault says in which sheet it is."""
    lead = ["甲", FACTS]
    book = book_of(
        ("说明", [["填报说明"], ["请如实填写"]]), ("十月", [HEAD[:2], lead]),
        ("旧表", [HEAD[:2], ["旧", FACTS]]),
        ("十一月", [HEAD[:2], ["乙", FACTS], ["", FACTS]]),
    )  # fmt: skip
    book["说明"].sheet_state = "hidden"
    book["旧表"].sheet_state = "veryHidden"
    found = read("线索.xlsx", saved(book))
    assert titles(found) == ["甲", "乙"]
    assert found.faults == [CellFault(3, "标题", "标题不能为空。", "十一月")]
    assert found.faults[0].place == "工作表“十一月” 第3行 标题"
    assert found.notes == ["未读取的工作表：“说明”（隐藏）、“旧表”（隐藏）。"]


@pytest.mark.parametrize(
    "heading",
    [
        ["标\n题", "事实 情况*", "来源\r\n层级", "来文文号（如有）", "类　别：", "收到 时间"],
        ["＊标题", "事实情况（必填）＊", "来源层级：", "来 文 文 号", "类别", "收到时间\t"],
    ],
)
def test_headings_are_compared_as_people_read_them(read: Reader, heading: list[object]) -> None:
    """Without blanks, breaks, full-width forms, remarks and marks around them."""
    row = ["甲", FACTS, "省", "晋发改〔2026〕12号", "违规设置隐性壁垒", "2026-11-20 09:30"]
    found = read("线索.xlsx", saved(book_of(("线索", [heading, row]))))
    (draft,) = found.drafts
    assert (draft.source_level, draft.received_at, found.unread_columns) == (
        SourceLevel.PROVINCIAL, RECEIVED, [],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "known"),
    [
        ("来源级别", "来源层级"),
        ("收到日期", "收到时间"),
        ("线索类别", "类别"),
        ("来源", "来源层级"),
        ("文号", "来文文号"),
    ],
)
def test_a_column_that_resembles_a_known_one_refuses_the_file(read: Reader, heading: str, known: str) -> None:
    """Its content would be replaced by a default; a column that resembles nothing is only named."""
    table = as_csv(["甲", FACTS, "省", "3"], heading=["标题", "事实情况", heading, "序号"])
    with pytest.raises(InputError, match=f"“{heading}”与“{known}”相近"):
        read("线索.csv", table)
    found = read("线索.csv", as_csv(["甲", FACTS, "3"], heading=["标题", "事实情况", "序号"]))
    assert (titles(found), found.unread_columns) == (["甲"], ["序号"])


def test_the_heading_is_looked_for_below_a_title(read: Reader) -> None:
    """A title over the whole table, a row of who filled it in, an empty one."""
    rows = [["侯马市问题线索登记表"], ["填报单位：", "市发展和改革局"], [], HEAD[:2], ["甲", FACTS],
            ["填报人：某", "审核人：某"], ["", FACTS]]  # fmt: skip
    book = book_of(("线索", rows))
    book["线索"].merge_cells("A1:F1")
    found = read("线索.xlsx", saved(book))
    assert (titles(found), [fault.row for fault in found.faults]) == (["甲"], [7])
    assert found.notes == ["文件 线索.xlsx 工作表“线索”第6行是落款或说明，已跳过。"]
    csv = "侯马市问题线索登记表,\n填报单位：,发改局\n标题,事实情况\n甲," + FACTS
    assert titles(read("线索.csv", csv.encode())) == ["甲"]


def test_what_a_program_escaped_is_read_as_meant(read: Reader) -> None:
    """A return is a line break, and the lead is the same as the one typed by hand."""
    written = read(
        "线索.xlsx", saved(book_of(("线索", [HEAD[:2], ["甲", "一、_x000D_\n二、_x005F_x000D_"]])))
    )
    typed = read("线索.csv", as_csv(["甲", "一、\n二、_x000D_"], heading=HEAD[:2]))
    assert written.drafts[0].facts == "一、\n二、_x000D_"
    assert written.drafts[0].fingerprint() == typed.drafts[0].fingerprint()


@pytest.mark.parametrize("number", [27, 31, 36, 50, 57, 58])
def test_the_date_formats_of_chinese_programs_are_dates(read: Reader, number: int) -> None:
    """Built-in formats that the library takes for numbers."""
    book = book_of(("线索", [HEAD, ["甲", FACTS, None, None, None, 46346.5]]))
    book["线索"]["F2"].number_format = "yyyy-mm-dd hh:mm"

    def change(name: str, part: bytes) -> bytes:
        if name != "xl/styles.xml":
            return part
        (custom,) = {*re.findall(rb'<numFmt numFmtId="(\d+)"', part)}
        return re.sub(rb'numFmtId="%b"' % custom, b'numFmtId="%d"' % number, part)

    found = read("线索.xlsx", rewritten(saved(book), change))
    assert found.drafts[0].received_at == datetime(2026, 11, 20, 4, 0, tzinfo=UTC), found.faults


def test_a_heading_in_the_midst_is_no_lead(read: Reader) -> None:
    """Where two files were joined it is skipped and told, with the mark of a file's beginning."""
    joined = (
        as_csv(["甲", FACTS], heading=HEAD[:2])
        + "\ufeff".encode()
        + as_csv(["乙\ufeff", FACTS], heading=HEAD[:2])
    )
    found = read("线索.csv", joined)
    assert titles(found) == ["甲", "乙"]
    assert found.notes == ["文件 线索.csv 第3行是重复的表头，已跳过。"]


def test_formulas_without_results_and_error_values_are_faults(read: Reader) -> None:
    """Neither a default nor ``#REF!`` becomes part of a lead."""
    book = book_of(("线索", [HEAD[:4], ["=A9", FACTS], ["甲", FACTS, "=C9"], ["#REF!", FACTS]]))
    book["线索"]["A4"].data_type = "e"
    found = read("线索.xlsx", saved(book))
    no_result = "公式没有计算结果，请用 Excel 或 WPS 打开并保存后再导入"
    assert found.faults == [
        CellFault(2, "标题", no_result), CellFault(3, "来源层级", no_result),
        CellFault(4, "标题", "单元格是公式错误值，请更正后重新保存"),
    ]  # fmt: skip


def test_hidden_rows_are_asked_about(
    read: Reader, policy: Policy, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A filtered-out row is neither registered nor left out unsaid."""
    book = book_of(("线索", [HEAD[:2], ["甲", FACTS], ["乙", FACTS], ["丙", FACTS]]))
    book["线索"].row_dimensions[3].hidden = True
    data = saved(book)
    with pytest.raises(InputError, match="有1行被隐藏或筛选掉（第3行）"):
        read("线索.xlsx", data)
    path = tmp_path_factory.mktemp("given") / "线索.xlsx"
    path.write_bytes(data)
    wanted = {HiddenRows.TAKE: ["甲", "乙", "丙"], HiddenRows.LEAVE: ["甲", "丙"]}
    for hidden, expected in wanted.items():
        found = read_leads(path, IntakeDefaults(READ_AT), policy, READ_AT, hidden)
        assert titles(found) == expected
        assert "有1行隐藏的行" in found.notes[0]


def test_strict_workbooks_are_read(read: Reader) -> None:
    """The other wording of the same standard, as Excel saves it on request."""
    words = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/": b"http://purl.oclc.org/ooxml/officeDocument/",
    }

    def change(name: str, part: bytes) -> bytes:
        del name
        for transitional, strict in words.items():
            part = part.replace(transitional, strict)
        return part

    found = read("线索.xlsx", rewritten(saved(book_of(("线索", [HEAD[:2], ["甲", FACTS]]))), change))
    assert titles(found) == ["甲"]


def test_a_number_that_was_cut_short_is_refused_without_being_repeated(read: Reader) -> None:
    """An identity number of eighteen digits is lost; a telephone number of eleven is not."""
    heading = [*HEAD[:2], "举报人", "举报人联系方式"]
    book = book_of(
        (
            "线索",
            [heading, ["甲", FACTS, "欧阳测试", 140105199001011234], ["乙", FACTS, "欧阳测试", 13900001234]],
        )
    )
    found = read("线索.xlsx", saved(book))
    assert [(fault.row, fault.column) for fault in found.faults] == [(2, "举报人联系方式")]
    assert "1401" not in found.faults[0].reason
    assert found.drafts[0].informant_contact.get_secret_value() == "13900001234"
    csv = read("线索.csv", as_csv(["甲", FACTS, "欧阳测试", "1.40105E+17"], heading=heading))
    assert [(fault.row, fault.column) for fault in csv.faults] == [(2, "举报人联系方式")]


def test_every_column_has_one_heading() -> None:
    """Folding makes no two columns the same."""
    from models.files.headings import fold_heading

    assert len({fold_heading(heading) for heading in COLUMNS.values()}) == len(COLUMNS)
