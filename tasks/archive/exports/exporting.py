"""Exporting an archive as a folder or ZIP that needs no database to verify. Source: 通知§13(四), (六)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from models.archive.file_index import FileIndex, IndexLine
from models.archive.manifest import EXPORTED, MANIFEST, PROOF, Manifest
from models.archive.rules import refuse_disposed
from models.archive.tables import ArchiveRecord
from models.documents.tables import Document
from models.documents.vocabulary import DocumentStatus
from models.errors import ConflictError, InputError, TamperError, Zero137Error
from models.files.vocabulary import FileFault
from models.matters.tables import Matter
from models.record.entries import digest
from models.record.entry_kinds import EntryKind
from models.texts import check_person
from notifications.texts.rendering import render_page
from tasks.archive.archiving import archive_matter, matter_of
from tasks.archive.exports.case_facts import case_facts
from tasks.archive.exports.folder import ExportFolder
from tasks.archive.exports.verifying import verify_export
from tasks.archive.exports.zipping import write_zip
from tasks.archive.index import documents_of_family, read_index
from tasks.audit.comparison import check_facts
from tasks.audit.proofs import proof_of
from tasks.audit.verification import verify_stream
from tasks.documents.rendered import rendered
from tasks.record.ledger import append_entry
from tasks.store.blobs import blob_name
from tasks.store.protocol import DOCUMENTS, EVIDENCE
from tasks.store.staging import staging_beside
from tasks.workplace import Workplace, bureau_person, office_of

_DOCUMENTS, _MATERIAL = "公文", "材料"
_FACTS, _GUIDE, _PROCEDURE = "办理情况.json", "核验说明.txt", "核验程序.py"


@dataclass(frozen=True)
class Export:
    """What was exported: where it lies, how many files, and the items that could not be, in words."""

    path: Path
    number: str
    files: int
    faults: tuple[str, ...]


def export_archive(
    place: Workplace, text: str, folder: Path, person: str, now: datetime, *, as_zip: bool = False
) -> Export:
    """Export an archive into a folder of its own, or one ZIP, named by its 档号.

    Everything is written beside the target and verified before it gets its name: what bears the name is
    complete. A stored file that is missing or was changed is left out and named, never passed on as genuine.

    Args:
        place: The workplace.
        text: The 档号, or the number of a closed matter, which is archived first where it is not.
        folder: Where to put it; created where it is not there.
        person: Who exports it (经办人).
        now: The moment (aware).
        as_zip: One ZIP instead of a folder.

    Raises:
        NotFound: There is no such matter.
        RuleViolation: It is not closed, nobody is named, or it was disposed of.
        InputError: The target is there already, or cannot be written.
        ConflictError: It was exported twice at the same moment.
        TamperError: The ledger or the facts of the matter were changed.
    """
    person = check_person(person)
    with place.reading() as session:
        number = matter_of(session, text).number
    record = archive_matter(place, number, now)
    refuse_disposed(record)
    # An export certifies what it holds, so that is compared with the ledger first.
    verify_stream(place, number)
    check_facts(place, number)
    target = folder / (f"{record.number}.zip" if as_zip else record.number)
    _refuse_existing(target)
    with _staging(folder) as beside:
        (beside / record.number).mkdir()
        writer = _Writer(place, record, person, now, ExportFolder(beside / record.number))
        try:
            writer.write()
            source = writer.out.root
            if as_zip:
                source = write_zip(source, beside / target.name)
            _verify(source)
            _refuse_existing(target)
            source.rename(target)
        except (Zero137Error, OSError):
            writer.take_back()
            raise
    return Export(target, record.number, len(writer.out.files), tuple(writer.faults.values()))


def _refuse_existing(target: Path) -> None:
    """Refuse to overwrite anything."""
    if target.exists() or target.is_symlink():
        raise InputError(f"“{target.name}”已存在，为避免覆盖未导出，请换一个文件夹。")


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """Give a folder beside the target for what is not complete yet; nothing of it stays."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with staging_beside(folder) as beside:
            yield beside
    except OSError as error:
        raise InputError(f"无法写入文件夹“{folder.name}”，请检查路径、权限和磁盘空间。") from error


def _verify(source: Path) -> None:
    """Verify what was written before it is handed on."""
    try:
        verify_export(source)
    except TamperError as error:
        if error.position != MANIFEST:
            raise
        # The last export the ledger tells of is another one.
        raise ConflictError("同时有人导出同一档案，为避免混淆未导出，请重试。") from error


@dataclass
class _Writer:
    """Writes one export; ``faults`` are the items that were left out, in words, by their numbers."""

    place: Workplace
    record: ArchiveRecord
    person: str
    now: datetime
    out: ExportFolder
    faults: dict[int, str] = field(default_factory=dict)
    is_noted: bool = False

    def write(self) -> None:
        """Write everything: what the manifest lists, the manifest, the ledger entry, and the proof last."""
        with self.place.reading() as session:
            office = office_of(session, self.place)
            matter = session.get_one(Matter, self.record.matter_id)
            index = read_index(session, self.place, self.record)
            facts = case_facts(session, matter, office, self.place.mechanisms)
            documents = {each.number: each for each in documents_of_family(session, matter)}
        actor = f"{office.bureau().short_name} {self.person}"
        for line in index.lines:
            self._item(line, documents.get(line.document_number))
        self._index(index)
        self.out.write(_FACTS, f"{json.dumps(facts, ensure_ascii=False, indent=1)}\n".encode())
        self._guide(index, actor)
        manifest = Manifest(
            self.record.number, matter.number, self._time(),
            tuple(sorted(self.out.files, key=lambda file: file.path)), tuple(sorted(self.faults)),
        )  # fmt: skip
        self._note(matter.number, manifest.text, actor)
        (self.out.root / MANIFEST).write_bytes(manifest.text.encode())
        proof = proof_of(self.place, matter.number, actor, self.now)
        (self.out.root / PROOF).write_bytes(proof.encode())

    def _item(self, line: IndexLine, document: Document | None) -> None:
        """Copy the file of one line, and the editable form of a document."""
        name = f"{line.sequence:02d} {line.name}"
        if document is None:
            fault = self._copy(EVIDENCE, line.sha256, f"{_MATERIAL}/{name}", line.sequence)
        else:
            self._render_again(document)
            fault = self._copy(DOCUMENTS, line.sha256, f"{_DOCUMENTS}/{name}", line.sequence)
            if document.word_sha256:
                self._copy(DOCUMENTS, document.word_sha256, f"{_DOCUMENTS}/{Path(name).stem}.docx")
        if fault is not None:
            self.faults[line.sequence] = f"卷内第{line.sequence}件“{line.title}”：文件{fault.label}，未导出"

    def _copy(self, folder: str, sha256: str, path: str, item: int | None = None) -> FileFault | None:
        """Copy a stored file, unless it is missing or another one; returns what is wrong with it."""
        try:
            source = self.place.store.open(blob_name(folder, sha256))
        except FileNotFoundError:
            return FileFault.MISSING
        with source:
            return self.out.copy(source, path, sha256, item)

    def _render_again(self, document: Document) -> None:
        """Render a document whose files are gone: on the same machine they come out the same."""
        if document.status is DocumentStatus.ISSUED:
            rendered(self.place, document.number, self.now)

    def _index(self, index: FileIndex) -> None:
        """Write the file index on paper and as a workbook, with what could not be exported."""
        # Imported here: they are slow to import, and most commands print nothing.
        from notifications.papers.pdf import render_index
        from notifications.tables.index_sheet import render_sheet

        lines = tuple(
            replace(
                line,
                note="；".join(
                    filter(None, (line.note, "导出时缺失" if line.sequence in self.faults else ""))
                ),
            )
            for line in index.lines
        )
        shown = replace(index, lines=lines)
        local = self.place.policy.business_hours.local(self.now)
        self.out.write("卷内目录.xlsx", render_sheet(shown, local))
        self.out.write("卷内目录.pdf", render_index(shown, local.date()))

    def _guide(self, index: FileIndex, actor: str) -> None:
        """Write how a stranger checks the copy, and the program that checks the proof."""
        values = {
            "number": index.number, "lead": index.lead, "title": index.title, "exported_at": self._time(),
            "actor": actor, "faults": list(self.faults.values()),
        }  # fmt: skip
        self.out.write(_GUIDE, render_page("export_guide.txt", values).encode())
        procedure = files("notifications.papers").joinpath("check_proof.py").read_bytes()
        self.out.write(_PROCEDURE, procedure)

    def _note(self, number: str, manifest: str, actor: str) -> None:
        """Write the ledger entry that binds the manifest."""
        with self.place.writing() as session:
            append_entry(
                session, number, self.now, EXPORTED, actor, f"导出档案 {self.record.number}",
                number=self.record.number, manifest_sha256=digest(manifest), files=len(self.out.files),
                missing=sorted(self.faults),
            )  # fmt: skip
        self.is_noted = True

    def take_back(self) -> None:
        """Note that an export the ledger tells of did not come to be."""
        if not self.is_noted:
            return
        with self.place.writing() as session:
            number = session.get_one(Matter, self.record.matter_id).number
            actor = bureau_person(session, self.place, self.person)
            summary = f"导出档案 {self.record.number} 未完成，没有文件交出"
            append_entry(session, number, self.now, EntryKind.ARCHIVE_EXPORT_FAILED, actor, summary)

    def _time(self) -> str:
        """Return the moment of the export in the office's zone."""
        return f"{self.place.policy.business_hours.local(self.now):%Y-%m-%d %H:%M}"
