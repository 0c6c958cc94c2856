"""Files: sending small ones, finding, changing and deleting them, and how much room there is."""

import hashlib
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import FromPath, JSONBody, QueryParameter

from asperguide.adapters.http.bodies import ApiRequest, typed
from asperguide.adapters.http.handlers import delete, get, patch, post, put
from asperguide.adapters.http.media.forms import OVERHEAD, REPEATABLE, FileForm
from asperguide.adapters.http.media.parts import FILE, FILES, NEW
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.openapi_parts import BASE, BINARY, CREATED
from asperguide.adapters.http.paging import Items, Listing, listed
from asperguide.adapters.http.preconditions import expected_version, single, version_of
from asperguide.adapters.http.problems import MalformedBody
from asperguide.adapters.http.routes import ANYTHING, Given, route
from asperguide.adapters.http.streaming import announced_length, body_of
from asperguide.media import (
    DeleteFile,
    FileChange,
    FileId,
    FileView,
    GetFile,
    GetQuota,
    ListFiles,
    QuotaView,
    RestoreFile,
    SmallUpload,
    UpdateFile,
    UploadSmall,
    Visibility,
)
from asperguide.media.errors import (
    ChecksumMismatch,
    ContentRefused,
    FileNotFound,
    FileNotReady,
    InvalidFile,
)
from asperguide.media.model import bare_type
from asperguide.media.transport import SMALL
from asperguide.shared.actor import Actor
from asperguide.shared.errors import (
    EditedMeanwhile,
    FieldError,
    IdempotencyKeyReused,
    InvalidFields,
    NotWhileImpersonating,
)
from asperguide.shared.pages import PageRequest

BYTES = "application/octet-stream"
FORM = "multipart/form-data"
ONE_REQUEST = (*NEW, ContentRefused, ChecksumMismatch, EditedMeanwhile)
FORM_SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 255, "description": "Instead of the file's own name."},
        "visibility": {"type": "string", "enum": [str(one) for one in Visibility], "default": "private"},
        "purpose": {"type": "string", "maxLength": 50, "pattern": r"^[a-z0-9_\-]*$"},
        "tags": {
            "type": "string",
            "description": "Divided by commas, or the field several times.",
            "example": "garden",
        },
        "file": {**BINARY, "description": "The file, behind all other fields."},
    },
    "required": ["file"],
    "additionalProperties": False,
}
USED = {
    "used_bytes": 48_213, "used_files": 1, "reserved_bytes": 1_048_576, "reserved_files": 1,
    "limit_bytes": 10_737_418_240, "limit_files": 100_000,
}  # fmt: skip


def _created(file: FileView) -> Response[FileView]:
    return Response(file, status_code=201, headers={"location": f"{BASE}/files/{file.id}"})


def _declared(content_type: str) -> str:
    """The type without its parameters; none means that we shall look ourselves."""
    return bare_type(content_type) or BYTES


@put(
    "/files",
    status_code=201,
    tags=FILES,
    **route(
        "put_file", UploadSmall, streams=(ANYTHING,), body_limit=SMALL, raises=ONE_REQUEST, answer_example=FILE,
        answers=CREATED, summary="Send a small file as it is",
    ),
)  # fmt: skip
async def put_file(
    request: ApiRequest,
    actor: Given[Actor],
    upload_small: Given[UploadSmall],
    name: Annotated[str, QueryParameter(min_length=1, max_length=255, description="What people call it.")],
    visibility: Annotated[Visibility, QueryParameter(description="Who may see it.")] = Visibility.PRIVATE,
    purpose: Annotated[
        str, QueryParameter(max_length=50, pattern=r"^[a-z0-9_\-]*$", description="What it is for, as clients see fit.")
    ] = "",
) -> Response[FileView]:
    about = {
        "name": name, "media_type": _declared(request.call.header(b"content-type")),
        "size": announced_length(request) or None, "visibility": visibility, "purpose": purpose,
    }  # fmt: skip
    return _created(await upload_small(actor, _small(about, "?"), body_of(request, SMALL)))


@post(
    "/files",
    tags=FILES,
    **route(
        "post_file", UploadSmall, streams=(FORM,), stream_schema=FORM_SCHEMA, body_limit=SMALL + OVERHEAD,
        idempotent=True, raises=(*ONE_REQUEST, MalformedBody, InvalidFields), answer_example=FILE, answers=CREATED,
        summary="Send a small file by a form",
    ),
)  # fmt: skip
async def post_file(
    request: ApiRequest, actor: Given[Actor], upload_small: Given[UploadSmall], once: Given[Once]
) -> Response[FileView]:
    form = FileForm(request.call.headers.get(b"content-type", b""), body_of(request, SMALL + OVERHEAD))
    new = _small(_about(await form.fields(), form), "#/")

    async def work() -> FileView:
        return await upload_small(actor, new, form.file())

    async def compare(kept: FileView) -> None:
        digest = hashlib.sha256()
        async for piece in form.file():
            digest.update(piece)
        if kept.sha256 not in (None, digest.hexdigest()):
            raise IdempotencyKeyReused

    return _created(await once(FileView, work, told=msgspec.json.encode(new), compare=compare))


def _about(fields: dict[str, list[str]], form: FileForm) -> dict[str, Any]:
    """What the form says of its file."""
    texts = {name: values[0] for name, values in fields.items() if name != REPEATABLE}
    parts = (part.strip() for text in fields.get(REPEATABLE, ()) for part in text.split(","))
    about = {"name": form.head.file_name or "", "media_type": _declared(form.head.media_type), **texts}
    return {**about, "tags": [part for part in parts if part]}


def _small(about: dict[str, Any], place: str) -> SmallUpload:
    """Raises InvalidFields, which point to where the caller said it."""
    try:
        new: SmallUpload = typed(about, SmallUpload)
    except InvalidFields as error:
        wrong = (FieldError(pointer=place + one.pointer[2:], code=one.code, detail=one.detail) for one in error.fields)
        raise InvalidFields(fields=tuple(wrong)) from None
    return new


@get(
    "/files",
    tags=FILES,
    **route(
        "list_files", ListFiles, answer_example={"items": [FILE], "next_cursor": None},
        listing=Listing(
            sort=("created_at", "name", "size"), filters=("type", "tag", "name", "state", "visibility"),
        ),
    ),
)  # fmt: skip
async def list_files(
    request: ApiRequest, actor: Given[Actor], page: Given[PageRequest], list_files: Given[ListFiles]
) -> Response[Items[FileView]]:
    return listed(request, await list_files(actor, page), lambda file: file)


@get(
    "/files/{id:uuid}",
    tags=FILES,
    **route("get_file", GetFile, optional=True, versioned="read", raises=(FileNotFound,), answer_example=FILE),
)
async def get_file(id: FromPath[UUID], request: ApiRequest, get_file: Given[GetFile]) -> Response[FileView]:
    file = await get_file(request.call.actor, FileId(id))
    return single(request, file, version_of(file) if request.call.actor is None else file.version)


@patch(
    "/files/{id:uuid}",
    tags=FILES,
    **route(
        "update_file", UpdateFile, versioned="optional",
        raises=(FileNotFound, FileNotReady, InvalidFile, EditedMeanwhile, NotWhileImpersonating),
        example={"name": "Garden.png", "visibility": "public", "tags": ["garden", "spring"]}, answer_example=FILE,
    ),
)  # fmt: skip
async def update_file(
    id: FromPath[UUID],
    data: JSONBody[FileChange],
    request: ApiRequest,
    actor: Given[Actor],
    update_file: Given[UpdateFile],
) -> Response[FileView]:
    file = await update_file(actor, FileId(id), data, expected_version(request))
    return single(request, file, file.version)


@delete(
    "/files/{id:uuid}",
    status_code=204,
    tags=FILES,
    **route(
        "delete_file", DeleteFile, versioned="optional", raises=(FileNotFound, FileNotReady, EditedMeanwhile),
    ),
)  # fmt: skip
async def delete_file(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], delete_file: Given[DeleteFile]
) -> None:
    await delete_file(actor, FileId(id), expected_version(request))


@post(
    "/files/{id:uuid}/restore",
    status_code=200,
    tags=FILES,
    **route("restore_file", RestoreFile, raises=(FileNotFound, FileNotReady, EditedMeanwhile), answer_example=FILE),
)
async def restore_file(id: FromPath[UUID], actor: Given[Actor], restore_file: Given[RestoreFile]) -> FileView:
    return await restore_file(actor, FileId(id))


@get("/users/me/quota", tags=FILES, **route("get_quota", GetQuota, answer_example=USED))
async def get_quota(actor: Given[Actor], get_quota: Given[GetQuota]) -> QuotaView:
    return await get_quota(actor)


ROUTES = (put_file, post_file, list_files, get_file, update_file, delete_file, restore_file, get_quota)
