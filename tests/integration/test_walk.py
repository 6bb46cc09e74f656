"""A lead walks through its life cycle on a real database."""

from pathlib import Path

import pytest
from conftest import Clock

from models.errors import ConflictError
from models.intake import IntakeDefaults, LeadDraft, read_row
from models.lifecycle import Await
from models.vocabulary import Step
from tasks.answers import Submission, record_answer
from tasks.conduct import take_step
from tasks.intake import register_leads
from tasks.workplace import Workplace


def test_a_second_answer_is_refused(place: Workplace, clock: Clock, tmp_path: Path) -> None:
    """The first answer wins."""
    draft = read_row(1, {"title": "题", "facts": "事"}, IntakeDefaults(clock()), place.policy, clock())
    assert isinstance(draft, LeadDraft)
    number = register_leads(place, [draft], "甲", clock())[0].number
    while not isinstance(take_step(place, number, clock()), Await):
        pass
    submission = Submission(Step.TRANSFER, "FGJ", "甲", {"authority": "ZJJ"})
    record_answer(place, number, submission, clock())
    with pytest.raises(ConflictError):
        record_answer(place, number, submission, clock())
