"""Laws of counting days, on notices no State Council has issued yet."""

from datetime import date, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.days.calendar import DayKind, NoticeDay, WorkCalendar, YearNotice
from models.days.terms import DueDate, Term, TermUnit, due_date, explanation_lines

# 2031 has a notice in every drawn calendar, 2032 in some, 2033 in none: terms run into all three.
FIRST, LAST = date(2031, 1, 1), date(2032, 12, 31)
SATURDAY = 5


def _days(year: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(days=n) for n in range(365)]


def _notices(year: int) -> st.SearchStrategy[YearNotice]:
    """Return notices with the three great holidays, drawn rest days and drawn make-up workdays."""
    great = {date(year, month, 1): NoticeDay(DayKind.REST, "节日") for month in (1, 5, 10)}
    weekend = [day for day in _days(year) if day.weekday() >= SATURDAY]
    rest = st.dictionaries(
        st.sampled_from(_days(year)), st.just(NoticeDay(DayKind.REST, "节日")), max_size=40
    )
    work = st.dictionaries(st.sampled_from(weekend), st.just(NoticeDay(DayKind.WORK, "节日")), max_size=12)
    return st.builds(lambda makeup, free: YearNotice(year, {**makeup, **free, **great}), work, rest)


CALENDARS = st.builds(
    lambda first, second: WorkCalendar((first, *second)),
    _notices(2031),
    st.lists(_notices(2032), max_size=1),
)
STARTS = st.dates(FIRST, LAST)
UNITS = st.sampled_from(TermUnit)
VALUES = st.integers(1, 40)


def term(value: int, unit: TermUnit) -> Term:
    """Return a term of a length in a reading."""
    return Term(value=value, unit=unit, start="收到", source="通知§12", valid_from=date(2026, 1, 1))


TERMS = st.builds(term, VALUES, UNITS)
DUE_DATES = st.builds(due_date, STARTS, TERMS, CALENDARS)


@settings(deadline=None)
@given(STARTS, st.integers(0, 60), TERMS, CALENDARS)
def test_a_later_start_is_never_due_earlier(
    start: date, later: int, counted: Term, calendar: WorkCalendar
) -> None:
    """The due day is monotone in the day of the event."""
    first, second = (due_date(day, counted, calendar) for day in (start, start + timedelta(days=later)))
    assert first.day <= second.day


@settings(deadline=None)
@given(STARTS, VALUES, st.integers(0, 20), UNITS, CALENDARS)
def test_a_longer_term_is_never_due_earlier(
    start: date, value: int, more: int, unit: TermUnit, calendar: WorkCalendar
) -> None:
    """The due day is monotone in the term; in working days a longer term is due strictly later."""
    short, long = (due_date(start, term(days, unit), calendar).day for days in (value, value + more))
    assert short <= long
    if unit is TermUnit.WORKING_DAYS and more:
        assert short < long


@settings(deadline=None)
@given(STARTS, VALUES, CALENDARS)
def test_working_days_are_never_due_before_as_many_calendar_days(
    start: date, value: int, calendar: WorkCalendar
) -> None:
    """The reading 七日 = seven working days is the milder one for whoever owes."""
    natural, working = (due_date(start, term(value, unit), calendar).day for unit in reversed(TermUnit))
    assert natural <= working


@settings(deadline=None)
@given(STARTS, TERMS, CALENDARS)
def test_the_due_day_is_a_working_day_after_the_start(
    start: date, counted: Term, calendar: WorkCalendar
) -> None:
    """Nobody owes anything on a day of rest or on the day of the event itself."""
    due = due_date(start, counted, calendar)
    assert calendar.works(due.day)
    assert due.day >= start + timedelta(days=counted.value)


@settings(deadline=None)
@given(STARTS, TERMS, CALENDARS, st.integers(0, 60))
def test_another_rest_day_never_brings_a_date_forward(
    start: date, counted: Term, calendar: WorkCalendar, offset: int
) -> None:
    """A late notice that grants one more day of rest may only move a due date to a later day."""
    free = start + timedelta(days=offset)
    in_force = {notice.year: notice for notice in calendar.notices}
    assume(free.year in in_force)
    rest = NoticeDay(DayKind.REST, "临时放假")
    milder = calendar.with_notice(YearNotice(free.year, {**in_force[free.year].days, free: rest}))
    assert due_date(start, counted, calendar).day <= due_date(start, counted, milder).day


@settings(deadline=None)
@given(DUE_DATES)
def test_exactly_the_days_of_the_term_are_counted(due: DueDate) -> None:
    """They are numbered from one to the value of the term without a gap."""
    ordinals = [day.ordinal for day in due.days if day.ordinal is not None]
    assert ordinals == list(range(1, due.term.value + 1))
    assert due.counted == due.term.value


@settings(deadline=None)
@given(DUE_DATES)
def test_the_account_is_contiguous_from_the_day_after_the_start_to_the_due_day(due: DueDate) -> None:
    """No day is passed over in silence, and there is a line for each."""
    length = (due.day - due.start).days
    assert [day.day for day in due.days] == [due.start + timedelta(days=n) for n in range(1, length + 1)]
    assert len(explanation_lines(due)) == length + 3


@settings(deadline=None)
@given(STARTS, TERMS, CALENDARS)
def test_working_days_are_counted_and_rest_days_are_not(
    start: date, counted: Term, calendar: WorkCalendar
) -> None:
    """In working days each worked day counts; in calendar days each day does until the term is full."""
    for day in due_date(start, counted, calendar).days:
        if counted.unit is TermUnit.WORKING_DAYS:
            assert (day.ordinal is not None) == calendar.works(day.day)
        else:
            assert (day.ordinal is not None) == (day.day <= start + timedelta(days=counted.value))


@settings(deadline=None)
@given(STARTS, TERMS, CALENDARS)
def test_a_date_is_provisional_exactly_if_it_leans_on_a_year_without_a_notice(
    start: date, counted: Term, calendar: WorkCalendar
) -> None:
    """A guess is never silent, and a settled date is never called a guess."""
    due = due_date(start, counted, calendar)
    guessed = [day for day in due.days if not calendar.covers(day.day.year)]
    assert due.provisional == bool(guessed)
