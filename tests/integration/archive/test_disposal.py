"""Disposal: only after the term, by a person, with a tombstone, and never what another file needs."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from conftest import Clock
from mishaps.accidents import PowerCut, at_once, power_cut_before
from sqlalchemy import text
from walks.archives import closed_walk, pdf_of
from walks.stored import blob_path
from walks.walking import PERSON, Walk, contents, ledger_of, messages_of, register_lead, write_evidence

from models.archive.tables import ArchiveRecord
from models.archive.vocabulary import Importance
from models.codes import Step
from models.errors import InputError, RuleViolation, TamperError
from models.files.tables import StoredFile
from models.informants.tables import Informant
from models.mechanisms.extensions import EXTENSIONS
from models.petitions.tables import Petition
from tasks.archive.archiving import archive_leftovers, archive_matter, find_archive
from tasks.archive.care import review
from tasks.archive.disposal import DESTROYED, Disposal, dispose, may_be_disposed, remove_disposed
from tasks.archive.exports.exporting import export_archive
from tasks.archive.index import stored_lines
from tasks.audit.comparison import check_facts
from tasks.documents.issuing import documents_of
from tasks.documents.rendered import rendered
from tasks.evidence.pieces import add_evidence, evidence_of
from tasks.informants.identities import has_informant
from tasks.lookup.listings import list_evidence
from tasks.lookup.stories import tell_story
from tasks.matters.opening import open_part
from tasks.matters.reading import find_matter, key_of
from tasks.mechanisms.leads.classing import Classing, classify
from tasks.workplace import Workplace

AFTER = datetime(2037, 1, 4, 2, tzinfo=UTC)
WHY = "经鉴定已无保存价值"


@pytest.fixture
def kept(place: Workplace, clock: Clock, papers: Path) -> Walk:
    """An archived lead that is kept to the end of 2036, with an informant."""
    walk = closed_walk(place, clock, papers)
    archive_matter(place, walk.number, clock())
    with place.writing() as session:
        key = key_of(walk.file().matter)
        session.merge(Informant(matter_id=key, sealed="密文", recorded_at=clock()))
    return walk


def stored_files(place: Workplace) -> set[str]:
    """Return the digests of all files that lie in the two stores."""
    folders = (place.home / "evidence", place.home / "documents")
    return {path.name for folder in folders for path in folder.rglob("*") if path.is_file()}


def test_parts_of_parts_are_archived_and_go_with_their_lead(
    place: Workplace, clock: Clock, papers: Path
) -> None:
    """What was put forward about a part is listed with its lead, and neither its words nor its file stay."""
    walk = closed_walk(place, clock, papers)
    with place.writing() as session:
        session.add(Informant(matter_id=key_of(walk.file().matter), sealed="密文", recorded_at=clock()))
        part = open_part(session, find_matter(session, walk.number), EXTENSIONS, "分件", clock())
        petition = open_part(session, part, EXTENSIONS, "分件的申请", clock())
        owed = walk.file().assignments[-1].row
        session.add(
            Petition(
                matter_id=key_of(petition), assignment_id=key_of(owed), due_on=owed.due_on,
                unit_code="ZJJ", person=PERSON, body="须逐一清理后方可废止文件。",
            )
        )  # fmt: skip
        number, key = petition.number, key_of(petition)
    add_evidence(place, number, [write_evidence(papers, "申请.pdf", pdf_of(2, "申请"))], PERSON, clock())
    assert has_informant(place, number)
    archive_matter(place, walk.number, clock())
    with place.reading() as session:
        record = find_archive(session, walk.number)[1]
        assert "申请.pdf" in [line.title for line in stored_lines(session, record)]
        assert [each.name for each in evidence_of(session, find_matter(session, number))] == ["申请.pdf"]
    before = stored_files(place)
    done = dispose(place, walk.number, PERSON, WHY, AFTER)
    assert (set(done.destroyed), stored_files(place)) == (before, set())
    with place.reading() as session:
        assert session.get_one(Petition, key).body == DESTROYED
    assert list_evidence(place, number).is_disposed
    assert check_facts(place) == 3


def test_files_and_words_go_and_the_registration_stays(kept: Walk) -> None:
    """No file, no facts, no explanation, no informant; number, title, index and ledger as before."""
    place, before = kept.place, stored_files(kept.place)
    entries = len(ledger_of(place, kept.number))
    done = dispose(place, kept.number, PERSON, WHY, AFTER)
    assert (set(done.destroyed), done.needed) == (before, ())
    assert stored_files(place) == set()
    file = kept.file()
    assert file.subject.facts == DESTROYED
    assert {a.answer.explanation for a in file.assignments if a.answer} == {"", DESTROYED}
    words = [a.answer.fields.get("opinion") for a in file.assignments if a.answer]
    assert words == [None, None, DESTROYED, None, None]
    assert {message.body for message in messages_of(place)} == {DESTROYED}
    with place.reading() as session:
        assert session.get(Informant, key_of(file.matter)) is None
        assert all(not document.content["body"] for document in documents_of(session, file.matter))
        record = find_archive(session, kept.number)[1]
        assert not any(session.get(StoredFile, digest) for digest in done.destroyed)
    assert record.disposed_at == AFTER
    story = tell_story(place, kept.number)
    assert (story["title"], story["status"]) == (file.matter.title, "已销号")
    ledger = ledger_of(place, kept.number)
    assert len(ledger) == entries + 1
    assert (ledger[-1].kind, ledger[-1].actor) == ("disposed", f"发改局 {PERSON}")
    assert set(ledger[-1].detail["destroyed"]) == before
    assert ledger[-1].detail["reason"] == WHY


def test_nothing_goes_before_its_term(kept: Walk) -> None:
    """On the last day of the term it is still kept."""
    before, now, match = contents(kept.place), datetime(2036, 12, 31, 2, tzinfo=UTC), "应保管至 2036-12-31"
    with pytest.raises(RuleViolation, match=match):
        dispose(kept.place, kept.number, PERSON, WHY, now)
    with pytest.raises(RuleViolation, match=match):
        may_be_disposed(kept.place, kept.number, now)
    assert contents(kept.place) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE archiverecord SET kept_until = '2026-01-01'",
        "UPDATE answer SET explanation = '一切正常。' WHERE explanation <> ''",
        "UPDATE ledgerhead SET sequence = sequence + 1 WHERE stream LIKE 'L%'",
    ],
)
def test_what_disagrees_with_the_ledger_is_not_destroyed(kept: Walk, statement: str) -> None:
    """A term that somebody shortened in the database, or any other trace that somebody was there."""
    with kept.place.writing() as session:
        session.connection().execute(text(statement))
    before = contents(kept.place)
    with pytest.raises(TamperError):
        dispose(kept.place, kept.number, PERSON, WHY, AFTER)
    assert contents(kept.place) == before


def test_a_row_that_merely_says_so_destroys_no_file(kept: Walk) -> None:
    """Only the tombstone in the ledger counts."""
    before = stored_files(kept.place)
    with kept.place.writing() as session:
        session.connection().execute(text("UPDATE archiverecord SET disposed_at = archived_at"))
        session.connection().execute(text("DELETE FROM storedfile"))
    assert remove_disposed(kept.place) == 0
    assert stored_files(kept.place) == before


def test_what_is_kept_for_ever_never_goes(kept: Walk, clock: Clock) -> None:
    """Also where it was classed as major after it had got a number of ten years."""
    classify(kept.place, kept.number, Classing(Importance.MAJOR, None, PERSON, "典型案例"), clock())
    with pytest.raises(RuleViolation, match="永久保存，不得销毁"):
        dispose(kept.place, kept.number, PERSON, WHY, datetime(2999, 1, 4, 2, tzinfo=UTC))


@pytest.mark.parametrize(("person", "reason"), [(" ", WHY), (PERSON, "")])
def test_nobody_destroys_without_name_and_reason(kept: Walk, person: str, reason: str) -> None:
    """It is a person's decision."""
    with pytest.raises(RuleViolation):
        dispose(kept.place, kept.number, person, reason, AFTER)


def test_what_another_file_needs_stays(kept: Walk, clock: Clock, papers: Path) -> None:
    """The same evidence in two leads: it goes with the last of them."""
    place = kept.place
    other = closed_walk(place, clock, papers, title="另一条")
    archive_matter(place, other.number, clock())
    shared = {piece.sha256 for a in kept.file().assignments for piece in a.evidence}
    first = dispose(place, kept.number, PERSON, WHY, AFTER)
    assert set(first.needed) == shared
    assert shared <= stored_files(place)
    second = dispose(place, other.number, PERSON, WHY, AFTER)
    assert shared <= set(second.destroyed)
    assert stored_files(place) == set()


def test_a_disposed_archive_is_left_alone(kept: Walk, tmp_path: Path) -> None:
    """Neither again, nor classed, reviewed, exported or rendered; and it is archived no second time."""
    place = kept.place
    dispose(place, kept.number, PERSON, WHY, AFTER)
    for act in (
        lambda: dispose(place, kept.number, PERSON, WHY, AFTER),
        lambda: classify(place, kept.number, Classing(Importance.MAJOR, None, PERSON, WHY), AFTER),
        lambda: review(place, kept.number, PERSON, WHY, AFTER),
        lambda: export_archive(place, kept.number, tmp_path / "out", PERSON, AFTER),
    ):
        with pytest.raises(RuleViolation, match="已销毁"):
            act()
    with place.reading() as session:
        (letter, *_) = documents_of(session, kept.file().matter)
    with pytest.raises(InputError, match="已销毁"):
        rendered(place, letter.number, AFTER)
    assert archive_leftovers(place, AFTER) == 0
    assert stored_files(place) == set()


def test_a_power_cut_destroys_nothing(kept: Walk) -> None:
    """Before the tombstone is written, everything is as it was."""
    before = contents(kept.place)
    with power_cut_before(kept.place, "INSERT INTO ledgerentry"), pytest.raises(PowerCut):
        dispose(kept.place, kept.number, PERSON, WHY, AFTER)
    assert contents(kept.place) == before


def test_files_that_a_killed_process_left_are_removed_by_the_patrol(
    kept: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decision is made; only the files are still there."""
    with monkeypatch.context() as killed:
        killed.setattr("tasks.archive.disposal.remove_disposed", lambda _: 0)
        done = dispose(kept.place, kept.number, PERSON, WHY, AFTER)
    assert stored_files(kept.place) == set(done.destroyed)
    assert remove_disposed(kept.place) == len(done.destroyed)
    assert remove_disposed(kept.place) == 0
    assert stored_files(kept.place) == set()


def test_what_is_handed_in_again_is_not_removed(kept: Walk, clock: Clock, papers: Path) -> None:
    """A new lead brings the same file between the decision and the removal."""
    place = kept.place
    shared = {piece.sha256 for a in kept.file().assignments for piece in a.evidence}
    new = register_lead(place, clock, title="新线索")
    content = pdf_of(3)
    path = write_evidence(papers, "同一份.pdf", content)
    (piece,) = add_evidence(place, new, [path], PERSON, clock())
    dispose(place, kept.number, PERSON, WHY, AFTER)
    assert piece.sha256 in shared
    remove_disposed(place)
    assert blob_path(place.home / "evidence", piece.sha256).read_bytes() == content


def test_two_at_once_destroy_once(kept: Walk) -> None:
    """One tombstone; the other is told that it is gone."""
    results = at_once(lambda: dispose(kept.place, kept.number, PERSON, WHY, AFTER))
    assert {type(result) for result in results} == {Disposal, RuleViolation}, results
    assert [entry.kind for entry in ledger_of(kept.place, kept.number)].count("disposed") == 1


def test_the_term_of_an_unsubstantiated_lead_is_shorter(place: Workplace, clock: Clock, papers: Path) -> None:
    """Ten years instead of thirty."""
    papers.mkdir(exist_ok=True)
    walk = Walk(place, clock, papers, register_lead(place, clock, category="企业违规进入")).to(Step.VERIFY)
    walk.answer(Step.VERIFY, fields={"finding": "不属实"})
    walk.to_closure()
    record: ArchiveRecord = archive_matter(place, walk.number, clock())
    assert record.kept_until == date(2036, 12, 31)
