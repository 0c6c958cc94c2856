"""What viewers tell, and what members of a company see of it: numbers, a table, or a picture."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream

from asperguide.adapters.http.ar.plots import POLICY, plot
from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import get, post
from asperguide.adapters.http.openapi_parts import header
from asperguide.adapters.http.preconditions import single, version_of
from asperguide.adapters.http.routes import Given, route
from asperguide.ar.analytics import (
    AnalyticsView,
    BucketView,
    By,
    EventsTaken,
    Level,
    NewEvents,
    Period,
    ShowAnalytics,
    TakeEvents,
)
from asperguide.ar.analytics_errors import AnalyticsNotFound, InvalidEvents, InvalidPeriod, ViewNotFound
from asperguide.ar.analytics_views import share
from asperguide.ar.model import ContentId
from asperguide.shared.actor import Actor, Origin
from asperguide.shared.errors import FieldError, InvalidFields

TAGS = ["analytics"]
EVENTS_LIMIT = 64 * 1024
CSV, SVG = "text/csv", "image/svg+xml"
CAN_FAIL = (AnalyticsNotFound, InvalidPeriod)
COLUMNS = BucketView.__struct_encode_fields__
RATES = ("play_rate", "completion_rate")
UNCOUNTED = "uncounted-events"
EVENT = {
    "id": "0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10", "session": "0199b0e2-6b00-7e21-8c4d-3a2b1c0d9e8f", "kind": "play",
    "video": "0199b0e0-31aa-7b12-8d00-4c1f2e3d4b5a", "at": "2026-01-19T10:30:00Z",
}  # fmt: skip

DATE = {"format": "date"}
From = Annotated[
    str | None,
    QueryParameter(name="from", schema_extra=DATE, description="The first day; else as many as are usual."),
]
To = Annotated[
    str | None, QueryParameter(name="to", schema_extra=DATE, description="The last day, included; else today.")
]
ByDay = Annotated[By, QueryParameter(name="by", description="Days, ISO weeks from Monday on, or months.")]


@post(
    "/viewer/{public_id:str}/events",
    status_code=202,
    tags=TAGS,
    **route(
        "take_events", TakeEvents, public=True, budget="views", apart=True, anywhere=True, lenient=True,
        body_limit=EVENTS_LIMIT, raises=(ViewNotFound, InvalidEvents), example={"events": [EVENT]},
        answer_example={"accepted": 1}, answers={202: {"description": "They are on the disk."}},
    ),
)  # fmt: skip
async def take_events(
    public_id: FromPath[str],
    data: JSONBody[NewEvents],
    request: ApiRequest,
    origin: Given[Origin],
    take_events: Given[TakeEvents],
    country_header: Given[bytes],
) -> EventsTaken:
    call = request.call
    return await take_events(public_id, data, origin, call.actor, call.header(country_header))


def _period(first: str | None, last: str | None, by: By) -> Period:
    return Period(first=_day("?from", first), last=_day("?to", last), by=by)


def _day(pointer: str, text: str | None) -> date | None:
    """Read here, as Litestar would name its own name of the parameter in a refusal, which `from` cannot be."""
    try:
        return None if text is None else msgspec.convert(text, date)
    except msgspec.ValidationError:
        wrong = FieldError(pointer=pointer, code="WRONG_FORMAT", detail="A day, such as 2026-01-19.")
        raise InvalidFields(fields=(wrong,)) from None


def _answered(media_type: str, description: str, **fields: Any) -> dict[int, Any]:
    return {200: {"description": description, "content": {media_type: {"schema": {"type": "string"}}}, **fields}}


def _json(name: str) -> dict[str, Any]:
    return route(f"show_{name}_analytics", ShowAnalytics, versioned="read", raises=CAN_FAIL)


def _csv(name: str) -> dict[str, Any]:
    uncounted = header("How many events are not in it yet; only there when some are not.", type="integer", minimum=1)
    told = _answered(CSV, "A line of names, and one for each bucket.", headers={"Uncounted-Events": uncounted})
    return route(f"export_{name}_analytics", ShowAnalytics, raises=CAN_FAIL, answers=told)


def _svg(name: str) -> dict[str, Any]:
    told = _answered(SVG, "Sessions as bars, plays as a line.")
    return route(f"plot_{name}_analytics", ShowAnalytics, raises=CAN_FAIL, answers=told)


def _of(level: Level, path: str) -> tuple[Any, ...]:
    """The three ways to look at one level."""

    @get(f"{path}/analytics", tags=TAGS, **_json(level))
    async def show(
        id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], show_analytics: Given[ShowAnalytics],
        first: From = None, to: To = None, by: ByDay = By.DAY,
    ) -> Response[AnalyticsView]:  # fmt: skip
        view = await show_analytics(actor, level, id, _period(first, to, by))
        return single(request, view, version_of(view))

    @get(f"{path}/analytics.csv", media_type=CSV, tags=TAGS, **_csv(level))
    async def export(
        id: FromPath[UUID], actor: Given[Actor], show_analytics: Given[ShowAnalytics],
        first: From = None, to: To = None, by: ByDay = By.DAY,
    ) -> Stream:  # fmt: skip
        return _table(await show_analytics(actor, level, id, _period(first, to, by)))

    @get(f"{path}/analytics.svg", media_type=SVG, tags=TAGS, **_svg(level))
    async def picture(
        id: FromPath[UUID], actor: Given[Actor], show_analytics: Given[ShowAnalytics],
        first: From = None, to: To = None, by: ByDay = By.DAY,
    ) -> Response[bytes]:  # fmt: skip
        return _picture(await show_analytics(actor, level, id, _period(first, to, by)))

    return show, export, picture


VIDEO = "/contents/{content:uuid}/videos/{id:uuid}"


@get(f"{VIDEO}/analytics", tags=TAGS, **_json(Level.VIDEO))
async def show_video_analytics(
    content: FromPath[UUID], id: FromPath[UUID], request: ApiRequest, actor: Given[Actor],
    show_analytics: Given[ShowAnalytics], first: From = None, to: To = None, by: ByDay = By.DAY,
) -> Response[AnalyticsView]:  # fmt: skip
    view = await show_analytics(actor, Level.VIDEO, id, _period(first, to, by), ContentId(content))
    return single(request, view, version_of(view))


@get(f"{VIDEO}/analytics.csv", media_type=CSV, tags=TAGS, **_csv(Level.VIDEO))
async def export_video_analytics(
    content: FromPath[UUID], id: FromPath[UUID], actor: Given[Actor],
    show_analytics: Given[ShowAnalytics], first: From = None, to: To = None, by: ByDay = By.DAY,
) -> Stream:  # fmt: skip
    period = _period(first, to, by)
    return _table(await show_analytics(actor, Level.VIDEO, id, period, ContentId(content)))


@get(f"{VIDEO}/analytics.svg", media_type=SVG, tags=TAGS, **_svg(Level.VIDEO))
async def plot_video_analytics(
    content: FromPath[UUID], id: FromPath[UUID], actor: Given[Actor],
    show_analytics: Given[ShowAnalytics], first: From = None, to: To = None, by: ByDay = By.DAY,
) -> Response[bytes]:  # fmt: skip
    period = _period(first, to, by)
    return _picture(await show_analytics(actor, Level.VIDEO, id, period, ContentId(content)))


def _table(view: AnalyticsView) -> Stream:
    name = f"{view.level}-{view.first}-{view.last}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    if view.uncounted:
        headers[UNCOUNTED] = str(view.uncounted)
    return Stream(_lines(view), media_type=CSV, headers=headers)


def _lines(view: AnalyticsView) -> Iterator[str]:
    """Dates and numbers only: nothing in it that a spreadsheet could take for a formula (RFC 4180).

    A rate of nothing is an empty cell.
    """
    fields = BucketView.__struct_fields__
    order = sorted(range(len(fields)), key=lambda place: COLUMNS[place] not in ("from", "to"))
    yield ",".join((*(COLUMNS[place] for place in order), *RATES)) + "\r\n"
    for one in view.buckets:
        rates = share(one.played_sessions, one.sessions), share(one.completed_sessions, one.played_sessions)
        cells = (*(getattr(one, fields[place]) for place in order), *rates)
        yield ",".join("" if cell is None else str(cell) for cell in cells) + "\r\n"


def _picture(view: AnalyticsView) -> Response[bytes]:
    return Response(plot(view).encode(), media_type=SVG, headers={"content-security-policy": POLICY})


ROUTES = (
    take_events,
    *_of(Level.CONTENT, "/contents/{id:uuid}"),
    show_video_analytics,
    export_video_analytics,
    plot_video_analytics,
    *_of(Level.PROJECT, "/projects/{id:uuid}"),
    *_of(Level.COMPANY, "/companies/{id:uuid}"),
)
