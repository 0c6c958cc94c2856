"""Objects in a bucket of an S3 server."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial

from minio.commonconfig import CopySource
from minio.datatypes import parse_list_objects
from minio.deleteobjects import DeleteObject

from asperguide.adapters.content import Intake, check_about, check_page, pieces, span
from asperguide.adapters.counting import StorageCalls, told, told_opening
from asperguide.adapters.measuring import Family, Measured
from asperguide.adapters.minio.bucket import NOTHING_THERE, Bucket, about_headers
from asperguide.adapters.minio.claiming import ONLY_NEW, Claims
from asperguide.adapters.minio.connection import Connection
from asperguide.adapters.minio.links import MinioLinks
from asperguide.adapters.minio.reading import Reading
from asperguide.adapters.minio.sending import Sending, taken
from asperguide.adapters.minio.uploads import MinioUploads
from asperguide.shared.errors import StorageUnavailable
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.storage import (
    BINARY,
    MOST_PARTS,
    SMALLEST_PART,
    Listed,
    ObjectChanged,
    ObjectExists,
    ObjectMissing,
    Opened,
    Storage,
    StoredObject,
)

MOST_DELETED = 1000


class MinioStorage(MinioLinks, MinioUploads, Storage, Measured):
    """One bucket, made when it is first used. What is longer than a part travels in parts, a few at a time."""

    def __init__(self, connection: Connection, clock: Clock, ids: Ids, calls: StorageCalls | None = None) -> None:
        self.calls = calls or StorageCalls()
        self._bucket = Bucket(connection, clock)
        self._claims = Claims(self._bucket, ids)

    @property
    def bucket(self) -> Bucket:
        """The bucket itself, for probes."""
        return self._bucket

    @told
    async def put(
        self,
        key: str,
        content: AsyncIterable[bytes] | bytes,
        *,
        size: int | None = None,
        media_type: str = BINARY,
        metadata: Mapping[str, str] | None = None,
        sha256: bytes | None = None,
        if_absent: bool = False,
    ) -> StoredObject:
        """In one request, or in parts when there is more. Without a size at most 48 GiB."""
        path, about = self._bucket.path(key), check_about(media_type, metadata)
        intake = Intake(size, sha256, always=False)
        send = partial(self._send, content=content, intake=intake, media_type=media_type, about=about)
        if not if_absent:
            return await send(path, conditions={})
        if await self._claims.server_knows_conditions():
            try:
                return await send(path, conditions=ONLY_NEW)
            except ObjectChanged:
                raise ObjectExists from None
        return await self._claims.put_new(path, lambda draft: send(draft, conditions={}))

    @told_opening
    @asynccontextmanager
    async def open(
        self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None
    ) -> AsyncIterator[Opened]:
        """One request. Left early, its connection is closed."""
        path = self._bucket.path(key)
        span(start, length, start + 1)
        reading = await self._opened(path, start, length, if_match)
        try:
            async with aclosing(self._chunks(reading)) as chunks:
                yield Opened(object=reading.object, chunks=chunks)
        finally:
            reading.close()

    @told
    async def stat(self, key: str) -> StoredObject | None:
        """One request."""
        path = self._bucket.path(key)
        try:
            return await self._bucket.run(lambda: self._bucket.stat(path))
        except ObjectMissing:
            return None

    @told
    async def list(
        self, prefix: str = "", *, delimiter: str = "", cursor: str | None = None, limit: int = 1000
    ) -> Listed:
        """One request; the cursor is the server's own."""
        check_page(prefix, delimiter, limit)
        query = {
            "list-type": "2",
            "delimiter": delimiter,
            "encoding-type": "url",
            "max-keys": str(limit),
            "prefix": self._bucket.within(prefix),
            **({"continuation-token": cursor} if cursor else {}),
        }
        return await self._bucket.run(lambda: self._list(query))

    @told
    async def copy(self, source: str, target: str, *, if_match: str | None = None) -> StoredObject:
        """By the server."""
        origin = CopySource(self._bucket.name, self._bucket.path(source), match_etag=if_match)
        path, client = self._bucket.path(target), self._bucket.connection.client
        await self._bucket.run(lambda: client.copy_object(self._bucket.name, path, origin))
        return await self._bucket.run(lambda: self._bucket.stat(path))

    @told
    async def delete(self, *keys: str) -> None:
        """A request for each thousand."""
        paths = [self._bucket.path(key) for key in keys]
        for start in range(0, len(paths), MOST_DELETED):
            await self._bucket.run(partial(self._delete, paths[start : start + MOST_DELETED]))

    def measure(self) -> Iterator[Family]:
        """What its calls took."""
        yield from self.calls.measure()

    async def aclose(self) -> None:
        """End the threads and give the connections back."""
        await self._bucket.connection.aclose()

    async def _send(
        self,
        path: str,
        *,
        content: AsyncIterable[bytes] | bytes,
        intake: Intake,
        media_type: str,
        about: Mapping[str, str],
        conditions: Mapping[str, str],
    ) -> StoredObject:
        """What fits into one part is sent as it is, the rest part by part."""
        headers = about_headers(media_type, about)
        async with aclosing(pieces(content, part_size(intake.wanted_size))) as parts:
            first = await anext(parts, b"")
            second = await anext(parts, None)
            if second is None:
                await taken(self._bucket, intake, first)
                intake.finish()
                answer = await self._bucket.run(lambda: self._put(path, first, {**headers, **conditions}))
            else:
                sending = Sending(self._bucket, path, headers, conditions)
                answer = await sending.send(intake, _chain(first, second, parts))
        return self._bucket.made(path, intake.size, media_type, about, answer)

    def _put(self, path: str, content: bytes, headers: Mapping[str, str]) -> Mapping[str, str]:
        connection = self._bucket.connection
        client = connection.once if "If-None-Match" in headers else connection.client
        answer = client._put_object(self._bucket.name, path, content, {**headers})
        return {"date": answer.http_headers.get("date", ""), "etag": answer.etag or ""}

    async def _opened(self, path: str, start: int, length: int | None, if_match: str | None) -> Reading:
        try:
            return await self._bucket.run(lambda: self._get(path, start, length, if_match), Reading.close)
        except ValueError:  # an empty object has no range that begins with its first byte
            if start:
                raise
        return await self._bucket.run(lambda: self._get(path, 0, None, if_match), Reading.close)

    def _get(self, path: str, start: int, length: int | None, if_match: str | None) -> Reading:
        response = self._bucket.connection.client.get_object(
            self._bucket.name,
            path,
            offset=start,
            length=length or 0,
            request_headers={"If-Match": f'"{if_match}"'} if if_match else None,
        )
        return Reading(response, lambda size: self._bucket.told(path, response.headers, size))

    async def _chunks(self, reading: Reading) -> AsyncGenerator[bytes, None]:
        while reading.left:
            yield await self._bucket.run(reading.read)

    def _list(self, query: Mapping[str, str]) -> Listed:
        answer = self._bucket.connection.client._execute("GET", self._bucket.name, query_params={**query})
        found, is_truncated, following, _ = parse_list_objects(answer)
        objects = [self._bucket.listed(one) for one in found if one.etag is not None and not one.is_dir]
        folders = [self._bucket.key(one.object_name or "") for one in found if one.etag is None]
        return Listed(objects=tuple(objects), prefixes=tuple(folders), next_cursor=following if is_truncated else None)

    def _delete(self, paths: Sequence[str]) -> None:
        wanted = [DeleteObject(path) for path in paths]
        for error in self._bucket.connection.client.remove_objects(self._bucket.name, wanted):
            if error.code not in NOTHING_THERE:
                raise StorageUnavailable


def part_size(size: int | None) -> int:
    """Bytes of each part but the last, so that there are not too many."""
    return max(SMALLEST_PART, -(-(size or 0) // MOST_PARTS))


async def _chain(first: bytes, second: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    yield second
    async for piece in rest:
        yield piece
