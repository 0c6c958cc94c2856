"""Resumable uploads by tus 1.0.0 (tus.io/protocols/resumable-upload), for any client that speaks it.

Extensions: creation, creation-with-upload, termination, checksum, expiration. Whatever process takes a request, the
offset is what the database says. A file that has arrived is checked in its own time: ask for it by its id, which is the
upload's.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Response
from litestar.params import FromPath

from asperguide.adapters.http.answers import Plain
from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import delete, get, options, patch, post
from asperguide.adapters.http.media.parts import NEW, UPLOADS
from asperguide.adapters.http.media.tus_fields import (
    METADATA,
    OFFSET_TYPE,
    checksum_of,
    demand_version,
    expires,
    file_of,
    metadata_of,
    metadata_text,
    offset_of,
    size_of,
)
from asperguide.adapters.http.media.uploads import where
from asperguide.adapters.http.openapi_parts import CREATED, header, parameter
from asperguide.adapters.http.problems import ChunkMismatch, Gone, TusVersionNeeded, UnsupportedMediaType
from asperguide.adapters.http.routes import Given, route
from asperguide.adapters.http.streaming import body_of
from asperguide.media import (
    AbortUpload,
    AppendToUpload,
    DeleteFile,
    FileId,
    FileState,
    FileView,
    GetFile,
    GetUpload,
    MediaPolicy,
    StartUpload,
    UploadView,
)
from asperguide.media.appending import ALGORITHMS
from asperguide.media.errors import (
    ChecksumMismatch,
    ContentRefused,
    FileNotFound,
    FileNotReady,
    FileTooLarge,
    OffsetMismatch,
    UploadBusy,
    UploadNotFound,
    WrongTransport,
)
from asperguide.shared.actor import Actor
from asperguide.shared.errors import EditedMeanwhile, StorageUnavailable

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,checksum,expiration"
ALWAYS = ((b"tus-resumable", VERSION.encode()),)

RESUMABLE = parameter("header", "Tus-Resumable", "The version of the protocol.", required=True, type="string",
                      enum=[VERSION])  # fmt: skip
OFFSET = parameter("header", "Upload-Offset", "Where the bytes belong.", required=True, type="integer", minimum=0)
LENGTH = parameter("header", "Upload-Length", "Bytes of the whole file.", required=True, type="integer", minimum=0)
CHECKSUM = parameter("header", "Upload-Checksum", f"One of {', '.join(ALGORITHMS)}, a space, the checksum of the body "
                     "in Base64.")  # fmt: skip
PROGRESS = {
    "Tus-Resumable": header("The version of the protocol."),
    "Upload-Offset": header("How many bytes have arrived.", type="integer"),
    "Upload-Expires": header("Until when the upload can be resumed."),
}
RULES: Mapping[str, Any] = {"always": ALWAYS, "overridable": True}


@options(
    "/uploads/tus",
    status_code=204,
    tags=UPLOADS,
    **route(
        "tus_options", summary="What tus can do here", public=True,
        description="Version, extensions, checksums and the largest upload of tus 1.0.0.",
    ),
)  # fmt: skip
async def tell_options(media_policy: Given[MediaPolicy]) -> Response[None]:
    told = {
        "tus-resumable": VERSION,
        "tus-version": VERSION,
        "tus-extension": EXTENSIONS,
        "tus-max-size": str(media_policy.largest_file),
        "tus-checksum-algorithm": ",".join(ALGORITHMS),
    }
    return Plain(None, status_code=204, headers=told)


@post(
    "/uploads/tus",
    status_code=201,
    tags=UPLOADS,
    **route(
        "tus_create", summary="Begin a resumable upload", **RULES, streams=(OFFSET_TYPE,), stream_required=False,
        raises=(*NEW, TusVersionNeeded, UploadBusy, ContentRefused), parameters=(RESUMABLE, LENGTH, METADATA),
        answers={201: {"description": "Begun.", "headers": {**CREATED[201]["headers"], **PROGRESS}}},
        description="Creation, and creation with upload, of tus. The answer says where the bytes go.\n\n"
        "`Upload-Metadata` may name `filename`, `filetype`, `visibility`, `purpose` and `tags` (divided by commas); "
        "whatever else is in it becomes metadata of the file.",
    ),
)  # fmt: skip
async def create(
    request: ApiRequest,
    actor: Given[Actor],
    start_upload: Given[StartUpload],
    append_to_upload: Given[AppendToUpload],
    media_policy: Given[MediaPolicy],
) -> Response[None]:
    demand_version(request)
    size, metadata = size_of(request), metadata_of(request)
    started = await start_upload(actor, file_of(size, metadata))
    upload = started.upload
    if request.call.intake is not None and request.call.intake.unread:
        upload = await append_to_upload(actor, upload.id, 0, body_of(request, media_policy.largest_file))
    headers = {"location": where(started.upload), **_progress(upload)}
    return Plain(None, status_code=201, headers=headers)


@get(
    "/uploads/tus/{id:uuid}",
    status_code=200,
    tags=UPLOADS,
    **route(
        "tus_offset", summary="How far a resumable upload is", **RULES, parameters=(RESUMABLE,),
        raises=(UploadNotFound, WrongTransport, TusVersionNeeded, Gone),
        answers={200: {"description": "How far it is.", "headers": {
            **PROGRESS, "Upload-Length": header("Bytes of the whole file.", type="integer"),
            "Upload-Metadata": header("What was said of the file."),
        }}},
        description="HEAD of tus: `Upload-Offset` is where to go on. An upload that is over is told as complete.",
    ),
)  # fmt: skip
async def offset(
    id: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    get_upload: Given[GetUpload],
    get_file: Given[GetFile],
) -> Response[None]:
    demand_version(request)
    upload = await get_upload(actor, FileId(id))
    file = await _file(get_file, actor, upload)
    headers = {**_progress(upload), "upload-length": str(upload.size), "cache-control": "no-store"}
    if file.metadata:
        headers["upload-metadata"] = metadata_text(file.metadata)
    return Plain(None, headers=headers)


@patch(
    "/uploads/tus/{id:uuid}",
    status_code=204,
    tags=UPLOADS,
    **route(
        "tus_append", AppendToUpload, **RULES, streams=(OFFSET_TYPE,), stream_required=False,
        parameters=(RESUMABLE, OFFSET, CHECKSUM), answers={204: {"description": "Kept.", "headers": PROGRESS}},
        raises=(
            UploadNotFound, WrongTransport, OffsetMismatch, UploadBusy, FileTooLarge, ChunkMismatch, ContentRefused,
            StorageUnavailable, TusVersionNeeded,
        ),
    ),
)  # fmt: skip
async def append(
    id: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    append_to_upload: Given[AppendToUpload],
    media_policy: Given[MediaPolicy],
) -> Response[None]:
    demand_version(request)
    if request.call.header(b"content-type").partition(";")[0].strip().lower() != OFFSET_TYPE:
        raise UnsupportedMediaType(f"Send {OFFSET_TYPE}.")
    at, checksum = offset_of(request), checksum_of(request)
    chunks = body_of(request, media_policy.largest_file)
    try:
        upload = await append_to_upload(actor, FileId(id), at, chunks, checksum)
    except ChecksumMismatch:  # which tus knows by a status of its own
        raise ChunkMismatch from None
    return Plain(None, status_code=204, headers=_progress(upload))


@delete(
    "/uploads/tus/{id:uuid}",
    status_code=204,
    tags=UPLOADS,
    **route(
        "tus_terminate", summary="Give a resumable upload up", **RULES, parameters=(RESUMABLE,),
        raises=(UploadNotFound, EditedMeanwhile, TusVersionNeeded, FileNotFound, FileNotReady),
        answers={204: {"description": "Gone.", "headers": {"Tus-Resumable": PROGRESS["Tus-Resumable"]}}},
        description="Termination of tus: what was sent is thrown away. A file that has arrived already is deleted.",
    ),
)  # fmt: skip
async def terminate(
    id: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    get_upload: Given[GetUpload],
    abort_upload: Given[AbortUpload],
    delete_file: Given[DeleteFile],
) -> None:
    demand_version(request)
    upload = await get_upload(actor, FileId(id))
    if upload.complete:
        await delete_file(actor, FileId(id))
    else:
        await abort_upload(actor, FileId(id))


async def _file(get_file: GetFile, actor: Actor, upload: UploadView) -> FileView:
    """The file of the upload. Raises Gone when nothing can come of it any more."""
    file = await get_file(actor, upload.id)
    if file.state in (FileState.REFUSED, FileState.DELETED):
        raise Gone
    return file


def _progress(upload: UploadView) -> Mapping[str, str]:
    """How far it is, and until when it goes on."""
    told = {"upload-offset": str(upload.offset)}
    return told if upload.expires_at is None else {**told, "upload-expires": expires(upload.expires_at)}


ROUTES = (tell_options, create, offset, append, terminate)
