"""Reading leads from the files people have: encodings, templates, and every way a file can be wrong."""

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import Lacking
from openpyxl import load_workbook
from pydantic import SecretStr
from walks.lead_tables import READ_AT, Reader, as_csv

from models.archive.vocabulary import Barrier, Category, Importance
from models.documents.vocabulary import SourceLevel
from models.mechanisms.leads.intake import COLUMNS, LeadDraft
from tasks.mechanisms.leads.import_files import write_template

RECEIVED = datetime(2026, 11, 20, 9, 30)  # noqa: DTZ001 - a cell of a sheet knows no zone
ROWS = [
    ["要求企业设立子公司，方可投标", "某局在招标文件中要求：\n“须有本地子公司”。", "省", "晋发改〔2026〕12号",
     "违规设置隐性壁垒", "2026-11-20 09:30", "07 限制外地企业", "重要", "欧阳测试", "139 0000 1234", ""],
    ["强制安装监测设备", "没有法律法规依据。", "", "", "", "", "", "", "", "", ""],
]  # fmt: skip
DRAFTS = [
    LeadDraft(
        title="要求企业设立子公司，方可投标",
        facts="某局在招标文件中要求：\n“须有本地子公司”。",
        source_level=SourceLevel.PROVINCIAL,
        document_number="晋发改〔2026〕12号",
        category=Category.HIDDEN_BARRIER,
        received_at=datetime(2026, 11, 20, 1, 30, tzinfo=UTC),
        barrier=Barrier.OUTSIDERS,
        importance=Importance.MAJOR,
        informant=SecretStr("欧阳测试"),
        informant_contact=SecretStr("139 0000 1234"),
    ),
    LeadDraft(
        title="强制安装监测设备",
        facts="没有法律法规依据。",
        source_level=SourceLevel.NATIONAL,
        document_number="",
        category=Category.OTHER,
        received_at=READ_AT,
    ),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_as_office_programs_save_it(read: Reader, encoding: str) -> None:
    """With and without a byte order mark, and in the encoding of Chinese Excel."""
    found = read("线索.csv", as_csv(*ROWS, encoding=encoding))
    assert (found.drafts, found.faults) == (DRAFTS, [])


@pytest.mark.parametrize("keys", [list(COLUMNS), list(COLUMNS.values())], ids=["english", "chinese"])
def test_jsonl_takes_english_keys_and_chinese_headings(read: Reader, keys: list[str]) -> None:
    """Blank lines are passed over, null is an empty cell, and columns nobody reads are named."""
    records = [{**dict(zip(keys, row, strict=True)), "批次": 2, "credit": None} for row in ROWS]
    lines = "\n\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    found = read("线索.jsonl", f"\ufeff{lines}\n".encode())
    assert (found.drafts, found.faults, found.unread_columns) == (DRAFTS, [], ["批次", "credit"])


def fill_in(template: Path) -> None:
    """Fill the template in as a person does in an office program."""
    book = load_workbook(template)
    sheet = book.worksheets[0]
    for row in ROWS:
        received = RECEIVED if row[5] else None
        sheet.append([cell or None for cell in (*row[:5], None, *row[6:])])
        sheet.cell(sheet.max_row, 6).value = received
    sheet["F2"].number_format = sheet.column_dimensions["F"].number_format
    book.save(template)


def test_the_template_offers_choices_and_keeps_its_heading_in_sight(tmp_path: Path) -> None:
    """Drop-downs hold the vocabularies, the first row is frozen, and dates show their time."""
    write_template(tmp_path / "登记表.xlsx")
    sheet = load_workbook(tmp_path / "登记表.xlsx").worksheets[0]
    assert [cell.value for cell in sheet[1]] == list(COLUMNS.values())
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["F"].number_format == "yyyy-mm-dd hh:mm"
    choices = {str(choice.sqref): choice.formula1 for choice in sheet.data_validations.dataValidation}
    assert choices == {
        "C2:C5000": '"国家,省,市"',
        "E2:E5000": '"政府违规审批,企业违规进入,违规设置隐性壁垒,其他"',
        "G2:G5000": f'"{",".join(barrier.numbered for barrier in Barrier)}"',
        "H2:H5000": '"一般,重要"',
    }
    # An office program takes lists of up to 255 characters.
    assert all(len(listed) <= 255 for listed in choices.values())
    assert all(cell.comment is not None for cell in sheet[1])


def test_a_filled_template_is_read(read: Reader, tmp_path: Path) -> None:
    """Cells with dates come in as moments of the office; empty rows are passed over."""
    write_template(tmp_path / "登记表.xlsx")
    fill_in(tmp_path / "登记表.xlsx")
    found = read("登记表.xlsx", (tmp_path / "登记表.xlsx").read_bytes())
    assert (found.drafts, found.faults, found.unread_columns) == (DRAFTS, [], [])


def test_an_untouched_template_holds_no_lead(read: Reader, tmp_path: Path) -> None:
    """Headings alone are neither a lead nor a fault."""
    write_template(tmp_path / "登记表.xlsx")
    found = read("登记表.xlsx", (tmp_path / "登记表.xlsx").read_bytes())
    assert (found.drafts, found.faults) == ([], [])


def test_libreoffice_saves_the_template_as_a_csv_that_reads_the_same(
    read: Reader, tmp_path: Path, lacking: Lacking
) -> None:
    """A real office program opens the filled template and exports what our reader takes."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        lacking("LibreOffice (soffice) is not installed")
        return
    write_template(tmp_path / "登记表.xlsx")
    fill_in(tmp_path / "登记表.xlsx")
    profile, out = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", str(tmp_path / "out")
    target = "csv:Text - txt - csv (StarCalc):44,34,76"
    command = [program, profile, "--headless", "--convert-to", target, "--outdir", out]
    subprocess.run([*command, str(tmp_path / "登记表.xlsx")], check=True, capture_output=True, timeout=120)
    found = read("登记表.csv", (tmp_path / "out" / "登记表.csv").read_bytes())
    assert (found.drafts, found.faults) == (DRAFTS, [])
