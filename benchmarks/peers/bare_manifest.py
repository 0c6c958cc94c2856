"""The framework alone: Litestar encodes one manifest; nothing is looked up, nobody is counted."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
from litestar import Litestar, get

AT = "http://127.0.0.1:5000/api/v1/viewer/AAECAwQFBgcICQoLDA0ODw"
VIDEO = UUID("0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10")


class Video(msgspec.Struct, frozen=True, kw_only=True):
    """The video that plays."""

    id: UUID = VIDEO
    title: str = "Spring"
    video_url: str = f"{AT}/videos/{VIDEO}"
    thumbnail_url: str = f"{AT}/videos/{VIDEO}/thumbnail"
    duration: float = 12.5
    width: int = 1280
    height: int = 720
    mime_type: str = "video/mp4"
    selection_source: str = "first"
    expires_in_days: int | None = None
    selected_at: datetime = datetime(2026, 1, 19, 10, 30, 0, 123456, tzinfo=UTC)


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A print for viewers."""

    manifest_version: int = 1
    unique_id: str = "AAECAwQFBgcICQoLDA0ODw"
    order_number: str = "ORD-20260119-000001"
    title: str = "Wedding"
    marker_image_url: str = f"{AT}/marker"
    photo_url: str = f"{AT}/photo"
    video: Video = Video()
    expires_at: datetime = datetime(2056, 1, 19, 10, 30, tzinfo=UTC)
    status: str = "published"


MANIFEST = Manifest()


@get("/users/me")
async def manifest() -> Manifest:
    """Answer the same manifest."""
    return MANIFEST


app = Litestar([manifest], openapi_config=None)
