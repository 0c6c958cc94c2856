"""One bucket of an S3 server: keys with their prefix, the calls that everything else is made of."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from minio.datatypes import Object
from minio.error import S3Error

from asperguide.adapters.content import SOON
from asperguide.adapters.minio.connection import Connection
from asperguide.shared.errors import StorageUnavailable
from asperguide.shared.ports import Clock
from asperguide.shared.storage import BINARY, ObjectMissing, StoredObject, check_key

T = TypeVar("T")
META = "x-amz-meta-"
NOTHING_THERE = {"NoSuchKey", "XMinioParentIsObject"}
"""MinIO, of a key inside another object's path, says why nothing can be there."""


class Bucket:
    """What the adapters of one bucket share. The bucket is looked for, or made, before it is first used."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.connection, self.clock = connection, clock
        self.name, self._prefix = connection.server.bucket, connection.server.prefix
        self._is_there = False

    def path(self, key: str) -> str:
        """The key at the server. ValueError when it is none."""
        return self._prefix + check_key(key)

    def within(self, prefix: str) -> str:
        """A prefix of keys at the server."""
        return self._prefix + prefix

    def key(self, path: str) -> str:
        """Our key of one at the server."""
        return path.removeprefix(self._prefix)

    async def run(
        self, do: Callable[[], T], undo: Callable[[T], object] | None = None, among: "set[Future[Any]] | None" = None
    ) -> T:
        """As the connection does, with the bucket being there."""
        if not self._is_there:
            await self.connection.run(self._look)
            self._is_there = True
        try:
            return await self.connection.run(do, undo, among)
        except StorageUnavailable as error:
            if isinstance(error.__cause__, S3Error) and error.__cause__.code == "NoSuchBucket":
                self._is_there = False
            raise

    def stat(self, path: str) -> StoredObject:
        """Blocks. Raises ObjectMissing among what the client raises."""
        try:
            found = self.connection.client.stat_object(self.name, path)
        except S3Error as error:
            if error.code in NOTHING_THERE:
                raise ObjectMissing from None
            raise
        return self.told(path, found.metadata or {}, found.size or 0)

    def told(self, path: str, fields: Mapping[str, str], size: int) -> StoredObject:
        """What the header fields of an answer tell of an object."""
        about = {
            name.lower().removeprefix(META): value for name, value in fields.items() if name.lower().startswith(META)
        }
        return StoredObject(
            key=self.key(path),
            size=size,
            etag=fields.get("etag", "").strip('"'),
            media_type=fields.get("content-type", BINARY),
            modified_at=self._instant(fields.get("last-modified", "")),
            metadata=about,
        )

    def listed(self, found: Object) -> StoredObject:
        """What a listing tells of an object."""
        return StoredObject(
            key=self.key(found.object_name or ""),
            size=found.size or 0,
            etag=(found.etag or "").strip('"'),
            media_type="",
            modified_at=found.last_modified or self.clock.now(),
        )

    def made(
        self, path: str, size: int, media_type: str, metadata: Mapping[str, str], answer: Mapping[str, str]
    ) -> StoredObject:
        """What there is now that the server has answered a put so. Raises StorageUnavailable for no good answer."""
        if not answer.get("etag"):
            raise StorageUnavailable
        return StoredObject(
            key=self.key(path),
            size=size,
            etag=answer["etag"].strip('"'),
            media_type=media_type,
            modified_at=self._instant(answer.get("date", "")),
            metadata=metadata,
        )

    def _instant(self, text: str) -> datetime:
        """The instant of an HTTP date; now when it is none."""
        try:
            return parsedate_to_datetime(text)
        except ValueError:
            return self.clock.now()

    def _look(self) -> None:
        """Blocks. An account that may not look at buckets is trusted to have been given one that is there."""
        try:
            is_there = self.connection.client.bucket_exists(self.name)
        except S3Error as error:
            if error.code != "AccessDenied":
                raise
            return
        if not is_there:
            self._make()

    def _make(self) -> None:
        server = self.connection.server
        if not server.make_bucket:
            raise StorageUnavailable(f"The bucket {self.name} is missing.", retry_after=SOON)
        try:
            self.connection.client.make_bucket(self.name, location=server.region)
        except S3Error as error:
            if error.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                raise


def about_headers(media_type: str, metadata: Mapping[str, str]) -> dict[str, str]:
    """What is said of an object when it is put."""
    return {"Content-Type": media_type, **{META + name: value for name, value in metadata.items()}}
