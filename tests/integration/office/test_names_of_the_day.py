"""A unit is renamed: past acts keep the old name wherever they are read, what is owed has the new one."""

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import Clock
from harness.wording import assert_is_one_sentence
from openpyxl import load_workbook
from pypdf import PdfReader
from walks.archives import closed_walk
from walks.directories import RENAMED, change
from walks.walking import AUTHORITY, PDF, PERSON, Walk, contents, houma, ledger_of, write_evidence

from models.codes import Step
from models.errors import InputError
from models.lookup.lead_filter import LeadFilter
from models.office.tenure import FormerName
from tasks.archive.exports.exporting import export_archive
from tasks.archive.exports.verifying import verify_export
from tasks.lookup.leads.exporting import export_leads
from tasks.lookup.stories import tell_story
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.workplace import Workplace, read_office

OLD, NEW = "侯马市住房和城乡建设管理局", "侯马市住房和城市建设局"
OLD_SHORT, NEW_SHORT = "住建局", "城建局"


@pytest.fixture
def renamed(walk: Walk, clock: Clock) -> Walk:
    """A lead that was received on Monday 23 and is verified; the authority is renamed on Wednesday 25."""
    walk.to(Step.VERIFY)
    clock.now = houma(25, 10)
    done = change(walk.place, clock, RENAMED)
    assert (done.added, done.changed) == (0, 1)
    return walk


def units_of(walk: Walk) -> list[object]:
    """Return the units of the steps of a story, in order."""
    steps = tell_story(walk.place, walk.number)["steps"]
    assert isinstance(steps, list)
    return [step["unit"] for step in steps]


def index_of(folder: Path) -> tuple[str, list[object]]:
    """Return a file index as it is printed, and who its items come from."""
    pages = PdfReader(folder / "卷内目录.pdf").pages
    sheet = load_workbook(folder / "卷内目录.xlsx").active
    assert sheet is not None
    authors = [row[2] for row in sheet.iter_rows(values_only=True) if len(row) > 2]
    return "".join(page.extract_text() for page in pages), authors


def test_the_earlier_name_is_kept_with_its_last_day(renamed: Walk, clock: Clock) -> None:
    """It finds the unit; the same file again changes nothing."""
    unit = read_office(renamed.place).unit("住建局")
    assert (unit.code, unit.name, unit.since) == (AUTHORITY, NEW, houma(25, 10).date())
    assert unit.former == (FormerName(name=OLD, short_name=OLD_SHORT, until=houma(24, 10).date()),)
    before = contents(renamed.place)
    clock.now += timedelta(days=3)
    assert change(renamed.place, clock, RENAMED).changed == 0
    assert contents(renamed.place) == before
    # The run of what it owes is shown under the new name by the next patrol.
    assert renamed.file().matter.stale_since == houma(25, 10)
    assert [entry.summary for entry in ledger_of(renamed.place, "units")][1:] == [
        "单位目录导入：新增0个，修改1个"
    ]


def test_the_story_names_each_act_by_its_day(renamed: Walk) -> None:
    """The receipt was the old unit's, the verification is owed under the new name."""
    story = tell_story(renamed.place, renamed.number)
    assert units_of(renamed) == ["侯马市发展和改革局", OLD, NEW]
    assert story["owing"] == NEW
    steps = story["steps"]
    assert isinstance(steps, list)
    assert f"主管单位：{OLD}" in steps[0]["decision"]
    renamed.to_closure()
    assert units_of(renamed)[:3] == ["侯马市发展和改革局", OLD, NEW]


def test_a_request_was_made_by_the_unit_of_its_day(walk: Walk, clock: Clock, papers: Path) -> None:
    """提出单位 keeps its name; what is still owed has the new one."""
    walk.to(Step.RECTIFY)
    paper = write_evidence(papers, "延期申请.pdf", PDF + b"% request")
    asked = ExtensionRequest(AUTHORITY, PERSON, "2026-12-05", "须经合法性审查。", [paper])
    number = request_extension(walk.place, walk.number, asked, clock())
    clock.now = houma(25, 10)
    change(walk.place, clock, RENAMED)
    particulars = tell_story(walk.place, number)["particulars"]
    assert isinstance(particulars, list)
    assert dict(particulars)["提出单位"] == OLD


def test_tables_and_exports_keep_the_name_of_the_day(renamed: Walk, tmp_path: Path, clock: Clock) -> None:
    """The authority it was handed to on Monday; the unit that owes today."""
    export_leads(renamed.place, tmp_path / "台账.csv", LeadFilter(), clock())
    with (tmp_path / "台账.csv").open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["主管单位"], row["承办单位"]) == (OLD_SHORT, NEW_SHORT)
    export_leads(renamed.place, tmp_path / "台账.jsonl", LeadFilter(), clock())
    (told,) = map(json.loads, (tmp_path / "台账.jsonl").read_text(encoding="utf-8").splitlines())
    assert [each["unit_name"] for each in told["assignments"]] == ["发改局", OLD_SHORT, NEW_SHORT]


def test_an_archive_exported_again_says_what_it_said(
    place: Workplace, clock: Clock, papers: Path, tmp_path: Path
) -> None:
    """Index, facts and names are those of the day, though the unit is called otherwise now."""
    walk = closed_walk(place, clock, papers)
    first = export_archive(place, walk.number, tmp_path / "one", PERSON, clock())
    clock.now += timedelta(days=30)
    change(place, clock, RENAMED)
    again = export_archive(place, walk.number, tmp_path / "two", PERSON, clock())
    verify_export(again.path)
    facts, facts_again = (
        json.loads((export.path / "办理情况.json").read_text(encoding="utf-8")) for export in (first, again)
    )
    assert facts == facts_again
    (lead,) = facts_again["matters"]
    assert [each["unit_name"] for each in lead["assignments"]][1:3] == [OLD, OLD]
    assert facts_again["units"][AUTHORITY] == OLD
    assert index_of(first.path) == index_of(again.path)
    assert OLD in index_of(again.path)[1]


def test_a_lead_archived_after_the_change_names_who_handed_in_by_the_day(
    place: Workplace, clock: Clock, papers: Path, tmp_path: Path
) -> None:
    """The file of the verification came from the unit as it was called then."""
    walk = closed_walk(place, clock, papers)
    clock.now += timedelta(days=30)
    change(place, clock, RENAMED)
    export = export_archive(place, walk.number, tmp_path / "one", PERSON, clock())
    _, authors = index_of(export.path)
    assert OLD in authors
    assert NEW not in authors


def test_a_name_that_is_to_hold_later_is_refused(walk: Walk, clock: Clock) -> None:
    """Nothing is planned ahead; the sentence says when to import."""
    before = contents(walk.place)
    with pytest.raises(InputError, match="2026-12-01 还没有到，请在当日或之后导入") as caught:
        change(walk.place, clock, f"{RENAMED}since = 2026-12-01\n")
    assert_is_one_sentence(str(caught.value))
    assert contents(walk.place) == before


def test_the_unit_answers_under_either_name(renamed: Walk) -> None:
    """Whoever types the former name means the same unit."""
    renamed.answer(Step.VERIFY, unit=OLD)
    assert ledger_of(renamed.place, renamed.number)[-1].actor.startswith(NEW_SHORT)
