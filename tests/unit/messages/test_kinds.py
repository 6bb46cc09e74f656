"""Kinds of messages and of ledger entries: closed vocabularies whose codes are never spelt otherwise."""

from importlib.resources import files
from pathlib import Path

import pytest

from models.documents.vocabulary import DocumentKind
from models.labels import Labelled
from models.messages.kinds import DOCUMENT_VALUES, MAIL_VALUES, MessageKind
from models.record.entry_kinds import EntryKind
from notifications.texts.samples import SAMPLES, sample
from notifications.texts.wording import document_template

# What homes of the releases before the vocabularies hold.
_ENTRIES_BEFORE = """
answered archive_export_failed archive_exported archive_review archive_reviewed archived assigned
calendar_imported calendar_missing case_collection circular_drafted circular_published circular_withheld
classified closed deemed_received disposed document_drafted document_issued document_rendered
document_withdrawn due_recomputed escalated evidence_added extended extension_refused extension_requested
file_fault file_restored informant_changed informant_key_rotated informant_read informant_recorded
informant_resealed informant_unreadable message_given_up message_resent proof_issued refused registered
run_repaired sealed units_imported
"""
_MESSAGES_BEFORE = """
archive_review calendar_missing case_collection circular circular_draft closure consultation due_moved
due_today extension_reply extension_request file_fault given_up receipt_reminder rectify remind report
return supervise transfer urge verify
"""
_ENTRIES_SINCE = {
    "wording_failed", "part_opened", "naming_refused", "naming_confirmed", "redirected", "paused",
    "corrected", "called_off", "merged", "relapsed", "handed_back", "hand_back_refused",
    "unprintable", "succeeded", "ended_unit",
}  # fmt: skip
_MESSAGES_SINCE = {
    "wording_fault", "task", "release", "hand_back", "hand_back_reply", "redirected", "corrected",
    "called_off", "look_back", "unprintable", "succession", "ended_unit",
}  # fmt: skip
_TEMPLATES = Path(str(files("notifications").joinpath("templates")))
_ROOMS = sorted(_TEMPLATES.iterdir())
# These are no messages: what a person reads on the screen or in an exported archive.
_NO_MESSAGES = {"story", "informant", "export_guide"}


@pytest.mark.parametrize(
    ("vocabulary", "before", "added"),
    [
        (EntryKind, _ENTRIES_BEFORE, _ENTRIES_SINCE),
        (MessageKind, _MESSAGES_BEFORE, _MESSAGES_SINCE),
    ],
)
def test_stored_codes_stay_what_they_are(vocabulary: type[Labelled], before: str, added: set[str]) -> None:
    """Ledgers are digested with them and messages are known by them; each has a label of its own."""
    codes = {kind.value for kind in vocabulary}
    assert codes == set(before.split()) | added
    assert max(map(len, codes)) <= 40
    labels = [kind.label for kind in vocabulary]
    assert all(labels)
    assert len(set(labels)) == len(labels)


def test_every_kind_has_its_packaged_template() -> None:
    """And there is no template of a message that has no kind."""
    names = [path.relative_to(folder).as_posix() for folder in _ROOMS for path in folder.rglob("*.*")]
    # A template is known by its name: in two rooms, one would hide the other.
    assert len(set(names)) == len(names)
    texts = {name.removesuffix(".txt.j2") for name in names if name.endswith(".txt.j2")}
    documents = {document_template(kind).removesuffix(".txt.j2") for kind in DOCUMENT_VALUES}
    assert texts == {kind.value for kind in MessageKind} | _NO_MESSAGES | documents
    assert set(DOCUMENT_VALUES) == set(DocumentKind) - {DocumentKind.CIRCULAR}


def test_templates_lie_in_rooms_of_two_to_eight() -> None:
    """None lies beside the rooms, so that a mechanism brings its own as a folder."""
    assert all(entry.is_dir() for entry in _TEMPLATES.iterdir())
    for folder in _ROOMS:
        assert 2 <= len([path for path in folder.iterdir() if path.is_file()]) <= 8, folder.name


def test_a_sample_holds_what_is_declared_and_nothing_else() -> None:
    """And no sample is left that no kind speaks of."""
    declared = [*(kind.values for kind in MessageKind), *DOCUMENT_VALUES.values(), MAIL_VALUES]
    for names in declared:
        assert set(sample(names)) == names
    assert set(SAMPLES) == set().union(*declared)
