"""Videos of a content: which there are, and which of them plays."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import FromPath, JSONBody, QueryParameter

from asperguide.adapters.http.app import BODY_LIMIT
from asperguide.adapters.http.ar.contents import FORM, JSON, LARGEST_FORM
from asperguide.adapters.http.ar.forms import PrintForm
from asperguide.adapters.http.ar.playing_parts import (
    CHANGING,
    FILM,
    FILMS,
    MONTH,
    NEW_FILMS,
    OTHER_ID,
    PLAYBACK,
    SEEING,
    VERSIONED,
    VIDEO_ID,
    VIDEOS,
    created,
)
from asperguide.adapters.http.bodies import ApiRequest, strict_json, typed
from asperguide.adapters.http.handlers import delete, get, patch, post, put
from asperguide.adapters.http.long_work import accepted
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.openapi_parts import BINARY
from asperguide.adapters.http.preconditions import changing, expected_version, single, version_of
from asperguide.adapters.http.problems import MalformedBody
from asperguide.adapters.http.routes import Given, route
from asperguide.adapters.http.streaming import body_of
from asperguide.ar.errors import (
    ContentVideoNotFound,
    InvalidContent,
    InvalidVideo,
    StorageFull,
    TooManyVideos,
    VideoInUse,
)
from asperguide.ar.filming import (
    AddFilms,
    ChangeFilm,
    FilmChange,
    ListFilms,
    NewFilms,
    Order,
    OrderFilms,
    RemoveFilm,
)
from asperguide.ar.model import ContentId
from asperguide.ar.playback import GetPlayback, Moment, PlaybackChange, RenewThumbnail, SetPlayback, ShowCalendar
from asperguide.ar.sending_films import AddSentFilms, CompareSentFilms
from asperguide.ar.video_views import CalendarView, FilmsView, FilmView, PlaybackView
from asperguide.ar.videos import VideoId
from asperguide.shared.actor import Actor
from asperguide.shared.errors import InvalidFields, NotWhileImpersonating, StorageUnavailable

ADDING = (
    *CHANGING, TooManyVideos, InvalidVideo, InvalidContent, StorageFull, NotWhileImpersonating, StorageUnavailable,
    MalformedBody, InvalidFields,
)  # fmt: skip
ABOUT_ADDING = (
    "Either finished uploads of mine, or files that are the company's, by their ids in JSON; or up to 20 videos in a "
    "form, of up to 16 MiB each and 128 MiB in all: send larger ones as uploads first, and name their ids.\n\n"
    "They play behind those that there are, count against the company's room from now on, and can be shown once they "
    "are processed. A content has at most 50 videos."
)
FORM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "video": {"type": "array", "items": BINARY, "minItems": 1, "maxItems": 20, "description": "In their order."}
    },
    "required": ["video"],
    "additionalProperties": False,
}

Month = Annotated[str, QueryParameter(description="`YYYY-MM`, from 2000 to 2999.")]


@get(
    "/contents/{id:uuid}/videos",
    tags=VIDEOS,
    **route("list_films", ListFilms, versioned="read", raises=SEEING, answer_example=FILMS, summary="List its videos"),
)
async def list_films(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], list_films: Given[ListFilms]
) -> Response[FilmsView]:
    films = await list_films(actor, ContentId(id))
    return changing(request, films, films.version)


@post(
    "/contents/{id:uuid}/videos",
    tags=VIDEOS,
    **route(
        "add_films", AddFilms, description=ABOUT_ADDING, summary="Add videos to it", streams=(JSON, FORM),
        json=NewFilms, stream_schema=FORM_SCHEMA, body_limit=LARGEST_FORM, idempotent=True, example=NEW_FILMS,
        answer_example=FILMS, answers=VERSIONED, raises=ADDING,
    ),
)  # fmt: skip
async def add_films(
    id: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    add_films: Given[AddFilms],
    add_sent_films: Given[AddSentFilms],
    compare_sent_films: Given[CompareSentFilms],
    once: Given[Once],
) -> Response[FilmsView]:
    content, content_type = ContentId(id), request.call.headers.get(b"content-type", b"")
    if content_type.startswith(JSON.encode()):
        body = strict_json(b"".join([piece async for piece in body_of(request, BODY_LIMIT)]))
        new: NewFilms = typed(body, NewFilms)
        told = msgspec.json.encode(body, order="deterministic")
        added = await once(FilmsView, lambda: add_films(actor, content, new), told=told)
        return created(added, f"/contents/{id}/videos")
    form = PrintForm(content_type, body_of(request, LARGEST_FORM))

    async def compare(kept: FilmsView) -> None:
        await compare_sent_films(actor, content, [film.file for film in kept.items], form.files())

    added = await once(FilmsView, lambda: add_sent_films(actor, content, form.files()), told=b"", compare=compare)
    return created(added, f"/contents/{id}/videos")


@put(
    "/contents/{id:uuid}/videos/order",
    tags=VIDEOS,
    **route(
        "order_films", OrderFilms, versioned="optional", raises=(*CHANGING, InvalidVideo),
        example={"videos": [VIDEO_ID, OTHER_ID]}, answer_example=FILMS, summary="Put its videos in order",
    ),
)  # fmt: skip
async def order_films(
    id: FromPath[UUID],
    data: JSONBody[Order],
    request: ApiRequest,
    actor: Given[Actor],
    order_films: Given[OrderFilms],
) -> Response[FilmsView]:
    films = await order_films(actor, ContentId(id), data, expected_version(request))
    return changing(request, films, films.version)


@patch(
    "/contents/{id:uuid}/videos/{video:uuid}",
    tags=VIDEOS,
    **route(
        "change_film", ChangeFilm, versioned="optional", raises=(*CHANGING, ContentVideoNotFound, InvalidVideo),
        example={"title": "The wedding march", "active": True, "subscription": "2y"}, answer_example=FILM,
        summary="Change a video of it",
    ),
)  # fmt: skip
async def change_film(
    id: FromPath[UUID],
    video: FromPath[UUID],
    data: JSONBody[FilmChange],
    request: ApiRequest,
    actor: Given[Actor],
    change_film: Given[ChangeFilm],
) -> Response[FilmView]:
    film = await change_film(actor, ContentId(id), VideoId(video), data, expected_version(request))
    return changing(request, film, film.version)


@delete(
    "/contents/{id:uuid}/videos/{video:uuid}",
    status_code=204,
    tags=VIDEOS,
    **route(
        "remove_film", RemoveFilm, versioned="optional", raises=(*CHANGING, ContentVideoNotFound, VideoInUse),
        summary="Remove a video from it",
    ),
)  # fmt: skip
async def remove_film(
    id: FromPath[UUID],
    video: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    remove_film: Given[RemoveFilm],
) -> None:
    await remove_film(actor, ContentId(id), VideoId(video), expected_version(request))


@post(
    "/contents/{id:uuid}/videos/{video:uuid}/thumbnail",
    status_code=202,
    tags=VIDEOS,
    **route(
        "renew_thumbnail", RenewThumbnail, long=True, raises=(*CHANGING, ContentVideoNotFound, InvalidVideo),
        example={"at": 12.5}, answer_example=FILM,
    ),
)  # fmt: skip
async def renew_thumbnail(
    id: FromPath[UUID],
    video: FromPath[UUID],
    data: JSONBody[Moment],
    actor: Given[Actor],
    renew_thumbnail: Given[RenewThumbnail],
) -> Response[FilmView]:
    wanted = await renew_thumbnail(actor, ContentId(id), VideoId(video), data)
    return accepted(wanted.job, wanted.film)


@get(
    "/contents/{id:uuid}/playback",
    tags=VIDEOS,
    **route("get_playback", GetPlayback, versioned="read", raises=SEEING, answer_example=PLAYBACK),
)
async def get_playback(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], get_playback: Given[GetPlayback]
) -> Response[PlaybackView]:
    # What plays now changes with the clock while the content stays the same.
    playback = await get_playback(actor, ContentId(id))
    return changing(request, playback, playback.version)


@patch(
    "/contents/{id:uuid}/playback",
    tags=VIDEOS,
    **route(
        "set_playback", SetPlayback, versioned="optional", raises=(*CHANGING, InvalidVideo),
        example={"mode": "cyclic", "chosen": None}, answer_example=PLAYBACK,
    ),
)  # fmt: skip
async def set_playback(
    id: FromPath[UUID],
    data: JSONBody[PlaybackChange],
    request: ApiRequest,
    actor: Given[Actor],
    set_playback: Given[SetPlayback],
) -> Response[PlaybackView]:
    playback = await set_playback(actor, ContentId(id), data, expected_version(request))
    return changing(request, playback, playback.version)


@get(
    "/contents/{id:uuid}/calendar",
    tags=VIDEOS,
    **route(
        "show_calendar", ShowCalendar, versioned="read", raises=(*SEEING, InvalidFields), answer_example=MONTH,
        summary="What plays on each day of a month",
    ),
)  # fmt: skip
async def show_calendar(
    id: FromPath[UUID], month: Month, request: ApiRequest, actor: Given[Actor], show_calendar: Given[ShowCalendar]
) -> Response[CalendarView]:
    calendar = await show_calendar(actor, ContentId(id), month)
    return single(request, calendar, version_of(calendar))


ROUTES = (
    list_films,
    add_films,
    order_films,
    change_film,
    remove_film,
    renew_thumbnail,
    get_playback,
    set_playback,
    show_calendar,
)
