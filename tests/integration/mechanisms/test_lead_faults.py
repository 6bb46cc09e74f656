"""Files of leads that are wrong: every fault is named by row, column and reason, in one sentence."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from harness.wording import assert_is_one_sentence
from openpyxl import Workbook
from walks.lead_tables import READ_AT, Reader, as_csv

from models.archive.vocabulary import Barrier, Importance
from models.errors import InputError, NotFound
from models.files.headings import CellFault
from models.mechanisms.leads.intake import COLUMNS, IntakeDefaults, LeadDraft, read_row
from models.office.policy import Policy
from tasks.mechanisms.leads.import_files import read_leads

CELLS = ["题目", "事实", "省", "文号", "其他", "2026-11-20", "05", "重要", "欧阳测试", "139 0000 1234", ""]
RIGHT = dict(zip(COLUMNS.values(), CELLS, strict=True))


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("标题", "", "标题不能为空。"),
        ("标题", "\u3000 ", "标题不能为空。"),
        ("标题", "题" * 201, "标题超过200字（201字）。"),
        ("标题", "题\x07目", "标题含有不可见的控制字符或损坏的字符，请清除后重试。"),
        ("事实情况", "", "事实情况不能为空。"),
        ("事实情况", "字" * 20_001, "事实情况超过20000字（20001字）。"),
        ("事实情况", "某局\x1b[31m要求", "事实情况含有不可见的控制字符或损坏的字符，请清除后重试。"),
        ("来源层级", "县", "来源层级“县”不在可选范围内，可填：国家、省、市。"),
        ("来文文号", "号" * 101, "来文文号超过100字（101字）。"),
        (
            "类别",
            "其它",
            "类别“其它”不在可选范围内，可填：政府违规审批、企业违规进入、违规设置隐性壁垒、其他。",
        ),
        ("收到时间", "上周五", "“上周五”无法识别，请写成 2026-11-27 或 2026-11-27 15:30。"),
        ("收到时间", "2026-02-30", "“2026-02-30”无法识别，请写成 2026-11-27 或 2026-11-27 15:30。"),
        ("收到时间", "2026-11-24", "“2026-11-24”晚于当前时间，收到时间不能在将来。"),
        ("收到时间", "2026-11-23 10:01", "“2026-11-23 10:01”晚于当前时间，收到时间不能在将来。"),
        ("收到时间", "2017-12-31", "“2017-12-31”早于2018年，其时尚无全国统一的市场准入负面清单。"),
        ("重要程度", "特别重要", "重要程度“特别重要”不在可选范围内，可填：一般、重要。"),
        ("举报人", "欧" * 101, "举报人超过100字。"),
        ("举报人", "欧\x07阳", "举报人含有不可见的控制字符或损坏的字符，请清除后重试。"),
        ("举报人联系方式", "1" * 301, "举报人联系方式超过300字。"),
    ],
)
def test_a_wrong_cell_is_named_by_row_column_and_reason(
    read: Reader, column: str, cell: str, reason: str
) -> None:
    """The third row of the sheet is wrong; the rows around it are read all the same."""
    wrong = [cell if heading == column else right for heading, right in RIGHT.items()]
    found = read("线索.csv", as_csv(list(RIGHT.values()), wrong, list(RIGHT.values())))
    assert len(found.drafts) == 2
    assert found.faults == [CellFault(3, column, reason)]
    assert_is_one_sentence(reason)


def test_a_barrier_is_told_by_code_label_or_both(policy: Policy) -> None:
    """However people and spreadsheets write it; nothing and 无 are none."""
    for written in ("05", "5", 5, "０５", "扩大范围、增设或变更条件", "05 扩大范围、增设或变更条件"):
        draft = read_row(1, {**RIGHT, "壁垒类型": written}, IntakeDefaults(READ_AT), policy, READ_AT)
        assert isinstance(draft, LeadDraft)
        assert (draft.barrier, draft.importance) == (Barrier.WIDENED, Importance.MAJOR)
    for written in ("", None, "无"):
        draft = read_row(1, {**RIGHT, "壁垒类型": written}, IntakeDefaults(READ_AT), policy, READ_AT)
        assert isinstance(draft, LeadDraft)
        assert draft.barrier is None


@pytest.mark.parametrize("written", ["16", "00", "05 限制外地企业", "壁垒", "5.5", "-5"])
def test_a_barrier_nobody_named_is_refused(policy: Policy, written: str) -> None:
    """A code with another label is a mistake in one of the two."""
    (fault,) = faults_of({"壁垒类型": written}, policy)
    assert fault.column == "壁垒类型"
    assert fault.reason.startswith(f"壁垒类型“{written}”不在可选范围内")


@pytest.mark.parametrize(
    ("category", "allowed"),
    [
        ("政府违规审批", False),
        ("企业违规进入", False),
        ("违规设置隐性壁垒", True),
        ("其他", True),
        ("", True),
    ],
)
def test_a_barrier_fits_hidden_barriers_and_others_only(
    policy: Policy, category: str, *, allowed: bool
) -> None:
    """An approval against the list is no barrier; an empty category stands for 其他."""
    faults = faults_of({"类别": category}, policy)
    reason = "只有类别为违规设置隐性壁垒或其他的线索可填壁垒类型。"
    assert faults == ([] if allowed else [CellFault(7, "壁垒类型", reason)])


@pytest.mark.parametrize(
    ("cells", "named"),
    [
        ({"事实情况": "欧阳测试反映窗口拒收材料。"}, True),
        ({"标题": "欧 阳 测 试的投诉"}, True),
        ({"事实情况": "联系电话139-0000-1234。"}, True),
        (
            {"事实情况": "请回复OY@Example.test", "举报人联系方式": "电话：0357-1234567；oy@example.test"},
            True,
        ),
        ({"事实情况": "一家企业反映。"}, False),
        ({"事实情况": "王某反映。", "举报人": "王某"}, False),
        ({"事实情况": "王局长拒收。", "举报人": "王"}, False),
        ({"事实情况": "匿名举报称。", "举报人": "匿名举报"}, False),
        ({"事实情况": "要求缴纳1234元。", "举报人联系方式": "转1234"}, False),
    ],
)
def test_a_lead_that_names_its_informant_is_refused(
    policy: Policy, cells: dict[str, str], *, named: bool
) -> None:
    """Letters quote title and facts; the fault does not repeat the name."""
    faults = faults_of(cells, policy)
    assert [fault.column for fault in faults] == (["举报人"] if named else [])
    assert all("欧阳" not in fault.reason for fault in faults)


def faults_of(cells: dict[str, str], policy: Policy) -> list[CellFault]:
    """Return the faults of the right row with some cells replaced, as row 7."""
    read = read_row(7, {**RIGHT, **cells}, IntakeDefaults(READ_AT), policy, READ_AT)
    return [] if isinstance(read, LeadDraft) else read


def test_every_fault_of_a_row_is_told_at_once(read: Reader) -> None:
    """Nobody has to import a file five times to learn of five mistakes."""
    found = read("线索.csv", as_csv(["", "", "县", "", "其它", "明天"]))
    assert [(fault.row, fault.column) for fault in found.faults] == [
        (2, "标题"), (2, "事实情况"), (2, "来源层级"), (2, "类别"), (2, "收到时间"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "received"),
    [
        ("2026-11-20", datetime(2026, 11, 20, 1, 0, tzinfo=UTC)),
        ("2026/11/20 15:30", datetime(2026, 11, 20, 7, 30, tzinfo=UTC)),
        ("2026/11/3", datetime(2026, 11, 3, 1, 0, tzinfo=UTC)),
        ("2026年11月3日", datetime(2026, 11, 3, 1, 0, tzinfo=UTC)),
        ("2026-11-20T15:30:00+00:00", datetime(2026, 11, 20, 15, 30, tzinfo=UTC)),
        ("2026-11-23", datetime(2026, 11, 23, 1, 0, tzinfo=UTC)),
        ("", READ_AT),
    ],
    ids=["a day", "slashes", "as Excel shows it", "in Chinese", "with a zone", "today", "empty"],
)
def test_the_time_of_receipt_is_read_in_the_zone_of_the_office(
    read: Reader, written: str, received: datetime
) -> None:
    """A bare day is the opening of that day, an empty cell the moment of the import."""
    row = [written if heading == "收到时间" else right for heading, right in RIGHT.items()]
    (draft,) = read("线索.csv", as_csv(row)).drafts
    assert draft.received_at == received


def test_a_bare_day_before_opening_is_not_in_the_future(policy: Policy) -> None:
    """At eight in the morning today's lead was received now, not at nine."""
    early = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    cells = {"title": "题", "facts": "事", "received_at": "2026-11-23"}
    draft = read_row(1, cells, IntakeDefaults(early), policy, early)
    assert isinstance(draft, LeadDraft)
    assert draft.received_at == early


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ('{"title": "题", "facts"', "整行", "不是有效的 JSON（第23个字符处）"),
        ('["题", "事"]', "整行", "应为一个 JSON 对象"),
        ('{"title": ["题"], "facts": "事"}', "标题", "标题应为文字。"),
        ('{"title": "题", "facts": {"何事": "事"}}', "事实情况", "事实情况应为文字。"),
        ('{"标题": "题"}', "事实情况", "事实情况不能为空。"),
    ],
)
def test_a_wrong_line_of_jsonl_is_named(read: Reader, line: str, column: str, reason: str) -> None:
    """The line before and the line after it are read."""
    right = '{"title": "题", "facts": "事"}'
    found = read("线索.jsonl", f"{right}\n{line}\n{right}\n".encode())
    assert found.faults == [CellFault(2, column, reason)]
    assert len(found.drafts) == 2


def test_rows_of_a_sheet_are_numbered_as_the_office_program_shows_them(read: Reader) -> None:
    """An empty row is passed over but counted."""
    book = Workbook()
    for row in ([*RIGHT], [*RIGHT.values()], [], ["只有标题"]):
        book.worksheets[0].append(row)
    content = io.BytesIO()
    book.save(content)
    found = read("线索.xlsx", content.getvalue())
    assert found.faults == [CellFault(4, "事实情况", "事实情况不能为空。")]


def damaged_sheet() -> bytes:
    """Return the first half of an XLSX, as an interrupted copy leaves it."""
    book = io.BytesIO()
    Workbook().save(book)
    return book.getvalue()[: len(book.getvalue()) // 2]


def empty_sheet() -> bytes:
    """Return an XLSX without a single cell."""
    book = io.BytesIO()
    Workbook().save(book)
    return book.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("线索.csv", "标题,来源层级\n题,省\n".encode(), "缺少必需的列：事实情况"),
        ("线索.csv", b"", "缺少必需的列：标题、事实情况"),
        ("线索.csv", b"\xff\xff\xff", "编码无法识别"),
        ("线索.csv", "标题,事实情况\n题,".encode() + b"x" * 140_000, "不是有效的 CSV（第2行）"),
        ("线索.xlsx", empty_sheet(), "缺少必需的列：标题、事实情况"),
        ("线索.xlsx", b"", "不是有效的 XLSX"),
        ("线索.xlsx", damaged_sheet(), "不是有效的 XLSX"),
        ("线索.xlsx", "标题,事实情况".encode(), "不是有效的 XLSX"),
        ("线索.xls", b"\xd0\xcf\x11\xe0", "不支持文件 线索.xls 的格式"),
        ("线索", "标题,事实情况".encode(), "不支持文件 线索 的格式"),
    ],
)
def test_a_file_that_is_no_table_of_leads_is_refused(
    read: Reader, name: str, content: bytes, says: str
) -> None:
    """The sentence says what is wrong with which file."""
    with pytest.raises(InputError, match=re.escape(says)) as caught:
        read(name, content)
    assert name in str(caught.value)
    assert_is_one_sentence(str(caught.value))


def test_a_file_that_is_not_there_is_told_as_such(policy: Policy, tmp_path: Path) -> None:
    """So is a folder in its place."""
    for path in (tmp_path / "没有.csv", tmp_path):
        with pytest.raises(NotFound, match="不存在或无法读取"):
            read_leads(path, IntakeDefaults(READ_AT), policy, READ_AT)


def test_an_empty_jsonl_holds_no_lead(read: Reader) -> None:
    """Nothing in, nothing out, and no fault."""
    found = read("线索.jsonl", b"\n\n")
    assert (found.drafts, found.faults) == ([], [])
