"""What is kept of an informant: read as people write it, shown by nothing, bound to its lead."""

import json
import traceback

import pytest
from harness.wording import assert_is_one_sentence
from pydantic import ValidationError
from walks.informants import CONTACT, IDENTITY, NAME, NOTE, PARTS

from models.errors import RuleViolation, TamperError
from models.informants.identity import (
    Identity,
    identity_from_lines,
    identity_in,
    identity_text,
    read_identity,
)
from models.mechanisms.leads.intake import LeadDraft


@pytest.mark.parametrize(
    ("text", "contact", "note"),
    [
        (f"姓名：{NAME}\n联系方式：{CONTACT}\n备注：{NOTE}", CONTACT, NOTE),
        (f"\n 举报人: {NAME}\r\n举报人联系方式 : a:b \n\n", "a:b", ""),
        (f"姓名：{NAME}\n联系方式：甲\n联系方式：乙\n备注：一\n备注：二", "甲\n乙", "一\n二"),
    ],
)
def test_an_identity_is_read_from_lines(text: str, contact: str, note: str) -> None:
    """Either colon, blanks around, a label twice; what follows the first colon is the value."""
    assert identity_from_lines(text).told() == {"name": NAME, "contact": contact, "note": note}


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", NAME, f"姓名：{NAME}\n{CONTACT}", f"名字：{NAME}", f"备注：{NAME}", "姓名：\u200b",
        f"姓名：{NAME * 30}", f"姓名：{NAME}\x07",
    ],
)  # fmt: skip
def test_lines_that_say_something_else_are_refused_without_being_repeated(text: str) -> None:
    """One sentence, and nothing of what was written in it."""
    with pytest.raises(RuleViolation) as refusal:
        identity_from_lines(text)
    assert_is_one_sentence(str(refusal.value))
    assert not any(part in str(refusal.value) for part in PARTS)


def test_what_is_sealed_names_its_lead() -> None:
    """It comes back for that lead and for no other."""
    text = identity_text("L2026-0001", IDENTITY)
    assert identity_in(text, "L2026-0001") == IDENTITY
    with pytest.raises(TamperError, match="L2026-0002 处存放的举报人信息属于另一条线索"):
        identity_in(text, "L2026-0002")


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{}", '{"lead": "L2026-0001", "name": 1}', f'{{"lead": "L2026-0001", "x": "{NAME}"}}'],
)
def test_what_was_never_sealed_by_this_program_is_noticed(text: str) -> None:
    """The traceback holds nothing of it."""
    with pytest.raises(TamperError) as noticed:
        identity_in(text, "L2026-0001")
    assert_is_one_sentence(str(noticed.value))
    assert NAME not in "".join(traceback.format_exception(noticed.value))


def test_nothing_that_shows_a_value_shows_an_identity() -> None:
    """Representation, string, JSON and the errors of validation."""
    shown = [
        repr(IDENTITY),
        str(IDENTITY),
        IDENTITY.model_dump_json(),
        json.dumps(IDENTITY.model_dump(), default=str),
    ]
    with pytest.raises(ValidationError) as wrong:
        Identity.model_validate({**IDENTITY.told(), "more": NAME})
    with pytest.raises(ValidationError) as lacking:
        LeadDraft.model_validate({"informant": NAME, "informant_contact": CONTACT})
    shown += [str(wrong.value), str(lacking.value)]
    assert [part for part in PARTS for text in shown if part in text] == []


def test_a_name_or_a_contact_is_needed() -> None:
    """A note alone leads to nobody."""
    assert read_identity({"contact": CONTACT}).told() == {"name": "", "contact": CONTACT, "note": ""}
    with pytest.raises(RuleViolation, match="不能都为空"):
        read_identity({"note": NOTE})
