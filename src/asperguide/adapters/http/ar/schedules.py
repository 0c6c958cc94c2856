"""Schedule windows of a content over HTTP."""

from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody

from asperguide.adapters.http.ar.playing_parts import (
    CHANGING,
    SCHEDULES,
    SEEING,
    SPAN,
    VERSIONED,
    WINDOW,
    WINDOWS,
    created,
)
from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import delete, get, patch, post
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.preconditions import expected_version, single
from asperguide.adapters.http.routes import Given, route
from asperguide.ar.errors import InvalidSchedule, TooManyWindows, WindowNotFound, WindowsOverlap
from asperguide.ar.model import ContentId
from asperguide.ar.scheduling import AddWindow, ListWindows, MoveWindow, NewWindow, RemoveWindow, WindowChange
from asperguide.ar.video_views import WindowsView, WindowView
from asperguide.shared.actor import Actor

WRONG = (InvalidSchedule, WindowsOverlap, TooManyWindows)


@get(
    "/contents/{id:uuid}/schedules",
    tags=SCHEDULES,
    **route("list_windows", ListWindows, versioned="read", raises=SEEING, answer_example=WINDOWS),
)
async def list_windows(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], list_windows: Given[ListWindows]
) -> Response[WindowsView]:
    windows = await list_windows(actor, ContentId(id))
    return single(request, windows, windows.version)


@post(
    "/contents/{id:uuid}/schedules",
    tags=SCHEDULES,
    **route(
        "add_window", AddWindow, idempotent=True, raises=(*CHANGING, *WRONG), example=SPAN, answer_example=WINDOW,
        answers=VERSIONED,
    ),
)  # fmt: skip
async def add_window(
    id: FromPath[UUID],
    data: JSONBody[NewWindow],
    actor: Given[Actor],
    add_window: Given[AddWindow],
    once: Given[Once],
) -> Response[WindowView]:
    window = await once(WindowView, lambda: add_window(actor, ContentId(id), data))
    return created(window, f"/contents/{id}/schedules/{window.id}")


@patch(
    "/contents/{id:uuid}/schedules/{window:uuid}",
    tags=SCHEDULES,
    **route(
        "move_window", MoveWindow, versioned="optional", raises=(*CHANGING, WindowNotFound, *WRONG),
        example={"ends_at": SPAN["ends_at"]}, answer_example=WINDOW,
    ),
)  # fmt: skip
async def move_window(
    id: FromPath[UUID],
    window: FromPath[UUID],
    data: JSONBody[WindowChange],
    request: ApiRequest,
    actor: Given[Actor],
    move_window: Given[MoveWindow],
) -> Response[WindowView]:
    moved = await move_window(actor, ContentId(id), window, data, expected_version(request))
    return single(request, moved, moved.version)


@delete(
    "/contents/{id:uuid}/schedules/{window:uuid}",
    status_code=204,
    tags=SCHEDULES,
    **route("remove_window", RemoveWindow, versioned="optional", raises=(*CHANGING, WindowNotFound)),
)
async def remove_window(
    id: FromPath[UUID],
    window: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    remove_window: Given[RemoveWindow],
) -> None:
    await remove_window(actor, ContentId(id), window, expected_version(request))


ROUTES = (list_windows, add_window, move_window, remove_window)
