"""A store in S3-compatible storage. Its library is imported when it is first asked: that takes a second.

What the storage answers, as that an object is missing or must not be written, is an OSError; that it does not
answer is a StoreError, so that an outage is never taken for the loss of every file.
"""

import io
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import uuid4

from models.errors import StoreError
from tasks.store.blobs import INCOMING, written
from tasks.store.protocol import Staged
from tasks.store.staging import staging_beside

if TYPE_CHECKING:
    from s3fs import S3FileSystem

logger = logging.getLogger(__name__)

# What is sent or fetched at once, in bytes: as much as is lost when the connection breaks.
PART_BYTES = 8 << 20
_PARTS_AT_ONCE = 2
_CONNECT_SECONDS, _ANSWER_SECONDS, _ATTEMPTS = 5, 60, 2


@dataclass(frozen=True)
class ObjectStore:
    """A store in a bucket, below a prefix; who may do what there is told by the standard AWS settings.

    Attributes:
        aside: A folder of this machine, where a file is judged before it is sent.
        bucket: The bucket, which has been created.
        prefix: What all names begin with, without slashes around it; blank for the bucket itself.
        endpoint: The address of the service; blank for the one the AWS settings tell.
    """

    aside: Path
    bucket: str
    prefix: str = ""
    endpoint: str = ""

    @contextmanager
    def staged(self, folder: str, chunks: Iterable[bytes]) -> Iterator[Staged]:
        """Write a file on this machine and send it beside the others."""
        name = f"{folder}/{INCOMING}{uuid4().hex}"
        with staging_beside(self.aside) as beside, written(beside, chunks) as copy:
            try:
                self._send(copy.path, name)
                yield Staged(self, folder, name, copy.path, copy.sha256, copy.size)
            finally:
                # What cannot be removed now is removed as that of a killed process.
                with suppress(StoreError, OSError):
                    self.remove(name)

    def move(self, incoming: str, name: str, *, replace: bool = True) -> None:
        """Give a staged file its name by a copy within the storage, which is atomic.

        Not every storage can refuse to replace: two at the same moment may both be told that they were first.
        """
        if not replace and self.size(name) is not None:
            raise FileExistsError(name)
        source = {"Bucket": self.bucket, "Key": self._key(incoming)}
        self._ask("copy_object", Key=self._key(name), CopySource=source)

    def open(self, name: str) -> BinaryIO:
        """Open an object for reading."""
        size = self.size(name)
        if size is None:
            raise FileNotFoundError(name)
        return io.BufferedReader(_Reading(self, name, size), PART_BYTES)

    def part(self, name: str, start: int, end: int) -> bytes:
        """Return some bytes of an object, from a position up to another one."""
        with self._answering():
            content: bytes = _connection(self.endpoint).cat_file(self._path(name), start=start, end=end)
        return content

    def size(self, name: str) -> int | None:
        """Return the size in bytes; every object is an ordinary file."""
        try:
            return int(self._ask("head_object", Key=self._key(name))["ContentLength"])
        except FileNotFoundError:
            return None

    def names(self, folder: str) -> Iterator[str]:
        """Give the names below a folder but for those directly in it."""
        return (name for name, _ in self._listed(f"{folder}/") if "/" in name.removeprefix(f"{folder}/"))

    def age_seconds(self, name: str) -> float:
        """Return how long ago an object was written, by the clock of the storage."""
        for found, age in self._listed(name):
            if found == name:
                return age
        raise FileNotFoundError(name)

    def remove(self, name: str) -> None:
        """Remove an object."""
        self._ask("delete_object", Key=self._key(name))

    def remove_unfinished(self, folder: str, after_seconds: float) -> int:
        """Remove what killed processes left so long ago: objects, and parts of what was never sent whole."""
        prefix = f"{folder}/{INCOMING}"
        old = [self._key(name) for name, age in self._listed(prefix) if age > after_seconds]
        removed = self._cleared(("delete_object", {"Key": key}) for key in old)
        return removed + self._cleared(self._uploads(prefix, after_seconds))

    def is_bare(self, folder: str) -> bool:
        """Tell whether a folder holds nothing: a bucket or prefix that is another one."""
        return next(self.names(folder), None) is None

    def fault(self) -> str:
        """Return why the storage cannot be used now."""
        try:
            next(self._listed("", 1), None)
        except StoreError as error:
            return str(error)
        return ""

    def _send(self, path: Path, name: str) -> None:
        """Send a file, a large one in parts that count once all are there."""
        try:
            with self._answering():
                _connection(self.endpoint).put_file(
                    str(path), self._path(name), chunksize=PART_BYTES, max_concurrency=_PARTS_AT_ONCE
                )
        except FileNotFoundError as error:
            # The bucket is gone, or never was.
            raise self._trouble() from error

    def _listed(self, prefix: str, at_once: int = 1000) -> Iterator[tuple[str, float]]:
        """Give the names that begin so, and how many seconds ago each was written; so many a request.

        Raises:
            StoreError: The storage does not answer or refuses: then nothing else can be believed of it.
        """
        more: dict[str, str] = {}
        while True:
            try:
                page = self._ask("list_objects_v2", Prefix=self._key(prefix), MaxKeys=at_once, **more)
            except OSError as error:
                raise self._trouble() from error
            now = _moment_of(page)
            for each in page.get("Contents", ()):
                age = (now - each["LastModified"]).total_seconds()
                yield each["Key"].removeprefix(self._key("")), age
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def _uploads(self, prefix: str, after_seconds: float) -> Iterator[tuple[str, dict[str, str]]]:
        """Give the requests that give up what was being sent so long ago."""
        page = self._ask("list_multipart_uploads", Prefix=self._key(prefix))
        now = _moment_of(page)
        for each in page.get("Uploads", ()):
            if (now - each["Initiated"]).total_seconds() > after_seconds:
                yield "abort_multipart_upload", {"Key": each["Key"], "UploadId": each["UploadId"]}

    def _cleared(self, requests: Iterable[tuple[str, dict[str, str]]]) -> int:
        """Make requests that clear something away; returns how many were granted."""
        done = 0
        try:
            for method, values in requests:
                self._ask(method, **values)
                done += 1
        except OSError as error:
            # Some storages do not list what is being sent, or do not let everybody remove things.
            logger.warning("存储中未完成的文件无法清理：%s", error)
        return done

    def _key(self, name: str) -> str:
        """Return the key of a name within the bucket."""
        return f"{self.prefix}/{name}" if self.prefix else name

    def _path(self, name: str) -> str:
        """Return a name as the library takes it."""
        return f"{self.bucket}/{self._key(name)}"

    def _ask(self, method: str, **values: object) -> Any:  # noqa: ANN401 - what each request answers
        """Make one request."""
        with self._answering():
            return _connection(self.endpoint).call_s3(method, Bucket=self.bucket, **values)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Turn what says that the storage does not answer into one error."""
        from aiohttp import ClientError as BrokenTransfer
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError, BrokenTransfer, ConnectionError, TimeoutError) as error:
            raise self._trouble() from error

    def _trouble(self) -> StoreError:
        """Return the error of a storage that cannot be used."""
        where = f"s3://{self.bucket}/{self.prefix}".rstrip("/")
        return StoreError(f"存储 {where} 连接不上或拒绝访问，请检查网络、凭据和桶的设置后重试。")


class _Reading(io.RawIOBase):
    """An object that is read by parts from any position."""

    def __init__(self, store: ObjectStore, name: str, size: int) -> None:
        """Begin at the first byte."""
        self._store, self._name, self._size = store, name, size
        self._position = 0

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read from any position."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(origin + offset, 0)
        return self._position

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - whatever takes bytes
        """Fetch the next bytes."""
        end = min(self._position + len(buffer), self._size)
        if self._position >= end:
            return 0
        content = self._store.part(self._name, self._position, end)
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)


def _moment_of(page: Any) -> Any:  # noqa: ANN401 - as the library gives it
    """Return when the storage answered, by its own clock."""
    return parsedate_to_datetime(page["ResponseMetadata"]["HTTPHeaders"]["date"])


@cache
def _connection(endpoint: str) -> "S3FileSystem":
    """Return the connection of this process; to read the description of the service takes its time."""
    from s3fs import S3FileSystem

    made = S3FileSystem(
        endpoint_url=endpoint or None,
        # What other machines store is seen at once.
        use_listings_cache=False,
        skip_instance_cache=True,
        config_kwargs={
            "connect_timeout": _CONNECT_SECONDS,
            "read_timeout": _ANSWER_SECONDS,
            "retries": {"mode": "standard", "total_max_attempts": _ATTEMPTS},
            # Storages of other makers do not know the checksums that AWS has added since.
            "request_checksum_calculation": "when_required",
            "response_checksum_validation": "when_required",
        },
    )
    # The library below tries again by itself.
    made.retries = 1
    return made
