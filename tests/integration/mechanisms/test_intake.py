"""Registering leads on a real database: each once, all or none, numbered without a gap."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from conftest import Clock
from mishaps.accidents import PowerCut, at_once, power_cut_before
from walks.walking import PERSON, contents, draft_lead, ledger_of, register_lead

from deployments.mechanisms import MECHANISMS
from models.archive.vocabulary import Category
from models.documents.vocabulary import SourceLevel
from models.matters.tables import Matter
from models.mechanisms.leads.intake import IntakeDefaults
from models.mechanisms.leads.tables import Lead
from tasks.matters.reading import find_matter, read_file
from tasks.mechanisms.leads.import_files import read_leads
from tasks.mechanisms.leads.registering import register_leads
from tasks.workplace import Workplace


def test_the_real_cases_are_registered_once(place: Workplace, clock: Clock, shared_data: Path) -> None:
    """63 published cases come in from one file; coming in again they are all known."""
    found = read_leads(shared_data / "real-cases.jsonl", IntakeDefaults(clock()), place.policy, clock())
    assert not found.faults
    first = register_leads(place, found.drafts, PERSON, clock())
    assert [one.number for one in first] == [f"L2026-{sequence:04d}" for sequence in range(1, 64)]
    assert all(one.created for one in first)
    before = contents(place)
    again = register_leads(place, found.drafts, PERSON, clock())
    assert again == [replace(one, created=False, state="在办") for one in first]
    assert contents(place) == before
    assert len(before["lead"]) == len(before["matter"]) == 63


def test_a_lead_is_stored_as_it_was_written(place: Workplace, clock: Clock) -> None:
    """Every field comes back; the registration stands first in the ledger."""
    number = register_lead(
        place,
        clock,
        title="题" * 200,
        facts="第一行\n第二行",
        source_level="省",
        category="违规设置隐性壁垒",
        document_number="晋发改〔2026〕12号",
        received_at="2026-11-20 15:30",
    )
    with place.reading() as session:
        file = read_file(session, find_matter(session, "侯线〔2026〕1号"), MECHANISMS)
    lead: Lead = file.subject
    assert (file.matter.number, file.matter.title) == (number, "题" * 200)
    assert (lead.facts, lead.document_number) == ("第一行\n第二行", "晋发改〔2026〕12号")
    assert (lead.source_level, lead.category) == (SourceLevel.PROVINCIAL, Category.HIDDEN_BARRIER)
    assert lead.received_at == datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
    (entry,) = ledger_of(place, number)
    assert (entry.sequence, entry.kind, entry.actor) == (1, "registered", f"发改局 {PERSON}")


def test_the_same_lead_in_other_blanks_and_widths_is_known(place: Workplace, clock: Clock) -> None:
    """Spacing, full-width letters and the day of receipt do not make another lead; its source does."""
    first = register_lead(place, clock, title="A公司 准入受限", received_at="2026-11-19")
    same = draft_lead(place, clock, title="Ａ公司　准入受限", received_at="2026-11-20")
    other = draft_lead(place, clock, title="A公司 准入受限", source_level="市")
    results = register_leads(place, [same, same, other], PERSON, clock())
    assert [one.created for one in results] == [False, False, True]
    assert [one.number for one in results] == [first, first, "L2026-0002"]


def test_numbers_begin_anew_with_the_year_of_the_office(place: Workplace, clock: Clock) -> None:
    """Midnight in Houma is four in the afternoon in UTC."""
    numbers = []
    for moment, title in (
        (datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC), "年末"),
        (datetime(2026, 12, 31, 16, 0, 0, tzinfo=UTC), "年初"),
        (datetime(2027, 1, 4, 2, 0, tzinfo=UTC), "次年"),
    ):
        clock.now = moment
        numbers.append(register_lead(place, clock, title=title))
    assert numbers == ["L2026-0001", "L2027-0001", "L2027-0002"]
    with place.reading() as session:
        matter: Matter = find_matter(session, "l2027-0001")
    assert matter.printed_number == "侯线〔2027〕1号"


def test_numbers_stay_unique_when_two_register_at_once(place: Workplace, clock: Clock) -> None:
    """Four people register five leads each at the same moment."""
    titles = count()

    def register_five() -> list[str]:
        drafts = [draft_lead(place, clock, title=f"线索之{next(titles)}") for _ in range(5)]
        return [one.number for one in register_leads(place, drafts, PERSON, clock())]

    given = []
    for numbers in at_once(register_five, threads=4):
        assert isinstance(numbers, list), numbers
        given += numbers
    assert sorted(given) == [f"L2026-{sequence:04d}" for sequence in range(1, 21)]


def test_leads_of_one_file_are_registered_all_or_none(place: Workplace, clock: Clock) -> None:
    """A power cut in the middle leaves neither leads nor used-up numbers."""
    drafts = [draft_lead(place, clock, title=f"线索之{sequence}") for sequence in range(3)]
    before = contents(place)
    with power_cut_before(place, "INSERT INTO ledgerentry"), pytest.raises(PowerCut):
        register_leads(place, drafts, PERSON, clock())
    assert contents(place) == before
    assert register_leads(place, drafts, PERSON, clock())[0].number == "L2026-0001"
