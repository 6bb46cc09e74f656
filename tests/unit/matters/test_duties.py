"""Duties and kinds: what may be left out, and declarations that contradict themselves."""

import pytest

from flows.forms import NONE, form_for
from models.codes import MatterKind, Step
from models.errors import NotFound, RuleViolation
from models.matters.duties import Duty, Field, Reading
from models.matters.kinds import Kind
from models.matters.parts import collecting
from models.matters.vocabulary import Verdict
from models.office.directory import Office, packaged_directory_text, read_directory
from models.office.policy import packaged_policy_text, read_policy
from models.office.vocabulary import Role

CHOICE = Field("verdict", "结论", "可不选", Reading.CHOICE, choices=Verdict)
UNIT = Field("asked", "牵头单位", "可不选", Reading.UNIT, role=Role.AUTHORITY)


@pytest.fixture(scope="module")
def office() -> Office:
    """The packaged directory and policy."""
    units = read_directory(packaged_directory_text(), "units.toml")
    return Office(units, read_policy(packaged_policy_text(), "policy.toml"))


@pytest.mark.parametrize("field", [CHOICE, UNIT], ids=["a choice", "a unit"])
def test_what_is_not_required_may_be_left_out(field: Field, office: Office) -> None:
    """By whoever types an answer, and in the form, which offers 无; nonsense is still refused."""
    assert field.read(" ", office) == ""
    with pytest.raises((RuleViolation, NotFound)):
        field.read("胡写", office)
    form = form_for(Duty(Step.VERIFY, Role.AUTHORITY, fields=(field,)), office, "")
    schema = form.model_json_schema()
    assert schema["properties"][field.key]["enum"][0] == NONE
    assert schema["properties"][field.key]["default"] == NONE


def test_what_decides_is_required() -> None:
    """Nobody could say what comes next."""
    with pytest.raises(ValueError, match="nobody has to say"):
        Duty(Step.REVIEW, Role.BUREAU, fields=(CHOICE,), decides="verdict")


def test_a_kind_gathers_once() -> None:
    """Its parts are opened once: a second time would wait for those of the first."""
    duties = (collecting(Step.VERIFY, Role.BUREAU), collecting(Step.RECTIFY, Role.BUREAU))
    with pytest.raises(ValueError, match="gathers its parts twice"):
        Kind(MatterKind.LEAD, "线索", duties, lambda _facts, _now: None)
