"""The whole record on S3-compatible storage: kept, watched, handed on, destroyed, and never half written."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath

import pytest
from conftest import Clock
from fakes.downloading import ask
from fakes.object_storage import Storage, keys_of, overwrite, unfinished_uploads
from fakes.receivers import mail_receiver, write_channels
from harness.command_line import Terminal
from harness.wording import assert_is_one_sentence
from mishaps.accidents import at_once
from sqlmodel import select
from walks.archives import closed_walk, pdf_of
from walks.stored import hand_in, kinds_of, notices, stored
from walks.walking import PERSON, Walk, contents, ledger_of, pdf, register_lead, write_evidence

from models.codes import Step
from models.documents.tables import Document
from models.errors import StoreError
from models.files.vocabulary import FileFault
from models.lookup.export_format import ExportFormat, download_link
from models.lookup.lead_filter import LeadFilter
from models.matters.tables import Evidence
from tasks.archive.archiving import archive_leftovers, archive_matter
from tasks.archive.disposal import dispose, remove_disposed
from tasks.archive.exports.exporting import export_archive
from tasks.archive.exports.verifying import verify_export
from tasks.delivery.sending import RETRY_AFTER, deliver_messages
from tasks.documents.rendered import render_leftovers, rendered
from tasks.evidence.handing_on import hand_on
from tasks.evidence.pieces import add_evidence
from tasks.files.checks import check_stored_files
from tasks.files.leftovers import remove_surplus, surplus_files
from tasks.lookup.leads.exporting import export_for_download
from tasks.store.blobs import blob_name
from tasks.store.bucket import ObjectStore
from tasks.store.folder import FolderStore
from tasks.store.protocol import DOCUMENTS, EVIDENCE
from tasks.workplace import Workplace

# Apprise imports a module that Python 3.11 announces the end of; it does without it on newer versions.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

# Where the other database would show nothing more.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

AFTER = datetime(2037, 1, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def bucket(storage: Storage, tmp_path: Path) -> ObjectStore:
    """An empty store in a bucket, as the settings open it."""
    return replace(storage.new_store(), aside=tmp_path)


@pytest.fixture
def office(place: Workplace, bucket: ObjectStore) -> Workplace:
    """A workplace whose files lie in a bucket, on each database."""
    return replace(place, store=bucket)


@pytest.fixture
def lead(office: Workplace, clock: Clock, papers: Path) -> Walk:
    """A lead that was just registered."""
    return Walk(office, clock, papers, register_lead(office, clock))


def object_of(row: Evidence) -> str:
    """Return under which name a piece of evidence lies."""
    return blob_name(EVIDENCE, row.sha256)


def test_a_lead_from_registration_to_disposal(office: Workplace, clock: Clock, papers: Path) -> None:
    """Evidence, letters, file index, a copy that is verified, the patrol's check, and an empty bucket."""
    bucket = office.store
    assert isinstance(bucket, ObjectStore)
    lead = closed_walk(office, clock, papers)
    assert render_leftovers(office, clock()) == 3
    assert archive_leftovers(office, clock()) == 1
    done = export_archive(office, lead.number, papers / "导出", PERSON, clock(), as_zip=True)
    assert (done.faults, verify_export(done.path).missing) == ((), ())
    assert (check_stored_files(office, clock()).told, list(surplus_files(office))) == ("核对存档文件8个", [])
    assert {PurePath(name).name for name in keys_of(bucket)} == set(stored(office))
    assert len(dispose(office, lead.number, PERSON, "期满鉴定", AFTER).destroyed) == 8
    assert keys_of(bucket) == []
    assert check_stored_files(office, AFTER).told == "核对存档文件0个"
    # Nothing of all this went into the folder of this machine.
    assert not [path for path in (office.home / "evidence").rglob("*") if path.is_file()]
    assert not (office.home / "documents").exists()


@on_sqlite
def test_pages_are_counted_in_the_bucket(office: Workplace, clock: Clock, papers: Path) -> None:
    """The file index says the same as from a folder."""
    lead = closed_walk(office, clock, papers, [write_evidence(papers, "七页.pdf", pdf_of(7))])
    archive_matter(office, lead.number, clock())
    entry = next(each for each in ledger_of(office, lead.number) if each.kind == "archived")
    assert "七页.pdf" in str(entry.detail)


@on_sqlite
def test_objects_that_were_changed_or_lost_are_told_and_healed(lead: Walk, clock: Clock) -> None:
    """Overwritten with the same size, and removed; the same files handed in again make it good."""
    office, bucket = lead.place, lead.place.store
    assert isinstance(bucket, ObjectStore)
    papers = [write_evidence(lead.folder, f"{n}.txt", b"text %d" % n) for n in range(3)]
    rows = [hand_in(office, lead.number, paper, clock) for paper in papers]
    overwrite(bucket, object_of(rows[0]), b"text X")
    bucket.remove(object_of(rows[1]))
    assert check_stored_files(office, clock()).found == 2
    assert kinds_of(office, lead.number) == ["file_fault"] * 2
    (body,) = notices(office)
    assert all(f"印证材料 E{row.id} {row.name}" in body for row in rows[:2])
    assert {stored(office)[row.sha256].fault for row in rows} == {FileFault.CHANGED, FileFault.MISSING, None}
    for paper in papers:
        hand_in(office, lead.number, paper, clock)
    clock.now += timedelta(minutes=1)
    assert check_stored_files(office, clock()).restored == 2
    for row in rows:
        (path,) = hand_on(office, lead.number, [f"E{row.id}"], lead.folder / "转存", clock())
        assert path.read_bytes() == f"text {row.name[0]}".encode()


@on_sqlite
def test_a_mail_brings_its_document_from_the_bucket(lead: Walk, clock: Clock) -> None:
    """And waits while the storage does not answer: nobody gets a letter without its paper."""
    lead.to(Step.RECEIPT)
    with mail_receiver() as mailbox:
        write_channels(lead.place, {"ZJJ": mailbox.url("zjj@example.org")})
        assert deliver_messages(lead.place).handed_over == 1
        (mail,) = mailbox.mails
    (paper,) = mail.iter_attachments()
    files = rendered(lead.place, "侯发改移函〔2026〕1号", clock())
    with lead.place.store.open(files.pdf) as stream:
        assert stream.read() == paper.get_content()
    assert paper.get_filename() == f"{files.name}.pdf"


@on_sqlite
def test_a_message_waits_for_the_storage(lead: Walk, clock: Clock, storage: Storage) -> None:
    """It is tried again like any that a channel did not take."""
    lead.to(Step.RECEIPT)
    with mail_receiver() as mailbox:
        write_channels(lead.place, {"ZJJ": mailbox.url("zjj@example.org")})
        with storage.stopped():
            report = deliver_messages(lead.place)
        assert (report.failed, mailbox.mails) == (1, [])
        assert_is_one_sentence(report.reason)
        clock.now += RETRY_AFTER[0]
        assert deliver_messages(lead.place).handed_over == 1


@on_sqlite
def test_an_export_is_downloaded_from_another_machine(lead: Walk) -> None:
    """The server has the bucket in common with the worker, and no folder."""
    done = [
        export_for_download(lead.place, ExportFormat.CSV, LeadFilter(), lead.clock()).path for _ in range(2)
    ]
    names = ["台账-在办-2026-11-23-100000.csv", "台账-在办-2026-11-23-100000-2.csv"]
    assert [path.name for path in done] == names
    status, headers, body = ask(lead.place.store, f"/exports/{done[0].name}")
    assert (status, "侯线〔2026〕1号" in body.decode("utf-8-sig")) == (200, True)
    assert headers["content-length"] == str(len(body))
    assert headers["content-disposition"].endswith(download_link(done[0]).removeprefix("/exports/"))
    assert [path.name for path in lead.place.home.glob(".zero137-export*")] == []


@on_sqlite
def test_a_download_that_cannot_be_had_is_told(lead: Walk, storage: Storage) -> None:
    """The server itself goes on."""
    done = export_for_download(lead.place, ExportFormat.JSONL, LeadFilter(), lead.clock())
    with storage.stopped():
        status, _, body = ask(lead.place.store, f"/exports/{done.path.name}")
    assert (status, "存储连接不上" in body.decode()) == (503, True)
    assert ask(lead.place.store, f"/exports/{done.path.name}", "HEAD")[::2] == (200, b"")
    assert ask(lead.place.store, "/exports/无此文件.csv")[0] == 404


@on_sqlite
def test_what_a_disposal_could_not_remove_the_patrol_removes(
    office: Workplace, clock: Clock, papers: Path, storage: Storage
) -> None:
    """The decision stands; the storage did not answer when the files were to go."""
    lead = closed_walk(office, clock, papers)
    archive_matter(office, lead.number, clock())
    assert isinstance(office.store, ObjectStore)
    with storage.stopped(), pytest.raises(StoreError, match="销毁已登记") as caught:
        dispose(office, lead.number, PERSON, "期满鉴定", AFTER)
    assert_is_one_sentence(str(caught.value))
    assert len(keys_of(office.store)) == 8
    assert (remove_disposed(office), keys_of(office.store)) == (8, [])


def test_storage_that_stops_is_no_loss_of_files(lead: Walk, clock: Clock, storage: Storage) -> None:
    """Nothing is written, and nothing noted of any file; once it answers, all goes on."""
    office, paper = lead.place, write_evidence(lead.folder)
    old = hand_in(office, lead.number, write_evidence(lead.folder, "旧.txt", b"old"), clock)
    before = contents(office)
    with storage.stopped():
        assert_is_one_sentence(office.store.fault())
        for act in (
            lambda: hand_in(office, lead.number, paper, clock),
            lambda: check_stored_files(office, clock()),
            lambda: hand_on(office, lead.number, [f"E{old.id}"], lead.folder / "转存", clock()),
            lambda: export_for_download(office, ExportFormat.CSV, LeadFilter(), clock()),
        ):
            with pytest.raises(StoreError) as caught:
                act()
            assert_is_one_sentence(str(caught.value))
    assert contents(office) == before
    assert office.store.fault() == ""
    hand_in(office, lead.number, paper, clock)
    assert check_stored_files(office, clock()).told == "核对存档文件2个"


@on_sqlite
def test_what_the_patrol_cannot_do_is_said_and_done_later(lead: Walk, clock: Clock, storage: Storage) -> None:
    """Each of its duties ends with the first file, instead of waiting for every one in turn."""
    office = lead.to_closure().place
    duties = (render_leftovers, archive_leftovers, check_stored_files)
    with storage.stopped():
        for duty in duties:
            with pytest.raises(StoreError) as caught:
                duty(office, clock())
            assert_is_one_sentence(str(caught.value))
    assert [duty(office, clock()) for duty in duties[:2]] == [3, 1]
    assert check_stored_files(office, clock()).faulty == 0


def test_storage_that_stops_within_the_transaction_leaves_no_row(
    lead: Walk, clock: Clock, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file was sent beside its place; what is left of it is cleared away after a day."""
    office, before = lead.place, contents(lead.place)
    bucket = office.store
    assert isinstance(bucket, ObjectStore)
    move = ObjectStore.move

    def stop(*arguments: object, **options: object) -> None:
        storage.stop()
        move(*arguments, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "move", stop)
        try:
            with pytest.raises(StoreError):
                hand_in(office, lead.number, write_evidence(lead.folder), clock)
        finally:
            storage.start()
    assert contents(office) == before
    assert [name.rpartition("-")[0] for name in keys_of(bucket)] == ["evidence/incoming"]
    assert check_stored_files(office, clock()).unfinished == 0
    hand_in(office, lead.number, write_evidence(lead.folder), clock)
    assert bucket.remove_unfinished(EVIDENCE, -1) == 1
    assert keys_of(bucket) == [object_of(row) for row in lead_evidence(office)]


def lead_evidence(office: Workplace) -> list[Evidence]:
    """Return all evidence there is."""
    with office.reading() as session:
        return list(session.exec(select(Evidence)))


_CHILD = """
import os, signal, sys
from pathlib import Path
import s3fs, tasks.evidence.pieces, tasks.store.bucket
from deployments.installation.opening import open_workplace
from deployments.installation.settings import load_settings
async def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
where, number, file = sys.argv[1:]
tasks.store.bucket.PART_BYTES = 5 << 20
if where == "sending":
    s3fs.S3FileSystem._upload_file_part_concurrent = die
elif where == "storing":
    tasks.evidence.pieces.append_entry = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
place = open_workplace(load_settings())
tasks.evidence.pieces.add_evidence(place, number, [Path(file)], "经办人甲", place.clock())
"""


@pytest.mark.parametrize("where", ["sending", "storing"])
def test_a_killed_process_leaves_nothing_that_counts(lead: Walk, clock: Clock, where: str) -> None:
    """A large file half sent, or all of it and no row; the same file is taken again."""
    office, bucket = lead.place, lead.place.store
    assert isinstance(bucket, ObjectStore)
    paper, before = write_evidence(lead.folder, content=pdf(os.urandom(11 << 20))), contents(office)
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("ZERO137_")},
        "ZERO137_HOME": str(office.home),
        "ZERO137_DATABASE_URL": office.engine.url.render_as_string(hide_password=False),
        "ZERO137_STORE_URL": f"s3://{bucket.bucket}/{bucket.prefix}",
        "ZERO137_STORE_ENDPOINT": bucket.endpoint,
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    command = [sys.executable, "-c", _CHILD, where, lead.number, str(paper)]
    killed = subprocess.run(command, env=environment, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert contents(office) == before
    assert len(unfinished_uploads(bucket)) == (where == "sending")
    assert len(list(surplus_files(office))) == (where == "storing")
    assert remove_surplus(office, clock()) == 0
    assert bucket.remove_unfinished(EVIDENCE, -1) == 1
    assert len(list(office.home.glob(".zero137-*"))) == 1
    row = hand_in(replace(office, evidence_limit=12 << 20), lead.number, paper, clock)
    assert (keys_of(bucket), unfinished_uploads(bucket)) == ([object_of(row)], [])
    assert not list(office.home.glob(".zero137-*"))
    assert list(surplus_files(office)) == []


def test_machines_that_store_the_same_files_at_once_store_them_once(
    office: Workplace, clock: Clock, papers: Path
) -> None:
    """Four of them, four leads, the same files in either order."""
    paths = [write_evidence(papers, f"{n}.txt", b"text %d" % n) for n in range(3)]
    numbers = [register_lead(office, clock, title=f"线索之{n}") for n in range(4)]
    orders = iter([(number, paths[:: -1 if n % 2 else 1]) for n, number in enumerate(numbers)])
    results = at_once(lambda: add_evidence(office, *next(orders), PERSON, clock()), threads=4)
    assert not [result for result in results if isinstance(result, Exception)], results
    assert isinstance(office.store, ObjectStore)
    assert len(keys_of(office.store)) == len(stored(office)) == 3
    assert check_stored_files(office, clock()).told == "核对存档文件3个"


@on_sqlite
def test_a_store_that_was_moved_is_proven_by_a_check(
    place: Workplace, bucket: ObjectStore, clock: Clock, papers: Path
) -> None:
    """From the home folder into a bucket and from there into a shared folder, by plain copying."""
    lead = closed_walk(place, clock, papers)
    archive_matter(place, lead.number, clock())
    assert check_stored_files(replace(place, store=bucket), clock()).absent == [EVIDENCE, DOCUMENTS]
    for folder in (EVIDENCE, DOCUMENTS):
        for path in (place.home / folder).glob("*/*"):
            overwrite(bucket, path.relative_to(place.home).as_posix(), path.read_bytes())
    shared = place.home / "shared"
    for name in keys_of(bucket):
        (shared / name).parent.mkdir(parents=True, exist_ok=True)
        with bucket.open(name) as stream:
            (shared / name).write_bytes(stream.read())
    for store in (bucket, FolderStore(shared)):
        moved = replace(place, store=store)
        report = check_stored_files(moved, clock(), seconds=None, everything=True)
        clock.now += timedelta(minutes=1)
        assert (report.checked, report.faulty, report.absent, list(surplus_files(moved))) == (8, 0, (), [])


def test_the_command_line_uses_the_bucket(
    bare_terminal: Terminal, storage: Storage, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Evidence in and out, documents, check; without the storage one sentence and the code of its class."""
    bucket = storage.new_store()
    monkeypatch.setenv("ZERO137_STORE_URL", f"s3://{bucket.bucket}/{bucket.prefix}")
    monkeypatch.setenv("ZERO137_STORE_ENDPOINT", bucket.endpoint)
    bare_terminal.text("init")
    bare_terminal.text("lead", "add", "--title", "线索甲", "--facts", "事实")
    paper = write_evidence(papers)
    bare_terminal.text("evidence", "add", "L2026-0001", paper)
    assert "已存为" in bare_terminal.text("evidence", "export", "L2026-0001", "E1", "--to", papers / "新")
    assert "核对存档文件1个。" in bare_terminal.text("evidence", "check", "--all")
    other = write_evidence(papers, "其他.txt", b"other")
    with storage.stopped():
        for command in (("evidence", "check"), ("evidence", "add", "L2026-0001", other)):
            said = bare_terminal.run(*command)
            assert (said.code, said.out) == (10, "")
            assert_is_one_sentence(said.err.strip())
    assert "其他" not in bare_terminal.text("evidence", "list", "L2026-0001")
    assert len(keys_of(bucket)) == 1


@on_sqlite
def test_a_document_is_saved_from_the_bucket(lead: Walk, clock: Clock) -> None:
    """Its digests are those of the ledger."""
    lead.to(Step.RECEIPT)
    files = rendered(lead.place, "侯发改移函〔2026〕1号", clock())
    with lead.place.reading() as session:
        row = session.exec(select(Document)).one()
    assert (PurePath(files.pdf).name, PurePath(files.word).name) == (row.pdf_sha256, row.word_sha256)
