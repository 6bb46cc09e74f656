"""Names through time, successors and substitutes, as the rules see them."""

import re
from datetime import UTC, date, datetime

import pytest
from harness.wording import assert_is_one_sentence

from models.errors import InputError, NotFound, RuleViolation
from models.office.directory import Office, UnitFact, check_directory, read_directory, read_directory_file
from models.office.policy import packaged_policy_text, read_policy
from models.office.tenure import FormerName, Substitution, check_substitutes, check_successors
from models.office.vocabulary import Role

TODAY = date(2026, 12, 8)
OLD = FormerName(name="侯马市城乡管理局", short_name="城乡局", until=date(2026, 11, 30))
ROLES = frozenset({Role.AUTHORITY, Role.RESPONSIBLE})


def unit(code: str = "CJJ", **told: object) -> UnitFact:
    """Return a unit of the directory, by default 侯马市城市建设局."""
    names = {"name": f"侯马市{code}局", "short_name": f"{code}局"}
    if code == "CJJ":
        names = {"name": "侯马市城市建设局", "short_name": "城建局"}
    return UnitFact.model_validate({"code": code, **names, "roles": ROLES, **told})


def office(*units: UnitFact, substitutes: tuple[Substitution, ...] = ()) -> Office:
    """Return an office of these units."""
    return Office(units, read_policy(packaged_policy_text(), "policy.toml"), None, substitutes)


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        (datetime(2026, 11, 30, 15, 59, tzinfo=UTC), "侯马市城乡管理局"),  # 23:59 in Houma
        (datetime(2026, 11, 30, 16, 0, tzinfo=UTC), "侯马市城市建设局"),  # midnight there
        (datetime(2020, 1, 1, tzinfo=UTC), "侯马市城乡管理局"),
        (None, "侯马市城市建设局"),
    ],
)
def test_a_unit_bears_the_name_of_the_day(moment: datetime | None, name: str) -> None:
    """The last day of a name is the office's day; what goes on bears today's name."""
    renamed = office(unit(since=date(2026, 12, 1), former=(OLD,)))
    assert renamed.called("CJJ", moment).name == name


def test_a_name_that_is_given_up_is_kept_until_the_day_before() -> None:
    """Where the file names no day, the new name holds from the day of the import."""
    known = unit(name="侯马市城乡管理局", short_name="城乡局")
    settled = unit().settled(known, TODAY)
    assert settled.since == TODAY
    assert settled.former == (
        FormerName(name="侯马市城乡管理局", short_name="城乡局", until=date(2026, 12, 7)),
    )
    told = unit(since=date(2026, 12, 1)).settled(known, TODAY)
    assert (told.since, told.former) == (date(2026, 12, 1), (OLD,))


def test_what_a_file_leaves_out_stays_as_it_is_known() -> None:
    """The same file again changes nothing; former names it tells come beside the others."""
    known = unit(since=date(2026, 12, 1), former=(OLD,))
    assert unit().settled(known, TODAY) == known
    older = FormerName(name="侯马市建设局", short_name="建设局", until=date(2019, 3, 1))
    assert unit(former=(older,)).settled(known, TODAY).former == (older, OLD)
    ended = unit(active=False, succeeded_by="JTJ").settled(known, TODAY)
    assert ended.ended == TODAY
    assert unit(active=False).settled(ended, date(2026, 12, 9)) == ended
    assert unit().settled(ended, TODAY) == known


def test_former_names_told_with_a_new_unit_say_since_when_its_name_holds() -> None:
    """The day after the last of them."""
    assert unit(former=(OLD,)).settled(None, TODAY).since == date(2026, 12, 1)
    assert unit().settled(None, TODAY).since is None


def test_a_slip_corrected_on_its_first_day_is_no_former_name() -> None:
    """A name that held no day was never borne."""
    known = unit(name="侯马市城市建设据", since=TODAY, former=(OLD,))
    assert unit().settled(known, TODAY).former == (OLD,)


@pytest.mark.parametrize(
    ("told", "known", "says"),
    [
        (unit(since=date(2026, 12, 9)), None, "起用现名的日期 2026-12-09 还没有到"),
        (unit(active=False, ended=date(2027, 1, 1)), None, "停用的日期 2027-01-01 还没有到"),
        (
            unit(since=date(2026, 11, 1)),
            unit(name="侯马市城管局", since=date(2026, 12, 1)),
            "侯马市城管局自 2026-12-01 起才用此名",
        ),
    ],
)
def test_days_that_cannot_be_are_refused(told: UnitFact, known: UnitFact | None, says: str) -> None:
    """Nothing is planned ahead, and no name begins before the one it follows."""
    with pytest.raises(InputError, match=says) as caught:
        told.settled(known, TODAY)
    assert_is_one_sentence(str(caught.value))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('succeeded_by = "JTJ"', "停用请写 active = false"),
        ("ended = 2026-12-01", "停用请写 active = false"),
        ('active = false\nsucceeded_by = "YCJ"', "承继单位不能是本单位"),
        (
            'since = 2026-11-30\nformer = [{name="旧名称", short_name="旧名", until=2026-11-30}]',
            "应晚于曾用名",
        ),
        (
            'former = [{name="甲局", short_name="甲局", until=2026-11-30}, '  # noqa: ISC004 - one line of TOML
            '{name="乙局", short_name="乙局", until=2025-11-30}]',
            "由早到晚",
        ),
        ('former = [{name="甲局", until=2026-11-30}]', "unit.0.former.0.short_name（缺少此键）"),
        ('[[substitute]]\nunit = "SFGW"\nby = "SZF"\nfirst = 2026-12-10\nlast = 2026-12-01', "last 不能早于"),
        ('[[substitute]]\nunit = "SFGW"\nby = "SFGW"\nfirst = 2026-12-01\nlast = 2026-12-01', "代行自己"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(more: str, says: str) -> None:
    """The sentence names what is wrong."""
    text = (
        f'[[unit]]\ncode = "YCJ"\nname = "烟草专卖局"\nshort_name = "烟草局"\nroles = ["authority"]\n{more}\n'
    )
    with pytest.raises(InputError, match=re.escape(says)) as caught:
        read_directory(text, "单位.toml")
    assert_is_one_sentence(str(caught.value))


def test_substitutes_may_be_told_alone() -> None:
    """A file without a unit is none, unless it says who stands in for whom."""
    text = '[[substitute]]\nunit = "SFGW"\nby = "SZF"\nfirst = 2026-12-01\nlast = 2026-12-10\n'
    told = read_directory_file(text, "代行.toml")
    assert (told.unit, len(told.substitute)) == ((), 1)


def test_a_former_name_finds_the_unit_unless_another_one_bears_it_now() -> None:
    """Who types a name means whom is called so today."""
    renamed = unit(since=date(2026, 12, 1), former=(OLD,))
    assert office(renamed).unit("城乡局") == renamed
    taken = unit("CXJ", name="侯马市城乡管理局", short_name="城乡局")
    assert office(renamed, taken).unit("城乡局") == taken
    with pytest.raises(NotFound):
        office(renamed).unit("城乡")


def test_a_former_name_of_two_units_is_refused() -> None:
    """Nobody could tell which of them is meant."""
    bureau = unit("FGJ", roles=frozenset(Role))
    both = (bureau, unit(former=(OLD,)), unit("CXJ", former=(OLD,)))
    with pytest.raises(InputError, match=r"两个单位的曾用名都是“(侯马市城乡管理局|城乡局)”") as caught:
        check_directory(both, "单位.toml")
    assert_is_one_sentence(str(caught.value))
    check_directory((*both[:2], unit("CXJ", name=OLD.name, short_name=OLD.short_name)), "单位.toml")


def test_duties_go_to_whom_is_left_at_the_end() -> None:
    """Where the successor ended later itself, its own successor goes on."""
    units = (
        unit("A1", active=False, succeeded_by="B1"),
        unit("B1", active=False, succeeded_by="CJJ"),
        unit(),
        unit("D1", active=False),
    )
    told = office(*units)
    assert [told.heir(code).code for code in ("A1", "B1", "CJJ", "D1")] == ["CJJ", "CJJ", "CJJ", "D1"]
    with pytest.raises(RuleViolation, match="侯马市A1局已停用，其职责由侯马市城市建设局承继，不能再选用"):
        told.unit("A1")


@pytest.mark.parametrize(
    ("heir", "says"),
    [(None, "承继单位“JTJ”不在目录中"), (unit("JTJ", active=False), "承继单位侯马市JTJ局已停用")],
)
def test_a_successor_has_to_be_there(heir: UnitFact | None, says: str) -> None:
    """So no chain and no ring begins."""
    ended = unit(active=False, succeeded_by="JTJ")
    units = {each.code: each for each in (ended, heir) if each is not None}
    with pytest.raises(InputError, match=says) as caught:
        check_successors([ended], units, "单位.toml")
    assert_is_one_sentence(str(caught.value))


def standing_in(by: str, first: int, last: int, unit: str = "SFGW") -> Substitution:
    """Return a substitution on days of December 2026."""
    return Substitution(unit=unit, by=by, first=date(2026, 12, first), last=date(2026, 12, last))


APPROVER, BUREAU = unit("SFGW", roles=frozenset({Role.APPROVER})), unit("FGJ", roles=frozenset({Role.BUREAU}))
DIRECTORY = {each.code: each for each in (APPROVER, BUREAU, unit(), unit("GONE", active=False))}


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ([standing_in("XXX", 8, 9)], "“XXX”不在目录中或已停用"),
        ([standing_in("GONE", 8, 9)], "“GONE”不在目录中或已停用"),
        ([standing_in("SFGW", 8, 9, unit="CJJ")], "侯马市城市建设局不是审批单位或发展改革部门"),
        ([standing_in("CJJ", 1, 9), standing_in("FGJ", 9, 12)], "侯马市SFGW局在同一天有两个代行单位"),
        (
            [standing_in("FGJ", 8, 9), standing_in("CJJ", 9, 9, unit="FGJ")],
            "侯马市FGJ局在代行期间自己也由别的单位",
        ),
    ],
)
def test_a_substitution_nobody_could_follow_is_refused(told: list[Substitution], says: str) -> None:
    """Unknown, inactive, without anything to decide, twice, or absent itself."""
    roles = {code: each.roles for code, each in DIRECTORY.items()}
    with pytest.raises(InputError, match=says) as caught:
        check_substitutes(told, roles, DIRECTORY, TODAY)
    assert_is_one_sentence(str(caught.value))
    # What is over stays as it was.
    check_substitutes(told, roles, DIRECTORY, date(2026, 12, 31))


def test_nobody_decides_as_a_substitute_about_what_it_asks_for() -> None:
    """Then the unit in office does it all the same."""
    absent = office(*DIRECTORY.values(), substitutes=(standing_in("CJJ", 8, 9),))
    assert absent.approver().code == "CJJ"
    assert absent.approver("CJJ").code == "SFGW"
    assert absent.approver_in_office().code == "SFGW"
