"""Finding leads: every filter against the same question asked of every row, on both databases."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from conftest import Clock
from harness.examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlmodel import col, select
from walks.walking import Walk, register_lead

from models.archive.vocabulary import Barrier, Category, Importance
from models.codes import MatterKind, Outcome, Step
from models.days.periods import Period
from models.documents.vocabulary import SourceLevel
from models.lookup.lead_filter import LeadFilter, Page, Sorting, SortKey, Status
from models.lookup.tables import LeadText
from models.matters.facts import signal
from models.matters.tables import Assignment, Matter
from models.matters.vocabulary import Signal
from models.mechanisms.leads.tables import Lead
from tasks.lookup.leads.lead_list import find_leads
from tasks.lookup.leads.selection import matching
from tasks.workplace import Workplace, work_calendar

LEADS = 60
UNITS = ("FGJ", "ZJJ", "SCJG")
STEPS = (Step.TRANSFER, Step.RECEIPT, Step.VERIFY, Step.RECTIFY, Step.REVIEW)
PIECES = ("招标", "标", "保证金", "ＡＢc", "100%", "a_b", "😀", '"引号"', "准入 清单", "一", "\n", "AND")
WORDS = (
    *PIECES,
    "招标标",
    "证",
    "保证",
    "abc",
    "00%a",
    "%",
    "_",
    "'",
    "*",
    "NOT",
    "没有的词",
    "标保证金",
    "清单",
)


@dataclass(frozen=True)
class Known:
    """One stored matter, all that can be asked of it."""

    matter: Matter
    lead: Lead | None
    owed: Assignment | None
    authorities: set[str]


def near(random: Random, now: datetime) -> datetime:
    """Return a moment within two weeks."""
    return now + timedelta(minutes=random.randrange(-20_000, 20_000))


def fill(place: Workplace, now: datetime) -> list[Known]:
    """Store leads of every sort, and what is put before somebody; returns them in the order of their keys."""
    random, known = Random(137), []
    with place.writing() as session:
        for number in range(1, LEADS + 1):
            kind = MatterKind.EXTENSION if number % 15 == 0 else MatterKind.LEAD
            closed = random.random() < 0.3
            matter = Matter(
                kind=kind, number=f"L{number}", printed_number=f"第{number}号", created_at=near(random, now),
                title="".join(random.choices(PIECES[:10], k=2)),
                outcome=Outcome.RECTIFIED if closed else None,
                closed_at=near(random, now) if closed else None,
            )  # fmt: skip
            session.add(matter)
            session.flush()
            lead = None
            if kind is MatterKind.LEAD:
                lead = Lead(
                    matter_id=matter.id, facts="".join(random.choices(PIECES, k=4)),
                    received_at=near(random, now), importance=random.choice(list(Importance)),
                    source_level=random.choice(list(SourceLevel)), category=random.choice(list(Category)),
                    barrier=random.choice([None, *list(Barrier)[:3]]),
                    fingerprint=str(number),
                )  # fmt: skip
                session.add(lead)
            authority = random.choice([None, *UNITS])
            if authority:
                session.add(assignment(place, matter, Step.RECEIPT, authority, random, now, now))
            owed = None
            if not closed and random.random() < 0.9:
                owed = assignment(place, matter, random.choice(STEPS), random.choice(UNITS), random, now)
                owed.round = 2
                session.add(owed)
            authorities = {authority} if authority else set()
            if owed and owed.step is Step.RECEIPT:
                authorities.add(owed.unit_code)
            known.append(Known(matter, lead, owed, authorities))
    return known


def assignment(
    place: Workplace,
    matter: Matter,
    step: Step,
    unit: str,
    random: Random,
    now: datetime,
    answered_at: datetime | None = None,
) -> Assignment:
    """Return an assignment that is due within ten days before or after."""
    due_on = place.policy.day_of(now) + timedelta(days=random.randrange(-10, 10))
    return Assignment(
        matter_id=matter.id, step=step, unit_code=unit, opened_at=now, clock_start=due_on, due_on=due_on,
        due_at=place.policy.deadline(due_on), term_value=1, term_unit="working_days",
        answered_at=answered_at,
    )  # fmt: skip


@pytest.fixture
def known(place: Workplace, clock: Clock) -> list[Known]:
    """A database of leads of every sort."""
    return fill(place, clock())


def days() -> st.SearchStrategy[Period]:
    """Any days of the weeks around, open at either end."""
    ends = st.none() | st.integers(-15, 15).map(lambda n: date(2026, 11, 23) + timedelta(days=n))
    return st.just(Period()) | st.builds(Period, ends, ends)


def some(members: object) -> st.SearchStrategy[frozenset[object]]:
    """No question, or any of a few members."""
    return st.just(frozenset()) | st.frozensets(st.sampled_from(list(members)), max_size=2)  # type: ignore[call-overload]


FILTERS = st.builds(
    LeadFilter,
    kinds=st.sampled_from([frozenset({MatterKind.LEAD})] * 4 + [frozenset(MatterKind)]),
    status=st.sampled_from(Status),
    steps=some(STEPS),
    units=some(UNITS),
    authorities=some(UNITS),
    signals=some(Signal),
    sources=some(SourceLevel),
    categories=some(Category),
    barriers=some(list(Barrier)[:3]),
    importances=some(Importance),
    received=days(),
    registered=days(),
    due=days(),
    closed=days(),
)


def light(known: Known, place: Workplace, now: datetime) -> Signal | None:
    """Return the signal as the life cycle has it."""
    if known.matter.outcome is not None:
        return Signal.CLOSED
    if known.owed is None:
        return None
    with place.reading() as session:
        from_then = place.policy.near_from(known.owed.step, known.owed.due_on, work_calendar(session))
    return signal(known.owed.due_at, from_then, now)


def lies_in(day: date | None, wanted: Period) -> bool:
    """Tell whether a day is one of those wanted."""
    if not wanted:
        return True
    return day is not None and (wanted.first or day) <= day <= (wanted.last or day)


def keeps(known: Known, asked: LeadFilter, place: Workplace, now: datetime) -> bool:
    """Tell by plain comparison whether a matter is asked for."""
    matter, lead, owed, day_of = known.matter, known.lead, known.owed, place.policy.day_of
    said = f"{matter.title}\n{lead.facts}" if lead else matter.title
    told = unicodedata.normalize("NFKC", said).lower()
    day = {
        "received": lead and day_of(lead.received_at), "registered": day_of(matter.created_at),
        "due": owed and owed.due_on, "closed": matter.closed_at and day_of(matter.closed_at),
    }  # fmt: skip
    members = (
        (asked.steps, owed and owed.step), (asked.units, owed and owed.unit_code),
        (asked.sources, lead and lead.source_level),
        (asked.categories, lead and lead.category), (asked.barriers, lead and lead.barrier),
        (asked.importances, lead and lead.importance),
    )  # fmt: skip
    return (
        matter.kind in asked.kinds
        and asked.status in (Status.ALL, Status.OPEN if matter.outcome is None else Status.CLOSED)
        and all(not wanted or held in wanted for wanted, held in members)
        and (not asked.authorities or bool(asked.authorities & known.authorities))
        and (not asked.signals or light(known, place, now) in asked.signals)
        and all(lies_in(day[name], getattr(asked, name)) for name in day)
        and all(word in told for word in asked.words)
    )


@pytest.fixture
def compare(place: Workplace, clock: Clock, known: list[Known]) -> Callable[[LeadFilter], None]:
    """Ask the database and look at each lead: both must find the same."""

    def compare_both(asked: LeadFilter) -> None:
        expected = [each.matter.number for each in known if keeps(each, asked, place, clock())]
        found = find_leads(place, asked, Sorting(SortKey.NUMBER), Page(), clock())
        assert ([lead.number for lead in found.leads], found.total) == (expected, len(expected))
        with place.reading() as session:
            keys = matching(session, asked, place.policy, work_calendar(session), clock())
            numbers = session.exec(select(Matter.number).where(col(Matter.id).in_(keys))).all()
        assert sorted(numbers) == sorted(expected)

    return compare_both


@given(asked=FILTERS, typed=st.just("") | st.lists(st.sampled_from(WORDS), max_size=2).map(" ".join))
@settings(
    max_examples=examples(150),
    deadline=None,
    # The leads are only read, so that one database serves all examples.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_filter_finds_what_it_says(
    compare: Callable[[LeadFilter], None], asked: LeadFilter, typed: str
) -> None:
    """Any combination keeps the leads that a look at each of them keeps, and counts them."""
    compare(asked.about(typed))


def test_every_word_is_taken_literally(compare: Callable[[LeadFilter], None]) -> None:
    """One character, two or more, signs that mean something to a database among them."""
    for word in WORDS:
        for status in Status:
            compare(LeadFilter(status=status).about(word))


@pytest.mark.parametrize("asked", [LeadFilter(status=Status.ALL), LeadFilter(status=Status.ALL).about("标")])
@pytest.mark.parametrize("descending", [False, True], ids=["ascending", "descending"])
@pytest.mark.parametrize("key", SortKey)
def test_leads_are_put_in_order_page_by_page(
    place: Workplace, clock: Clock, known: list[Known], key: SortKey, asked: LeadFilter, *, descending: bool
) -> None:
    """What has no due date comes last either way; the pages together are the whole list."""

    def by(each: Known) -> Any:  # noqa: ANN401 - a day, a moment, a number or a text
        held = {SortKey.DUE: each.owed and each.owed.due_on, SortKey.TITLE: each.matter.title}
        held |= {SortKey.RECEIVED: each.lead and each.lead.received_at, SortKey.NUMBER: each.matter.id}
        return held[key]

    kept = [each for each in known if keeps(each, asked, place, clock())]
    in_order = sorted((each for each in kept if by(each) is not None), key=by)
    without = [each for each in kept if by(each) is None]
    if descending:
        # A sort that keeps what is alike in its order, read backwards.
        in_order.reverse()
        without.reverse()
    expected = [each.matter.number for each in [*in_order, *without]]
    sorting, numbers = Sorting(key, descending), []
    for number in range(1, Page(size=7).last(len(kept)) + 1):
        page = find_leads(place, asked, sorting, Page(number, 7), clock())
        assert page.total == len(kept)
        numbers += [lead.number for lead in page.leads]
    assert numbers == expected
    behind = find_leads(place, asked, sorting, Page(99, 7), clock())
    assert (behind.leads, behind.total) == ([], len(kept))


def test_a_line_tells_what_is_owed(walk: Walk) -> None:
    """Nothing before it is handed over, then step, unit, due date and signal, at last the outcome."""
    (line,) = find_leads(walk.place, LeadFilter(), Sorting(), Page(), walk.clock()).leads
    assert (line.step, line.unit, line.due_on, line.signal) == (None, None, None, None)
    walk.to(Step.VERIFY)
    (line,) = find_leads(walk.place, LeadFilter(), Sorting(), Page(), walk.clock()).leads
    assert (line.step, line.unit, line.due_on) == (Step.VERIFY, "住建局", date(2026, 11, 26))
    assert line.signal is Signal.NORMAL
    walk.to_closure()
    assert find_leads(walk.place, LeadFilter(), Sorting(), Page(), walk.clock()).leads == []
    (line,) = find_leads(walk.place, LeadFilter(status=Status.ALL), Sorting(), Page(), walk.clock()).leads
    assert (line.outcome, line.signal, line.due_on) == (Outcome.RECTIFIED, Signal.CLOSED, None)


def count(place: Workplace, clock: Clock, typed: str) -> int:
    """Return how many leads are found by a text."""
    return find_leads(place, LeadFilter(status=Status.ALL).about(typed), Sorting(), Page(), clock()).total


def test_the_index_follows_the_leads(place: Workplace, clock: Clock) -> None:
    """A text that is changed or blanked by whatever statement is found as it is now, a removed one not."""
    first = register_lead(place, clock, title="甲乙丙", facts="丁戊己")
    register_lead(place, clock, title="甲乙", facts="丁戊")
    assert [count(place, clock, typed) for typed in ("甲乙", "丁戊", "丙丁", "己")] == [2, 2, 0, 1]
    with place.writing() as session:
        key = session.exec(select(Matter.id).where(Matter.number == first)).one()
        session.execute(update(Lead).where(col(Lead.matter_id) == key).values(facts="庚辛"))
    assert [count(place, clock, typed) for typed in ("丁戊", "己", "庚辛", "甲乙丙")] == [1, 0, 1, 1]
    with place.writing() as session:
        session.get_one(Lead, key).facts = ""
        session.get_one(Matter, key).title = "壬癸"
    assert [count(place, clock, typed) for typed in ("庚辛", "甲乙", "壬癸")] == [0, 1, 1]
    with place.writing() as session:
        assert session.get_one(LeadText, key).folded == "壬癸\n"
        session.delete(session.get_one(Lead, key))
    assert [count(place, clock, typed) for typed in ("壬癸", "甲乙")] == [0, 1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_full_text_index_is_whole(place: Workplace, clock: Clock, known: list[Known]) -> None:
    """Its own check finds nothing after leads came, changed and went."""
    with place.writing() as session:
        for each in known[::3]:
            session.execute(
                update(Lead).where(col(Lead.matter_id) == each.matter.id).values(facts=f"改{each.matter.id}")
            )
        session.execute(text("INSERT INTO leadtext_pairs (leadtext_pairs) VALUES ('integrity-check')"))
    assert count(place, clock, "改") == len([each for each in known[::3] if each.lead])
