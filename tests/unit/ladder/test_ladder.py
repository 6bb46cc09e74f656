"""The escalation ladder: when each rung comes, across holidays, make-up days, holds and outages.

The moments were worked out by hand from the notices of 2026.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.codes import Step
from models.days.calendar import published_calendar
from models.documents.vocabulary import DocumentKind
from models.errors import InputError
from models.ladder.rungs import Standing, after_urging, standing
from models.ladder.vocabulary import Recipient, Rung
from models.office.policy import packaged_policy_text, read_policy

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = published_calendar()
POLICY = read_policy(packaged_policy_text(), "policy.toml")
HOURS = POLICY.business_hours
LONG_AGO = datetime(2026, 1, 1, tzinfo=SHANGHAI)


def at(text: str) -> datetime:
    """Return a moment in Houma, from ``11-27 09:00`` in 2026."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("due_on", "moments"),
    [
        # An ordinary week: due on a Wednesday.
        (date(2026, 11, 25), "11-24 09:00|11-25 09:00|11-26 09:00|11-26 15:00|11-27 09:00|11-30 09:00"),
        # Due on a Monday: the reminder goes out on the Friday before.
        (date(2026, 11, 30), "11-27 09:00|11-30 09:00|12-01 09:00|12-01 15:00|12-02 09:00|12-03 09:00"),
        # Due on the day before the National Day holiday: nothing is sent for seven days.
        (date(2026, 9, 30), "09-29 09:00|09-30 09:00|10-08 09:00|10-08 15:00|10-09 09:00|10-10 09:00"),
        # The Saturday 10-10 is worked (make-up) and counts like any other day.
        (date(2026, 10, 9), "10-08 09:00|10-09 09:00|10-10 09:00|10-10 15:00|10-12 09:00|10-13 09:00"),
        # Due on a worked Sunday.
        (date(2026, 9, 20), "09-18 09:00|09-20 09:00|09-21 09:00|09-21 15:00|09-22 09:00|09-23 09:00"),
        # Due on the first day after the Spring Festival.
        (date(2026, 2, 24), "02-14 09:00|02-24 09:00|02-25 09:00|02-25 15:00|02-26 09:00|02-27 09:00"),
    ],
)
def test_every_rung_of_a_verification_has_its_moment(due_on: date, moments: str) -> None:
    """Working days of the State Council's notice, business hours of the office."""
    rungs = POLICY.rungs(Step.VERIFY, due_on, CALENDAR)
    assert [rung.rule.rung for rung in rungs] == list(Rung)
    assert [rung.at for rung in rungs] == [at(moment) for moment in moments.split("|")]
    assert [rung.overdue for rung in rungs] == [False, False, True, True, True, True]


@pytest.mark.parametrize(
    ("step", "rungs"),
    [
        (Step.TRANSFER, [Rung.REMIND, Rung.DUE_TODAY, Rung.URGE]),
        (Step.RECEIPT, [Rung.DUE_TODAY]),
        (Step.VERIFY, list(Rung)),
        (Step.RECTIFY, list(Rung)),
        (Step.REVIEW, [Rung.REMIND, Rung.DUE_TODAY, Rung.URGE]),
    ],
)
def test_only_verification_and_rectification_climb_to_the_city_government(
    step: Step, rungs: list[Rung]
) -> None:
    """A receipt that nobody signs is deemed instead. Source: 通知§12(六): 线索核查整改工作."""
    assert [rung.rule.rung for rung in POLICY.rungs(step, date(2026, 11, 25), CALENDAR)] == rungs


def test_the_circular_needs_a_person_and_the_report_goes_to_the_government() -> None:
    """Nothing is published without approval. Source: 通知§12(六)."""
    rules = {rule.rung: rule for rule in POLICY.ladder}
    assert [rule.rung for rule in POLICY.ladder if rule.needs_approval] == [Rung.CIRCULAR]
    assert rules[Rung.REPORT].recipients == (Recipient.GOVERNMENT,)
    assert (rules[Rung.SUPERVISE].document, rules[Rung.REPORT].document, rules[Rung.CIRCULAR].document) == (
        DocumentKind.SUPERVISION_NOTICE,
        DocumentKind.REPORT,
        DocumentKind.CIRCULAR,
    )


def stand(
    now: str, *, since: datetime = LONG_AGO, held: bool = False, done: str = "", urged: str = ""
) -> Standing:
    """Return where a rectification stands that is due on Wednesday 2026-11-25."""
    recorded = [Rung(name) for name in done.split()]
    rungs = after_urging(
        POLICY.rungs(Step.RECTIFY, date(2026, 11, 25), CALENDAR),
        since=since, urged_at=at(urged) if urged else None, now=at(now), hours=HOURS, calendar=CALENDAR,
    )  # fmt: skip
    return standing(rungs, since=since, held=held, recorded=recorded, now=at(now))


def told(found: Standing) -> tuple[str, str]:
    """Return the rung that goes out and those that are passed over for it."""
    reached = found.reached.rule.rung.value if found.reached else ""
    return reached, " ".join(rung.rule.rung.value for rung in found.missed)


BEFORE = "remind due_today"


@pytest.mark.parametrize(
    ("now", "done", "urged", "reached", "missed", "next_at"),
    [
        ("11-24 08:59", "", "", "", "", "11-24 09:00"),
        ("11-24 09:00", "", "", "remind", "", "11-25 09:00"),
        ("11-24 09:01", "remind", "", "", "", "11-25 09:00"),
        # The day has passed, but nobody is told in the evening.
        ("11-25 18:30", BEFORE, "", "", "", "11-26 09:00"),
        # In time: half a day to the supervision, a day to the report.
        ("11-26 09:00", BEFORE, "", "urge", "", "11-26 15:00"),
        ("11-26 15:00", f"{BEFORE} urge", "11-26 09:00", "supervise", "", "11-27 09:00"),
        ("11-27 09:00", f"{BEFORE} urge supervise", "11-26 09:00", "report", "", "11-30 09:00"),
        # An outage of a working day and more: the unit is urged first, the rest keeps its distance.
        ("11-27 09:00", "remind", "", "urge", "due_today", "11-27 15:00"),
        ("11-27 15:00", f"{BEFORE} urge", "11-27 09:00", "supervise", "", "11-30 09:00"),
        ("11-30 08:59", f"{BEFORE} urge supervise", "11-27 09:00", "", "", "11-30 09:00"),
        ("11-30 09:00", f"{BEFORE} urge supervise", "11-27 09:00", "report", "", "12-01 09:00"),
        # Urged in the afternoon: supervision on the next day, the report a full working day later.
        ("11-27 16:00", f"{BEFORE} urge", "11-27 16:00", "", "", "11-30 15:00"),
        ("11-30 15:30", f"{BEFORE} urge supervise", "11-27 16:00", "", "", "11-30 16:00"),
        ("11-30 16:00", f"{BEFORE} urge supervise", "11-27 16:00", "report", "", "12-01 09:00"),
        # A long outage after the urging: only the highest of what has come.
        ("12-21 09:00", f"{BEFORE} urge", "11-26 09:00", "circular", "supervise report", None),
        ("12-21 09:00", "", "", "urge", BEFORE, "12-21 15:00"),
        ("12-21 09:00", f"{BEFORE} urge supervise report circular", "11-26 09:00", "", "", None),
        # By hand, before it was due: nothing moves.
        ("11-26 15:00", f"{BEFORE} urge", "11-24 10:00", "supervise", "", "11-27 09:00"),
    ],
)
def test_a_unit_is_urged_first_and_only_the_highest_of_the_rest_goes_out(
    now: str, done: str, urged: str, reached: str, missed: str, next_at: str | None
) -> None:
    """Each rung once; what goes above a unit comes a working day after it was urged."""
    found = stand(now, done=done, urged=urged)
    assert told(found) == (reached, missed)
    assert found.next_at == (at(next_at) if next_at else None)


def test_an_extension_asked_for_holds_the_overdue_rungs_only() -> None:
    """Reminders go on; after a refusal behind the due day the unit is urged before anything else."""
    assert stand("11-24 10:00", held=True).reached is not None
    asked = stand("11-27 10:00", held=True, done=BEFORE)
    assert (asked.reached, asked.next_at) == (None, None)
    refused = stand("11-27 10:00", done=BEFORE)
    assert (told(refused), refused.next_at) == (("urge", ""), at("11-27 15:00"))
    later = stand("11-30 10:00", done=f"{BEFORE} urge supervise", urged="11-27 10:00")
    assert told(later) == ("report", "")


def test_what_lay_before_the_assignment_was_opened_is_nobodys_failing() -> None:
    """A returned answer keeps its old date; its unit is urged on the next working day, then has its own."""
    opened = at("11-26 15:30")
    found = stand("11-26 16:00", since=opened)
    assert (found.reached, found.missed, found.next_at) == (None, (), at("11-27 09:00"))
    assert told(stand("11-27 09:00", since=opened)) == ("urge", "")
    # Round two, weeks behind its date: never a circular first.
    late = at("12-21 15:30")
    assert told(stand("12-21 16:00", since=late)) == ("", "")
    assert told(stand("12-22 09:00", since=late)) == ("urge", "")
    after = stand("12-22 09:05", since=late, done="urge", urged="12-22 09:00")
    assert (told(after), after.next_at) == (("", ""), at("12-22 15:00"))


def test_a_due_date_that_has_become_a_rest_day_has_no_reminder_after_it() -> None:
    """``due today`` on the Monday after a Saturday that was due would be wrong; the urging is not."""
    rungs = POLICY.rungs(Step.VERIFY, date(2026, 11, 28), CALENDAR)
    assert [rung.rule.rung for rung in rungs][:2] == [Rung.REMIND, Rung.URGE]


@given(
    due_on=st.dates(date(2018, 1, 10), date(2026, 12, 10)),
    step=st.sampled_from(Step),
    minutes=st.integers(-60 * 24 * 20, 60 * 24 * 40),
)
def test_laws_of_the_ladder(due_on: date, step: Step, minutes: int) -> None:
    """No rung before its time, none outside business hours, none that speaks of the past as to come."""
    rungs = POLICY.rungs(step, due_on, CALENDAR)
    assert all(HOURS.is_open(rung.at, CALENDAR) for rung in rungs)
    assert [rung.at for rung in rungs] == sorted(rung.at for rung in rungs)
    due_at = POLICY.deadline(due_on)
    assert all((rung.at > due_at) == (rung.rule.rung not in {Rung.REMIND, Rung.DUE_TODAY}) for rung in rungs)
    now = due_at + timedelta(minutes=minutes)
    found = standing(rungs, since=LONG_AGO.replace(year=2017), held=False, recorded=(), now=now)
    told = (*found.missed, *([found.reached] if found.reached else []))
    assert all(rung.at <= now for rung in told)
    assert found.next_at is None or found.next_at > now
    assert len(told) == sum(rung.at <= now for rung in rungs)
    again = standing(
        rungs, since=LONG_AGO.replace(year=2017), held=False, recorded=[r.rule.rung for r in told], now=now
    )
    assert (again.reached, again.missed) == (None, ())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"closes = 18:00:00": "closes = 20:00:00"}, "催办应不早于到期日 20:00（办公结束时间）"),
        (
            {"closes = 18:00:00": "closes = 08:30:00", "opens = 09:00:00": "opens = 08:00:00"},
            "当日提醒应早于到期日 08:30",
        ),
        ({"offset = 1\nat = 15:00:00": "offset = 0\nat = 17:00:00"}, "按时间先后|督办应不早于"),
    ],
)
def test_no_rung_says_what_is_not_true_yet(changes: dict[str, str], says: str) -> None:
    """With 20:00 as the end of the day a 催办 at 18:00 would say that 20:00 has passed."""
    text = packaged_policy_text()
    for old, new in changes.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    with pytest.raises(InputError, match=says):
        read_policy(text, "政策.toml")
    # Told along with its rung, another end of the day is fine.
    later = packaged_policy_text().replace("closes = 18:00:00", "closes = 20:00:00")
    assert read_policy(later.replace("at = 18:00:00", "at = 20:00:00"), "政策.toml")


def test_a_ladder_out_of_order_or_with_a_rung_twice_is_refused() -> None:
    """The refusal is a Chinese sentence that names the key."""
    text = packaged_policy_text()
    for wrong in (text.replace("offset = -1", "offset = 5"), text.replace('"remind"', '"urge"')):
        with pytest.raises(InputError, match="ladder"):
            read_policy(wrong, "政策.toml")
