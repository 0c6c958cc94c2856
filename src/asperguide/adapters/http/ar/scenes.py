"""What stands over a print beside its video."""

from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import delete, get, put
from asperguide.adapters.http.preconditions import expected_version, single
from asperguide.adapters.http.problems import PreconditionFailed
from asperguide.adapters.http.routes import Given, route
from asperguide.ar.errors import (
    ContentInWrongState,
    ContentNotFound,
    ContentRightNeeded,
    InvalidContent,
    ProjectPutAway,
    StorageFull,
)
from asperguide.ar.model import ContentId
from asperguide.ar.scene_errors import InvalidScene, SceneNotFound
from asperguide.ar.scenes import NewScene
from asperguide.ar.staging import GetScene, PutScene, RemoveScene, SceneView
from asperguide.shared.actor import Actor

TAGS = ["scenes"]
CHANGES = (ContentNotFound, ContentRightNeeded, ContentInWrongState, ProjectPutAway, PreconditionFailed)
SCENE = {
    "content": "0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10",
    "placements": [
        {
            "kind": "text", "text": "Amélie & Seán", "color": "#ffffff", "position": [0.0, 0.6, 0.05],
            "rotation": [0.0, 0.0, 0.0, 1.0], "scale": [0.5, 0.5, 0.5],
        }
    ],
    "updated_at": "2026-01-19T10:30:00Z",
    "version": 1,
}  # fmt: skip


@get(
    "/contents/{id:uuid}/scene",
    tags=TAGS,
    **route("get_scene", GetScene, versioned="read", raises=(ContentNotFound, SceneNotFound), answer_example=SCENE),
)
async def get_scene(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], get_scene: Given[GetScene]
) -> Response[SceneView]:
    scene = await get_scene(actor, ContentId(id))
    return single(request, scene, scene.version)


@put(
    "/contents/{id:uuid}/scene",
    tags=TAGS,
    **route(
        "put_scene", PutScene, versioned="optional", example={"placements": SCENE["placements"]}, answer_example=SCENE,
        raises=(*CHANGES, InvalidScene, InvalidContent, StorageFull),
    ),
)  # fmt: skip
async def put_scene(
    id: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    put_scene: Given[PutScene],
    data: JSONBody[NewScene],
) -> Response[SceneView]:
    scene = await put_scene(actor, ContentId(id), data, expected_version(request))
    return single(request, scene, scene.version)


@delete(
    "/contents/{id:uuid}/scene",
    status_code=204,
    tags=TAGS,
    **route("remove_scene", RemoveScene, versioned="optional", raises=(*CHANGES, SceneNotFound)),
)
async def remove_scene(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], remove_scene: Given[RemoveScene]
) -> None:
    await remove_scene(actor, ContentId(id), expected_version(request))


ROUTES = (get_scene, put_scene, remove_scene)
