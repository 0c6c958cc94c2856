"""How this service talks to an S3 server: the blocking client in a few threads of its own, failures put into our words.

3 s to connect, 30 s for an answer, one or two tries more where a repetition does no harm.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from xml.etree.ElementTree import ParseError

import certifi
import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from asperguide.adapters.content import SOON
from asperguide.adapters.minio.sigv4 import Credentials
from asperguide.shared.errors import StorageUnavailable
from asperguide.shared.storage import (
    BucketNotEmpty,
    ObjectChanged,
    ObjectExists,
    ObjectMissing,
    UploadMissing,
    WrongContent,
)

T = TypeVar("T")
THREADS = 16
CONNECT_SECONDS = 3.0
READ_SECONDS = 30.0
QUEUE_SECONDS = 10.0
"""How long a call waits for a thread before the storage counts as out of reach."""

logger = logging.getLogger(__name__)

KINDS: dict[str, Callable[[], Exception]] = {
    "NoSuchKey": ObjectMissing,
    "NoSuchUpload": UploadMissing,
    "PreconditionFailed": ObjectChanged,
    "ConditionalRequestConflict": ObjectExists,
    "InvalidRange": lambda: ValueError("the object has no such bytes"),
    "InvalidPart": lambda: WrongContent("a part is missing or was replaced"),
    "InvalidPartOrder": lambda: WrongContent("these are not the parts of one object"),
    "EntityTooSmall": lambda: WrongContent("a part is too small"),
    "BucketNotEmpty": BucketNotEmpty,
    # MinIO keeps keys as paths, where an object cannot be a folder as well.
    "XMinioParentIsObject": lambda: ValueError("the key is a part of another object's path"),
    "XMinioObjectExistsAsDirectory": lambda: ValueError("the key is a part of another object's path"),
}
NOT_BOTH = ("not a directory", "is a directory")
"""How gateways in front of file systems say the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class S3:
    """Where an S3 server is and what may be used of it.

    Keys begin with `prefix` there. Links for others are signed for `public_endpoint` (an address with its scheme) when
    there is one. A bucket that is missing is made unless `make_bucket` says otherwise.
    """

    endpoint: str
    access_key: str
    secret_key: str
    secure: bool = True
    region: str = "us-east-1"
    bucket: str = "asperguide"
    prefix: str = ""
    public_endpoint: str = ""
    make_bucket: bool = True

    @property
    def credentials(self) -> Credentials:
        """What requests are signed with."""
        return Credentials(access_key=self.access_key, secret_key=self.secret_key, region=self.region)

    @property
    def public_origin(self) -> str:
        """Scheme and host of links."""
        return self.public_endpoint.rstrip("/") or f"{'https' if self.secure else 'http'}://{self.endpoint}"


class Connection:
    """The threads, and two clients that share nothing: one that tries again, one for what must happen once only."""

    def __init__(self, server: S3) -> None:
        """Connects when first used."""
        self.server = server
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="minio")
        self._slots = asyncio.Semaphore(THREADS)
        self.client = _client(server, _retries())
        self.once = _client(server, urllib3.Retry(connect=2, total=2, read=0, redirect=0, status=0, other=0))

    async def run(
        self, do: Callable[[], T], undo: Callable[[T], object] | None = None, among: "set[Future[Any]] | None" = None
    ) -> T:
        """What it returns, in one of the threads. Raises what the failure means, StorageUnavailable for the most part.

        When cancelled, whoever called is free at once; the thread goes on until it is through, and then takes back
        what it did if it was told how. Until then it is `among` those that run.
        """
        try:
            async with asyncio.timeout(QUEUE_SECONDS):
                await self._slots.acquire()
        except TimeoutError as error:
            raise StorageUnavailable(retry_after=SOON) from error
        loop = asyncio.get_running_loop()

        def free(_: object) -> None:
            with suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(self._slots.release)

        try:
            future = self._executor.submit(do)
        except RuntimeError as error:
            self._slots.release()
            raise StorageUnavailable from error
        future.add_done_callback(free)
        if among is not None:
            among.add(future)
            future.add_done_callback(among.discard)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if undo is not None:
                self._take_back(future, undo)
            raise
        except Exception as error:
            if (meant := meaning(error)) is error:
                raise
            raise meant from error

    @property
    def is_idle(self) -> bool:
        """Whether no thread works for anybody who may have gone meanwhile."""
        return self._slots._value == THREADS

    def later(self, do: Callable[[], object]) -> None:
        """Let a thread do it when one is free; what becomes of it does not matter."""
        with suppress(RuntimeError):
            self._executor.submit(do)

    async def aclose(self) -> None:
        """Wait for what still runs, then give the connections back."""
        await asyncio.to_thread(self._executor.shutdown)
        for client in (self.client, self.once):
            client._http.clear()

    def _take_back(self, future: "Future[T]", undo: Callable[[T], object]) -> None:
        def done(ended: "Future[T]") -> None:
            if not ended.cancelled() and ended.exception() is None:
                self.later(lambda: undo(ended.result()))

        future.add_done_callback(done)


def meaning(error: Exception) -> Exception:
    """What a failure of the client means; itself when it is no failure of the storage."""
    if isinstance(error, S3Error):
        if error.code in KINDS:
            return KINDS[error.code]()
        if any(words in (error.message or "") for words in NOT_BOTH):
            return ValueError("the key is a part of another object's path")
        logger.warning("object storage refused: %s", error.code)
        return StorageUnavailable(retry_after=SOON)
    if isinstance(error, MinioException | urllib3.exceptions.HTTPError | OSError | ParseError):
        logger.warning("object storage failed: %s", type(error).__name__)
        return StorageUnavailable(retry_after=SOON)
    return error


def _client(server: S3, retries: urllib3.Retry) -> Minio:
    pool = urllib3.PoolManager(
        maxsize=THREADS,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        retries=retries,
        cert_reqs="CERT_REQUIRED",
        ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
    )
    return Minio(
        server.endpoint,
        server.access_key,
        server.secret_key,
        secure=server.secure,
        region=server.region,
        http_client=pool,
    )


def _retries() -> urllib3.Retry:
    """A connection that the server closed while it lay idle is tried again, and so is a server that is just busy."""
    return urllib3.Retry(
        total=2,
        connect=2,
        read=1,
        redirect=0,
        status=2,
        other=0,
        backoff_factor=0.2,
        status_forcelist=(500, 502, 503, 504),
        allowed_methods=("GET", "HEAD", "PUT", "DELETE"),
        raise_on_status=False,
        respect_retry_after_header=False,
    )
