"""What the archive owes: reviews once a month, new material once a quarter. Source: 通知§13(二), (五)."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conftest import Clock
from walks.archives import closed_walk
from walks.walking import ledger_of, messages_of, register_lead

from models.office.policy import packaged_policy_text, read_policy
from models.office.vocabulary import Role
from tasks.archive.archiving import archive_matter
from tasks.archive.care import review
from tasks.archive.reminders import tell_of_archive_duties
from tasks.workplace import Workplace, read_office

_DAY = timedelta(days=1)


def told(place: Workplace, kind: str) -> list[str]:
    """Return the units that were told, in the order in which they were."""
    return [message.unit_code for message in messages_of(place) if message.kind == kind]


def test_authorities_are_asked_once_a_quarter_in_business_hours(place: Workplace, clock: Clock) -> None:
    """From the quarter after the first lead on; nobody in the quarter the office starts in."""
    register_lead(place, clock)
    authorities = [unit.code for unit in read_office(place).all_with(Role.AUTHORITY)]
    first = datetime(2026, 11, 24, 2, tzinfo=UTC)
    found = [tell_of_archive_duties(place, first + n * _DAY) for n in range(200)]
    assert sum(found) == 2 * len(authorities)
    assert Counter(told(place, "case_collection")) == dict.fromkeys(authorities, 2)
    entries = [entry for entry in ledger_of(place, "archive") if entry.kind == "case_collection"]
    assert [entry.detail["period"] for entry in entries] == ["2027-01-01", "2027-04-01"]
    # New Year's Day is a holiday: the first message is of the next working day.
    assert entries[0].at.date().isoformat() > "2027-01-01"
    (message, *_) = (message for message in messages_of(place) if message.kind == "case_collection")
    assert "通知§13(二)" in message.body
    assert "侯马市发展和改革局统一登记" in message.body


def test_nobody_is_asked_at_night_or_without_a_lead(place: Workplace, clock: Clock) -> None:
    """People are told in business hours of working days only."""
    quarter = datetime(2027, 4, 6, 2, tzinfo=UTC)
    assert tell_of_archive_duties(place, quarter) == 0
    register_lead(place, clock)
    assert tell_of_archive_duties(place, quarter.replace(hour=13)) == 0
    assert tell_of_archive_duties(place, quarter) > 0
    assert tell_of_archive_duties(place, quarter + timedelta(hours=1)) == 0


def test_the_bureau_hears_once_a_month_what_is_due_for_review(
    place: Workplace, clock: Clock, papers: Path
) -> None:
    """Until each is reviewed; the message names them and how to note the review."""
    walk = closed_walk(place, clock, papers)
    record = archive_matter(place, walk.number, clock())
    first = datetime(2027, 11, 1, 2, tzinfo=UTC)
    for days in range(90):
        tell_of_archive_duties(place, first + days * _DAY)
    assert told(place, "archive_review") == ["FGJ"] * 3
    message = next(message for message in messages_of(place) if message.kind == "archive_review")
    assert message.subject == "【档案审核】1件案例档案已到审核时间"
    assert f"{record.number} {walk.file().matter.title}（应于 2027-11-23 审核）" in message.body
    assert message.created_at == datetime(2027, 11, 23, 2, tzinfo=UTC)
    review(place, walk.number, "经办人甲", "内容完整", first + 90 * _DAY)
    assert tell_of_archive_duties(place, datetime(2028, 3, 1, 2, tzinfo=UTC)) == 0


def test_the_policy_can_turn_both_off(place: Workplace, clock: Clock, papers: Path) -> None:
    """0 months is never."""
    text = packaged_policy_text().replace("every_months = 12", "every_months = 0")
    policy = read_policy(text.replace("every_months = 3", "every_months = 0"), "policy.toml")
    quiet = replace(place, policy=policy)
    walk = closed_walk(quiet, clock, papers)
    archive_matter(quiet, walk.number, clock())
    assert tell_of_archive_duties(quiet, datetime(2028, 4, 6, 2, tzinfo=UTC)) == 0
    assert tell_of_archive_duties(place, datetime(2028, 4, 6, 2, tzinfo=UTC)) > 0
