"""A later release of the program, for tests of upgrades: a copy of the packages with one more step.

Between verification and rectification the bureau countersigns (会签). The form of the verification asks for
one more field that must be filled, and a field of the rectification has another name.
"""

import shutil
from pathlib import Path

from deployments.installation.revisions import newest_revision

_CHECKOUT = Path(__file__).parents[2]
PACKAGES = ("models", "notifications", "tasks", "flows", "deployments")

_AFTER_VERIFICATION = """\
            return Assign(Step.COUNTERSIGN, facts.bureau, answer.effective_at)
        case Step.COUNTERSIGN:
            found = next(a.answer for a in reversed(facts.assignments) if a.step is Step.VERIFY)
            return Assign(Step.RECTIFY, found.fields["responsible"], None)
"""
_TERM = """\
[terms.countersign]
value = 1
unit = "working_days"
start = "收到核查反馈"
source = "内部规则"
valid_from = 2026-01-01

[terms.review]
"""
_DUTIES, _ANSWERING = "models/mechanisms/leads/duties.py", "models/matters/answering.py"
_RESPONSIBLE = """\
            role=Role.RESPONSIBLE, is_required=True, not_with=_UNSUBSTANTIATED,
        ),
"""
_BASIS = """\
        Field("basis", "核查依据", "", is_required=True),
"""
_GIVEN = """\
    given = {"steps_taken" if key == "measures" else key: text for key, text in draft.fields.items()}
"""
_REQUIRED_TEXT = '_text(field.title, field.hint, required=field.key == "basis")\n'
_STORED = 'fields = {{"steps_taken": "measures"}.get(each.key, each.key): '
_COUNTERSIGN = """\
COUNTERSIGN = Duty(Step.COUNTERSIGN, Role.BUREAU, explanation=Field("explanation", "意见", ""))
LEADS = Kind("""
# File, what stands there, and what the later release has instead.
_EDITS = (
    ("models/codes.py", "    RECTIFY =", '    COUNTERSIGN = "countersign", "会签"\n    RECTIFY ='),
    (
        "models/mechanisms/leads/life_cycle.py",
        '            return Assign(Step.RECTIFY, answer.fields["responsible"], None)\n',
        _AFTER_VERIFICATION,
    ),
    ("models/office/policy.py", "    rectify: Term\n", "    countersign: Term\n    rectify: Term\n"),
    ("models/office/policy.toml", "[terms.review]\n", _TERM),
    # The new field must be filled: who answers by the old form is asked anew.
    (_DUTIES, _RESPONSIBLE, _RESPONSIBLE + _BASIS),
    # What was called otherwise goes on being read: by forms that were shown before.
    (_DUTIES, '"measures", "整改措施", ', '"steps_taken", "整改措施", '),
    (_ANSWERING, "    given = draft.fields\n", _GIVEN),
    # It is stored as it always was.
    (_ANSWERING, "fields = {each.key: ", _STORED),
    (_ANSWERING, "key not in duty.keys]", 'key not in {*duty.keys, "measures"}]'),
    (_DUTIES, "LEADS = Kind(", _COUNTERSIGN),
    # Its form asks for the new field, so that nobody can leave it out.
    ("flows/forms.py", "_text(field.title, field.hint)\n", _REQUIRED_TEXT),
    (_DUTIES, "VERIFY, RECTIFY, REVIEW)", "VERIFY, COUNTERSIGN, RECTIFY, REVIEW)"),
)


def make_later_release(folder: Path) -> Path:
    """Write a later release into a folder that is put first on the path; returns the folder."""
    for package in PACKAGES:
        shutil.copytree(
            _CHECKOUT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
        )
    for name, old, new in _EDITS:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, (name, old)
        path.write_text(text.replace(old, new), encoding="utf-8")
    # Facts the release before cannot read bring a revision, even one that changes no table. Source: ADR-0024.
    last = newest_revision()
    revision = f"{int(last) + 1:04}"
    (
        folder / "deployments" / "keeping" / "migrations" / "versions" / f"{revision}_countersigning.py"
    ).write_text(
        f'"""A step that the release before does not know."""\n\nrevision = "{revision}"\n'
        f'down_revision = "{last}"\n\n\ndef upgrade() -> None:\n    """Nothing changes."""\n',
        encoding="utf-8",
    )
    return folder
