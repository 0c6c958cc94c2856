"""Pictures of people."""

from typing import Annotated
from uuid import UUID

from litestar import Response
from litestar.params import FromPath, PathParameter

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import delete, get, put
from asperguide.adapters.http.openapi_parts import BINARY
from asperguide.adapters.http.preconditions import expected_version, is_current, single
from asperguide.adapters.http.routes import ANYTHING, Given, route
from asperguide.adapters.http.streaming import body_of
from asperguide.identity import Profile, RemoveAvatar, SetAvatar, ShowAvatar
from asperguide.identity.errors import PictureRefused, PictureTooLarge, PortraitNotFound
from asperguide.identity.portraits import LARGEST_PICTURE
from asperguide.media.errors import TooManyImages
from asperguide.shared.actor import Actor, Origin, UserId
from asperguide.shared.errors import EditedMeanwhile, StorageUnavailable

WEBP = "image/webp"
FOR_EVER = "public, max-age=31536000, immutable"
"""The name of a portrait is never used for another."""


@put(
    "/users/me/avatar",
    status_code=200,
    tags=["my account"],
    **route(
        "set_avatar", SetAvatar, streams=(ANYTHING,), body_limit=LARGEST_PICTURE, versioned="optional",
        raises=(PictureRefused, PictureTooLarge, TooManyImages, StorageUnavailable, EditedMeanwhile),
    ),
)  # fmt: skip
async def set_avatar(
    request: ApiRequest, actor: Given[Actor], set_avatar: Given[SetAvatar], origin: Given[Origin]
) -> Response[Profile]:
    content = body_of(request, LARGEST_PICTURE)
    profile = await set_avatar(actor, content, expected_version(request), origin)
    return single(request, profile, profile.version)


@delete(
    "/users/me/avatar",
    status_code=200,
    tags=["my account"],
    **route("remove_avatar", RemoveAvatar, versioned="optional", raises=(EditedMeanwhile,)),
)
async def remove_avatar(
    request: ApiRequest, actor: Given[Actor], remove_avatar: Given[RemoveAvatar], origin: Given[Origin]
) -> Response[Profile]:
    profile = await remove_avatar(actor, expected_version(request), origin)
    return single(request, profile, profile.version)


@get(
    "/users/{id:uuid}/avatar/{name:str}/{size:int}",
    tags=["accounts"],
    **route(
        "show_avatar", ShowAvatar, public=True, raises=(PortraitNotFound, StorageUnavailable),
        answers={200: {"description": "The picture.", "content": {WEBP: {"schema": BINARY}}}},
    ),
)  # fmt: skip
async def show_avatar(
    id: FromPath[UUID],
    name: Annotated[str, PathParameter(pattern="^[0-9a-f]{32}$", description="As the profile tells.")],
    size: Annotated[int, PathParameter(description="64 or 256.")],
    request: ApiRequest,
    show_avatar: Given[ShowAvatar],
) -> Response[bytes]:
    etag = f'"{name}-{size}"'
    headers = {
        "etag": etag,
        "cache-control": FOR_EVER,
        "cross-origin-resource-policy": "cross-origin",
        "content-disposition": "inline",
    }
    picture = await show_avatar(UserId(id), name, size)
    if b"if-none-match" in request.call.headers and is_current(request, etag):
        return Response(b"", status_code=304, headers=headers)
    return Response(picture, media_type=WEBP, headers=headers)


PORTRAITS = (set_avatar, remove_avatar, show_avatar)
