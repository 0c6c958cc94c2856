"""Prints: making, finding, changing, publishing, copying and deleting them."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import FromPath, JSONBody

from asperguide.adapters.http.app import BODY_LIMIT
from asperguide.adapters.http.ar.content_parts import (
    CONTENT,
    CONTENTS,
    CREATING,
    LANGUAGE,
    MOVING,
    NEW,
    language_of,
    made,
    shown,
)
from asperguide.adapters.http.ar.forms import PrintForm
from asperguide.adapters.http.ar.playing_parts import CHANGING, FILE_ID, SEEING, VERSIONED
from asperguide.adapters.http.bodies import ApiRequest, strict_json, typed
from asperguide.adapters.http.handlers import delete, get, patch, post, put
from asperguide.adapters.http.long_work import accepted
from asperguide.adapters.http.media.forms import OVERHEAD
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.openapi_parts import BINARY
from asperguide.adapters.http.paging import Items, Listing, listed
from asperguide.adapters.http.preconditions import changing, expected_version
from asperguide.adapters.http.routes import Given, route
from asperguide.adapters.http.streaming import body_of
from asperguide.ar.changing import (
    ArchiveContent,
    ContentChange,
    Photo,
    PublishContent,
    RegenerateMedia,
    ReplacePhoto,
    UnpublishContent,
    UpdateContent,
)
from asperguide.ar.content_views import ContentView
from asperguide.ar.copying import DuplicateContent
from asperguide.ar.creating import CompareFiles, CreateContent, CreateContentWithFiles, NewContent
from asperguide.ar.errors import ContentNotReady, InvalidContent, NoSuchProject, StorageFull
from asperguide.ar.finding import GetContent, ListContents
from asperguide.ar.model import ContentId
from asperguide.ar.removing import DeleteContent
from asperguide.media.transport import SMALL
from asperguide.shared.actor import Actor
from asperguide.shared.errors import NotWhileImpersonating
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import ProjectId

JSON, FORM = "application/json", "multipart/form-data"
LARGEST_FORM = 8 * SMALL + OVERHEAD
FORM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 1, "maxLength": 255, "description": "Instead of the photo's name."},
        "customer": {"type": "string", "description": "A name, or an object as in the JSON body."},
        "duration": {"type": "string", "description": "A number of years, or an object as in the JSON body."},
        "ends_at": {"type": "string", "format": "date-time"},
        "metadata": {"type": "string", "description": "An object of strings."},
        "photo": {**BINARY, "description": "The marker, of up to 16 MiB, behind all fields."},
        "video": {
            "type": "array", "items": BINARY,
            "description": "Videos of up to 16 MiB each, in the order in which they play. Send larger ones as uploads.",
        },
    },
    "required": ["photo"],
    "additionalProperties": False,
}  # fmt: skip
ABOUT_CREATING = (
    "Either of finished uploads, by their ids in JSON, or of a photo and videos in a form, of up to 16 MiB each and "
    "128 MiB in all: send larger ones as uploads first, and name their ids. Addresses of files are refused.\n\n"
    "The files belong to the company from then on and count against its room. The photo is looked at by a job, videos "
    "are processed by others: the print can be published once both are done. Numbers have no gaps within a day."
)


@post(
    "/projects/{id:uuid}/contents",
    tags=CONTENTS,
    **route(
        "create_content", CreateContent, description=ABOUT_CREATING, summary="Make a print", streams=(JSON, FORM),
        json=NewContent, stream_schema=FORM_SCHEMA, body_limit=LARGEST_FORM, idempotent=True, raises=CREATING,
        example=NEW, answer_example=CONTENT, answers=VERSIONED,
    ),
)  # fmt: skip
async def create_content(
    id: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    create_content: Given[CreateContent],
    create_content_with_files: Given[CreateContentWithFiles],
    compare_files: Given[CompareFiles],
    once: Given[Once],
) -> Response[ContentView]:
    project, content_type = ProjectId(id), request.call.headers.get(b"content-type", b"")
    if content_type.startswith(JSON.encode()):
        body = strict_json(await _whole(body_of(request, BODY_LIMIT)))
        new: NewContent = typed(body, NewContent)
        told = msgspec.json.encode(body, order="deterministic")
        return made(await once(ContentView, lambda: create_content(actor, project, new), told=told))
    form = PrintForm(content_type, body_of(request, LARGEST_FORM))
    about = await form.about()

    async def compare(kept: ContentView) -> None:
        videos = [video.file for video in kept.videos]
        await compare_files(kept.company, kept.marker.photo, videos, form.files())

    view = await once(
        ContentView, lambda: create_content_with_files(actor, project, about, form.files()),
        told=msgspec.json.encode(about), compare=compare,
    )  # fmt: skip
    return made(view)


async def _whole(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


@get(
    "/projects/{id:uuid}/contents",
    tags=CONTENTS,
    **route(
        "list_contents", ListContents, raises=(NoSuchProject,), parameters=(LANGUAGE,),
        answer_example={"items": [CONTENT], "next_cursor": None}, summary="List the prints of a project",
        listing=Listing(
            sort=("created_at", "title", "number", "ends_at"),
            filters=("state", "client", "customer", "title", "number", "grade", "ends_before"),
            instants={"ends_before": "Only prints that end before this instant."},
        ),
    ),
)  # fmt: skip
async def list_contents(
    id: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    page: Given[PageRequest],
    list_contents: Given[ListContents],
) -> Response[Items[ContentView]]:
    found = await list_contents(actor, ProjectId(id), page, language_of(request))
    return listed(request, found, lambda content: content)


@get(
    "/contents/{id:uuid}",
    tags=CONTENTS,
    **route(
        "get_content", GetContent, versioned="read", raises=SEEING, parameters=(LANGUAGE,), answer_example=CONTENT,
        summary="Look at a print",
    ),
)  # fmt: skip
async def get_content(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], get_content: Given[GetContent]
) -> Response[ContentView]:
    language = language_of(request)
    return shown(request, await get_content(actor, ContentId(id), language), language)


@patch(
    "/contents/{id:uuid}",
    tags=CONTENTS,
    **route(
        "update_content", UpdateContent, versioned="optional", raises=(*CHANGING, InvalidContent),
        example={"title": "Hochzeit O'Neil", "customer": None, "metadata": {"frame": "oak", "shelf": None}},
        answer_example=CONTENT, summary="Change what is known of a print",
    ),
)  # fmt: skip
async def update_content(
    id: FromPath[UUID],
    data: JSONBody[ContentChange],
    request: ApiRequest,
    actor: Given[Actor],
    update_content: Given[UpdateContent],
) -> Response[ContentView]:
    content = await update_content(actor, ContentId(id), data, expected_version(request))
    return changing(request, content, content.version)


@put(
    "/contents/{id:uuid}/photo",
    tags=CONTENTS,
    **route(
        "replace_photo", ReplacePhoto, versioned="optional", example={"photo": FILE_ID}, answer_example=CONTENT,
        raises=(*CHANGING, InvalidContent, StorageFull, NotWhileImpersonating), summary="Replace its photo",
    ),
)  # fmt: skip
async def replace_photo(
    id: FromPath[UUID],
    data: JSONBody[Photo],
    request: ApiRequest,
    actor: Given[Actor],
    replace_photo: Given[ReplacePhoto],
) -> Response[ContentView]:
    content = await replace_photo(actor, ContentId(id), data, expected_version(request))
    return changing(request, content, content.version)


@post(
    "/contents/{id:uuid}/regenerate",
    status_code=202,
    tags=CONTENTS,
    **route(
        "regenerate_media", RegenerateMedia, long=True, raises=MOVING, answer_example=CONTENT,
        summary="Process its files again", answers={202: {"description": "It will be done by jobs."}},
    ),
)  # fmt: skip
async def regenerate_media(
    id: FromPath[UUID], actor: Given[Actor], regenerate_media: Given[RegenerateMedia]
) -> Response[ContentView]:
    wanted = await regenerate_media(actor, ContentId(id))
    return accepted(wanted.job, wanted.content)


@post(
    "/contents/{id:uuid}/duplicate",
    tags=CONTENTS,
    **route(
        "duplicate_content", DuplicateContent, idempotent=True, raises=MOVING, answer_example=CONTENT,
        answers=VERSIONED, summary="Copy a print",
    ),
)  # fmt: skip
async def duplicate_content(
    id: FromPath[UUID], actor: Given[Actor], duplicate_content: Given[DuplicateContent], once: Given[Once]
) -> Response[ContentView]:
    return made(await once(ContentView, lambda: duplicate_content(actor, ContentId(id))))


@post(
    "/contents/{id:uuid}/publish",
    status_code=200,
    tags=CONTENTS,
    **route(
        "publish_content", PublishContent, versioned="optional", raises=(*CHANGING, ContentNotReady),
        answer_example={**CONTENT, "state": "published"}, summary="Publish a print",
    ),
)  # fmt: skip
async def publish_content(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], publish_content: Given[PublishContent]
) -> Response[ContentView]:
    content = await publish_content(actor, ContentId(id), expected_version(request))
    return changing(request, content, content.version)


@post(
    "/contents/{id:uuid}/unpublish",
    status_code=200,
    tags=CONTENTS,
    **route(
        "unpublish_content", UnpublishContent, versioned="optional", raises=CHANGING,
        answer_example={**CONTENT, "state": "unpublished"}, summary="Take a print back",
    ),
)  # fmt: skip
async def unpublish_content(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], unpublish_content: Given[UnpublishContent]
) -> Response[ContentView]:
    content = await unpublish_content(actor, ContentId(id), expected_version(request))
    return changing(request, content, content.version)


@post(
    "/contents/{id:uuid}/archive",
    status_code=200,
    tags=CONTENTS,
    **route(
        "archive_content", ArchiveContent, versioned="optional", raises=CHANGING,
        answer_example={**CONTENT, "state": "archived"}, summary="Put a print away",
    ),
)  # fmt: skip
async def archive_content(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], archive_content: Given[ArchiveContent]
) -> Response[ContentView]:
    content = await archive_content(actor, ContentId(id), expected_version(request))
    return changing(request, content, content.version)


@delete(
    "/contents/{id:uuid}",
    status_code=204,
    tags=CONTENTS,
    **route("delete_content", DeleteContent, versioned="optional", raises=CHANGING, summary="Delete a print"),
)
async def delete_content(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], delete_content: Given[DeleteContent]
) -> None:
    await delete_content(actor, ContentId(id), expected_version(request))


ROUTES = (
    create_content, list_contents, get_content, update_content, replace_photo, regenerate_media, duplicate_content,
    publish_content, unpublish_content, archive_content, delete_content,
)  # fmt: skip
