"""What an office that makes inquiries writes into its policy file."""

from models.office.policy import packaged_policy_text

_TERM = """
[terms.{step}]
value = {value}
unit = "working_days"
start = "{start}"
source = "测试用内部规则"
valid_from = 2026-01-01
"""
_NUMBERING = """
[numbering.of_kind.inquiry]
key = "Q{year}-{sequence:03d}"
printed = "侯询〔{year}〕{sequence}号"
"""
_TERMS = (
    ("inquiry_plan", 1, "发起问询"),
    ("inquiry_gather", 10, "问询拟定"),
    ("inquiry_answer", 3, "问询发出"),
)
# What the rungs name beside, where they name this.
_RUNGS = {
    '"verify", "rectify"]': '"verify", "rectify", "inquiry_gather", "inquiry_answer"]',
    '"rectify", "review"': '"rectify", "review", "inquiry_plan", "inquiry_gather", "inquiry_answer"',
}


def policy_text() -> str:
    """Return the packaged policy with terms, numbers and rungs for inquiries."""
    text = packaged_policy_text()
    for named, with_inquiries in _RUNGS.items():
        text = text.replace(named, with_inquiries)
    return text + "".join(_TERM.format(step=s, value=v, start=b) for s, v, b in _TERMS) + _NUMBERING
