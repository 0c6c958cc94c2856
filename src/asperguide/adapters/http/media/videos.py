"""Videos: what there is of them, the pieces that players ask for, and having things made."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody, QueryParameter

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import get, post
from asperguide.adapters.http.long_work import accepted
from asperguide.adapters.http.media.parts import FILE, ID, READ, READING
from asperguide.adapters.http.media.sending import sent
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.preconditions import single, version_of
from asperguide.adapters.http.problems import PreconditionFailed, RangeNotSatisfiable
from asperguide.adapters.http.routes import Given, route
from asperguide.media import (
    CancelProcessing,
    Conversion,
    Convert,
    Converting,
    FileId,
    GetVideo,
    PlayPlaylist,
    PlayVideo,
    Poster,
    RetryProcessing,
    SetPoster,
    VideoView,
)
from asperguide.media.errors import (
    ConversionImpossible,
    FileNotFound,
    FileNotReady,
    InvalidFile,
    QuotaExceeded,
    VideoInWrongState,
    VideoNotFound,
)
from asperguide.shared.actor import Actor
from asperguide.shared.errors import EditedMeanwhile, StorageUnavailable

VIDEOS = ["videos"]
JOB = "0199b0e2-8c44-7d50-b1f0-2a6c5d9e7f31"
TOKEN = "692b6ec0.Q0m8dD1yTtVh0bqjvC2b7nWmYw5rPzLx"  # noqa: S105
HERE = f"/api/v1/videos/{ID}"
CAN_FAIL = (VideoNotFound, FileNotFound, RangeNotSatisfiable, PreconditionFailed, StorageUnavailable)
MPEGURL, VTT = "application/vnd.apple.mpegurl", "text/vtt"


def _piece(place: str, media_type: str, size: int, width: int, height: int) -> dict[str, Any]:
    return {
        "name": place.rpartition("/")[2], "url": f"{HERE}/{place}?token={TOKEN}", "media_type": media_type,
        "size": size, "width": width, "height": height,
    }  # fmt: skip


VIDEO: dict[str, Any] = {
    "id": ID,
    "name": "Führung durch O'Neil's Garten.mp4",
    "state": "ready",
    "failure": None,
    "facts": {
        "duration": 42.5, "width": 1280, "height": 720, "frame_rate": 29.97, "bit_rate": 2_400_000, "rotation": 0,
        "video_codec": "h264", "audio_codec": "aac",
    },
    "poster_at": None,
    "job": JOB,
    "hls": f"{HERE}/hls/master.m3u8?token={TOKEN}",
    "renditions": [
        _piece("mp4/360", "video/mp4", 3_400_000, 640, 360), _piece("mp4/720", "video/mp4", 11_900_000, 1280, 720),
    ],
    "thumbnails": [
        _piece("thumbnails/150x112", "image/webp", 2_100, 150, 112),
        _piece("thumbnails/320x240", "image/webp", 6_200, 320, 240),
        _piece("thumbnails/640x480", "image/webp", 17_900, 640, 480),
    ],
    "poster": _piece("thumbnails/poster", "image/webp", 38_000, 1280, 720),
    "sprites": f"{HERE}/sprites/sprites.vtt?token={TOKEN}",
    "playable_until": "2026-01-19T16:30:00Z",
    "created_at": "2026-01-19T10:30:00Z",
    "updated_at": "2026-01-19T10:31:12Z",
}  # fmt: skip
WAITING = {**VIDEO, "state": "waiting"}

Token = Annotated[
    str, QueryParameter(description="From the addresses of the video: it stands for the right to see it.")
]


@get(
    "/videos/{id:uuid}",
    tags=VIDEOS,
    **route("get_video", GetVideo, optional=True, versioned="read", raises=(VideoNotFound,), answer_example=VIDEO),
)
async def get_video(
    id: FromPath[UUID], request: ApiRequest, get_video: Given[GetVideo], token: Token = ""
) -> Response[VideoView]:
    video = await get_video(request.call.actor, FileId(id), token)
    return single(request, video, version_of(video))


@post(
    "/videos/{id:uuid}/poster",
    status_code=202,
    tags=VIDEOS,
    **route(
        "set_poster", SetPoster, long=True, raises=(VideoNotFound, VideoInWrongState, InvalidFile, EditedMeanwhile),
        example={"at": 12.5}, answer_example=VIDEO,
    ),
)  # fmt: skip
async def set_poster(
    id: FromPath[UUID],
    data: JSONBody[Poster],
    actor: Given[Actor],
    set_poster: Given[SetPoster],
    get_video: Given[GetVideo],
) -> Response[VideoView]:
    job = await set_poster(actor, FileId(id), data)
    return accepted(job, await get_video(actor, FileId(id)))


@post(
    "/videos/{id:uuid}/retry",
    status_code=202,
    tags=VIDEOS,
    **route(
        "retry_processing", RetryProcessing, long=True, raises=(VideoNotFound, VideoInWrongState, EditedMeanwhile),
        answer_example=WAITING,
    ),
)  # fmt: skip
async def retry_processing(
    id: FromPath[UUID],
    actor: Given[Actor],
    retry_processing: Given[RetryProcessing],
    get_video: Given[GetVideo],
) -> Response[VideoView]:
    job = await retry_processing(actor, FileId(id))
    return accepted(job, await get_video(actor, FileId(id)))


@post(
    "/videos/{id:uuid}/cancel",
    status_code=200,
    tags=VIDEOS,
    **route(
        "cancel_processing", CancelProcessing, raises=(VideoNotFound, VideoInWrongState, EditedMeanwhile),
        answer_example={**VIDEO, "state": "cancelled"},
    ),
)  # fmt: skip
async def cancel_processing(
    id: FromPath[UUID],
    actor: Given[Actor],
    cancel_processing: Given[CancelProcessing],
    get_video: Given[GetVideo],
) -> VideoView:
    await cancel_processing(actor, FileId(id))
    return await get_video(actor, FileId(id))


def _playlist(text: str, media_type: str) -> Response[bytes]:
    """Never kept by anybody: the token in it ends."""
    headers = {"cache-control": "private, no-store", "cross-origin-resource-policy": "cross-origin"}
    return Response(text.encode(), media_type=media_type, headers=headers)


@get(
    "/videos/{id:uuid}/hls/{name:str}",
    tags=VIDEOS,
    **route(
        "play_hls", PlayVideo, optional=True, raises=CAN_FAIL, parameters=READING, answers=READ,
        summary="A playlist or a segment",
        description="The playlist of all renditions is `master.m3u8`. Every address in a playlist holds a token for "
        "what it leads to. Ranges can be asked for of segments.",
    ),
)  # fmt: skip
async def play_hls(
    id: FromPath[UUID],
    name: FromPath[str],
    request: ApiRequest,
    play_video: Given[PlayVideo],
    play_playlist: Given[PlayPlaylist],
    token: Token = "",
) -> Response[bytes]:
    actor = request.call.actor
    if name.endswith(".m3u8"):
        return _playlist(await play_playlist(actor, FileId(id), "hls", name, token), MPEGURL)
    piece = await play_video(actor, FileId(id), "hls", name, token)
    return sent(request, piece, inline=True, by_link=bool(token))


@get(
    "/videos/{id:uuid}/mp4/{height:int}",
    tags=VIDEOS,
    **route(
        "play_mp4", PlayVideo, optional=True, raises=CAN_FAIL, parameters=READING, answers=READ,
        summary="A whole rendition",
        description="An MP4 file of so many pixels at its shorter side, as `GET /videos/{id}` lists them. Ranges can "
        "be asked for.",
    ),
)  # fmt: skip
async def play_mp4(
    id: FromPath[UUID], height: FromPath[int], request: ApiRequest, play_video: Given[PlayVideo], token: Token = ""
) -> Response[bytes]:
    piece = await play_video(request.call.actor, FileId(id), "mp4", f"{height}p.mp4", token)
    return sent(request, piece, inline=True, by_link=bool(token))


@get(
    "/videos/{id:uuid}/thumbnails/{name:str}",
    tags=VIDEOS,
    **route(
        "show_thumbnail", PlayVideo, optional=True, raises=CAN_FAIL, parameters=READING, answers=READ,
        summary="A picture of one moment",
        description="`150x112`, `320x240`, `640x480`, or `poster`: all of it, up to 1280 pixels at its longer side.",
    ),
)  # fmt: skip
async def show_thumbnail(
    id: FromPath[UUID], name: FromPath[str], request: ApiRequest, play_video: Given[PlayVideo], token: Token = ""
) -> Response[bytes]:
    role, file = ("poster", "poster.webp") if name == "poster" else ("thumbnail", f"thumbnail_{name}.webp")
    piece = await play_video(request.call.actor, FileId(id), role, file, token)
    return sent(request, piece, inline=True, by_link=bool(token))


@get(
    "/videos/{id:uuid}/sprites/{name:str}",
    tags=VIDEOS,
    **route(
        "show_sprites", PlayVideo, optional=True, raises=CAN_FAIL, parameters=READING, answers=READ,
        summary="Small pictures for a time line",
        description="`sprites.vtt` tells which part of `sprites.webp` shows which seconds.",
    ),
)  # fmt: skip
async def show_sprites(
    id: FromPath[UUID],
    name: FromPath[str],
    request: ApiRequest,
    play_video: Given[PlayVideo],
    play_playlist: Given[PlayPlaylist],
    token: Token = "",
) -> Response[bytes]:
    actor = request.call.actor
    if name.endswith(".vtt"):
        return _playlist(await play_playlist(actor, FileId(id), "sprite", name, token), VTT)
    piece = await play_video(actor, FileId(id), "sprite", name, token)
    return sent(request, piece, inline=True, by_link=bool(token))


@post(
    "/files/{id:uuid}/conversions",
    status_code=202,
    tags=VIDEOS,
    **route(
        "convert", Convert, long=True, idempotent=True,
        raises=(FileNotFound, FileNotReady, ConversionImpossible, QuotaExceeded, InvalidFile),
        example={"to": "webm"},
        answer_example={"job": JOB, "file": {**FILE, "state": "awaiting", "media_type": "video/webm", "sha256": None,
                        "name": "Führung durch O'Neil's Garten.webm", "source": ID}},
    ),
)  # fmt: skip
async def convert(
    id: FromPath[UUID], data: JSONBody[Conversion], actor: Given[Actor], convert: Given[Convert], once: Given[Once]
) -> Response[Converting]:
    started = await once(Converting, lambda: convert(actor, FileId(id), data))
    return accepted(started.job, started)


ROUTES = (
    get_video,
    set_poster,
    retry_processing,
    cancel_processing,
    play_hls,
    play_mp4,
    show_thumbnail,
    show_sprites,
    convert,
)
