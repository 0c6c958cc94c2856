"""The rotation of a content over HTTP: the rules by which its video changes with the calendar."""

from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody

from asperguide.adapters.http.ar.playing_parts import CHANGING, ROTATION, RULED, RULES, SEEING, VERSIONED, created
from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import delete, get, post, put
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.preconditions import expected_version, single
from asperguide.adapters.http.routes import Given, route
from asperguide.ar.errors import InvalidRotation, RotationExists, RotationNotFound
from asperguide.ar.model import ContentId
from asperguide.ar.rotating import CreateRotation, GetRotation, NewRotation, RemoveRotation, ReplaceRotation
from asperguide.ar.video_views import RotationView
from asperguide.shared.actor import Actor


@get(
    "/contents/{id:uuid}/rotation",
    tags=ROTATION,
    **route("get_rotation", GetRotation, versioned="read", raises=(*SEEING, RotationNotFound), answer_example=RULED),
)
async def get_rotation(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], get_rotation: Given[GetRotation]
) -> Response[RotationView]:
    rotation = await get_rotation(actor, ContentId(id))
    return single(request, rotation, rotation.version)


@post(
    "/contents/{id:uuid}/rotation",
    tags=ROTATION,
    **route(
        "create_rotation", CreateRotation, idempotent=True, raises=(*CHANGING, RotationExists, InvalidRotation),
        example=RULES, answer_example=RULED, answers=VERSIONED,
    ),
)  # fmt: skip
async def create_rotation(
    id: FromPath[UUID],
    data: JSONBody[NewRotation],
    actor: Given[Actor],
    create_rotation: Given[CreateRotation],
    once: Given[Once],
) -> Response[RotationView]:
    rotation = await once(RotationView, lambda: create_rotation(actor, ContentId(id), data))
    return created(rotation, f"/contents/{id}/rotation")


@put(
    "/contents/{id:uuid}/rotation",
    tags=ROTATION,
    **route(
        "replace_rotation", ReplaceRotation, versioned="optional", example=RULES, answer_example=RULED,
        raises=(*CHANGING, RotationNotFound, InvalidRotation),
    ),
)  # fmt: skip
async def replace_rotation(
    id: FromPath[UUID],
    data: JSONBody[NewRotation],
    request: ApiRequest,
    actor: Given[Actor],
    replace_rotation: Given[ReplaceRotation],
) -> Response[RotationView]:
    rotation = await replace_rotation(actor, ContentId(id), data, expected_version(request))
    return single(request, rotation, rotation.version)


@delete(
    "/contents/{id:uuid}/rotation",
    status_code=204,
    tags=ROTATION,
    **route("remove_rotation", RemoveRotation, versioned="optional", raises=(*CHANGING, RotationNotFound)),
)
async def remove_rotation(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], remove_rotation: Given[RemoveRotation]
) -> None:
    await remove_rotation(actor, ContentId(id), expected_version(request))


ROUTES = (get_rotation, create_rotation, replace_rotation, remove_rotation)
