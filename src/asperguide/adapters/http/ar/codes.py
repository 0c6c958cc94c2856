"""Codes on prints, as files to be printed."""

import hashlib
from uuid import UUID

from litestar import Response
from litestar.params import FromPath

from asperguide.adapters.http.ar.content_parts import CONTENTS
from asperguide.adapters.http.ar.playing_parts import SEEING
from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import get
from asperguide.adapters.http.media.disposition import disposition
from asperguide.adapters.http.openapi_parts import BINARY, header
from asperguide.adapters.http.preconditions import is_current
from asperguide.adapters.http.routes import Given, route
from asperguide.ar.coding import Code, CodeFormat, ShowCode
from asperguide.ar.model import ContentId
from asperguide.media.errors import TooManyImages
from asperguide.shared.actor import Actor

FOR_AN_HOUR = "private, max-age=3600"
FIELDS = {
    "ETag": header("The checksum of the bytes."),
    "Content-Disposition": header("The number of the print, to save it under."),
}
SVG, PNG = "image/svg+xml", "image/png"


@get(
    "/contents/{id:uuid}/qr.svg",
    tags=CONTENTS,
    **route(
        "get_qr_svg", ShowCode, raises=SEEING, summary="The code of a print as SVG",
        answers={
            200: {"description": "The code.", "headers": FIELDS, "content": {SVG: {"schema": BINARY}}},
            304: {"description": "What you have is still current."},
        },
    ),
)  # fmt: skip
async def get_qr_svg(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], show_code: Given[ShowCode]
) -> Response[bytes]:
    return _file(request, await show_code(actor, ContentId(id), CodeFormat.SVG))


@get(
    "/contents/{id:uuid}/qr.png",
    tags=CONTENTS,
    **route(
        "get_qr_png", ShowCode, raises=(*SEEING, TooManyImages), summary="The code of a print as PNG",
        answers={
            200: {"description": "The code.", "headers": FIELDS, "content": {PNG: {"schema": BINARY}}},
            304: {"description": "What you have is still current."},
        },
    ),
)  # fmt: skip
async def get_qr_png(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], show_code: Given[ShowCode]
) -> Response[bytes]:
    return _file(request, await show_code(actor, ContentId(id), CodeFormat.PNG))


def _file(request: ApiRequest, code: Code) -> Response[bytes]:
    etag = f'"{hashlib.sha256(code.content).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": FOR_AN_HOUR, "content-disposition": disposition(code.name)}
    if b"if-none-match" in request.call.headers and is_current(request, etag):
        return Response(b"", status_code=304, headers=headers)
    return Response(code.content, media_type=code.media_type, headers=headers)


ROUTES = (get_qr_svg, get_qr_png)
