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
    ("models/mechanisms/answering.py", '"opinion"),\n', '"opinion", "basis"),\n    Step.COUNTERSIGN: (),\n'),
    ("models/mechanisms/answering.py", '("measures",)', '("measures", "steps_taken")'),
    # The new field must be filled: who answers by the old form is asked anew.
    (
        "models/mechanisms/answering.py",
        "    fields = {}\n",
        '    fields = {"basis": _required(draft, "basis", "核查依据")}\n',
    ),
    # What was called otherwise goes on being read.
    (
        "models/mechanisms/answering.py",
        'draft, "measures", ',
        'draft, "steps_taken" if "steps_taken" in draft.fields else "measures", ',
    ),
    (
        "models/mechanisms/answering.py",
        "    Step.RECTIFY: _check_rectify,\n",
        "    Step.RECTIFY: _check_rectify,\n    Step.COUNTERSIGN: lambda accepted, *_: accepted,\n",
    ),
    (
        "flows/forms.py",
        '_text("整改意见", "不属实时留空"),\n',
        '_text("整改意见", "不属实时留空"),\n        "basis": _text("核查依据", "", required=True),\n',
    ),
    ("flows/forms.py", '{"measures": _text(', '{"steps_taken": _text('),
    (
        "flows/forms.py",
        "    Step.RECTIFY: _rectify,\n",
        '    Step.RECTIFY: _rectify,\n    Step.COUNTERSIGN: lambda _: {"explanation": _text("意见", "")},\n',
    ),
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
