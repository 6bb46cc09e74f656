"""Laws of a store: whatever is done to it, a folder and a bucket say the same."""

from pathlib import Path
from tempfile import TemporaryDirectory

from fakes.object_storage import Storage, keys_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.store.folder import FolderStore
from tasks.store.protocol import EVIDENCE, Store

CONTENTS = st.sampled_from([b"a", b"b" * 70_000, b"%PDF-1.7"])
DEEDS = st.tuples(st.sampled_from(["place", "discard", "remove", "clear", "offer"]), CONTENTS)


def do(store: Store, deed: str, content: bytes) -> object:
    """Do something to a store, and return what it says."""
    with store.staged(EVIDENCE, [content]) as file:
        match deed:
            case "place":
                before = file.is_placed
                file.place()
                return before, file.is_placed
            case "remove":
                store.remove(file.name)
            case "clear":
                return store.remove_unfinished(EVIDENCE, -60), store.size(file.incoming)
            case "offer":
                try:
                    store.move(file.incoming, f"exports/{content[:1].hex()}.csv", replace=False)
                except FileExistsError:
                    return "taken"
    return store.size(file.name), store.size(file.incoming)


def state(store: Store) -> dict[str, bytes]:
    """Return what can be read from a store, by name."""
    found = {}
    for name in store.names(EVIDENCE):
        with store.open(name) as stream:
            found[name] = stream.read()
    return found


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(DEEDS, min_size=1, max_size=8))
def test_a_folder_and_a_bucket_say_the_same(storage: Storage, deeds: list[tuple[str, bytes]]) -> None:
    """Whatever is staged, placed, offered, removed or cleared away, and in whatever order."""
    with TemporaryDirectory() as folder:
        kept, bucket = FolderStore(Path(folder)), storage.new_store()
        for deed, content in deeds:
            assert do(kept, deed, content) == do(bucket, deed, content), deed
            assert state(kept) == state(bucket)
        left = [path for path in Path(folder).rglob("*") if path.is_file()]
        assert sorted(path.relative_to(folder).as_posix() for path in left) == keys_of(bucket)
