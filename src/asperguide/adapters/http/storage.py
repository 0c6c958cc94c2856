"""The door of the stores inside the service: signed requests are answered here, as an S3 server would answer them.

The grant in the address is all that counts: no token is looked at. Bytes go through piece by piece, both ways.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from email.utils import format_datetime

from litestar import Controller, Response
from litestar.params import FromPath

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import get, post, put
from asperguide.adapters.http.media.forms import OVERHEAD, FileForm
from asperguide.adapters.http.media.sending import HARMLESS, whole_or_part
from asperguide.adapters.http.preconditions import UNCHANGED, is_current, names
from asperguide.adapters.http.problems import PayloadTooLarge, PreconditionFailed
from asperguide.adapters.http.routes import ANYTHING, Given
from asperguide.adapters.http.routes import public as open_to_all
from asperguide.adapters.http.streaming import announced_length, body_of
from asperguide.adapters.signing import DOOR, DoorStorage, Grant, NotGranted
from asperguide.shared.errors import Forbidden, Invalid, NotFound
from asperguide.shared.storage import (
    BINARY,
    ObjectChanged,
    ObjectMissing,
    StoredObject,
    UploadMissing,
    WrongContent,
)

FORM = "multipart/form-data"


class SignatureRefused(Forbidden, code=40260):
    """This address is not signed for such a request, or it has expired."""


class ObjectNotFound(NotFound, code=40460):
    """There is nothing under this key any more."""


class PartsOver(NotFound, code=40461):
    """The upload that this part belongs to is over."""


class SignedContentMismatch(Invalid, code=42260):
    """What was sent is not what the address was signed for."""


class StorageDoor(Controller):
    """Wants `object_store`: a DoorStorage."""

    path = DOOR
    include_in_schema = False

    @get("/{key:path}", opt=open_to_all(signed=True))
    async def fetch(self, key: FromPath[str], request: ApiRequest, object_store: Given[DoorStorage]) -> Response[bytes]:
        """The object, or the part of it that Range wants."""
        grant = _granted("GET", key, request, object_store)
        found = await object_store.stat(grant.key)
        if found is None:
            raise ObjectNotFound
        return _sent(request, grant, found, object_store)

    @put("/{key:path}", status_code=200, opt=open_to_all(signed=True, streams=(ANYTHING,)), request_max_body_size=None)
    async def bring(self, key: FromPath[str], request: ApiRequest, object_store: Given[DoorStorage]) -> Response[bytes]:
        """An object, or a part of one."""
        grant = _granted("PUT", key, request, object_store)
        if grant.upload is not None:
            return await _bring_part(request, grant, grant.upload, object_store)
        size, media_type = grant.size or 0, grant.media_type or BINARY
        _check_announced(request, size)
        if request.call.header(b"content-type") != media_type:
            raise SignedContentMismatch(f"Send it as {media_type}.")
        checksum = None if grant.sha256 is None else bytes.fromhex(grant.sha256)
        try:
            made = await object_store.put(
                grant.key, body_of(request, size), size=size, media_type=media_type, sha256=checksum
            )
        except WrongContent:
            raise SignedContentMismatch from None
        return _kept(200, made.etag)

    @post("/{key:path}", status_code=200, opt=open_to_all(signed=True, streams=(FORM,)), request_max_body_size=None)
    async def bring_form(
        self, key: FromPath[str], request: ApiRequest, object_store: Given[DoorStorage]
    ) -> Response[bytes]:
        """An object as the file of a form."""
        grant = _granted("POST", key, request, object_store)
        media_type = grant.media_type or BINARY
        form = FileForm(request.call.headers.get(b"content-type", b""), body_of(request, grant.largest + OVERHEAD))
        if (await form.fields()).get("Content-Type") != [media_type]:
            raise SignedContentMismatch(f"The field Content-Type has to be {media_type}.")
        made = await object_store.put(grant.key, _within(grant, form.file()), media_type=media_type)
        return _kept(204, made.etag)


async def _bring_part(request: ApiRequest, grant: Grant, upload: str, store: DoorStorage) -> Response[bytes]:
    if grant.size is not None:
        _check_announced(request, grant.size)
    try:
        body = body_of(request, grant.largest)
        part = await store.receive_part(grant.key, upload, grant.number, body, size=grant.size)
    except WrongContent:
        raise SignedContentMismatch from None
    except UploadMissing:
        raise PartsOver from None
    return _kept(200, part.etag)


def _granted(method: str, key: str, request: ApiRequest, store: DoorStorage) -> Grant:
    try:
        return store.door.recognise(method, key.lstrip("/"), request.query_params.get("grant", ""))
    except NotGranted:
        raise SignatureRefused from None


def _check_announced(request: ApiRequest, size: int) -> None:
    announced = announced_length(request)
    if announced is not None and announced != size:
        raise SignedContentMismatch(f"Send exactly {size} bytes.")


async def _within(grant: Grant, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks, as long as the file stays within its bounds."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > grant.largest:
            raise PayloadTooLarge
        yield chunk
    if size < grant.smallest:
        raise SignedContentMismatch(f"Send at least {grant.smallest} bytes.")


def _kept(status: int, etag: str) -> Response[bytes]:
    return Response(b"", status_code=status, headers={"etag": f'"{etag}"', "cache-control": "no-store"})


def _sent(request: ApiRequest, grant: Grant, found: StoredObject, store: DoorStorage) -> Response[bytes]:
    etag = f'"{found.etag}"'
    headers = {
        "etag": etag,
        "last-modified": format_datetime(found.modified_at.astimezone(UTC), usegmt=True),
        "cache-control": "private, no-cache",
        "accept-ranges": "bytes",
        "content-disposition": grant.disposition or "attachment",
        "content-security-policy": HARMLESS,
        "cross-origin-resource-policy": "cross-origin",
    }
    if not names(request, b"if-match", etag):
        raise PreconditionFailed
    if b"if-none-match" in request.call.headers and is_current(request, etag):
        return Response(b"", status_code=UNCHANGED, headers={name: headers[name] for name in ("etag", "cache-control")})

    @asynccontextmanager
    async def open(start: int, length: int) -> AsyncIterator[AsyncIterator[bytes]]:
        try:
            async with store.open(found.key, start=start, length=length, if_match=found.etag) as opened:
                yield opened.chunks
        except (ObjectMissing, ObjectChanged):
            raise ObjectNotFound from None

    media_type = grant.media_type or found.media_type
    return whole_or_part(request, open, found.size, etag, media_type=media_type, headers=headers)
