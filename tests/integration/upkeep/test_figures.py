"""The figures of a system: what Prometheus reads agrees with the facts."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import Clock
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import text
from sqlmodel import func, select
from walks.walking import AUTHORITY, Walk, register_lead

from deployments.server.metrics import exposition
from models.codes import Step
from models.files.tables import StoredFile
from models.files.vocabulary import FileFault
from models.messages.tables import Message
from models.messages.vocabulary import Delivery
from models.record.tables import LedgerEntry
from tasks.record.ledger import append_entry
from tasks.record.seals import seal_daily
from tasks.runs.rounds import note_round
from tasks.workplace import KeySource, Workplace

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scraped(place: Workplace) -> Samples:
    """Return every sample as Prometheus would store it."""
    families = list(text_string_to_metric_families(exposition(place).decode()))
    assert all(family.documentation and family.name.startswith("zero137_") for family in families)
    found: Samples = {}
    for family in families:
        for sample in family.samples:
            key = sample.name, tuple(sorted(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def one(samples: Samples, name: str, **labels: str) -> float | None:
    """Return one sample, None where there is none."""
    return samples.get((f"zero137_{name}", tuple(sorted(labels.items()))))


def test_a_life_cycle_shows_in_the_figures(walk: Walk, place: Workplace, clock: Clock) -> None:
    """From the registration over an overdue verification to the end, with a second lead left behind."""
    replace(walk, number=register_lead(place, clock, title="第二条线索")).advance()
    assert one(scraped(place), "leads_open") == 2
    walk.to(Step.VERIFY)
    found = scraped(place)
    assert one(found, "leads_owed", authority=AUTHORITY, step="verify", signal="normal") == 1
    clock.now += timedelta(days=30)
    found = scraped(place)
    assert one(found, "leads_owed", authority=AUTHORITY, step="verify", signal="overdue") == 1
    assert one(found, "leads_owed", authority="FGJ", step="transfer", signal="overdue") == 1
    walk.to_closure()
    found = scraped(place)
    assert one(found, "leads_open") == 1
    assert one(found, "leads_closed", outcome="rectified") == 1
    assert one(found, "leads_owed", authority=AUTHORITY, step="verify", signal="overdue") is None
    with place.reading() as session:
        entries = session.exec(select(func.count()).select_from(LedgerEntry)).one()
        messages = session.exec(select(func.count()).select_from(Message)).one()
        oldest = session.exec(select(func.min(Message.created_at))).one()
    assert one(found, "ledger_entries") == entries > 0
    assert one(found, "messages_undelivered", status="created") == messages > 0
    assert one(found, "messages_oldest_age_seconds") == (clock.now - oldest).total_seconds()


def test_an_empty_system_tells_nothing_it_does_not_know(place: Workplace) -> None:
    """No patrol, no seal and no message is no sample, not zero."""
    found = scraped(place)
    assert one(found, "leads_open") == 0
    for unknown in ("patrol_age", "seal_age", "messages_oldest_age"):
        assert one(found, f"{unknown}_seconds") is None
    assert one(found, "informant_keys_faulty") is None


def test_a_patrol_is_noted_with_what_it_found_of_the_keys(place: Workplace, clock: Clock) -> None:
    """The last one counts; a clock that is a little behind makes no negative age."""
    note_round(place, clock.now)
    clock.now += timedelta(minutes=30)
    found = scraped(place)
    assert (one(found, "patrol_age_seconds"), one(found, "informant_keys_faulty")) == (1800, 0)
    note_round(replace(place, keys=KeySource(given=SecretStr("no key at all"))), clock.now)
    clock.now -= timedelta(seconds=2)
    found = scraped(place)
    assert (one(found, "patrol_age_seconds"), one(found, "informant_keys_faulty")) == (0, 1)


def test_faults_and_repairs_are_counted(walk: Walk, place: Workplace, clock: Clock) -> None:
    """By what was wrong: messages, runs, stored files, the seal."""
    walk.to(Step.RECTIFY)
    with place.writing() as session:
        for fault in ("lost", "lost", "crashed"):
            append_entry(session, "runs", clock.now, "run_repaired", "规则", "已修复", fault=fault)
        append_entry(session, "runs", clock.now, "other", "规则", "其他", fault="lost")
        session.add(StoredFile(sha256="0" * 64, size=1, stored_at=clock.now, fault=FileFault.MISSING))
        message = session.exec(select(Message)).first()
        assert message is not None
        message.status = Delivery.GIVEN_UP
        session.add(message)
    seal_daily(place, "规则", clock.now)
    clock.now += timedelta(hours=2)
    found = scraped(place)
    assert one(found, "run_repairs_total", fault="lost") == 2
    assert one(found, "run_repairs_total", fault="crashed") == 1
    assert one(found, "run_repairs_total", fault="failed") == 0
    assert one(found, "stored_files_faulty", fault="missing") == 1
    assert one(found, "messages_undelivered", status="given_up") == 1
    assert one(found, "seal_age_seconds") == 7200


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("SELECT count(*) FROM ledgerentry WHERE kind = 'run_repaired'", "ix_ledgerentry_repairs"),
        (
            "SELECT fault, count(*) FROM storedfile WHERE fault IS NOT NULL GROUP BY fault",
            "ix_storedfile_faulty",
        ),
    ],
)
def test_rare_things_are_counted_without_reading_all_the_others(
    place: Workplace, query: str, index: str
) -> None:
    """A scrape every few seconds must not read a million entries of the ledger."""
    if place.engine.dialect.name == "sqlite":
        with place.reading() as session:
            plan = " ".join(
                str(row) for row in session.connection().execute(text(f"EXPLAIN QUERY PLAN {query}"))
            )
        assert index in plan
