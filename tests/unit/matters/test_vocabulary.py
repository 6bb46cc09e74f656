"""The closed vocabularies: read by code or label, and refused with what may be written."""

import sys
from enum import Enum
from inspect import getmembers, isclass

import pytest

import models.tables  # noqa: F401 - every room with a vocabulary is imported with its tables
from models.archive.vocabulary import Category
from models.codes import Step
from models.documents.vocabulary import SourceLevel
from models.errors import RuleViolation
from models.labels import Labelled
from models.matters.vocabulary import Verdict
from models.mechanisms.leads.vocabulary import Finding
from models.office.vocabulary import Role

# As they are now: other tests import copies of the packages.
MODULES = [
    module
    for name, module in sys.modules.items()
    if name.startswith("models.") and name.endswith((".vocabulary", ".codes"))
]
VOCABULARIES = sorted(
    (kind for kind in Labelled.__subclasses__() if kind.__module__ in {each.__name__ for each in MODULES}),
    key=lambda kind: kind.__name__,
)
MEMBERS = [member for kind in VOCABULARIES for member in kind]


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: f"{type(member).__name__}.{member.name}")
def test_a_member_is_read_by_its_code_and_by_its_label(member: Labelled) -> None:
    """Files carry codes, people write labels; blanks around either do not matter."""
    kind = type(member)
    assert kind.parse(member.value, "字段") is member
    assert kind.parse(f" {member.label}\n", "字段") is member


@pytest.mark.parametrize("kind", VOCABULARIES, ids=lambda kind: kind.__name__)
def test_no_text_means_two_members_of_a_vocabulary(kind: type[Labelled]) -> None:
    """Codes and labels of a vocabulary are all different from one another."""
    texts = [text for member in kind for text in (member.value, member.label)]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize(
    ("kind", "text", "what", "sentence"),
    [
        (
            Finding,
            "基本属实",
            "核查结论",
            "核查结论“基本属实”不在可选范围内，可填：属实、部分属实、不属实。",
        ),
        (SourceLevel, "县", "线索来源", "线索来源“县”不在可选范围内，可填：国家、省、市。"),
        (Verdict, " Accept ", "验收意见", "验收意见“Accept”不在可选范围内，可填：通过、退回。"),
        (Verdict, "", "验收意见", "验收意见“”不在可选范围内，可填：通过、退回。"),
    ],
)
def test_an_unknown_text_is_refused_with_the_options(
    kind: type[Labelled], text: str, what: str, sentence: str
) -> None:
    """The sentence names the field, what was written and what may be written instead."""
    with pytest.raises(RuleViolation, match=f"^{sentence}$"):
        kind.parse(text, what)


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        (
            Step,
            [
                "移交",
                "签收",
                "核查",
                "整改",
                "验收",
                "延期审批",
                "通报审批",
                "退办审核",
                "退办裁定",
                "回头看",
            ],
        ),
        (Finding, ["属实", "部分属实", "不属实"]),
        (SourceLevel, ["国家", "省", "市"]),
        (Category, ["政府违规审批", "企业违规进入", "违规设置隐性壁垒", "其他"]),
        (Role, ["发展改革部门", "主管单位", "责任单位", "延期审批单位", "市政府"]),
    ],
)
def test_the_labels_are_the_words_of_the_notice_in_its_order(kind: type[Labelled], labels: list[str]) -> None:
    """Forms and tables list the members in the order in which they are declared."""
    assert [member.label for member in kind] == labels


def test_a_member_is_stored_and_printed_as_its_code() -> None:
    """Tables, JSON and TOML carry the code; comparing with stored text needs no conversion."""
    stored = "unsubstantiated"
    assert stored == Finding.UNSUBSTANTIATED
    assert f"{Finding.UNSUBSTANTIATED}" == stored
    assert Finding(stored) is Finding.UNSUBSTANTIATED


def test_every_vocabulary_of_the_rooms_has_labels() -> None:
    """A vocabulary without labels could not be shown to anybody."""
    enumerations = {
        kind
        for module in MODULES
        for _, kind in getmembers(module, isclass)
        if issubclass(kind, Enum) and kind.__module__ == module.__name__
    }
    assert enumerations == set(VOCABULARIES)
    assert all(member.label.strip() for member in MEMBERS)
