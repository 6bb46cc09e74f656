"""Input as real programs and real hands produce it: odd, and yet either right or told as wrong."""

import fcntl
import os
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import Clock
from walks.lead_tables import Reader
from walks.walking import EXPLANATION, draft_lead

from deployments.installation.home import instance_lock, running_instance
from deployments.installation.settings import Settings, load_settings
from models.codes import Step
from models.days.calendar import YearNotice, published_calendar
from models.days.moments import read_moment
from models.errors import InputError, NotFound, RuleViolation
from models.mechanisms.leads.intake import IntakeDefaults
from models.office.directory import UnitFact, read_directory
from models.office.policy import packaged_policy_text, read_policy
from models.office.vocabulary import Role
from tasks.conduct.answers import Submission, record_answer
from tasks.conduct.steps import take_step
from tasks.evidence.zip_documents import kind_of_package
from tasks.matters.reading import find_matter
from tasks.mechanisms.leads.import_files import read_leads
from tasks.mechanisms.leads.registering import register_leads
from tasks.office.units import import_units, list_units
from tasks.office.year_notices import import_notice
from tasks.workplace import Workplace

POLICY = read_policy(packaged_policy_text(), "policy.toml")
HOURS = POLICY.business_hours
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11-03 09:30", "2026-11-03T09:30:00+08:00"),
        ("2026/11/3 9:30", "2026-11-03T09:30:00+08:00"),
        ("2026年11月3日", "2026-11-03T09:00:00+08:00"),
        ("2026.11.3", "2026-11-03T09:00:00+08:00"),
        ("2026-11-23", "2026-11-23T09:00:00+08:00"),
    ],
)
def test_a_time_is_read_the_way_office_programs_write_it(typed: str, meant: str) -> None:
    """A bare day stands for the opening of the office."""
    assert read_moment(typed, "收到时间", HOURS, not_before=None, now=NOW) == datetime.fromisoformat(meant)


@pytest.mark.parametrize("typed", ["0001-01-01T00:00+14:00", "9999-12-31", "11/3", "明天", "2026-13-01"])
def test_a_time_no_calendar_has_is_refused(typed: str) -> None:
    """The sentence says how a time is written, or which years there are."""
    with pytest.raises(RuleViolation, match="请"):
        read_moment(typed, "收到时间", HOURS, not_before=None, now=NOW)


def test_a_line_separator_within_a_text_does_not_end_the_line(read: Reader) -> None:
    """JSON allows U+2028 inside a string."""
    found = read("线索.jsonl", '{"title": "题", "facts": "一\u2028二"}\n'.encode())
    assert (len(found.drafts), found.faults) == (1, [])


def test_a_line_nested_too_deep_is_a_fault_of_its_row(read: Reader) -> None:
    """The line after it is read all the same."""
    found = read("线索.jsonl", b"[" * 100_000 + '\n{"title": "题", "facts": "事"}\n'.encode())
    assert [fault.row for fault in found.faults] == [1]
    assert len(found.drafts) == 1


def test_rows_are_counted_as_an_office_program_counts_them(read: Reader) -> None:
    """A cell with line breaks is one row."""
    found = read("线索.csv", '标题,事实情况\n甲,"一\n二\n三"\n,空\n'.encode())
    assert [fault.row for fault in found.faults] == [3]


@pytest.mark.parametrize("text", ["甲\0乙", "甲\ud800乙", "甲\x1b[31m乙"])
def test_characters_that_no_database_holds_are_refused(place: Workplace, clock: Clock, text: str) -> None:
    """In a person's name as in an explanation; nothing is stored."""
    (lead,) = register_leads(place, [draft_lead(place, clock)], "经办人甲", clock())
    take_step(place, lead.number, clock())
    for person, explanation in ((text, ""), ("经办人甲", text)):
        submission = Submission(Step.TRANSFER, "FGJ", person, {"authority": "ZJJ"}, explanation)
        with pytest.raises(RuleViolation, match="控制字符"):
            record_answer(place, lead.number, submission, clock())
    record_answer(
        place, lead.number, Submission(Step.TRANSFER, "FGJ", "甲", {"authority": "ZJJ"}, EXPLANATION), clock()
    )


def test_a_very_long_name_of_an_operator_is_shortened_in_the_ledger(place: Workplace, clock: Clock) -> None:
    """A column has its width; the lead is registered all the same."""
    (lead,) = register_leads(place, [draft_lead(place, clock)], "甲" * 200, clock())
    assert lead.created


def test_a_correction_of_a_notice_can_be_taken_back(place: Workplace, clock: Clock) -> None:
    """Importing A, then B, then A again puts A into force again; only the one in force is a repetition."""
    first = next(notice for notice in published_calendar().notices if notice.year == 2026)
    fewer = dict(sorted(first.days.items())[:-1])
    second = YearNotice(2026, fewer)
    created = [import_notice(place, notice, clock()).created for notice in (first, first, second, first)]
    assert created == [True, False, True, True]


def test_two_units_may_swap_their_names(place: Workplace, clock: Clock) -> None:
    """Both are renamed in one file, whatever the order."""
    units = {unit.code: unit for unit in list_units(place)}
    one, two = units["ZJJ"], units["JTJ"]
    swapped = (
        one.model_copy(update={"name": two.name, "short_name": two.short_name}),
        two.model_copy(update={"name": one.name, "short_name": one.short_name}),
    )
    assert import_units(place, swapped, "互换.toml", clock() + timedelta(minutes=1)) == (0, 2)
    assert {unit.code: unit.name for unit in list_units(place)}["ZJJ"] == two.name


@pytest.mark.parametrize("code", ["all", "ALWAYS"])
def test_a_code_that_every_channel_answers_to_is_refused(code: str) -> None:
    """It would send one unit's messages to all."""
    unit = f'[[unit]]\ncode = "{code}"\nname = "某某局"\nshort_name = "某局"\nroles = ["{Role.AUTHORITY}"]\n'
    with pytest.raises(InputError, match="保留"):
        read_directory(unit, "units.toml")
    assert UnitFact(code="ALL1", name="某某局", short_name="某局", roles=frozenset())


@pytest.mark.parametrize(
    ("parts", "ending"),
    [
        (
            ["[Content_Types].xml", "docProps/app.xml", "customXml/item1.xml", "word/document.xml"],
            "wordprocessingml.document",
        ),
        (["xl/styles.xml", "xl/workbook.xml"], "spreadsheetml.sheet"),
        (["OFD.xml", "Doc_0/Document.xml"], "application/ofd"),
    ],
)
def test_a_document_is_recognised_in_whatever_order_it_was_packed(
    tmp_path: Path, parts: list[str], ending: str
) -> None:
    """Office programs differ in the order of the parts."""
    path = tmp_path / "文件"
    with zipfile.ZipFile(path, "w") as package:
        for part in parts:
            package.writestr(part, "<x/>")
    with path.open("rb") as stream:
        assert kind_of_package(stream, path.name, POLICY.evidence).endswith(ending)


def test_a_cell_beyond_the_heading_is_a_fault(read: Reader) -> None:
    """An unquoted comma would cut the facts short in silence."""
    found = read("线索.csv", "标题,事实情况\n某局问题,事实一,还有事实二\n".encode())
    assert [(fault.row, fault.reason) for fault in found.faults] == [(2, "单元格多于表头，请检查逗号或引号")]
    assert found.drafts == []


@pytest.mark.parametrize("heading", ["标题,标题,事实情况", "标题,title,事实情况"])
def test_a_column_that_stands_twice_is_refused(read: Reader, heading: str) -> None:
    """One of the two would overwrite the other."""
    with pytest.raises(InputError, match="列重复"):
        read("线索.csv", f"{heading}\n甲,乙,丙\n".encode())


def test_a_pipe_is_not_read(tmp_path: Path, clock: Clock) -> None:
    """It has no end, and the worker would wait for it for ever."""
    pipe = tmp_path / "线索.jsonl"
    os.mkfifo(pipe)
    with pytest.raises(NotFound):
        read_leads(pipe, IntakeDefaults(clock()), POLICY, clock())


def test_a_number_is_found_as_it_is_typed(place: Workplace, clock: Clock) -> None:
    """Small letters and the full-width ones of a Chinese keyboard mean the same."""
    register_leads(place, [draft_lead(place, clock)], "经办人甲", clock())
    with place.reading() as session:
        for typed in ("L2026-0001", "l2026-0001", "Ｌ２０２６－０００１", "侯线〔2026〕1号"):
            assert find_matter(session, typed).number == "L2026-0001"
        with pytest.raises(NotFound):
            find_matter(session, "\udce9")


@pytest.mark.parametrize(
    "key", ["lead-{year}-{sequence:04d}", "L{year.__class__}{sequence}", "线索{year}{sequence}"]
)
def test_a_numbering_that_nobody_could_type_is_refused(key: str) -> None:
    """Numbers are found again in capitals, and they name artifacts."""
    text = packaged_policy_text().replace('key = "L{year}-{sequence:04d}"', f'key = "{key}"')
    with pytest.raises(InputError, match=r"numbering\.key"):
        read_policy(text, "policy.toml")


def test_a_directory_without_anybody_to_answer_is_refused(place: Workplace, clock: Clock) -> None:
    """The forms would have nothing to choose from."""
    idle = tuple(unit.model_copy(update={"active": unit.code == "FGJ"}) for unit in list_units(place))
    bureau_only = tuple(
        unit.model_copy(update={"roles": frozenset({Role.BUREAU})}) if unit.code == "FGJ" else unit
        for unit in idle
    )
    with pytest.raises(InputError, match="主管单位"):
        import_units(place, bureau_only, "units.toml", clock())


@pytest.mark.parametrize("home", ["h?a", "h#b", "h%c", "~nobody-here/x"])
def test_a_folder_no_address_can_name_is_refused(tmp_path: Path, home: str) -> None:
    """The database would lie elsewhere, and the folder would seem empty."""
    place = home if home.startswith("~") else str(tmp_path / home)
    with pytest.raises(InputError, match="ZERO137_HOME"):
        load_settings({"ZERO137_HOME": place})


def test_two_who_look_for_the_instance_see_none(tmp_path: Path) -> None:
    """A killed instance leaves its number behind; who only looks must not be taken for it."""
    (tmp_path / "up.lock").write_text("1", encoding="utf-8")
    settings = Settings(home=tmp_path)
    with (tmp_path / "up.lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        assert running_instance(settings) is None
    with instance_lock(settings):
        assert running_instance(settings) == os.getpid()
    assert running_instance(settings) is None
