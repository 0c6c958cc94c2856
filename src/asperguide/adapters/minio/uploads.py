"""Uploads in parts at the S3 server."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from xml.etree.ElementTree import fromstring

from minio.datatypes import Part as TheirPart
from minio.datatypes import Upload

from asperguide.adapters.content import check_about, check_number, check_parts
from asperguide.adapters.counting import StorageCalls, told
from asperguide.adapters.minio.bucket import Bucket, about_headers
from asperguide.shared.errors import StorageUnavailable
from asperguide.shared.storage import (
    BINARY,
    OpenUpload,
    Part,
    PartedUploads,
    StoredObject,
    UploadMissing,
)

MOST_TOLD = 1000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MinioUploads(PartedUploads):
    """Every part is one request. What is missing or too small is found here: not every server looks."""

    calls: StorageCalls
    _bucket: Bucket

    @told
    async def start(self, key: str, *, media_type: str = BINARY, metadata: Mapping[str, str] | None = None) -> str:
        """The server's own id. One that nobody will know of, as whoever asked has gone, is aborted."""
        path, client = self._bucket.path(key), self._bucket.connection.once
        headers = about_headers(media_type, check_about(media_type, metadata))
        return await self._bucket.run(
            lambda: client._create_multipart_upload(self._bucket.name, path, {**headers}),
            lambda upload: aborted(self._bucket, path, upload),
        )

    @told
    async def put_part(self, key: str, upload: str, number: int, content: bytes) -> Part:
        """One request."""
        path = self._bucket.path(key)
        check_number(number)
        return await self._bucket.run(lambda: sent_part(self._bucket, path, upload, number, content))

    @told
    async def parts(self, key: str, upload: str) -> Sequence[Part]:
        """A request for each thousand."""
        path = self._bucket.path(key)
        return await self._bucket.run(lambda: self._parts(path, upload))

    @told
    async def complete(self, key: str, upload: str, parts: Sequence[Part]) -> StoredObject:
        """What is there is compared with what is meant first: servers that do not look make an object all the same."""
        path = self._bucket.path(key)
        chosen = check_parts(parts, {part.number: part for part in await self.parts(key, upload)})
        await self._bucket.run(lambda: completed(self._bucket, path, upload, chosen, {}))
        return await self._bucket.run(lambda: self._bucket.stat(path))

    @told
    async def abort(self, key: str, upload: str) -> None:
        """One request."""
        path, client = self._bucket.path(key), self._bucket.connection.client
        with suppress(UploadMissing):
            await self._bucket.run(lambda: client._abort_multipart_upload(self._bucket.name, path, upload))

    @told
    async def open_uploads(self, prefix: str = "") -> Sequence[OpenUpload]:
        """A MinIO of several disks tells only those whose whole key is the prefix, and forgets them all after a day."""
        found = await self._bucket.run(lambda: self._open(self._bucket.within(prefix)))
        told = [
            OpenUpload(
                key=self._bucket.key(upload.object_name),
                id=upload.upload_id or "",
                started_at=upload.initiated_time or EPOCH,
            )
            for upload in found
        ]
        return sorted(told, key=lambda upload: (upload.started_at, upload.id))

    def _parts(self, path: str, upload: str) -> list[Part]:
        found, marker = list[TheirPart](), None
        while True:
            page = self._bucket.connection.client._list_parts(
                self._bucket.name, path, upload, part_number_marker=marker
            )
            found += page.parts
            marker = page.next_part_number_marker
            if not page.is_truncated or not marker:
                break
        # SeaweedFS tells of every version of a part that was replaced; the last one is meant.
        found.sort(key=lambda part: part.last_modified or EPOCH)
        latest = {part.part_number: part for part in found}
        return [Part(number=number, etag=part.etag, size=part.size or 0) for number, part in sorted(latest.items())]

    def _open(self, prefix: str) -> list[Upload]:
        page = self._bucket.connection.client._list_multipart_uploads(self._bucket.name, prefix=prefix)
        return list(islice(page.uploads, MOST_TOLD))


def sent_part(bucket: Bucket, path: str, upload: str, number: int, content: bytes) -> Part:
    """Blocks."""
    etag = bucket.connection.client._upload_part(bucket.name, path, content, None, upload, number)
    return Part(number=number, etag=etag, size=len(content))


def completed(
    bucket: Bucket, path: str, upload: str, parts: Sequence[Part], conditions: Mapping[str, str]
) -> Mapping[str, str]:
    """The header fields of the answer, with the etag. Blocks; is tried once only, as the second time would fail."""
    rows = "".join(
        f"<Part><PartNumber>{part.number}</PartNumber><ETag>&quot;{part.etag}&quot;</ETag></Part>" for part in parts
    )
    response = bucket.connection.once._execute(
        "POST",
        bucket.name,
        path,
        body=f"<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>".encode(),
        headers={"Content-Type": "application/xml", **conditions},
        query_params={"uploadId": upload},
    )
    return {"date": response.headers.get("date", ""), "etag": _etag_of(response.data)}


def aborted(bucket: Bucket, path: str, upload: str) -> None:
    """Blocks. Nobody is told when it fails: what is left is found by `open_uploads`."""
    with suppress(Exception):
        bucket.connection.client._abort_multipart_upload(bucket.name, path, upload)


def _etag_of(answer: bytes) -> str:
    """The etag in the answer to a completion, which may be a failure under a status of success."""
    found = {element.tag.rpartition("}")[2]: element.text or "" for element in fromstring(answer)}  # noqa: S314
    if "ETag" not in found:
        raise StorageUnavailable
    return found["ETag"]
