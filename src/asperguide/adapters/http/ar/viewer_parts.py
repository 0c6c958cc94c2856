"""Pieces that the viewer's routes share: how they are counted, refusals, examples, who previews."""

from contextlib import suppress
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.media.parts import READ, READING
from asperguide.adapters.http.openapi_parts import parameter
from asperguide.adapters.http.problems import PreconditionFailed, RangeNotSatisfiable
from asperguide.ar.ports import Piece
from asperguide.ar.unavailable import REFUSALS
from asperguide.media.errors import TooManyImages
from asperguide.shared.actor import Actor
from asperguide.shared.errors import FieldError, InvalidFields, StorageUnavailable

VIEWER = ["viewer"]
PREVIEW = parameter(
    "query", "preview", "As a member of the project: have it shown although it is not published.", type="boolean"
)
ANY_PREVIEW = parameter(
    "query",
    "preview",
    "`true`: look as a member of the project. What cannot be read is taken for `false`.",
    default=False,
)  # of any type: nothing is refused
SESSION = parameter(
    "query", "session", "The view session, where each gets the next video.", minLength=8, maxLength=64,
    type="string", pattern="^[A-Za-z0-9_.~-]+$",
)  # fmt: skip
PUBLIC: dict[str, Any] = {
    "public": True, "budget": "views", "apart": True, "anywhere": True, "lenient": True, "parameters": (PREVIEW,),
}  # fmt: skip
REASONS = tuple(REFUSALS.values())
SHOWN: dict[str, Any] = {
    **PUBLIC,
    "raises": (*REASONS, RangeNotSatisfiable, PreconditionFailed, StorageUnavailable, TooManyImages),
    "parameters": (PREVIEW, *READING),
    "answers": READ,
}
YES, NO = ("true", "1", ""), ("false", "0")
PUBLIC_ID = "dGhlIHBhdGggdG8gdGhlIA"
AT = f"https://guides.example.org/api/v1/viewer/{PUBLIC_ID}"
VIDEO = "0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10"
AVAILABILITY = {"available": False, "reason": "not_published"}
MANIFEST = {
    "manifest_version": 1,
    "unique_id": PUBLIC_ID,
    "order_number": "ORD-20260119-000001",
    "title": "Führung durch O'Neil's Garten",
    "marker_image_url": f"{AT}/marker",
    "photo_url": f"{AT}/photo",
    "video": {
        "id": VIDEO,
        "title": "Spring",
        "video_url": f"{AT}/videos/{VIDEO}",
        "thumbnail_url": f"{AT}/videos/{VIDEO}/thumbnail",
        "duration": 12.48,
        "width": 1280,
        "height": 720,
        "mime_type": "video/mp4",
        "selection_source": "daily_cycle",
        "expires_in_days": 320,
        "selected_at": "2026-01-19T00:00:00Z",
    },
    "expires_at": "2056-01-19T10:30:00Z",
    "status": "published",
}


class Still(StrEnum):
    """A picture of a video: large enough to stand in its place, or small."""

    POSTER = "poster"
    THUMBNAIL = "thumbnail"

    @property
    def piece(self) -> Piece:
        """The piece of the file."""
        return Piece(self.value)


def asked_for(request: ApiRequest, name: str) -> str | None:
    """What the query says under this name. Raises InvalidFields when it says so twice.

    Nearly nobody has a query, and the framework's way costs all of them.
    """
    if not (query := request.scope["query_string"]):
        return None
    said = [value for key, value in parse_qsl(query.decode("ascii"), keep_blank_values=True) if key == name]
    if len(said) > 1:
        raise InvalidFields(fields=(FieldError(pointer=f"?{name}", code="NOT_ALLOWED", detail="At most once."),))
    return said[0] if said else None


def previews(request: ApiRequest) -> bool:
    """Whether somebody wants to look beforehand. Raises InvalidFields for neither yes nor no."""
    said = asked_for(request, "preview")
    if said not in (None, *YES, *NO):
        raise InvalidFields(fields=(FieldError(pointer="?preview", code="NOT_ALLOWED", detail="true or false."),))
    return said in YES


def member_of(request: ApiRequest) -> Actor | None:
    """Who wants to look beforehand, if anybody does who is signed in."""
    return request.call.actor if previews(request) else None


def member_if_any(request: ApiRequest) -> Actor | None:
    """The same where nothing is refused: a wish that cannot be read is none."""
    with suppress(InvalidFields):
        return member_of(request)
    return None
