"""Informants on a real database: sealed, opened only through the ledger, and told apart when wrong."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import Clock
from mishaps.accidents import PowerCut, at_once, power_cut_before
from pydantic import SecretStr
from sqlmodel import col, select
from walks.informants import CONTACT, IDENTITY, NAME, NOTE, PARTS, READING, give_key, told_in
from walks.walking import PERSON, Walk, contents, draft_lead, ledger_of, register_lead, write_evidence

from models.archive.tables import ArchiveRecord
from models.archive.vocabulary import Retention
from models.codes import Step
from models.errors import ConflictError, InputError, NotFound, RuleViolation, TamperError
from models.informants.identity import Identity
from models.informants.tables import Informant
from tasks.audit.comparison import check_facts
from tasks.informants.identities import (
    Reading,
    has_informant,
    key_fault,
    list_informants,
    read_informant,
    record_informant,
)
from tasks.informants.rotation import rotate_keys
from tasks.informants.vault import new_key
from tasks.matters.reading import find_matter, key_of
from tasks.mechanisms.leads.registering import register_leads
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.workplace import Workplace


def kinds(place: Workplace, number: str) -> list[str]:
    """Return the kinds of a lead's ledger entries."""
    return [entry.kind for entry in ledger_of(place, number)]


@pytest.fixture
def number(place: Workplace, clock: Clock) -> str:
    """A lead whose informant is kept."""
    give_key(place)
    number = register_lead(place, clock)
    record_informant(place, number, IDENTITY, PERSON, clock())
    return number


def test_an_identity_comes_back_once_the_ledger_holds_who_asked(
    place: Workplace, clock: Clock, number: str
) -> None:
    """Who, when, why and under which account; no row and no entry holds the identity."""
    clock.now += timedelta(hours=1)
    assert read_informant(place, number.lower(), READING, clock()) == IDENTITY
    recorded, entry = ledger_of(place, number)[1:]
    assert (recorded.kind, recorded.summary) == ("informant_recorded", "登记举报人信息（加密保存）")
    assert (entry.kind, entry.actor, entry.at) == ("informant_read", f"发改局 {PERSON}", clock())
    assert entry.summary == "调阅举报人信息，事由：核实线索细节"
    assert entry.detail == {"reason": "核实线索细节", "account": "clerk"}
    assert told_in(repr(contents(place)).encode()) == []


def test_nothing_is_shown_unless_the_entry_is_committed(place: Workplace, clock: Clock, number: str) -> None:
    """Where the ledger cannot be written, nobody reads, whatever was opened in memory."""
    for statement in ("INSERT INTO ledgerentry", "SELECT counter"):
        with power_cut_before(place, statement), pytest.raises(PowerCut):
            read_informant(place, number, READING, clock())
    assert kinds(place, number)[2:] == []


def test_a_reason_that_names_the_informant_does_not_reach_the_ledger(
    place: Workplace, clock: Clock, number: str
) -> None:
    """Nothing is shown; that somebody asked is on record all the same."""
    naming = replace(READING, reason=f"联系{NAME}核实")
    with pytest.raises(RuleViolation, match="调阅事由"):
        read_informant(place, number, naming, clock())
    assert kinds(place, number)[2:] == ["informant_read", "informant_unreadable"]
    assert told_in(repr(contents(place)).encode()) == []


@pytest.mark.parametrize("step", [Step.VERIFY, Step.RECTIFY, Step.REVIEW])
def test_an_answer_that_names_the_informant_is_refused(walk: Walk, step: Step) -> None:
    """Letters quote it; the sentence repeats nothing, and without the key nothing is compared."""
    give_key(walk.place)
    record_informant(walk.place, walk.number, IDENTITY, PERSON, walk.clock())
    walk.to(step)
    naming = f"经核查，{NAME}反映的问题属实，有关文件已随本次反馈一并提交。"
    before = contents(walk.place)
    with pytest.raises(RuleViolation, match="举报人") as caught:
        walk.answer(step, explanation=naming)
    assert told_in(str(caught.value).encode()) == []
    after = contents(walk.place)
    # Who tried it is noted, and nothing else is written.
    assert {table for table in after if after[table] != before[table]} == {"ledgerentry"}
    entry = ledger_of(walk.place, walk.number)[-1]
    unit = walk.file().assignments[-1].row.unit_code
    assert (entry.kind, entry.detail) == ("naming_refused", {"unit": unit, "text_sha256": ""})
    assert entry.actor.endswith(PERSON)
    assert told_in(repr(after).encode()) == []
    walk.place.key_file.unlink()
    walk.answer(step, explanation=naming)


def test_a_row_that_was_removed_or_replaced_is_found(place: Workplace, clock: Clock, number: str) -> None:
    """The ledger knows the digest of what is sealed, and follows a change of keys."""
    check_facts(place)
    rotate_keys(place, PERSON, clock())
    check_facts(place)
    with place.writing() as session:
        session.delete(session.exec(select(Informant)).one())
    with pytest.raises(TamperError) as caught:
        check_facts(place)
    assert caught.value.position == f"{number} 举报人信息"


@pytest.mark.parametrize(
    ("person", "reason", "what"),
    [("", "核实", "经办人"), ("　", "核实", "经办人"), (PERSON, "", "调阅事由"),
     (PERSON, "\u200b　", "调阅事由"),
     (PERSON, "事" * 501, "调阅事由"), (PERSON, "核\x07实", "调阅事由")],
)  # fmt: skip
def test_nobody_reads_without_a_name_and_a_reason(
    place: Workplace, clock: Clock, number: str, person: str, reason: str, what: str
) -> None:
    """What cannot be seen is no reason; nothing is written."""
    before = contents(place)
    with pytest.raises(RuleViolation, match=what):
        read_informant(place, number, Reading(person, reason, "clerk"), clock())
    assert contents(place) == before


def test_two_readers_leave_two_entries(place: Workplace, clock: Clock, number: str) -> None:
    """Both read, and the ledger knows of both."""
    found = at_once(lambda: read_informant(place, number, READING, clock()), threads=4)
    assert found == [IDENTITY] * 4
    assert kinds(place, number)[2:] == ["informant_read"] * 4


def test_a_correction_is_told_and_not_what_it_changed(place: Workplace, clock: Clock, number: str) -> None:
    """Overwriting has to be asked for, because what was there is gone."""
    other = Identity(name=SecretStr("诸葛"), contact=SecretStr(CONTACT))
    before = contents(place)
    with pytest.raises(ConflictError, match="--correct"):
        record_informant(place, number, other, PERSON, clock())
    assert contents(place) == before
    assert record_informant(place, number, other, PERSON, clock(), correct=True)
    assert read_informant(place, number, READING, clock()) == other
    entry = ledger_of(place, number)[2]
    assert (entry.kind, set(entry.detail)) == ("informant_changed", {"sealed_sha256"})
    assert (NAME in entry.summary, "诸葛" in entry.summary) == (False, False)


def test_swapped_and_changed_rows_are_noticed(place: Workplace, clock: Clock, number: str) -> None:
    """A ciphertext moved to another lead is not shown as that lead's; the attempt stays in the ledger."""
    other = register_lead(place, clock, title="另一条线索")
    record_informant(place, other, Identity(name=SecretStr("诸葛")), PERSON, clock())
    with place.writing() as session:
        one, two = session.exec(select(Informant).order_by(col(Informant.matter_id))).all()
        one.sealed, two.sealed = two.sealed, one.sealed
    with pytest.raises(TamperError, match=f"{number} 处存放的举报人信息属于另一条线索"):
        read_informant(place, number, READING, clock())
    assert kinds(place, number)[2:] == ["informant_read", "informant_unreadable"]
    with place.writing() as session:
        key = key_of(find_matter(session, number))
        row = session.exec(select(Informant).where(Informant.matter_id == key)).one()
        row.sealed = row.sealed[:-4]
    with pytest.raises(TamperError, match="改动"):
        read_informant(place, number, READING, clock())


def test_a_lost_or_another_key_is_told_and_everything_else_works(walk: Walk) -> None:
    """The attempt is in the ledger; the lead goes on to its closure; the key found again opens it."""
    place, number = walk.place, walk.number
    key = give_key(place)
    record_informant(place, number, IDENTITY, PERSON, walk.clock())
    place.key_file.unlink()
    assert "没有举报人信息的密钥" in key_fault(place)
    with pytest.raises(NotFound, match="没有举报人信息的密钥"):
        read_informant(place, number, READING, walk.clock())
    place.key_file.touch(0o600)
    place.key_file.write_text(new_key() + "\n")
    with pytest.raises(InputError, match="另一个密钥"):
        read_informant(place, number, READING, walk.clock())
    assert kinds(place, number)[2:] == ["informant_read", "informant_unreadable"] * 2
    register_lead(place, walk.clock, title="没有举报人的线索")
    walk.to_closure()
    assert (has_informant(place, number), len(list_informants(place))) == (True, 1)
    with place.key_file.open("a") as file:
        file.write(key)
    assert read_informant(place, number, READING, walk.clock()) == IDENTITY


def test_leads_come_in_with_their_informants_or_not_at_all(place: Workplace, clock: Clock) -> None:
    """Without a key nothing is written; with one the identity is sealed in the same transaction."""
    drafts = [
        draft_lead(place, clock, title=f"线索之{sequence}", **informant)
        for sequence, informant in enumerate(
            [
                {},
                {"informant": NAME},
                {"informant_contact": CONTACT},
                {"举报人": NAME, "举报人联系方式": CONTACT},
            ]
        )
    ]
    assert [part for part in PARTS if part in repr(drafts)] == []
    before = contents(place)
    with pytest.raises(NotFound, match="没有举报人信息的密钥"):
        register_leads(place, drafts, PERSON, clock())
    assert contents(place) == before
    give_key(place)
    numbers = [one.number for one in register_leads(place, drafts, PERSON, clock())]
    assert [kept.number for kept in list_informants(place)] == numbers[1:]
    assert [kinds(place, number) for number in numbers] == [["registered"]] + [
        ["registered", "informant_recorded"]
    ] * 3
    told = [read_informant(place, number, READING, clock()).told() for number in numbers[1:]]
    assert [(one["name"], one["contact"]) for one in told] == [(NAME, ""), ("", CONTACT), (NAME, CONTACT)]


def test_a_known_lead_gets_the_informant_it_lacked(walk: Walk) -> None:
    """Once, while it is open; one that is there is left alone, and who reported makes no other lead."""
    place, clock = walk.place, walk.clock
    give_key(place)
    again = draft_lead(place, clock, informant=NAME)
    (known,) = register_leads(place, [again], PERSON, clock())
    assert (known.number, known.created) == (walk.number, False)
    before = contents(place)
    other = draft_lead(place, clock, informant="诸葛测试")
    register_leads(place, [again, other, again], PERSON, clock())
    assert contents(place) == before
    assert read_informant(place, walk.number, READING, clock()).told()["name"] == NAME


def test_a_closed_lead_gets_none_by_import(walk: Walk) -> None:
    """What was closed, archived and perhaps destroyed is not filled again by a file somebody kept."""
    give_key(walk.place)
    draft = draft_lead(walk.place, walk.clock, informant=NAME)
    walk.to_closure()
    register_leads(walk.place, [draft], PERSON, walk.clock())
    assert not has_informant(walk.place, walk.number)


def test_no_informant_is_kept_of_a_petition_or_a_destroyed_file(walk: Walk, clock: Clock) -> None:
    """The lead is what was reported; what was destroyed on purpose does not come back."""
    place = walk.place
    give_key(place)
    walk.to(Step.RECTIFY)
    paper = write_evidence(walk.folder, "延期申请.pdf")
    request = ExtensionRequest("ZJJ", PERSON, "2026-12-31", "设备未到。", [paper], [])
    petition = request_extension(place, walk.number, request, clock())
    with pytest.raises(RuleViolation, match="应登记在所属事项上"):
        record_informant(place, petition, IDENTITY, PERSON, clock())
    with pytest.raises(NotFound, match="没有登记举报人信息"):
        read_informant(place, petition, READING, clock())
    with place.writing() as session:
        session.add(
            ArchiveRecord(
                matter_id=key_of(find_matter(session, walk.number)), number="甲", year=2026,
                retention=Retention.TEN_YEARS, sequence=1, archived_at=clock(), review_on=clock().date(),
                disposed_at=clock(),
            )
        )  # fmt: skip
    with pytest.raises(RuleViolation, match="已经销毁"):
        record_informant(place, walk.number, IDENTITY, PERSON, clock())


def test_a_note_is_kept_too(place: Workplace, clock: Clock, number: str) -> None:
    """What the office has to know to reach somebody safely."""
    assert read_informant(place, number, READING, clock()).told()["note"] == NOTE
