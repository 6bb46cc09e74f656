"""S3-compatible storage on this machine, which tests start, stop and meddle with."""

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import socket
from uuid import uuid4

import pytest

from tasks.store.bucket import ObjectStore, _connection

# What any server takes that does not ask who one is.
ACCESS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def _lasting_port() -> int:
    """Return a free port below those a system hands out by itself: nobody takes it while the server stops."""
    while True:
        port = random.randint(20_000, 32_000)
        with suppress(OSError), socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


class Storage:
    """A server whose objects outlast a stop, as those of a server that is restarted."""

    def __init__(self, aside: Path) -> None:
        """Start on a free port; stores use a folder for what is not sent yet."""
        self._aside = aside
        self.port = _lasting_port()
        self.start()
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Refuse connections from now on."""
        self._server.stop()
        if self._server._server is not None:  # noqa: SLF001 - it leaves its port open, and nobody would be refused
            self._server._server.server_close()  # noqa: SLF001 - as above

    def start(self) -> None:
        """Answer again, under the same address."""
        # Imported here: it takes seconds, and most tests need no such server.
        from moto.server import ThreadedMotoServer

        self._server = ThreadedMotoServer("127.0.0.1", self.port, verbose=False)
        self._server.start()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Do not answer for a while."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def new_store(self, prefix: str = "houma") -> ObjectStore:
        """Return a store in a bucket of its own."""
        store = ObjectStore(self._aside, f"cases-{uuid4().hex[:12]}", prefix, self.endpoint)
        _connection(self.endpoint).call_s3("create_bucket", Bucket=store.bucket)
        return store


@contextmanager
def object_storage(aside: Path) -> Iterator[Storage]:
    """Run a server, and give this process what it takes to use one."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with pytest.MonkeyPatch.context() as environment:
        for name, value in ACCESS.items():
            environment.setenv(name, value)
        storage = Storage(aside)
        try:
            yield storage
        finally:
            storage.stop()


def keys_of(store: ObjectStore) -> list[str]:
    """Return everything that lies in a store, in order."""
    return sorted(name for name, _ in store._listed(""))  # noqa: SLF001 - to see what is not to be seen


def overwrite(store: ObjectStore, name: str, content: bytes) -> None:
    """Write over an object behind the back of the system."""
    path = store._path(name)  # noqa: SLF001 - as somebody with the rights of the system can
    _connection(store.endpoint).pipe_file(path, content)


def unfinished_uploads(store: ObjectStore) -> list[str]:
    """Return the keys of what was being sent."""
    page = _connection(store.endpoint).call_s3("list_multipart_uploads", Bucket=store.bucket)
    return [each["Key"] for each in page.get("Uploads", ())]
