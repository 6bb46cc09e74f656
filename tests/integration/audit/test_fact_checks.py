"""The facts beside the ledger: whoever changes what people read is found, even if the ledger is whole."""

import pytest
from conftest import Clock
from sqlalchemy import text
from walks.walking import AUTHORITY, Walk, houma, register_lead, write_evidence

from models.codes import Step
from models.errors import TamperError
from tasks.archive.archiving import archive_matter
from tasks.audit.comparison import check_facts
from tasks.audit.verification import verify_ledger
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.workplace import Workplace


@pytest.fixture
def archived(walk: Walk, clock: Clock) -> Walk:
    """A lead with an extension, closed and archived, and another one that was just registered."""
    register_lead(walk.place, clock, title="要求企业先加入协会方可备案")
    walk.to(Step.RECTIFY)
    paper = write_evidence(walk.folder, "延期申请.pdf")
    request = ExtensionRequest(AUTHORITY, "经办人乙", "2026-12-05", "须经合法性审查。", [paper])
    request_extension(walk.place, walk.number, request, clock())
    clock.now = houma(24, 10)
    walk.to_closure()
    archive_matter(walk.place, walk.number, clock())
    return walk


def change(place: Workplace, statement: str) -> None:
    """Do something to the facts and not to the ledger."""
    with place.writing() as session:
        assert session.connection().execute(text(statement)).rowcount > 0, statement


def test_what_nobody_touched_agrees(archived: Walk) -> None:
    """All matters, or a lead with its petitions."""
    assert check_facts(archived.place) == 3
    assert check_facts(archived.place, archived.number) == 2


CHANGES = {
    "the words of an answer": (
        "UPDATE answer SET explanation = '一切正常。' WHERE explanation <> ''",
        "核查反馈",
    ),
    "a decision": (
        "UPDATE answer SET decision = 'unsubstantiated' WHERE decision = 'substantiated'",
        "核查反馈",
    ),
    "an answer that is gone": (
        "DELETE FROM answer WHERE id = (SELECT min(id) FROM answer)",
        "移交反馈",
    ),
    "the facts of a lead": ("UPDATE lead SET facts = '没有问题。'", "登记内容"),
    "a title": ("UPDATE matter SET title = '没有问题' WHERE parent_id IS NULL", "登记内容"),
    "a category": ("UPDATE lead SET category = 'unlawful_entry'", "登记内容"),
    "when it was received": ("UPDATE lead SET received_at = '2026-11-20 01:00:00.000000'", "登记内容"),
    "the text of a document": ("UPDATE document SET content = '{}'", "公文"),
    "when it may be destroyed": ("UPDATE archiverecord SET kept_until = '2026-01-01'", "档案登记"),
    "that nothing is left to destroy": ("UPDATE archiverecord SET kept_until = NULL", "档案登记"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_beside_the_ledger_is_found(archived: Walk, what: str) -> None:
    """The ledger itself is whole; the first matter and the part are named."""
    statement, part = CHANGES[what]
    change(archived.place, statement)
    verify_ledger(archived.place)
    with pytest.raises(TamperError) as caught:
        check_facts(archived.place)
    assert caught.value.position == f"{archived.number} {part}"
    with pytest.raises(TamperError):
        check_facts(archived.place, archived.number)


def test_a_file_that_was_removed_from_a_lead_is_found(archived: Walk) -> None:
    """Its row is gone, and what referred to it."""
    for table in ("answerevidence", "petitionevidence", "evidence"):
        change(archived.place, f"DELETE FROM {table}")
    with pytest.raises(TamperError) as caught:
        check_facts(archived.place)
    assert caught.value.position == f"{archived.number} 核查反馈"


def test_a_lead_and_its_ledger_need_each_other(walk: Walk, clock: Clock) -> None:
    """A lead without a single entry, and entries of a lead that is gone, both before the first seal."""
    second = register_lead(walk.place, clock, title="要求企业先加入协会方可备案")
    verify_ledger(walk.place)
    change(walk.place, f"UPDATE matter SET number = 'L2026-0900' WHERE number = '{second}'")
    with pytest.raises(TamperError) as caught:
        verify_ledger(walk.place)
    assert caught.value.position == f"{second} 第1条"
    change(walk.place, f"UPDATE matter SET number = '{second}' WHERE number = 'L2026-0900'")
    change(walk.place, f"UPDATE matter SET number = 'L2026-0000' WHERE number = '{second}'")
    with pytest.raises(TamperError) as caught:
        verify_ledger(walk.place)
    assert caught.value.position == "L2026-0000 第1条"
