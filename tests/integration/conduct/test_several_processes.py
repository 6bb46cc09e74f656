"""Several patrols and several workers as real processes at once: everything happens once all the same."""

import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import nullcontext, suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from conftest import Clock
from fakes.receivers import json_receiver
from mishaps import colleagues
from mishaps.accidents import at_once
from sqlmodel import col, select
from walks.walking import PERSON, Walk, draft_lead, messages_of

from models.archive.tables import ArchiveRecord
from models.codes import MatterKind, Step
from models.days.calendar import DayKind, NoticeDay, YearNotice
from models.documents.tables import Document
from models.errors import StartError
from models.ladder.tables import Escalation
from models.matters.tables import Answer, Assignment, Matter
from models.messages.tables import Message
from models.messages.vocabulary import Delivery
from models.record.tables import LedgerEntry, Seal
from tasks.audit.verification import verify_ledger
from tasks.conduct.steps import take_step
from tasks.database import alone
from tasks.mechanisms.leads.registering import register_leads
from tasks.office.units import list_units
from tasks.office.year_notices import CalendarImport, import_notice
from tasks.record.seals import SEALS
from tasks.workplace import Workplace

_SCRIPT = Path(colleagues.__file__)
_COLLEAGUES = 3
_OPEN, _CLOSED = 12, 3


def together(deed: str, place: Workplace, clock: Clock) -> None:
    """Let several processes do the same deed; they begin at the same moment, and all of them end well."""
    url = place.engine.url.render_as_string(hide_password=False)
    words = [sys.executable, str(_SCRIPT), deed, str(place.home), url, clock().isoformat(), str(_COLLEAGUES)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ZERO137_")}
    # The helpers of the tests are found from their folder, as pytest finds them.
    environment["PYTHONPATH"] = str(_SCRIPT.parents[1])
    with subprocess.Popen(
        words, env=environment, text=True, start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            for _ in range(_COLLEAGUES):
                assert process.stdout.readline().strip() == colleagues.READY
            # The end of what they read is the word to begin.
            _, told = process.communicate(timeout=120)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, told[-6000:]


def register_many(place: Workplace, clock: Clock, count: int, what: str) -> list[str]:
    """Register leads and open what they owe first; returns their numbers."""
    drafts = [draft_lead(place, clock, title=f"{what}第{each:03d}号") for each in range(count)]
    numbers = [each.number for each in register_leads(place, drafts, PERSON, clock())]
    for number in numbers:
        take_step(place, number, clock())
    return numbers


def test_patrols_at_once_do_everything_once(place: Workplace, clock: Clock, papers: Path) -> None:
    """Rungs, messages, documents, archive and seal of three patrols are those of one."""
    for number in register_many(place, clock, _CLOSED, "办结"):
        Walk(place, clock, papers, number).to_closure()
    for number in register_many(place, clock, _OPEN, "逾期"):
        Walk(place, clock, papers, number).to(Step.VERIFY)
    # A term that reaches into a year without a notice, so that the operator is to be told of it.
    with place.writing() as session:
        row = session.exec(select(Assignment).where(col(Assignment.answered_at).is_(None))).first()
        assert row is not None
        row.provisional = True
        session.add(row)
    # One day behind the due date the leaders are written to; three days behind it circulars are drafted.
    for moment in (datetime(2026, 11, 27, 2, 0, tzinfo=UTC), datetime(2026, 12, 1, 2, 0, tzinfo=UTC)):
        clock.now = moment
        with json_receiver() as receiver:
            tags = "".join(
                f"  - {receiver.url(unit.code)}:\n      tag: {unit.code}\n" for unit in list_units(place)
            )
            place.channels_file.write_text(f"urls:\n{tags}", encoding="utf-8")
            together("patrol", place, clock)
            _check_messages(
                place, clock, [(each.address, each.subject, each.text) for each in receiver.received]
            )
    _check_record(place)


def _check_messages(place: Workplace, clock: Clock, received: list[tuple[str, str, str]]) -> None:
    """Every message was handed over by one deliverer, and came once."""
    messages = messages_of(place)
    assert {message.status for message in messages} == {Delivery.HANDED_OVER}
    assert {message.attempts for message in messages} == {1}
    sent = Counter(
        (message.unit_code, message.subject) for message in messages if message.handed_over_at == clock()
    )
    assert Counter((address, subject) for address, subject, _ in received) == sent
    assert sent


def _check_record(place: Workplace) -> None:
    """Every rung, number, archive and seal is there once, and the ledger says the same."""
    with place.reading() as session:
        rungs = session.exec(select(Escalation.assignment_id, Escalation.due_on, Escalation.rung)).all()
        told = session.exec(select(LedgerEntry).where(LedgerEntry.kind == "escalated")).all()
        documents = session.exec(select(Document)).all()
        archived = session.exec(select(ArchiveRecord)).all()
        seals = session.exec(select(Seal).order_by(col(Seal.number))).all()
        sealed = session.exec(select(LedgerEntry).where(LedgerEntry.stream == SEALS)).all()
        daily = session.exec(select(Message.dedupe_key).where(Message.kind == "calendar_missing")).all()
        circulars = session.exec(select(Matter.parent_id).where(Matter.kind == MatterKind.CIRCULAR)).all()
    assert len(rungs) == len(set(rungs)) == len(told)
    assert Counter(rung for _, _, rung in rungs)["circular"] == len(circulars) == len(set(circulars)) == _OPEN
    for kind in {document.kind for document in documents}:
        numbers = sorted(document.sequence for document in documents if document.kind is kind)
        assert numbers == list(range(1, len(numbers) + 1)), kind
    assert sorted(record.sequence for record in archived) == list(range(1, _CLOSED + 1))
    assert (
        len(daily) == len(seals) == len(sealed) == len({place.policy.day_of(seal.at) for seal in seals}) == 2
    )
    assert verify_ledger(place).seals == 2


def test_workers_at_once_answer_everything_once(place: Workplace, clock: Clock) -> None:
    """Three processes conduct and answer the same leads: one answer each, one step after the other."""
    register_many(place, clock, 8, "同办")
    together("answer", place, clock)
    with place.reading() as session:
        assigned = session.exec(
            select(Assignment.matter_id, Assignment.step).order_by(col(Assignment.id))
        ).all()
        answers = session.exec(select(Answer.assignment_id)).all()
        closed = session.exec(select(Matter.id).where(col(Matter.outcome).is_not(None))).all()
    assert len(answers) == len(set(answers)) == len(assigned) == 8 * 5
    assert Counter(matter for matter, _ in assigned) == dict.fromkeys(closed, 5)
    keys = [message.dedupe_key for message in messages_of(place)]
    assert len(keys) == len(set(keys))
    verify_ledger(place)


def test_a_deed_that_must_be_done_alone_is(place: Workplace) -> None:
    """On PostgreSQL a second one waits and gives up; on SQLite, which serves one machine, none comes."""
    several = place.engine.dialect.name == "postgresql"
    refused = pytest.raises(StartError, match="别处正在核对") if several else nullcontext()
    with place.alone("核对"), place.alone("别的"), refused, alone(place.engine, "核对", patience=1):
        pass
    with alone(place.engine, "核对", patience=1):
        assert place.clock() is not None


def test_a_notice_that_is_imported_twice_at_once_is_there_once(place: Workplace, clock: Clock) -> None:
    """The second one finds it there, and nobody is told twice."""
    days = {date(2027, month, 1): NoticeDay(DayKind.REST, "放假") for month in (1, 5, 10)}
    notice = YearNotice(2027, days, date(2026, 11, 1))
    done = at_once(lambda: import_notice(place, notice, clock()))
    created = [each.created for each in done if isinstance(each, CalendarImport)]
    assert sorted(created) == [False, True], done
