"""Uploads: announcing a file, learning where its bytes go, giving up, finishing."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import delete, get, post
from asperguide.adapters.http.media.parts import FILE, ID, NEW, NEW_UPLOAD, STARTED, UPLOAD, UPLOADS
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.openapi_parts import BASE, CREATED
from asperguide.adapters.http.paging import Items, Listing, listed
from asperguide.adapters.http.preconditions import single, version_of
from asperguide.adapters.http.routes import Given, route
from asperguide.media import (
    AbortUpload,
    FileId,
    FileView,
    FinishUpload,
    GetUpload,
    LinkParts,
    ListUploads,
    NewUpload,
    PartLink,
    StartedUpload,
    StartUpload,
    Transport,
    UploadView,
)
from asperguide.media.errors import (
    InvalidFile,
    UploadIncomplete,
    UploadNotFound,
    WrongTransport,
)
from asperguide.shared.actor import Actor
from asperguide.shared.errors import EditedMeanwhile, StorageUnavailable
from asperguide.shared.pages import PageRequest

PART_LINK = {
    "number": 1,
    "size": 8_388_608,
    "method": "PUT",
    "url": f"https://storage.example.org/asperguide/quarantine/{ID}?partNumber=1&X-Amz-Signature=5d1f",
    "headers": {},
    "expires_at": "2026-01-20T10:30:00Z",
}


class PartNumbers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which parts are to be sent next."""

    numbers: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=10_000)], ...], Meta(min_length=1, max_length=100, examples=[[1, 2]])
    ]


class PartLinks(msgspec.Struct, frozen=True, kw_only=True):
    """Where these parts go, in the order that was asked for."""

    items: tuple[PartLink, ...]


def where(upload: UploadView) -> str:
    """The address of an upload: those by tus are resumed where they are looked at."""
    return f"{BASE}/uploads/{'tus/' if upload.transport is Transport.TUS else ''}{upload.id}"


@post(
    "/uploads",
    tags=UPLOADS,
    **route(
        "start_upload", StartUpload, idempotent=True, raises=NEW, example=NEW_UPLOAD, answer_example=STARTED,
        answers=CREATED,
    ),
)  # fmt: skip
async def start_upload(
    data: JSONBody[NewUpload], actor: Given[Actor], start_upload: Given[StartUpload], once: Given[Once]
) -> Response[StartedUpload]:
    started = await once(StartedUpload, lambda: start_upload(actor, data))
    return Response(started, status_code=201, headers={"location": where(started.upload)})


@get(
    "/uploads",
    tags=UPLOADS,
    **route(
        "list_uploads", ListUploads, listing=Listing(sort=("created_at",)),
        answer_example={"items": [UPLOAD], "next_cursor": None},
    ),
)  # fmt: skip
async def list_uploads(
    request: ApiRequest, actor: Given[Actor], page: Given[PageRequest], list_uploads: Given[ListUploads]
) -> Response[Items[UploadView]]:
    return listed(request, await list_uploads(actor, page), lambda upload: upload)


@get(
    "/uploads/{id:uuid}",
    tags=UPLOADS,
    **route("get_upload", GetUpload, versioned="read", raises=(UploadNotFound,), answer_example=UPLOAD),
)
async def get_upload(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], get_upload: Given[GetUpload]
) -> Response[UploadView]:
    upload = await get_upload(actor, FileId(id))
    return single(request, upload, version_of(upload))


@delete(
    "/uploads/{id:uuid}",
    status_code=204,
    tags=UPLOADS,
    **route("abort_upload", AbortUpload, raises=(UploadNotFound, EditedMeanwhile)),
)
async def abort_upload(id: FromPath[UUID], actor: Given[Actor], abort_upload: Given[AbortUpload]) -> None:
    await abort_upload(actor, FileId(id))


@post(
    "/uploads/{id:uuid}/parts",
    status_code=200,
    tags=UPLOADS,
    **route(
        "link_parts", LinkParts, raises=(UploadNotFound, WrongTransport, InvalidFile, StorageUnavailable),
        example={"numbers": [1, 2]}, answer_example={"items": [PART_LINK]},
    ),
)  # fmt: skip
async def link_parts(
    id: FromPath[UUID], data: JSONBody[PartNumbers], actor: Given[Actor], link_parts: Given[LinkParts]
) -> PartLinks:
    return PartLinks(items=tuple(await link_parts(actor, FileId(id), data.numbers)))


@post(
    "/uploads/{id:uuid}/complete",
    status_code=200,
    tags=UPLOADS,
    **route(
        "finish_upload", FinishUpload, answer_example=FILE,
        raises=(UploadNotFound, WrongTransport, UploadIncomplete, EditedMeanwhile, StorageUnavailable),
    ),
)  # fmt: skip
async def finish_upload(id: FromPath[UUID], actor: Given[Actor], finish_upload: Given[FinishUpload]) -> FileView:
    return await finish_upload(actor, FileId(id))


ROUTES = (start_upload, list_uploads, get_upload, abort_upload, link_parts, finish_upload)
