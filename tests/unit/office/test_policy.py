"""The policy: what ships, what is refused and how, business hours and numbering."""

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from models.codes import Step
from models.days.calendar import published_calendar
from models.days.terms import TermUnit
from models.documents.vocabulary import DocumentKind
from models.errors import InputError
from models.ladder.vocabulary import Rung
from models.office.policy import Policy, packaged_policy_text, read_policy

ORIGIN = "侯马政策.toml"
SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The policy that ships with the system."""
    return read_policy(packaged_policy_text(), "policy.toml")


def edited(old: str, new: str) -> str:
    """Return the packaged policy with the first occurrence of a text replaced, as an operator would."""
    text = packaged_policy_text()
    assert old in text
    return text.replace(old, new, 1)


def refusal(text: str) -> str:
    """Return the sentence with which a policy is refused."""
    with pytest.raises(InputError) as caught:
        read_policy(text, ORIGIN)
    return str(caught.value)


@pytest.mark.parametrize(
    ("step", "value", "unit", "source"),
    [
        (Step.TRANSFER, 1, TermUnit.WORKING_DAYS, "通知§12(二)"),
        (Step.RECEIPT, 1, TermUnit.WORKING_DAYS, "本局内部规则"),
        (Step.VERIFY, 3, TermUnit.WORKING_DAYS, "通知§12(三)"),
        (Step.RECTIFY, 7, TermUnit.CALENDAR_DAYS, "通知§12(四)"),
        (Step.REVIEW, 1, TermUnit.WORKING_DAYS, "本局内部规则"),
    ],
)
def test_the_packaged_terms_are_those_of_the_notice(
    policy: Policy, step: Step, value: int, unit: TermUnit, source: str
) -> None:
    """0137: one day to transfer, three to verify, seven to rectify, and where each is written."""
    term = policy.terms.of(step)
    assert (term.value, term.unit) == (value, unit)
    assert source in term.source


@pytest.mark.parametrize("step", Step)
def test_every_term_names_its_start_source_and_date(policy: Policy, step: Step) -> None:
    """A figure that nobody can trace is not law."""
    term = policy.terms.of(step)
    assert term.start.strip()
    assert term.source.strip()
    later = {Step.HAND_BACK, Step.SECOND_HAND_BACK, Step.LOOK_BACK}
    assert term.valid_from == (date(2026, 12, 1) if step in later else date(2026, 1, 1))


def test_the_other_figures_name_their_source(policy: Policy) -> None:
    """Business hours, the gate of an answer and the kinds of evidence can be traced as well."""
    sources = (policy.business_hours.source, policy.answer_gate.source, policy.evidence.source)
    assert sources == (
        "民法典第二百零三条：有业务时间的，停止业务活动的时间为截止时间",
        "通知§12(五)",
        "通知§12(五)",
    )


@pytest.mark.parametrize("key", ["value", "unit", "start", "source", "valid_from"])
@pytest.mark.parametrize("step", Step)
def test_a_term_without_one_of_its_keys_is_refused(step: Step, key: str) -> None:
    """None of the five facts of a term has a default; the refusal names the key."""
    head, table, tail = packaged_policy_text().partition(f"[terms.{step}]")
    text = head + table + re.sub(rf"(?m)^{key} = .*\n", "", tail, count=1)
    assert refusal(text) == f"政策文件 {ORIGIN} 有误：terms.{step}.{key}（缺少此键）。"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("[evidence]", "[evidence]\nlargest = 3", "evidence.largest（未知的键）"),
        ("[terms.transfer]", "[terms.transfer]\nvaluee = 3", "terms.transfer.valuee（未知的键）"),
        ("[terms.review]", "[terms.reviews]", "terms.review（缺少此键）；terms.reviews（未知的键）"),
        ("opens = 09:00:00\n", "", "business_hours.opens（缺少此键）"),
        ('printed = "侯线〔{year}〕{sequence}号"\n', "", "numbering.printed（缺少此键）"),
        ("[answer_gate]", "[surprise]\n[answer_gate]", "surprise（未知的键）"),
    ],
)
def test_a_missing_or_unknown_key_is_refused_by_name(old: str, new: str, fault: str) -> None:
    """A slip in a key is told, never passed over."""
    assert refusal(edited(old, new)) == f"政策文件 {ORIGIN} 有误：{fault}。"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("value = 1", "value = 0", "terms.transfer.value"),
        ("value = 1", "value = 366", "terms.transfer.value"),
        ("value = 1", "value = 1.5", "terms.transfer.value"),
        ("value = 1", 'value = "一"', "terms.transfer.value"),
        ('unit = "working_days"', 'unit = "weeks"', "terms.transfer.unit"),
        ("valid_from = 2026-01-01", 'valid_from = "今日"', "terms.transfer.valid_from"),
        ("closes = 18:00:00", 'closes = "六点"', "business_hours.closes"),
        ('time_zone = "Asia/Shanghai"', 'time_zone = "../Shanghai"', "business_hours.time_zone"),
        ("minimum_evidence_files = 1", "minimum_evidence_files = 0", "answer_gate.minimum_evidence_files"),
        ('"image/png"', "7", "evidence.media_types.8"),
    ],
)
def test_a_wrong_value_is_refused_with_its_key(old: str, new: str, key: str) -> None:
    """One sentence that names the file and the key, without the lines of a traceback."""
    sentence = refusal(edited(old, new))
    assert sentence.startswith(f"政策文件 {ORIGIN} 有误：{key}（")
    assert sentence.endswith("）。")
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("old", "new"),
    [("[evidence]", "[evidence"), ("value = 1", "value ="), ("2026-01-01", "2026-13-01")],
)
def test_a_text_that_is_no_toml_is_refused(old: str, new: str) -> None:
    """One sentence that names the file, and the line so that it can be found."""
    sentence = refusal(edited(old, new))
    assert sentence.startswith(f"政策文件 {ORIGIN} 不是有效的 TOML：")
    assert re.search(r"line \d+", sentence)
    assert sentence.endswith("。")
    assert "\n" not in sentence


def test_an_empty_policy_names_every_missing_part() -> None:
    """No part of the policy is silently defaulted."""
    parts = (
        "terms",
        "business_hours",
        "answer_gate",
        "evidence",
        "numbering",
        "documents",
        "ladder",
        "archive",
    )
    sentence = "；".join(f"{part}（缺少此键）" for part in parts)
    assert refusal("") == f"政策文件 {ORIGIN} 有误：{sentence}。"


def test_a_policy_of_before_the_general_letter_is_read() -> None:
    """An office that wrote its own policy has no number for it; the upgrade gives it a neutral one."""
    line = 'succession_letter = "侯发改承函〔{year}〕{sequence}号"\n'
    documents = read_policy(edited(line, ""), ORIGIN).documents
    assert documents.number_of(DocumentKind.SUCCESSION_LETTER, 2026, 3) == "承继函〔2026〕3号"
    line = 'task_letter = "侯发改工函〔{year}〕{sequence}号"\n'
    documents = read_policy(edited(line, ""), ORIGIN).documents
    assert documents.number_of(DocumentKind.TASK_LETTER, 2026, 3) == "工作函〔2026〕3号"
    assert refusal(edited('report = "侯发改报〔{year}〕{sequence}号"\n', "")).endswith(
        "documents.numbers（缺少报告的文号格式）。"
    )


def test_a_policy_of_before_hand_backs_and_looks_back_is_read(policy: Policy) -> None:
    """Its terms, rungs and months are the packaged ones; what the office wrote itself stays as it is."""
    text = re.sub(r"\[terms\.(hand_back|second_hand_back|look_back)\][^\[]*", "", packaged_policy_text())
    text = re.sub(r"\[look_back\][^\[]*", "", text)
    text = re.sub(r', "hand_back",\s*"second_hand_back",\s*"look_back",?', "", text)
    text = text.replace(', "look_back"]', "]").replace("at = 18:00:00\nsteps", "at = 18:30:00\nsteps")
    assert "look_back" not in text
    assert "hand_back" not in text
    old = read_policy(text, ORIGIN)
    for step in (Step.HAND_BACK, Step.SECOND_HAND_BACK, Step.LOOK_BACK):
        assert old.terms.of(step) == policy.terms.of(step)
        rungs = [(rule.rung, rule.at) for rule in old.ladder if step in rule.steps]
        assert (Rung.DUE_TODAY, time(9)) in rungs
        assert (Rung.URGE, time(18, 30)) in rungs
    assert old.look_back.day_after(date(2026, 8, 31)) == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("unit", "expected"), [("calendar_days", date(2026, 9, 30)), ("working_days", date(2026, 10, 10))]
)
def test_another_reading_of_the_seven_days_needs_only_the_policy(unit: str, expected: date) -> None:
    """Switching the unit of rectification to working days moves its due date and nothing else."""
    policy = read_policy(edited('unit = "calendar_days"', f'unit = "{unit}"'), ORIGIN)
    assert policy.due(Step.RECTIFY, date(2026, 9, 23), published_calendar()).day == expected
    assert policy.due(Step.VERIFY, date(2026, 9, 20), published_calendar()).day == date(2026, 9, 23)


def test_the_policy_cannot_be_changed_once_read(policy: Policy) -> None:
    """A figure changes in the file, not in a running process."""
    with pytest.raises(ValueError, match="frozen"):
        policy.terms.rectify.value = 30


@pytest.mark.parametrize(
    ("moment", "is_open", "why"),
    [
        (datetime(2026, 11, 27, 8, 59, 59, tzinfo=SHANGHAI), False, "before opening"),
        (datetime(2026, 11, 27, 9, 0, tzinfo=SHANGHAI), True, "at opening"),
        (datetime(2026, 11, 27, 17, 59, 59, tzinfo=SHANGHAI), True, "just before closing"),
        (datetime(2026, 11, 27, 18, 0, tzinfo=SHANGHAI), False, "at closing"),
        (datetime(2026, 11, 28, 10, 0, tzinfo=SHANGHAI), False, "a Saturday"),
        (datetime(2026, 10, 1, 10, 0, tzinfo=SHANGHAI), False, "National Day"),
        (datetime(2026, 2, 14, 10, 0, tzinfo=SHANGHAI), True, "a make-up Saturday"),
        (datetime(2026, 11, 27, 1, 0, tzinfo=UTC), True, "nine in the office, one in Greenwich"),
        (datetime(2026, 11, 26, 23, 0, tzinfo=UTC), False, "seven in the office on the next day"),
        (datetime(2026, 11, 29, 20, 30, tzinfo=NEW_YORK), True, "Sunday evening there, Monday in the office"),
    ],
)
def test_the_office_is_open_in_business_hours_of_working_days(
    policy: Policy, moment: datetime, why: str, *, is_open: bool
) -> None:
    """People are only told something when they are at work, by the office's own clock."""
    assert policy.business_hours.is_open(moment, published_calendar()) is is_open, why


def test_a_deadline_is_the_close_of_business_of_the_policy(policy: Policy) -> None:
    """Another city may close at another hour."""
    earlier = read_policy(edited("closes = 18:00:00", "closes = 17:30:00"), ORIGIN)
    assert policy.deadline(date(2026, 11, 27)) == datetime(2026, 11, 27, 18, tzinfo=SHANGHAI)
    assert earlier.deadline(date(2026, 11, 27)).timetz() == time(17, 30, tzinfo=SHANGHAI)


def test_the_day_of_a_moment_is_the_day_of_the_office(policy: Policy) -> None:
    """17:00 in Greenwich is already tomorrow in Houma."""
    assert policy.day_of(datetime(2026, 11, 26, 15, 59, tzinfo=UTC)) == date(2026, 11, 26)
    assert policy.day_of(datetime(2026, 11, 26, 16, 0, tzinfo=UTC)) == date(2026, 11, 27)


@pytest.mark.parametrize(
    ("sequence", "key", "printed"),
    [
        (12, "L2026-0012", "侯线〔2026〕12号"),
        (9999, "L2026-9999", "侯线〔2026〕9999号"),
        (10000, "L2026-10000", "侯线〔2026〕10000号"),
    ],
)
def test_a_lead_has_a_key_to_type_and_a_number_to_print(
    policy: Policy, sequence: int, key: str, printed: str
) -> None:
    """The typed key is padded; the printed number has hexagonal brackets and no leading zero."""
    assert policy.numbering.key_of(2026, sequence) == key
    assert policy.numbering.printed_of(2026, sequence) == printed


@pytest.mark.parametrize(
    ("key", "printed"),
    [
        ("L{year}-{sequence:04d}", "侯询〔{year}〕{sequence}号"),
        ("L{year}-00{sequence}", "侯询〔{year}〕{sequence}号"),
        ("Q{year}-{sequence:03d}", "侯线〔{year}〕{sequence}号"),
    ],
    ids=["same key", "same key at some length", "same printed number"],
)
def test_two_kinds_are_not_numbered_alike(key: str, printed: str) -> None:
    """The second of them would take a number that is given."""
    section = f'\n[numbering.of_kind.extension]\nkey = "{key}"\nprinted = "{printed}"\n'
    assert "两类事项的编号格式相同，编号会重复" in refusal(packaged_policy_text() + section)
    apart = section.replace(key, "Y{year}-{sequence}").replace(printed, "侯延〔{year}〕{sequence}号")
    assert read_policy(packaged_policy_text() + apart, ORIGIN)
