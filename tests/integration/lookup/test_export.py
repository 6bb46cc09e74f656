"""The exported file: every cell where an office expects it, nothing half, nothing that must not be told."""

import csv
import hashlib
import io
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from conftest import Clock, Lacking
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import Engine, event
from walks.histories import Histories
from walks.walking import RESPONSIBLE, Walk, houma, register_lead

from models.archive.tables import ArchiveRecord
from models.archive.vocabulary import Retention
from models.codes import Step
from models.days.periods import Period, read_period
from models.informants.tables import Informant
from models.lookup.export_format import ExportFormat
from models.lookup.lead_filter import LeadFilter, Status
from models.lookup.lead_records import LeadRecord
from models.lookup.statistics import Dimension
from models.record.tables import Seal
from notifications.tables.ledger_columns import COLUMNS
from notifications.tables.statistics_table import timeliness_cells
from notifications.tables.workbook import cut
from tasks.ladder.escalation import raise_rungs
from tasks.lookup.leads.counting import read_statistics
from tasks.lookup.leads.exporting import Exported, count_leads, export_leads
from tasks.matters.reading import key_of
from tasks.workplace import Workplace

SUFFIXES = [each.value for each in ExportFormat]
EVERYTHING = LeadFilter(status=Status.ALL)


def export(
    place: Workplace, path: Path, choice: LeadFilter = EVERYTHING, *, replace: bool = False
) -> Exported:
    """Export at this moment."""
    return export_leads(place, path, choice, place.clock(), replace=replace)


def csv_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV by their headings."""
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def objects(path: Path) -> list[dict[str, object]]:
    """Return the objects of a JSONL file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def sheet_of(path: Path, name: str = "台账") -> Worksheet:
    """Return a sheet of a workbook."""
    return load_workbook(path)[name]


def cells(sheet: Worksheet, row: int = 2) -> dict[str, object]:
    """Return the cells of a row by their headings."""
    return dict(zip([c.value for c in sheet[1]], [c.value for c in sheet[row]], strict=True))


def moment(cell: object) -> str:
    """Return a date of a workbook in words; it has to be one."""
    assert isinstance(cell, datetime)
    return cell.isoformat(" ", "minutes")


@pytest.fixture
def returned(walk: Walk, clock: Clock) -> Walk:
    """A lead whose rectification was late, returned, done again and accepted, with its archive number."""
    walk.to(Step.RECTIFY)
    for day in (1, 2):
        clock.now = houma(30, 10).replace(month=12, day=day)
        raise_rungs(walk.place, clock())
    walk.pass_step(Step.RECTIFY)
    walk.pass_step(Step.REVIEW, fields={"verdict": "退回"}, explanation="请补充整改前后对比照片。")
    clock.now += timedelta(hours=1)
    walk.pass_step(Step.RECTIFY, fields={"measures": "=补充了照片\n并复核"})
    walk.to_closure()
    with walk.place.writing() as session:
        session.add(
            ArchiveRecord(
                matter_id=key_of(walk.file().matter), number="0137-XS·2026-Y-FGJ-0001", year=2026,
                retention=Retention.PERMANENT, sequence=1, archived_at=clock(),
                review_on=clock().date(),
            )
        )  # fmt: skip
    return walk


def test_a_workbook_tells_what_happened(returned: Walk, tmp_path: Path) -> None:
    """Of a step that was returned, the round that counts; dates are dates in Houma time."""
    done = export(returned.place, tmp_path / "台账.xlsx")
    row = cells(sheet_of(done.path))
    assert (done.leads, row["序号"], row["线索编号"], row["系统编号"]) == (
        1,
        1,
        "侯线〔2026〕1号",
        "L2026-0001",
    )
    assert (row["主管单位"], row["协办单位"], row["责任单位"]) == ("住建局", "行政审批局", "市场监管局")
    assert (row["当前环节"], row["时限状态"], row["承办单位"], row["到期日"]) == (
        "已办结",
        "已办结",
        None,
        None,
    )
    assert moment(row["收到时间"]) == "2026-11-23 10:00", "a date, by the clock on the wall"
    assert [moment(row[key]) for key in ("整改到期日", "整改反馈时间")] == [
        "2026-11-30 00:00",
        "2026-12-02 11:00",
    ]
    assert (row["核查是否按期"], row["整改是否按期"], row["验收是否按期"]) == ("按期", "逾期", "按期")
    assert (row["核查结论"], row["整改意见"]) == ("属实", "立即停止要求企业提交该证明。")
    assert (row["退回次数"], row["延期次数"], row["最高督办级别"]) == (1, 0, "报告市政府")
    assert (row["办结结果"], row["档号"]) == ("已销号", "0137-XS·2026-Y-FGJ-0001")


def test_a_workbook_looks_like_an_office_expects(returned: Walk, tmp_path: Path) -> None:
    """Headings stand still and filter, pages are set up, signals are coloured, nothing is calculated."""
    sheet = sheet_of(export(returned.place, tmp_path / "台账.xlsx").path)
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == (
        "C2",
        f"A1:{sheet.cell(2, len(COLUMNS)).coordinate}",
    )
    assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$1:$1")
    assert sheet.oddFooter.center.text == "第 &P 页 共 &N 页"
    heading = {cell.value: cell.column for cell in sheet[1]}
    assert sheet.cell(2, heading["时限状态"]).fill.fgColor.rgb == "FFD9E1F2"
    assert sheet.cell(2, heading["整改是否按期"]).fill.fgColor.rgb == "FFFFC7CE"
    measures = sheet.cell(2, heading["整改措施"])
    assert (measures.data_type, measures.value, measures.font.name) == ("s", "=补充了照片\n并复核", "宋体")
    assert sheet.cell(2, heading["到期日"]).value is None


def test_csv_opens_by_a_double_click(returned: Walk, tmp_path: Path) -> None:
    """A byte order mark, CRLF, the same columns, and an apostrophe before what would be calculated."""
    register_lead(returned.place, returned.clock, title='@甲,"乙"')
    path = export(returned.place, tmp_path / "台账.csv").path
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf" + "序号,线索编号".encode())
    assert data.endswith(b"\r\n")
    first, second = csv_rows(path)
    assert list(first) == [column.title for column in COLUMNS]
    assert (first["整改措施"], second["标题"]) == ("'=补充了照片\n并复核", '\'@甲,"乙"')
    assert (first["收到时间"], first["整改到期日"]) == ("2026-11-23 10:00", "2026-11-30")


def test_jsonl_tells_everything(returned: Walk, tmp_path: Path) -> None:
    """Every round, answer, file and rung, under English keys, with zones."""
    (lead,) = objects(export(returned.place, tmp_path / "台账.jsonl").path)
    assert set(LeadRecord._fields) < set(lead)
    assert (lead["number"], lead["signal"], lead["outcome"]) == ("L2026-0001", "closed", "rectified")
    assert lead["received_at"] == "2026-11-23T10:00:00+08:00"
    steps = [(a["step"], a["round"], a["timeliness"]) for a in lead["assignments"]]  # type: ignore[attr-defined]
    assert steps == [
        ("transfer", 1, "on_time"), ("receipt", 1, "on_time"), ("verify", 1, "on_time"),
        ("rectify", 1, "late"), ("review", 1, "on_time"), ("rectify", 2, "late"), ("review", 2, "on_time"),
    ]  # fmt: skip
    rectified = lead["assignments"][5]  # type: ignore[index]
    assert (rectified["unit"], rectified["unit_name"]) == (RESPONSIBLE, "市场监管局")
    assert rectified["answer"]["fields"] == {"measures": "=补充了照片\n并复核"}
    (file,) = lead["evidence"]  # type: ignore[misc]
    assert rectified["answer"]["evidence"] == [file["key"]]
    assert [e["rung"] for e in lead["escalations"]] == ["remind", "due_today", "urge", "supervise", "report"]  # type: ignore[attr-defined]


def test_an_extension_is_told(place: Workplace, clock: Clock, papers: Path, tmp_path: Path) -> None:
    """How often and until when, in the table only where it was granted; JSONL tells every request."""
    clock.now = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)
    Histories(place, clock, papers, Random(2), pace=0.2).live([f"第{n}条" for n in range(6)], days=25)
    rows = csv_rows(export(place, tmp_path / "台账.csv").path)
    leads = objects(export(place, tmp_path / "台账.jsonl").path)
    asked = [lead["extensions"] for lead in leads]
    assert any(asked)
    for row, extensions in zip(rows, asked, strict=True):
        granted = [e["until"] for e in extensions if e["outcome"] == "extended"]  # type: ignore[attr-defined]
        assert (row["延期次数"], row["延期至"]) == (str(len(granted)), granted[-1] if granted else "")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_informant_is_not_even_read(walk: Walk, tmp_path: Path, suffix: str) -> None:
    """No statement names the table, and no byte of it is in the file."""
    with walk.place.writing() as session:
        matter = key_of(walk.file().matter)
        session.add(Informant(matter_id=matter, sealed="密封的举报人", recorded_at=walk.clock()))
    asked: list[str] = []
    engine: Engine = walk.place.engine
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(str(args[2]).lower()))
    done = export(walk.place, tmp_path / f"台账.{suffix}")
    assert any("from matter" in statement for statement in asked)
    assert not [statement for statement in asked if "informant" in statement]
    assert "密封的举报人".encode() not in done.path.read_bytes()


def test_a_provisional_due_date_says_so(place: Workplace, clock: Clock, tmp_path: Path) -> None:
    """暂定 stands in the cell, which is a date all the same."""
    clock.now = datetime(2026, 12, 31, 2, 0, tzinfo=UTC)
    walk = Walk(place, clock, tmp_path, register_lead(place, clock))
    walk.to(Step.TRANSFER)
    (row,) = csv_rows(export(place, tmp_path / "台账.csv").path)
    assert row["到期日"] == f"{walk.file().assignments[0].row.due_on}（暂定）"
    sheet = sheet_of(export(place, tmp_path / "台账.xlsx").path)
    due = next(cell for cell in sheet[2] if cell.number_format == 'yyyy-mm-dd"（暂定）"')
    assert due.is_date


def test_scope_and_period_choose_the_leads(returned: Walk, clock: Clock, tmp_path: Path) -> None:
    """Open or closed, and by the office's day of receipt."""
    clock.now = datetime(2026, 12, 9, 16, 30, tzinfo=UTC)
    register_lead(returned.place, clock, title="次日凌晨收到")
    for choice, expected in (
        (LeadFilter(status=Status.OPEN), ["L2026-0002"]),
        (LeadFilter(status=Status.CLOSED), ["L2026-0001"]),
        (LeadFilter(status=Status.ALL, received=read_period("2026-11", "2026-12-09")), ["L2026-0001"]),
        (LeadFilter(status=Status.ALL, received=read_period("2026-12-10", "")), ["L2026-0002"]),
        (LeadFilter(status=Status.ALL, received=read_period("2027-01", "")), []),
    ):
        path = export(returned.place, tmp_path / "台账.csv", choice, replace=True).path
        assert [row["系统编号"] for row in csv_rows(path)] == expected, choice.label
        assert count_leads(returned.place, choice, clock()) == len(expected)


def test_more_leads_than_a_sheet_holds_go_to_another(
    place: Workplace, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each sheet with its headings, none lost, and read in batches."""
    for number in range(5):
        register_lead(place, clock, title=f"第{number}条")
    monkeypatch.setattr("tasks.lookup.leads.reading_records.BATCH", 2)
    monkeypatch.setattr("notifications.tables.workbook.ROWS_ON_A_SHEET", 2)
    book = load_workbook(export(place, tmp_path / "台账.xlsx").path)
    assert book.sheetnames == ["台账", "台账2", "台账3", "汇总", "说明"]
    titles = [row[5].value for name in book.sheetnames[:3] for row in book[name].iter_rows(min_row=2)]
    assert titles == [f"第{number}条" for number in range(5)]


def test_the_summary_tells_the_statistics(returned: Walk, clock: Clock, tmp_path: Path) -> None:
    """The same figures as the command, and three charts drawn from tables that are there."""
    register_lead(returned.place, clock, title="另一条")
    sheet = sheet_of(export(returned.place, tmp_path / "台账.xlsx").path, "汇总")
    rows = [[cell.value for cell in row if cell.value is not None] for row in sheet.iter_rows()]
    assert ["已办结", 1, 0.5] in rows
    assert ["尚未移交", 1, 1, 1, 0, 0, 0] in rows
    tallies = read_statistics(returned.place, Period(), clock()).by((Dimension.UNIT, Dimension.STEP))
    told = [cell for cell in timeliness_cells(tallies["SCJG", "rectify"]) if cell != ""]
    assert ["市场监管局", "整改", *told] in rows
    assert len(sheet._charts) == 3  # noqa: SLF001 - openpyxl has no public way to see them


def test_the_notes_tell_where_the_table_comes_from(walk: Walk, clock: Clock, tmp_path: Path) -> None:
    """When, what, how many, and the last seal of the ledger."""
    path = tmp_path / "台账.xlsx"
    notes = {
        row[0].value: row[1].value for row in sheet_of(export(walk.place, path).path, "说明").iter_rows()
    }
    assert (notes["导出时间"], notes["线索数"]) == ("2026-11-23 10:00:00", "1")
    assert (notes["导出范围"], notes["台账封存"]) == ("全部线索", "尚未封存")
    with walk.place.writing() as session:
        session.add(
            Seal(
                number=7,
                at=clock(),
                matters=1,
                root="r" * 64,
                changes="c" * 64,
                previous="p" * 64,
                hash="f" * 64,
            )
        )
    sheet = sheet_of(export(walk.place, path, replace=True).path, "说明")
    told = {row[0].value: row[1].value for row in sheet.iter_rows()}
    assert told["台账封存"] == f"第7号，2026-11-23 10:00 封存，摘要 {'f' * 64}"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_office_without_leads_gets_an_empty_table(place: Workplace, tmp_path: Path, suffix: str) -> None:
    """With headings, and no chart of nothing."""
    done = export(place, tmp_path / f"台账.{suffix}")
    assert (done.leads, done.size) == (0, done.path.stat().st_size)
    assert done.sha256 == hashlib.sha256(done.path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("text", "units"), [("字" * 32_767, 32_767), ("字" * 40_000, 32_767), ("字" + "𠮷" * 20_000, 32_766)]
)
def test_a_text_is_cut_to_what_a_cell_holds(text: str, units: int) -> None:
    """Counted as Excel does, in units of UTF-16, and no character is cut in two."""
    found = cut(text)
    assert len(found.encode("utf-16-le")) // 2 == units
    assert (found == text) == (len(text) == 32_767)


def test_libreoffice_reads_what_was_written(returned: Walk, tmp_path: Path, lacking: Lacking) -> None:
    """Converted to CSV by another program, the cells are the same; as PDF it has its pages."""
    office = shutil.which("soffice")
    if office is None:
        lacking("LibreOffice is not installed (soffice)")
    source = export(returned.place, tmp_path / "台账.xlsx").path
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    for shape in ("csv:Text - txt - csv (StarCalc):44,34,76,1", "pdf"):
        words = [str(office), profile, "--headless", "--convert-to", shape, "--outdir", str(tmp_path / "out")]
        subprocess.run([*words, str(source)], check=True, capture_output=True, timeout=180)
    (row,) = csv_rows(tmp_path / "out" / "台账.csv")
    assert (row["线索编号"], row["整改到期日"], row["整改措施"]) == (
        "侯线〔2026〕1号", "2026-11-30", "=补充了照片\n并复核"
    )  # fmt: skip
    assert (tmp_path / "out" / "台账.pdf").read_bytes().startswith(b"%PDF")
