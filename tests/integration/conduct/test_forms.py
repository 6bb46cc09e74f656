"""What a person filled into a form, read as a submission."""

from datetime import UTC, date, datetime

from flows.forms import submission_of
from models.codes import Step
from models.matters.tables import Assignment

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def test_a_form_is_read_without_what_was_left_blank() -> None:
    """A drop-down left at 无, Prefect's own keys and empty values are no fields; references are split."""
    assignment = Assignment(
        matter_id=1, step=Step.VERIFY, unit_code="ZJJ", opened_at=NOW, clock_start=date(2026, 11, 23),
        due_on=date(2026, 11, 26), due_at=NOW, term_value=3, term_unit="working_days",
    )  # fmt: skip
    filled = {
        "person": "经办人甲", "finding": "属实", "responsible": "无", "opinion": None,
        "explanation": "说明", "evidence": "E1、E2；E3\nE4", "__prefect_kind": "jinja",
    }  # fmt: skip
    submission = submission_of(assignment, filled)
    assert submission.fields == {"finding": "属实"}
    assert submission.references == ["E1", "E2", "E3", "E4"]
    assert (submission.unit, submission.person, submission.explanation) == ("ZJJ", "经办人甲", "说明")
