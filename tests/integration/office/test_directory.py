"""Keeping the unit directory: additions, changes, wrong files, and units that were closed down."""

import re
from dataclasses import replace
from datetime import date

import pytest
from conftest import Clock
from harness.wording import assert_is_one_sentence
from walks.walking import Walk, contents, draft_lead, ledger_of

from models.codes import Outcome, Step
from models.errors import InputError, RuleViolation
from models.office.directory import UnitFact, packaged_directory_text, read_directory
from models.office.tables import Unit
from models.office.vocabulary import Role
from tasks.lookup.stories import tell_story
from tasks.mechanisms.leads.registering import register_leads
from tasks.office.units import import_units, list_units
from tasks.workplace import Workplace, read_office

BUREAU = """[[unit]]
code = "FGJ"
name = "侯马市发展和改革局"
short_name = "发改局"
roles = ["bureau", "authority"]
"""
TOBACCO = """[[unit]]
code = "YCJ"
name = "侯马市烟草专卖局"
short_name = "烟草局"
roles = ["authority"]
"""


def packaged() -> tuple[UnitFact, ...]:
    """Return the packaged directory."""
    return read_directory(packaged_directory_text(), "units.toml")


def test_the_same_directory_again_changes_nothing(place: Workplace, clock: Clock) -> None:
    """The fixture imported it; a second time leaves neither change nor ledger entry."""
    before = contents(place)
    assert import_units(place, packaged(), "units.toml", clock()) == (0, 0)
    assert contents(place) == before
    assert sorted(list_units(place), key=repr) == sorted(packaged(), key=repr)


def test_units_are_added_and_changed_but_never_removed(place: Workplace, clock: Clock) -> None:
    """A file with two units leaves the others as they are; the ledger counts what happened."""
    facts = read_directory(BUREAU + TOBACCO, "补充.toml")
    assert import_units(place, facts, "补充.toml", clock()) == (1, 1)
    office = read_office(place)
    assert office.unit("烟草局").roles == {Role.AUTHORITY}
    assert office.stored("FGJ").roles == {Role.BUREAU, Role.AUTHORITY}
    assert len(office.units) == len(packaged()) + 1
    entries = ledger_of(place, "units")
    assert [entry.sequence for entry in entries] == [1, 2]
    assert (entries[1].actor, entries[1].summary) == ("补充.toml", "单位目录导入：新增1个，修改1个")


def test_an_inactive_unit_cannot_be_chosen_but_stays_in_old_leads(walk: Walk, clock: Clock) -> None:
    """A closed lead still names the unit; a new lead cannot be handed to it, by whatever name."""
    walk.to_closure()
    place = walk.place
    told = read_office(place).stored("ZJJ").model_copy(update={"active": False})
    assert import_units(place, (told,), "units.toml", clock()) == (0, 1)
    closed_down = told.model_copy(update={"ended": date(2026, 11, 23)})
    steps = tell_story(place, walk.number)["steps"]
    assert isinstance(steps, list)
    assert steps[1]["unit"] == "侯马市住房和城乡建设管理局"
    assert closed_down not in read_office(place).all_with(Role.AUTHORITY)
    assert closed_down in list_units(place)
    (another,) = register_leads(place, [draft_lead(place, clock, title="另一条线索")], "", clock())
    later = replace(walk, number=another.number).to(Step.TRANSFER)
    for name in ("ZJJ", "住建局", "侯马市住房和城乡建设管理局"):
        with pytest.raises(RuleViolation, match="侯马市住房和城乡建设管理局已停用"):
            later.answer(Step.TRANSFER, fields={"authority": name})


def test_an_inactive_unit_still_answers_for_what_it_owes(walk: Walk) -> None:
    """Homes of earlier releases hold units that ended without a successor; their leads do not stand still."""
    walk.to(Step.VERIFY)
    with walk.place.writing() as session:
        session.get_one(Unit, "ZJJ").active = False
    walk.to_closure()
    assert walk.file().matter.outcome is Outcome.RECTIFIED


def test_a_directory_that_would_be_ambiguous_is_refused_as_a_whole(
    place: Workplace, clock: Clock, subtests: pytest.Subtests
) -> None:
    """What counts is the directory after the import: names mean one unit, and there is one bureau."""
    cases = {
        "another bureau": (TOBACCO.replace('"authority"', '"bureau"'), "只有一个在用的发展改革部门"),
        "no bureau": (BUREAU + "active = false\n" + TOBACCO, "只有一个在用的发展改革部门"),
        "same code": (TOBACCO + TOBACCO.replace("YCJ", "ycj"), "出现了不止一次"),
        "code of another unit in small letters": (TOBACCO.replace("YCJ", "zjj"), "“ZJJ”出现了不止一次"),
        "short name of another unit": (TOBACCO.replace("烟草局", "住建局"), "“住建局”出现了不止一次"),
        "name as short name": (TOBACCO.replace("烟草局", "侯马市财政局"), "“侯马市财政局”出现了不止一次"),
    }
    before = contents(place)
    for case, (text, says) in cases.items():
        with subtests.test(case):
            facts = read_directory(text, "单位.toml")
            with pytest.raises(InputError, match=re.escape(says)) as caught:
                import_units(place, facts, "单位.toml", clock())
            assert_is_one_sentence(str(caught.value))
            assert contents(place) == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[unit]", "不是有效的 TOML"),
        ("", "unit（缺少此键）"),
        (BUREAU + 'phone = "0357"\n', "unit.0.phone（未知的键）"),
        (BUREAU + "[city]\n", "city（未知的键）"),
        (BUREAU.replace('code = "FGJ"\n', ""), "unit.0.code（缺少此键）"),
        (BUREAU.replace("FGJ", "发改"), "unit.0.code（格式不符）"),
        (BUREAU.replace('"authority"', '"主管"'), "（不在可选范围内）"),
        (BUREAU + 'active = "也许"\n', "unit.0.active（应为 true 或 false）"),
    ],
)
def test_a_wrong_directory_is_refused(text: str, says: str) -> None:
    """The sentence names the file and the key or name that is wrong."""
    with pytest.raises(InputError, match=re.escape(says)) as caught:
        read_directory(text, "单位.toml")
    assert "单位.toml" in str(caught.value)
    assert_is_one_sentence(str(caught.value))
