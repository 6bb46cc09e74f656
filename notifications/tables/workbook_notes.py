"""The page of notes in the workbook: what was exported, when, and how its columns are to be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from xlsxwriter import Workbook

from notifications.tables.workbook import FONT, cut, heading_format, set_up_page

_A4 = 9
_WIDTHS = (18, 100)
# How many characters stand on a line of the second column, and how high a line is in points.
_ON_A_LINE, _LINE_HEIGHT = 48, 15

_READING = (
    ("线索编号、系统编号", "前者用于公文，后者用于 zero137 命令。"),
    ("时间", "均为办公所在地时间，是可以筛选、计算的日期值；显示到日，单元格内含时分。"),
    ("当前环节、承办单位、到期日", "现在应反馈的环节、单位和期限；延期获准的，到期日已顺延。"),
    ("（暂定）", "到期日涉及尚未公布放假安排的年份，按法定节假日推算，公布并导入后重新计算。"),
    ("时限状态", "正常：尚未到提醒时间；临期：已到首次提醒时间；逾期：已过到期日仍未反馈；已办结。"),
    ("各环节三列", "退回后重新办理的，列最后一次；退回不重新起算期限。历次办理见 JSONL 导出。"),
    (
        "是否按期",
        "按期、逾期：已反馈；逾期未反馈：到期仍未反馈；逾期未签收：期限届满，视为签收；办理中：未到期。",
    ),
    ("延期次数、延期至", "经批准的延期；申请未获批准的不计。"),
    ("改派次数", "移交后改派其他单位的次数；原单位未了的环节为无需反馈，不计入按期率。"),
    ("反弹自、已并入", "原线索、并入的线索的系统编号。"),
    ("最高督办级别", "已发出的最高一级；未获批准的通报稿不计。"),
    ("档号", "办结归档后给出。"),
    (
        "按期率",
        "按期数 ÷ 应反馈数。应反馈数为已反馈和已到期的交办，退回后重办的另计；办理中的、终止办理的不计。",
    ),
    ("用时（工作日）", "自起算日次日至反馈当日的工作日数，调休上班日计入；视为签收的不计。"),
    ("举报人", "本表不含举报人的任何信息。"),
    ("长文字", "单元格最多 32,767 字，超出部分见 JSONL 导出。"),
)


@dataclass(frozen=True)
class Notes:
    """What the notes tell of this export; ``seal`` is blank where the ledger was never sealed."""

    exported_at: datetime
    choice: str
    leads: int
    seal: str


def write_notes(book: Workbook, notes: Notes) -> None:
    """Write the page into a workbook."""
    sheet = book.add_worksheet("说明")
    set_up_page(sheet, _A4, "问题线索台账 · 说明")
    sheet.hide_gridlines(2)
    plain = {"font_name": FONT, "font_size": 10, "text_wrap": True, "valign": "vcenter", "border": 1}
    text = book.add_format({**plain, "border_color": "#BFBFBF"})
    for index, width in enumerate(_WIDTHS):
        sheet.set_column(index, index, width)
        sheet.write_string(0, index, ("项目", "内容")[index], heading_format(book))
    for row, line in enumerate((*_origin(notes), *_READING), start=1):
        sheet.set_row(row, _LINE_HEIGHT * (1 + max(len(line[0]) // 10, len(line[1]) // _ON_A_LINE)) + 5)
        for index, cell in enumerate(line):
            sheet.write_string(row, index, cut(cell), text)


def _origin(notes: Notes) -> Sequence[tuple[str, str]]:
    """Return where the table comes from."""
    return (
        ("导出时间", f"{notes.exported_at:%Y-%m-%d %H:%M:%S}"),
        ("导出范围", notes.choice),
        ("线索数", str(notes.leads)),
        ("台账封存", notes.seal or "尚未封存"),
    )
