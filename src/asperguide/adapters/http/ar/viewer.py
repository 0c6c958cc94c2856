"""Prints for viewers, without any sign-in: whether one can be seen, what there is to know of it, and its bytes.

Pages of every origin may read these answers; an address tells nothing that the code on the print does not.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from asperguide.adapters.http.ar.viewer_parts import (
    ANY_PREVIEW,
    AVAILABILITY,
    MANIFEST,
    PREVIEW,
    PUBLIC,
    REASONS,
    SESSION,
    SHOWN,
    VIEWER,
    Still,
    asked_for,
    member_if_any,
    member_of,
    previews,
)
from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import get
from asperguide.adapters.http.media.sending import HARMLESS, whole_or_part
from asperguide.adapters.http.preconditions import UNCHANGED, is_current, names
from asperguide.adapters.http.problems import PreconditionFailed
from asperguide.adapters.http.routes import Given, route
from asperguide.ar.manifests import Manifest, Sheet
from asperguide.ar.ports import Opened, Piece
from asperguide.ar.unavailable import InvalidSession
from asperguide.ar.viewing import Availability, CheckPrint, ShowManifest, ShowPhoto, ShowSceneImage, ShowVideo
from asperguide.shared.ports import Clock

FRESH = timedelta(seconds=5)
"""How long anybody may go on showing a manifest without asking again."""
FOR_A_MINUTE, FOR_MEMBERS = "public, max-age=60", "private, no-store"
LONGEST_SIDE = 1280


class ReadyManifest(Response[Manifest]):
    """A manifest whose bytes are there already."""

    def __init__(self, body: bytes, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self._ready = _Ready(body, status, headers)

    def to_asgi_response(self, *args: Any, **options: Any) -> ASGIResponse:
        """These bytes and these header fields."""
        return self._ready


class _Ready(ASGIResponse):
    """Litestar's response does much that bytes which were sent before do not need."""

    def __init__(self, body: bytes, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self._body, self._status, self._fields = body, status, headers

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": self._status, "headers": self._fields})
        await send({"type": "http.response.body", "body": self._body})


@get(
    "/viewer/{public_id:str}/check",
    tags=VIEWER,
    **route(
        "check_print", CheckPrint, **{**PUBLIC, "parameters": (ANY_PREVIEW,)}, forgiving=True,
        answer_example=AVAILABILITY,
    ),
)  # fmt: skip
async def check_print(
    public_id: FromPath[str], request: ApiRequest, check_print: Given[CheckPrint]
) -> Response[Availability]:
    found = await check_print(public_id, member_if_any(request))
    return Response(found, headers={"cache-control": "no-store"})


@get(
    "/viewer/{public_id:str}/manifest",
    tags=VIEWER,
    **route(
        "show_manifest", ShowManifest, **{**PUBLIC, "parameters": (PREVIEW, SESSION)}, versioned="read",
        raises=(*REASONS, InvalidSession),
        answer_example=MANIFEST,
    ),
)  # fmt: skip
async def show_manifest(
    public_id: FromPath[str],
    request: ApiRequest,
    show_manifest: Given[ShowManifest],
    clock: Given[Clock],
) -> Response[Manifest]:
    session = asked_for(request, "session")
    sheet = await show_manifest(public_id, session, member_of(request))
    if previews(request):
        return _told(request, sheet, b"private, no-store")
    if session is not None:
        return _told(request, sheet, b"private, no-cache")
    return _told(request, sheet, b"public, max-age=%d" % _freshness(sheet, clock.now()))


def _freshness(sheet: Sheet, now: datetime) -> int:
    """Whole seconds in which caches need not ask: never beyond the instant at which another video may play."""
    return max(0, min(FRESH, sheet.until - now) // timedelta(seconds=1))


def _told(request: ApiRequest, sheet: Sheet, cached: bytes) -> ReadyManifest:
    etag = b'"%b"' % sheet.etag.encode()
    fields = [(b"etag", etag), (b"cache-control", cached)]
    if b"if-none-match" in request.call.headers and is_current(request, sheet.etag):
        return ReadyManifest(b"", UNCHANGED, fields)
    fields += ((b"content-type", b"application/json"), (b"content-length", b"%d" % len(sheet.body)))
    return ReadyManifest(sheet.body, 200, fields)


@get("/viewer/{public_id:str}/marker", tags=VIEWER, **route("show_marker", ShowPhoto, summary="The marker", **SHOWN))
async def show_marker(public_id: FromPath[str], request: ApiRequest, show_photo: Given[ShowPhoto]) -> Response[bytes]:
    opened = await show_photo(public_id, LONGEST_SIDE, "image/webp", member_of(request))
    return _sent(request, opened)


@get(
    "/viewer/{public_id:str}/photo",
    tags=VIEWER,
    **route("show_print_photo", ShowPhoto, summary="The photo", **SHOWN),
)
async def show_print_photo(
    public_id: FromPath[str], request: ApiRequest, show_photo: Given[ShowPhoto]
) -> Response[bytes]:
    opened = await show_photo(public_id, LONGEST_SIDE, "image/jpeg", member_of(request))
    return _sent(request, opened)


@get(
    "/viewer/{public_id:str}/images/{file:uuid}",
    tags=VIEWER,
    **route("show_scene_image", ShowSceneImage, summary="A picture of the scene", **SHOWN),
)
async def show_scene_image(
    public_id: FromPath[str],
    file: FromPath[UUID],
    request: ApiRequest,
    show_scene_image: Given[ShowSceneImage],
) -> Response[bytes]:
    opened = await show_scene_image(public_id, file, LONGEST_SIDE, "image/webp", member_of(request))
    return _sent(request, opened)


@get(
    "/viewer/{public_id:str}/videos/{video:uuid}",
    tags=VIEWER,
    **route("show_print_video", ShowVideo, summary="A video", **SHOWN),
)
async def show_print_video(
    public_id: FromPath[str],
    video: FromPath[UUID],
    request: ApiRequest,
    show_video: Given[ShowVideo],
) -> Response[bytes]:
    opened = await show_video(public_id, video, Piece.FILM, member_of(request))
    return _sent(request, opened)


@get(
    "/viewer/{public_id:str}/videos/{video:uuid}/{still:str}",
    tags=VIEWER,
    **route("show_print_still", ShowVideo, summary="The poster or thumbnail of a video", **SHOWN),
)
async def show_print_still(
    public_id: FromPath[str],
    video: FromPath[UUID],
    still: FromPath[Still],
    request: ApiRequest,
    show_video: Given[ShowVideo],
) -> Response[bytes]:
    opened = await show_video(public_id, video, still.piece, member_of(request))
    return _sent(request, opened)


def _sent(request: ApiRequest, opened: Opened) -> Response[bytes]:
    """The bytes or a part of them, 304 for whoever has them."""
    etag = f'"{opened.etag}"'
    headers = {
        "etag": etag,
        "cache-control": FOR_MEMBERS if previews(request) else FOR_A_MINUTE,
        "accept-ranges": "bytes",
        "content-disposition": "inline",
        "content-security-policy": HARMLESS,
    }
    if not names(request, b"if-match", etag):
        raise PreconditionFailed
    if b"if-none-match" in request.call.headers and is_current(request, etag):
        return Response(b"", status_code=UNCHANGED, headers={name: headers[name] for name in ("etag", "cache-control")})
    return whole_or_part(request, opened.read, opened.size, etag, media_type=opened.media_type, headers=headers)


ROUTES = (
    check_print,
    show_manifest,
    show_marker,
    show_print_photo,
    show_scene_image,
    show_print_video,
    show_print_still,
)
