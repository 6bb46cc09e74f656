"""Laws of the search: what stands in a text is found, and one day tells the near from the others."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.codes import Step
from models.days.calendar import published_calendar
from models.lookup.lead_filter import near_until
from models.lookup.lead_text import pair_phrase, text_pairs
from models.matters.facts import signal
from models.matters.vocabulary import Signal
from models.office.policy import packaged_policy_text, read_policy

POLICY, CALENDAR = read_policy(packaged_policy_text(), "policy.toml"), published_calendar()


@given(st.text(st.characters(exclude_categories=["Cc"]), min_size=1), st.data())
def test_a_word_is_found_where_it_stands(text: str, data: st.DataObject) -> None:
    """The pairs of any part stand in a row in those of the whole, also where a character has two units."""
    first = data.draw(st.integers(0, len(text) - 1))
    word = text[first : data.draw(st.integers(first + 1, len(text)))]
    phrase = pair_phrase(word)
    assert re.fullmatch(r'"[0-9a-f ]+"\*?', phrase)
    assert phrase.strip('"*') in text_pairs(text)


@given(
    st.sampled_from(Step),
    st.datetimes(datetime(2018, 1, 2), datetime(2026, 12, 20), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
)
def test_one_day_tells_the_near_from_the_others(step: Step, now: datetime) -> None:
    """The due dates around any moment, holidays among them, are near as the life cycle has it."""
    last = near_until(step, now, POLICY, CALENDAR)
    for offset in range(-1, 20):
        due_on = POLICY.day_of(now) + timedelta(days=offset)
        due_at = POLICY.deadline(due_on)
        near_from = POLICY.near_from(step, due_on, CALENDAR)
        light = signal(due_at, near_from, now)
        ours = Signal.OVERDUE if due_at < now else Signal.NEAR if due_on <= last else Signal.NORMAL
        assert ours is light, due_on
