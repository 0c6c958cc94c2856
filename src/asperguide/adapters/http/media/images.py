"""Images of files in the size and format that a page needs."""

from typing import Annotated
from uuid import UUID

from litestar import Response
from litestar.params import FromPath, QueryParameter

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import get
from asperguide.adapters.http.media.downloads import CAN_FAIL
from asperguide.adapters.http.media.parts import FILES, READ, READING
from asperguide.adapters.http.media.sending import sent
from asperguide.adapters.http.routes import Given, route
from asperguide.media import FileId, Fit, ImageFormat, ImageWanted, ShowImage, Visibility
from asperguide.media.errors import InvalidFile, NotAnImage, TooManyImages

FOR_A_DAY, FOR_AN_HOUR = "public, max-age=86400", "private, max-age=3600"
"""An image never changes, but whoever may see it can: others' copies of it live no longer than that."""

Side = Annotated[int | None, QueryParameter(ge=1, le=10_000, description="Pixels.")]


@get(
    "/files/{id:uuid}/image",
    tags=FILES,
    **route(
        "show_image", ShowImage, optional=True, raises=(*CAN_FAIL, NotAnImage, InvalidFile, TooManyImages),
        parameters=READING, answers=READ, summary="A file as an image of some size",
    ),
)  # fmt: skip
async def show_image(
    id: FromPath[UUID],
    request: ApiRequest,
    show_image: Given[ShowImage],
    w: Side = None,
    h: Side = None,
    fit: Annotated[Fit, QueryParameter(description="All of it, or width and height filled.")] = Fit.CONTAIN,
    format: Annotated[ImageFormat, QueryParameter(description="What it is made as.")] = ImageFormat.WEBP,
    q: Annotated[int, QueryParameter(ge=1, le=100, description="Quality, of lossy formats.")] = 75,
) -> Response[bytes]:
    wanted = ImageWanted(w=w, h=h, fit=fit, format=format, q=q)
    image = await show_image(request.call.actor, FileId(id), wanted)
    response = sent(request, image, inline=True)
    shared = image.file.visibility is not Visibility.PRIVATE
    response.headers["cache-control"] = FOR_A_DAY if shared else FOR_AN_HOUR
    return response


ROUTES = (show_image,)
