"""What every store promises, whether it is a folder or a bucket."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.object_storage import ACCESS, Storage, keys_of, overwrite, unfinished_uploads
from harness.wording import assert_is_one_sentence

from models.errors import StoreError
from tasks.store import bucket as object_store
from tasks.store.blobs import chunks_of, digest_of
from tasks.store.bucket import ObjectStore
from tasks.store.folder import FolderStore
from tasks.store.protocol import EVIDENCE, EXPORTS, Store

CONTENT = b"%PDF-1.7\n" + bytes(range(256)) * 64
NAME = f"evidence/{(_DIGEST := hashlib.sha256(CONTENT).hexdigest())[:2]}/{_DIGEST}"
HOUR = 3600.0


@pytest.fixture(params=["folder", "bucket", "bucket below a prefix"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store of each kind."""
    if request.param == "folder":
        return FolderStore(tmp_path)
    storage: Storage = request.getfixturevalue("storage")
    return storage.new_store("" if request.param == "bucket" else "houma/0137")


def put(store: Store, content: bytes = CONTENT) -> str:
    """Put a file into its place."""
    with store.staged(EVIDENCE, [content]) as file:
        file.place()
        return file.name


def everything(store: Store) -> list[str]:
    """Return everything that lies in a store, in order."""
    if isinstance(store, ObjectStore):
        return keys_of(store)
    assert isinstance(store, FolderStore)
    paths = (path for path in store.root.rglob("*") if path.is_file())
    return sorted(path.relative_to(store.root).as_posix() for path in paths)


def damage(store: Store, name: str, content: bytes) -> None:
    """Write over a file behind the back of the system."""
    if isinstance(store, ObjectStore):
        return overwrite(store, name, content)
    assert isinstance(store, FolderStore)
    (store.root / name).chmod(0o600)
    (store.root / name).write_bytes(content)
    return None


def test_a_file_lies_under_its_digest_and_is_read_from_any_position(store: Store) -> None:
    """Under the same name in every kind, so that a copy of all files is the same store."""
    with store.staged(EVIDENCE, [CONTENT[:5], b"", CONTENT[5:]]) as file:
        assert (file.size, file.name, file.is_placed) == (len(CONTENT), NAME, False)
        assert file.path.read_bytes() == CONTENT
        file.place()
        assert file.is_placed
    assert everything(store) == [NAME]
    assert list(store.names(EVIDENCE)) == [NAME]
    assert store.size(NAME) == len(CONTENT)
    assert 0 <= store.age_seconds(NAME) < HOUR
    with store.open(NAME) as stream:
        assert digest_of(stream) == file.sha256
        assert stream.seek(-3, 2) == len(CONTENT) - 3
        assert stream.read() == CONTENT[-3:]
        stream.seek(7)
        assert (stream.read(4), stream.tell()) == (CONTENT[7:11], 11)


def test_a_large_file_is_sent_and_read_in_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than two parts, and the last of them no whole one."""
    monkeypatch.setattr(object_store, "PART_BYTES", 5 << 20)
    name = put(store, content := CONTENT * 1000)
    with store.open(name) as stream:
        assert b"".join(chunks_of(stream)) == content
    assert everything(store) == [name]


def test_what_is_not_wanted_is_gone(store: Store) -> None:
    """Refused after it was looked at, or broken off while it was written."""

    def torn() -> Iterator[bytes]:
        yield CONTENT
        raise OSError(5, "Input/output error")

    with store.staged(EVIDENCE, [CONTENT]) as file:
        assert len(everything(store)) == 1
        assert list(store.names(EVIDENCE)) == []
    assert not file.path.exists()
    with pytest.raises(OSError, match="Input/output"), store.staged(EVIDENCE, torn()):
        pass
    assert everything(store) == []


def test_a_file_that_is_placed_again_replaces_what_lies_there(store: Store) -> None:
    """However it was damaged; an export on the other hand never takes the place of another one."""
    put(store)
    damage(store, NAME, b"other")
    assert put(store) == NAME
    with store.open(NAME) as stream:
        assert stream.read() == CONTENT
    export = f"{EXPORTS}/台账-在办-2026-11-23-100000.xlsx"
    for content in (b"first", b"second"):
        with store.staged(EXPORTS, [content]) as file:
            if content == b"first":
                store.move(file.incoming, export, replace=False)
                continue
            with pytest.raises(FileExistsError):
                store.move(file.incoming, export, replace=False)
    with store.open(export) as stream:
        assert stream.read() == b"first"
    assert everything(store) == [NAME, export]


def test_what_is_not_there_is_told_and_removed_in_peace(store: Store) -> None:
    """A store without a single file answers like any other."""
    assert (store.size(NAME), list(store.names(EVIDENCE)), store.is_bare(EVIDENCE)) == (None, [], True)
    for ask in (store.open, store.age_seconds):
        with pytest.raises(FileNotFoundError):
            ask(NAME)
    store.remove(NAME)
    put(store)
    assert (store.is_bare(EVIDENCE), store.is_bare("documents"), store.fault()) == (False, True, "")
    store.remove(NAME)
    store.remove(NAME)
    assert everything(store) == []


def test_only_what_is_unfinished_and_old_is_cleared_away(store: Store) -> None:
    """A file that is being written is somebody's; one in its place stays whatever its age."""
    put(store)
    with store.staged(EVIDENCE, [b"x"]) as file:
        assert store.remove_unfinished(EVIDENCE, HOUR) == 0
        assert (store.remove_unfinished("documents", -HOUR), store.size(file.incoming)) == (0, 1)
        assert store.remove_unfinished(EVIDENCE, -HOUR) == 1
        assert everything(store) == [NAME]


def test_an_upload_that_was_broken_off_is_given_up(storage: Storage) -> None:
    """Its parts are no object, cost room, and are seen by nobody but who looks for them."""
    store = storage.new_store()
    key = "houma/evidence/incoming-1"
    store._ask("create_multipart_upload", Key=key)  # noqa: SLF001 - as a process does that is killed then
    assert (unfinished_uploads(store), keys_of(store), store.is_bare(EVIDENCE)) == ([key], [], True)
    assert store.remove_unfinished(EVIDENCE, HOUR) == 1
    assert unfinished_uploads(store) == []


def test_a_copy_of_all_files_is_the_same_store(tmp_path: Path, storage: Storage) -> None:
    """What moves a folder into a bucket need know nothing of what lies there."""
    folder, bucket = FolderStore(tmp_path), storage.new_store()
    for content in (CONTENT, b"other"):
        put(folder, content)
    for name in everything(folder):
        overwrite(bucket, name, (tmp_path / name).read_bytes())
    assert everything(bucket) == everything(folder)
    for name in bucket.names(EVIDENCE):
        with bucket.open(name) as stream:
            assert name.endswith(digest_of(stream))


@pytest.mark.parametrize("trouble", ["stopped", "no bucket", "no access"])
def test_storage_that_cannot_be_used_is_one_error(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """Not a missing file, which would be told as a loss; said in one sentence, and gone when it is."""
    store = storage.new_store()
    put(store)
    if trouble == "no bucket":
        broken = replace(store, bucket="no-such-bucket")
    elif trouble == "no access":
        for name in ACCESS:
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        # Another spelling of the address is another connection, which looks for its credentials anew.
        broken = replace(store, endpoint=f"{storage.endpoint}/")
    else:
        broken = store
        storage.stop()
    try:
        assert_is_one_sentence(broken.fault())
        acts = [lambda: put(broken), lambda: list(broken.names(EVIDENCE)), lambda: broken.is_bare(EVIDENCE)]
        if trouble != "no bucket":
            acts += [lambda: broken.size(NAME), lambda: broken.open(NAME), lambda: broken.remove(NAME)]
        for act in acts:
            with pytest.raises(StoreError) as caught:
                act()
            assert_is_one_sentence(str(caught.value))
    finally:
        if trouble == "stopped":
            storage.start()
    assert store.fault() == ""
    assert keys_of(store) == [NAME]


def test_a_folder_that_is_not_mounted_is_not_written_to(tmp_path: Path) -> None:
    """It would be written below the place where the disk belongs, and vanish there."""
    store = FolderStore(tmp_path / "mnt" / "zero137")
    assert_is_one_sentence(store.fault())
    with pytest.raises(FileNotFoundError):
        put(store)
    assert not (tmp_path / "mnt").exists()
